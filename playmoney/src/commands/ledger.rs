//! `ledger`: the trial balance. Exit status 1 if it does not sum to zero.

use super::of;
use crate::cli::Within;
use crate::client::Client;
use crate::output::{self, Table};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Runs it.
///
/// # Errors
/// No server, or it refuses.
pub async fn run(within: Within) -> anyhow::Result<ExitCode> {
    let ledger = Client::to(&within.target)?.get(&of(&within, "/ledger")).await?;
    if within.target.json {
        output::print_json(&ledger)?;
    } else {
        output::print(&shown(&ledger))?;
    }
    Ok(if is_balanced(&ledger) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The server's word is not enough: the sums themselves must be zero.
#[must_use]
pub fn is_balanced(ledger: &Value) -> bool {
    let sums_to_zero = ledger["currencies"].as_object().is_some_and(|sums| sums.values().all(|sum| *sum == json!(0)));
    ledger["balanced"] == json!(true) && sums_to_zero
}

fn shown(ledger: &Value) -> String {
    let mut table = Table::of(&ledger["accounts"], &["account", "currency", "balance"]);
    for (currency, sum) in ledger["currencies"].as_object().into_iter().flatten() {
        table.row(["sum".to_owned(), currency.clone(), output::text(sum)]);
    }
    let verdict = if is_balanced(ledger) { "balanced" } else { "NOT BALANCED: money appeared or vanished" };
    format!("{}{verdict}\n", table.render())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(sum: i64) -> Value {
        json!({ "balanced": true, "currencies": { "XOF": sum }, "accounts": [
            { "account": "float:ci_mtn", "currency": "XOF", "balance": 5 },
            { "account": "outside", "currency": "XOF", "balance": -5 } ] })
    }

    #[test]
    fn a_ledger_is_believed_only_when_its_sums_are_zero() {
        assert!(is_balanced(&ledger(0)));
        assert!(!is_balanced(&ledger(1)));
        assert!(!is_balanced(&json!({ "balanced": true })));
        assert!(!is_balanced(&json!({ "balanced": false, "currencies": {} })));
    }

    #[test]
    fn the_sums_stand_below_the_accounts() {
        insta::assert_snapshot!(shown(&ledger(0)), @r#"
        ACCOUNT       CURRENCY  BALANCE
        float:ci_mtn  XOF             5
        outside       XOF            -5
        sum           XOF             0
        balanced
        "#);
    }
}
