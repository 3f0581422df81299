//! The promises, looked at after each step in what stands in the store. They do not know how they are kept.

mod books;
mod deliveries;
mod payments;
mod queue;

use crate::courier::Receivers;
use crate::snapshot::Snapshot;
use crate::tenant::Tenant;
use crate::world::World;
use kernel::{Currency, Delivery, Sandbox, Scope};
use sandpay::model::Transaction;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What was seen of a generation of a sandbox so far.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) scope: Scope,
    pub(crate) payments: BTreeMap<String, Arc<Transaction>>,
    pub(crate) deliveries: BTreeMap<String, Arc<Delivery>>,
    /// Which endpoints were listening when a payment ended.
    owed: BTreeMap<String, BTreeSet<String>>,
    position: u64,
    sums: BTreeMap<(String, Currency), i64>,
    /// Events about a payment: of its making, of its end.
    told: BTreeMap<String, (u32, u32)>,
    collected: BTreeMap<String, u32>,
}

impl Seen {
    pub(crate) fn new(scope: Scope) -> Self {
        Self {
            scope,
            payments: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            owed: BTreeMap::new(),
            position: 0,
            sums: BTreeMap::new(),
            told: BTreeMap::new(),
            collected: BTreeMap::new(),
        }
    }
}

/// What the observers look at beside the sandbox itself.
pub(crate) struct Surroundings<'a> {
    pub(crate) world: &'a World,
    pub(crate) receivers: &'a Receivers,
    /// Payments of other sandboxes.
    pub(crate) foreign: &'a BTreeSet<String>,
}

/// Looks at one sandbox. Err says which promise is broken.
pub(crate) fn look(tenant: &mut Tenant, around: &Surroundings<'_>) -> Result<(), String> {
    let memory = &around.world.memory;
    let Some(sandbox) = tenant.sandbox(memory) else { return Err(format!("{} is gone", tenant.id)) };
    if sandbox.scope() != tenant.seen.scope {
        return Err(format!("{:?} became {:?} and nobody reset it", tenant.seen.scope, sandbox.scope()));
    }
    faults(tenant, &sandbox)?;
    let now = Snapshot::of(memory, &tenant.seen.scope, tenant.seen.position).map_err(|error| error.to_string())?;
    let checks = [
        books::look(tenant, &now),
        payments::look(tenant, &now, around),
        deliveries::look(tenant, &now, around),
        queue::look(tenant, &now, (&sandbox, around.world)),
        tenant.check_names(&around.world.engine),
    ];
    for check in checks {
        check.map_err(|why| format!("{}: {why}", tenant.id))?;
    }
    tenant.seen.payments = now.payments;
    tenant.seen.deliveries = now.deliveries;
    Ok(())
}

/// A fault fires as often as it may and no more.
fn faults(tenant: &Tenant, sandbox: &Sandbox) -> Result<(), String> {
    for fault in &sandbox.faults {
        let Some(times) = fault.times else { continue };
        let given = tenant.faults.get(&fault.id).copied();
        if given.is_none_or(|given| u64::from(given) != u64::from(times) + fault.fired) {
            return Err(format!("{} may fire {given:?} times, fired {} and has {times} left", fault.id, fault.fired));
        }
    }
    Ok(())
}
