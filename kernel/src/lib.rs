//! The vocabulary that everything else is written in: money, time, chance, records, the view that a decision reads, the
//! effects that it returns, and the description of a provider.
//!
//! Must not know: HTTP, SQL, async, the system clock, or any platform. Everything here is a value or a pure function.

pub mod assumption;
pub mod chance;
pub mod clock;
pub mod context;
pub mod delivery;
pub mod effects;
pub mod event;
pub mod exchange;
pub mod fault;
pub mod id;
pub mod job;
pub mod ledger;
pub mod money;
pub mod provider;
pub mod record;
pub mod sandbox;
pub mod time;
pub mod view;

pub use assumption::Assumption;
pub use chance::{Chance, Draw};
pub use clock::Clock;
pub use context::Cx;
pub use delivery::{Attempt, Delivery, DeliveryStatus};
pub use effects::{Broken, Effects, Write};
pub use event::Event;
pub use exchange::{Exchange, ExchangeState};
pub use fault::{Action, DeliveryAction, Fault, FaultOn, RequestAction};
pub use id::{SandboxId, Scope};
pub use job::{Class, Job, QueueKey};
pub use ledger::{Floor, Posting, Transfer};
pub use money::{Currency, Money, MoneyError};
pub use provider::{Credentials, Provider, Realm, Signed, Verdict};
pub use record::{Entry, Record};
pub use sandbox::{Fixtures, Latency, Sandbox};
pub use time::Instant;
pub use view::{Decided, Found, Key, Known, Need, Read, Seen, Stop, Stored, View, Want};
