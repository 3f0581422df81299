//! Records: typed documents with secondary indexes kept in the same transaction.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A stored thing. Changing its serialised form needs a default for what older rows lack.
pub trait Record: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name of the kind in storage, unique in the product: `sandpay.payment`.
    const KIND: &'static str;

    /// Whether it belongs to the sandbox itself and not to a generation of its data. Only the sandbox record does.
    const IN_ROOT: bool = false;

    /// Its key within kind and sandbox.
    fn id(&self) -> String;

    /// Its index entries. Each one is a written row: keep them few.
    fn entries(&self) -> Vec<Entry> {
        Vec::new()
    }
}

/// One row of a secondary index: points from a key to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name of the index, unique in the product.
    pub index: &'static str,
    /// Where it stands in the index. Two records may not hold the same key.
    pub key: String,
    /// What a list can filter by without reading the record.
    pub fields: Vec<(&'static str, String)>,
}

impl Entry {
    /// An entry that makes `key` unique among the records of this index.
    #[must_use]
    pub fn unique(index: &'static str, key: impl Into<String>) -> Self {
        Self { index, key: key.into(), fields: Vec::new() }
    }

    /// An entry of a list in the order of time, then id; lists read it from either end.
    #[must_use]
    pub fn timed(index: &'static str, at: crate::Instant, id: &str, fields: Vec<(&'static str, String)>) -> Self {
        Self { index, key: timed_key(at, id), fields }
    }
}

/// The key of a timed entry: 15 digits of milliseconds, then the id.
#[must_use]
pub fn timed_key(at: crate::Instant, id: &str) -> String {
    format!("{:015}.{id}", at.ms())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Instant;

    #[test]
    fn timed_keys_sort_by_time_then_id() {
        let keys =
            [(999, "b"), (1_000, "a"), (1_000, "b"), (20_000, "a")].map(|(ms, id)| timed_key(Instant::from_ms(ms), id));
        assert!(keys.is_sorted());
    }
}
