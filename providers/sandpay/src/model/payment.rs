//! A transaction: what cannot be computed of it. Its fee, its operator's answer and its instants of completion are made
//! from this when they are shown.

use kernel::{Entry, Instant, Record};
use serde::{Deserialize, Serialize};

use crate::commission::Quote;
use crate::operators::{Country, Operator, Pair};
use crate::scenarios::{Scenario, Status};
use crate::wire::TransactionType;

/// The list of transactions in the order of time.
pub const PAYMENTS: &str = "sandpay.payments";

/// Which statuses may follow which; none follows a terminal one (contract 6.1).
pub const TRANSITIONS: &[(Status, &[Status])] = &[(
    Status::Pending,
    &[
        Status::Success,
        Status::PinInvalid,
        Status::InsufficientFunds,
        Status::Timeout,
        Status::AccountBlocked,
        Status::UserCancelled,
        Status::UnknownMsisdn,
        Status::LimitExceeded,
        Status::ServiceUnavailable,
        Status::DuplicateReference,
    ],
)];

/// Whether the table has a transition.
#[must_use]
pub fn may_become(from: Status, to: Status) -> bool {
    TRANSITIONS.iter().any(|(before, after)| *before == from && after.contains(&to))
}

/// The rates of a collection, frozen at its creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    /// The fee in basis points.
    pub bps: i64,
    /// The merchant's share of it in per cent.
    pub pct: i64,
}

/// A transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// `TX_…`
    pub id: String,
    /// What kind it is.
    pub kind: TransactionType,
    /// The refunded collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_tx_id: Option<String>,
    /// Whose network.
    pub operator: Operator,
    /// Where.
    pub country: Country,
    /// The store's slug.
    pub application: String,
    /// Gross, in whole francs.
    pub amount: i64,
    /// None where no commission applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rates: Option<Rates>,
    /// As sent.
    pub currency: String,
    /// With its plus.
    pub msisdn: String,
    /// The idempotency key.
    pub reference: String,
    /// As sent; else the reference stands in for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_ref: Option<String>,
    /// As sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_url: Option<String>,
    /// As sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_url_protected: bool,
    /// As sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// As sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<Scenario>,
    /// Where it stands.
    pub status: Status,
    /// Simulated, in milliseconds.
    pub latency_ms: u32,
    /// Virtual time.
    pub created_at: Instant,
    /// While pending: when its expiry job is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    /// When it was confirmed, refused or expired, if it was ever pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Instant>,
    /// Nobody answered the prompt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
    /// `SIM_…` on success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_tx_id: Option<String>,
    /// Its reference belongs to another transaction (contract 9.2, rule 2).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_duplicate: bool,
}

impl Record for Transaction {
    const KIND: &'static str = "sandpay.payment";

    fn id(&self) -> String {
        self.id.clone()
    }

    fn entries(&self) -> Vec<Entry> {
        let fields = vec![
            ("type", self.kind.as_str().to_owned()),
            ("status", self.status.as_str().to_owned()),
            ("operator", self.operator.as_str().to_owned()),
            ("country", self.country.as_str().to_owned()),
        ];
        vec![Entry::timed(PAYMENTS, self.created_at, &self.id, fields)]
    }
}

impl Transaction {
    /// Operator and country.
    #[must_use]
    pub const fn pair(&self) -> Pair {
        Pair { operator: self.operator, country: self.country }
    }

    /// What it costs and who pays it.
    #[must_use]
    pub fn quote(&self) -> Quote {
        self.rates.map_or_else(|| Quote::free(self.amount), |rates| Quote::of(self.amount, rates.bps, rates.pct))
    }

    /// The source order.
    #[must_use]
    pub fn order_ref(&self) -> &str {
        self.order_ref.as_deref().unwrap_or(&self.reference)
    }

    /// When it ended (contract 6.2); none while pending.
    #[must_use]
    pub fn completed_at(&self) -> Option<Instant> {
        let at_creation = || self.created_at.plus_ms(i64::from(self.latency_ms));
        self.status.terminal().then(|| self.settled_at.unwrap_or_else(at_creation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pending_changes_and_only_to_an_end() {
        for from in Status::ALL {
            for to in Status::ALL {
                assert_eq!(may_become(from, to), from == Status::Pending && to.terminal(), "{from:?} to {to:?}");
            }
        }
    }
}
