//! Something that happened in a sandbox; never changed, only added.

use crate::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One event. Its position is given by the store when it commits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What happened: `sandpay.payment.completed`, `delivery.failed`, `clock.advanced`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whose it is; none for the sandbox's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The id of what it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When, in virtual time.
    pub at: Instant,
    /// More about it. Never a secret.
    #[serde(default)]
    pub data: Value,
}

impl Event {
    /// An event of a provider.
    #[must_use]
    pub fn of(provider: &str, kind: &str, subject: &str, at: Instant, data: Value) -> Self {
        Self { kind: kind.to_owned(), provider: Some(provider.to_owned()), subject: Some(subject.to_owned()), at, data }
    }

    /// An event of the sandbox itself.
    #[must_use]
    pub fn own(kind: &str, at: Instant, data: Value) -> Self {
        Self { kind: kind.to_owned(), provider: None, subject: None, at, data }
    }
}
