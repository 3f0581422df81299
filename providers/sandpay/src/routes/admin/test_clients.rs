//! Test clients: the SIM registry, in pages.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use engine::{Engine, Scan, Source};
use kernel::Record;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{JsonBody, Problem};

use super::{PageQuery, created, gone, look, run, scan, shown};
use crate::model::TestClient;
use crate::ops::portal::test_clients as ops;
use crate::wire::portal::{Listed, NewTestClient, TestClientChange, TestClientView};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, change, remove))
}

/// Lists test clients by id.
#[utoipa::path(
    get, path = "/test-clients", tag = "sandpay", operation_id = "sandpay_list_test_clients",
    params(("id" = String, Path, description = "Sandbox"), PageQuery),
    responses((status = 200, body = Listed<TestClientView>))
)]
async fn list(
    State(engine): State<Engine>,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit()?;
    let page = scan(&engine, &id, |scope| {
        let source = Source::Records(TestClient::KIND.to_owned());
        Scan::newest(scope, source, limit).ascending().after(query.cursor.clone())
    });
    let page = page.await?;
    let ids: Vec<String> = page.rows.into_iter().map(|row| row.id).collect();
    let data = look(&engine, &id, |cx, view| ops::list(cx, view, &ids)).await?;
    Ok(shown(&Listed { data, next_cursor: page.next }))
}

/// Adds a test client.
#[utoipa::path(
    post, path = "/test-clients", tag = "sandpay", operation_id = "sandpay_create_test_client",
    params(("id" = String, Path, description = "Sandbox")),
    request_body = NewTestClient, responses((status = 201, body = TestClientView), (status = 400), (status = 409))
)]
async fn create(State(engine): State<Engine>, Path(id): Path<String>, body: JsonBody) -> Result<Response, Problem> {
    let new: NewTestClient = body.read()?;
    Ok(created(&run(&engine, &id, new, ops::create).await?))
}

/// Shows a test client.
#[utoipa::path(
    get, path = "/test-clients/{client_id}", tag = "sandpay", operation_id = "sandpay_show_test_client",
    params(("id" = String, Path, description = "Sandbox"), ("client_id" = String, Path)),
    responses((status = 200, body = TestClientView), (status = 404))
)]
async fn show(
    State(engine): State<Engine>,
    Path((id, client_id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    Ok(shown(&look(&engine, &id, |cx, view| ops::show(cx, view, &client_id)).await?))
}

/// Changes a test client.
#[utoipa::path(
    patch, path = "/test-clients/{client_id}", tag = "sandpay", operation_id = "sandpay_change_test_client",
    params(("id" = String, Path, description = "Sandbox"), ("client_id" = String, Path)),
    request_body = TestClientChange, responses((status = 200, body = TestClientView), (status = 400), (status = 404))
)]
async fn change(
    State(engine): State<Engine>,
    Path((id, client_id)): Path<(String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let change: TestClientChange = body.read()?;
    Ok(shown(&run(&engine, &id, (client_id, change), ops::change).await?))
}

/// Takes a test client out of the registry; its balance goes back to where it came from.
#[utoipa::path(
    delete, path = "/test-clients/{client_id}", tag = "sandpay", operation_id = "sandpay_remove_test_client",
    params(("id" = String, Path, description = "Sandbox"), ("client_id" = String, Path)),
    responses((status = 204), (status = 404))
)]
async fn remove(
    State(engine): State<Engine>,
    Path((id, client_id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    run(&engine, &id, client_id, |cx, view, client_id| ops::remove(cx, view, client_id)).await?;
    Ok(gone())
}
