//! What the pipeline must know about sandboxes: that one exists, its seed, its clock and its faults.
//!
//! Must not know how sandboxes are stored. The engine implements [`Tenancy`]; [`NoTenancy`] serves tests and a server
//! without sandboxes.

use std::sync::Arc;

use crate::faults::InboundFault;

/// The request log scope of requests that belong to no sandbox.
pub const SERVER_SCOPE: &str = "~server";

/// A sandbox as the pipeline sees it while it serves one request.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Scope of the request log: the sandbox with its generation, so that a reset forgets old requests.
    pub scope: Arc<str>,
    /// The seed, when this sandbox must repeat byte for byte.
    pub seed: Option<i64>,
    /// The sandbox's virtual now, in milliseconds since 1970.
    pub now_ms: i64,
    /// Inbound faults, in the order they were added.
    pub faults: Arc<[InboundFault]>,
}

/// Sandboxes, as the pipeline asks for them. Called on the request path: answer from memory.
pub trait Tenancy: Send + Sync {
    /// The sandbox of that id, or none if there is none.
    fn tenant(&self, sandbox: &str) -> Option<Tenant>;

    /// Whether any sandbox has an inbound fault. While it is false, nobody looks for the sandbox before the handler does.
    fn any_faults(&self) -> bool {
        false
    }

    /// A number below 1,000,000 for a fault with a probability; drawn only when one matched.
    fn draw_ppm(&self, _sandbox: &str) -> u32 {
        0
    }

    /// A fault is about to be applied. False when its `times` is used up: then it is not.
    fn fault_fired(&self, _sandbox: &str, _fault_id: &str) -> bool {
        false
    }
}

/// No sandboxes at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTenancy;

impl Tenancy for NoTenancy {
    fn tenant(&self, _sandbox: &str) -> Option<Tenant> {
        None
    }
}
