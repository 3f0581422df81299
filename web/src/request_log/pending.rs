//! Entries that wait to be written: the newest of each scope, within a bound on them all.
//!
//! Pure: no threads, no time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::entry::Entry;

#[derive(Debug, Default)]
pub(super) struct Pending {
    scopes: BTreeMap<Arc<str>, VecDeque<(u64, Entry)>>,
    /// Order of arrival over all scopes.
    next: u64,
    weight: usize,
    ended: bool,
}

/// What came of a push.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pushed {
    /// Nothing waited before.
    pub(super) first: bool,
    /// The entry was dropped: over the total bound.
    pub(super) dropped: bool,
}

impl Pending {
    /// Adds an entry. What its scope would prune at once when written goes now, and does not count as dropped.
    pub(super) fn push(&mut self, entry: Entry, keep_per_scope: usize, most_weight: usize) -> Pushed {
        let first = self.scopes.is_empty();
        let weight = entry.weight();
        if keep_per_scope == 0 {
            return Pushed::default();
        }
        if let Some(waiting) = self.scopes.get_mut(&entry.scope)
            && waiting.len() >= keep_per_scope
            && let Some((_, old)) = waiting.pop_front()
        {
            self.weight -= old.weight();
        }
        if self.weight + weight > most_weight {
            return Pushed { first: false, dropped: true };
        }
        self.weight += weight;
        self.next += 1;
        let order = self.next;
        match self.scopes.get_mut(&entry.scope) {
            Some(waiting) => waiting.push_back((order, entry)),
            None => {
                self.scopes.insert(Arc::clone(&entry.scope), VecDeque::from([(order, entry)]));
            }
        }
        Pushed { first, dropped: false }
    }

    /// Takes all, in the order they came.
    pub(super) fn take(&mut self) -> Vec<Entry> {
        self.weight = 0;
        let scopes = std::mem::take(&mut self.scopes);
        let mut all: Vec<(u64, Entry)> = scopes.into_values().flatten().collect();
        all.sort_unstable_by_key(|(order, _)| *order);
        all.into_iter().map(|(_, entry)| entry).collect()
    }

    pub(super) fn forget(&mut self, scope: &str) {
        let gone = self.scopes.remove(scope).unwrap_or_default();
        self.weight -= gone.iter().map(|(_, entry)| entry.weight()).sum::<usize>();
    }

    pub(super) fn len(&self) -> usize {
        self.scopes.values().map(VecDeque::len).sum()
    }

    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Nothing waits and more may come.
    pub(super) fn is_idle(&self) -> bool {
        self.scopes.is_empty() && !self.ended
    }
}
