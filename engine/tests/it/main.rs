//! Tests of the engine itself, with a small platform of their own, on every backend.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod advance;
mod chance;
mod courier;
mod decisions;
mod deliveries;
mod events;
mod exchanges;
mod fixtures;
mod inbox;
mod jobs;
mod recovery;
mod sandboxes;
mod spy;
mod toy;
mod trouble;
mod wakes;
mod world;
