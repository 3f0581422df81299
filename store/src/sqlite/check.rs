//! The conditions of a commit, all checked before its first row is written.

use super::load;
use crate::commit::{Commit, Conflict};
use crate::entries::{EntryChanges, Put};
use crate::seam::StoreError;
use kernel::{Currency, Found, Instant, Key, QueueKey, Read, Scope, Seen};
use rusqlite::{Connection, params};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// What the writer keeps in memory, since nobody else writes: versions of records that many decisions read, balances,
/// positions and wakes. Thrown away whenever a batch fails.
#[derive(Debug, Default)]
pub(super) struct Hot {
    versions: HashMap<Key, u64>,
    balances: HashMap<Account, Balance>,
    dirty: Vec<Account>,
    positions: HashMap<Scope, u64>,
    wakes: HashMap<Scope, Option<Instant>>,
    /// Records that were looked for and not there since the last commit; each serves for one insert.
    absent: HashSet<Key>,
}

/// Entries kept of each kind before they are thrown away.
const MOST: usize = 20_000;

type Account = (Scope, String, Currency);

/// A balance as it stands within the batch, and whether its row is behind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Balance {
    pub(super) minor: i64,
    is_dirty: bool,
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
        account: (&Scope, &str, Currency),
    ) -> Result<&mut Balance, StoreError> {
        let (scope, name, currency) = account;
        if self.balances.len() > MOST {
            self.balances.retain(|_, balance| balance.is_dirty);
        }
        Ok(match self.balances.entry((scope.clone(), name.to_owned(), currency)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => {
                let minor = load::balance(db, scope.as_str(), name, currency.as_str())?;
                vacant.insert(Balance { minor, is_dirty: false })
            }
        })
    }

    /// Adds to a balance; its row is written when the batch ends.
    pub(super) fn gain(
        &mut self,
        db: &Connection,
        account: (&Scope, &str, Currency),
        minor: i64,
    ) -> Result<(), StoreError> {
        let balance = self.balance(db, account)?;
        // Wraps on the way only: the check has seen that all postings together fit.
        balance.minor = balance.minor.wrapping_add(minor);
        if !std::mem::replace(&mut balance.is_dirty, true) {
            self.dirty.push((account.0.clone(), account.1.to_owned(), account.2));
        }
        Ok(())
    }

    /// The balances whose rows are behind, which then are not any more.
    pub(super) fn take_dirty(&mut self) -> Vec<(Account, i64)> {
        let mut dirty = Vec::with_capacity(self.dirty.len());
        for account in self.dirty.drain(..) {
            if let Some(balance) = self.balances.get_mut(&account) {
                balance.is_dirty = false;
                dirty.push((account, balance.minor));
            }
        }
        dirty
    }

    /// Remembers what was looked for and is not there, until the next commit.
    pub(super) fn looked_for(&mut self, key: &Key, found: &Found) {
        if let (Key::Record(..), Found::Absent) = (key, found) {
            if self.absent.len() > MOST {
                self.absent.clear();
            }
            self.absent.insert(key.clone());
        }
    }

    /// A batch is over: what was absent may be there now.
    pub(super) fn batch_ended(&mut self) {
        self.absent.clear();
    }

    fn is_free(&mut self, db: &Connection, key: &Key) -> Result<bool, StoreError> {
        if self.absent.remove(key) {
            return Ok(true);
        }
        Ok(matches!(load::find(db, key)?, Found::Absent))
    }

    pub(super) fn position(&self, scope: &Scope) -> Option<u64> {
        self.positions.get(scope).copied()
    }

    pub(super) fn set_position(&mut self, scope: &Scope, last: u64) {
        if self.positions.len() > MOST {
            self.positions.clear();
        }
        self.positions.insert(scope.clone(), last);
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

/// Checks all conditions of a commit. When they hold, returns the entries that it changes.
pub(super) fn check<'a>(
    db: &Connection,
    hot: &mut Hot,
    commit: &'a Commit,
) -> Result<Result<EntryChanges<'a>, Conflict>, StoreError> {
    let changes = match EntryChanges::of(commit) {
        Ok(changes) => changes,
        Err(conflict) => return Ok(Err(conflict)),
    };
    for read in &commit.reads {
        if !changes.cover(commit, read) && !hot.still(db, read)? {
            return Ok(Err(Conflict::Changed(read.key.clone())));
        }
    }
    for write in commit.writes.iter().filter(|write| write.is_new) {
        let key = Key::Record(commit.scope_of(write).clone(), write.kind, write.id.clone());
        if !hot.is_free(db, &key)? {
            return Ok(Err(Conflict::Exists(write.kind.to_owned(), write.id.clone())));
        }
    }
    for put in changes.put.iter().filter(|put| put.takes && !is_own(put)) {
        if load::entry(db, put.scope.as_str(), put.entry.index, &put.entry.key)?.is_some() {
            return Ok(Err(Conflict::Exists(put.entry.index.to_owned(), put.entry.key.clone())));
        }
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
    let money = commit.check_balances(|account, currency| {
        Ok::<_, StoreError>(hot.balance(db, (&commit.scope, account, currency))?.minor)
    })?;
    Ok(money.map(|()| changes))
}

/// A key that ends in the id of a new record is as new as the record, so looking for it is spared. Should an index mix
/// such keys with others that look the same, the insert fails the batch: nothing is ever written over.
fn is_own(put: &Put<'_>) -> bool {
    put.write.is_new && put.entry.key.strip_suffix(&put.write.id).is_some_and(|rest| rest.ends_with('.'))
}

fn is_queued(db: &Connection, scope: &Scope, key: &QueueKey) -> Result<bool, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT 1 FROM queue WHERE scope = ? AND due = ? AND class = ? AND id = ?")?;
    Ok(statement.exists(params![scope.as_str(), key.due.ms(), super::queue::class_number(key.class), key.id])?)
}
