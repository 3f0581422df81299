//! Work that is due at a virtual time.

use crate::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What kind of work a row of the queue is. At one instant, jobs run before deliveries are attempted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A decision of a provider.
    Job,
    /// An attempt of a delivery; the row's id is the delivery's.
    Delivery,
}

/// Where a row stands in the queue of its sandbox: (due, class, id).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QueueKey {
    /// The virtual instant at which it is due.
    pub due: Instant,
    /// Job or delivery.
    pub class: Class,
    /// Unique among the rows of that instant and class.
    pub id: String,
}

/// A provider's decision that is due at a virtual time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// When.
    pub due: Instant,
    /// Unique within its sandbox, named after what it does and to what: `expire.TX_8K3M9FQ2`.
    pub id: String,
    /// Whose decision it is.
    pub provider: String,
    /// Which of its jobs.
    pub kind: String,
    /// What it is about.
    pub body: Value,
}

impl Job {
    /// Its place in the queue.
    #[must_use]
    pub fn key(&self) -> QueueKey {
        QueueKey { due: self.due, class: Class::Job, id: self.id.clone() }
    }
}
