//! What is stored: the organisation, its keys, environments, test clients and transactions, and which status may follow
//! which. Never sent to clients as it is; [`crate::wire`] says what is.
//!
//! Must not know how anything is decided or rendered.

mod client;
mod environment;
mod org;
mod payment;

pub use client::{ClientStatus, DEFAULT_PIN, TestClient};
pub use environment::{Environment, UnknownMsisdnPolicy};
pub use org::{ApiKey, Endpoint, KeyRef, ORG, Org, Shop};
pub use payment::{PAYMENTS, Rates, TRANSITIONS, Transaction, may_become};
