//! Lists: entries, records, journal rows, balances and names in key order.

use super::load::version;
use crate::commit::Balances;
use crate::scan::{BalancesPage, Gather, Page, Row, Scan, Source};
use crate::seam::{JournalRow, StoreError};
use kernel::{Currency, SandboxId, Scope, Stored};
use rusqlite::{Connection, params};
use serde_json::Value;

/// Above every key that begins with `prefix`: no key holds the last code point.
fn end_of(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

pub(super) fn scan(db: &Connection, scan: &Scan) -> Result<Page, StoreError> {
    let (table, kind, column, source) = match &scan.source {
        Source::Entries(index) => ("SELECT key, id, fields FROM entries", "idx", "key", index),
        Source::Records(kind) => ("SELECT id, version, body FROM records", "kind", "id", kind),
    };
    // `after` narrows the range from the side that the scan begins at.
    let (mut low, mut high) = (scan.prefix.clone(), end_of(&scan.prefix));
    let order = if scan.descending { "DESC" } else { "ASC" };
    let mut from = ">=";
    match &scan.after {
        Some(after) if scan.descending => high = after.clone().min(high),
        Some(after) if *after >= low => (low, from) = (after.clone(), ">"),
        _ => {}
    }
    let sql = format!(
        "{table} WHERE scope = ? AND {kind} = ? AND {column} {from} ? AND {column} < ? ORDER BY {column} {order}"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![scan.scope.as_str(), source, low, high])?;
    let mut gather = Gather::new(scan);
    while let Some(row) = rows.next()? {
        let read = match &scan.source {
            Source::Entries(_) => entry_row(row)?,
            Source::Records(_) => record_row(row)?,
        };
        if !gather.offer(read) {
            break;
        }
    }
    Ok(gather.page())
}

fn entry_row(row: &rusqlite::Row<'_>) -> Result<Row, StoreError> {
    let fields = match row.get_ref(2)?.as_str_or_null().map_err(|error| StoreError(error.to_string()))? {
        Some(text) => serde_json::from_str(text).unwrap_or(Value::Null),
        None => Value::Null,
    };
    Ok(Row { key: row.get(0)?, id: row.get(1)?, fields, record: None })
}

fn record_row(row: &rusqlite::Row<'_>) -> Result<Row, StoreError> {
    let id: String = row.get(0)?;
    let body = row.get_ref(2)?.as_blob().map_err(|error| StoreError(error.to_string()))?;
    let record = Stored::new(version(row.get(1)?), body);
    Ok(Row { key: id.clone(), id, fields: Value::Null, record: Some(record) })
}

pub(super) fn journal(db: &Connection, scope: &Scope, after: u64, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT last, events, body FROM journal WHERE scope = ? AND last > ? ORDER BY last")?;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![scope.as_str(), after], |row| {
        Ok(JournalRow {
            last: version(row.get(0)?),
            events: version(row.get(1)?),
            body: row.get_ref(2)?.as_blob()?.into(),
        })
    })?;
    Ok(rows.take(limit).collect::<Result<_, _>>()?)
}

pub(super) fn balances(db: &Connection, scope: &Scope, after: &str, limit: usize) -> Result<Balances, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT account, currency, minor FROM balances WHERE scope = ? AND account > ? ORDER BY account, currency",
    )?;
    let mut rows = statement.query(params![scope.as_str(), after])?;
    let mut page = BalancesPage::new(limit);
    while let Some(row) = rows.next()? {
        let code: String = row.get(1)?;
        let currency = Currency::parse(&code).map_err(|error| StoreError(error.to_string()))?;
        if !page.offer((row.get(0)?, currency, row.get(2)?)) {
            break;
        }
    }
    Ok(page.rows())
}

pub(super) fn names(
    db: &Connection,
    prefix: &str,
    after: &str,
    limit: usize,
) -> Result<Vec<(String, SandboxId)>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT name, sandbox FROM names WHERE name >= ? AND name < ? AND name > ? ORDER BY name")?;
    let mut rows = statement.query(params![prefix, end_of(prefix), after])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if found.len() >= limit {
            break;
        }
        let id: String = row.get(1)?;
        let sandbox = SandboxId::parse(&id).map_err(|why| StoreError(format!("{id}: {why}")))?;
        found.push((row.get(0)?, sandbox));
    }
    Ok(found)
}
