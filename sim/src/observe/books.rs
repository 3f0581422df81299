//! The books and the journal: positions without gaps, transfers that sum to zero, balances that are the sums of their
//! postings, accounts that do not fall below nothing.

use crate::snapshot::{Snapshot, Told};
use crate::tenant::Tenant;
use std::collections::BTreeMap;

pub(super) fn look(tenant: &mut Tenant, now: &Snapshot) -> Result<(), String> {
    for (last, count, told) in &now.told {
        journal_row(tenant, *last, *count, told)?;
    }
    let mut by_currency = BTreeMap::new();
    for ((account, currency), minor) in &now.balances {
        let sum: &mut i64 = by_currency.entry(*currency).or_default();
        *sum = sum.checked_add(*minor).ok_or("a sum of balances does not fit")?;
        let is_held = account.starts_with("sim.") || account.starts_with("float.");
        if is_held && *minor < 0 {
            return Err(format!("{account} holds {minor}"));
        }
        let posted = tenant.seen.sums.get(&(account.clone(), *currency)).copied().unwrap_or(0);
        if posted != *minor {
            return Err(format!("{account} holds {minor}, its postings sum to {posted}"));
        }
    }
    if let Some((currency, sum)) = by_currency.into_iter().find(|(_, sum)| *sum != 0) {
        return Err(format!("the ledger in {currency} sums to {sum}"));
    }
    let unheld = tenant.seen.sums.iter().find(|(slot, sum)| **sum != 0 && !now.balances.contains_key(*slot));
    match unheld {
        Some(((account, _), sum)) => Err(format!("{account} has postings of {sum} and no balance")),
        None => Ok(()),
    }
}

fn journal_row(tenant: &mut Tenant, last: u64, count: u64, told: &Told) -> Result<(), String> {
    let seen = &mut tenant.seen;
    if count != told.events.len() as u64 || last != seen.position + count {
        return Err(format!("positions: {} events end at {last} after {}", told.events.len(), seen.position));
    }
    seen.position = last;
    for event in &told.events {
        let Some(subject) = &event.subject else { continue };
        let (made, ended) = seen.told.entry(subject.clone()).or_default();
        match event.kind.as_str() {
            "sandpay.payment.created" => *made += 1,
            "sandpay.payment.completed" => *ended += 1,
            _ => {}
        }
    }
    for transfer in &told.transfers {
        if transfer.imbalance().is_none_or(|sums| !sums.is_empty()) {
            return Err(format!("the transfer for {} does not sum to zero", transfer.subject));
        }
        if transfer.reason == "collection" {
            *seen.collected.entry(transfer.subject.clone()).or_default() += 1;
        }
        for posting in &transfer.postings {
            let slot = (posting.account.clone(), posting.money.currency);
            let sum = seen.sums.entry(slot).or_default();
            *sum = sum.checked_add(posting.money.minor).ok_or("a sum of postings does not fit")?;
        }
    }
    Ok(())
}
