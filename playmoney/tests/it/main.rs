//! The built binary, as people and scripts meet it: help and errors, a server from start to end, the demo, and what
//! must hold when it is killed, when receivers hang, when time moves, and when a run is repeated.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod commands;
mod crash;
mod demo;
mod determinism;
mod hang;
mod help;
mod http;
mod pending;
mod program;
mod receiver;
mod serve;
mod shop;
mod stop;
mod tampered;
