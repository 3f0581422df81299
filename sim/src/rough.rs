//! A store that fails and refuses when it is told to, and that can be sabotaged to prove that the observers see it.
//!
//! Beneath it is the real memory store, which the observers look at directly.

use kernel::{Class, Clock, Found, Instant, Key, SandboxId, Scope};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Balances, Claim, Commit, Conflict, JournalRow, Memory, Page, QueueRow, Receipt, Scan, Store, StoreError};

/// What a broken store does once, at an early commit that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// Says that a payment was committed, and forgets it.
    LosesACommit,
    /// Applies the postings of a collection twice.
    PostsTwice,
    /// Applies one side of the postings of a collection.
    PostsHalf,
    /// Loses the rows of the queue: jobs and deliveries.
    LosesQueueRows,
    /// Loses the record of a delivery.
    LosesADelivery,
    /// Leaves out a number in the positions of events.
    SkipsAPosition,
    /// Loses the events of a payment.
    LosesEvents,
    /// Puts a payment into the scope of another sandbox.
    LeaksAWrite,
    /// Leaves a row in the queue that is over.
    KeepsWhatIsDone,
    /// Forgets when to look again, from then on.
    ForgetsWakes,
    /// Changes a payment that had ended.
    ChangesAnEnd,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    conflicts: u32,
    sabotage: Option<Sabotage>,
    /// Commits that fit and are passed before the sabotage.
    passes: u32,
    failed: u32,
    refused: u32,
    commits: u64,
    owed: BTreeSet<(String, String)>,
    scopes: BTreeSet<Scope>,
}

/// The store as the engine sees it.
pub(crate) struct Rough {
    memory: Arc<Memory>,
    state: Mutex<State>,
}

