//! SQLite: one writer that commits batches, and read-only readers beside it.
//!
//! The database belongs to one process (a lock file says so), so leases and the versions of hot rows are kept in memory.
//! Write-ahead log with `synchronous=FULL`: what was answered survives a power cut. There is no savepoint per commit:
//! all conditions of a commit are checked before its first row is written, so it cannot fail half done; a database
//! error rolls back its whole batch.

mod apply;
mod check;
mod checkpoint;
mod load;
mod open;
mod queue;
mod read;
mod sweep;

use crate::commit::{Balances, Commit, Conflict, QueueRow, Receipt};
use crate::scan::{Page, Scan};
use crate::seam::{Claim, JournalRow, Store, StoreError};
use check::Hot;
use checkpoint::Checkpoints;
use kernel::{Clock, Found, Instant, Key, SandboxId, Scope};
use rusqlite::{Connection, TransactionBehavior};
use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The SQLite backend.
#[derive(Debug)]
pub struct Sqlite {
    writer: Mutex<Writer>,
    leases: Mutex<queue::Leases>,
    readers: Readers,
    checkpoints: Option<Checkpoints>,
    rows: AtomicU64,
    commits: AtomicU64,
    _lock: Option<File>,
}

/// Where reads go.
#[derive(Debug)]
enum Readers {
    /// A connection of each thread's own on the file; the number tells stores of one process apart.
    File(PathBuf, u64),
    /// The writer's connection, for a database in memory.
    Writer,
}

#[derive(Debug)]
struct Writer {
    db: Connection,
    hot: Hot,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

impl Sqlite {
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(|poisoned| {
            // A panic rolled back its transaction; what was kept in memory ran ahead of the database.
            self.writer.clear_poison();
            let mut writer = poisoned.into_inner();
            writer.hot = Hot::default();
            writer
        })
    }

    fn leases(&self) -> MutexGuard<'_, queue::Leases> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a read on this thread's own connection.
    fn reading<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match &self.readers {
            Readers::File(path, number) => open::with_reader(path, *number, read),
            Readers::Writer => read(&self.writer().db),
        }
    }
}

impl Writer {
    fn commit(&mut self, batch: &[Commit]) -> Result<(Vec<Result<Receipt, Conflict>>, u64), StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut rows = 0;
        let mut outcomes = Vec::with_capacity(batch.len());
        for commit in batch {
            outcomes.push(match check::check(&transaction, &mut self.hot, commit)? {
                Ok(entries) => Ok(apply::apply(&transaction, &mut self.hot, (commit, entries), &mut rows)?),
                Err(conflict) => Err(conflict),
            });
        }
        rows += apply::fold_balances(&transaction, &mut self.hot)?;
        transaction.commit()?;
        self.hot.batch_ended();
        Ok((outcomes, rows))
    }
}

impl Store for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn is_exclusive(&self) -> bool {
        true
    }

    fn load(&self, keys: &[Key]) -> Result<Vec<Found>, StoreError> {
        self.reading(|db| keys.iter().map(|key| load::find(db, key)).collect())
    }

    fn load_to_commit(&self, keys: &[Key]) -> Result<Vec<Found>, StoreError> {
        let mut writer = self.writer();
        let writer = &mut *writer;
        let look = |key: &Key| {
            if let Key::Balance(scope, account, currency) = key {
                return Ok(Found::Balance(writer.hot.balance(&writer.db, (scope, account, *currency))?.minor));
            }
            let found = load::find(&writer.db, key)?;
            writer.hot.looked_for(key, &found);
            Ok(found)
        };
        keys.iter().map(look).collect()
    }

    fn commit(&self, batch: &[Commit]) -> Result<Vec<Result<Receipt, Conflict>>, StoreError> {
        let mut writer = self.writer();
        // Held before it can be seen, so that no claim comes between.
        let before = self.leases().hold(batch);
        let result = writer.commit(batch);
        let outcomes = result.as_ref().map_or(&[][..], |(outcomes, _)| outcomes);
        let standing = batch.iter().zip(outcomes).filter(|(_, outcome)| outcome.is_ok());
        self.leases().settle(before, standing.map(|(commit, _)| commit));
        match result {
            Ok((outcomes, rows)) => {
                self.rows.fetch_add(rows, Ordering::Relaxed);
                self.commits.fetch_add(1, Ordering::Relaxed);
                if let Some(checkpoints) = &self.checkpoints {
                    checkpoints.committed(&writer.db, rows);
                }
                Ok(outcomes)
            }
            Err(error) => {
                // What was kept in memory ran ahead of the database.
                writer.hot = Hot::default();
                Err(error)
            }
        }
    }

    fn scan(&self, scan: &Scan) -> Result<Page, StoreError> {
        self.reading(|db| read::scan(db, scan))
    }

    fn journal(&self, scope: &Scope, after: u64, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        self.reading(|db| read::journal(db, scope, after, limit))
    }

    fn balances(&self, scope: &Scope, after: &str, limit: usize) -> Result<Balances, StoreError> {
        self.reading(|db| read::balances(db, scope, after, limit))
    }

    fn names(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<(String, SandboxId)>, StoreError> {
        self.reading(|db| read::names(db, prefix, after, limit))
    }

    fn queue(&self, scope: &Scope, until: Instant, limit: usize) -> Result<Vec<QueueRow>, StoreError> {
        self.reading(|db| queue::due(db, scope, until, limit))
    }

    fn claim(&self, claim: &Claim<'_>) -> Result<Vec<QueueRow>, StoreError> {
        self.reading(|db| queue::claim(db, &mut self.leases(), claim))
    }

    fn wakes(&self, until: Instant, limit: usize) -> Result<Vec<(Scope, Instant)>, StoreError> {
        self.reading(|db| queue::wakes(db, until, limit))
    }

    fn rewake(
        &self,
        scope: &Scope,
        clock: &Clock,
        wall: Instant,
        also: Option<Instant>,
    ) -> Result<Option<Instant>, StoreError> {
        let mut writer = self.writer();
        let leases = self.leases();
        let earliest = queue::earliest(&writer.db, &leases, scope, (clock, wall))?;
        let at = [earliest, also].into_iter().flatten().min();
        queue::set_wake(&writer.db, scope, at)?;
        writer.hot.set_wake(scope, at);
        Ok(at)
    }

    fn sweep(&self, limit: usize) -> Result<bool, StoreError> {
        let mut writer = self.writer();
        let Some(scope) = sweep::next(&writer.db)? else { return Ok(false) };
        writer.hot = Hot::default();
        self.leases().forget(&scope);
        sweep::sweep(&mut writer.db, &scope, limit)
    }

    fn inspect(&self) -> Result<Vec<String>, StoreError> {
        self.reading(sweep::inspect)
    }

    fn written(&self) -> (u64, u64) {
        (self.rows.load(Ordering::Relaxed), self.commits.load(Ordering::Relaxed))
    }
}

type LeaseTable = HashMap<Scope, HashMap<kernel::QueueKey, Instant>>;
