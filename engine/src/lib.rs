//! Runs decisions and commits them, steps the jobs, claims and settles deliveries, keeps the sandboxes.
//!
//! Must not know: HTTP, SQL, or what any platform does. Everything here is synchronous, save for the two places that
//! wait: for a reply from the batch thread, and for something to happen in a sandbox.

pub mod advance;
pub mod batch;
pub mod command;
pub mod deliveries;
pub mod entropy;
pub mod events;
pub mod exchanges;
pub mod faults;
pub mod feed;
pub mod inbox;
pub mod known;
pub mod name_cache;
pub mod read;
pub mod run;
pub mod sandbox_cache;
pub mod sandboxes;
pub mod step;
pub mod task;
pub mod wall;

pub use advance::Advanced;
pub use command::{Background, Command, Failure};
pub use deliveries::{Due, Prepared, Settled, Tamper};
pub use entropy::entropy;
pub use events::Seen;
pub use run::{Engine, Options};
pub use sandboxes::NewSandbox;
// Providers list through the store's own words; they may not depend on the store itself.
pub use store::{Page, Row, Scan, Source};
pub use wall::WallClock;
