//! The sandboxes as the HTTP edge asks for them.

use engine::Engine;
use kernel::{Action, Chance, Fault, FaultOn, RequestAction, SandboxId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use web::{FaultAction, InboundFault, Tenancy, Tenant};

/// Answers from the engine's memory.
pub(crate) struct Sandboxes {
    engine: Engine,
    chance: Chance,
    drawn: AtomicU64,
}

impl Sandboxes {
    pub(crate) fn new(engine: Engine, chance: Chance) -> Self {
        Self { engine, chance, drawn: AtomicU64::new(0) }
    }
}

impl Tenancy for Sandboxes {
    fn tenant(&self, sandbox: &str) -> Option<Tenant> {
        let id = SandboxId::parse(sandbox).ok()?;
        let sandbox = self.engine.sandbox(&id).ok()??;
        Some(Tenant {
            scope: sandbox.scope().as_str().into(),
            seed: sandbox.seed,
            now_ms: sandbox.clock.now(self.engine.wall().now()).ms(),
            faults: sandbox.faults.iter().filter_map(inbound).collect(),
        })
    }

    fn any_faults(&self) -> bool {
        self.engine.feed().sandboxes().may_have_faults()
    }

    fn draw_ppm(&self, sandbox: &str) -> u32 {
        // In a seeded sandbox the draw is the sandbox's own, by how often its faults fired; else it is anybody's.
        let id = SandboxId::parse(sandbox).ok();
        let known = id.and_then(|id| self.engine.sandbox(&id).ok().flatten());
        let seeded = known.filter(|known| known.seed.is_some());
        let chance = match &seeded {
            Some(known) => {
                let seed = known.seed.unwrap_or_default().to_string();
                let fired = known.faults.iter().map(|fault| fault.fired).sum::<u64>().to_string();
                Chance::keyed(&[b"fault", seed.as_bytes(), sandbox.as_bytes(), fired.as_bytes()])
            }
            None => self.chance.child(&self.drawn.fetch_add(1, Ordering::Relaxed).to_string()),
        };
        u32::try_from(chance.draw("ppm").below(1_000_000)).unwrap_or(0)
    }

    fn fault_fired(&self, sandbox: &str, fault_id: &str) -> bool {
        let Ok(id) = SandboxId::parse(sandbox) else { return false };
        let fired = self.engine.fire_on_request(&id, fault_id);
        fired.unwrap_or_else(|failure| {
            tracing::warn!(%failure, fault = fault_id, "a fault was not applied");
            false
        })
    }
}

fn inbound(fault: &Fault) -> Option<InboundFault> {
    let Action::Request(action) = &fault.action else { return None };
    if fault.on != FaultOn::Request || !fault.is_live() {
        return None;
    }
    let action = match action {
        RequestAction::Status(status) => FaultAction::Status(*status),
        RequestAction::DelayMs(ms) => FaultAction::DelayMs(*ms),
        RequestAction::Drop(true) => FaultAction::Drop,
        RequestAction::Redirect(times) => FaultAction::Redirect(*times),
        RequestAction::Truncate(true) => FaultAction::Truncate,
        RequestAction::Drop(false) | RequestAction::Truncate(false) => return None,
    };
    Some(InboundFault {
        id: fault.id.as_str().into(),
        provider: fault.provider.as_str().into(),
        method: fault.method.as_deref().map(Arc::from),
        path: fault.path.as_deref().map(Arc::from),
        action,
        probability_ppm: fault.probability_ppm,
    })
}
