//! What is committed: the effects of one decision as rows, with the conditions under which they hold.

use kernel::{Currency, Entry, Floor, Instant, Key, QueueKey, Read, SandboxId, Scope, Write};
use std::sync::Arc;

/// Accounts with currency and balance in minor units.
pub type Balances = Vec<(String, Currency, i64)>;

/// A row of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRow {
    /// Where it stands.
    pub key: QueueKey,
    /// What it says; the store does not look.
    pub body: String,
}

/// Events and transfers of one decision, to be appended at the next positions of its scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// How many events, at least 1.
    pub events: u64,
    /// The document.
    pub body: Arc<[u8]>,
}

/// One decision's part of a batch.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Where it happens.
    pub scope: Scope,
    /// Where the sandbox's own record is.
    pub root: Scope,
    /// What must still stand as it was seen.
    pub reads: Vec<Read>,
    /// The version that its records get. Never used before.
    pub version: u64,
    /// Records and their entries.
    pub writes: Vec<Write>,
    /// What each account gains.
    pub postings: Vec<(String, Currency, i64)>,
    /// What balances may not fall below.
    pub floors: Vec<Floor>,
    /// Work to add.
    pub queue: Vec<QueueRow>,
    /// Added deliveries that are handed over at once: held for this owner until this wall instant.
    pub hold: Option<(String, Instant)>,
    /// Work that is over; each row must be there.
    pub done: Vec<QueueKey>,
    /// What happened.
    pub journal: Option<Journal>,
    /// Names to take; each must be free or the sandbox's own already.
    pub names: Vec<(String, SandboxId)>,
    /// Names to give back.
    pub names_released: Vec<String>,
    /// When its scope needs attention at the latest (wall time).
    pub wake: Option<Instant>,
    /// A scope that is given up: swept later.
    pub give_up: Option<Scope>,
}

impl Commit {
    /// A commit that does nothing yet.
    #[must_use]
    pub fn new(scope: Scope, version: u64) -> Self {
        let root = scope.sandbox().map_or_else(|| scope.clone(), |sandbox| Scope::root(&sandbox));
        Self {
            scope,
            root,
            reads: Vec::new(),
            version,
            writes: Vec::new(),
            postings: Vec::new(),
            floors: Vec::new(),
            queue: Vec::new(),
            hold: None,
            done: Vec::new(),
            journal: None,
            names: Vec::new(),
            names_released: Vec::new(),
            wake: None,
            give_up: None,
        }
    }

    /// Where one of its writes goes.
    #[must_use]
    pub fn scope_of(&self, write: &Write) -> &Scope {
        if write.in_root { &self.root } else { &self.scope }
    }
}

/// A commit that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The position of its last event.
    pub last: Option<u64>,
}

/// Why a commit was refused. The decision is made again on what stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// Something that was read is not so any more.
    Changed(Key),
    /// A new record or index entry stands there already: kind or index, and key.
    Exists(String, String),
    /// A balance would fall below its floor.
    Below(String),
    /// A row of the queue is gone.
    Gone(QueueKey),
    /// A name belongs to another sandbox.
    Taken(String),
}

/// The entries of a write that go and those that are put. Entries that stay as they are need no row; one that keeps its
/// key and changes its fields is put only.
#[must_use]
pub fn entry_changes(write: &Write) -> (Vec<&Entry>, Vec<&Entry>) {
    let same_key = |a: &Entry, b: &Entry| a.index == b.index && a.key == b.key;
    let gone = write.entries_before.iter().filter(|old| !write.entries_after.iter().any(|new| same_key(old, new)));
    let put = write.entries_after.iter().filter(|new| !write.entries_before.contains(new));
    (gone.collect(), put.collect())
}

/// Whether a put entry takes a key that the record did not hold before.
#[must_use]
pub fn takes_key(write: &Write, entry: &Entry) -> bool {
    !write.entries_before.iter().any(|old| old.index == entry.index && old.key == entry.key)
}
