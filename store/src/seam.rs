//! The seam: what the engine asks of a database.
//!
//! All calls are synchronous; the engine calls them from threads of its own. Time is always an argument. Keys begin with
//! a scope, save for the directory of names and the wakes.

use crate::commit::{Balances, Commit, Conflict, QueueRow, Receipt};
use crate::scan::{Page, Scan};
use kernel::{Clock, Found, Instant, Key, SandboxId, Scope};
use std::sync::Arc;

/// The database failed; nothing of the call happened.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the database failed: {0}")]
pub struct StoreError(pub String);

/// An inspection stops after so many findings.
pub(crate) const MOST_FINDINGS: usize = 20;

/// The finding that money was made or lost.
pub(crate) fn unbalanced(scope: &str, currency: &str, sum: i128) -> String {
    format!("the balances of {scope} in {currency} sum to {sum} and not to zero")
}

/// One row of the journal: the events and transfers of one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// The position of its last event; positions of a scope begin at 1 and have no gaps.
    pub last: u64,
    /// How many events it holds, at least 1.
    pub events: u64,
    /// As it was committed.
    pub body: Arc<[u8]>,
}

/// A claim of due work for one owner.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    /// Whose work.
    pub scope: &'a Scope,
    /// Due at or before this virtual instant.
    pub until: Instant,
    /// The wall instant of the claim.
    pub wall: Instant,
    /// Until which wall instant nobody else gets it.
    pub lease_until: Instant,
    /// Who claims.
    pub owner: &'a str,
    /// At most so many rows.
    pub limit: usize,
}

/// A database.
pub trait Store: Send + Sync {
    /// Which one, for messages: `sqlite`, `memory`, `postgres`.
    fn name(&self) -> &'static str;

    /// Whether nobody else writes to it while it is open, so that what was read stays true until this process changes it.
    fn is_exclusive(&self) -> bool;

    /// What stands at these keys, in their order, in one round trip.
    ///
    /// # Errors
    /// The database failed.
    fn load(&self, keys: &[Key]) -> Result<Vec<Found>, StoreError>;

    /// The same for decisions that are about to be committed. A backend may answer from where it commits, whose cache
    /// other commits do not make stale.
    ///
    /// # Errors
    /// The database failed.
    fn load_to_commit(&self, keys: &[Key]) -> Result<Vec<Found>, StoreError> {
        self.load(keys)
    }

    /// Commits a batch in one durable transaction. Each commit stands or falls alone: it is refused when something it
    /// read has changed, a new key exists already, a row of the queue is gone, a name is taken, or a balance would fall
    /// below a floor or not fit 64 bits. Later commits of the batch see what earlier ones did.
    ///
    /// # Errors
    /// The database failed; then none of the batch happened.
    fn commit(&self, batch: &[Commit]) -> Result<Vec<Result<Receipt, Conflict>>, StoreError>;

    /// A page of index entries or records, in key order from either end.
    ///
    /// # Errors
    /// The database failed.
    fn scan(&self, scan: &Scan) -> Result<Page, StoreError>;

    /// Journal rows whose last position is above `after`, oldest first.
    ///
    /// # Errors
    /// The database failed.
    fn journal(&self, scope: &Scope, after: u64, limit: usize) -> Result<Vec<JournalRow>, StoreError>;

    /// The balances of a scope by account, then currency; accounts after the one given. A page ends between accounts, so
    /// that the last account's name is where to go on: it can hold a few rows more than `limit`.
    ///
    /// # Errors
    /// The database failed.
    fn balances(&self, scope: &Scope, after: &str, limit: usize) -> Result<Balances, StoreError>;

    /// Names of the directory that begin with `prefix`, in order, after the one given.
    ///
    /// # Errors
    /// The database failed.
    fn names(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<(String, SandboxId)>, StoreError>;

    /// The queue of a scope up to a virtual instant, in (due, class, id) order, whoever holds it.
    ///
    /// # Errors
    /// The database failed.
    fn queue(&self, scope: &Scope, until: Instant, limit: usize) -> Result<Vec<QueueRow>, StoreError>;

    /// Takes rows that are due and that nobody holds, in (due, class, id) order: a run of jobs of one instant, or of
    /// deliveries up to the next job. What follows in the order is claimed after that ran.
    ///
    /// # Errors
    /// The database failed.
    fn claim(&self, claim: &Claim<'_>) -> Result<Vec<QueueRow>, StoreError>;

    /// The scopes that need attention at or before a wall instant, earliest first.
    ///
    /// # Errors
    /// The database failed.
    fn wakes(&self, until: Instant, limit: usize) -> Result<Vec<(Scope, Instant)>, StoreError>;

    /// Sets the wake of a scope anew: when the earliest row can be claimed (now, when it is due, or when its lease or
    /// that of a job before it ends), by its clock, or the given wall instant if that is earlier. Returns it.
    ///
    /// # Errors
    /// The database failed.
    fn rewake(
        &self,
        scope: &Scope,
        clock: &Clock,
        wall: Instant,
        also: Option<Instant>,
    ) -> Result<Option<Instant>, StoreError>;

    /// Deletes up to `limit` rows of scopes that were given up. Whether some are left.
    ///
    /// # Errors
    /// The database failed.
    fn sweep(&self, limit: usize) -> Result<bool, StoreError>;

    /// Looks for damage: a sentence for each thing that is wrong.
    ///
    /// # Errors
    /// The database failed.
    fn inspect(&self) -> Result<Vec<String>, StoreError>;

    /// Rows written and commits made since the start, for the metrics.
    fn written(&self) -> (u64, u64);
}
