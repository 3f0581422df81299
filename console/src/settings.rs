//! The settings of a sandbox over HTTP: latency, where deliveries may go, assumptions overridden.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::{Assumption, Latency, Sandbox};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{JsonBody, Problem};

use crate::admin::Admin;
use crate::extract::At;
use crate::refusals::{bad_value, failed};
use crate::sandboxes::latency;

/// Settings as they stand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Settings)]
struct SettingsShown {
    /// `instant`, `real` or a factor.
    latency: String,
    /// `any`, `public`, `loopback`; null for what the server allows.
    egress: Option<String>,
    /// Overrides by assumption.
    #[schema(value_type = Object)]
    assumptions: BTreeMap<String, Value>,
}

/// What is to change. What is left out stays; null goes back to the default.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SettingsWanted {
    /// `instant`, `real` or a factor from 0 to 100.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    latency: Option<Value>,
    /// `any`, `public` or `loopback`; it can only narrow what the server allows.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    egress: Option<Value>,
    /// Values by assumption; null removes an override.
    #[serde(default)]
    #[schema(value_type = Object)]
    assumptions: Map<String, Value>,
}

/// Tells null from left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Settings that were checked.
struct Change {
    latency: Option<Latency>,
    #[expect(clippy::option_option, reason = "left out and taken back are different")]
    egress: Option<Option<String>>,
    assumptions: Map<String, Value>,
}

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new().routes(routes!(show, set))
}

/// The settings of a sandbox.
#[utoipa::path(get, path = "/sandboxes/{id}/settings", tag = "settings", responses((status = 200, description = "The settings.", body = SettingsShown)))]
async fn show(At(sandbox): At) -> Response {
    web::json_response(StatusCode::OK, &shown(&sandbox))
}

/// Changes settings of this sandbox only.
#[utoipa::path(
    put,
    path = "/sandboxes/{id}/settings",
    tag = "settings",
    request_body = SettingsWanted,
    responses(
        (status = 200, description = "The settings.", body = SettingsShown),
        (status = 409, description = "The assumption cannot be overridden.")
    )
)]
async fn set(State(admin): State<Admin>, At(sandbox): At, body: JsonBody) -> Result<Response, Problem> {
    let change = checked(body.read()?, &admin)?;
    let changed = admin.engine().change_sandbox(&sandbox.id, "settings.changed", move |_, sandbox| {
        apply(&change, sandbox);
        let shown = shown(sandbox);
        Ok::<_, ()>(json!({ "latency": shown.latency, "egress": shown.egress, "assumptions": shown.assumptions }))
    });
    let sandbox = changed.await.map_err(|failure| failed(failure, |()| Problem::internal()))?;
    Ok(web::json_response(StatusCode::OK, &shown(&sandbox)))
}

fn shown(sandbox: &Sandbox) -> SettingsShown {
    SettingsShown {
        latency: sandbox.latency.text(),
        egress: sandbox.egress.clone(),
        assumptions: sandbox.assumptions.clone(),
    }
}

fn checked(wanted: SettingsWanted, admin: &Admin) -> Result<Change, Problem> {
    check_assumptions(&wanted.assumptions, admin.assumptions())?;
    let latency = match &wanted.latency {
        None => None,
        Some(Value::Null) => Some(admin.defaults().latency),
        Some(value) => Some(latency(value)?),
    };
    Ok(Change { latency, egress: wanted.egress.as_ref().map(egress).transpose()?, assumptions: wanted.assumptions })
}

fn egress(value: &Value) -> Result<Option<String>, Problem> {
    match value {
        Value::Null => Ok(None),
        Value::String(mode) if matches!(mode.as_str(), "any" | "public" | "loopback") => Ok(Some(mode.clone())),
        _ => Err(bad_value("egress", "it is `any`, `public`, `loopback` or null")),
    }
}

fn check_assumptions(wanted: &Map<String, Value>, known: &[Assumption]) -> Result<(), Problem> {
    let find = |id: &str| known.iter().find(|assumption| assumption.id == id);
    let unknown: Vec<&str> = wanted.keys().map(String::as_str).filter(|id| find(id).is_none()).collect();
    if !unknown.is_empty() {
        return Err(Problem::bad_request(format!("There are no such assumptions: {}.", unknown.join(", ")))
            .hint("GET /_playmoney/v1/assumptions lists them.")
            .member("unknown_members", unknown));
    }
    for (id, value) in wanted {
        let Some(assumption) = find(id) else { continue };
        if !assumption.overridable {
            return Err(
                Problem::conflict(format!("`{id}` cannot be set to another value.")).hint(assumption.reason.clone())
            );
        }
        if !value.is_null() && kind(value) != kind(&assumption.value) {
            let why = format!("it takes {}, as {}", kind(&assumption.value), assumption.value);
            return Err(bad_value(id, &why).hint("null goes back to the default."));
        }
    }
    Ok(())
}

/// The type of a value, for people. A whole number is not a fraction: units are whole.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "a whole number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn apply(change: &Change, sandbox: &mut Sandbox) {
    if let Some(latency) = change.latency {
        sandbox.latency = latency;
    }
    if let Some(egress) = &change.egress {
        sandbox.egress.clone_from(egress);
    }
    for (id, value) in &change.assumptions {
        if value.is_null() {
            sandbox.assumptions.remove(id);
        } else {
            sandbox.assumptions.insert(id.clone(), value.clone());
        }
    }
}
