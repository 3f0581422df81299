//! What a person does in the platform's dashboard and on a handset, below `/sandboxes/{id}/sandpay` of the admin API.
//!
//! Refusals are problem details in our own words; unknown members of a body are named.

mod api_keys;
mod environments;
mod prompts;
mod stores;
mod test_clients;
mod webhook_endpoints;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::{Engine, Failure, Page, Scan};
use kernel::{Cx, Decided, SandboxId, Stop, View};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use web::{Problem, json_response};

use super::command::Op;
use crate::ops::portal::Refused;

/// The routes, relative to `/sandboxes/{id}/sandpay`.
pub fn admin(engine: Engine) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(api_keys::routes())
        .merge(stores::routes())
        .merge(environments::routes())
        .merge(test_clients::routes())
        .merge(webhook_endpoints::routes())
        .merge(prompts::routes())
        .with_state(engine)
}

/// Where a page begins, and how long it is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    /// From the page before.
    cursor: Option<String>,
    /// 1 to 500, 100 without it.
    limit: Option<usize>,
}

impl PageQuery {
    fn limit(&self) -> Result<usize, Problem> {
        let limit = self.limit.unwrap_or(100);
        if (1..=500).contains(&limit) { Ok(limit) } else { Err(Problem::bad_request("limit is from 1 to 500.")) }
    }
}

/// Runs a decision.
async fn run<I, T>(
    engine: &Engine,
    sandbox: &str,
    input: I,
    decide: fn(&Cx, &View<'_>, &I) -> Decided<T, Refused>,
) -> Result<T, Problem>
where
    I: Send + 'static,
    T: Send + 'static,
{
    engine.decide(&id_of(sandbox)?, Op { input, decide }).await.map_err(problem)
}

/// Looks at what is there, once the fixtures are.
async fn look<T>(
    engine: &Engine,
    sandbox: &str,
    look: impl Fn(&Cx, &View<'_>) -> Result<T, Stop<Refused>>,
) -> Result<T, Problem> {
    let id = id_of(sandbox)?;
    engine.ensure_made(&id, crate::NAME).await.map_err(|failure| problem(failure.map(|()| NO_REFUSAL)))?;
    engine.read(&id, look).map_err(problem)
}

/// A page of a list of the sandbox's, once the fixtures are there; read where waiting for the disk holds up nobody.
async fn scan(engine: &Engine, sandbox: &str, scan: impl Fn(&kernel::Scope) -> Scan) -> Result<Page, Problem> {
    let scope = look(engine, sandbox, |cx, _| Ok(cx.sandbox.scope())).await?;
    let (store, scan) = (Arc::clone(engine.store()), scan(&scope));
    let page = tokio::task::spawn_blocking(move || store.scan(&scan)).await.map_err(|_| Problem::internal())?;
    page.map_err(|error| problem(Failure::Unavailable(error.to_string())))
}

/// Making the fixtures refuses nothing.
const NO_REFUSAL: Refused = Refused::Unknown { what: "sandbox" };

fn id_of(sandbox: &str) -> Result<SandboxId, Problem> {
    SandboxId::parse(sandbox).map_err(|_| no_sandbox())
}

fn no_sandbox() -> Problem {
    Problem::not_found("There is no sandbox of this id.")
}

fn problem(failure: Failure<Refused>) -> Problem {
    match failure {
        Failure::Refused(refused) => problem_of(&refused),
        Failure::NoSandbox => no_sandbox(),
        Failure::Unavailable(why) => {
            tracing::warn!(why, "an admin request was not done");
            Problem::unavailable("Not done; try again.")
        }
        Failure::Bug => Problem::internal(),
    }
}

fn problem_of(refused: &Refused) -> Problem {
    match refused {
        Refused::Unknown { what } => Problem::not_found(format!("There is no such {what} in this sandbox.")),
        Refused::Invalid { member, why } => {
            Problem::bad_request(format!("`{member}` cannot be that: {why}.")).member("member", *member)
        }
        Refused::Taken { what } => Problem::conflict(format!("There is such a {what} already.")),
        Refused::Settled { status } => {
            Problem::conflict(format!("The payment has ended as {status}; nothing changes it any more."))
        }
    }
}

fn shown(value: &impl Serialize) -> Response {
    json_response(StatusCode::OK, value)
}

fn created(value: &impl Serialize) -> Response {
    json_response(StatusCode::CREATED, value)
}

fn gone() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
