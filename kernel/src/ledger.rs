//! Double-entry bookkeeping: money moves by transfers whose postings sum to zero in each currency.

use crate::money::{Currency, Money};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line of a transfer: an amount that an account gains (or loses, when negative).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The account, by a name that says what it is: `sim.env_ci_mtn.2250500000111`.
    pub account: String,
    /// What it gains.
    #[serde(flatten)]
    pub money: Money,
}

/// Postings that belong together, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// What it is for: `collection`, `opening_balance`.
    pub reason: String,
    /// The id of what it is about: a transaction.
    pub subject: String,
    /// The lines; their sum is zero in each currency.
    pub postings: Vec<Posting>,
}

impl Transfer {
    /// An empty transfer.
    #[must_use]
    pub fn new(reason: &str, subject: &str) -> Self {
        Self { reason: reason.to_owned(), subject: subject.to_owned(), postings: Vec::new() }
    }

    /// With a line more; a zero line is left out.
    #[must_use]
    pub fn line(mut self, account: &str, minor: i64, currency: Currency) -> Self {
        if minor != 0 {
            self.postings.push(Posting { account: account.to_owned(), money: Money::new(minor, currency) });
        }
        self
    }

    /// The sum of each currency that is not zero, or none when one does not fit 64 bits.
    #[must_use]
    pub fn imbalance(&self) -> Option<BTreeMap<Currency, i64>> {
        let mut sums = BTreeMap::new();
        for posting in &self.postings {
            let sum: &mut i64 = sums.entry(posting.money.currency).or_default();
            *sum = sum.checked_add(posting.money.minor)?;
        }
        sums.retain(|_, sum| *sum != 0);
        Some(sums)
    }
}

/// A condition on an account after the commit: its balance is not below `least`, else nothing of it happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    /// The account.
    pub account: String,
    /// The currency of the balance.
    pub currency: Currency,
    /// The least balance allowed, in minor units.
    pub least: i64,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_balanced_transfer_has_no_imbalance() {
        let transfer =
            Transfer::new("collection", "TX_1").line("sim", -100, Currency::XOF).line("float", 99, Currency::XOF);
        assert_eq!(transfer.imbalance().unwrap(), BTreeMap::from([(Currency::XOF, -1)]));
        let transfer = transfer.line("fee", 1, Currency::XOF).line("fee", 0, Currency::RWF);
        assert!(transfer.imbalance().unwrap().is_empty());
        assert_eq!(transfer.postings.len(), 3, "a zero line is left out");
    }

    #[test]
    fn a_sum_past_64_bits_is_no_balance() {
        let huge = Transfer::new("x", "y").line("a", i64::MAX, Currency::XOF).line("b", 1, Currency::XOF);
        assert_eq!(huge.imbalance(), None);
    }
}
