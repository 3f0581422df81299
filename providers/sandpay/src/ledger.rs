//! The accounts of the sandbox's books, and the transfers between them (contract 6.5). Whole francs.
//!
//! Must not know why money moves; the caller has decided that.

use kernel::{Currency, Effects, Need, Transfer, View};

use crate::commission::Quote;
use crate::model::Transaction;
use crate::operators::{Country, Pair};

/// The most that a balance can be set to.
pub const MOST: i64 = 1_000_000_000_000_000;

/// The currency that an environment's accounts are kept in.
#[must_use]
pub const fn currency(pair: Pair) -> Currency {
    match pair.country {
        Country::Ci | Country::Bj | Country::Tg => Currency::XOF,
        Country::Rw => Currency::RWF,
    }
}

/// The merchant's float in an environment.
#[must_use]
pub fn float(env_id: &str) -> String {
    format!("float.{env_id}")
}

/// The operator's fees in an environment.
#[must_use]
pub fn fees(env_id: &str) -> String {
    format!("fees.{env_id}")
}

/// What has no SIM.
#[must_use]
pub fn outside(env_id: &str) -> String {
    format!("outside.{env_id}")
}

/// Where opening balances come from.
#[must_use]
pub fn opening(env_id: &str) -> String {
    format!("opening.{env_id}")
}

/// A SIM, by the id of its test client.
#[must_use]
pub fn sim(client_id: &str) -> String {
    format!("sim.{client_id}")
}

/// Where the money of a collection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payer<'a> {
    /// The registered SIM of this account.
    Sim(&'a str),
    /// Nobody who is registered.
    Outside,
}

/// Moves the money of a collection that succeeded. A SIM never falls below zero.
pub fn collect(fx: &mut Effects, tx: &Transaction, quote: &Quote, payer: Payer<'_>) {
    let (env_id, currency) = (tx.pair().env_id(), currency(tx.pair()));
    let outside = outside(&env_id);
    let debited = match payer {
        Payer::Sim(account) => account,
        Payer::Outside => &outside,
    };
    let transfer = Transfer::new("collection", &tx.id)
        .line(debited, -quote.customer_total, currency)
        .line(&float(&env_id), quote.net_amount, currency)
        .line(&fees(&env_id), quote.commission, currency);
    fx.post(transfer);
    if let Payer::Sim(account) = payer {
        fx.floor(account, currency, 0);
    }
}

/// Sets a balance by a transfer against the environment's opening account. Returns what it was.
///
/// # Errors
/// The balance must be loaded first.
pub fn set_balance(fx: &mut Effects, view: &View<'_>, account: &str, pair: Pair, to: i64) -> Result<i64, Need> {
    let currency = currency(pair);
    let before = view.balance(account, currency)?;
    let gain = to.saturating_sub(before);
    let reason = if before == 0 { "opening_balance" } else { "adjustment" };
    let transfer =
        Transfer::new(reason, account).line(account, gain, currency).line(&opening(&pair.env_id()), -gain, currency);
    fx.post(transfer);
    if gain < 0 {
        fx.floor(account, currency, 0);
    }
    Ok(before)
}
