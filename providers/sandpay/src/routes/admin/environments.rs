//! Environments: the nine that there can be. They are neither added nor taken away.

use axum::extract::{Path, State};
use axum::response::Response;
use engine::Engine;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{JsonBody, Problem};

use super::{look, run, shown};
use crate::ops::portal::environments as ops;
use crate::wire::portal::{EnvironmentChange, EnvironmentView, Listed};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show, change))
}

/// Lists environments.
#[utoipa::path(
    get, path = "/environments", tag = "sandpay", operation_id = "sandpay_list_environments",
    params(("id" = String, Path, description = "Sandbox")),
    responses((status = 200, body = Listed<EnvironmentView>))
)]
async fn list(State(engine): State<Engine>, Path(id): Path<String>) -> Result<Response, Problem> {
    Ok(shown(&Listed::whole(look(&engine, &id, ops::list).await?)))
}

/// Shows an environment.
#[utoipa::path(
    get, path = "/environments/{env_id}", tag = "sandpay", operation_id = "sandpay_show_environment",
    params(("id" = String, Path, description = "Sandbox"), ("env_id" = String, Path)),
    responses((status = 200, body = EnvironmentView), (status = 404))
)]
async fn show(State(engine): State<Engine>, Path((id, env_id)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(shown(&look(&engine, &id, |cx, view| ops::show(cx, view, &env_id)).await?))
}

/// Changes an environment, its float among the rest.
#[utoipa::path(
    patch, path = "/environments/{env_id}", tag = "sandpay", operation_id = "sandpay_change_environment",
    params(("id" = String, Path, description = "Sandbox"), ("env_id" = String, Path)),
    request_body = EnvironmentChange, responses((status = 200, body = EnvironmentView), (status = 400), (status = 404))
)]
async fn change(
    State(engine): State<Engine>,
    Path((id, env_id)): Path<(String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let change: EnvironmentChange = body.read()?;
    Ok(shown(&run(&engine, &id, (env_id, change), ops::change).await?))
}
