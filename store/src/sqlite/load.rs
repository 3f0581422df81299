//! Point reads by key.

use crate::seam::StoreError;
use kernel::{Found, Key, SandboxId, Stored};
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::Arc;

pub(super) fn find(db: &Connection, key: &Key) -> Result<Found, StoreError> {
    Ok(match key {
        Key::Record(scope, kind, id) => db
            .prepare_cached("SELECT version, body FROM records WHERE scope = ? AND kind = ? AND id = ?")?
            .query_row(params![scope.as_str(), kind, id], |row| {
                Ok(Stored::new(version(row.get(0)?), row.get_ref(1)?.as_blob()?))
            })
            .optional()?
            .map_or(Found::Absent, Found::Record),
        Key::Unique(scope, index, key) => {
            entry(db, scope.as_str(), index, key)?.map_or(Found::Absent, |id| Found::Entry(Arc::from(id)))
        }
        Key::Balance(scope, account, currency) => {
            Found::Balance(balance(db, scope.as_str(), account, currency.as_str())?)
        }
        Key::Name(name) => owner(db, name)?.map_or(Found::Absent, Found::Name),
    })
}

pub(super) fn entry(db: &Connection, scope: &str, index: &str, key: &str) -> Result<Option<String>, StoreError> {
    let mut statement = db.prepare_cached("SELECT id FROM entries WHERE scope = ? AND idx = ? AND key = ?")?;
    Ok(statement.query_row(params![scope, index, key], |row| row.get(0)).optional()?)
}

pub(super) fn balance(db: &Connection, scope: &str, account: &str, currency: &str) -> Result<i64, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT minor FROM balances WHERE scope = ? AND account = ? AND currency = ?")?;
    Ok(statement.query_row(params![scope, account, currency], |row| row.get(0)).optional()?.unwrap_or(0))
}

pub(super) fn owner(db: &Connection, name: &str) -> Result<Option<SandboxId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT sandbox FROM names WHERE name = ?")?;
    let id: Option<String> = statement.query_row([name], |row| row.get(0)).optional()?;
    Ok(id.and_then(|id| SandboxId::parse(&id).ok()))
}

pub(super) fn record_version(db: &Connection, scope: &str, kind: &str, id: &str) -> Result<Option<u64>, StoreError> {
    let mut statement = db.prepare_cached("SELECT version FROM records WHERE scope = ? AND kind = ? AND id = ?")?;
    let found: Option<i64> = statement.query_row(params![scope, kind, id], |row| row.get(0)).optional()?;
    Ok(found.map(version))
}

/// Versions are stored as the 64 bits they are; SQLite's integers are signed.
pub(super) fn version(stored: i64) -> u64 {
    u64::from_ne_bytes(stored.to_ne_bytes())
}

pub(super) fn stored_version(version: u64) -> i64 {
    i64::from_ne_bytes(version.to_ne_bytes())
}
