//! Names of the directory in memory: every request looks one up. True only while nobody else writes to the database.

use kernel::SandboxId;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use store::Commit;

/// Kept at the most; then all are forgotten.
const MOST: usize = 16_384;

#[derive(Debug, Default)]
struct Kept {
    owners: HashMap<String, SandboxId>,
    /// Commits of names so far: what was loaded before one of them may be older than it.
    commits: u64,
}

/// The names in memory. What nobody owns is not kept, so that strangers cannot fill it.
#[derive(Debug, Default)]
pub struct KnownNames(RwLock<Kept>);

impl KnownNames {
    /// Who owns a name, if it is known, and how many commits there were: to be given back with what is loaded instead.
    #[must_use]
    pub fn get(&self, name: &str) -> (Option<SandboxId>, u64) {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        (kept.owners.get(name).cloned(), kept.commits)
    }

    /// Keeps what was loaded, unless a commit came between.
    pub fn keep(&self, name: &str, owner: &SandboxId, as_of: u64) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.commits == as_of {
            if kept.owners.len() >= MOST {
                kept.owners.clear();
            }
            kept.owners.insert(name.to_owned(), owner.clone());
        }
    }

    /// A commit stands.
    pub fn committed(&self, commit: &Commit) {
        if commit.names.is_empty() && commit.names_released.is_empty() {
            return;
        }
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.commits += 1;
        for name in commit.names_released.iter().chain(commit.names.iter().map(|(name, _)| name)) {
            kept.owners.remove(name);
        }
    }
}
