//! What ends a pending payment (contract 6.4): the payer confirms with a PIN or refuses, or nobody answers in time.
//!
//! Nothing was reserved, so a confirmation looks again at the SIM.

use kernel::{Cx, Effects, Need, Record, View, Want};

use super::create_payment::{Place, completed};
use super::outcome::draw_provider_tx_id;
use crate::model::{ClientStatus, ORG, Org, TestClient, Transaction, may_become};
use crate::scenarios::Status;
use crate::{ledger, webhooks};

/// How the prompt was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Confirmed with these digits.
    Pin(String),
    /// Refused.
    Refuse,
    /// Not at all.
    Expire,
}

/// Settles a pending payment.
///
/// # Errors
/// Keys to load first.
///
/// # Panics
/// When it is not pending: callers look first.
pub fn settle(cx: &Cx, view: &View<'_>, before: &Transaction, answer: &Answer) -> Result<(Transaction, Effects), Need> {
    let place = Place::of(before.pair(), &before.msisdn);
    view.want(&[
        Want::Record(Org::KIND, ORG),
        Want::Record(TestClient::KIND, &place.client_id),
        Want::Balance(&place.sim, place.currency),
    ])?;
    let quote = before.quote();
    let status = match answer {
        Answer::Pin(pin) => confirmed(view, &place, pin, quote.customer_total)?,
        Answer::Refuse => Status::UserCancelled,
        Answer::Expire => Status::Timeout,
    };
    assert!(may_become(before.status, status), "{} cannot become {}", before.status.as_str(), status.as_str());
    let after = Transaction {
        status,
        expires_at: None,
        settled_at: Some(cx.now),
        expired: *answer == Answer::Expire,
        provider_tx_id: (status == Status::Success).then(|| draw_provider_tx_id(cx)),
        ..before.clone()
    };
    let mut fx = Effects::new();
    if status == Status::Success {
        ledger::collect(&mut fx, &after, &quote, ledger::Payer::Sim(&place.sim));
    }
    if let Some(org) = view.get::<Org>(ORG)? {
        webhooks::owe(cx, &mut fx, &org, &after, cx.now);
    }
    let decided_by = if *answer == Answer::Expire { "expiry" } else { "payer" };
    fx.tell(completed(cx, &after, decided_by));
    fx.replace(before, after.clone());
    Ok((after, fx))
}

/// The PIN first, then block and balance as they are now.
fn confirmed(view: &View<'_>, place: &Place, pin: &str, customer_total: i64) -> Result<Status, Need> {
    let Some(client) = view.get::<TestClient>(&place.client_id)? else { return Ok(Status::UnknownMsisdn) };
    Ok(match client.status {
        _ if client.pin != pin => Status::PinInvalid,
        ClientStatus::Blocked => Status::AccountBlocked,
        ClientStatus::Active if view.balance(&place.sim, place.currency)? < customer_total => Status::InsufficientFunds,
        ClientStatus::Active => Status::Success,
    })
}
