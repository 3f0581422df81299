//! What stands in the store of one sandbox, read directly and not through the engine.

use kernel::{Currency, Delivery, Event, Instant, QueueKey, Record, Scope, Transfer};
use sandpay::model::{Org, Transaction};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::{Memory, Scan, Source, Store, StoreError};

/// One commit's events and transfers.
#[derive(Debug, Deserialize)]
pub(crate) struct Told {
    pub(crate) events: Vec<Event>,
    #[serde(default)]
    pub(crate) transfers: Vec<Transfer>,
}

/// What stands.
pub(crate) struct Snapshot {
    pub(crate) payments: BTreeMap<String, Arc<Transaction>>,
    pub(crate) deliveries: BTreeMap<String, Arc<Delivery>>,
    pub(crate) org: Option<Arc<Org>>,
    pub(crate) balances: BTreeMap<(String, Currency), i64>,
    pub(crate) queue: BTreeSet<QueueKey>,
    /// Rows of the journal after the position given: the last position, how many events it says it holds, and them.
    pub(crate) told: Vec<(u64, u64, Told)>,
}

impl Snapshot {
    pub(crate) fn of(memory: &Memory, scope: &Scope, after: u64) -> Result<Self, StoreError> {
        let balances = memory.balances(scope, "", usize::MAX)?;
        let queue = memory.queue(scope, Instant::from_ms(i64::MAX), usize::MAX)?;
        let mut told = Vec::new();
        for row in memory.journal(scope, after, usize::MAX)? {
            let body = serde_json::from_slice(&row.body).map_err(|error| StoreError(error.to_string()))?;
            told.push((row.last, row.events, body));
        }
        Ok(Self {
            payments: records(memory, scope)?,
            deliveries: records(memory, scope)?,
            org: records::<Org>(memory, scope)?.into_values().next(),
            balances: balances.into_iter().map(|(account, currency, minor)| ((account, currency), minor)).collect(),
            queue: queue.into_iter().map(|row| row.key).collect(),
            told,
        })
    }
}

fn records<T: Record>(memory: &Memory, scope: &Scope) -> Result<BTreeMap<String, Arc<T>>, StoreError> {
    let mut scan = Scan::newest(scope, Source::Records(T::KIND.to_owned()), usize::MAX);
    scan.budget = usize::MAX;
    let rows = memory.scan(&scan)?.rows.into_iter();
    Ok(rows.filter_map(|row| Some((row.id, row.record?.value::<T>()))).collect())
}
