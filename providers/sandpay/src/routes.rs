//! HTTP in front of the operations: extract, run one operation, map to the wire.

mod admin;
mod answer;
mod api;
mod command;

pub use admin::admin;
pub use api::{api, mount};
