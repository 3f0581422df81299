//! An outbound HTTP message owed to an integrator, and its attempts.

use crate::job::{Class, QueueKey};
use crate::record::Record;
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Another attempt is due.
    Pending,
    /// Acknowledged.
    Delivered,
    /// Given up.
    Failed,
}

impl DeliveryStatus {
    /// As written in lists and filters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When, in virtual time.
    pub at: Instant,
    /// The status that the receiver answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there is none: `dns`, `connect`, `tls`, `timeout`, `egress`, `protocol`, with a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How long it took in real time; 0 in seeded sandboxes.
    pub duration_ms: i64,
    /// The first 2 KiB of the answer's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// Asked for by hand.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replay: bool,
}

impl Attempt {
    /// Whether the answer is a 2xx.
    #[must_use]
    pub fn acknowledged(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether there was nobody to send to any more: the error says `abandoned`, with the reason.
    #[must_use]
    pub fn was_abandoned(&self) -> bool {
        self.error.as_deref().is_some_and(|error| error.starts_with("abandoned"))
    }

    /// Whether the receiver let the time limit pass.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.error.as_deref().is_some_and(|error| error.starts_with("timeout"))
    }
}

/// A message owed. Its body never changes; its signature is made at each attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Sorts by time of creation.
    pub id: String,
    /// Who owes it.
    pub provider: String,
    /// The platform's event name.
    pub event: String,
    /// The endpoint's id in its provider.
    pub endpoint: String,
    /// Where it goes.
    pub url: String,
    /// The transaction that it is about.
    pub subject: String,
    /// The body, final.
    pub body: String,
    /// How far it has come.
    pub status: DeliveryStatus,
    /// When it was made, in virtual time.
    pub created_at: Instant,
    /// When the next attempt is due, in virtual time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Instant>,
    /// The next attempt was asked for by hand; it is one attempt and no series.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaying: bool,
    /// What was tried.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
}

impl Record for Delivery {
    const KIND: &'static str = "delivery";

    fn id(&self) -> String {
        self.id.clone()
    }
}

impl Delivery {
    /// Its place in the queue while an attempt is due.
    #[must_use]
    pub fn queue_key(&self) -> Option<QueueKey> {
        self.next_attempt_at.map(|due| QueueKey { due, class: Class::Delivery, id: self.id.clone() })
    }

    /// How many attempts of the schedule were made; those by hand do not count.
    #[must_use]
    pub fn scheduled_attempts(&self) -> usize {
        self.attempts.iter().filter(|attempt| !attempt.replay).count()
    }
}
