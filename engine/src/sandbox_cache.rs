//! Sandbox records in memory, for what asks on every request. True only while nobody else writes to the database.

use kernel::{FaultOn, Sandbox, SandboxId, Write};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Kept at the most; then all are forgotten.
const MOST: usize = 4_096;

#[derive(Debug, Default)]
struct Kept {
    sandboxes: HashMap<SandboxId, Arc<Sandbox>>,
    /// Commits of sandbox records so far: what was loaded before one of them may be older than it.
    commits: u64,
    /// Those with a live fault on requests.
    faulty: HashSet<SandboxId>,
}

/// The sandboxes in memory.
#[derive(Debug, Default)]
pub struct KnownSandboxes {
    kept: RwLock<Kept>,
    may_have_faults: AtomicBool,
    all_seen: AtomicBool,
}

impl KnownSandboxes {
    /// The sandbox, if it is known, and how many commits there were: to be given back with what is loaded instead.
    #[must_use]
    pub fn get(&self, id: &SandboxId) -> (Option<Arc<Sandbox>>, u64) {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        (kept.sandboxes.get(id).cloned(), kept.commits)
    }

    /// Keeps what was loaded, unless a commit came between.
    pub fn keep(&self, sandbox: Arc<Sandbox>, as_of: u64) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.commits == as_of {
            if kept.sandboxes.len() >= MOST {
                kept.sandboxes.clear();
            }
            kept.sandboxes.insert(sandbox.id.clone(), sandbox);
        }
    }

    /// A sandbox record was committed.
    pub fn committed(&self, write: &Write) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.commits += 1;
        self.note(&mut kept, write);
        let after = write.after.as_ref().and_then(|(_, value)| Arc::clone(value).downcast::<Sandbox>().ok());
        match (SandboxId::parse(&write.id), after) {
            (Ok(id), Some(sandbox)) if kept.sandboxes.contains_key(&id) => {
                kept.sandboxes.insert(id, sandbox);
            }
            (Ok(id), None) => {
                kept.sandboxes.remove(&id);
            }
            _ => {}
        }
    }

    fn note(&self, kept: &mut Kept, write: &Write) {
        let Ok(id) = SandboxId::parse(&write.id) else { return };
        let after = write.after.as_ref().and_then(|(_, value)| value.downcast_ref::<Sandbox>());
        if after.is_some_and(has_faults) {
            kept.faulty.insert(id);
        } else {
            kept.faulty.remove(&id);
        }
        self.may_have_faults.store(!kept.faulty.is_empty(), Ordering::Release);
    }

    /// Takes note of a sandbox that was there before this process.
    pub fn seen(&self, sandbox: &Sandbox) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if has_faults(sandbox) {
            kept.faulty.insert(sandbox.id.clone());
            self.may_have_faults.store(true, Ordering::Release);
        }
    }

    /// Says that every sandbox from before this process was seen.
    pub fn seen_all(&self) {
        self.all_seen.store(true, Ordering::Release);
    }

    /// Whether some sandbox may have a fault on requests.
    #[must_use]
    pub fn may_have_faults(&self) -> bool {
        !self.all_seen.load(Ordering::Acquire) || self.may_have_faults.load(Ordering::Acquire)
    }
}

fn has_faults(sandbox: &Sandbox) -> bool {
    sandbox.faults.iter().any(|fault| fault.on == FaultOn::Request && fault.is_live())
}
