//! Reading the journal: events, the live feed, and the postings of an account.

use crate::run::Engine;
use kernel::{Event, Posting, Scope, Transfer};
use serde::{Deserialize, Serialize};
use store::{JournalRow, StoreError};

/// An event with its position.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Seen {
    /// Its place in the sandbox's history; grows without end.
    pub position: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// A posting with the transfer it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Posted {
    /// The position of the commit that it was made with.
    pub position: u64,
    /// What the transfer was for.
    pub reason: String,
    /// The transaction that it is about.
    pub subject: String,
    /// The line.
    #[serde(flatten)]
    pub posting: Posting,
}

#[derive(Deserialize)]
struct Body {
    events: Vec<Event>,
    #[serde(default)]
    transfers: Vec<Transfer>,
}

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of these types; a last part `*` stands for all below. Empty for all.
    pub types: Vec<String>,
    /// About this.
    pub subject: Option<String>,
}

impl Wanted {
    /// Whether an event is one of these.
    #[must_use]
    pub fn lets_through(&self, event: &Event) -> bool {
        let type_fits = |wanted: &String| match wanted.strip_suffix('*') {
            Some(start) => event.kind.starts_with(start),
            None => event.kind == *wanted,
        };
        (self.types.is_empty() || self.types.iter().any(type_fits))
            && self.subject.as_ref().is_none_or(|subject| event.subject.as_ref() == Some(subject))
    }
}

/// Journal rows read at a time.
const ROWS: usize = 500;

impl Engine {
    /// Events after a position, oldest first, and the position up to which was looked. Looks at no more than some
    /// thousands of rows: go on from there.
    ///
    /// # Errors
    /// The database failed.
    pub fn events(
        &self,
        scope: &Scope,
        after: u64,
        wanted: &Wanted,
        limit: usize,
    ) -> Result<(Vec<Seen>, u64), StoreError> {
        let (mut found, mut position) = (Vec::new(), after);
        for _ in 0..20 {
            let rows = self.store().journal(scope, position, ROWS)?;
            let is_last = rows.len() < ROWS;
            for row in rows {
                for seen in events_of(&row)? {
                    if seen.position <= position {
                        continue;
                    }
                    position = seen.position;
                    if wanted.lets_through(&seen.event) {
                        found.push(seen);
                        if found.len() >= limit {
                            return Ok((found, position));
                        }
                    }
                }
            }
            if is_last {
                break;
            }
        }
        Ok((found, position))
    }

    /// Waits for the first wanted event after a position. Ends only with it: bound it by a time limit.
    ///
    /// # Errors
    /// The database failed.
    pub async fn wait_for(&self, scope: &Scope, after: u64, wanted: &Wanted) -> Result<Seen, StoreError> {
        let mut news = self.feed().follow(scope);
        let mut position = after;
        loop {
            news.borrow_and_update();
            loop {
                let (mut found, looked_to) = self.events(scope, position, wanted, 1)?;
                if let Some(seen) = found.pop() {
                    return Ok(seen);
                }
                if looked_to == position {
                    break;
                }
                position = looked_to;
            }
            if news.changed().await.is_err() {
                return Err(StoreError("the feed ended".to_owned()));
            }
        }
    }

    /// The position of the last event.
    ///
    /// # Errors
    /// The database failed.
    pub fn last_position(&self, scope: &Scope, from: u64) -> Result<u64, StoreError> {
        let mut position = from;
        loop {
            let rows = self.store().journal(scope, position, ROWS)?;
            match rows.last() {
                Some(row) => position = row.last,
                None => return Ok(position),
            }
        }
    }

    /// The postings of an account after a position, oldest first, and the position to go on from; none at the end.
    ///
    /// # Errors
    /// The database failed.
    pub fn postings(
        &self,
        scope: &Scope,
        account: &str,
        after: u64,
        limit: usize,
    ) -> Result<(Vec<Posted>, Option<u64>), StoreError> {
        let (mut found, mut position) = (Vec::new(), after);
        for _ in 0..20 {
            let rows = self.store().journal(scope, position, ROWS)?;
            let is_last = rows.len() < ROWS;
            for row in rows {
                if found.len() >= limit {
                    return Ok((found, Some(position)));
                }
                position = row.last;
                for transfer in body_of(&row)?.transfers {
                    let own = transfer.postings.into_iter().filter(|posting| posting.account == account);
                    found.extend(own.map(|posting| Posted {
                        position,
                        reason: transfer.reason.clone(),
                        subject: transfer.subject.clone(),
                        posting,
                    }));
                }
            }
            if is_last {
                return Ok((found, None));
            }
        }
        Ok((found, Some(position)))
    }
}

fn body_of(row: &JournalRow) -> Result<Body, StoreError> {
    serde_json::from_slice(&row.body).map_err(|error| StoreError(format!("a journal row does not parse: {error}")))
}

fn events_of(row: &JournalRow) -> Result<Vec<Seen>, StoreError> {
    let first = row.last + 1 - row.events;
    let events = body_of(row)?.events;
    Ok((first..).zip(events).map(|(position, event)| Seen { position, event }).collect())
}
