//! The sandbox's own surface: the admin API under `/_playmoney/v1`, and the inbox that receives for those who have no
//! receiver.
//!
//! Handlers here read a request, ask the engine, and shape the answer; what a sandbox is and does is decided there. Must
//! not know any platform: providers come in as routers, descriptions and verifiers.
//!
//! Reading order: [`mod@admin`] puts it together; [`document`] makes the OpenAPI document complete; then one module per
//! resource.

#![expect(unused_qualifications, reason = "utoipa's macro repeats the names of query types in a qualified form")]

pub mod access;
pub mod admin;
mod assumptions;
mod clock;
mod cursor;
mod deliveries;
mod doctor;
pub mod document;
mod events;
mod extract;
mod faults;
pub mod inbox;
mod ledger;
mod probability;
mod refusals;
mod requests;
mod sandboxes;
mod settings;
mod stream;

pub use access::providers_of;
pub use admin::{AdminParts, Closing, Console, Defaults, admin};
pub use document::openapi;
pub use inbox::{Checked, Received, Verifier};
