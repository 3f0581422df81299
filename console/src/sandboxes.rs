//! Sandboxes over HTTP: make, list, look at, reset, delete.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::sandboxes::Taken;
use engine::{Failure, NewSandbox};
use kernel::{Clock, Fixtures, Instant, Latency, Sandbox, SandboxId, Scope};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{JsonBody, Problem};

use crate::access::providers_of;
use crate::admin::{Admin, off_thread};
use crate::clock::{ClockShown, ClockWanted, Mode};
use crate::cursor;
use crate::extract::{Asks, At};
use crate::refusals::{bad_value, failed, no_store};

/// A new sandbox. Everything may be left out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateSandbox {
    /// `sbx_` and 1 to 60 of a-z, 0-9, `_`, `-`. Random without it; with a seed, derived from that.
    id: Option<String>,
    /// What a person calls it; at most 200 characters.
    name: Option<String>,
    /// Makes it repeatable: the same requests in the same order give the same bytes.
    seed: Option<i64>,
    /// Runs at wall time without it.
    clock: Option<ClockWanted>,
    /// `instant`, `real`, or a factor from 0 to 100.
    #[schema(value_type = Option<String>)]
    latency: Option<Value>,
    /// `full` (the demo data of every provider) or `empty` (credentials only).
    #[schema(value_type = Option<String>)]
    fixtures: Option<Fixtures>,
    /// Deleted after so many seconds of wall time.
    ttl_seconds: Option<u32>,
}

/// A sandbox.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sandbox)]
struct SandboxShown {
    id: String,
    name: Option<String>,
    seed: Option<i64>,
    clock: ClockShown,
    /// `instant`, `real` or a factor.
    latency: String,
    /// Where deliveries may go, when narrower than the server allows: `any`, `public` or `loopback`.
    egress: Option<String>,
    #[schema(value_type = String)]
    fixtures: Fixtures,
    /// Wall time, ISO 8601 in UTC.
    created_at: String,
    /// Wall time of deletion.
    expires_at: Option<String>,
}

/// A sandbox with what is needed to use it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SandboxWithAccess)]
struct SandboxWithAccess {
    /// Its id.
    sandbox: String,
    /// Base URL and credentials by provider.
    #[schema(value_type = Object)]
    providers: Value,
    #[serde(flatten)]
    shown: SandboxShown,
}

/// Sandboxes by id.
#[derive(Debug, Serialize, ToSchema)]
struct SandboxPage {
    data: Vec<SandboxShown>,
    /// Cursor of the next page; null at the end.
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SandboxQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 200, 50 when left out.
    limit: Option<u32>,
}

/// Longest name, in characters.
const MOST_NAME: usize = 200;
/// Tries to find a free number of a seed while others make sandboxes of it.
const MOST_TRIES: usize = 64;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, delete)).routes(routes!(reset))
}

/// Makes a sandbox and hands out its credentials.
#[utoipa::path(
    post,
    path = "/sandboxes",
    tag = "sandboxes",
    request_body = CreateSandbox,
    responses(
        (status = 201, description = "The sandbox, ready to use.", body = SandboxWithAccess),
        (status = 409, description = "A sandbox of this id is there already.")
    )
)]
async fn create(State(admin): State<Admin>, body: JsonBody) -> Result<Response, Problem> {
    let new = new_sandbox(&admin, body.read()?)?;
    let numbered = new.id.is_none();
    let mut tries = 0;
    let sandbox = loop {
        match admin.engine().create_sandbox(new.clone()).await {
            // Without an id the next one is taken only when somebody else was faster.
            Err(Failure::Refused(Taken)) if numbered && tries < MOST_TRIES => tries += 1,
            ended => break ended.map_err(|failure| failed(failure, taken))?,
        }
    };
    Ok(web::json_response(StatusCode::CREATED, &with_access(&admin, &sandbox)))
}

fn taken(_: Taken) -> Problem {
    Problem::conflict("A sandbox of this id is there already.")
        .hint("Leave `id` out, choose another, or delete that sandbox first.")
}

fn new_sandbox(admin: &Admin, asked: CreateSandbox) -> Result<NewSandbox, Problem> {
    let id = asked.id.as_deref().map(|id| SandboxId::parse(id).map_err(|why| bad_value("id", why))).transpose()?;
    if asked.name.as_ref().is_some_and(|name| name.chars().count() > MOST_NAME || name.chars().any(char::is_control)) {
        return Err(bad_value("name", &format!("it is at most {MOST_NAME} characters without control characters")));
    }
    if asked.ttl_seconds == Some(0) {
        return Err(bad_value("ttl_seconds", "it is at least 1").hint("Leave it out to keep the sandbox."));
    }
    let defaults = admin.defaults();
    Ok(NewSandbox {
        id,
        name: asked.name,
        seed: asked.seed.or(defaults.seed),
        clock: asked.clock.map(|clock| first_clock(&clock, admin.engine().wall().now())).transpose()?,
        latency: asked.latency.as_ref().map(latency).transpose()?.unwrap_or(defaults.latency),
        fixtures: asked.fixtures.unwrap_or(Fixtures::Full),
        ttl_seconds: asked.ttl_seconds,
        credential_salt: defaults.credential_salt.clone(),
    })
}

