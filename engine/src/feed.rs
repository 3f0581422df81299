//! Tells those who wait, in this process, that something happened in a sandbox or became due.

use crate::deliveries::Due;
use crate::name_cache::KnownNames;
use crate::sandbox_cache::KnownSandboxes;
use kernel::{Instant, Scope};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use store::Commit;
use tokio::sync::{Notify, mpsc, watch};

/// The news of this process.
#[derive(Debug)]
pub struct Feed {
    watchers: Mutex<HashMap<Scope, watch::Sender<u64>>>,
    watched: AtomicUsize,
    sandboxes: KnownSandboxes,
    names: KnownNames,
    to_courier: mpsc::Sender<Due>,
    /// When the loop that waits for time looks again by itself (wall time, milliseconds).
    next_look: AtomicI64,
    poke: Notify,
}

impl Feed {
    /// A feed that hands at most `room` deliveries over at once, and the end where they come out.
    #[must_use]
    pub fn new(room: usize) -> (Self, mpsc::Receiver<Due>) {
        let (to_courier, handed_over) = mpsc::channel(room.max(1));
        let feed = Self {
            watchers: Mutex::default(),
            watched: AtomicUsize::new(0),
            sandboxes: KnownSandboxes::default(),
            names: KnownNames::default(),
            to_courier,
            next_look: AtomicI64::new(i64::MIN),
            poke: Notify::new(),
        };
        (feed, handed_over)
    }

    /// Whether so many deliveries could be handed over now.
    #[must_use]
    pub fn has_room(&self, deliveries: usize) -> bool {
        !self.to_courier.is_closed() && self.to_courier.capacity() >= deliveries
    }

    /// Follows a scope: the value changes with each commit in it.
    #[must_use]
    pub fn follow(&self, scope: &Scope) -> watch::Receiver<u64> {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|_, sender| sender.receiver_count() > 0);
        let receiver = watchers.entry(scope.clone()).or_insert_with(|| watch::channel(0).0).subscribe();
        self.watched.store(watchers.len(), Ordering::Release);
        receiver
    }

    /// The sandboxes that requests lately were about.
    #[must_use]
    pub fn sandboxes(&self) -> &KnownSandboxes {
        &self.sandboxes
    }

    /// The names that requests lately asked for.
    #[must_use]
    pub fn names(&self) -> &KnownNames {
        &self.names
    }

    /// A commit stands.
    pub fn committed(&self, commit: &Commit, handed_over: &[Due]) {
        self.names.committed(commit);
        if let Some(write) = commit.writes.iter().find(|write| write.in_root) {
            self.sandboxes.committed(write);
        }
        if self.watched.load(Ordering::Acquire) > 0 {
            let watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
            for scope in [Some(&commit.scope), commit.give_up.as_ref()].into_iter().flatten() {
                if let Some(sender) = watchers.get(scope) {
                    sender.send_modify(|count| *count += 1);
                }
            }
        }
        for due in handed_over {
            // Room was checked; when it is gone all the same, the lease ends and the row is claimed again.
            let _full = self.to_courier.try_send(due.clone());
        }
        if commit.wake.is_some_and(|at| at.ms() < self.next_look.load(Ordering::Acquire)) || commit.give_up.is_some() {
            self.poke.notify_one();
        }
    }

    /// Says when the loop that waits for time looks again by itself: earlier work pokes it.
    pub fn looks_again_at(&self, at: Option<Instant>) {
        self.next_look.store(at.map_or(i64::MAX, Instant::ms), Ordering::Release);
    }

    /// Wakes the loop that waits for time.
    pub fn poke(&self) {
        self.poke.notify_one();
    }

    /// Waits until somebody pokes.
    pub async fn poked(&self) {
        self.poke.notified().await;
    }
}
