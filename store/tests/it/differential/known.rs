//! What the random work knows of records: enough to say which version it read and which entries go.

use kernel::{Entry, Scope};
use std::collections::BTreeMap;
use store::Commit;

/// Which record: scope, kind and id.
pub type Place = (Scope, &'static str, String);

/// Records with version and entries, as they stood at some time.
#[derive(Debug, Clone, Default)]
pub struct KnownRecords(BTreeMap<Place, (u64, Vec<Entry>)>);

impl KnownRecords {
    pub fn get(&self, place: &Place) -> Option<&(u64, Vec<Entry>)> {
        self.0.get(place)
    }

    /// As after this commit.
    pub fn apply(&mut self, commit: &Commit) {
        for write in &commit.writes {
            let place = (commit.scope_of(write).clone(), write.kind, write.id.clone());
            match write.after {
                Some(_) => self.0.insert(place, (commit.version, write.entries_after.clone())),
                None => self.0.remove(&place),
            };
        }
    }
}
