//! Which status a collection gets when it is created: by a forced scenario, else by the SIM registry (contract 6.2, 6.3),
//! and whose money moves (6.5).
//!
//! Must not know requests or records of payments.

use kernel::{Cx, Need, View};

use super::create_payment::Place;
use crate::ledger::Payer;
use crate::model::{ClientStatus, Environment, TestClient, UnknownMsisdnPolicy};
use crate::scenarios::{Scenario, Status};

/// What becomes of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Its status.
    pub(super) status: Status,
    /// What decided it: `scenario`, `registry`, `passthrough` or `reference`.
    pub(super) decided_by: &'static str,
    debits_sim: bool,
}

impl Outcome {
    /// An outcome that moves no money, or none of a SIM's.
    pub(super) const fn moving_nothing(status: Status, decided_by: &'static str) -> Self {
        Self { status, decided_by, debits_sim: false }
    }

    /// Where the money comes from on success.
    pub(super) fn payer<'a>(&self, place: &'a Place) -> Payer<'a> {
        if self.debits_sim { Payer::Sim(&place.sim) } else { Payer::Outside }
    }

    /// The operator's id of the payment: on success only (contract 12).
    pub(super) fn provider_tx_id(&self, cx: &Cx) -> Option<String> {
        (self.status == Status::Success).then(|| draw_provider_tx_id(cx))
    }
}

/// `SIM_` and 8 upper-case hexadecimal digits.
pub(super) fn draw_provider_tx_id(cx: &Cx) -> String {
    format!("SIM_{}", cx.chance.draw("provider_tx_id").upper_hex(8))
}

/// Evaluates in the order of the contract's tables.
pub(super) fn of(
    view: &View<'_>,
    scenario: Option<Scenario>,
    place: &Place,
    environment: &Environment,
    customer_total: i64,
) -> Result<Outcome, Need> {
    let client = view.get::<TestClient>(&place.client_id)?;
    let is_active = client.as_ref().is_some_and(|client| client.status == ClientStatus::Active);
    let is_funded = is_active && view.balance(&place.sim, place.currency)? >= customer_total;
    if let Some(scenario) = scenario {
        // A forced success debits the SIM only if it could have paid.
        return Ok(Outcome { status: scenario.status(), decided_by: "scenario", debits_sim: is_funded });
    }
    Ok(match (client, environment.unknown_msisdn_policy) {
        (None, UnknownMsisdnPolicy::Passthrough) => Outcome::moving_nothing(Status::Success, "passthrough"),
        (None, UnknownMsisdnPolicy::Reject) => Outcome::moving_nothing(Status::UnknownMsisdn, "registry"),
        (Some(_), _) if !is_active => Outcome::moving_nothing(Status::AccountBlocked, "registry"),
        (Some(_), _) if !is_funded => Outcome::moving_nothing(Status::InsufficientFunds, "registry"),
        (Some(_), _) => Outcome::moving_nothing(Status::Pending, "registry"),
    })
}
