//! An environment: one operator in one country, with what Settings -> Countries & operators can change (contract 11.1).
//! Its float is a ledger account.

use kernel::Record;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::operators::{Country, Operator, Pair};

/// What becomes of a payment from a number that is not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnknownMsisdnPolicy {
    /// `UNKNOWN_MSISDN`.
    Reject,
    /// `SUCCESS`, no SIM debited.
    Passthrough,
}

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Whose network.
    pub operator: Operator,
    /// Where.
    pub country: Country,
    /// Off, payments are `env_not_found`.
    pub enabled: bool,
    /// The fee in basis points, 0 to 10 000.
    pub commission_bps: i64,
    /// The merchant's share of the fee in per cent, 0 to 100.
    pub merchant_absorption_pct: i64,
    /// For numbers that are not registered.
    pub unknown_msisdn_policy: UnknownMsisdnPolicy,
}

impl Record for Environment {
    const KIND: &'static str = "sandpay.environment";

    fn id(&self) -> String {
        self.pair().env_id()
    }
}

impl Environment {
    /// A new one, as the platform's defaults have it.
    #[must_use]
    pub const fn new(pair: Pair, enabled: bool) -> Self {
        Self {
            operator: pair.operator,
            country: pair.country,
            enabled,
            commission_bps: pair.operator.default_commission_bps(),
            merchant_absorption_pct: 100,
            unknown_msisdn_policy: UnknownMsisdnPolicy::Reject,
        }
    }

    /// Operator and country.
    #[must_use]
    pub const fn pair(&self) -> Pair {
        Pair { operator: self.operator, country: self.country }
    }
}
