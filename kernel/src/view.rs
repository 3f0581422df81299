//! What a decision reads: by key, from what has been loaded, never by I/O.
//!
//! A key that is not loaded stops the decision with [`Need`]; the engine loads what all waiting decisions need in one
//! round trip and decides again. The view remembers all that was read, so that the commit can check that it still holds.

use crate::id::{SandboxId, Scope};
use crate::money::Currency;
use crate::record::Record;
use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Names one thing that can be read by key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A record of a kind by its id.
    Record(Scope, &'static str, String),
    /// The record that a unique index entry points to.
    Unique(Scope, &'static str, String),
    /// The balance of a ledger account in one currency.
    Balance(Scope, String, Currency),
    /// The sandbox that a name of the directory belongs to.
    Name(String),
}

/// A stored document: its version, its bytes and, once somebody asked for it, its value.
#[derive(Clone)]
pub struct Stored {
    /// Changes with each write.
    pub version: u64,
    body: Arc<[u8]>,
    value: Arc<OnceLock<Arc<dyn Any + Send + Sync>>>,
}

impl Stored {
    /// As read from storage.
    #[must_use]
    pub fn new(version: u64, body: impl Into<Arc<[u8]>>) -> Self {
        Self { version, body: body.into(), value: Arc::default() }
    }

    /// As about to be written, the value at hand.
    #[must_use]
    pub fn known(version: u64, body: Arc<[u8]>, value: Arc<dyn Any + Send + Sync>) -> Self {
        let cell = OnceLock::new();
        let _first = cell.set(value);
        Self { version, body, value: Arc::new(cell) }
    }

    /// The bytes of the document.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The document as a record.
    ///
    /// # Panics
    /// When the bytes are not such a record: a stored document that the program cannot read is a bug (a migration that
    /// was forgotten), and is caught where panics of decisions are.
    #[must_use]
    pub fn value<T: Record>(&self) -> Arc<T> {
        let parse = || -> Arc<dyn Any + Send + Sync> {
            match serde_json::from_slice::<T>(&self.body) {
                Ok(record) => Arc::new(record),
                Err(error) => panic!("a stored {} does not parse: {error}", T::KIND),
            }
        };
        match Arc::clone(self.value.get_or_init(parse)).downcast::<T>() {
            Ok(record) => record,
            Err(_) => panic!("a stored {} was read as another kind before", T::KIND),
        }
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{} {}", self.version, String::from_utf8_lossy(&self.body))
    }
}

/// What stands at a key.
#[derive(Debug, Clone)]
pub enum Found {
    /// Nothing.
    Absent,
    /// A record.
    Record(Stored),
    /// The id that a unique entry points to.
    Entry(Arc<str>),
    /// A balance in minor units; 0 for an account without postings.
    Balance(i64),
    /// The sandbox that owns a name.
    Name(SandboxId),
}

/// Keys that must be loaded before the decision can go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need(pub Vec<Key>);

/// Why a decision ended without effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop<R> {
    /// Load these and ask again.
    Need(Need),
    /// No, in the platform's own words.
    Refused(R),
}

impl<R> From<Need> for Stop<R> {
    fn from(need: Need) -> Self {
        Self::Need(need)
    }
}

/// How a decision ends: a reply with what should happen, or a stop.
pub type Decided<T, R> = Result<(T, crate::Effects), Stop<R>>;

/// Where a view finds what has been loaded.
pub trait Known {
    /// What stands at the key, or none when it has not been loaded.
    fn known(&self, key: &Key) -> Option<Found>;
}

/// What a read saw; the commit checks that it still stands so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Nothing was there.
    Absent,
    /// A record of this version.
    Version(u64),
    /// A unique entry that points to this id.
    Entry(Arc<str>),
    /// A name of this sandbox.
    Name(SandboxId),
}

/// One read: where, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Where.
    pub key: Key,
    /// What.
    pub seen: Seen,
}

/// A key to ask for ahead of its use, so that several are loaded at once. The scope is the view's.
#[derive(Debug, Clone, Copy)]
pub enum Want<'a> {
    /// A record by kind and id.
    Record(&'static str, &'a str),
    /// A unique entry by index and key.
    Unique(&'static str, &'a str),
    /// A balance by account and currency.
    Balance(&'a str, Currency),
}

/// The part of the world that a decision may see: its own sandbox, by key.
pub struct View<'a> {
    scope: Scope,
    root: Scope,
    known: &'a dyn Known,
    reads: RefCell<Vec<Read>>,
    balances: RefCell<Vec<(String, Currency)>>,
}

impl<'a> View<'a> {
    /// A view of one scope over what has been loaded.
    #[must_use]
    pub fn new(scope: Scope, known: &'a dyn Known) -> Self {
        let root = scope.sandbox().map_or_else(|| scope.clone(), |sandbox| Scope::root(&sandbox));
        Self { scope, root, known, reads: RefCell::default(), balances: RefCell::default() }
    }

    /// The scope it shows.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// A record by id, or none.
    ///
    /// # Errors
    /// [`Need`] when it has not been loaded.
    pub fn get<T: Record>(&self, id: &str) -> Result<Option<Arc<T>>, Need> {
        let scope = if T::IN_ROOT { &self.root } else { &self.scope };
        match self.find(Key::Record(scope.clone(), T::KIND, id.to_owned()))? {
            Found::Record(stored) => Ok(Some(stored.value::<T>())),
            _ => Ok(None),
        }
    }