fn first_clock(wanted: &ClockWanted, wall: Instant) -> Result<Clock, Problem> {
    let clock = wanted.instant()?.map_or(Clock::WALL, |now| Clock::WALL.set_to(now, wall));
    Ok(if wanted.mode == Some(Mode::Frozen) { clock.frozen(wall) } else { clock })
}

/// Reads a latency as text or as a number.
pub(crate) fn latency(value: &Value) -> Result<Latency, Problem> {
    let read = match value {
        Value::String(text) => Latency::parse(text),
        Value::Number(number) => Latency::parse(&number.to_string()),
        _ => Err("latency is `instant`, `real`, or a factor"),
    };
    read.map_err(|why| bad_value("latency", why))
}

/// Lists the sandboxes by id.
#[utoipa::path(
    get,
    path = "/sandboxes",
    tag = "sandboxes",
    params(SandboxQuery),
    responses((status = 200, description = "A page of sandboxes.", body = SandboxPage))
)]
async fn list(State(admin): State<Admin>, Asks(asked): Asks<SandboxQuery>) -> Result<Response, Problem> {
    let after = cursor::read(asked.cursor.as_deref())?.unwrap_or_default();
    let limit = cursor::limit(asked.limit, 50, 200)?;
    let engine = admin.engine().clone();
    let found = off_thread(move || engine.sandboxes(&after, limit + 1).map_err(|error| no_store(&error))).await?;
    let next_cursor = (found.len() > limit).then(|| cursor::write(found[limit - 1].id.as_str()));
    let wall = admin.engine().wall().now();
    let data = found.iter().take(limit).map(|sandbox| shown(sandbox, wall)).collect();
    Ok(web::json_response(StatusCode::OK, &SandboxPage { data, next_cursor }))
}

/// One sandbox with its credentials.
#[utoipa::path(get, path = "/sandboxes/{id}", tag = "sandboxes", responses((status = 200, description = "The sandbox.", body = SandboxWithAccess)))]
async fn show(State(admin): State<Admin>, At(sandbox): At) -> Response {
    web::json_response(StatusCode::OK, &with_access(&admin, &sandbox))
}

/// Goes back to creation: fixtures made anew, credentials and webhook endpoints kept, clock and randomness restarted.
#[utoipa::path(post, path = "/sandboxes/{id}/reset", tag = "sandboxes", responses((status = 200, description = "The sandbox as it was made.", body = SandboxWithAccess)))]
async fn reset(State(admin): State<Admin>, At(before): At) -> Result<Response, Problem> {
    let sandbox = admin.engine().reset_sandbox(&before.id).await;
    let sandbox = sandbox.map_err(|failure| failed(failure, |()| Problem::internal()))?;
    forget_requests(&admin, before.scope()).await?;
    Ok(web::json_response(StatusCode::OK, &with_access(&admin, &sandbox)))
}

/// Deletes a sandbox with all that belongs to it.
#[utoipa::path(delete, path = "/sandboxes/{id}", tag = "sandboxes", responses((status = 204, description = "It is gone.")))]
async fn delete(State(admin): State<Admin>, At(before): At) -> Result<Response, Problem> {
    let deleted = admin.engine().delete_sandbox(&before.id).await;
    deleted.map_err(|failure| failed(failure, |()| Problem::internal()))?;
    forget_requests(&admin, before.scope()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What the inbound log holds of a generation that is over. It is no part of the commit: a failure is logged only.
async fn forget_requests(admin: &Admin, scope: Scope) -> Result<(), Problem> {
    let log = Arc::clone(admin.log());
    off_thread(move || {
        if let Err(error) = log.forget(scope.as_str()) {
            tracing::warn!(%error, ?scope, "requests of an earlier generation stay until they age out");
        }
        Ok(())
    })
    .await
}

fn shown(sandbox: &Sandbox, wall: Instant) -> SandboxShown {
    SandboxShown {
        id: sandbox.id.to_string(),
        name: sandbox.name.clone(),
        seed: sandbox.seed,
        clock: ClockShown::of(&sandbox.clock, wall),
        latency: sandbox.latency.text(),
        egress: sandbox.egress.clone(),
        fixtures: sandbox.fixtures,
        created_at: sandbox.created_at.iso(),
        expires_at: sandbox.expires_at.map(Instant::iso),
    }
}

fn with_access(admin: &Admin, sandbox: &Sandbox) -> SandboxWithAccess {
    SandboxWithAccess {
        sandbox: sandbox.id.to_string(),
        providers: providers_of(admin.engine(), admin.public_url(), sandbox),
        shown: shown(sandbox, admin.engine().wall().now()),
    }
}
