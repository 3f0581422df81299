//! Outbound HTTP: where a call may go, how it gets there, how long it may take, and how many run at once.
//!
//! It carries bytes and reports what happened. It knows no platform, no event name and no signature: who calls it has
//! built the body and signed it. It never follows a redirect, never reads proxy variables, and speaks HTTP/1.1 only.
//!
//! Reading order: [`egress`] (where a call may go), [`resolver`] (names to addresses), [`connect`] (checked and
//! pinned connections), [`tls`] (roots and client certificates), [`send`] (one call, start to end), [`failure`] (why
//! a call got no answer), [`gate`] (which waiting call runs next), [`dispatch`] (the loops).

mod attempt;
mod connect;
pub mod dispatch;
pub mod egress;
pub mod failure;
pub mod gate;
pub mod resolver;
pub mod send;
pub mod tls;

pub use dispatch::Dispatch;
pub use egress::{Allowance, Egress, EgressRefusal, Guard};
pub use failure::{Failure, SendError};
pub use gate::{Gate, Limits, Pass};
pub use resolver::{Resolver, SystemResolver};
pub use send::{Answer, Outbound, Sender, SenderOptions};
pub use tls::{ClientIdentity, TlsOptions};
