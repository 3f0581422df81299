//! Payments: what was answered stands, an end is an end, a reference has one effect, and nobody else's are here.

use super::Surroundings;
use crate::snapshot::Snapshot;
use crate::tenant::Tenant;
use sandpay::model::Transaction;
use sandpay::scenarios::Status;
use std::collections::BTreeMap;

pub(super) fn look(tenant: &mut Tenant, now: &Snapshot, around: &Surroundings<'_>) -> Result<(), String> {
    answered_stands(tenant, now)?;
    for (id, before) in &tenant.seen.payments {
        let Some(after) = now.payments.get(id) else { return Err(format!("{id} vanished")) };
        unchanged(before, after)?;
    }
    let mut holders: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, payment) in &now.payments {
        if around.foreign.contains(id) {
            return Err(format!("{id} belongs to another sandbox"));
        }
        if !payment.is_duplicate
            && let Some(other) = holders.insert(&payment.reference, id)
        {
            return Err(format!("{id} and {other} hold the reference {}", payment.reference));
        }
        let ended = payment.status.terminal();
        let told = tenant.seen.told.get(id).copied().unwrap_or_default();
        if told != (1, u32::from(ended)) {
            return Err(format!("{id} is {} and its events are {told:?}", payment.status.as_str()));
        }
        let collected = tenant.seen.collected.get(id).copied().unwrap_or(0);
        if collected != u32::from(payment.status == Status::Success) {
            return Err(format!("{id} is {} and was collected {collected} times", payment.status.as_str()));
        }
    }
    Ok(())
}

fn answered_stands(tenant: &Tenant, now: &Snapshot) -> Result<(), String> {
    for (id, answered) in &tenant.answered {
        let Some(payment) = now.payments.get(id) else {
            return Err(format!("{id} was answered as {} and is not there", answered.as_str()));
        };
        if answered.terminal() && payment.status != *answered {
            return Err(format!("{id} was answered as {} and is {}", answered.as_str(), payment.status.as_str()));
        }
    }
    for (reference, (id, _)) in &tenant.references {
        if now.payments.get(id).is_none_or(|payment| payment.reference != *reference || payment.is_duplicate) {
            return Err(format!("{id} does not hold {reference} any more"));
        }
    }
    let endpoints = now.org.as_ref().map(|org| &org.endpoints[..]).unwrap_or_default();
    for (id, hook) in &tenant.hooks {
        let there = endpoints.iter().find(|endpoint| endpoint.id == *id);
        if there.map(|endpoint| endpoint.enabled) != (!hook.is_removed).then_some(hook.is_enabled) {
            return Err(format!("the endpoint {id} was answered as {hook:?} and is {there:?}"));
        }
    }
    Ok(())
}

/// What may change of a payment: a pending one ends, once.
fn unchanged(before: &Transaction, after: &Transaction) -> Result<(), String> {
    if before == after {
        return Ok(());
    }
    if before.status.terminal() {
        return Err(format!("{} had ended as {} and is {}", before.id, before.status.as_str(), after.status.as_str()));
    }
    let as_before = Transaction {
        status: before.status,
        expires_at: before.expires_at,
        settled_at: before.settled_at,
        expired: before.expired,
        provider_tx_id: before.provider_tx_id.clone(),
        ..after.clone()
    };
    if as_before != *before || !after.status.terminal() {
        return Err(format!("{} changed otherwise than by ending: {after:?}", before.id));
    }
    Ok(())
}
