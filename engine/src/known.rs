//! What a batch knows: what was loaded for it, what earlier decisions of it want, and hot records of earlier batches.

use kernel::{Currency, Effects, Found, Instant, Key, Known, Sandbox, SandboxId, Scope, Stored};
use std::collections::HashMap;
use std::sync::Arc;

/// Hot records kept between batches; past so many they are thrown away.
const MOST_HOT: usize = 4_096;

/// The knowledge of one batch.
#[derive(Debug, Default)]
pub struct Knowledge {
    hot: HashMap<Key, Stored>,
    batch: HashMap<Key, Found>,
    gained: HashMap<(Scope, String, Currency), i64>,
    missing: Vec<Key>,
}

impl Known for Knowledge {
    fn known(&self, key: &Key) -> Option<Found> {
        self.batch.get(key).cloned().or_else(|| self.hot.get(key).cloned().map(Found::Record))
    }
}

impl Knowledge {
    /// Begins a batch. Hot records are kept only when nobody else writes.
    pub fn begin(&mut self, is_exclusive: bool) {
        self.batch.clear();
        self.gained.clear();
        self.missing.clear();
        if !is_exclusive || self.hot.len() > MOST_HOT {
            self.hot.clear();
        }
    }

    /// Asks for keys to be loaded.
    pub fn ask(&mut self, keys: Vec<Key>) {
        self.missing.extend(keys);
    }

    /// The keys asked for, each once.
    pub fn asked(&mut self) -> Vec<Key> {
        let mut keys = std::mem::take(&mut self.missing);
        keys.sort();
        keys.dedup();
        keys
    }

    /// Takes over what was loaded. A balance gains what earlier decisions of the batch moved.
    pub fn loaded(&mut self, key: Key, found: Found) {
        match (&key, found) {
            (Key::Balance(scope, account, currency), Found::Balance(minor)) => {
                let slot = (scope.clone(), account.clone(), *currency);
                let gained = self.gained.get(&slot).copied().unwrap_or(0);
                self.batch.insert(key, Found::Balance(minor.saturating_add(gained)));
            }
            (_, Found::Record(stored)) => {
                self.hot.insert(key.clone(), stored.clone());
                self.batch.insert(key, Found::Record(stored));
            }
            (_, found) => {
                self.batch.insert(key, found);
            }
        }
    }

    /// The sandbox, or none when it must be loaded first; `Some(None)` when there is no such one.
    #[must_use]
    #[expect(clippy::option_option, reason = "not loaded and not there are different answers")]
    pub fn sandbox(&self, key: &Key) -> Option<Option<Arc<Sandbox>>> {
        match self.known(key)? {
            Found::Record(stored) => Some(Some(stored.value::<Sandbox>())),
            _ => Some(None),
        }
    }

    /// Lets later decisions of the batch see what this one wants.
    pub fn apply(&mut self, effects: &Effects, scope: &Scope, version: u64) {
        let root = scope.sandbox().map_or_else(|| scope.clone(), |sandbox| Scope::root(&sandbox));
        for write in &effects.writes {
            let place = if write.in_root { &root } else { scope };
            for entry in &write.entries_before {
                self.batch.insert(Key::Unique(place.clone(), entry.index, entry.key.clone()), Found::Absent);
            }
            if write.after.is_some() {
                for entry in &write.entries_after {
                    let key = Key::Unique(place.clone(), entry.index, entry.key.clone());
                    self.batch.insert(key, Found::Entry(write.id.as_str().into()));
                }
            }
            let found = write.after.as_ref().map_or(Found::Absent, |(body, value)| {
                Found::Record(Stored::known(version, Arc::clone(body), Arc::clone(value)))
            });
            self.batch.insert(Key::Record(place.clone(), write.kind, write.id.clone()), found);
        }
        for posting in effects.transfers.iter().flat_map(|transfer| &transfer.postings) {
            let (account, currency) = (posting.account.clone(), posting.money.currency);
            let key = Key::Balance(scope.clone(), account.clone(), currency);
            if let Some(Found::Balance(minor)) = self.batch.get_mut(&key) {
                *minor = minor.saturating_add(posting.money.minor);
            }
            let gained = self.gained.entry((scope.clone(), account, currency)).or_default();
            *gained = gained.saturating_add(posting.money.minor);
        }
        for name in &effects.names_released {
            self.batch.insert(Key::Name(name.clone()), Found::Absent);
        }
        if let Some(sandbox) = scope.sandbox() {
            for name in &effects.names {
                self.batch.insert(Key::Name(name.clone()), Found::Name(sandbox.clone()));
            }
        }
    }

    /// Keeps hot records true after a commit stood.
    pub fn committed(&mut self, effects: &Effects, scope: &Scope) {
        let root = scope.sandbox().map_or_else(|| scope.clone(), |sandbox| Scope::root(&sandbox));
        for write in &effects.writes {
            let place = if write.in_root { &root } else { scope };
            let key = Key::Record(place.clone(), write.kind, write.id.clone());
            if self.hot.contains_key(&key) {
                match self.batch.get(&key) {
                    Some(Found::Record(stored)) => self.hot.insert(key, stored.clone()),
                    _ => self.hot.remove(&key),
                };
            }
        }
    }

    /// Forgets everything: something that was read was not so any more.
    pub fn forget(&mut self) {
        self.hot.clear();
        self.batch.clear();
        self.gained.clear();
    }
}

/// Where the record of a sandbox is.
#[must_use]
pub fn sandbox_key(id: &SandboxId) -> Key {
    use kernel::Record;
    Key::Record(Scope::root(id), Sandbox::KIND, id.as_str().to_owned())
}

/// The wall instant of creation as the sandbox's own clock showed it: when its fixtures are made, however late.
#[must_use]
pub fn born_at(sandbox: &Sandbox) -> Instant {
    sandbox.first_clock.now(sandbox.created_at)
}
