//! Environments: the nine there can be are always there; they are switched on and off, their rates, their policy and
//! their float are set (contract 11.1).
//!
//! Refuses with 404 for an unknown id and 400 for a value out of its range.

use std::sync::Arc;

use kernel::{Cx, Decided, Effects, Need, Record, Stop, View, Want};
use serde_json::json;

use super::{Refused, told, within};
use crate::ledger;
use crate::model::Environment;
use crate::operators::{PAIRS, Pair};
use crate::wire::portal::{EnvironmentChange, EnvironmentView};

/// All nine.
///
/// # Errors
/// Keys to load first.
pub fn list(_: &Cx, view: &View<'_>) -> Result<Vec<EnvironmentView>, Stop<Refused>> {
    let names = PAIRS.map(|pair| (pair, pair.env_id(), ledger::float(&pair.env_id())));
    let wants: Vec<_> = names
        .iter()
        .flat_map(|(pair, env_id, float)| {
            [Want::Record(Environment::KIND, env_id), Want::Balance(float, ledger::currency(*pair))]
        })
        .collect();
    view.want(&wants)?;
    PAIRS.into_iter().map(|pair| shown(view, pair)).collect()
}

/// One.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn show(_: &Cx, view: &View<'_>, env_id: &str) -> Result<EnvironmentView, Stop<Refused>> {
    shown(view, pair_of(env_id)?)
}

/// Changes one. The float is set by a posting against the environment's opening account.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn change(cx: &Cx, view: &View<'_>, asked: &(String, EnvironmentChange)) -> Decided<EnvironmentView, Refused> {
    let (env_id, change) = asked;
    let pair = pair_of(env_id)?;
    let before = found(view, pair)?;
    let after = changed(&before, change).map_err(Stop::Refused)?;
    let mut fx = Effects::new();
    let mut merchant_balance = balance(view, pair)?;
    if let Some(to) = change.merchant_balance {
        merchant_balance = within("merchant_balance", to, 0, ledger::MOST).map_err(Stop::Refused)?;
        ledger::set_balance(&mut fx, view, &ledger::float(env_id), pair, merchant_balance)?;
    }
    let shown = EnvironmentView::of(&after, merchant_balance);
    if after != *before || !fx.transfers.is_empty() {
        let data = json!({
            "enabled": after.enabled, "commission_bps": after.commission_bps,
            "merchant_absorption_pct": after.merchant_absorption_pct,
            "unknown_msisdn_policy": after.unknown_msisdn_policy, "merchant_balance": merchant_balance,
        });
        fx.tell(told(cx, "sandpay.environment.changed", env_id, data));
    }
    if after != *before {
        fx.replace(&*before, after);
    }
    Ok((shown, fx))
}

fn changed(before: &Environment, change: &EnvironmentChange) -> Result<Environment, Refused> {
    let mut after = before.clone();
    after.enabled = change.enabled.unwrap_or(after.enabled);
    after.unknown_msisdn_policy = change.unknown_msisdn_policy.unwrap_or(after.unknown_msisdn_policy);
    if let Some(bps) = change.commission_bps {
        after.commission_bps = within("commission_bps", bps, 0, 10_000)?;
    }
    if let Some(pct) = change.merchant_absorption_pct {
        after.merchant_absorption_pct = within("merchant_absorption_pct", pct, 0, 100)?;
    }
    Ok(after)
}

fn shown(view: &View<'_>, pair: Pair) -> Result<EnvironmentView, Stop<Refused>> {
    Ok(EnvironmentView::of(&*found(view, pair)?, balance(view, pair)?))
}

fn balance(view: &View<'_>, pair: Pair) -> Result<i64, Need> {
    view.balance(&ledger::float(&pair.env_id()), ledger::currency(pair))
}

fn found(view: &View<'_>, pair: Pair) -> Result<Arc<Environment>, Stop<Refused>> {
    view.get::<Environment>(&pair.env_id())?.ok_or(Stop::Refused(Refused::Unknown { what: "environment" }))
}

fn pair_of(env_id: &str) -> Result<Pair, Stop<Refused>> {
    let found = PAIRS.into_iter().find(|pair| pair.env_id() == env_id);
    found.ok_or(Stop::Refused(Refused::Unknown { what: "environment" }))
}
