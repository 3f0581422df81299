//! What a new sandbox holds (playmoney.md section 8): the organisation, its key and store, and, unless it is to be
//! empty, nine environments that are switched on with three test clients each.
//!
//! Made on first use, and again after a reset that kept the organisation and its keys.

use kernel::{Cx, Effects, Need, Realm, Record, View, Want};

use crate::auth::{self, KeyHash};
use crate::ledger;
use crate::model::{ApiKey, ClientStatus, DEFAULT_PIN, Environment, KeyRef, ORG, Org, Shop, TestClient};
use crate::operators::{Country, Operator, PAIRS, Pair};
use crate::settings;

/// The store of a new sandbox.
pub const STORE: &str = "demo-store";

/// The balances and states of the three clients, by the end of their number.
const CLIENTS: [(&str, ClientStatus, i64); 3] = [
    ("111", ClientStatus::Active, 100_000),
    ("222", ClientStatus::Active, 50),
    ("333", ClientStatus::Blocked, 100_000),
];

/// The secret key of a sandbox: published for the demo sandbox on loopback, else drawn.
#[must_use]
pub fn api_key(realm: &Realm) -> String {
    if realm.published {
        return auth::DEMO_KEY.to_owned();
    }
    format!("{}{}", auth::PREFIX, realm.chance.draw("sandpay.api_key").hex(auth::RANDOM_CHARS))
}

/// Makes them.
///
/// # Errors
/// Keys to load first.
pub fn make(cx: &Cx, view: &View<'_>, realm: &Realm, empty: bool) -> Result<Effects, Need> {
    let key = api_key(realm);
    let hash = KeyHash::of(&key);
    view.want(&[Want::Record(Org::KIND, ORG), Want::Record(ApiKey::KIND, hash.as_str())])?;
    let mut fx = Effects::new();
    let key_ref = KeyRef { id: format!("key_{}", cx.chance.draw("key_id").hex(12)), hash: hash.as_str().to_owned() };
    let store = Shop { slug: STORE.to_owned(), name: "Demo store".to_owned() };
    if view.get::<ApiKey>(hash.as_str())?.is_none() {
        fx.insert(ApiKey {
            hash: key_ref.hash.clone(),
            key_id: key_ref.id.clone(),
            label: "default".to_owned(),
            prefix: auth::visible(&key),
            created_at: cx.now,
            revoked_at: None,
            expires_at: None,
        });
    }
    match view.get::<Org>(ORG)? {
        Some(kept) => fx.replace(&*kept, Org { stores: vec![store], ..(*kept).clone() }),
        None => {
            let org_id = format!("org_{}", cx.chance.draw("org_id").hex(12));
            fx.insert(Org { org_id, stores: vec![store], endpoints: Vec::new(), keys: vec![key_ref] });
        }
    }
    let clients: Vec<(TestClient, i64)> =
        if empty { Vec::new() } else { PAIRS.into_iter().flat_map(clients).collect() };
    balances(view, &clients)?;
    for pair in PAIRS {
        fx.insert(Environment::new(pair, !empty));
        let float = ledger::float(&pair.env_id());
        ledger::set_balance(&mut fx, view, &float, pair, settings::initial_float(cx))?;
    }
    for (client, balance) in clients {
        ledger::set_balance(&mut fx, view, &ledger::sim(&client.id()), client.pair(), balance)?;
        fx.insert(client);
    }
    Ok(fx)
}

/// All balances that are set, loaded in one round trip.
fn balances(view: &View<'_>, clients: &[(TestClient, i64)]) -> Result<(), Need> {
    let floats = PAIRS.map(|pair| (ledger::float(&pair.env_id()), ledger::currency(pair)));
    let sims = clients.iter().map(|(client, _)| (ledger::sim(&client.id()), ledger::currency(client.pair())));
    let accounts: Vec<_> = floats.into_iter().chain(sims).collect();
    let wants: Vec<_> = accounts.iter().map(|(account, currency)| Want::Balance(account, *currency)).collect();
    view.want(&wants)
}

/// The test clients of an environment, with their balances.
fn clients(pair: Pair) -> impl Iterator<Item = (TestClient, i64)> {
    CLIENTS.into_iter().map(move |(end, status, balance)| {
        let client = TestClient {
            operator: pair.operator,
            country: pair.country,
            msisdn: format!("{}{end}", number(pair)),
            status,
            pin: DEFAULT_PIN.to_owned(),
            name: None,
        };
        (client, balance)
    })
}

/// A number of that network without its last three digits. MTN has no prefix of its own in Togo: any number there will
/// do, with the operator named.
const fn number(pair: Pair) -> &'static str {
    match (pair.country, pair.operator) {
        (Country::Ci, Operator::Orange) => "+2250700000",
        (Country::Ci, Operator::Moov) => "+2250100000",
        (Country::Ci, _) => "+2250500000",
        (Country::Bj, Operator::Moov) => "+2290195000",
        (Country::Bj, _) => "+2290196000",
        (Country::Tg, Operator::Moov) => "+22896000",
        (Country::Tg, _) => "+22890000",
        (Country::Rw, Operator::Airtel) => "+250728000",
        (Country::Rw, _) => "+250788000",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msisdn::{country_of, is_e164, operator_of};

    #[test]
    fn every_number_is_told_to_be_of_its_environment() {
        for pair in PAIRS {
            for (TestClient { msisdn, .. }, _) in clients(pair) {
                assert!(is_e164(&msisdn), "{msisdn}");
                assert_eq!(country_of(&msisdn), Some(pair.country), "{msisdn}");
                let told = if pair.env_id() == "env_tg_mtn" { None } else { Some(pair.operator) };
                assert_eq!(operator_of(&msisdn), told, "{msisdn}");
            }
        }
    }
}
