//! `POST /v1/payments`: a simulated collection (contract 3.3, 4.1, 6, 9.2).
//!
//! Amounts are whole francs. Answers the Payment, new or as it stands now when the reference was used for the same
//! before. Refuses, in this order: 401 `unauthorized` (before it comes here), 401 `invalid_api_key`, 413 and 400
//! `invalid_body`, 404 `not_found` (application), 400 `invalid_body` (operator or country cannot be told), 404
//! `env_not_found`. A payment that fails is an answer with a status, not a refusal.

use std::sync::Arc;

use kernel::{Currency, Cx, Decided, Effects, Event, Need, Record, Stop, View, Want};
use serde_json::json;

use super::outcome::{self, Outcome};
use crate::auth::{self, KeyHash};
use crate::commission::Quote;
use crate::model::{ApiKey, Environment, ORG, Org, Rates, TestClient, Transaction};
use crate::msisdn::{self, Undetectable};
use crate::operators::{Operator, Pair};
use crate::refusals::Refusal;
use crate::scenarios::Status;
use crate::wire::{CreatePayment, FieldErrors, TransactionType};
use crate::{ledger, settings, tx_id, webhooks};

/// A request as it came in, with all that its text alone tells.
#[derive(Debug, Clone)]
pub struct Input {
    key: KeyHash,
    body_bytes: usize,
    asked: Result<Asked, FieldErrors>,
}

#[derive(Debug, Clone)]
struct Asked {
    request: CreatePayment,
    network: Result<Network, Undetectable>,
}

/// Which operator in which country the payment is for.
#[derive(Debug, Clone)]
struct Network {
    operator: Operator,
    country: String,
    place: Option<Place>,
}

/// An environment that can exist, and where the payer stands in it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) pair: Pair,
    pub(super) env_id: String,
    pub(super) client_id: String,
    pub(super) sim: String,
    pub(super) currency: Currency,
}

impl Place {
    pub(super) fn of(pair: Pair, msisdn: &str) -> Self {
        let client_id = TestClient::id_of(pair, msisdn);
        let sim = ledger::sim(&client_id);
        Self { pair, env_id: pair.env_id(), client_id, sim, currency: ledger::currency(pair) }
    }
}

