//! Test clients: the SIM registry (contract 6.3, 13). Balances are set by postings against the environment's opening
//! account.
//!
//! Refuses with 404 for an unknown id, 409 for a number that is registered, 400 for a value that cannot be.

use std::sync::Arc;

use kernel::{Cx, Decided, Effects, Need, Record, Stop, View, Want};
use serde_json::json;

use super::{Refused, short_text, told, within};
use crate::ledger;
use crate::model::{ClientStatus, DEFAULT_PIN, TestClient};
use crate::msisdn::{self, is_e164};
use crate::operators::Pair;
use crate::wire::portal::{NewTestClient, TestClientChange, TestClientView};

/// Registers one.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn create(cx: &Cx, view: &View<'_>, new: &NewTestClient) -> Decided<TestClientView, Refused> {
    let pair = pair_of(new).map_err(Stop::Refused)?;
    let balance = within("balance", new.balance.unwrap_or(0), 0, ledger::MOST).map_err(Stop::Refused)?;
    let pin = pin(new.pin.as_deref().unwrap_or(DEFAULT_PIN)).map_err(Stop::Refused)?;
    let name = new.name.as_deref().map(|name| short_text("name", name)).transpose().map_err(Stop::Refused)?;
    let client = TestClient {
        operator: pair.operator,
        country: pair.country,
        msisdn: new.msisdn.clone(),
        status: new.status.unwrap_or(ClientStatus::Active),
        pin,
        name,
    };
    let id = client.id();
    let sim = ledger::sim(&id);
    view.want(&[Want::Record(TestClient::KIND, &id), Want::Balance(&sim, ledger::currency(pair))])?;
    if view.get::<TestClient>(&id)?.is_some() {
        return Err(Stop::Refused(Refused::Taken { what: "test client" }));
    }
    let mut fx = Effects::new();
    ledger::set_balance(&mut fx, view, &sim, pair, balance)?;
    let shown = TestClientView::of(&client, balance);
    fx.tell(told(cx, "sandpay.test_client.created", &id, json!({ "status": client.status, "balance": balance })));
    fx.insert(client);
    Ok((shown, fx))
}

/// Some, by id, each with what it holds. Those that are gone are left out.
///
/// # Errors
/// Keys to load first.
pub fn list(_: &Cx, view: &View<'_>, ids: &[String]) -> Result<Vec<TestClientView>, Stop<Refused>> {
    let wants: Vec<_> = ids.iter().map(|id| Want::Record(TestClient::KIND, id)).collect();
    view.want(&wants)?;
    let mut clients = Vec::new();
    for id in ids {
        clients.extend(view.get::<TestClient>(id)?);
    }
    let sims: Vec<_> = clients.iter().map(|client| (ledger::sim(&client.id()), client.pair())).collect();
    let wants: Vec<_> = sims.iter().map(|(sim, pair)| Want::Balance(sim, ledger::currency(*pair))).collect();
    view.want(&wants)?;
    clients.iter().map(|client| Ok(TestClientView::of(client, balance(view, client)?))).collect()
}

/// One.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn show(_: &Cx, view: &View<'_>, id: &str) -> Result<TestClientView, Stop<Refused>> {
    let client = found(view, id)?;
    Ok(TestClientView::of(&client, balance(view, &client)?))
}

/// Changes one.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn change(cx: &Cx, view: &View<'_>, asked: &(String, TestClientChange)) -> Decided<TestClientView, Refused> {
    let (id, change) = asked;
    let before = found(view, id)?;
    let mut after = (*before).clone();
    after.status = change.status.unwrap_or(after.status);
    if let Some(digits) = &change.pin {
        after.pin = pin(digits).map_err(Stop::Refused)?;
    }
    if let Some(name) = &change.name {
        after.name = Some(short_text("name", name).map_err(Stop::Refused)?);
    }
    let mut fx = Effects::new();
    let mut balance = balance(view, &before)?;
    if let Some(to) = change.balance {
        balance = within("balance", to, 0, ledger::MOST).map_err(Stop::Refused)?;
        ledger::set_balance(&mut fx, view, &ledger::sim(id), before.pair(), balance)?;
    }
    let shown = TestClientView::of(&after, balance);
    if after != *before || !fx.transfers.is_empty() {
        fx.tell(told(cx, "sandpay.test_client.changed", id, json!({ "status": after.status, "balance": balance })));
    }
    if after != *before {
        fx.replace(&*before, after);
    }
    Ok((shown, fx))
}

/// Takes one out of the registry; what it held goes back to where it came from.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn remove(cx: &Cx, view: &View<'_>, id: &str) -> Decided<(), Refused> {
    let before = found(view, id)?;
    let mut fx = Effects::new();
    let held = ledger::set_balance(&mut fx, view, &ledger::sim(id), before.pair(), 0)?;
    fx.tell(told(cx, "sandpay.test_client.deleted", id, json!({ "balance": held })));
    fx.remove(&*before);
    Ok(((), fx))
}

fn found(view: &View<'_>, id: &str) -> Result<Arc<TestClient>, Stop<Refused>> {
    view.get::<TestClient>(id)?.ok_or(Stop::Refused(Refused::Unknown { what: "test client" }))
}

fn balance(view: &View<'_>, client: &TestClient) -> Result<i64, Need> {
    view.balance(&ledger::sim(&client.id()), ledger::currency(client.pair()))
}

fn pair_of(new: &NewTestClient) -> Result<Pair, Refused> {
    if !is_e164(&new.msisdn) {
        return Err(Refused::invalid("msisdn", "a number in E.164 with its plus: +2250500000111"));
    }
    let country = new.country.map(|country| country.as_str());
    let (operator, country) = msisdn::resolve(&new.msisdn, new.operator, country).map_err(|missing| {
        let member = if missing.operator { "operator" } else { "country" };
        Refused::invalid(member, format!("required: the number does not tell the {member}"))
    })?;
    let why = || format!("{} has no environment in {country}", operator.as_str());
    Pair::find(operator, &country).ok_or_else(|| Refused::invalid("operator", why()))
}

fn pin(text: &str) -> Result<String, Refused> {
    if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err(Refused::invalid("pin", "four digits"))
}
