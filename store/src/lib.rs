//! Durable state behind one small seam: generic records, index entries, balances, a queue, a journal, names and wakes.
//!
//! Must not know: what any record means. Two real databases fit behind the seam, and `memory` serves the simulator and
//! as the oracle of the differential test. Every method has its story in the contract suite, on every backend.

pub mod claim;
pub mod commit;
pub mod entries;
pub mod memory;
pub mod requests;
pub mod scan;
pub mod seam;
pub mod sqlite;

pub use commit::{Balances, Commit, Conflict, Journal, QueueRow, Receipt};
pub use memory::Memory;
pub use scan::{Condition, Page, Row, Scan, Source};
pub use seam::{Claim, JournalRow, Store, StoreError};
pub use sqlite::Sqlite;
