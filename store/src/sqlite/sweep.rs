//! Clearing away scopes that were given up, and looking for damage.

use crate::seam::{MOST_FINDINGS, StoreError, unbalanced};
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

/// The scope to be swept next.
pub(super) fn next(db: &Connection) -> Result<Option<Scope>, StoreError> {
    let mut statement = db.prepare_cached("SELECT scope FROM sweeps ORDER BY scope LIMIT 1")?;
    Ok(statement.query_row([], |row| Ok(Scope::from_stored(row.get_ref(0)?.as_str()?))).optional()?)
}

pub(super) fn sweep(db: &mut Connection, scope: &Scope, limit: usize) -> Result<bool, StoreError> {
    let transaction = db.transaction()?;
    let scope = scope.as_str();
    let mut left = limit;
    for (table, key) in TABLES {
        let sql = format!(
            "DELETE FROM {table} WHERE scope = ?1
             AND ({key}) IN (SELECT {key} FROM {table} WHERE scope = ?1 ORDER BY {key} LIMIT ?2)"
        );
        left -= transaction.execute(&sql, rusqlite::params![scope, i64::try_from(left).unwrap_or(i64::MAX)])?;
    }
    if left > 0 {
        transaction.execute("DELETE FROM wakes WHERE scope = ?", [scope])?;
        transaction.execute("DELETE FROM sweeps WHERE scope = ?", [scope])?;
    }
    let more = transaction.query_row("SELECT EXISTS (SELECT 1 FROM sweeps)", [], |row| row.get(0))?;
    transaction.commit()?;
    Ok(more)
}

pub(super) fn inspect(db: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = db.prepare("PRAGMA quick_check(20)")?;
    let mut wrong: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    wrong.retain(|line| line != "ok");
    // Summed in halves of 32 bits: SQLite gives up on a sum that leaves 64 bits on the way. What is being swept has lost
    // some of its balances already.
    let mut statement = db.prepare(
        "SELECT scope, currency, SUM(minor >> 32), SUM(minor & 4294967295) FROM balances
         WHERE scope NOT IN (SELECT scope FROM sweeps) GROUP BY scope, currency",
    )?;
    let mut sums = statement.query([])?;
    while let Some(row) = sums.next()? {
        let (high, low): (i64, i64) = (row.get(2)?, row.get(3)?);
        let sum = (i128::from(high) << 32) + i128::from(low);
        if sum != 0 {
            wrong.push(unbalanced(&row.get::<_, String>(0)?, &row.get::<_, String>(1)?, sum));
        }
        if wrong.len() >= MOST_FINDINGS {
            break;
        }
    }
    Ok(wrong)
}
