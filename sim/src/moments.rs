//! What happens to time and to sandboxes: clocks, jumps, resets, ends, crashes, and a store that fails.

use crate::run::{Said, Sim};
use crate::tenant::Tenant;
use crate::world::at_once;
use engine::sandboxes::{Backwards, set_clock};
use engine::{Advanced, Failure, NewSandbox};
use kernel::{Action, Clock, Cx, DeliveryAction, Fault, FaultOn, Instant, Sandbox};
use serde_json::Value;
use std::rc::Rc;
use store::Store;

/// Sandboxes at the most.
const MOST_TENANTS: usize = 4;
/// A limit in real time that is never come to.
const LONG_MS: u64 = 3_600_000;
/// Turns after which moving time is taken to hang.
const MOST_TURNS: u32 = 20_000;
/// Turns without anything to do after which wall time passes, so that leases end.
const IDLE_TURNS: u32 = 3;

impl Sim {
    /// Another sandbox.
    pub(crate) fn make_sandbox(&mut self) -> Said {
        if self.tenants.len() >= MOST_TENANTS {
            return Ok("there are sandboxes enough".to_owned());
        }
        let now = self.world.now();
        let clock = match self.draw.below(3) {
            0 => Clock::WALL,
            1 => Clock::Running { offset_ms: self.draw.between(-1_000_000, 1_000_000) },
            _ => Clock::Frozen { at: now.plus_ms(self.draw.between(-1_000_000, 1_000_000)) },
        };
        let new = NewSandbox {
            seed: (self.draw.below(2) == 0).then(|| self.draw.between(1, 3)),
            clock: Some(clock),
            ttl_seconds: (self.draw.below(4) == 0).then(|| u32::try_from(self.draw.between(60, 20_000)).unwrap_or(60)),
            ..NewSandbox::default()
        };
        match at_once(self.world.engine.create_sandbox(new)) {
            Ok(sandbox) => {
                if self.tenants.iter().any(|tenant| tenant.id == sandbox.id) {
                    return Err(format!("{} was made twice", sandbox.id));
                }
                self.tenants.push(Tenant::of(&sandbox));
                Ok(format!("{} is made, seed {:?}, {:?}", sandbox.id, sandbox.seed, sandbox.clock))
            }
            Err(Failure::Unavailable(_)) => self.excuse("make").map(|()| "unavailable".to_owned()),
            Err(failure) => Err(format!("make a sandbox: {failure:?}")),
        }
    }

    /// A sandbox is deleted; often one of the same id is made at once.
    pub(crate) fn delete_sandbox(&mut self) -> Said {
        let Some(at) = self.draw_tenant() else { return Ok("nobody is there".to_owned()) };
        let id = self.tenants[at].id.clone();
        match at_once(self.world.engine.delete_sandbox(&id)) {
            Ok(()) => {
                let gone = self.tenants.remove(at);
                self.is_gone(&gone)?;
            }
            Err(Failure::Unavailable(_)) => return self.excuse("delete").map(|()| "unavailable".to_owned()),
            Err(failure) => return Err(format!("delete {id}: {failure:?}")),
        }
        if self.draw.below(2) == 0 {
            let new = NewSandbox { id: Some(id.clone()), seed: Some(1), ..NewSandbox::default() };
            match at_once(self.world.engine.create_sandbox(new)) {
                Ok(sandbox) => self.tenants.push(Tenant::of(&sandbox)),
                Err(Failure::Unavailable(_)) => self.excuse("make")?,
                Err(failure) => return Err(format!("make {id} again: {failure:?}")),
            }
        }
        Ok(format!("{id} is deleted"))
    }

    /// Nothing leads to a sandbox that is gone.
    fn is_gone(&self, gone: &Tenant) -> Result<(), String> {
        for name in gone.names() {
            let owner = self.world.engine.owner_of(&name).map_err(|error| error.to_string())?;
            // Keys that were made by hand stay in the directory; the sandbox that they name is not there any more.
            let leads_somewhere =
                owner.is_some_and(|id| self.world.engine.sandbox(&id).is_ok_and(|found| found.is_some()));
            if leads_somewhere {
                return Err(format!("{name} leads to a sandbox though {} is gone", gone.id));
            }
        }
        Ok(())
    }

