//! The platform's public API, at `/v1` and `/api/v1` alike.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::{Engine, Failure};
use kernel::{Instant, SandboxId};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Mount, Place, RequestCell};

use super::answer::{failed, json, platform_error, status_of};
use super::command::Op;
use crate::auth::{self, KeyHash};
use crate::ops::{create_payment, get_payment, health, meta};
use crate::refusals::Refusal;
use crate::wire::{CreatePaymentBody, ErrorBody, Health, Meta, Payment, WebhookBody};
use crate::{rendering, settings};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "SandPay", version = "2026-05-31", description = "Mobile money, simulated."),
    components(schemas(WebhookBody))
)]
struct Document;

/// The router and its document. Paths are relative to the base URL.
pub fn api(engine: Engine) -> (Router, OpenApi) {
    let documented = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(create_payment))
        .routes(routes!(retrieve_payment))
        .routes(routes!(read_meta))
        .routes(routes!(read_health));
    let (router, mut document) = documented.with_state(engine).split_for_parts();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    document.components.get_or_insert_default().add_security_scheme("api_key", bearer);
    (Router::new().nest("/api", router.clone()).merge(router), document)
}

/// The API on the server, in all three ways of reaching it.
pub fn mount(engine: Engine) -> Mount {
    let place = Place {
        provider: crate::NAME,
        prefix: "/sandpay",
        localhost: &["sandpay.localhost"],
        hosts: &["api.sandpay.dev"],
    };
    let (router, _) = api(engine.clone());
    Mount::new(place, router, platform_error).identify(move |parts: &Parts| {
        let key = auth::presented(authorization(&parts.headers)).ok()?;
        Some(engine.owner_of(&key.directory_name()).ok()??.as_str().to_owned())
    })
}

fn authorization(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get(AUTHORIZATION).map(|value| value.as_bytes())
}

/// The sandbox and the key of a request: by its credential, which must agree with the path where that names a sandbox.
fn caller(engine: &Engine, cell: &RequestCell, headers: &HeaderMap) -> Result<(SandboxId, KeyHash), Failure<Refusal>> {
    let key = auth::presented(authorization(headers)).map_err(Failure::Refused)?;
    let owner = engine.owner_of(&key.directory_name());
    let owner = owner.map_err(|error| Failure::Unavailable(error.to_string()))?;
    let sandbox = owner.ok_or(Failure::Refused(Refusal::InvalidApiKey))?;
    if cell.sandbox_of_path().is_some_and(|named| named != sandbox.as_str()) {
        return Err(Failure::Refused(Refusal::NotFound { resource: "route" }));
    }
    cell.set_sandbox(sandbox.as_str());
    Ok((sandbox, key))
}

/// Creates a simulated collection.
#[utoipa::path(
    post, path = "/v1/payments", tag = "payments", request_body = CreatePaymentBody, security(("api_key" = [])),
    responses(
        (status = 201, description = "Created, whatever its status", body = Payment),
        (status = 200, description = "The reference was used for the same payment before", body = Payment),
        (status = 400, description = "`invalid_body`", body = ErrorBody),
        (status = 401, description = "`unauthorized`, `invalid_api_key`", body = ErrorBody),
        (status = 404, description = "`not_found`, `env_not_found`", body = ErrorBody),
        (status = 413, description = "`invalid_body`", body = ErrorBody),
    )
)]
async fn create_payment(State(engine): State<Engine>, cell: RequestCell, headers: HeaderMap) -> Response {
    let (sandbox, key) = match caller(&engine, &cell, &headers) {
        Ok(caller) => caller,
        Err(failure) => return failed(failure),
    };
    let input = create_payment::Input::read(key, cell.body());
    let created = match engine.decide(&sandbox, Op { input, decide: create_payment::decide }).await {
        Ok(created) => created,
        Err(failure) => return failed(failure),
    };
    cell.set_subject(&created.payment.id);
    hold(created.held_ms).await;
    let status = if created.is_replay { StatusCode::OK } else { StatusCode::CREATED };
    json(status, &rendering::payment(&created.payment))
}

