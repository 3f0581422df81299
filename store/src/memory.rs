//! Everything in memory: for the simulator, and as the oracle that the databases are compared with.

use crate::claim::{Earliest, Run};
use crate::commit::{Balances, Commit, Conflict, QueueRow, Receipt};
use crate::entries::EntryChanges;
use crate::scan::{BalancesPage, Gather, Page, Row, Scan, Source};
use crate::seam::{Claim, JournalRow, MOST_FINDINGS, Store, StoreError, unbalanced};
use kernel::{Class, Clock, Currency, Found, Instant, Key, QueueKey, Read, SandboxId, Scope, Seen, Stored};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Text3 = (String, String, String);

#[derive(Debug, Default)]
struct Tables {
    records: BTreeMap<Text3, Stored>,
    entries: BTreeMap<Text3, (Arc<str>, Value)>,
    balances: BTreeMap<(String, String, Currency), i64>,
    journal: BTreeMap<(String, u64), JournalRow>,
    last_position: BTreeMap<String, u64>,
    queue: BTreeMap<(String, QueueKey), String>,
    leases: BTreeMap<(String, QueueKey), Instant>,
    names: BTreeMap<String, SandboxId>,
    wakes: BTreeMap<String, Instant>,
    sweeps: BTreeSet<String>,
    rows: u64,
    commits: u64,
}

/// The memory backend.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Tables>);

impl Memory {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn triple(scope: &Scope, second: &str, third: &str) -> Text3 {
    (scope.as_str().to_owned(), second.to_owned(), third.to_owned())
}

impl Tables {
    fn find(&self, key: &Key) -> Found {
        match key {
            Key::Record(scope, kind, id) => {
                self.records.get(&triple(scope, kind, id)).map_or(Found::Absent, |stored| Found::Record(stored.clone()))
            }
            Key::Unique(scope, index, key) => {
                self.entries.get(&triple(scope, index, key)).map_or(Found::Absent, |(id, _)| Found::Entry(id.clone()))
            }
            Key::Balance(scope, account, currency) => Found::Balance(self.balance(scope, account, *currency)),
            Key::Name(name) => self.names.get(name).map_or(Found::Absent, |sandbox| Found::Name(sandbox.clone())),
        }
    }

    fn balance(&self, scope: &Scope, account: &str, currency: Currency) -> i64 {
        self.balances.get(&(scope.as_str().to_owned(), account.to_owned(), currency)).copied().unwrap_or(0)
    }

    fn still(&self, read: &Read) -> bool {
        match (&read.seen, self.find(&read.key)) {
            (Seen::Absent, Found::Absent) => true,
            (Seen::Version(version), Found::Record(stored)) => stored.version == *version,
            (Seen::Entry(id), Found::Entry(now)) => *id == now,
            (Seen::Name(sandbox), Found::Name(now)) => *sandbox == now,
            _ => false,
        }
    }

