//! The request log in memory: for tests, simulation, and as the oracle of the other.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{PRUNE_SLICE, RequestBatch, RequestFilter, RequestPage, RequestRow, RequestStore, RequestStoreError};

/// A request log that ends with the process.
#[derive(Debug, Default)]
pub struct MemoryRequests {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    last: i64,
    rows: BTreeMap<i64, RequestRow>,
    next_numbers: BTreeMap<String, i64>,
}

impl MemoryRequests {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestStore for MemoryRequests {
    fn append(&self, batch: &RequestBatch) -> Result<(), RequestStoreError> {
        let mut kept = self.kept();
        let mut scopes: Vec<&str> = Vec::new();
        for row in &batch.rows {
            kept.last += 1;
            let position = kept.last;
            kept.rows.insert(position, row.clone());
            if !scopes.contains(&row.scope.as_str()) {
                scopes.push(&row.scope);
            }
        }
        for scope in scopes {
            let of_scope = kept.rows.iter().rev().filter(|(_, row)| row.scope == scope);
            let old: Vec<i64> = of_scope.skip(batch.keep_per_scope).map(|(position, _)| *position).collect();
            for position in old {
                kept.rows.remove(&position);
            }
        }
        kept.next_numbers.extend(batch.next_numbers.iter().cloned());
        Ok(())
    }

    fn list(
        &self,
        filter: &RequestFilter,
        cursor: Option<i64>,
        limit: usize,
    ) -> Result<RequestPage, RequestStoreError> {
        let kept = self.kept();
        let below = kept.rows.range(..cursor.unwrap_or(i64::MAX)).rev();
        let mut found = below.filter(|(_, row)| matches(filter, row));
        let mut page = RequestPage::default();
        let mut last = None;
        for (position, row) in found.by_ref().take(limit) {
            page.rows.push(row.clone());
            last = Some(*position);
        }
        page.next = last.filter(|_| found.next().is_some());
        Ok(page)
    }

    fn get(&self, scope: &str, id: &str) -> Result<Option<RequestRow>, RequestStoreError> {
        Ok(self.kept().rows.values().rev().find(|row| row.scope == scope && row.id == id).cloned())
    }

    fn next_number(&self, scope: &str) -> Result<i64, RequestStoreError> {
        Ok(self.kept().next_numbers.get(scope).copied().unwrap_or(1))
    }

    fn prune(&self, older_than_wall_ms: i64) -> Result<bool, RequestStoreError> {
        let mut kept = self.kept();
        let old: Vec<i64> = kept
            .rows
            .iter()
            .take(PRUNE_SLICE)
            .filter(|(_, row)| row.wall_ms < older_than_wall_ms)
            .map(|(position, _)| *position)
            .collect();
        for position in &old {
            kept.rows.remove(position);
        }
        Ok(old.len() == PRUNE_SLICE)
    }

    fn forget(&self, scope: &str) -> Result<(), RequestStoreError> {
        let mut kept = self.kept();
        kept.rows.retain(|_, row| row.scope != scope);
        kept.next_numbers.remove(scope);
        Ok(())
    }
}

fn matches(filter: &RequestFilter, row: &RequestRow) -> bool {
    let has = |text: &String| {
        let places = [&row.method, &row.path, &row.id, &row.detail];
        places.into_iter().chain(&row.subject).any(|place| place.contains(text.as_str()))
    };
    row.scope == filter.scope
        && filter.provider.as_ref().is_none_or(|provider| *provider == row.provider)
        && filter.status.is_none_or(|(from, to)| (from..=to).contains(&row.status))
        && filter.text.as_ref().is_none_or(has)
}
