//! Sandbox records in memory, for what asks on every request. True only while nobody else writes to the database.

use kernel::{Sandbox, SandboxId, Write};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Kept at the most; then all are forgotten.
const MOST: usize = 4_096;

#[derive(Debug, Default)]
struct Kept {
    sandboxes: HashMap<SandboxId, Arc<Sandbox>>,
    /// Commits of sandbox records so far: what was loaded before one of them may be older than it.
    commits: u64,
}

/// The sandboxes in memory.
#[derive(Debug, Default)]
pub struct KnownSandboxes(RwLock<Kept>);

impl KnownSandboxes {
    /// The sandbox, if it is known, and how many commits there were: to be given back with what is loaded instead.
    #[must_use]
    pub fn get(&self, id: &SandboxId) -> (Option<Arc<Sandbox>>, u64) {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        (kept.sandboxes.get(id).cloned(), kept.commits)
    }

    /// Keeps what was loaded, unless a commit came between.
    pub fn keep(&self, sandbox: Arc<Sandbox>, as_of: u64) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.commits == as_of {
            if kept.sandboxes.len() >= MOST {
                kept.sandboxes.clear();
            }
            kept.sandboxes.insert(sandbox.id.clone(), sandbox);
        }
    }

    /// A sandbox record was committed.
    pub fn committed(&self, write: &Write) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.commits += 1;
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
}
