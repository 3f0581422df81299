//! Which rows of the indexes a commit changes: the same rule for every backend.
//!
//! The records of a commit are seen together, so that one can take the key that another gives back, in whatever order
//! they are written.

use crate::commit::{Commit, Conflict};
use kernel::{Entry, Key, Read, Scope, Seen, Write};

/// An entry to be written.
#[derive(Debug, Clone, Copy)]
pub struct Put<'a> {
    /// Where.
    pub scope: &'a Scope,
    /// What.
    pub entry: &'a Entry,
    /// The record that it points to.
    pub write: &'a Write,
    /// Whether nothing may stand at its key before; else the row is written over.
    pub takes: bool,
}

/// The changes of one commit. Entries that stay as they are need no row; one that keeps its key and changes its fields
/// is put only.
#[derive(Debug, Default)]
pub struct EntryChanges<'a> {
    /// Rows that go.
    pub gone: Vec<(&'a Scope, &'a Entry)>,
    /// Rows that are put.
    pub put: Vec<Put<'a>>,
}

fn same_key(a: &Entry, b: &Entry) -> bool {
    a.key == b.key && a.index == b.index
}

impl<'a> EntryChanges<'a> {
    /// Of a commit.
    ///
    /// # Errors
    /// [`Conflict::Exists`] when two of its records want one key.
    pub fn of(commit: &'a Commit) -> Result<Self, Conflict> {
        let mut changes = Self::default();
        for write in &commit.writes {
            let scope = commit.scope_of(write);
            let is_given_back = |old: &&Entry| !write.entries_after.iter().any(|new| same_key(old, new));
            changes.gone.extend(write.entries_before.iter().filter(is_given_back).map(|old| (scope, old)));
        }
        for write in &commit.writes {
            let scope = commit.scope_of(write);
            for entry in write.entries_after.iter().filter(|new| !write.entries_before.contains(new)) {
                if changes.put.iter().any(|put| same_key(put.entry, entry) && put.scope == scope) {
                    return Err(Conflict::Exists(entry.index.to_owned(), entry.key.clone()));
                }
                let before = changes.gone.len();
                changes.gone.retain(|(of, old)| !(same_key(old, entry) && *of == scope));
                let was_given_back = changes.gone.len() < before;
                let was_own = write.entries_before.iter().any(|old| same_key(old, entry));
                changes.put.push(Put { scope, entry, write, takes: !was_given_back && !was_own });
            }
        }
        Ok(changes)
    }

    /// Whether a read saw nothing where the commit now takes a place: that it is free is checked once, as a place to
    /// take.
    #[must_use]
    pub fn cover(&self, commit: &Commit, read: &Read) -> bool {
        read.seen == Seen::Absent
            && match &read.key {
                Key::Record(scope, kind, id) => commit.writes.iter().any(|write| {
                    write.is_new && write.id == *id && write.kind == *kind && commit.scope_of(write) == scope
                }),
                Key::Unique(scope, index, key) => self
                    .put
                    .iter()
                    .any(|put| put.takes && put.entry.key == *key && put.entry.index == *index && put.scope == scope),
                Key::Balance(..) | Key::Name(_) => false,
            }
    }
}
