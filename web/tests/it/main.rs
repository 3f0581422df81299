//! The pipeline in front of a small platform, with and without sockets.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod faults;
mod log;
mod pipeline;
mod sockets;
mod stage;