    fn check<'a>(&self, commit: &'a Commit) -> Result<EntryChanges<'a>, Conflict> {
        let changes = EntryChanges::of(commit)?;
        if let Some(read) = commit.reads.iter().find(|read| !changes.cover(commit, read) && !self.still(read)) {
            return Err(Conflict::Changed(read.key.clone()));
        }
        for write in commit.writes.iter().filter(|write| write.is_new) {
            if self.records.contains_key(&triple(commit.scope_of(write), write.kind, &write.id)) {
                return Err(Conflict::Exists(write.kind.to_owned(), write.id.clone()));
            }
        }
        for put in changes.put.iter().filter(|put| put.takes) {
            if self.entries.contains_key(&triple(put.scope, put.entry.index, &put.entry.key)) {
                return Err(Conflict::Exists(put.entry.index.to_owned(), put.entry.key.clone()));
            }
        }
        let scope = commit.scope.as_str();
        if let Some(key) = commit.done.iter().find(|key| !self.queue.contains_key(&(scope.to_owned(), (*key).clone())))
        {
            return Err(Conflict::Gone(key.clone()));
        }
        if let Some((name, _)) =
            commit.names.iter().find(|(name, sandbox)| self.names.get(name).is_some_and(|owner| owner != sandbox))
        {
            return Err(Conflict::Taken(name.clone()));
        }
        let balance = |account: &str, currency| Ok::<_, Infallible>(self.balance(&commit.scope, account, currency));
        match commit.check_balances(balance) {
            Ok(money) => money.map(|()| changes),
            Err(never) => match never {},
        }
    }

    fn apply(&mut self, commit: &Commit, entries: &EntryChanges<'_>) -> Receipt {
        self.apply_entries(entries);
        for write in &commit.writes {
            let key = triple(commit.scope_of(write), write.kind, &write.id);
            match &write.after {
                Some((body, _)) => self.records.insert(key, Stored::new(commit.version, Arc::clone(body))),
                None => self.records.remove(&key),
            };
        }
        self.rows += (commit.writes.len() + entries.gone.len() + entries.put.len()) as u64;
        let scope = commit.scope.as_str().to_owned();
        for (account, currency, minor) in &commit.postings {
            let balance = self.balances.entry((scope.clone(), account.clone(), *currency)).or_default();
            // Wraps on the way only: the check has seen that all postings together fit.
            *balance = balance.wrapping_add(*minor);
        }
        for key in &commit.done {
            self.queue.remove(&(scope.clone(), key.clone()));
            self.leases.remove(&(scope.clone(), key.clone()));
        }
        for row in &commit.queue {
            self.queue.insert((scope.clone(), row.key.clone()), row.body.clone());
            if let (Some((_, until)), Class::Delivery) = (&commit.hold, row.key.class) {
                self.leases.insert((scope.clone(), row.key.clone()), *until);
            }
        }
        for name in &commit.names_released {
            self.names.remove(name);
        }
        self.names.extend(commit.names.iter().cloned());
        if let Some(at) = commit.wake {
            let wake = self.wakes.entry(scope.clone()).or_insert(at);
            *wake = at.min(*wake);
        }
        if let Some(given_up) = &commit.give_up {
            self.sweeps.insert(given_up.as_str().to_owned());
            self.wakes.remove(given_up.as_str());
        }
        let last = commit.journal.as_ref().map(|journal| {
            let position = self.last_position.entry(scope.clone()).or_default();
            *position += journal.events;
            let row = JournalRow { last: *position, events: journal.events, body: Arc::clone(&journal.body) };
            self.journal.insert((scope.clone(), *position), row);
            *position
        });
        Receipt { last }
    }

    fn apply_entries(&mut self, entries: &EntryChanges<'_>) {
        for (scope, entry) in &entries.gone {
            self.entries.remove(&triple(scope, entry.index, &entry.key));
        }
        for put in &entries.put {
            let fields = put.entry.fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())));
            let value = if put.entry.fields.is_empty() { Value::Null } else { fields.collect() };
            let key = triple(put.scope, put.entry.index, &put.entry.key);
            self.entries.insert(key, (put.write.id.as_str().into(), value));
        }
    }

    fn earliest(&self, scope: &Scope, clock: &Clock, wall: Instant) -> Option<Instant> {
        let mut earliest = Earliest::new(clock, wall);
        let rows = self.queue.keys().filter(|(of, _)| of == scope.as_str());
        rows.into_iter().all(|row| earliest.offer(&row.1, self.leases.get(row).copied()));
        earliest.at()
    }
}

