//! Secret keys: the whole key is answered once, on creation.

use axum::extract::{Path, State};
use axum::response::Response;
use engine::Engine;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{JsonBody, Problem};

use super::{created, gone, look, run, shown};
use crate::ops::portal::api_keys as ops;
use crate::wire::portal::{ApiKeyChange, ApiKeyView, Listed, NewApiKey};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, change, revoke))
}

/// Lists keys.
#[utoipa::path(
    get, path = "/api-keys", tag = "sandpay", operation_id = "sandpay_list_api_keys",
    params(("id" = String, Path, description = "Sandbox")),
    responses((status = 200, body = Listed<ApiKeyView>))
)]
async fn list(State(engine): State<Engine>, Path(id): Path<String>) -> Result<Response, Problem> {
    Ok(shown(&Listed::whole(look(&engine, &id, ops::list).await?)))
}

/// Adds a key.
#[utoipa::path(
    post, path = "/api-keys", tag = "sandpay", operation_id = "sandpay_create_api_key",
    params(("id" = String, Path, description = "Sandbox")),
    request_body = NewApiKey, responses((status = 201, body = ApiKeyView), (status = 400), (status = 409))
)]
async fn create(State(engine): State<Engine>, Path(id): Path<String>, body: JsonBody) -> Result<Response, Problem> {
    let new: NewApiKey = body.read()?;
    Ok(created(&run(&engine, &id, new, ops::create).await?))
}

/// Shows a key.
#[utoipa::path(
    get, path = "/api-keys/{key_id}", tag = "sandpay", operation_id = "sandpay_show_api_key",
    params(("id" = String, Path, description = "Sandbox"), ("key_id" = String, Path)),
    responses((status = 200, body = ApiKeyView), (status = 404))
)]
async fn show(State(engine): State<Engine>, Path((id, key_id)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(shown(&look(&engine, &id, |cx, view| ops::show(cx, view, &key_id)).await?))
}

/// Changes a key.
#[utoipa::path(
    patch, path = "/api-keys/{key_id}", tag = "sandpay", operation_id = "sandpay_change_api_key",
    params(("id" = String, Path, description = "Sandbox"), ("key_id" = String, Path)),
    request_body = ApiKeyChange, responses((status = 200, body = ApiKeyView), (status = 400), (status = 404))
)]
async fn change(
    State(engine): State<Engine>,
    Path((id, key_id)): Path<(String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let change: ApiKeyChange = body.read()?;
    Ok(shown(&run(&engine, &id, (key_id, change), ops::change).await?))
}

/// Revokes a key, at once; it stays in the list.
#[utoipa::path(
    delete, path = "/api-keys/{key_id}", tag = "sandpay", operation_id = "sandpay_revoke_api_key",
    params(("id" = String, Path, description = "Sandbox"), ("key_id" = String, Path)),
    responses((status = 204), (status = 404))
)]
async fn revoke(State(engine): State<Engine>, Path((id, key_id)): Path<(String, String)>) -> Result<Response, Problem> {
    run(&engine, &id, key_id, |cx, view, key_id| ops::revoke(cx, view, key_id)).await?;
    Ok(gone())
}
