//! The queue: exactly the expiry of each pending payment and the next attempt of each delivery, and a wake in time.

use crate::snapshot::Snapshot;
use crate::tenant::Tenant;
use crate::world::World;
use kernel::{Instant, Sandbox};
use std::collections::BTreeSet;
use store::Store;

/// The longest that a row is held by somebody, in milliseconds.
const LEASE_MS: i64 = engine::batch::LEASE_MS;

pub(super) fn look(tenant: &Tenant, now: &Snapshot, clocks: (&Sandbox, &World)) -> Result<(), String> {
    let jobs = now.payments.values().filter_map(|payment| sandpay::ops::expire::job_for(payment)).map(|job| job.key());
    let attempts = now.deliveries.values().filter_map(|delivery| delivery.queue_key());
    let expected: BTreeSet<_> = jobs.chain(attempts).collect();
    if let Some(missing) = expected.difference(&now.queue).next() {
        return Err(format!("{missing:?} is not in the queue"));
    }
    if let Some(left) = now.queue.difference(&expected).next() {
        return Err(format!("{left:?} is in the queue and belongs to nothing"));
    }
    wakes_in_time(tenant, now, clocks)
}

fn wakes_in_time(tenant: &Tenant, now: &Snapshot, (sandbox, world): (&Sandbox, &World)) -> Result<(), String> {
    let wall = world.now();
    let due = now.queue.iter().filter_map(|key| sandbox.clock.wall_due(key.due, wall)).min();
    // What is due may be held by somebody until a lease ends.
    let due = due.map(|at| if at <= wall { wall.plus_ms(LEASE_MS) } else { at });
    let Some(latest) = [due, sandbox.expires_at].into_iter().flatten().min() else { return Ok(()) };
    let wakes = world.memory.wakes(Instant::from_ms(i64::MAX), usize::MAX).map_err(|error| error.to_string())?;
    let wake = wakes.into_iter().find(|(scope, _)| *scope == tenant.seen.scope).map(|(_, at)| at);
    match wake {
        Some(at) if at <= latest => Ok(()),
        _ => Err(format!("something is due at {} and the wake is {wake:?}", latest.iso())),
    }
}
