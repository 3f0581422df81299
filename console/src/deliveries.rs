//! The outbound log over HTTP: every delivery with every attempt, and asking for one more.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::{Attempt, Delivery, DeliveryStatus, Instant, Record, Stop};
use serde::{Deserialize, Serialize};
use store::{Scan, Source};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::Problem;

use crate::admin::{Admin, off_thread};
use crate::cursor;
use crate::extract::{Asks, At, Last};
use crate::refusals::{bad_value, failed, no_store};

/// A delivery.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
struct DeliveryShown {
    id: String,
    provider: String,
    /// The platform's event name.
    event: String,
    /// The endpoint's id at its provider.
    endpoint: String,
    url: String,
    /// `pending`, `delivered` or `failed`.
    status: &'static str,
    attempts: Vec<AttemptShown>,
    /// Virtual time, ISO 8601 in UTC.
    created_at: String,
    /// Virtual time of the next attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<String>,
    /// The id of the transaction that it is about.
    subject: String,
}

/// One attempt.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
struct AttemptShown {
    /// Virtual time, ISO 8601 in UTC.
    at: String,
    /// The status that the receiver answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why there is none: `dns`, `connect`, `tls`, `timeout`, `egress`, `protocol`, `abandoned`, with a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Real time; 0 in seeded sandboxes.
    duration_ms: i64,
    /// The beginning of the receiver's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<String>,
    /// Asked for by hand.
    replay: bool,
}

/// A delivery with its body.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryWithBody)]
struct DeliveryWithBody {
    #[serde(flatten)]
    short: DeliveryShown,
    /// As it is sent, byte for byte.
    body: String,
}

/// Deliveries, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct DeliveryPage {
    data: Vec<DeliveryShown>,
    /// Cursor of the next page; null at the end. A page can be short and go on.
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeliveryQuery {
    /// `pending`, `delivered` or `failed`.
    status: Option<String>,
    /// Only this provider's.
    provider: Option<String>,
    /// Only those about this.
    subject: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 200, 50 when left out.
    limit: Option<u32>,
}

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(replay))
}

/// What is owed and was sent, newest first.
#[utoipa::path(
    get,
    path = "/sandboxes/{id}/deliveries",
    tag = "deliveries",
    params(DeliveryQuery),
    responses((status = 200, description = "A page of deliveries.", body = DeliveryPage))
)]
async fn list(
    State(admin): State<Admin>,
    At(sandbox): At,
    Asks(asked): Asks<DeliveryQuery>,
) -> Result<Response, Problem> {
    let limit = cursor::limit(asked.limit, 50, 200)?;
    let after = cursor::read(asked.cursor.as_deref())?;
    // Their ids sort by the time they were made.
    let mut scan = Scan::newest(&sandbox.scope(), Source::Records(Delivery::KIND.to_owned()), limit).after(after);
    if let Some(status) = &asked.status {
        let known = [DeliveryStatus::Pending, DeliveryStatus::Delivered, DeliveryStatus::Failed];
        if !known.iter().any(|known| known.as_str() == status) {
            return Err(bad_value("status", "it is `pending`, `delivered` or `failed`"));
        }
        scan = scan.only("status", status);
    }
    if let Some(provider) = &asked.provider {
        scan = scan.only("provider", provider);
    }
    if let Some(subject) = &asked.subject {
        scan = scan.only("subject", subject);
    }
    let engine = admin.engine().clone();
    let page = off_thread(move || engine.store().scan(&scan).map_err(|error| no_store(&error))).await?;
    let records = page.rows.iter().filter_map(|row| row.record.as_ref());
    let data = records.map(|stored| shown(&stored.value::<Delivery>())).collect();
    let next_cursor = page.next.as_deref().map(cursor::write);
    Ok(web::json_response(StatusCode::OK, &DeliveryPage { data, next_cursor }))
}

/// One delivery with its body.
#[utoipa::path(get, path = "/sandboxes/{id}/deliveries/{delivery_id}", tag = "deliveries", responses((status = 200, description = "The delivery.", body = DeliveryWithBody)))]
async fn show(State(admin): State<Admin>, At(sandbox): At, Last(id): Last) -> Result<Response, Problem> {
    let read = admin.engine().read(&sandbox.id, |_, view| view.get::<Delivery>(&id)?.ok_or(Stop::Refused(())));
    let delivery = read.map_err(|failure| failed(failure, no_delivery))?;
    let shown = DeliveryWithBody { short: shown(&delivery), body: delivery.body.clone() };
    Ok(web::json_response(StatusCode::OK, &shown))
}

/// Asks for one attempt now, whatever became of it before.
#[utoipa::path(post, path = "/sandboxes/{id}/deliveries/{delivery_id}/replay", tag = "deliveries", responses((status = 202, description = "The attempt is due.", body = DeliveryShown)))]
async fn replay(State(admin): State<Admin>, At(sandbox): At, Last(id): Last) -> Result<Response, Problem> {
    let replayed = admin.engine().replay(&sandbox.id, &id).await;
    let delivery = replayed.map_err(|failure| failed(failure, no_delivery))?;
    Ok(web::json_response(StatusCode::ACCEPTED, &shown(&delivery)))
}

fn no_delivery((): ()) -> Problem {
    Problem::not_found("There is no delivery of this id in this sandbox.")
}

fn shown(delivery: &Delivery) -> DeliveryShown {
    DeliveryShown {
        id: delivery.id.clone(),
        provider: delivery.provider.clone(),
        event: delivery.event.clone(),
        endpoint: delivery.endpoint.clone(),
        url: delivery.url.clone(),
        status: delivery.status.as_str(),
        attempts: delivery.attempts.iter().map(attempt).collect(),
        created_at: delivery.created_at.iso(),
        next_attempt_at: delivery.next_attempt_at.map(Instant::iso),
        subject: delivery.subject.clone(),
    }
}

fn attempt(attempt: &Attempt) -> AttemptShown {
    AttemptShown {
        at: attempt.at.iso(),
        status: attempt.status,
        error: attempt.error.clone(),
        duration_ms: attempt.duration_ms,
        response: attempt.response.clone(),
        replay: attempt.replay,
    }
}
