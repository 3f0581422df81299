//! The conditions of a commit, all checked before its first row is written.

use super::load;
use crate::commit::{Commit, Conflict, entry_changes, takes_key};
use crate::seam::StoreError;
use kernel::{Currency, Found, Instant, Key, QueueKey, Read, Scope, Seen};
use rusqlite::{Connection, params};
use std::collections::HashMap;

/// What the writer keeps in memory, since nobody else writes: versions of records that many decisions read, balances,
/// positions and wakes. Thrown away whenever a batch fails.
#[derive(Debug, Default)]
pub(super) struct Hot {
    versions: HashMap<Key, u64>,
    pub(super) balances: HashMap<(Scope, String, Currency), Balance>,
    pub(super) positions: HashMap<Scope, u64>,
    wakes: HashMap<Scope, Option<Instant>>,
}

/// Entries kept of each kind before they are thrown away.
const MOST: usize = 20_000;

/// A balance as it stands within the batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Balance {
    pub(super) minor: i64,
    pub(super) is_dirty: bool,
}

impl Hot {
    pub(super) fn wrote(&mut self, key: &Key, version: Option<u64>) {
        if let Some(known) = self.versions.get_mut(key) {
            match version {
                Some(version) => *known = version,
                None => {
                    self.versions.remove(key);
                }
            }
        }
    }

    pub(super) fn balance(
        &mut self,
        db: &Connection,
        key: (&Scope, &str, Currency),
    ) -> Result<&mut Balance, StoreError> {
        let (scope, account, currency) = key;
        if self.balances.len() > MOST {
            self.balances.retain(|_, balance| balance.is_dirty);
        }
        let slot = (scope.clone(), account.to_owned(), currency);
        if !self.balances.contains_key(&slot) {
            let minor = load::balance(db, scope.as_str(), account, currency.as_str())?;
            self.balances.insert(slot.clone(), Balance { minor, is_dirty: false });
        }
        Ok(self.balances.entry(slot).or_insert(Balance { minor: 0, is_dirty: false }))
    }

    pub(super) fn set_wake(&mut self, scope: &Scope, at: Option<Instant>) {
        if self.wakes.len() > MOST {
            self.wakes.clear();
        }
        self.wakes.insert(scope.clone(), at);
    }

    pub(super) fn wake(&self, scope: &Scope) -> Option<Option<Instant>> {
        self.wakes.get(scope).copied()
    }

    fn still(&mut self, db: &Connection, read: &Read) -> Result<bool, StoreError> {
        if let (Key::Record(scope, kind, id), Seen::Version(version)) = (&read.key, &read.seen) {
            if let Some(known) = self.versions.get(&read.key) {
                return Ok(known == version);
            }
            let now = load::record_version(db, scope.as_str(), kind, id)?;
            if now == Some(*version) {
                if self.versions.len() > MOST {
                    self.versions.clear();
                }
                self.versions.insert(read.key.clone(), *version);
            }
            return Ok(now == Some(*version));
        }
        Ok(match (&read.seen, load::find(db, &read.key)?) {
            (Seen::Absent, Found::Absent) => true,
            (Seen::Entry(id), Found::Entry(now)) => *id == now,
            (Seen::Name(sandbox), Found::Name(now)) => *sandbox == now,
            _ => false,
        })
    }
}

pub(super) fn check(db: &Connection, hot: &mut Hot, commit: &Commit) -> Result<Result<(), Conflict>, StoreError> {
    for read in &commit.reads {
        // An absent key that this commit takes is checked once, below.
        let is_taken = read.seen == Seen::Absent && takes(commit, &read.key);
        if !is_taken && !hot.still(db, read)? {
            return Ok(Err(Conflict::Changed(read.key.clone())));
        }
    }
    if let Err(conflict) = check_writes(db, commit)? {
        return Ok(Err(conflict));
    }
    for key in &commit.done {
        if !is_queued(db, &commit.scope, key)? {
            return Ok(Err(Conflict::Gone(key.clone())));
        }
    }
    for (name, sandbox) in &commit.names {
        if load::owner(db, name)?.is_some_and(|owner| owner != *sandbox) {
            return Ok(Err(Conflict::Taken(name.clone())));
        }
    }
    check_floors(db, hot, commit)
}

fn takes(commit: &Commit, key: &Key) -> bool {
    match key {
        Key::Record(_, kind, id) => {
            commit.writes.iter().any(|write| write.is_new && write.kind == *kind && write.id == *id)
        }
        Key::Unique(_, index, key) => commit
            .writes
            .iter()
            .any(|write| write.entries_after.iter().any(|entry| entry.index == *index && entry.key == *key)),
        Key::Balance(..) | Key::Name(_) => false,
    }
}

fn check_writes(db: &Connection, commit: &Commit) -> Result<Result<(), Conflict>, StoreError> {
    for write in &commit.writes {
        let scope = commit.scope_of(write).as_str();
        if write.is_new && load::record_version(db, scope, write.kind, &write.id)?.is_some() {
            return Ok(Err(Conflict::Exists(write.kind.to_owned(), write.id.clone())));
        }
        for entry in entry_changes(write).1 {
            // A key that ends in the id of a new record is as new as the record.
            let is_own = write.is_new && entry.key.ends_with(&write.id) && entry.key.len() > write.id.len();
            if !is_own && takes_key(write, entry) && load::entry(db, scope, entry.index, &entry.key)?.is_some() {
                return Ok(Err(Conflict::Exists(entry.index.to_owned(), entry.key.clone())));
            }
        }
    }
    Ok(Ok(()))
}

fn is_queued(db: &Connection, scope: &Scope, key: &QueueKey) -> Result<bool, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT 1 FROM queue WHERE scope = ? AND due = ? AND class = ? AND id = ?")?;
    Ok(statement.exists(params![scope.as_str(), key.due.ms(), super::queue::class_number(key.class), key.id])?)
}

fn check_floors(db: &Connection, hot: &mut Hot, commit: &Commit) -> Result<Result<(), Conflict>, StoreError> {
    for floor in &commit.floors {
        let gained: i64 = commit
            .postings
            .iter()
            .filter(|(account, currency, _)| *account == floor.account && *currency == floor.currency)
            .fold(0, |sum, (_, _, minor)| sum.saturating_add(*minor));
        let balance = hot.balance(db, (&commit.scope, &floor.account, floor.currency))?;
        if balance.minor.saturating_add(gained) < floor.least {
            return Ok(Err(Conflict::Below(floor.account.clone())));
        }
    }
    Ok(Ok(()))
}
