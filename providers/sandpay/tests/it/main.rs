//! SandPay over HTTP, without a socket, on both databases. Modules are named after the contract's sections.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod harness;
mod section_2_and_3;