    /// The id that a unique entry points to, or none.
    ///
    /// # Errors
    /// [`Need`] when it has not been loaded.
    pub fn unique(&self, index: &'static str, key: &str) -> Result<Option<Arc<str>>, Need> {
        match self.find(Key::Unique(self.scope.clone(), index, key.to_owned()))? {
            Found::Entry(id) => Ok(Some(id)),
            _ => Ok(None),
        }
    }

    /// A balance in minor units. Money that leaves because of it needs a floor in the effects: balances are not
    /// checked by version, so that concurrent credits do not get in each other's way.
    ///
    /// # Errors
    /// [`Need`] when it has not been loaded.
    pub fn balance(&self, account: &str, currency: Currency) -> Result<i64, Need> {
        let key = Key::Balance(self.scope.clone(), account.to_owned(), currency);
        let Some(found) = self.known.known(&key) else { return Err(Need(vec![key])) };
        self.balances.borrow_mut().push((account.to_owned(), currency));
        match found {
            Found::Balance(minor) => Ok(minor),
            _ => Ok(0),
        }
    }

    /// The sandbox that owns a name of the directory, or none.
    ///
    /// # Errors
    /// [`Need`] when it has not been loaded.
    pub fn name(&self, name: &str) -> Result<Option<SandboxId>, Need> {
        match self.find(Key::Name(name.to_owned()))? {
            Found::Name(sandbox) => Ok(Some(sandbox)),
            _ => Ok(None),
        }
    }

    /// Makes sure that all of these are loaded, in one round trip. Reads nothing.
    ///
    /// # Errors
    /// [`Need`] with all that are not.
    pub fn want(&self, wants: &[Want<'_>]) -> Result<(), Need> {
        let missing: Vec<Key> =
            wants.iter().map(|want| self.key_of(*want)).filter(|key| self.known.known(key).is_none()).collect();
        if missing.is_empty() { Ok(()) } else { Err(Need(missing)) }
    }

    fn key_of(&self, want: Want<'_>) -> Key {
        let scope = self.scope.clone();
        match want {
            Want::Record(kind, id) => Key::Record(scope, kind, id.to_owned()),
            Want::Unique(index, key) => Key::Unique(scope, index, key.to_owned()),
            Want::Balance(account, currency) => Key::Balance(scope, account.to_owned(), currency),
        }
    }

    fn find(&self, key: Key) -> Result<Found, Need> {
        let Some(found) = self.known.known(&key) else { return Err(Need(vec![key])) };
        let seen = match &found {
            Found::Record(stored) => Seen::Version(stored.version),
            Found::Entry(id) => Seen::Entry(Arc::clone(id)),
            Found::Name(sandbox) => Seen::Name(sandbox.clone()),
            Found::Absent | Found::Balance(_) => Seen::Absent,
        };
        let mut reads = self.reads.borrow_mut();
        if !reads.iter().any(|read| read.key == key) {
            reads.push(Read { key, seen });
        }
        Ok(found)
    }

    /// All that was read by version, and the balances that were looked at.
    #[must_use]
    pub fn into_reads(self) -> (Vec<Read>, Vec<(String, Currency)>) {
        (self.reads.into_inner(), self.balances.into_inner())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};
    use std::collections::HashMap;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Thing {
        id: String,
    }
    impl Record for Thing {
        const KIND: &'static str = "thing";
        fn id(&self) -> String {
            self.id.clone()
        }
    }

    impl Known for HashMap<Key, Found> {
        fn known(&self, key: &Key) -> Option<Found> {
            self.get(key).cloned()
        }
    }

    fn scope() -> Scope {
        Scope::of(&SandboxId::demo(), 1)
    }

    #[test]
    fn a_key_that_is_not_loaded_is_needed() {
        let known = HashMap::new();
        let view = View::new(scope(), &known);
        let key = Key::Record(scope(), "thing", "a".into());
        assert_eq!(view.get::<Thing>("a").unwrap_err(), Need(vec![key.clone()]));
        let both = view.want(&[Want::Record("thing", "a"), Want::Balance("sim", Currency::XOF)]).unwrap_err();
        assert_eq!(both.0, [key, Key::Balance(scope(), "sim".into(), Currency::XOF)]);
        assert!(view.into_reads().0.is_empty());
    }

    #[test]
    fn what_was_read_is_remembered_once() {
        let mut known = HashMap::new();
        known.insert(Key::Record(scope(), "thing", "a".into()), Found::Record(Stored::new(4, *br#"{"id":"a"}"#)));
        known.insert(Key::Record(scope(), "thing", "b".into()), Found::Absent);
        known.insert(Key::Balance(scope(), "sim".into(), Currency::XOF), Found::Balance(7));
        let view = View::new(scope(), &known);
        assert_eq!(view.get::<Thing>("a").unwrap().unwrap().id, "a");
        assert!(view.get::<Thing>("a").unwrap().is_some());
        assert!(view.get::<Thing>("b").unwrap().is_none());
        assert_eq!(view.balance("sim", Currency::XOF), Ok(7));
        let (reads, balances) = view.into_reads();
        assert_eq!(reads.iter().map(|read| read.seen.clone()).collect::<Vec<_>>(), [Seen::Version(4), Seen::Absent]);
        assert_eq!(balances, [("sim".to_owned(), Currency::XOF)]);
    }

    #[test]
    #[should_panic(expected = "a stored thing does not parse")]
    fn a_document_that_does_not_parse_is_a_bug() {
        let _ = Stored::new(1, *b"{}").value::<Thing>();
    }
}
