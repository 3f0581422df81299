//! `GET /v1/health`: a probe, without a key (contract 4.7). 200 `ok`, or 503 `degraded` when storage is down.

use kernel::Instant;

use crate::wire::{Health, HealthStatus};

/// The answer at a virtual instant, with its HTTP status.
#[must_use]
pub fn answer(storage_is_up: bool, now: Instant) -> (u16, Health) {
    let (code, status) = if storage_is_up { (200, HealthStatus::Ok) } else { (503, HealthStatus::Degraded) };
    (code, Health::at(status, now.iso()))
}
