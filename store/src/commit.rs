//! What is committed: the effects of one decision as rows, with the conditions under which they hold.

use kernel::{Currency, Floor, Instant, Key, QueueKey, Read, SandboxId, Scope, Write};
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
    /// What must still stand as it was seen: at least every record that is replaced or removed.
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

    /// What an account gains by all postings together, in minor units.
    fn gained(&self, account: &str, currency: Currency) -> i128 {
        let own = self.postings.iter().filter(|(name, of, _)| name == account && *of == currency);
        own.map(|(_, _, minor)| i128::from(*minor)).sum()
    }

    /// Whether the balances that it leaves fit 64 bits and stay above the floors, by what stands now. The same rule for
    /// every backend.
    ///
    /// # Errors
    /// Those of looking up a balance.
    pub fn check_balances<E>(
        &self,
        mut balance: impl FnMut(&str, Currency) -> Result<i64, E>,
    ) -> Result<Result<(), Conflict>, E> {
        for (account, currency, _) in &self.postings {
            let after = i128::from(balance(account, *currency)?) + self.gained(account, *currency);
            if i64::try_from(after).is_err() {
                return Ok(Err(Conflict::TooLarge(account.clone())));
            }
        }
        for floor in &self.floors {
            let after =
                i128::from(balance(&floor.account, floor.currency)?) + self.gained(&floor.account, floor.currency);
            if after < i128::from(floor.least) {
                return Ok(Err(Conflict::Below(floor.account.clone())));
            }
        }
        Ok(Ok(()))
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
    /// A balance would not fit 64 bits.
    TooLarge(String),
    /// A row of the queue is gone.
    Gone(QueueKey),
    /// A name belongs to another sandbox.
    Taken(String),
}