    /// Sandboxes whose lifetime has ended are gone after a step; none is gone before.
    pub(crate) fn drop_expired(&mut self) {
        let (memory, now) = (Rc::clone(&self.last_seen), self.world.now());
        self.tenants.retain(|tenant| {
            let expires_at = memory.borrow().get(&tenant.id).copied().flatten();
            tenant.sandbox(&self.world.memory).is_some() || expires_at.is_none_or(|at| at > now)
        });
    }

    /// Back to creation.
    pub(crate) fn reset_sandbox(&mut self) -> Said {
        let Some(at) = self.draw_tenant() else { return Ok("nobody is there".to_owned()) };
        let id = self.tenants[at].id.clone();
        match at_once(self.world.engine.reset_sandbox(&id)) {
            Ok(sandbox) => {
                self.tenants[at].reset_to(&sandbox);
                Ok(format!("{id} is reset to {}", sandbox.generation))
            }
            Err(Failure::Unavailable(_)) => self.excuse("reset").map(|()| "unavailable".to_owned()),
            Err(failure) => Err(format!("reset {id}: {failure:?}")),
        }
    }

    /// A clock is set, frozen or set going.
    pub(crate) fn change_clock(&mut self) -> Said {
        let Some(at) = self.draw_tenant() else { return Ok("nobody is there".to_owned()) };
        let id = self.tenants[at].id.clone();
        let Some(sandbox) = self.tenants[at].sandbox(&self.world.memory) else { return Err(format!("{id} is gone")) };
        let now = sandbox.clock.now(self.world.now());
        let frozen = match self.draw.below(3) {
            0 => Some(true),
            1 => Some(false),
            _ => None,
        };
        let by_ms = match self.draw.below(6) {
            0 => -self.draw.between(1, 100_000),
            1 => 0,
            2 => self.draw.between(1_000_000, 20_000_000),
            _ => self.draw.between(1, 100_000),
        };
        let to = (self.draw.below(2) == 0).then(|| now.plus_ms(by_ms));
        let set = move |cx: &Cx, sandbox: &mut Sandbox| set_clock(cx, sandbox, frozen, to).map(|()| Value::Null);
        let said = format!("{id} clock frozen {frozen:?} to {to:?}");
        match at_once(self.world.engine.change_sandbox(&id, "clock.set", set)) {
            Ok(_) if to.is_none_or(|to| to >= now) => Ok(said),
            Err(Failure::Refused(Backwards { .. })) if to.is_some_and(|to| to < now) => Ok(said),
            Err(Failure::Unavailable(_)) => self.excuse("clock").map(|()| said),
            other => Err(format!("{said}: {other:?}")),
        }
    }

    /// A clock is moved instant by instant.
    pub(crate) fn advance(&mut self) -> Said {
        let Some(at) = self.draw_tenant() else { return Ok("nobody is there".to_owned()) };
        let by_ms = match self.draw.below(5) {
            0 => 0,
            1 => self.draw.between(1, 1_000),
            2 => self.draw.between(3_000_000, 9_000_000),
            _ => self.draw.between(10_000, 200_000),
        };
        self.advance_by(at, by_ms)
    }

    pub(crate) fn advance_by(&mut self, at: usize, by_ms: i64) -> Said {
        let id = self.tenants[at].id.clone();
        let Some(before) = self.tenants[at].sandbox(&self.world.memory) else { return Err(format!("{id} is gone")) };
        let (scope, engine) = (before.scope(), self.world.engine.clone());
        let target = before.clock.now(self.world.now()).plus_ms(by_ms);
        let runtime = Rc::clone(&self.runtime);
        let walked: Result<_, String> = runtime.block_on(async {
            tokio::select! {
                biased;
                walked = engine.advance(&id, by_ms, LONG_MS) => Ok(walked),
                why = self.keep_working() => Err(why),
            }
        });
        let said = format!("{id} advances by {by_ms}");
        match walked? {
            Ok(Advanced { done: true, now, .. }) if now >= target => {
                let due = self.world.memory.queue(&scope, target, 1).map_err(|error| error.to_string())?;
                match due.first() {
                    Some(row) => Err(format!("{said}: {:?} is left", row.key)),
                    None => Ok(said),
                }
            }
            Err(Failure::Unavailable(_)) => self.excuse("advance").map(|()| said),
            Err(Failure::NoSandbox) if !self.tenants.iter().any(|tenant| tenant.id == id) => Ok(said),
            other => Err(format!("{said}: {other:?}")),
        }
    }

