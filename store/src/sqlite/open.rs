//! Opening: the lock, the settings, the migrations, and the readers of each thread.

use super::check::Hot;
use super::checkpoint::Checkpoints;
use super::queue::Leases;
use super::{Readers, Sqlite, Writer};
use crate::seam::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbered, applied in order, never changed once released. The number of those applied is `PRAGMA user_version`.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001_base.sql")];

/// Prepared statements kept per connection.
const STATEMENTS: usize = 64;

static OPENED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static CONNECTIONS: RefCell<HashMap<u64, Connection>> = RefCell::default();
}

impl Sqlite {
    /// Opens or creates the database file, with its folder, and migrates it.
    ///
    /// # Errors
    /// The file cannot be opened, another process has it, or it was written by a newer version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| said(path, &error))?;
        }
        let lock = lock(path)?;
        let db = Connection::open(path).map_err(|error| said(path, &error))?;
        db.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=0;",
        )
        .map_err(|error| said(path, &error))?;
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        let mut store = Self::with(db, Readers::File(path.to_owned(), number), Some(lock))?;
        store.checkpoints = Some(Checkpoints::start(path)?);
        Ok(store)
    }

    /// A private database in memory; it ends with the process.
    ///
    /// # Errors
    /// SQLite cannot be used at all.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::with(Connection::open_in_memory()?, Readers::Writer, None)
    }

    fn with(mut db: Connection, readers: Readers, lock: Option<File>) -> Result<Self, StoreError> {
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        migrate(&mut db)?;
        Ok(Self {
            writer: Mutex::new(Writer { db, hot: Hot::default() }),
            leases: Mutex::new(Leases::default()),
            readers,
            checkpoints: None,
            rows: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            _lock: lock,
        })
    }
}

fn said(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError(format!("{}: {error}", path.display()))
}

/// One process to a database: leases and hot rows are kept in its memory. The lock ends with the process, however that ends.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::create(PathBuf::from(&name)).map_err(|error| said(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(said(path, &"another process uses this database")),
        Err(TryLockError::Error(error)) => Err(said(path, &error)),
    }
}

fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    let done: usize = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if done > MIGRATIONS.len() {
        return Err(StoreError(format!(
            "the database is at migration {done}, this program knows {}: use a newer version of it",
            MIGRATIONS.len()
        )));
    }
    if done == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = db.transaction()?;
    for migration in &MIGRATIONS[done..] {
        transaction.execute_batch(migration)?;
    }
    transaction.execute_batch(&format!("PRAGMA user_version = {}", MIGRATIONS.len()))?;
    Ok(transaction.commit()?)
}

/// Runs a read on this thread's connection to the store of that number, opening it at first use.
pub(super) fn with_reader<T>(
    path: &Path,
    number: u64,
    read: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    CONNECTIONS.with_borrow_mut(|connections| {
        if let Entry::Vacant(vacant) = connections.entry(number) {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let db = Connection::open_with_flags(path, flags)?;
            db.set_prepared_statement_cache_capacity(STATEMENTS);
            vacant.insert(db);
        }
        read(&connections[&number])
    })
}

#[cfg(test)]
#[path = "open_tests.rs"]
mod tests;
