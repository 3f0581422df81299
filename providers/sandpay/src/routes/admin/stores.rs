//! Stores: what `application` names in requests.

use axum::extract::{Path, State};
use axum::response::Response;
use engine::Engine;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{JsonBody, Problem};

use super::{created, gone, look, run, shown};
use crate::ops::portal::stores as ops;
use crate::wire::portal::{Listed, NewStore, StoreChange, StoreView};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, change, remove))
}

/// Lists stores.
#[utoipa::path(
    get, path = "/stores", tag = "sandpay", operation_id = "sandpay_list_stores",
    params(("id" = String, Path, description = "Sandbox")),
    responses((status = 200, body = Listed<StoreView>))
)]
async fn list(State(engine): State<Engine>, Path(id): Path<String>) -> Result<Response, Problem> {
    Ok(shown(&Listed::whole(look(&engine, &id, ops::list).await?)))
}

/// Adds a store.
#[utoipa::path(
    post, path = "/stores", tag = "sandpay", operation_id = "sandpay_create_store",
    params(("id" = String, Path, description = "Sandbox")),
    request_body = NewStore, responses((status = 201, body = StoreView), (status = 400), (status = 409))
)]
async fn create(State(engine): State<Engine>, Path(id): Path<String>, body: JsonBody) -> Result<Response, Problem> {
    let new: NewStore = body.read()?;
    Ok(created(&run(&engine, &id, new, ops::create).await?))
}

/// Shows a store.
#[utoipa::path(
    get, path = "/stores/{slug}", tag = "sandpay", operation_id = "sandpay_show_store",
    params(("id" = String, Path, description = "Sandbox"), ("slug" = String, Path)),
    responses((status = 200, body = StoreView), (status = 404))
)]
async fn show(State(engine): State<Engine>, Path((id, slug)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(shown(&look(&engine, &id, |cx, view| ops::show(cx, view, &slug)).await?))
}

/// Changes a store.
#[utoipa::path(
    patch, path = "/stores/{slug}", tag = "sandpay", operation_id = "sandpay_change_store",
    params(("id" = String, Path, description = "Sandbox"), ("slug" = String, Path)),
    request_body = StoreChange, responses((status = 200, body = StoreView), (status = 400), (status = 404))
)]
async fn change(
    State(engine): State<Engine>,
    Path((id, slug)): Path<(String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let change: StoreChange = body.read()?;
    Ok(shown(&run(&engine, &id, (slug, change), ops::change).await?))
}

/// Takes a store away.
#[utoipa::path(
    delete, path = "/stores/{slug}", tag = "sandpay", operation_id = "sandpay_remove_store",
    params(("id" = String, Path, description = "Sandbox"), ("slug" = String, Path)),
    responses((status = 204), (status = 404))
)]
async fn remove(State(engine): State<Engine>, Path((id, slug)): Path<(String, String)>) -> Result<Response, Problem> {
    run(&engine, &id, slug, |cx, view, slug| ops::remove(cx, view, slug)).await?;
    Ok(gone())
}
