//! All that is impure, handed to a decision as data.

use crate::chance::Chance;
use crate::sandbox::Sandbox;
use crate::time::Instant;
use serde_json::Value;
use std::sync::Arc;

/// The context of one decision.
#[derive(Debug, Clone)]
pub struct Cx {
    /// Virtual now: what the platform's world shows.
    pub now: Instant,
    /// Wall now: for leases and lifetimes of the sandbox itself.
    pub wall: Instant,
    /// Randomness of this decision alone.
    pub chance: Chance,
    /// The sandbox in which it happens.
    pub sandbox: Arc<Sandbox>,
}

impl Cx {
    /// The value of an assumption in this sandbox when it is overridden.
    #[must_use]
    pub fn setting(&self, id: &str) -> Option<&Value> {
        self.sandbox.setting(id)
    }

    /// Whether the sandbox is repeatable: measured durations are reported as 0 then.
    #[must_use]
    pub fn is_seeded(&self) -> bool {
        self.sandbox.seed.is_some()
    }
}
