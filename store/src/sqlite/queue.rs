//! The queue, the leases and the wakes.

use super::LeaseTable;
use crate::claim::Run;
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

    /// Holds the deliveries that a batch hands over at once.
    pub(super) fn hold(&mut self, batch: &[Commit]) {
        for commit in batch {
            let Some((_, until)) = &commit.hold else { continue };
            for row in commit.queue.iter().filter(|row| row.key.class == Class::Delivery) {
                self.0.entry(commit.scope.clone()).or_default().insert(row.key.clone(), *until);
            }
        }
    }

    /// Lets go of rows that are over, or of what was held for a commit that does not stand.
    pub(super) fn settle(&mut self, commit: &Commit, stands: bool) {
        let Some(held) = self.0.get_mut(&commit.scope) else { return };
        if stands {
            for key in &commit.done {
                held.remove(key);
            }
        } else if commit.hold.is_some() {
            for row in &commit.queue {
                held.remove(&row.key);
            }
        }
        if held.is_empty() {
            self.0.remove(&commit.scope);
        }
    }

    pub(super) fn forget(&mut self, scope: &Scope) {
        self.0.remove(scope);
    }
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
    let mut best: Option<Instant> = None;
    for row in statement.query_map([scope.as_str()], row_of)? {
        let key = row?.key;
        let Some(due) = clock.wall_due(key.due, wall) else { break };
        let held = leases.until(scope, &key);
        let at = held.map_or(due, |until| due.max(until));
        best = Some(best.map_or(at, |best| best.min(at)));
        // Rows are in the order of time: nothing after one that nobody holds is earlier.
        if held.is_none() {
            break;
        }
    }
    Ok(best)
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

pub(super) fn set_wake(db: &Connection, scope: &Scope, at: Option<Instant>) -> Result<(), StoreError> {
    if wake(db, scope)? == at {
        return Ok(());
    }
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
