//! SandPay over HTTP, without a socket, on both databases. Modules are named after the contract's sections.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod concurrency;
mod harness;
mod portal;
mod sandboxes;
mod section_10_deliveries;
mod section_10_webhooks;
mod section_11;
mod section_2;
mod section_3;
mod section_4_and_5;
mod section_6_outcomes;
mod section_6_pending;
mod section_7;
mod section_9;
