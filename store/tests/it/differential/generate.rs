//! Random work over so few keys that everything meets everything: mostly right, sometimes stale, sometimes wrong.

use super::known::{KnownRecords, Place};
use crate::making::{RWF, XOF, at, delivery, entry, job, sandbox};
use crate::state::{INDEXES, KINDS};
use kernel::record::timed_key;
use kernel::{Chance, Clock, Draw, Entry, Floor, Found, Instant, Key, QueueKey, Read, Scope, Seen, Write};
use std::sync::Arc;
use store::{Commit, Conflict, Journal, QueueRow, Receipt, Scan, Source, Store};

pub const LEASE_MS: i64 = 100;

/// One call of the store.
#[derive(Debug)]
pub enum Step {
    Commit(Vec<Commit>),
    Claim { scope: Scope, until: Instant, wall: Instant, limit: usize },
    Rewake { scope: Scope, clock: Clock, wall: Instant, also: Option<Instant> },
    Sweep(usize),
    Scan(Scan),
    Lists { scope: Scope, after: u64, account: String, limit: usize },
}

pub fn instant(ms: u64) -> Instant {
    at(i64::try_from(ms).unwrap())
}

/// The work of one seed.
pub struct Work {
    draw: Draw,
    scopes: Vec<Scope>,
    /// The sandboxes' generations that are in use.
    current: [(&'static str, u32); 2],
    known: KnownRecords,
    /// As it was some steps ago.
    stale: KnownRecords,
    version: u64,
    wall: Instant,
}

impl Work {
    pub fn new(seed: u64) -> Self {
        let draw = Chance::keyed(&[b"differential", &seed.to_le_bytes()]).draw("work");
        let current = [("a", 1), ("b", 1)];
        let scopes = current.iter().flat_map(|(name, _)| [0, 1].map(|n| Scope::of(&sandbox(name), n))).collect();
        let (known, stale) = Default::default();
        Self { draw, scopes, current, known, stale, version: 0, wall: at(500) }
    }

    /// Every scope that was ever used.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.draw.below(100) < percent
    }

    fn index(&mut self, below: usize) -> usize {
        usize::try_from(self.draw.below(below as u64)).unwrap()
    }

    fn scope(&mut self) -> Scope {
        let (name, generation) = self.current[self.index(2)];
        Scope::of(&sandbox(name), generation)
    }

    fn any_scope(&mut self) -> Scope {
        let at = self.index(self.scopes.len());
        self.scopes[at].clone()
    }

    /// A name out of few: a letter and a digit.
    fn name(&mut self, letter: char, of: u64) -> String {
        format!("{letter}{}", self.draw.below(of))
    }

    pub fn next(&mut self, oracle: &dyn Store, number: u32) -> Step {
        self.wall = self.wall.plus_ms(self.draw.between(0, 40));
        if number.is_multiple_of(7) {
            self.stale = self.known.clone();
        }
        let wall = self.wall;
        match self.draw.below(100) {
            0..55 => Step::Commit(self.batch(oracle)),
            55..68 => {
                let (until, limit) = (instant(self.draw.below(1_100)), self.index(5));
                Step::Claim { scope: self.scope(), until, wall, limit }
            }
            68..78 => {
                let offset_ms = self.draw.between(-500, 500);
                let frozen = self.chance(40);
                let clock =
                    if frozen { Clock::Frozen { at: at(offset_ms + 500) } } else { Clock::Running { offset_ms } };
                let also = self.chance(30).then(|| wall.plus_ms(offset_ms));
                Step::Rewake { scope: self.any_scope(), clock, wall, also }
            }
            78..84 => Step::Sweep(self.index(12)),
            84..93 => Step::Scan(self.scan()),
            _ => {
                let account = ["", "n1", "x0", "x1"][self.index(4)].to_owned();
                Step::Lists { scope: self.any_scope(), after: self.draw.below(100), account, limit: self.index(6) }
            }
        }
    }

    fn scan(&mut self) -> Scan {
        let (kind, index) = (KINDS[self.index(2)].to_owned(), INDEXES[self.index(3)].to_owned());
        let source = if self.chance(40) { Source::Records(kind) } else { Source::Entries(index) };
        let mut scan = Scan::newest(&self.any_scope(), source, self.index(6));
        scan.descending = self.chance(50);
        scan.budget = 1 + self.index(8);
        scan.prefix = ["", "", "k", "r1", "00000000000000", "000000000000001."][self.index(6)].to_owned();
        let after = ["", "k1", "k2x", "r3", "000000000000001.r2", "zz"][self.index(6)].to_owned();
        scan.after = self.chance(60).then_some(after);
        if self.chance(40) { scan.only("status", ["a", "b"][self.index(2)]) } else { scan }
    }

    /// A batch whose later commits mostly know what earlier ones want.
    fn batch(&mut self, oracle: &dyn Store) -> Vec<Commit> {
        let mut hoped = self.known.clone();
        (0..=self.index(4))
            .map(|_| {
                let commit = self.commit(oracle, &hoped);
                if self.chance(80) {
                    hoped.apply(&commit);
                }
                commit
            })
            .collect()
    }

    /// Learns what came of a batch.
    pub fn settle(&mut self, batch: &[Commit], outcomes: &[Result<Receipt, Conflict>]) {
        for (commit, _) in batch.iter().zip(outcomes).filter(|(_, outcome)| outcome.is_ok()) {
            self.known.apply(commit);
        }
    }

    fn commit(&mut self, oracle: &dyn Store, hoped: &KnownRecords) -> Commit {
        self.version += 1;
        let mut commit = Commit::new(self.scope(), self.version);
        if self.chance(4) {
            self.move_on(&mut commit);
        }
        let stale = self.chance(10).then(|| self.stale.clone());
        for _ in 0..self.index(4) {
            self.write(&mut commit, stale.as_ref().unwrap_or(hoped));
        }
        for _ in 0..self.index(3) {
            self.read(&mut commit, oracle);
        }
        if self.chance(50) {
            self.money(&mut commit);
        }
        self.work(&mut commit, oracle);
        if self.chance(60) {
            let body = format!("{{\"v\":{}}}", self.version);
            commit.journal = Some(Journal { events: 1 + self.draw.below(3), body: body.into_bytes().into() });
        }
        let owner = commit.scope.sandbox().unwrap();
        commit.names.extend(self.chance(20).then(|| (self.name('n', 4), owner)));
        commit.names_released.extend(self.chance(10).then(|| self.name('n', 4)));
        commit.wake = self.chance(40).then(|| self.wall.plus_ms(self.draw.between(0, 300)));
        commit
    }

    /// Gives up the generation and goes on in the next one. Nothing is committed to the old one any more.
    fn move_on(&mut self, commit: &mut Commit) {
        let of = commit.scope.sandbox().unwrap();
        let slot = self.current.iter_mut().find(|(name, _)| sandbox(name) == of).unwrap();
        slot.1 += 1;
        let next = Scope::of(&of, slot.1);
        commit.give_up = Some(std::mem::replace(&mut commit.scope, next.clone()));
        self.scopes.push(next);
    }

    fn write(&mut self, commit: &mut Commit, known: &KnownRecords) {
        let (kind, id, in_root) = (KINDS[self.index(2)], self.name('r', 5), self.chance(10));
        let scope = if in_root { &commit.root } else { &commit.scope };
        let place: Place = (scope.clone(), kind, id.clone());
        if commit.writes.iter().any(|write| write.kind == kind && write.id == id) {
            return;
        }
        let before = known.get(&place).filter(|_| !self.chance(4)).cloned();
        let key = Key::Record(place.0, kind, id.clone());
        match &before {
            Some((version, _)) => commit.reads.push(Read { key, seen: Seen::Version(*version) }),
            None if self.chance(50) => commit.reads.push(Read { key, seen: Seen::Absent }),
            None => {}
        }
        let goes = before.is_some() && self.chance(25);
        let body: Arc<[u8]> =
            format!("{{\"status\":\"{}\",\"v\":{}}}", ["a", "b"][self.index(2)], self.version).into_bytes().into();
        let entries_after = if goes { Vec::new() } else { self.entries(kind, &id) };
        commit.writes.push(Write {
            kind,
            id,
            in_root,
            after: (!goes).then(|| (body, Arc::new(()) as Arc<_>)),
            is_new: before.is_none(),
            entries_before: before.map_or_else(Vec::new, |(_, entries)| entries),
            entries_after,
        });
    }

    /// An index belongs to one kind.
    fn entries(&mut self, kind: &str, id: &str) -> Vec<Entry> {
        let fields = [("status", ["a", "b"][self.index(2)])];
        let mut entries = Vec::new();
        if kind == KINDS[0] {
            if self.chance(40) {
                entries.push(entry(INDEXES[0], &self.name('k', 6), &[]));
            }
            let timed = timed_key(instant(self.draw.below(3)), id);
            entries.push(entry(INDEXES[1], &timed, &fields));
        } else if self.chance(50) {
            entries.push(entry(INDEXES[2], &self.name('k', 6), &fields));
        }
        entries
    }

    /// Reads a key as it stands before the batch, now and then wrongly.
    fn read(&mut self, commit: &mut Commit, oracle: &dyn Store) {
        let scope = self.any_scope();
        let key = match self.draw.below(3) {
            0 => Key::Record(scope, KINDS[self.index(2)], self.name('r', 5)),
            1 => Key::Unique(scope, INDEXES[[0, 2][self.index(2)]], self.name('k', 6)),
            _ => Key::Name(self.name('n', 4)),
        };
        if commit.reads.iter().any(|read| read.key == key) {
            return;
        }
        let seen = match oracle.load(std::slice::from_ref(&key)).unwrap().remove(0) {
            Found::Record(stored) => Seen::Version(stored.version + u64::from(self.chance(5))),
            Found::Entry(id) => Seen::Entry(id),
            Found::Name(owner) => Seen::Name(owner),
            Found::Absent | Found::Balance(_) => Seen::Absent,
        };
        commit.reads.push(Read { key, seen });
    }

    fn money(&mut self, commit: &mut Commit) {
        let currency = if self.chance(80) { XOF } else { RWF };
        for _ in 0..=self.index(2) {
            let minor = if self.chance(12) { i64::MAX / 2 + 7 } else { self.draw.between(0, 50) };
            let (from, to) = (self.name('x', 4), self.name('x', 4));
            commit.postings.push((from, currency, -minor));
            if !self.chance(2) {
                commit.postings.push((to, currency, minor));
            }
        }
        if self.chance(50) {
            let account = commit.postings[0].0.clone();
            commit.floors.push(Floor { account, currency, least: self.draw.between(-120, 10) });
        }
    }

    fn queue_key(&mut self) -> QueueKey {
        let (due, id) = (self.draw.between(0, 10) * 100, self.name('q', 4));
        if self.chance(50) { job(due, &id) } else { delivery(due, &id) }
    }

    fn work(&mut self, commit: &mut Commit, oracle: &dyn Store) {
        for _ in 0..self.index(3) {
            let key = self.queue_key();
            if commit.queue.iter().all(|row| row.key != key) {
                commit.queue.push(QueueRow { key, body: self.version.to_string() });
            }
        }
        let until = self.wall.plus_ms(self.draw.between(0, 200));
        commit.hold = self.chance(40).then(|| ("node".to_owned(), until));
        if self.chance(40) {
            let rows = oracle.queue(&commit.scope, at(i64::MAX), 99).unwrap();
            commit.done.extend((!rows.is_empty()).then(|| rows[self.index(rows.len())].key.clone()));
        }
        commit.done.extend(self.chance(5).then(|| self.queue_key()));
        commit.done.dedup();
    }
}
