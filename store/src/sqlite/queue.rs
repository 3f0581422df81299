//! The queue, the leases and the wakes.

use super::LeaseTable;
use crate::claim::{Earliest, Run};
use crate::commit::{Commit, QueueRow};
use crate::seam::{Claim, StoreError};
use kernel::{Class, Clock, Instant, QueueKey, Scope};
use rusqlite::{Connection, OptionalExtension, params};

/// Who holds which row, until when. In memory: the database has one process, and a restart voids all leases.
#[derive(Debug, Default)]
pub(super) struct Leases(LeaseTable);

impl Leases {
    fn until(&self, scope: &Scope, key: &QueueKey) -> Option<Instant> {
        self.0.get(scope)?.get(key).copied()
    }

    /// Holds the deliveries that a batch hands over at once. Returns what held them before.
    pub(super) fn hold(&mut self, batch: &[Commit]) -> Vec<Held> {
        let mut before = Vec::new();
        for (scope, key, until) in batch.iter().flat_map(handed_over) {
            let previous = self.0.entry(scope.clone()).or_default().insert(key.clone(), until);
            before.push((scope.clone(), key.clone(), previous));
        }
        before
    }

    /// After the batch: what was held for commits that do not stand is as before, what is over is let go of.
    pub(super) fn settle<'a>(&mut self, before: Vec<Held>, standing: impl Iterator<Item = &'a Commit>) {
        for (scope, key, previous) in before.into_iter().rev() {
            match previous {
                Some(until) => self.0.entry(scope).or_default().insert(key, until),
                None => self.0.get_mut(&scope).and_then(|held| held.remove(&key)),
            };
        }
        for commit in standing {
            let held = self.0.entry(commit.scope.clone()).or_default();
            for key in &commit.done {
                held.remove(key);
            }
            held.extend(handed_over(commit).map(|(_, key, until)| (key.clone(), until)));
            if held.is_empty() {
                self.0.remove(&commit.scope);
            }
        }
    }

    pub(super) fn forget(&mut self, scope: &Scope) {
        self.0.remove(scope);
    }
}

/// A row that was held for a commit, and until when it was held before that.
type Held = (Scope, QueueKey, Option<Instant>);

fn handed_over(commit: &Commit) -> impl Iterator<Item = (&Scope, &QueueKey, Instant)> {
    let until = commit.hold.as_ref().map(|(_, until)| *until);
    let deliveries = commit.queue.iter().filter(|row| row.key.class == Class::Delivery);
    deliveries.filter_map(move |row| Some((&commit.scope, &row.key, until?)))
}

pub(super) fn class_number(class: Class) -> i64 {
    match class {
        Class::Job => 0,
        Class::Delivery => 1,
    }
}

fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<QueueRow> {
    let class = if row.get::<_, i64>(1)? == 0 { Class::Job } else { Class::Delivery };
    Ok(QueueRow { key: QueueKey { due: Instant::from_ms(row.get(0)?), class, id: row.get(2)? }, body: row.get(3)? })
}

const DUE: &str = "SELECT due, class, id, body FROM queue WHERE scope = ? AND due <= ? ORDER BY scope, due, class, id";

pub(super) fn due(db: &Connection, scope: &Scope, until: Instant, limit: usize) -> Result<Vec<QueueRow>, StoreError> {
    let mut statement = db.prepare_cached(DUE)?;
    let rows = statement.query_map(params![scope.as_str(), until.ms()], row_of)?;
    Ok(rows.take(limit).collect::<Result<_, _>>()?)
}

pub(super) fn claim(db: &Connection, leases: &mut Leases, claim: &Claim<'_>) -> Result<Vec<QueueRow>, StoreError> {
    let mut statement = db.prepare_cached(DUE)?;
    let mut rows = statement.query_map(params![claim.scope.as_str(), claim.until.ms()], row_of)?;
    let mut run = Run::new(claim.limit);
    for row in &mut rows {
        let row = row?;
        let key = row.key.clone();
        let held = leases.until(claim.scope, &key).is_some_and(|until| until > claim.wall);
        if !run.offer(held, || row, &key) {
            break;
        }
    }
    let taken = run.taken();
    if !taken.is_empty() {
        let held = leases.0.entry(claim.scope.clone()).or_default();
        // A lease can outlive its row, when that went between the look and the claim.
        held.retain(|_, until| *until > claim.wall);
        held.extend(taken.iter().map(|row| (row.key.clone(), claim.lease_until)));
    }
    Ok(taken)
}

/// The wall instant at which the queue of a scope needs attention first.
pub(super) fn earliest(
    db: &Connection,
    leases: &Leases,
    scope: &Scope,
    time: (&Clock, Instant),
) -> Result<Option<Instant>, StoreError> {
    let (clock, wall) = time;
    let mut statement =
        db.prepare_cached("SELECT due, class, id, '' FROM queue WHERE scope = ? ORDER BY scope, due, class, id")?;
    let mut earliest = Earliest::new(clock, wall);
    for row in statement.query_map([scope.as_str()], row_of)? {
        let key = row?.key;
        if !earliest.offer(&key, leases.until(scope, &key)) {
            break;
        }
    }
    Ok(earliest.at())
}

pub(super) fn insert(db: &Connection, scope: &Scope, row: &QueueRow) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR REPLACE INTO queue (scope, due, class, id, body) VALUES (?, ?, ?, ?, ?)")?
        .execute(params![scope.as_str(), row.key.due.ms(), class_number(row.key.class), row.key.id, row.body])?;
    Ok(())
}

pub(super) fn delete(db: &Connection, scope: &Scope, key: &QueueKey) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM queue WHERE scope = ? AND due = ? AND class = ? AND id = ?")?.execute(params![
        scope.as_str(),
        key.due.ms(),
        class_number(key.class),
        key.id
    ])?;
    Ok(())
}

pub(super) fn wake(db: &Connection, scope: &Scope) -> Result<Option<Instant>, StoreError> {
    let mut statement = db.prepare_cached("SELECT at FROM wakes WHERE scope = ?")?;
    let at: Option<i64> = statement.query_row([scope.as_str()], |row| row.get(0)).optional()?;
    Ok(at.map(Instant::from_ms))
}

/// Writes a wake, unless it stands so already.
pub(super) fn set_wake(db: &Connection, scope: &Scope, at: Option<Instant>) -> Result<(), StoreError> {
    if wake(db, scope)? == at { Ok(()) } else { put_wake(db, scope, at) }
}

pub(super) fn put_wake(db: &Connection, scope: &Scope, at: Option<Instant>) -> Result<(), StoreError> {
    match at {
        Some(at) => db
            .prepare_cached(
                "INSERT INTO wakes (scope, at) VALUES (?, ?) ON CONFLICT (scope) DO UPDATE SET at = excluded.at",
            )?
            .execute(params![scope.as_str(), at.ms()])?,
        None => db.prepare_cached("DELETE FROM wakes WHERE scope = ?")?.execute([scope.as_str()])?,
    };
    Ok(())
}

pub(super) fn wakes(db: &Connection, until: Instant, limit: usize) -> Result<Vec<(Scope, Instant)>, StoreError> {
    let mut statement = db.prepare_cached("SELECT scope, at FROM wakes WHERE at <= ? ORDER BY at, scope")?;
    let rows = statement.query_map([until.ms()], |row| {
        Ok((Scope::from_stored(row.get_ref(0)?.as_str()?), Instant::from_ms(row.get(1)?)))
    })?;
    Ok(rows.take(limit).collect::<Result<_, _>>()?)
}
