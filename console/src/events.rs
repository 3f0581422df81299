//! Events over HTTP: history, and waiting for one without sleeping.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::Seen;
use engine::events::Wanted;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::Problem;

use crate::admin::{Admin, off_thread};
use crate::cursor;
use crate::extract::{Asks, At};
use crate::refusals::{bad_value, no_sandbox, no_store};

/// An event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventShown {
    /// Its place in the sandbox's history; grows without end.
    pub(crate) position: u64,
    /// What happened: `clock.set`, `delivery.failed`, or a provider's own.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Whose it is; null for the sandbox's own.
    provider: Option<String>,
    /// The id of what it is about.
    subject: Option<String>,
    /// Virtual time, ISO 8601 in UTC.
    at: String,
    #[schema(value_type = Object)]
    data: Value,
}

impl From<Seen> for EventShown {
    fn from(seen: Seen) -> Self {
        let Seen { position, event } = seen;
        Self {
            position,
            kind: event.kind,
            provider: event.provider,
            subject: event.subject,
            at: event.at.iso(),
            data: event.data,
        }
    }
}

/// Events, oldest first.
#[derive(Debug, Serialize, ToSchema)]
struct EventPage {
    data: Vec<EventShown>,
    /// What to give as `after` for the next page; null when there is nothing more yet.
    next_cursor: Option<String>,
    /// The position up to which was looked: `after` for what happens from now on.
    position: u64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only events after this position.
    after: Option<u64>,
    /// Types separated by commas; one that ends in `*` stands for all that begin so.
    types: Option<String>,
    /// Only events about this.
    subject: Option<String>,
    /// 1 to 1000, 100 when left out.
    limit: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WaitQuery {
    /// Only events after this position; from the beginning when left out.
    after: Option<u64>,
    /// Types separated by commas; one that ends in `*` stands for all that begin so.
    types: Option<String>,
    /// Only events about this.
    subject: Option<String>,
    /// Real time, 0 to 60000; 10000 when left out.
    timeout_ms: Option<u64>,
}

/// The longest wait, in milliseconds of real time.
const MOST_TIMEOUT_MS: u64 = 60_000;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(wait))
}

/// Which events a query asks for.
pub(crate) fn wanted(types: Option<&str>, subject: Option<String>) -> Wanted {
    let types = types.unwrap_or_default().split(',').map(str::trim).filter(|kind| !kind.is_empty());
    Wanted { types: types.map(str::to_owned).collect(), subject }
}

/// What happened, oldest first.
#[utoipa::path(
    get,
    path = "/sandboxes/{id}/events",
    tag = "events",
    params(ListQuery),
    responses((status = 200, description = "A page of events.", body = EventPage))
)]
async fn list(State(admin): State<Admin>, At(sandbox): At, Asks(asked): Asks<ListQuery>) -> Result<Response, Problem> {
    let limit = cursor::limit(asked.limit, 100, 1000)?;
    let wanted = wanted(asked.types.as_deref(), asked.subject);
    let (engine, scope) = (admin.engine().clone(), sandbox.scope());
    let page = off_thread(move || {
        let found = engine.events(&scope, asked.after.unwrap_or(0), &wanted, limit);
        let (found, position) = found.map_err(|error| no_store(&error))?;
        let rest = engine.store().journal(&scope, position, 1).map_err(|error| no_store(&error))?;
        let next_cursor = (!rest.is_empty()).then(|| position.to_string());
        Ok(EventPage { data: found.into_iter().map(EventShown::from).collect(), next_cursor, position })
    });
    Ok(web::json_response(StatusCode::OK, &page.await?))
}

/// Waits for the first matching event, so that a test need not sleep.
#[utoipa::path(
    get,
    path = "/sandboxes/{id}/events/wait",
    tag = "events",
    params(WaitQuery),
    responses(
        (status = 200, description = "The first matching event.", body = EventShown),
        (status = 408, description = "`timeout_ms` of real time passed first."),
        (status = 503, description = "The server is stopping.")
    )
)]
async fn wait(State(admin): State<Admin>, At(sandbox): At, Asks(asked): Asks<WaitQuery>) -> Result<Response, Problem> {
    let timeout_ms = asked.timeout_ms.unwrap_or(10_000);
    if timeout_ms > MOST_TIMEOUT_MS {
        return Err(
            bad_value("timeout_ms", &format!("it is at most {MOST_TIMEOUT_MS}")).hint("Wait again after a 408.")
        );
    }
    let wanted = wanted(asked.types.as_deref(), asked.subject);
    let scope = sandbox.scope();
    let waiting = admin.engine().wait_for(&scope, asked.after.unwrap_or(0), &wanted);
    let in_time = tokio::time::timeout(Duration::from_millis(timeout_ms), waiting);
    let ended = tokio::select! {
        biased;
        ended = in_time => ended,
        () = admin.closing().closed() => return Err(Problem::unavailable("The server is stopping.")),
    };
    match ended {
        Ok(Ok(seen)) => Ok(web::json_response(StatusCode::OK, &EventShown::from(seen))),
        Ok(Err(error)) => Err(no_store(&error)),
        Err(_) => Err(nothing_came(&admin, &sandbox.id, timeout_ms)),
    }
}

fn nothing_came(admin: &Admin, sandbox: &kernel::SandboxId, timeout_ms: u64) -> Problem {
    match admin.engine().sandbox(sandbox) {
        Ok(None) => no_sandbox(),
        _ => Problem::timeout(format!("No matching event came within {timeout_ms} ms."))
            .hint("GET …/events lists what happened; check `types`, `subject` and `after`."),
    }
}
