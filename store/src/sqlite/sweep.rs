//! Clearing away scopes that were given up, and looking for damage.

use super::queue::Leases;
use crate::seam::StoreError;
use kernel::Scope;
use rusqlite::{Connection, OptionalExtension};

/// The tables that belong to scopes, with their keys within one.
const TABLES: [(&str, &str); 5] = [
    ("records", "kind, id"),
    ("entries", "idx, key"),
    ("balances", "account, currency"),
    ("journal", "last"),
    ("queue", "due, class, id"),
];

pub(super) fn sweep(db: &mut Connection, leases: &mut Leases, limit: usize) -> Result<bool, StoreError> {
    let transaction = db.transaction()?;
    let scope: Option<String> =
        transaction.query_row("SELECT scope FROM sweeps ORDER BY scope LIMIT 1", [], |row| row.get(0)).optional()?;
    let Some(scope) = scope else { return Ok(false) };
    leases.forget(&Scope::from_stored(&scope));
    let mut left = limit;
    for (table, key) in TABLES {
        let sql = format!(
            "DELETE FROM {table} WHERE scope = ?1 AND ({key}) IN (SELECT {key} FROM {table} WHERE scope = ?1 LIMIT ?2)"
        );
        left -= transaction.execute(&sql, rusqlite::params![scope, i64::try_from(left).unwrap_or(i64::MAX)])?;
    }
    if left > 0 {
        transaction.execute("DELETE FROM wakes WHERE scope = ?", [&scope])?;
        transaction.execute("DELETE FROM sweeps WHERE scope = ?", [&scope])?;
    }
    let more = transaction.query_row("SELECT EXISTS (SELECT 1 FROM sweeps)", [], |row| row.get(0))?;
    transaction.commit()?;
    Ok(more)
}

pub(super) fn inspect(db: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = db.prepare("PRAGMA quick_check(20)")?;
    let mut wrong: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    wrong.retain(|line| line != "ok");
    let mut statement = db.prepare(
        "SELECT scope, currency, SUM(minor) FROM balances GROUP BY scope, currency HAVING SUM(minor) <> 0 LIMIT 20",
    )?;
    let unbalanced = statement.query_map([], |row| {
        let (scope, currency, sum): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(format!("the balances of {scope} in {currency} sum to {sum} and not to zero"))
    })?;
    wrong.extend(unbalanced.collect::<Result<Vec<_>, _>>()?);
    Ok(wrong)
}
