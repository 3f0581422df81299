//! Commits in few words.

use kernel::{Class, Currency, Entry, Floor, Found, Instant, Key, QueueKey, Read, SandboxId, Scope, Seen, Write};
use std::sync::Arc;
use store::{Commit, Conflict, Journal, QueueRow, Receipt, Store};

/// The kind of most records here.
pub const THING: &str = "thing";
pub const XOF: Currency = Currency::XOF;
pub const RWF: Currency = Currency::RWF;

pub fn sandbox(name: &str) -> SandboxId {
    SandboxId::parse(&format!("sbx_{name}")).unwrap()
}

/// The first generation of a sandbox.
pub fn scope(name: &str) -> Scope {
    Scope::of(&sandbox(name), 1)
}

pub const fn at(ms: i64) -> Instant {
    Instant::from_ms(ms)
}

pub fn job(due: i64, id: &str) -> QueueKey {
    QueueKey { due: at(due), class: Class::Job, id: id.to_owned() }
}

pub fn delivery(due: i64, id: &str) -> QueueKey {
    QueueKey { due: at(due), class: Class::Delivery, id: id.to_owned() }
}

pub fn entry(index: &'static str, key: &str, fields: &[(&'static str, &str)]) -> Entry {
    let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Entry { index, key: key.to_owned(), fields }
}

pub fn record(scope: &Scope, id: &str) -> Key {
    Key::Record(scope.clone(), THING, id.to_owned())
}

pub fn unique(scope: &Scope, index: &'static str, key: &str) -> Key {
    Key::Unique(scope.clone(), index, key.to_owned())
}

pub fn write(id: &str, body: Option<&str>, before: &[Entry], after: &[Entry]) -> Write {
    Write {
        kind: THING,
        id: id.to_owned(),
        in_root: false,
        after: body.map(|body| (body.as_bytes().into(), Arc::new(()) as Arc<_>)),
        is_new: false,
        entries_before: before.to_vec(),
        entries_after: after.to_vec(),
    }
}

/// A commit in the making.
pub struct Making(pub Commit);

pub fn commit(scope: &Scope, version: u64) -> Making {
    Making(Commit::new(scope.clone(), version))
}

impl Making {
    pub fn insert(mut self, id: &str, body: &str, entries: &[Entry]) -> Self {
        self.0.writes.push(Write { is_new: true, ..write(id, Some(body), &[], entries) });
        self
    }

    /// Replaces the record that was read at a version.
    pub fn replace(mut self, id: &str, version: u64, body: &str, entries: [&[Entry]; 2]) -> Self {
        self.0.writes.push(write(id, Some(body), entries[0], entries[1]));
        let key = record(&self.0.scope, id);
        self.read(key, Seen::Version(version))
    }

    /// Removes the record that was read at a version.
    pub fn remove(mut self, id: &str, version: u64, entries: &[Entry]) -> Self {
        self.0.writes.push(write(id, None, entries, &[]));
        let key = record(&self.0.scope, id);
        self.read(key, Seen::Version(version))
    }

    pub fn read(mut self, key: Key, seen: Seen) -> Self {
        self.0.reads.push(Read { key, seen });
        self
    }

    pub fn post(mut self, account: &str, currency: Currency, minor: i64) -> Self {
        self.0.postings.push((account.to_owned(), currency, minor));
        self
    }

    /// Moves money from one account to another.
    pub fn transfer(self, from: &str, to: &str, minor: i64) -> Self {
        self.post(from, XOF, -minor).post(to, XOF, minor)
    }

    pub fn floor(mut self, account: &str, least: i64) -> Self {
        self.0.floors.push(Floor { account: account.to_owned(), currency: XOF, least });
        self
    }

    /// Adds work that says its own id.
    pub fn queue(self, key: QueueKey) -> Self {
        let body = key.id.clone();
        self.queue_saying(key, &body)
    }

    pub fn queue_saying(mut self, key: QueueKey, body: &str) -> Self {
        self.0.queue.push(QueueRow { key, body: body.to_owned() });
        self
    }

    pub fn hold(mut self, until: i64) -> Self {
        self.0.hold = Some(("node".to_owned(), at(until)));
        self
    }

    pub fn done(mut self, key: QueueKey) -> Self {
        self.0.done.push(key);
        self
    }

    pub fn events(mut self, events: u64, body: &str) -> Self {
        self.0.journal = Some(Journal { events, body: body.as_bytes().into() });
        self
    }

    /// Takes a name for the sandbox of the commit.
    pub fn name(mut self, name: &str) -> Self {
        let owner = self.0.scope.sandbox().unwrap();
        self.0.names.push((name.to_owned(), owner));
        self
    }

    pub fn release(mut self, name: &str) -> Self {
        self.0.names_released.push(name.to_owned());
        self
    }

    pub fn wake(mut self, ms: i64) -> Self {
        self.0.wake = Some(at(ms));
        self
    }

    pub fn give_up(mut self, scope: &Scope) -> Self {
        self.0.give_up = Some(scope.clone());
        self
    }

    /// Commits it alone.
    pub fn on(self, store: &dyn Store) -> Result<Receipt, Conflict> {
        store.commit(&[self.0]).unwrap().remove(0)
    }

    /// Commits it alone; it must stand.
    pub fn stands_on(self, store: &dyn Store) -> Receipt {
        self.on(store).unwrap()
    }
}

/// Commits several in one batch.
pub fn batch(store: &dyn Store, makings: Vec<Making>) -> Vec<Result<Receipt, Conflict>> {
    store.commit(&makings.into_iter().map(|making| making.0).collect::<Vec<_>>()).unwrap()
}

/// What stands at keys, in words that can be compared. Whoever is about to commit is told the same.
pub fn load(store: &dyn Store, keys: &[Key]) -> Vec<String> {
    let found: Vec<String> = store.load(keys).unwrap().iter().map(shown).collect();
    assert_eq!(load_to_commit(store, keys), found);
    found
}

/// The same, as it is told to whoever is about to commit.
pub fn load_to_commit(store: &dyn Store, keys: &[Key]) -> Vec<String> {
    store.load_to_commit(keys).unwrap().iter().map(shown).collect()
}

pub fn shown(found: &Found) -> String {
    match found {
        Found::Absent => "nothing".to_owned(),
        Found::Record(stored) => format!("{stored:?}"),
        Found::Entry(id) => format!("to {id}"),
        Found::Balance(minor) => format!("balance {minor}"),
        Found::Name(sandbox) => format!("of {sandbox}"),
    }
}

pub fn balance(store: &dyn Store, scope: &Scope, account: &str) -> String {
    load(store, &[Key::Balance(scope.clone(), account.to_owned(), XOF)]).remove(0)
}

pub fn queue_ids(store: &dyn Store, scope: &Scope) -> Vec<String> {
    ids(&store.queue(scope, at(i64::MAX), usize::MAX).unwrap())
}

pub fn ids(rows: &[QueueRow]) -> Vec<String> {
    rows.iter().map(|row| row.key.id.clone()).collect()
}