    /// Does what time asks for while it is moved. Ends only when something is wrong, with what.
    async fn keep_working(&mut self) -> String {
        let mut idle = 0;
        for _ in 0..MOST_TURNS {
            match self.work_through() {
                Ok(true) => idle = 0,
                Ok(false) => idle += 1,
                Err(why) => return why,
            }
            if idle > IDLE_TURNS {
                // What is due is held by somebody who is gone.
                self.world.pass(engine::batch::LEASE_MS);
                idle = 0;
            }
            tokio::task::yield_now().await;
        }
        "moving time hangs".to_owned()
    }

    /// Wall time passes.
    pub(crate) fn jump(&mut self) -> Said {
        let ms = match self.draw.below(10) {
            0 => self.draw.between(3_600_000, 14_400_000),
            1..4 => self.draw.between(20_000, 200_000),
            _ => self.draw.between(1, 5_000),
        };
        self.world.pass(ms);
        Ok(format!("{ms} ms pass"))
    }

    /// The store fails at the next batches.
    pub(crate) fn break_store(&mut self) -> Said {
        let batches = u32::try_from(self.draw.between(1, 3)).unwrap_or(1);
        self.world.rough.fail_next(batches);
        Ok(format!("{batches} batches will fail"))
    }

    /// The store refuses commits, as if others had written.
    pub(crate) fn contend(&mut self) -> Said {
        let batches = u32::try_from(self.draw.between(1, 4)).unwrap_or(1);
        self.world.rough.refuse_next(batches);
        Ok(format!("{batches} batches will meet a conflict"))
    }

    /// A fault rule for webhooks is set, beside one that there was.
    pub(crate) fn set_fault(&mut self) -> Said {
        const ACTIONS: [DeliveryAction; 7] = [
            DeliveryAction::Duplicate,
            DeliveryAction::Reorder,
            DeliveryAction::DelayMs(40_000),
            DeliveryAction::Drop,
            DeliveryAction::BadSignature,
            DeliveryAction::StaleSignature,
            DeliveryAction::AlteredBody,
        ];
        let Some(at) = self.draw_tenant() else { return Ok("nobody is there".to_owned()) };
        let id = self.tenants[at].id.clone();
        let action = ACTIONS[usize::try_from(self.draw.below(ACTIONS.len() as u64)).unwrap_or(0)].clone();
        let times = u32::try_from(self.draw.between(1, 4)).unwrap_or(1);
        let fault = Fault {
            id: format!("flt_{}", self.draw.hex(6)),
            on: FaultOn::Delivery,
            provider: sandpay::NAME.to_owned(),
            method: None,
            path: None,
            event: None,
            action: Action::Delivery(action),
            times: Some(times),
            probability_ppm: if self.draw.below(2) == 0 { 1_000_000 } else { 400_000 },
            fired: 0,
        };
        let (name, said) = (fault.id.clone(), format!("{id} {:?} {times} times", fault.action));
        let set = move |_: &Cx, sandbox: &mut Sandbox| {
            sandbox.faults.truncate(1);
            sandbox.faults.push(fault.clone());
            Ok::<_, ()>(Value::Null)
        };
        match at_once(self.world.engine.change_sandbox(&id, "faults.set", set)) {
            Ok(_) => {
                self.tenants[at].faults.insert(name, times);
                Ok(said)
            }
            Err(Failure::Unavailable(_)) => self.excuse("set a fault").map(|()| said),
            Err(failure) => Err(format!("{said}: {failure:?}")),
        }
    }

    /// What is due first, to say what hangs.
    pub(crate) fn first_due(&self, tenant: &Tenant) -> Option<String> {
        let rows = self.world.memory.queue(&tenant.seen.scope, Instant::from_ms(i64::MAX), 1).ok()?;
        rows.first().map(|row| format!("{:?}", row.key))
    }
}
