//! All that can be read from a store, in words that can be compared.

use crate::making::{at, shown};
use kernel::{Key, Scope};
use std::collections::BTreeMap;
use std::fmt::Write;
use store::{Scan, Source, Store};

/// The kinds and indexes that these tests use.
pub const KINDS: [&str; 2] = ["thing", "other"];
pub const INDEXES: [&str; 3] = ["thing.ref", "thing.by_time", "thing.by_key"];

/// The state of some scopes, and of what all share.
#[derive(Debug, PartialEq, Eq)]
pub struct State {
    scopes: BTreeMap<String, String>,
    shared: String,
}

impl State {
    pub fn of(store: &dyn Store, scopes: &[Scope]) -> Self {
        let of_scopes = scopes.iter().map(|scope| (scope.as_str().to_owned(), scope_state(store, scope))).collect();
        let mut shared = String::new();
        writeln!(shared, "names {:?}", store.names("", "", usize::MAX).unwrap()).unwrap();
        let wakes = store.wakes(at(i64::MAX), usize::MAX).unwrap();
        let wanted = wakes.iter().filter(|(scope, _)| scopes.contains(scope));
        writeln!(shared, "wakes {:?}", wanted.map(|(scope, at)| (scope, at.ms())).collect::<Vec<_>>()).unwrap();
        Self { scopes: of_scopes, shared }
    }

    pub fn of_scope(&self, scope: &Scope) -> String {
        self.scopes[scope.as_str()].clone()
    }
}

fn scope_state(store: &dyn Store, scope: &Scope) -> String {
    let mut text = String::new();
    let mut keys = Vec::new();
    for kind in KINDS {
        let page = store.scan(&Scan::newest(scope, Source::Records(kind.to_owned()), usize::MAX).ascending()).unwrap();
        for row in &page.rows {
            writeln!(text, "{kind} {} = {:?}", row.id, row.record).unwrap();
            keys.push(Key::Record(scope.clone(), kind, row.id.clone()));
        }
    }
    for index in INDEXES {
        let page = store.scan(&Scan::newest(scope, Source::Entries(index.to_owned()), usize::MAX).ascending()).unwrap();
        for row in &page.rows {
            writeln!(text, "{index} {:?} -> {} {}", row.key, row.id, row.fields).unwrap();
            keys.push(Key::Unique(scope.clone(), index, row.key.clone()));
        }
    }
    for (account, currency, minor) in store.balances(scope, "", usize::MAX).unwrap() {
        writeln!(text, "{account} has {minor} {currency}").unwrap();
        keys.push(Key::Balance(scope.clone(), account, currency));
    }
    for found in store.load(&keys).unwrap() {
        writeln!(text, "loaded {:?}", shown(&found)).unwrap();
    }
    for row in store.journal(scope, 0, usize::MAX).unwrap() {
        writeln!(text, "event {} {} {:?}", row.last, row.events, String::from_utf8_lossy(&row.body)).unwrap();
    }
    for row in store.queue(scope, at(i64::MAX), usize::MAX).unwrap() {
        writeln!(text, "due {} {:?} {} {:?}", row.key.due.ms(), row.key.class, row.key.id, row.body).unwrap();
    }
    text
}
