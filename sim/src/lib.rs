//! Deterministic simulation: from a seed come operations, time jumps and faults on an engine in memory, and after each
//! step observers look at what stands in the store.
//!
//! Everything runs on one thread; time is a number that the simulation moves; the receivers of webhooks are functions.
//! So a seed always gives the same run, and a run that goes wrong can be run again. The observers know the promises (each
//! file below `observe` opens with its own), not how they are kept.

mod courier;
mod forecast;
mod moments;
mod observe;
mod payments;
mod portal;
mod rough;
mod run;
mod snapshot;
mod tenant;
mod world;

pub use rough::Sabotage;
pub use run::{Outcome, Violation, run};
