//! Fault rules over HTTP: the JSON of the contract in and out.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel::{Action, Cx, DeliveryAction, Fault, FaultOn, RequestAction, Sandbox};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Number, Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{JsonBody, Problem};

use crate::admin::Admin;
use crate::extract::{At, Last};
use crate::probability::{ALWAYS_PPM, read_ppm, shown as probability};
use crate::refusals::{bad_value, failed};

/// A fault rule to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "on": "request", "provider": "sandpay", "path": "/v1/*", "action": { "status": 503 }, "times": 1 }))]
struct FaultWanted {
    /// `request` for calls that come in, `delivery` for webhooks that go out.
    #[schema(value_type = String)]
    on: FaultOn,
    provider: String,
    /// Requests only: this method.
    method: Option<String>,
    /// Requests only: paths from the provider's base URL that match this glob (`*` within a segment, `**` across).
    path: Option<String>,
    /// Deliveries only: this event.
    event: Option<String>,
    /// Requests: `{"status": 503}`, `{"delay_ms": 9000}`, `{"drop": true}`, `{"redirect": 1}`, `{"truncate": true}`.
    /// Deliveries: `"duplicate"`, `"reorder"`, `{"delay_ms": 9000}`, `"drop"`, `"bad_signature"`, `"stale_signature"`,
    /// `"altered_body"`.
    #[schema(value_type = Object)]
    action: Value,
    /// How often it fires; null for always. 1 when left out.
    #[serde(default = "once")]
    times: Option<u32>,
    /// From 0 to 1 with at most six decimals; 1 when left out.
    #[schema(value_type = Option<f64>)]
    probability: Option<Number>,
}

#[expect(clippy::unnecessary_wraps, reason = "the default of a member that may be null")]
fn once() -> Option<u32> {
    Some(1)
}

/// A fault rule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fault)]
struct FaultShown {
    /// `flt_…`
    id: String,
    #[schema(value_type = String)]
    on: FaultOn,
    provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    #[schema(value_type = Object)]
    action: Action,
    /// How often it may still fire; null for always.
    times: Option<u32>,
    #[schema(value_type = f64)]
    probability: Number,
    /// How often it fired.
    fired: u64,
}

/// Fault rules, in the order they were added: the first that matches fires.
#[derive(Debug, Serialize, ToSchema)]
struct FaultList {
    data: Vec<FaultShown>,
    /// Always null: the list is whole.
    next_cursor: Option<String>,
}

/// Rules of one sandbox at the most.
const MOST_FAULTS: usize = 100;
/// The longest delay, in milliseconds: an hour.
const MOST_DELAY_MS: u64 = 60 * 60 * 1000;
/// Longest path, method or event of a rule, in bytes.
const MOST_TEXT: usize = 500;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new().routes(routes!(list, add, clear)).routes(routes!(remove))
}

/// The fault rules.
#[utoipa::path(get, path = "/sandboxes/{id}/faults", tag = "faults", responses((status = 200, description = "All rules.", body = FaultList)))]
async fn list(At(sandbox): At) -> Response {
    let data = sandbox.faults.iter().map(shown).collect();
    web::json_response(StatusCode::OK, &FaultList { data, next_cursor: None })
}

/// Adds a rule that makes matching exchanges go wrong.
#[utoipa::path(
    post,
    path = "/sandboxes/{id}/faults",
    tag = "faults",
    request_body = FaultWanted,
    responses(
        (status = 201, description = "The rule.", body = FaultShown),
        (status = 409, description = "There are too many rules already.")
    )
)]
async fn add(State(admin): State<Admin>, At(sandbox): At, body: JsonBody) -> Result<Response, Problem> {
    let fault = checked(body.read()?, &admin)?;
    let added = admin.engine().change_sandbox(&sandbox.id, "fault.added", move |cx, sandbox| {
        if sandbox.faults.len() >= MOST_FAULTS {
            return Err(());
        }
        let fault = Fault { id: free_id(cx, sandbox), ..fault.clone() };
        let data = json!({ "fault": fault.id, "on": fault.on, "provider": fault.provider });
        sandbox.faults.push(fault);
        Ok(data)
    });
    let sandbox = added.await.map_err(|failure| failed(failure, too_many))?;
    let fault = sandbox.faults.last().ok_or_else(Problem::internal)?;
    Ok(web::json_response(StatusCode::CREATED, &shown(fault)))
}

fn too_many((): ()) -> Problem {
    Problem::conflict(format!("A sandbox has at most {MOST_FAULTS} rules.")).hint("DELETE …/faults removes all.")
}

