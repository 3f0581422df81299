//! The request log at rest: what came in over HTTP and what was answered, by sandbox.
//!
//! Not part of the commit path. It has a file of its own that is written without waiting for the disk, and it may lose
//! the last second in a crash; nothing that matters may be read back from it. Must not know HTTP or masking: it is
//! handed rows that are rendered and masked already.

mod memory;
mod sqlite;

pub use memory::MemoryRequests;
pub use sqlite::SqliteRequests;

/// One request with its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Scope: a sandbox with its generation, or the server's own.
    pub scope: String,
    /// `req_…`.
    pub id: String,
    /// Virtual time of the reply, in milliseconds since 1970.
    pub at_ms: i64,
    /// Wall time of the reply, in milliseconds since 1970; rows age by it.
    pub wall_ms: i64,
    /// The provider, or empty for our own routes.
    pub provider: String,
    /// The method.
    pub method: String,
    /// Path and query as sent, masked.
    pub path: String,
    /// Status of the reply; 0 when the connection was dropped instead.
    pub status: u16,
    /// How long it took, in microseconds; 0 in seeded sandboxes.
    pub duration_us: i64,
    /// What it was about.
    pub subject: Option<String>,
    /// Headers and bodies of both sides and the faults that fired, as JSON text, masked.
    pub detail: String,
}

/// What one flush writes, in one transaction.
#[derive(Debug, Clone, Default)]
pub struct RequestBatch {
    /// Rows, oldest first.
    pub rows: Vec<RequestRow>,
    /// The next request number of scopes that count them.
    pub next_numbers: Vec<(String, i64)>,
    /// How many rows each scope keeps; older ones of the scopes written go.
    pub keep_per_scope: usize,
}

/// Which requests to list. Empty members match all.
#[derive(Debug, Clone, Default)]
pub struct RequestFilter {
    /// The scope; always given.
    pub scope: String,
    /// Only this provider.
    pub provider: Option<String>,
    /// Only statuses from the first to the second, both included.
    pub status: Option<(u16, u16)>,
    /// Only rows with this text in method, path, id, subject or detail; case counts.
    pub text: Option<String>,
}

/// A page of a list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestPage {
    /// The rows.
    pub rows: Vec<RequestRow>,
    /// Cursor of the next page; none at the end.
    pub next: Option<i64>,
}

/// The request log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RequestStoreError {
    /// SQLite refused.
    #[error("request log: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Its file cannot be reached or replaced.
    #[error("request log file: {0}")]
    File(#[from] std::io::Error),
}

/// Where the request log is kept. All calls block briefly; call them off the async threads.
pub trait RequestStore: Send + Sync {
    /// Writes a batch in one transaction and prunes the scopes in it.
    ///
    /// # Errors
    /// When the file cannot be written; nothing of the batch is then kept.
    fn append(&self, batch: &RequestBatch) -> Result<(), RequestStoreError>;

    /// Lists newest first, from below `cursor` on.
    ///
    /// # Errors
    /// When the file cannot be read.
    fn list(&self, filter: &RequestFilter, cursor: Option<i64>, limit: usize)
    -> Result<RequestPage, RequestStoreError>;

    /// One request of a scope.
    ///
    /// # Errors
    /// When the file cannot be read.
    fn get(&self, scope: &str, id: &str) -> Result<Option<RequestRow>, RequestStoreError>;

    /// The number of the next request of a scope that counts them; the first is 1.
    ///
    /// # Errors
    /// When the file cannot be read.
    fn next_number(&self, scope: &str) -> Result<i64, RequestStoreError>;

    /// Removes rows older than a wall time in milliseconds, a slice at a time; true when there may be more.
    ///
    /// # Errors
    /// When the file cannot be written.
    fn prune(&self, older_than_wall_ms: i64) -> Result<bool, RequestStoreError>;

    /// Forgets a scope: rows and number.
    ///
    /// # Errors
    /// When the file cannot be written.
    fn forget(&self, scope: &str) -> Result<(), RequestStoreError>;
}

/// How many rows [`RequestStore::prune`] looks at in one slice.
const PRUNE_SLICE: usize = 2_000;

#[cfg(test)]
mod tests;
