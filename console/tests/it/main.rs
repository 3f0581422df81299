//! The admin API through the whole pipeline, without a socket, on every database, with a small provider of the tests'
//! own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs,
    unused_qualifications,
    reason = "tests"
)]

mod clock;
mod deliveries;
mod doctor;
mod document;
mod events;
mod fake;
mod faults;
mod inbox;
mod ledger;
mod requests;
mod sandboxes;
mod settings;
mod world;
