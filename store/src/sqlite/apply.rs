//! The rows of a commit, once its conditions hold.

use super::check::Hot;
use super::load::stored_version;
use super::queue;
use crate::commit::{Commit, Journal, Receipt, entry_changes};
use crate::seam::StoreError;
use kernel::{Entry, Key, Scope, Write};
use rusqlite::{Connection, OptionalExtension, params};

pub(super) fn apply(db: &Connection, hot: &mut Hot, commit: &Commit, rows: &mut u64) -> Result<Receipt, StoreError> {
    let scope = &commit.scope;
    for write in &commit.writes {
        let place = commit.scope_of(write);
        *rows += put_record(db, place, write, commit.version)?;
        let key = Key::Record(place.clone(), write.kind, write.id.clone());
        hot.wrote(&key, write.after.as_ref().map(|_| commit.version));
    }
    for (account, currency, minor) in &commit.postings {
        let balance = hot.balance(db, (scope, account, *currency))?;
        balance.minor = balance
            .minor
            .checked_add(*minor)
            .ok_or_else(|| StoreError(format!("the balance of {account} does not fit 64 bits")))?;
        balance.is_dirty = true;
    }
    for key in &commit.done {
        queue::delete(db, scope, key)?;
    }
    for row in &commit.queue {
        queue::insert(db, scope, row)?;
    }
    *rows += (commit.done.len() + commit.queue.len()) as u64;
    *rows += put_names(db, commit)?;
    *rows += lower_wake(db, hot, commit)?;
    let last = match &commit.journal {
        Some(journal) => {
            *rows += 1;
            Some(append(db, hot, scope, journal)?)
        }
        None => None,
    };
    Ok(Receipt { last })
}

fn put_record(db: &Connection, scope: &Scope, write: &Write, version: u64) -> Result<u64, StoreError> {
    let (gone, put) = entry_changes(write);
    let rows = 1 + (gone.len() + put.len()) as u64;
    for entry in gone {
        db.prepare_cached("DELETE FROM entries WHERE scope = ? AND idx = ? AND key = ?")?.execute(params![
            scope.as_str(),
            entry.index,
            entry.key
        ])?;
    }
    for entry in put {
        put_entry(db, scope, entry, &write.id)?;
    }
    match &write.after {
        Some((body, _)) if write.is_new => db
            .prepare_cached("INSERT INTO records (scope, kind, id, version, body) VALUES (?, ?, ?, ?, ?)")?
            .execute(params![scope.as_str(), write.kind, write.id, stored_version(version), body.as_ref()])?,
        Some((body, _)) => db
            .prepare_cached("UPDATE records SET version = ?, body = ? WHERE scope = ? AND kind = ? AND id = ?")?
            .execute(params![stored_version(version), body.as_ref(), scope.as_str(), write.kind, write.id])?,
        None => db.prepare_cached("DELETE FROM records WHERE scope = ? AND kind = ? AND id = ?")?.execute(params![
            scope.as_str(),
            write.kind,
            write.id
        ])?,
    };
    Ok(rows)
}

fn put_entry(db: &Connection, scope: &Scope, entry: &Entry, id: &str) -> Result<(), StoreError> {
    let fields = (!entry.fields.is_empty()).then(|| {
        let members = entry.fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into()));
        serde_json::Value::Object(members.collect()).to_string()
    });
    db.prepare_cached("INSERT OR REPLACE INTO entries (scope, idx, key, id, fields) VALUES (?, ?, ?, ?, ?)")?
        .execute(params![scope.as_str(), entry.index, entry.key, id, fields])?;
    Ok(())
}

fn put_names(db: &Connection, commit: &Commit) -> Result<u64, StoreError> {
    for name in &commit.names_released {
        db.prepare_cached("DELETE FROM names WHERE name = ?")?.execute([name])?;
    }
    for (name, sandbox) in &commit.names {
        db.prepare_cached("INSERT OR REPLACE INTO names (name, sandbox) VALUES (?, ?)")?
            .execute([name, sandbox.as_str()])?;
    }
    if let Some(given_up) = &commit.give_up {
        db.prepare_cached("INSERT OR IGNORE INTO sweeps (scope) VALUES (?)")?.execute([given_up.as_str()])?;
        queue::set_wake(db, given_up, None)?;
    }
    Ok((commit.names.len() + commit.names_released.len() + usize::from(commit.give_up.is_some())) as u64)
}

fn lower_wake(db: &Connection, hot: &mut Hot, commit: &Commit) -> Result<u64, StoreError> {
    if let Some(given_up) = &commit.give_up {
        hot.set_wake(given_up, None);
    }
    let Some(at) = commit.wake else { return Ok(0) };
    let now = match hot.wake(&commit.scope) {
        Some(now) => now,
        None => queue::wake(db, &commit.scope)?,
    };
    let lower = now.is_none_or(|now| at < now);
    if lower {
        queue::set_wake(db, &commit.scope, Some(at))?;
    }
    hot.set_wake(&commit.scope, if lower { Some(at) } else { now });
    Ok(u64::from(lower))
}

fn append(db: &Connection, hot: &mut Hot, scope: &Scope, journal: &Journal) -> Result<u64, StoreError> {
    let position = match hot.positions.get(scope) {
        Some(position) => *position,
        None => db
            .prepare_cached("SELECT last FROM journal WHERE scope = ? ORDER BY last DESC LIMIT 1")?
            .query_row([scope.as_str()], |row| row.get(0))
            .optional()?
            .map_or(0, super::load::version),
    };
    let last = position + journal.events;
    db.prepare_cached("INSERT INTO journal (scope, last, events, body) VALUES (?, ?, ?, ?)")?.execute(params![
        scope.as_str(),
        stored_version(last),
        stored_version(journal.events),
        journal.body.as_ref()
    ])?;
    hot.positions.insert(scope.clone(), last);
    Ok(last)
}

/// Writes each balance that changed in the batch once.
pub(super) fn fold_balances(db: &Connection, hot: &mut Hot) -> Result<u64, StoreError> {
    let mut rows = 0;
    for ((scope, account, currency), balance) in hot.balances.iter_mut().filter(|(_, balance)| balance.is_dirty) {
        db.prepare_cached(
            "INSERT INTO balances (scope, account, currency, minor) VALUES (?, ?, ?, ?)
             ON CONFLICT (scope, account, currency) DO UPDATE SET minor = excluded.minor",
        )?
        .execute(params![scope.as_str(), account, currency.as_str(), balance.minor])?;
        balance.is_dirty = false;
        rows += 1;
    }
    Ok(rows)
}
