//! The request log: what came in and what was answered, kept for people to look at.
//!
//! A reply never waits for it. Entries wait in memory, newest first to be kept, and a thread of the log's own masks,
//! renders and writes them every quarter of a second, in one transaction, without waiting for the disk. **It may lose the
//! last second in a crash.** Memory is bounded: of each sandbox no more wait than it may keep, and over the total bound
//! new entries are dropped and counted. Must not know sandboxes; it is told a scope.

mod entry;
mod pending;
mod render;

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use store::requests::{RequestBatch, RequestFilter, RequestPage, RequestRow, RequestStore, RequestStoreError};

pub(crate) use entry::{Entry, FlatHeaders, KeptBody};
use pending::Pending;

/// Bounds of the log. The defaults are what the server uses.
#[derive(Debug, Clone, Copy)]
pub struct LogSettings {
    /// How many requests each sandbox keeps.
    pub keep_per_scope: usize,
    /// How long a request is kept, in milliseconds of wall time.
    pub keep_age_ms: i64,
    /// How much of each body is kept, in bytes.
    pub body_bytes: usize,
    /// How much may wait to be written, in bytes, over all sandboxes.
    pub pending_bytes: usize,
    /// How long entries wait at least before they are written, in milliseconds.
    pub flush_every_ms: u64,
    /// Whether anything is logged at all.
    pub on: bool,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            keep_per_scope: 1_000,
            keep_age_ms: 7 * 24 * 60 * 60 * 1_000,
            body_bytes: 64 * 1024,
            pending_bytes: 64 * 1024 * 1024,
            flush_every_ms: 250,
            on: true,
        }
    }
}

/// The log. Writing out and reading block; reading flushes first.
pub struct RequestLog {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

struct Shared {
    settings: LogSettings,
    store: Arc<dyn RequestStore>,
    pending: Mutex<Pending>,
    /// Rung when something waits, and at the end.
    bell: Condvar,
    /// Next request numbers of seeded scopes: as far as used, and whether that is written.
    numbers: Mutex<BTreeMap<Arc<str>, (i64, bool)>>,
    /// Held by whoever writes, so that batches are written in order. Holds the wall time of the last pruning.
    writing: Mutex<i64>,
    dropped: AtomicU64,
    failed: AtomicU64,
}

/// Longest wait between two writes under load: what a crash may lose.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Old rows are looked for this often, in milliseconds of wall time.
const PRUNE_EVERY_MS: i64 = 60_000;

impl RequestLog {
    /// A log over a store, with its writing thread.
    pub fn new(store: Arc<dyn RequestStore>, settings: LogSettings) -> Self {
        let shared = Arc::new(Shared {
            settings,
            store,
            pending: Mutex::new(Pending::default()),
            bell: Condvar::new(),
            numbers: Mutex::new(BTreeMap::new()),
            writing: Mutex::new(0),
            dropped: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        });
        let writer = settings.on.then(|| Arc::clone(&shared)).and_then(|shared| {
            let thread = std::thread::Builder::new().name("request-log".to_owned());
            // Without a thread the log is written when somebody reads it, and stays bounded meanwhile.
            thread
                .spawn(move || shared.write_as_they_come())
                .inspect_err(|error| tracing::error!(%error, "the request log has no writer"))
                .ok()
        });
        Self { shared, writer }
    }

    /// Whether anything is logged.
    pub fn is_on(&self) -> bool {
        self.shared.settings.on
    }