impl Input {
    /// Reads a request body.
    #[must_use]
    pub fn read(key: KeyHash, body: &[u8]) -> Self {
        let asked = CreatePayment::parse(body).map(|request| {
            let network = msisdn::resolve(&request.msisdn, request.operator, request.country.as_deref());
            let network = network.map(|(operator, country)| Network {
                operator,
                place: Pair::find(operator, &country).map(|pair| Place::of(pair, &request.msisdn)),
                country,
            });
            Asked { request, network }
        });
        Self { key, body_bytes: body.len(), asked }
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Created {
    /// The payment.
    pub payment: Arc<Transaction>,
    /// It was there already: 200 instead of 201, nothing happened.
    pub is_replay: bool,
    /// How long the answer is held back, in milliseconds of real time.
    pub held_ms: i64,
}

/// Decides.
///
/// # Errors
/// The refusals above, or keys to load first.
pub fn decide(cx: &Cx, view: &View<'_>, input: &Input) -> Decided<Created, Refusal> {
    load(cx, view, input)?;
    auth::check(cx, view, &input.key)?;
    let limit_bytes = settings::body_limit_bytes(cx);
    if input.body_bytes > limit_bytes {
        return Err(Stop::Refused(Refusal::BodyTooLarge { limit_bytes }));
    }
    let asked = input.asked.as_ref().map_err(|errors| Stop::Refused(Refusal::InvalidBody(errors.clone())))?;
    let request = &asked.request;
    let (own_id, earlier) = tx_id::of_reference(cx, view, &request.reference)?;
    if let Some(payment) = earlier.as_ref().filter(|earlier| is_same(earlier, request)) {
        let payment = Arc::clone(payment);
        return Ok((Created { payment, is_replay: true, held_ms: 0 }, Effects::new()));
    }
    let org = view.get::<Org>(ORG)?.expect("the fixtures make the organisation before the first command");
    if org.store(&request.application).is_none() {
        return Err(Stop::Refused(Refusal::NotFound { resource: "application" }));
    }
    let (place, environment) = environment(view, asked)?;
    let quote = Quote::of(request.amount, environment.commission_bps, environment.merchant_absorption_pct);
    let outcome = match &earlier {
        Some(_) => Outcome::moving_nothing(Status::DuplicateReference, "reference"),
        None => outcome::of(view, request.scenario, place, &environment, quote.customer_total)?,
    };
    let id = if earlier.is_some() { tx_id::of_duplicate(cx, view)? } else { own_id };
    let tx = transaction(cx, id, request, (&environment, &outcome));
    Ok(commit(cx, &org, (tx, &quote), (place, &outcome)))
}

/// All that the decision reads, in one round trip.
fn load(cx: &Cx, view: &View<'_>, input: &Input) -> Result<(), Need> {
    let asked = input.asked.as_ref().ok();
    let tx_id = asked.map(|asked| tx_id::first_of(cx, &asked.request.reference)).unwrap_or_default();
    let mut wants = vec![Want::Record(ApiKey::KIND, input.key.as_str())];
    if let Some(asked) = asked {
        wants.push(Want::Record(Org::KIND, ORG));
        wants.push(Want::Record(Transaction::KIND, &tx_id));
        if let Ok(Network { place: Some(place), .. }) = &asked.network {
            wants.push(Want::Record(Environment::KIND, &place.env_id));
            wants.push(Want::Record(TestClient::KIND, &place.client_id));
            wants.push(Want::Balance(&place.sim, place.currency));
        }
    }
    view.want(&wants)
}

/// Whether a request has the fingerprint of a transaction (9.2): what it leaves out matches anything.
fn is_same(earlier: &Transaction, request: &CreatePayment) -> bool {
    earlier.kind == TransactionType::Collection
        && earlier.amount == request.amount
        && earlier.currency == request.currency
        && earlier.msisdn == request.msisdn
        && request.operator.is_none_or(|operator| operator == earlier.operator)
        && request.country.as_deref().is_none_or(|country| country == earlier.country.as_str())
}

/// The environment of the request, if it is switched on and settles in the currency sent.
fn environment<'a>(view: &View<'_>, asked: &'a Asked) -> Result<(&'a Place, Arc<Environment>), Stop<Refusal>> {
    let network = asked.network.as_ref().map_err(|missing| Stop::Refused(undetectable(*missing)))?;
    let refused = || {
        let (operator, country) = (network.operator, network.country.clone());
        Stop::Refused(Refusal::EnvNotFound { operator, country, currency: asked.request.currency.clone() })
    };
    let place = network.place.as_ref().ok_or_else(refused)?;
    let found = view.get::<Environment>(&place.env_id)?;
    let usable = found.filter(|env| env.enabled && place.pair.accepts_currency(&asked.request.currency));
    Ok((place, usable.ok_or_else(refused)?))
}

fn undetectable(missing: Undetectable) -> Refusal {
    let mut errors = FieldErrors::default();
    for (name, is_missing) in [("operator", missing.operator), ("country", missing.country)] {
        if is_missing {
            errors.add(name, format!("Required: the number does not tell the {name}"));
        }
    }
    Refusal::InvalidBody(errors)
}

fn transaction(
    cx: &Cx,
    id: String,
    request: &CreatePayment,
    (environment, outcome): (&Environment, &Outcome),
) -> Transaction {
    let range = outcome.status.latency_range_ms();
    let latency_ms = cx.chance.draw("latency").between(i64::from(*range.start()), i64::from(*range.end()));
    Transaction {
        id,
        kind: TransactionType::Collection,
        parent_tx_id: None,
        operator: environment.operator,
        country: environment.country,
        application: request.application.clone(),
        amount: request.amount,
        rates: Some(Rates { bps: environment.commission_bps, pct: environment.merchant_absorption_pct }),
        currency: request.currency.clone(),
        msisdn: request.msisdn.clone(),
        reference: request.reference.clone(),
        order_ref: request.order_ref.clone(),
        order_url: request.order_url.clone(),
        is_url_protected: request.is_url_protected,
        description: request.description.clone(),
        scenario: request.scenario,
        status: outcome.status,
        latency_ms: u32::try_from(latency_ms).expect("the ranges are of u32"),
        created_at: cx.now,
        expires_at: (!outcome.status.terminal()).then(|| super::expire::tick_for(cx)),
        settled_at: None,
        expired: false,
        provider_tx_id: outcome.provider_tx_id(cx),
        is_duplicate: outcome.decided_by == "reference",
    }
}

fn commit(
    cx: &Cx,
    org: &Org,
    (tx, quote): (Transaction, &Quote),
    (place, outcome): (&Place, &Outcome),
) -> (Created, Effects) {
    let mut fx = Effects::new();
    let held_ms = cx.sandbox.latency.scaled_ms(i64::from(tx.latency_ms));
    fx.tell(created(cx, &tx));
    if tx.status == Status::Success {
        ledger::collect(&mut fx, &tx, quote, outcome.payer(place));
    }
    if tx.status.terminal() {
        // A clock that stands still would never reach a later instant by itself.
        let wait_ms = if cx.sandbox.clock.is_frozen() { 0 } else { held_ms };
        webhooks::owe(cx, &mut fx, org, &tx, cx.now.plus_ms(wait_ms));
        fx.tell(completed(cx, &tx, outcome.decided_by));
    } else if let Some(job) = super::expire::job_for(&tx) {
        fx.schedule(job);
    }
    let payment = Arc::new(tx.clone());
    fx.insert(tx);
    (Created { payment, is_replay: false, held_ms }, fx)
}

fn created(cx: &Cx, tx: &Transaction) -> Event {
    let data = json!({
        "status": tx.status, "reference": tx.reference, "amount": tx.amount, "currency": tx.currency,
        "environment": tx.pair().env_id(), "application": tx.application,
    });
    Event::of(crate::NAME, "sandpay.payment.created", &tx.id, cx.now, data)
}

/// The event of a payment that has ended, saying what decided how: `scenario`, `registry`, `passthrough`, `reference`,
/// `payer` or `expiry`.
pub(super) fn completed(cx: &Cx, tx: &Transaction, decided_by: &str) -> Event {
    let data = json!({
        "status": tx.status, "reference": tx.reference, "amount": tx.amount, "decided_by": decided_by,
    });
    Event::of(crate::NAME, "sandpay.payment.completed", &tx.id, cx.now, data)
}