impl Rough {
    pub(crate) fn over(memory: Arc<Memory>, sabotage: Option<Sabotage>) -> Self {
        Self { memory, state: Mutex::new(State { sabotage, passes: 2, ..State::default() }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next so many batches fail.
    pub(crate) fn fail_next(&self, batches: u32) {
        self.state().failures = batches;
    }

    /// One commit of each of the next so many batches is refused.
    pub(crate) fn refuse_next(&self, batches: u32) {
        self.state().conflicts = batches;
    }

    /// No more failures and refusals.
    pub(crate) fn heal(&self) {
        let mut state = self.state();
        (state.failures, state.conflicts) = (0, 0);
    }

    /// How many batches failed and how many commits were refused since this was asked.
    pub(crate) fn troubles(&self) -> (u32, u32) {
        let mut state = self.state();
        (std::mem::take(&mut state.failed), std::mem::take(&mut state.refused))
    }

    /// Whether a delivery was ever committed.
    pub(crate) fn owes(&self, scope: &Scope, delivery: &str) -> bool {
        self.state().owed.contains(&(scope.as_str().to_owned(), delivery.to_owned()))
    }

    /// Batches committed.
    pub(crate) fn commits(&self) -> u64 {
        self.state().commits
    }
}

fn is_payment(write: &kernel::Write) -> bool {
    write.kind == "sandpay.payment"
}

impl State {
    /// Breaks a commit if it fits what is to be broken; true when it is to be lost.
    fn sabotage(&mut self, commit: &mut Commit) -> bool {
        let Some(kind) = self.sabotage else { return false };
        let makes_payment = commit.writes.iter().any(|write| is_payment(write) && write.is_new);
        let collects = makes_payment && !commit.postings.is_empty();
        let owes = commit.writes.iter().any(|write| write.kind == "delivery" && write.is_new);
        let other = self.scopes.iter().find(|scope| **scope != commit.scope).cloned();
        let fits = match kind {
            Sabotage::PostsTwice | Sabotage::PostsHalf => collects,
            Sabotage::LosesACommit | Sabotage::LosesEvents | Sabotage::SkipsAPosition => makes_payment,
            Sabotage::LosesQueueRows | Sabotage::ForgetsWakes => makes_payment && !commit.queue.is_empty(),
            Sabotage::LosesADelivery => owes,
            Sabotage::LeaksAWrite => makes_payment && other.is_some(),
            Sabotage::KeepsWhatIsDone => !commit.done.is_empty() && commit.writes.iter().any(is_payment),
            Sabotage::ChangesAnEnd => makes_payment && commit.queue.iter().all(|row| row.key.class == Class::Delivery),
        };
        if !fits {
            return false;
        }
        if self.passes > 0 {
            self.passes -= 1;
            return false;
        }
        self.sabotage = None;
        match kind {
            Sabotage::LosesACommit => return true,
            Sabotage::PostsTwice => commit.postings.extend_from_within(..),
            Sabotage::PostsHalf => commit.postings.truncate(1),
            Sabotage::LosesQueueRows => commit.queue.clear(),
            Sabotage::LosesADelivery => commit.writes.retain(|write| write.kind != "delivery"),
            Sabotage::SkipsAPosition => {
                if let Some(journal) = &mut commit.journal {
                    journal.events += 1;
                }
            }
            Sabotage::LosesEvents => commit.journal = None,
            Sabotage::LeaksAWrite => commit.scope = other.unwrap_or_else(|| commit.scope.clone()),
            Sabotage::KeepsWhatIsDone => commit.done.clear(),
            // An earlier wake covers for one that was forgotten: these are forgotten from now on.
            Sabotage::ForgetsWakes => {
                commit.wake = None;
                self.sabotage = Some(kind);
            }
            Sabotage::ChangesAnEnd => self.change_an_end(commit),
        }
        false
    }

    /// Another end than the one that the engine wants; one that ended otherwise is passed.
    fn change_an_end(&mut self, commit: &mut Commit) {
        let Some(write) = commit.writes.iter_mut().find(|write| is_payment(write)) else { return };
        let Some((body, value)) = &write.after else { return };
        let text = String::from_utf8_lossy(body).replace("SUCCESS", "TIMEOUT");
        if text.as_bytes() == &body[..] {
            self.sabotage = Some(Sabotage::ChangesAnEnd);
        } else {
            write.after = Some((text.into_bytes().into(), Arc::clone(value)));
        }
    }
}

impl Store for Rough {
    fn name(&self) -> &'static str {
        "rough"
    }

    fn is_exclusive(&self) -> bool {
        true
    }

    fn load(&self, keys: &[Key]) -> Result<Vec<Found>, StoreError> {
        self.memory.load(keys)
    }

    fn commit(&self, batch: &[Commit]) -> Result<Vec<Result<Receipt, Conflict>>, StoreError> {
        let mut state = self.state();
        if state.failures > 0 {
            state.failures -= 1;
            state.failed += 1;
            return Err(StoreError("simulated".to_owned()));
        }
        state.commits += 1;
        let mut victim = None;
        if state.conflicts > 0 {
            state.conflicts -= 1;
            state.refused += 1;
            victim = Some(usize::try_from(state.commits).unwrap_or(0) % batch.len());
        }
        let mut lost = BTreeSet::new();
        let mut sent = Vec::new();
        for (at, commit) in batch.iter().enumerate().filter(|(at, _)| Some(*at) != victim) {
            let mut commit = commit.clone();
            if state.sabotage(&mut commit) {
                lost.insert(at);
            } else {
                sent.push(commit);
            }
        }
        let mut outcomes = self.memory.commit(&sent)?.into_iter();
        let mut all = Vec::new();
        for (at, commit) in batch.iter().enumerate() {
            if lost.contains(&at) {
                all.push(Ok(Receipt { last: None }));
                continue;
            }
            if Some(at) == victim {
                let key = Key::Record(commit.root.clone(), "sandbox", "simulated".to_owned());
                all.push(Err(Conflict::Changed(key)));
                continue;
            }
            let Some(outcome) = outcomes.next() else { return Err(StoreError("too few outcomes".to_owned())) };
            if outcome.is_ok() {
                state.scopes.insert(commit.scope.clone());
                let deliveries = commit.queue.iter().filter(|row| row.key.class == Class::Delivery);
                let scope = commit.scope.as_str();
                state.owed.extend(deliveries.map(|row| (scope.to_owned(), row.key.id.clone())));
            }
            all.push(outcome);
        }
        Ok(all)
    }

    fn scan(&self, scan: &Scan) -> Result<Page, StoreError> {
        self.memory.scan(scan)
    }

    fn journal(&self, scope: &Scope, after: u64, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        self.memory.journal(scope, after, limit)
    }

    fn balances(&self, scope: &Scope, after: &str, limit: usize) -> Result<Balances, StoreError> {
        self.memory.balances(scope, after, limit)
    }

    fn names(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<(String, SandboxId)>, StoreError> {
        self.memory.names(prefix, after, limit)
    }

    fn queue(&self, scope: &Scope, until: Instant, limit: usize) -> Result<Vec<QueueRow>, StoreError> {
        self.memory.queue(scope, until, limit)
    }

    fn claim(&self, claim: &Claim<'_>) -> Result<Vec<QueueRow>, StoreError> {
        self.memory.claim(claim)
    }

    fn wakes(&self, until: Instant, limit: usize) -> Result<Vec<(Scope, Instant)>, StoreError> {
        self.memory.wakes(until, limit)
    }

    fn rewake(
        &self,
        scope: &Scope,
        clock: &Clock,
        wall: Instant,
        also: Option<Instant>,
    ) -> Result<Option<Instant>, StoreError> {
        self.memory.rewake(scope, clock, wall, also)
    }

    fn sweep(&self, limit: usize) -> Result<bool, StoreError> {
        self.memory.sweep(limit)
    }

    fn inspect(&self) -> Result<Vec<String>, StoreError> {
        self.memory.inspect()
    }

    fn written(&self) -> (u64, u64) {
        self.memory.written()
    }
}