/// Holds an answer back, as the simulated operator would.
async fn hold(held_ms: i64) {
    let held_ms = u64::try_from(held_ms).unwrap_or(0);
    if held_ms > 0 {
        #[expect(clippy::disallowed_methods, reason = "simulated latency is held in real time; that is its point")]
        tokio::time::sleep(Duration::from_millis(held_ms)).await;
    }
}

/// Answers one transaction of any type.
#[utoipa::path(
    get, path = "/v1/payments/{id}", tag = "payments", security(("api_key" = [])),
    params(("id" = String, Path, description = "`TX_` and upper-case letters or digits")),
    responses(
        (status = 200, description = "The transaction", body = Payment),
        (status = 401, description = "`unauthorized`, `invalid_api_key`", body = ErrorBody),
        (status = 404, description = "`not_found`", body = ErrorBody),
    )
)]
async fn retrieve_payment(State(engine): State<Engine>, cell: RequestCell, headers: HeaderMap) -> Response {
    let (sandbox, key) = match caller(&engine, &cell, &headers) {
        Ok(caller) => caller,
        Err(failure) => return failed(failure),
    };
    if let Err(failure) = engine.ensure_made(&sandbox, crate::NAME).await {
        return failed(failure.map(|()| Refusal::Internal));
    }
    // As it was sent: what is encoded, or no text at all, cannot be an id. The key is checked first all the same.
    let sent = cell.routed().path().rsplit('/').next();
    let id = sent.filter(|id| get_payment::has_id_shape(id)).unwrap_or_default();
    match engine.read(&sandbox, |cx, view| get_payment::look(cx, view, &key, id)) {
        Ok(payment) => {
            cell.set_subject(&payment.id);
            json(StatusCode::OK, &rendering::payment(&payment))
        }
        Err(failure) => failed(failure),
    }
}

/// The sandbox of a request that needs no key: of its path, else of the key that came along all the same.
fn bystander(engine: &Engine, cell: &RequestCell, headers: &HeaderMap) -> Option<SandboxId> {
    if let Some(named) = cell.sandbox_of_path() {
        return SandboxId::parse(named).ok();
    }
    let key = auth::presented(Some(authorization(headers)?)).ok()?;
    let sandbox = engine.owner_of(&key.directory_name()).ok()??;
    cell.set_sandbox(sandbox.as_str());
    Some(sandbox)
}

/// Version and capabilities.
#[utoipa::path(
    get, path = "/v1/meta", tag = "meta",
    responses((status = 200, description = "What this version can do", body = Meta))
)]
async fn read_meta(State(engine): State<Engine>, cell: RequestCell, headers: HeaderMap) -> Response {
    let sandbox = bystander(&engine, &cell, &headers).and_then(|id| engine.sandbox(&id).ok()?);
    let set = sandbox.as_ref().and_then(|sandbox| sandbox.setting(settings::MIN_SDK_VERSION));
    json(StatusCode::OK, &meta::answer(set))
}

/// A probe.
#[utoipa::path(
    get, path = "/v1/health", tag = "meta",
    responses(
        (status = 200, description = "Well", body = Health),
        (status = 503, description = "Storage is down", body = Health),
    )
)]
async fn read_health(State(engine): State<Engine>, cell: RequestCell, headers: HeaderMap) -> Response {
    let storage_is_up = engine.owner_of("sandpay.health").is_ok();
    let sandbox = bystander(&engine, &cell, &headers).and_then(|id| engine.sandbox(&id).ok()?);
    let wall: Instant = engine.wall().now();
    let (status, body) = health::answer(storage_is_up, sandbox.map_or(wall, |sandbox| sandbox.clock.now(wall)));
    json(status_of(status), &body)
}
