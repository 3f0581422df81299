//! The rows of a commit, once its conditions hold.

use super::check::Hot;
use super::load::stored_version;
use super::queue;
use crate::commit::{Commit, Journal, Receipt};
use crate::entries::EntryChanges;
use crate::seam::StoreError;
use kernel::{Key, Scope, Write};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Serialize, Serializer};

pub(super) fn apply(
    db: &Connection,
    hot: &mut Hot,
    change: (&Commit, EntryChanges<'_>),
    rows: &mut u64,
) -> Result<Receipt, StoreError> {
    let (commit, entries) = change;
    let scope = &commit.scope;
    *rows += put_entries(db, &entries)?;
    for write in &commit.writes {
        put_record(db, commit, write)?;
        let key = Key::Record(commit.scope_of(write).clone(), write.kind, write.id.clone());
        hot.wrote(&key, write.after.as_ref().map(|_| commit.version));
    }
    for (account, currency, minor) in &commit.postings {
        hot.gain(db, (scope, account, *currency), *minor)?;
    }
    for key in &commit.done {
        queue::delete(db, scope, key)?;
    }
    for row in &commit.queue {
        queue::insert(db, scope, row)?;
    }
    *rows += (commit.writes.len() + commit.done.len() + commit.queue.len()) as u64;
    *rows += put_names(db, commit)?;
    *rows += lower_wake(db, hot, commit)?;
    *rows += give_up(db, hot, commit)?;
    let last = match &commit.journal {
        Some(journal) => {
            *rows += 1;
            Some(append(db, hot, scope, journal)?)
        }
        None => None,
    };
    Ok(Receipt { last })
}

fn put_record(db: &Connection, commit: &Commit, write: &Write) -> Result<(), StoreError> {
    let (scope, version) = (commit.scope_of(write).as_str(), stored_version(commit.version));
    match &write.after {
        Some((body, _)) if write.is_new => db
            .prepare_cached("INSERT INTO records (scope, kind, id, version, body) VALUES (?, ?, ?, ?, ?)")?
            .execute(params![scope, write.kind, write.id, version, body.as_ref()])?,
        Some((body, _)) => db
            .prepare_cached("UPDATE records SET version = ?, body = ? WHERE scope = ? AND kind = ? AND id = ?")?
            .execute(params![version, body.as_ref(), scope, write.kind, write.id])?,
        None => db
            .prepare_cached("DELETE FROM records WHERE scope = ? AND kind = ? AND id = ?")?
            .execute(params![scope, write.kind, write.id])?,
    };
    Ok(())
}

fn put_entries(db: &Connection, entries: &EntryChanges<'_>) -> Result<u64, StoreError> {
    for (scope, entry) in &entries.gone {
        db.prepare_cached("DELETE FROM entries WHERE scope = ? AND idx = ? AND key = ?")?.execute(params![
            scope.as_str(),
            entry.index,
            entry.key
        ])?;
    }
    for put in &entries.put {
        let entry = put.entry;
        let fields = if entry.fields.is_empty() { None } else { Some(object(&entry.fields)?) };
        // What takes a key never writes over what stands there.
        let sql = if put.takes {
            "INSERT INTO entries (scope, idx, key, id, fields) VALUES (?, ?, ?, ?, ?)"
        } else {
            "INSERT OR REPLACE INTO entries (scope, idx, key, id, fields) VALUES (?, ?, ?, ?, ?)"
        };
        db.prepare_cached(sql)?.execute(params![put.scope.as_str(), entry.index, entry.key, put.write.id, fields])?;
    }
    Ok((entries.gone.len() + entries.put.len()) as u64)
}

/// A JSON object, written as it is walked.
fn object(fields: &[(&'static str, String)]) -> Result<String, StoreError> {
    struct Object<'a>(&'a [(&'static str, String)]);
    impl Serialize for Object<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
        }
    }
    serde_json::to_string(&Object(fields)).map_err(|error| StoreError(error.to_string()))
}

fn put_names(db: &Connection, commit: &Commit) -> Result<u64, StoreError> {
    for name in &commit.names_released {
        db.prepare_cached("DELETE FROM names WHERE name = ?")?.execute([name])?;
    }
    for (name, sandbox) in &commit.names {
        db.prepare_cached("INSERT OR REPLACE INTO names (name, sandbox) VALUES (?, ?)")?
            .execute([name, sandbox.as_str()])?;
    }
    Ok((commit.names.len() + commit.names_released.len()) as u64)
}

/// After its wake was lowered: what is given up needs no attention, whatever the commit asked for.
fn give_up(db: &Connection, hot: &mut Hot, commit: &Commit) -> Result<u64, StoreError> {
    let Some(given_up) = &commit.give_up else { return Ok(0) };
    db.prepare_cached("INSERT OR IGNORE INTO sweeps (scope) VALUES (?)")?.execute([given_up.as_str()])?;
    queue::put_wake(db, given_up, None)?;
    hot.set_wake(given_up, None);
    Ok(1)
}

fn lower_wake(db: &Connection, hot: &mut Hot, commit: &Commit) -> Result<u64, StoreError> {
    let Some(at) = commit.wake else { return Ok(0) };
    let now = match hot.wake(&commit.scope) {
        Some(now) => now,
        None => queue::wake(db, &commit.scope)?,
    };
    let lower = now.is_none_or(|now| at < now);
    if lower {
        queue::put_wake(db, &commit.scope, Some(at))?;
    }
    hot.set_wake(&commit.scope, if lower { Some(at) } else { now });
    Ok(u64::from(lower))
}

fn append(db: &Connection, hot: &mut Hot, scope: &Scope, journal: &Journal) -> Result<u64, StoreError> {
    let position = match hot.position(scope) {
        Some(position) => position,
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
    hot.set_position(scope, last);
    Ok(last)
}

/// Writes each balance that changed in the batch once.
pub(super) fn fold_balances(db: &Connection, hot: &mut Hot) -> Result<u64, StoreError> {
    let dirty = hot.take_dirty();
    for ((scope, account, currency), minor) in &dirty {
        db.prepare_cached(
            "INSERT INTO balances (scope, account, currency, minor) VALUES (?, ?, ?, ?)
             ON CONFLICT (scope, account, currency) DO UPDATE SET minor = excluded.minor",
        )?
        .execute(params![scope.as_str(), account, currency.as_str(), minor])?;
    }
    Ok(dirty.len() as u64)
}