    /// Adds an entry; called after the reply is made.
    pub(crate) fn push(&self, entry: Entry) {
        let settings = &self.shared.settings;
        let outcome = lock(&self.shared.pending).push(entry, settings.keep_per_scope, settings.pending_bytes);
        if outcome.dropped {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
        if outcome.first {
            self.shared.bell.notify_one();
        }
    }

    /// What is kept of a body.
    pub(crate) fn kept(&self, body: &Bytes) -> KeptBody {
        KeptBody::of(body, self.shared.settings.body_bytes)
    }

    /// The number of this request among those of a seeded scope; the first is 1.
    pub fn next_number(&self, scope: &Arc<str>) -> i64 {
        let mut numbers = lock(&self.shared.numbers);
        let entry = numbers.entry(Arc::clone(scope)).or_insert_with(|| {
            let next = self.shared.store.next_number(scope).inspect_err(|error| {
                tracing::error!(%error, "request numbers begin anew");
            });
            (next.unwrap_or(1), true)
        });
        let number = entry.0;
        *entry = (number + 1, false);
        number
    }

    /// Lists newest first. Blocks.
    ///
    /// # Errors
    /// When the log's file cannot be read.
    pub fn list(
        &self,
        filter: &RequestFilter,
        cursor: Option<i64>,
        limit: usize,
    ) -> Result<RequestPage, RequestStoreError> {
        self.flush();
        self.shared.store.list(filter, cursor, limit)
    }

    /// One request. Blocks.
    ///
    /// # Errors
    /// When the log's file cannot be read.
    pub fn get(&self, scope: &str, id: &str) -> Result<Option<RequestRow>, RequestStoreError> {
        self.flush();
        self.shared.store.get(scope, id)
    }

    /// Forgets a scope: a sandbox was deleted or reset. Blocks.
    ///
    /// # Errors
    /// When the log's file cannot be written.
    pub fn forget(&self, scope: &str) -> Result<(), RequestStoreError> {
        let _writing = lock(&self.shared.writing);
        lock(&self.shared.pending).forget(scope);
        lock(&self.shared.numbers).remove(scope);
        self.shared.store.forget(scope)
    }

    /// Writes what waits. Blocks.
    pub fn flush(&self) {
        self.shared.flush();
    }

    /// Appends the log's own metrics.
    pub(crate) fn render_metrics(&self, out: &mut String) {
        let waiting = lock(&self.shared.pending).len();
        let dropped = self.shared.dropped.load(Ordering::Relaxed);
        let failed = self.shared.failed.load(Ordering::Relaxed);
        write!(
            out,
            "# TYPE playmoney_request_log_pending gauge\nplaymoney_request_log_pending {waiting}\n\
             # TYPE playmoney_request_log_dropped_total counter\nplaymoney_request_log_dropped_total {dropped}\n\
             # TYPE playmoney_request_log_failed_total counter\nplaymoney_request_log_failed_total {failed}\n"
        )
        .expect("writing to a string does not fail");
    }
}

impl Drop for RequestLog {
    fn drop(&mut self) {
        lock(&self.shared.pending).end();
        self.shared.bell.notify_one();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has said so; what waited is lost with it.
            drop(writer.join());
        }
    }
}

impl fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestLog").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

impl Shared {
    /// The writing thread: sleeps until something waits, lets more gather, writes, until the end.
    fn write_as_they_come(&self) {
        let least = Duration::from_millis(self.settings.flush_every_ms);
        let mut wait = least;
        loop {
            let pending = lock(&self.pending);
            let waited = self.bell.wait_while(pending, |pending| pending.is_idle());
            let gathering = waited.unwrap_or_else(PoisonError::into_inner);
            let gathered = self.bell.wait_timeout_while(gathering, wait, |pending| !pending.has_ended());
            let ended = gathered.unwrap_or_else(PoisonError::into_inner).0.has_ended();
            let started = tokio::time::Instant::now();
            self.flush();
            if ended {
                return;
            }
            // Under load the log takes at most a twentieth of one core: the longer it writes, the longer it waits, and
            // the more of what would be pruned at once is never written.
            wait = (started.elapsed() * 20).clamp(least, LONGEST_WAIT.max(least));
        }
    }

    fn flush(&self) {
        let mut last_pruned_ms = lock(&self.writing);
        let entries = lock(&self.pending).take();
        let next_numbers: Vec<(String, i64)> = lock(&self.numbers)
            .iter_mut()
            .filter(|(_, (_, written))| !written)
            .map(|(scope, (next, written))| {
                *written = true;
                (scope.to_string(), *next)
            })
            .collect();
        if entries.is_empty() && next_numbers.is_empty() {
            return;
        }
        let newest_ms = entries.iter().map(|entry| entry.wall_ms).max().unwrap_or(*last_pruned_ms);
        let batch = RequestBatch {
            rows: entries.iter().map(render::row).collect(),
            next_numbers,
            keep_per_scope: self.settings.keep_per_scope,
        };
        let written = self.store.append(&batch).and_then(|()| {
            if newest_ms.saturating_sub(*last_pruned_ms) >= PRUNE_EVERY_MS {
                *last_pruned_ms = newest_ms;
                self.store.prune(newest_ms.saturating_sub(self.settings.keep_age_ms))?;
            }
            Ok(())
        });
        let lost = u64::try_from(batch.rows.len()).unwrap_or(u64::MAX);
        match written {
            Ok(()) => {}
            // Said at the first failure only; the counter tells the rest.
            Err(error) if self.failed.fetch_add(lost, Ordering::Relaxed) == 0 => {
                tracing::error!(%error, "the request log cannot be written");
            }
            Err(_) => {}
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
