//! Webhooks: each payment that ended owes exactly its own, what says delivered was acknowledged, and nothing is sent of
//! what was not committed.

use super::Surroundings;
use crate::courier::DROPPED;
use crate::snapshot::Snapshot;
use crate::tenant::Tenant;
use kernel::{Delivery, DeliveryStatus};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn look(tenant: &mut Tenant, now: &Snapshot, around: &Surroundings<'_>) -> Result<(), String> {
    let listening = tenant.listening();
    for (id, payment) in &now.payments {
        let had_ended = tenant.seen.payments.get(id).is_some_and(|before| before.status.terminal());
        if payment.status.terminal() && !had_ended {
            tenant.seen.owed.insert(id.clone(), listening.clone());
        }
    }
    let mut sent_to: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, delivery) in &now.deliveries {
        if !sent_to.entry(&delivery.subject).or_default().insert(&delivery.endpoint) {
            return Err(format!("{} owes {} twice", delivery.subject, delivery.endpoint));
        }
        says_what_happened(delivery, now)?;
        if let Some(before) = tenant.seen.deliveries.get(id) {
            goes_on(before, delivery)?;
        }
        attempts(tenant, delivery, around)?;
    }
    if let Some(id) = tenant.seen.deliveries.keys().find(|id| !now.deliveries.contains_key(*id)) {
        return Err(format!("the delivery {id} vanished"));
    }
    for (id, owed) in &tenant.seen.owed {
        let sent: BTreeSet<String> = sent_to.remove(id.as_str()).into_iter().flatten().map(ToOwned::to_owned).collect();
        if sent != *owed {
            return Err(format!("{id} owes {owed:?}, its deliveries go to {sent:?}"));
        }
    }
    match sent_to.keys().next() {
        Some(subject) => Err(format!("a delivery is about {subject}, which did not end")),
        None => Ok(()),
    }
}

fn says_what_happened(delivery: &Delivery, now: &Snapshot) -> Result<(), String> {
    let Some(payment) = now.payments.get(&delivery.subject) else {
        return Err(format!("the delivery {} is about {}, which is not here", delivery.id, delivery.subject));
    };
    let body: serde_json::Value = serde_json::from_str(&delivery.body).map_err(|error| error.to_string())?;
    let says = (body["tx_id"].as_str(), body["status"].as_str());
    if says != (Some(payment.id.as_str()), Some(payment.status.as_str())) {
        return Err(format!("{} is {} and its webhook says {says:?}", payment.id, payment.status.as_str()));
    }
    Ok(())
}

/// Bodies never change, attempts are only added, and what was delivered stays so.
fn goes_on(before: &Delivery, after: &Delivery) -> Result<(), String> {
    let is_same = before.body == after.body && before.endpoint == after.endpoint && before.subject == after.subject;
    if !is_same || !after.attempts.starts_with(&before.attempts) {
        return Err(format!("the delivery {} was rewritten", before.id));
    }
    if before.status == DeliveryStatus::Delivered && after.status != DeliveryStatus::Delivered {
        return Err(format!("the delivery {} was delivered and is {}", before.id, after.status.as_str()));
    }
    Ok(())
}

fn attempts(tenant: &Tenant, delivery: &Delivery, around: &Surroundings<'_>) -> Result<(), String> {
    let sent = around.receivers.sent(&tenant.seen.scope, &delivery.id);
    let was_sent = |attempt: &&kernel::Attempt| !attempt.was_abandoned() && attempt.error.as_deref() != Some(DROPPED);
    let reached = delivery.attempts.iter().filter(was_sent).count();
    if reached > sent.times {
        return Err(format!("{} was attempted {reached} times and sent {} times", delivery.id, sent.times));
    }
    let acknowledged = delivery.attempts.iter().any(kernel::Attempt::acknowledged);
    let given_up = delivery.attempts.iter().any(kernel::Attempt::was_abandoned)
        || delivery.scheduled_attempts() >= sandpay::webhooks::ATTEMPTS;
    let is_right = match delivery.status {
        DeliveryStatus::Delivered => acknowledged && sent.acknowledged,
        DeliveryStatus::Failed => !acknowledged && given_up,
        DeliveryStatus::Pending => !acknowledged && delivery.next_attempt_at.is_some(),
    };
    if !is_right {
        return Err(format!("{} is {} after {:?}", delivery.id, delivery.status.as_str(), delivery.attempts));
    }
    Ok(())
}