impl Store for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn is_exclusive(&self) -> bool {
        true
    }

    fn load(&self, keys: &[Key]) -> Result<Vec<Found>, StoreError> {
        let tables = self.tables();
        Ok(keys.iter().map(|key| tables.find(key)).collect())
    }

    fn commit(&self, batch: &[Commit]) -> Result<Vec<Result<Receipt, Conflict>>, StoreError> {
        let mut tables = self.tables();
        tables.commits += 1;
        let mut one = |commit| tables.check(commit).map(|entries| tables.apply(commit, &entries));
        Ok(batch.iter().map(&mut one).collect())
    }

    fn scan(&self, scan: &Scan) -> Result<Page, StoreError> {
        let tables = self.tables();
        let scope = scan.scope.as_str();
        let mut rows: Vec<Row> = match &scan.source {
            Source::Entries(index) => tables
                .entries
                .iter()
                .filter(|((of, idx, key), _)| of == scope && idx == index && key.starts_with(&scan.prefix))
                .map(|((_, _, key), (id, fields))| Row {
                    key: key.clone(),
                    id: id.to_string(),
                    fields: fields.clone(),
                    record: None,
                })
                .collect(),
            Source::Records(kind) => tables
                .records
                .iter()
                .filter(|((of, k, id), _)| of == scope && k == kind && id.starts_with(&scan.prefix))
                .map(|((_, _, id), stored)| Row {
                    key: id.clone(),
                    id: id.clone(),
                    fields: Value::Null,
                    record: Some(stored.clone()),
                })
                .collect(),
        };
        if scan.descending {
            rows.reverse();
        }
        let past = |key: &str| match &scan.after {
            Some(after) if scan.descending => key < after.as_str(),
            Some(after) => key > after.as_str(),
            None => true,
        };
        let mut gather = Gather::new(scan);
        rows.into_iter().filter(|row| past(&row.key)).all(|row| gather.offer(row));
        Ok(gather.page())
    }

    fn journal(&self, scope: &Scope, after: u64, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        let tables = self.tables();
        let from = (scope.as_str().to_owned(), after.saturating_add(1));
        let rows = tables.journal.range(from..).take_while(|((of, _), _)| of == scope.as_str());
        Ok(rows.take(limit).map(|(_, row)| row.clone()).collect())
    }

    fn balances(&self, scope: &Scope, after: &str, limit: usize) -> Result<Balances, StoreError> {
        let tables = self.tables();
        let mut rows =
            tables.balances.iter().filter(|((of, account, _), _)| of == scope.as_str() && account.as_str() > after);
        let mut page = BalancesPage::new(limit);
        rows.all(|((_, account, currency), minor)| page.offer((account.clone(), *currency, *minor)));
        Ok(page.rows())
    }

    fn names(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<(String, SandboxId)>, StoreError> {
        let tables = self.tables();
        let rows = tables.names.iter().filter(|(name, _)| name.starts_with(prefix) && name.as_str() > after);
        Ok(rows.take(limit).map(|(name, sandbox)| (name.clone(), sandbox.clone())).collect())
    }

    fn queue(&self, scope: &Scope, until: Instant, limit: usize) -> Result<Vec<QueueRow>, StoreError> {
        let tables = self.tables();
        let rows = tables.queue.iter().filter(|((of, key), _)| of == scope.as_str() && key.due <= until);
        Ok(rows.take(limit).map(|((_, key), body)| QueueRow { key: key.clone(), body: body.clone() }).collect())
    }

    fn claim(&self, claim: &Claim<'_>) -> Result<Vec<QueueRow>, StoreError> {
        let mut tables = self.tables();
        let due = tables.queue.iter().filter(|((of, key), _)| of == claim.scope.as_str() && key.due <= claim.until);
        let mut run = Run::new(claim.limit);
        for (row, body) in due {
            let held = tables.leases.get(row).is_some_and(|until| *until > claim.wall);
            if !run.offer(held, || QueueRow { key: row.1.clone(), body: body.clone() }, &row.1) {
                break;
            }
        }
        let taken = run.taken();
        for row in &taken {
            tables.leases.insert((claim.scope.as_str().to_owned(), row.key.clone()), claim.lease_until);
        }
        Ok(taken)
    }

    fn wakes(&self, until: Instant, limit: usize) -> Result<Vec<(Scope, Instant)>, StoreError> {
        let tables = self.tables();
        let mut due: Vec<_> = tables.wakes.iter().filter(|(_, at)| **at <= until).collect();
        due.sort_by_key(|(scope, at)| (**at, scope.as_str()));
        Ok(due.into_iter().take(limit).map(|(scope, at)| (Scope::from_stored(scope), *at)).collect())
    }

    fn rewake(
        &self,
        scope: &Scope,
        clock: &Clock,
        wall: Instant,
        also: Option<Instant>,
    ) -> Result<Option<Instant>, StoreError> {
        let mut tables = self.tables();
        let at = [tables.earliest(scope, clock, wall), also].into_iter().flatten().min();
        match at {
            Some(at) => tables.wakes.insert(scope.as_str().to_owned(), at),
            None => tables.wakes.remove(scope.as_str()),
        };
        Ok(at)
    }

    fn sweep(&self, limit: usize) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let Some(scope) = tables.sweeps.first().cloned() else { return Ok(false) };
        let mut left = limit;
        let mut spare = |gone: bool| {
            if gone && left > 0 {
                left -= 1;
                return false;
            }
            true
        };
        tables.records.retain(|(of, _, _), _| spare(*of == scope));
        tables.entries.retain(|(of, _, _), _| spare(*of == scope));
        tables.balances.retain(|(of, _, _), _| spare(*of == scope));
        tables.journal.retain(|(of, _), _| spare(*of == scope));
        tables.queue.retain(|(of, _), _| spare(*of == scope));
        tables.leases.retain(|(of, _), _| *of != scope);
        if left > 0 {
            tables.wakes.remove(&scope);
            tables.last_position.remove(&scope);
            tables.sweeps.remove(&scope);
        }
        Ok(!tables.sweeps.is_empty())
    }

    fn inspect(&self) -> Result<Vec<String>, StoreError> {
        let tables = self.tables();
        let mut sums: BTreeMap<(&str, Currency), i128> = BTreeMap::new();
        for ((scope, _, currency), minor) in &tables.balances {
            // What is being swept has lost some of its balances already.
            if !tables.sweeps.contains(scope) {
                *sums.entry((scope, *currency)).or_default() += i128::from(*minor);
            }
        }
        let wrong = sums.into_iter().filter(|(_, sum)| *sum != 0).take(MOST_FINDINGS);
        Ok(wrong.map(|((scope, currency), sum)| unbalanced(scope, currency.as_str(), sum)).collect())
    }

    fn written(&self) -> (u64, u64) {
        let tables = self.tables();
        (tables.rows, tables.commits)
    }
}
