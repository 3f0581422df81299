//! Moves what was committed from the write-ahead log to the database file, beside the writer instead of in its way.
//!
//! SQLite's own automatic checkpoint runs inside a commit and holds up all that wait for it. Here a thread with a
//! connection of its own does the copying. Under steady load it never quite catches up, and only a log that was copied
//! whole can begin anew; so when the log has grown long, the writer copies the small rest itself.

use crate::seam::StoreError;
use rusqlite::Connection;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Rows written between two checkpoints: some four megabytes of log.
const ROWS: u64 = 1_500;
/// Frames (pages of 4 KiB) after which the writer copies the rest, so that the log begins anew.
const LONG: i64 = 6_000;

#[derive(Debug, Default)]
struct Shared {
    /// Whether there is something to do, and whether to stop.
    bell: Mutex<(bool, bool)>,
    rung: Condvar,
    is_long: AtomicBool,
}

/// The checkpointing thread.
#[derive(Debug)]
pub(super) struct Checkpoints {
    shared: Arc<Shared>,
    written: AtomicU64,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub(super) fn start(path: &Path) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared::default());
        let (own, path) = (Arc::clone(&shared), path.to_owned());
        let thread = std::thread::Builder::new().name("checkpoint".to_owned()).spawn(move || own.run(&path));
        let thread = thread.map_err(|error| StoreError(format!("the checkpoint thread cannot be started: {error}")))?;
        Ok(Self { shared, written: AtomicU64::new(0), thread: Some(thread) })
    }

    /// After a commit of so many rows, on the writer's connection.
    pub(super) fn committed(&self, writer: &Connection, rows: u64) {
        if self.shared.is_long.swap(false, Ordering::Relaxed) {
            // The log begins anew with the next commit: until then there is nothing to ring for.
            let _busy = copy(writer);
            self.written.store(0, Ordering::Relaxed);
            return;
        }
        if self.written.fetch_add(rows, Ordering::Relaxed) + rows < ROWS {
            return;
        }
        self.written.store(0, Ordering::Relaxed);
        self.shared.bell.lock().unwrap_or_else(PoisonError::into_inner).0 = true;
        self.shared.rung.notify_one();
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.shared.bell.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.shared.rung.notify_one();
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

impl Shared {
    fn run(&self, path: &PathBuf) {
        let mut own: Option<Connection> = None;
        let file = File::open(path).ok();
        while self.wait() {
            // Opened at first need, so that a start does not wait for it.
            if own.is_none() {
                own = Connection::open(path).ok();
            }
            match own.as_ref().map(copy) {
                Some(Ok(frames)) => {
                    // Pages go to the disk now, or whoever copies the last frame waits for all of them.
                    let _tried_again_by_sqlite = file.as_ref().map(File::sync_data);
                    self.is_long.store(frames > LONG, Ordering::Relaxed);
                }
                Some(Err(error)) => tracing::warn!(%error, "a checkpoint waits"),
                None => tracing::warn!("the database cannot be opened for a checkpoint"),
            }
        }
    }

    /// Waits for the bell; false to stop.
    fn wait(&self) -> bool {
        let mut bell = self.bell.lock().unwrap_or_else(PoisonError::into_inner);
        while !bell.0 && !bell.1 {
            bell = self.rung.wait(bell).unwrap_or_else(PoisonError::into_inner);
        }
        bell.0 = false;
        !bell.1
    }
}

/// Copies what can be copied without holding anybody up. Returns the length of the log in frames.
fn copy(db: &Connection) -> Result<i64, rusqlite::Error> {
    db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))
}
