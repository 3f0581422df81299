//! A store that counts what it is asked, fails when it is told to, and lets another writer in between.

use kernel::{Clock, Found, Instant, Key, SandboxId, Scope};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use store::{Balances, Claim, Commit, Conflict, JournalRow, Page, QueueRow, Receipt, Scan, Store, StoreError};

/// What happens at the next commits, in turn.
pub enum AtCommit {
    /// Nothing out of the ordinary.
    Pass,
    /// The database fails.
    Fail,
    /// The backend has a bug.
    Panic,
    /// Somebody else writes first.
    Before(Box<dyn FnOnce() + Send>),
}

pub struct Spy {
    inner: Arc<dyn Store>,
    shared: AtomicBool,
    loads_fail: AtomicBool,
    loads: AtomicUsize,
    commits: Mutex<Vec<usize>>,
    script: Mutex<VecDeque<AtCommit>>,
    before_rewake: Between,
    after_last_look: Between,
}

type Between = Mutex<Option<Box<dyn FnOnce() + Send>>>;

fn come(between: &Between) {
    let act = between.lock().unwrap().take();
    if let Some(act) = act {
        act();
    }
}

impl Spy {
    pub fn over(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            shared: AtomicBool::new(false),
            loads_fail: AtomicBool::new(false),
            loads: AtomicUsize::new(0),
            commits: Mutex::default(),
            script: Mutex::default(),
            before_rewake: Mutex::default(),
            after_last_look: Mutex::default(),
        }
    }

    /// The store beneath, where another writer writes.
    pub fn beneath(&self) -> Arc<dyn Store> {
        Arc::clone(&self.inner)
    }

    /// Says that others write too.
    pub fn share(&self) {
        self.shared.store(true, Ordering::SeqCst);
    }

    pub fn at_next_commits(&self, script: impl IntoIterator<Item = AtCommit>) {
        self.script.lock().unwrap().extend(script);
    }

    /// Does this between the engine's look at a clock and the wake that it sets by it.
    pub fn before_rewake(&self, act: impl FnOnce() + Send + 'static) {
        *self.before_rewake.lock().unwrap() = Some(Box::new(act));
    }

    /// Does this between a step's last look at the wakes and what it makes of it.
    pub fn after_last_look(&self, act: impl FnOnce() + Send + 'static) {
        *self.after_last_look.lock().unwrap() = Some(Box::new(act));
    }

    pub fn fail_loads(&self, fail: bool) {
        self.loads_fail.store(fail, Ordering::SeqCst);
    }

    /// Round trips of loading since the last time this was asked.
    pub fn loads(&self) -> usize {
        self.loads.swap(0, Ordering::SeqCst)
    }

    /// How many decisions each transaction held since the last time this was asked.
    pub fn transactions(&self) -> Vec<usize> {
        std::mem::take(&mut *self.commits.lock().unwrap())
    }
}

impl Store for Spy {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn is_exclusive(&self) -> bool {
        !self.shared.load(Ordering::SeqCst) && self.inner.is_exclusive()
    }

    fn load(&self, keys: &[Key]) -> Result<Vec<Found>, StoreError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        if self.loads_fail.load(Ordering::SeqCst) {
            return Err(StoreError("the disk is on fire".to_owned()));
        }
        self.inner.load(keys)
    }

    fn commit(&self, batch: &[Commit]) -> Result<Vec<Result<Receipt, Conflict>>, StoreError> {
        let next = self.script.lock().unwrap().pop_front();
        match next {
            Some(AtCommit::Fail) => return Err(StoreError("the disk is full".to_owned())),
            Some(AtCommit::Panic) => panic!("a backend that panics, as this test wants"),
            Some(AtCommit::Before(other)) => other(),
            Some(AtCommit::Pass) | None => {}
        }
        self.commits.lock().unwrap().push(batch.len());
        self.inner.commit(batch)
    }

    fn scan(&self, scan: &Scan) -> Result<Page, StoreError> {
        self.inner.scan(scan)
    }

    fn journal(&self, scope: &Scope, after: u64, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        self.inner.journal(scope, after, limit)
    }

    fn balances(&self, scope: &Scope, after: &str, limit: usize) -> Result<Balances, StoreError> {
        self.inner.balances(scope, after, limit)
    }

    fn names(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<(String, SandboxId)>, StoreError> {
        self.inner.names(prefix, after, limit)
    }

    fn queue(&self, scope: &Scope, until: Instant, limit: usize) -> Result<Vec<QueueRow>, StoreError> {
        self.inner.queue(scope, until, limit)
    }

    fn claim(&self, claim: &Claim<'_>) -> Result<Vec<QueueRow>, StoreError> {
        self.inner.claim(claim)
    }

    fn wakes(&self, until: Instant, limit: usize) -> Result<Vec<(Scope, Instant)>, StoreError> {
        let wakes = self.inner.wakes(until, limit);
        if limit == 1 {
            come(&self.after_last_look);
        }
        wakes
    }

    fn rewake(
        &self,
        scope: &Scope,
        clock: &Clock,
        wall: Instant,
        also: Option<Instant>,
    ) -> Result<Option<Instant>, StoreError> {
        come(&self.before_rewake);
        self.inner.rewake(scope, clock, wall, also)
    }

    fn sweep(&self, limit: usize) -> Result<bool, StoreError> {
        self.inner.sweep(limit)
    }

    fn inspect(&self) -> Result<Vec<String>, StoreError> {
        self.inner.inspect()
    }

    fn written(&self) -> (u64, u64) {
        self.inner.written()
    }
}
