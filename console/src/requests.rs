//! The inbound log over HTTP: what clients sent to the providers and what they were answered, masked.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::Instant;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::requests::{RequestFilter, RequestRow, RequestStoreError};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::Problem;

use crate::admin::{Admin, off_thread};
use crate::cursor;
use crate::extract::{Asks, At, Last};
use crate::refusals::bad_value;

/// A request, in short.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Request)]
struct RequestShown {
    /// As in the `X-Request-Id` header of its answer.
    id: String,
    /// Virtual time, ISO 8601 in UTC.
    at: String,
    provider: String,
    method: String,
    /// Path and query as sent, secrets masked.
    path: String,
    /// Null when a fault dropped the connection.
    status: Option<u16>,
    /// 0 in seeded sandboxes.
    duration_ms: i64,
    /// The id of the transaction that it touched.
    subject: Option<String>,
}

/// A request with both sides, secrets and card data masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestWithBodies)]
struct RequestWithBodies {
    #[serde(flatten)]
    short: RequestShown,
    /// `headers`, `body` (text or null), `body_bytes`, `body_cut` when only its beginning was kept.
    #[schema(value_type = Object)]
    request: Value,
    /// As `request`.
    #[schema(value_type = Object)]
    response: Value,
    /// Ids of the faults that it hit.
    #[schema(value_type = Vec<String>)]
    faults: Value,
}

/// Requests, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct RequestPage {
    data: Vec<RequestShown>,
    /// Cursor of the next page; null at the end.
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RequestQuery {
    /// Only this provider.
    provider: Option<String>,
    /// A status such as 404, or a class such as `4xx`.
    status: Option<String>,
    /// Only requests with this text in method, path, id, subject, headers or bodies.
    q: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 200, 50 when left out.
    limit: Option<u32>,
}

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// What came in, newest first.
#[utoipa::path(
    get,
    path = "/sandboxes/{id}/requests",
    tag = "requests",
    params(RequestQuery),
    responses((status = 200, description = "A page of requests.", body = RequestPage))
)]
async fn list(
    State(admin): State<Admin>,
    At(sandbox): At,
    Asks(asked): Asks<RequestQuery>,
) -> Result<Response, Problem> {
    let limit = cursor::limit(asked.limit, 50, 200)?;
    let after = cursor::read_number(asked.cursor.as_deref())?;
    let filter = RequestFilter {
        scope: sandbox.scope().as_str().to_owned(),
        provider: asked.provider,
        status: asked.status.as_deref().map(statuses).transpose()?,
        text: asked.q,
    };
    let log = Arc::clone(admin.log());
    let page = off_thread(move || log.list(&filter, after, limit).map_err(|error| unreadable(&error))).await?;
    let next_cursor = page.next.map(|next| cursor::write(&next.to_string()));
    let data = page.rows.iter().map(shown).collect();
    Ok(web::json_response(StatusCode::OK, &RequestPage { data, next_cursor }))
}

/// One request with headers and bodies of both sides.
#[utoipa::path(get, path = "/sandboxes/{id}/requests/{request_id}", tag = "requests", responses((status = 200, description = "The request.", body = RequestWithBodies)))]
async fn show(State(admin): State<Admin>, At(sandbox): At, Last(request): Last) -> Result<Response, Problem> {
    let (log, scope) = (Arc::clone(admin.log()), sandbox.scope());
    let found = off_thread(move || log.get(scope.as_str(), &request).map_err(|error| unreadable(&error))).await?;
    let row = found.ok_or_else(|| {
        Problem::not_found("There is no request of this id in this sandbox.")
            .hint("The log keeps the newest requests only, and forgets them with a reset.")
    })?;
    let mut detail: Map<String, Value> = serde_json::from_str(&row.detail).unwrap_or_default();
    let mut member = |name: &str| detail.remove(name).unwrap_or_default();
    let (request, response, faults) = (member("request"), member("response"), member("faults"));
    Ok(web::json_response(StatusCode::OK, &RequestWithBodies { short: shown(&row), request, response, faults }))
}

/// `404` is one status, `4xx` a hundred.
fn statuses(text: &str) -> Result<(u16, u16), Problem> {
    let class = text.strip_suffix("xx").and_then(|class| class.parse::<u16>().ok()).filter(|class| *class <= 9);
    let range = class.map(|class| (class * 100, class * 100 + 99)).or_else(|| text.parse().ok().map(|one| (one, one)));
    range.ok_or_else(|| bad_value("status", "it is a status such as 404, or a class such as 4xx"))
}

fn shown(row: &RequestRow) -> RequestShown {
    RequestShown {
        id: row.id.clone(),
        at: Instant::from_ms(row.at_ms).iso(),
        provider: row.provider.clone(),
        method: row.method.clone(),
        path: row.path.clone(),
        status: (row.status != 0).then_some(row.status),
        duration_ms: row.duration_us / 1000,
        subject: row.subject.clone(),
    }
}

fn unreadable(error: &RequestStoreError) -> Problem {
    tracing::error!(%error, "the request log cannot be read");
    Problem::unavailable("The request log does not answer.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_one_or_a_class() {
        assert_eq!(statuses("404").ok(), Some((404, 404)));
        assert_eq!(statuses("5xx").ok(), Some((500, 599)));
        for bad in ["", "xx", "55xx", "ok", "-1"] {
            assert!(statuses(bad).is_err(), "{bad}");
        }
    }
}
