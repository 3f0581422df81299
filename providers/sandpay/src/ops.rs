//! One file per operation: pure decisions on what was read. The public API first, then what the dashboard and the
//! handset do.

pub mod create_payment;
pub mod expire;
pub mod get_payment;
pub mod health;
pub mod meta;
mod outcome;
pub mod portal;
pub mod settle;