/// Removes all rules.
#[utoipa::path(delete, path = "/sandboxes/{id}/faults", tag = "faults", responses((status = 204, description = "There are none.")))]
async fn clear(State(admin): State<Admin>, At(sandbox): At) -> Result<Response, Problem> {
    let cleared = admin.engine().change_sandbox(&sandbox.id, "fault.cleared", |_, sandbox| {
        let ids: Vec<String> = sandbox.faults.drain(..).map(|fault| fault.id).collect();
        Ok::<_, ()>(json!({ "faults": ids }))
    });
    cleared.await.map_err(|failure| failed(failure, |()| Problem::internal()))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Removes a rule.
#[utoipa::path(delete, path = "/sandboxes/{id}/faults/{fault_id}", tag = "faults", responses((status = 204, description = "It is gone.")))]
async fn remove(State(admin): State<Admin>, At(sandbox): At, Last(id): Last) -> Result<Response, Problem> {
    let removed = admin.engine().change_sandbox(&sandbox.id, "fault.removed", move |_, sandbox| {
        let before = sandbox.faults.len();
        sandbox.faults.retain(|fault| fault.id != id);
        if sandbox.faults.len() == before { Err(()) } else { Ok(json!({ "fault": id })) }
    });
    let no_fault = |()| Problem::not_found("There is no fault of this id in this sandbox.");
    removed.await.map_err(|failure| failed(failure, no_fault))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// An id that no rule here has. In a seeded sandbox it repeats, so it counts up from what stands.
fn free_id(cx: &Cx, sandbox: &Sandbox) -> String {
    let ids = (sandbox.faults.len()..).map(|n| format!("flt_{}", cx.chance.draw(&format!("fault.{n}")).hex(16)));
    let mut free = ids.filter(|id| sandbox.faults.iter().all(|fault| fault.id != *id));
    free.next().unwrap_or_default()
}

fn checked(wanted: FaultWanted, admin: &Admin) -> Result<Fault, Problem> {
    let names: Vec<&str> = admin.engine().providers().iter().map(|provider| provider.name()).collect();
    if !names.contains(&wanted.provider.as_str()) {
        return Err(bad_value("provider", "there is no such one").hint(format!("There are: {}.", names.join(", "))));
    }
    let others: &[(&str, bool)] = match wanted.on {
        FaultOn::Request => &[("event", wanted.event.is_some())],
        FaultOn::Delivery => &[("method", wanted.method.is_some()), ("path", wanted.path.is_some())],
    };
    if let Some((name, _)) = others.iter().find(|(_, given)| *given) {
        return Err(bad_value(name, "it belongs to the other kind of fault")
            .hint("`request` takes `method` and `path`, `delivery` takes `event`."));
    }
    if wanted.times == Some(0) {
        return Err(bad_value("times", "it is at least 1, or null for always"));
    }
    let probability_ppm = wanted.probability.as_ref().map_or(Some(ALWAYS_PPM), read_ppm);
    Ok(Fault {
        id: String::new(),
        on: wanted.on,
        provider: wanted.provider,
        method: wanted.method.map(method).transpose()?,
        path: wanted.path.map(path).transpose()?,
        event: wanted.event.map(|event| short("event", event)).transpose()?,
        action: action(wanted.on, &wanted.action)?,
        times: wanted.times,
        probability_ppm: probability_ppm
            .ok_or_else(|| bad_value("probability", "it is a number from 0 to 1 with at most six decimals"))?,
        fired: 0,
    })
}

fn method(text: String) -> Result<String, Problem> {
    let is_method = text.len() <= 20 && Method::from_bytes(text.as_bytes()).is_ok();
    if is_method { Ok(text.to_ascii_uppercase()) } else { Err(bad_value("method", "it is an HTTP method")) }
}

fn path(text: String) -> Result<String, Problem> {
    if !text.starts_with(['/', '*']) {
        return Err(bad_value("path", "it begins with a slash or a star").hint("Such as `/v1/payments/*` or `**`."));
    }
    short("path", text)
}

fn short(name: &str, text: String) -> Result<String, Problem> {
    let fits = !text.is_empty() && text.len() <= MOST_TEXT;
    if fits { Ok(text) } else { Err(bad_value(name, &format!("it is 1 to {MOST_TEXT} bytes"))) }
}

fn action(on: FaultOn, value: &Value) -> Result<Action, Problem> {
    match on {
        FaultOn::Request => {
            let action = read_action::<RequestAction>(value, REQUEST_ACTIONS)?;
            check_request_action(&action)?;
            Ok(Action::Request(action))
        }
        FaultOn::Delivery => {
            let action = read_action::<DeliveryAction>(value, DELIVERY_ACTIONS)?;
            if let DeliveryAction::DelayMs(delay_ms) = action {
                check_delay(delay_ms)?;
            }
            Ok(Action::Delivery(action))
        }
    }
}

const REQUEST_ACTIONS: &str = "For requests: {\"status\": 503}, {\"delay_ms\": 9000}, {\"drop\": true}, {\"redirect\": 1} or \
                               {\"truncate\": true}.";
const DELIVERY_ACTIONS: &str = "For deliveries: \"duplicate\", \"reorder\", {\"delay_ms\": 9000}, \"drop\", \
                                \"bad_signature\", \"stale_signature\" or \"altered_body\".";

fn read_action<'de, A: Deserialize<'de>>(value: &'de Value, hint: &'static str) -> Result<A, Problem>
where
    &'de Value: Deserializer<'de, Error = serde_json::Error>,
{
    A::deserialize(value).map_err(|error| bad_value("action", &error.to_string()).hint(hint))
}

fn check_request_action(action: &RequestAction) -> Result<(), Problem> {
    match action {
        RequestAction::Status(status) if !(200..=599).contains(status) => {
            Err(bad_value("action", "a status is from 200 to 599"))
        }
        RequestAction::Redirect(times) if !(1..=20).contains(times) => {
            Err(bad_value("action", "a redirect happens 1 to 20 times"))
        }
        RequestAction::Drop(false) | RequestAction::Truncate(false) => {
            Err(bad_value("action", "it would do nothing").hint("Write true."))
        }
        RequestAction::DelayMs(delay_ms) => check_delay(*delay_ms),
        _ => Ok(()),
    }
}

fn check_delay(delay_ms: u64) -> Result<(), Problem> {
    let fits = (1..=MOST_DELAY_MS).contains(&delay_ms);
    if fits { Ok(()) } else { Err(bad_value("action", &format!("a delay is 1 to {MOST_DELAY_MS} ms"))) }
}

fn shown(fault: &Fault) -> FaultShown {
    FaultShown {
        id: fault.id.clone(),
        on: fault.on,
        provider: fault.provider.clone(),
        method: fault.method.clone(),
        path: fault.path.clone(),
        event: fault.event.clone(),
        action: fault.action.clone(),
        times: fault.times,
        probability: probability(fault.probability_ppm),
        fired: fault.fired,
    }
}
