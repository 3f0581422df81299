//! Webhook endpoints: the signing secret is answered once, on creation.

use axum::extract::{Path, State};
use axum::response::Response;
use engine::Engine;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{JsonBody, Problem};

use super::{created, gone, look, run, shown};
use crate::ops::portal::webhook_endpoints as ops;
use crate::wire::portal::{EndpointChange, EndpointView, Listed, NewEndpoint};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, change, remove))
}

/// Lists webhook endpoints.
#[utoipa::path(
    get, path = "/webhook-endpoints", tag = "sandpay", operation_id = "sandpay_list_webhook_endpoints",
    params(("id" = String, Path, description = "Sandbox")),
    responses((status = 200, body = Listed<EndpointView>))
)]
async fn list(State(engine): State<Engine>, Path(id): Path<String>) -> Result<Response, Problem> {
    Ok(shown(&Listed::whole(look(&engine, &id, ops::list).await?)))
}

/// Adds a webhook endpoint.
#[utoipa::path(
    post, path = "/webhook-endpoints", tag = "sandpay", operation_id = "sandpay_create_webhook_endpoint",
    params(("id" = String, Path, description = "Sandbox")),
    request_body = NewEndpoint, responses((status = 201, body = EndpointView), (status = 400), (status = 409))
)]
async fn create(State(engine): State<Engine>, Path(id): Path<String>, body: JsonBody) -> Result<Response, Problem> {
    let new: NewEndpoint = body.read()?;
    Ok(created(&run(&engine, &id, new, ops::create).await?))
}

/// Shows a webhook endpoint.
#[utoipa::path(
    get, path = "/webhook-endpoints/{endpoint_id}", tag = "sandpay", operation_id = "sandpay_show_webhook_endpoint",
    params(("id" = String, Path, description = "Sandbox"), ("endpoint_id" = String, Path)),
    responses((status = 200, body = EndpointView), (status = 404))
)]
async fn show(
    State(engine): State<Engine>,
    Path((id, endpoint_id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    Ok(shown(&look(&engine, &id, |cx, view| ops::show(cx, view, &endpoint_id)).await?))
}

/// Changes a webhook endpoint.
#[utoipa::path(
    patch, path = "/webhook-endpoints/{endpoint_id}", tag = "sandpay", operation_id = "sandpay_change_webhook_endpoint",
    params(("id" = String, Path, description = "Sandbox"), ("endpoint_id" = String, Path)),
    request_body = EndpointChange, responses((status = 200, body = EndpointView), (status = 400), (status = 404))
)]
async fn change(
    State(engine): State<Engine>,
    Path((id, endpoint_id)): Path<(String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let change: EndpointChange = body.read()?;
    Ok(shown(&run(&engine, &id, (endpoint_id, change), ops::change).await?))
}

/// Takes a webhook endpoint away.
#[utoipa::path(
    delete, path = "/webhook-endpoints/{endpoint_id}", tag = "sandpay",
    operation_id = "sandpay_remove_webhook_endpoint",
    params(("id" = String, Path, description = "Sandbox"), ("endpoint_id" = String, Path)),
    responses((status = 204), (status = 404))
)]
async fn remove(
    State(engine): State<Engine>,
    Path((id, endpoint_id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    run(&engine, &id, endpoint_id, |cx, view, endpoint_id| ops::remove(cx, view, endpoint_id)).await?;
    Ok(gone())
}
