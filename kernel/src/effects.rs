//! What a decision wants to happen: all of it in one transaction, or nothing.

use crate::delivery::Delivery;
use crate::event::Event;
use crate::job::{Job, QueueKey};
use crate::ledger::{Floor, Transfer};
use crate::money::Currency;
use crate::record::{Entry, Record};
use crate::view::{Key, Read, Seen};
use std::any::Any;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// A document as bytes and as the value that they came from.
pub type Document = (Arc<[u8]>, Arc<dyn Any + Send + Sync>);

/// A change of one record with its index entries.
#[derive(Clone)]
pub struct Write {
    /// The kind of the record.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Whether it belongs to the sandbox itself and not to a generation of its data.
    pub in_root: bool,
    /// What it becomes; none when it goes.
    pub after: Option<Document>,
    /// Whether it must not exist before.
    pub is_new: bool,
    /// Entries that go.
    pub entries_before: Vec<Entry>,
    /// Entries that stand afterwards.
    pub entries_after: Vec<Entry>,
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.after.as_ref().map(|(body, _)| String::from_utf8_lossy(body).into_owned());
        write!(f, "{}/{} = {}", self.kind, self.id, body.as_deref().unwrap_or("(removed)"))
    }
}

/// What is wrong with effects: always a bug of the decision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Postings do not sum to zero.
    #[error("a transfer for {subject} does not sum to zero")]
    Unbalanced {
        /// The transfer's subject.
        subject: String,
    },
    /// One record written twice.
    #[error("{kind} {id} is written twice")]
    Twice {
        /// Its kind.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// A record changed that was not read.
    #[error("{kind} {id} is changed without having been read")]
    Unread {
        /// Its kind.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// Money leaves an account whose balance was looked at, and no floor says how far it may fall.
    #[error("{account} is debited on the strength of its balance, without a floor")]
    Unguarded {
        /// The account.
        account: String,
    },
    /// Money moves without an event that says so.
    #[error("a transfer for {subject} has no event beside it")]
    Silent {
        /// The transfer's subject.
        subject: String,
    },
}

/// All that one decision wants to happen.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// Records to put or remove.
    pub writes: Vec<Write>,
    /// Money that moves.
    pub transfers: Vec<Transfer>,
    /// Balances that must not fall below.
    pub floors: Vec<Floor>,
    /// Work to set.
    pub jobs: Vec<Job>,
    /// Deliveries that became due: their places in the queue, with the endpoint that they go to.
    pub due: Vec<(QueueKey, String)>,
    /// Rows of the queue to take out.
    pub done: Vec<QueueKey>,
    /// What happened.
    pub events: Vec<Event>,
    /// Names to take in the directory.
    pub names: Vec<String>,
    /// Names to give back.
    pub names_released: Vec<String>,
    /// The generation of the sandbox in which all this happens, when it is another than the one that was read: a reset.
    /// What the old one held is given up.
    pub moves_to: Option<u32>,
    /// The sandbox is deleted: what it held is given up.
    pub ends_sandbox: bool,
}

impl Effects {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether anything would happen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
            && self.transfers.is_empty()
            && self.jobs.is_empty()
            && self.due.is_empty()
            && self.done.is_empty()
            && self.events.is_empty()
            && self.names.is_empty()
            && self.names_released.is_empty()
            && self.moves_to.is_none()
            && !self.ends_sandbox
    }

    /// Adds a record that must not exist yet.
    pub fn insert<T: Record>(&mut self, record: T) {
        let entries = record.entries();
        self.write(record, true, Vec::new(), entries);
    }

    /// Changes a record that was read.
    pub fn replace<T: Record>(&mut self, before: &T, after: T) {
        let (old, new) = (before.entries(), after.entries());
        self.write(after, false, old, new);
    }

    /// Removes a record that was read.
    pub fn remove<T: Record>(&mut self, before: &T) {
        self.writes.push(Write {
            kind: T::KIND,
            id: before.id(),
            in_root: T::IN_ROOT,
            after: None,
            is_new: false,
            entries_before: before.entries(),
            entries_after: Vec::new(),
        });
    }

    fn write<T: Record>(&mut self, record: T, is_new: bool, entries_before: Vec<Entry>, entries_after: Vec<Entry>) {
        let id = record.id();
        let body = match serde_json::to_vec(&record) {
            Ok(body) => body,
            Err(error) => panic!("a {} cannot be written: {error}", T::KIND),
        };
        let after: Arc<dyn Any + Send + Sync> = Arc::new(record);
        self.writes.push(Write {
            kind: T::KIND,
            id,
            in_root: T::IN_ROOT,
            after: Some((body.into(), after)),
            is_new,
            entries_before,
            entries_after,
        });
    }

    /// Moves money.
    pub fn post(&mut self, transfer: Transfer) {
        if !transfer.postings.is_empty() {
            self.transfers.push(transfer);
        }
    }

    /// Requires a balance of at least `least` afterwards.
    pub fn floor(&mut self, account: &str, currency: Currency, least: i64) {
        self.floors.push(Floor { account: account.to_owned(), currency, least });
    }

    /// Owes a delivery: its record, and its first attempt in the queue.
    pub fn owe(&mut self, delivery: Delivery) {
        self.attempt(&delivery);
        self.insert(delivery);
    }

    /// Puts the next attempt of a delivery in the queue, when it has one.
    pub fn attempt(&mut self, delivery: &Delivery) {
        self.due.extend(delivery.queue_key().map(|key| (key, delivery.endpoint.clone())));
    }

    /// Sets a job.
    pub fn schedule(&mut self, job: Job) {
        self.jobs.push(job);
    }

    /// Takes a row out of the queue.
    pub fn unschedule(&mut self, key: QueueKey) {
        self.done.push(key);
    }

    /// Tells what happened.
    pub fn tell(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Checks itself against what the decision read.
    ///
    /// # Errors
    /// The first thing that is wrong; always a bug.
    pub fn check(&self, reads: &[Read], balances: &[(String, Currency)]) -> Result<(), Broken> {
        self.check_money(balances)?;
        let mut seen = HashSet::new();
        for write in &self.writes {
            if !seen.insert((write.kind, write.id.as_str())) {
                return Err(Broken::Twice { kind: write.kind, id: write.id.clone() });
            }
            let was_read = || {
                reads.iter().any(|read| {
                    matches!(&read.key, Key::Record(_, kind, id) if *kind == write.kind && *id == write.id)
                        && read.seen != Seen::Absent
                })
            };
            if !write.is_new && !was_read() {
                return Err(Broken::Unread { kind: write.kind, id: write.id.clone() });
            }
        }
        Ok(())
    }

    fn check_money(&self, balances: &[(String, Currency)]) -> Result<(), Broken> {
        for transfer in &self.transfers {
            let subject = || transfer.subject.clone();
            match transfer.imbalance() {
                Some(sums) if sums.is_empty() => {}
                _ => return Err(Broken::Unbalanced { subject: subject() }),
            }
            if self.events.is_empty() {
                return Err(Broken::Silent { subject: subject() });
            }
            for posting in transfer.postings.iter().filter(|posting| posting.money.minor < 0) {
                let (account, currency) = (&posting.account, posting.money.currency);
                let relied_on = balances.iter().any(|(name, of)| name == account && *of == currency);
                let guarded = self.floors.iter().any(|floor| floor.account == *account && floor.currency == currency);
                if relied_on && !guarded {
                    return Err(Broken::Unguarded { account: account.clone() });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "effects_tests.rs"]
mod tests;
