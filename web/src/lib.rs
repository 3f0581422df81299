//! Inbound HTTP, shared by all providers: one hand-written pipeline in front of their routers.
//!
//! A request is routed (path prefix, `*.localhost`, real host, `/s/{sandbox}`), let in or not, read within limits,
//! perhaps made to fail by a fault rule, handed to the provider's router, and answered with a request id; what was said
//! is written to the request log afterwards. Refusals of the edge come out in the platform's own shape.
//!
//! Must not know: any platform, how sandboxes are stored, or what a request means.

pub mod cell;
mod failing;
pub mod faults;
pub mod guard;
pub mod health;
pub mod json;
pub mod limits;
pub mod mask;
mod mask_text;
pub mod metrics;
pub mod mount;
mod pipeline;
pub mod problem;
pub mod reply;
mod request_id;
pub mod request_log;
pub mod route;
pub mod server;
pub mod tenancy;
mod wiring;

pub use cell::RequestCell;
pub use faults::{FaultAction, InboundFault};
pub use guard::Guard;
pub use health::Readiness;
pub use json::{JsonBody, json_bytes_response, json_response, unknown_members, unknown_members_problem};
pub use limits::BodyRule;
pub use mount::Mount;
pub use pipeline::{Dropped, OverTls};
pub use problem::{Problem, ProblemKind};
pub use request_log::{LogSettings, RequestLog};
pub use route::{By, Place, Routed};
pub use tenancy::{NoTenancy, Tenancy, Tenant};
pub use wiring::{Web, WebBuilder};
