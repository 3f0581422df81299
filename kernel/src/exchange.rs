//! An outbound call that must happen inside a request: claimed, stepped and ended by decisions.
//!
//! Claiming serialises per key across nodes. After a crash an exchange ends `unknown` and is never resumed.

use crate::record::{Entry, Record};
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// How far an exchange has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeState {
    /// Somebody is calling out.
    Open,
    /// Ended with an answer.
    Done,
    /// Its owner is gone; whether the call happened is not known.
    Unknown,
}

/// One exchange. Times are wall time: leases are between nodes, not part of the sandbox's world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// `exc_…`
    pub id: String,
    /// What it serialises on: `cardlytics.callback.TX`, `stream.token.partner`.
    pub key: String,
    /// The node that claimed it.
    pub owner: String,
    /// Until when the claim holds without being renewed.
    pub lease_until: Instant,
    /// When it must be over.
    pub deadline: Instant,
    /// How many answers were fed back.
    pub step: u32,
    /// How far it has come.
    pub state: ExchangeState,
}

/// The unique index of open exchanges.
pub const OPEN_EXCHANGES: &str = "exchange.open";

impl Record for Exchange {
    const KIND: &'static str = "exchange";

    fn id(&self) -> String {
        self.id.clone()
    }

    fn entries(&self) -> Vec<Entry> {
        match self.state {
            ExchangeState::Open => vec![Entry::unique(OPEN_EXCHANGES, self.key.clone())],
            ExchangeState::Done | ExchangeState::Unknown => Vec::new(),
        }
    }
}

impl Exchange {
    /// Whether its owner can be taken for gone.
    #[must_use]
    pub fn is_abandoned(&self, wall: Instant) -> bool {
        self.state == ExchangeState::Open && (wall >= self.lease_until || wall >= self.deadline)
    }
}
