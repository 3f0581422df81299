//! Prompts on the payers' handsets: listed, confirmed, refused, and the hourly expiry, run by hand.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use engine::{Engine, Page, Scan, Source};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{JsonBody, Problem};

use super::{PageQuery, look, run, scan, shown};
use crate::model::PAYMENTS;
use crate::ops::portal::prompts as ops;
use crate::ops::settle::Answer;
use crate::rendering;
use crate::scenarios::Status;
use crate::wire::Payment;
use crate::wire::portal::{Confirmation, ExpirePending, ExpiredView, Listed, PromptView};

/// Prompts looked at in one step of an expiry by hand.
const STEP: usize = 500;

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(confirm))
        .routes(routes!(refuse))
        .routes(routes!(expire_pending))
}

/// Lists prompts, newest first.
#[utoipa::path(
    get, path = "/prompts", tag = "sandpay", operation_id = "sandpay_list_prompts",
    params(("id" = String, Path, description = "Sandbox"), PageQuery),
    responses((status = 200, body = Listed<PromptView>))
)]
async fn list(
    State(engine): State<Engine>,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Response, Problem> {
    let page = pending(&engine, &id, query.limit()?, query.cursor.clone()).await?;
    let ids = ids_of(&page);
    let data = look(&engine, &id, |cx, view| ops::list(cx, view, &ids)).await?;
    Ok(shown(&Listed { data, next_cursor: page.next }))
}

/// The payer confirms. A wrong PIN ends the payment; the answer says how it ended.
#[utoipa::path(
    post, path = "/prompts/{tx_id}/confirm", tag = "sandpay", operation_id = "sandpay_confirm_prompt",
    params(("id" = String, Path, description = "Sandbox"), ("tx_id" = String, Path)),
    request_body = Confirmation, responses((status = 200, body = Payment), (status = 404), (status = 409))
)]
async fn confirm(
    State(engine): State<Engine>,
    Path((id, tx_id)): Path<(String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let Confirmation { pin } = body.read()?;
    let payment = run(&engine, &id, (tx_id, Answer::Pin(pin)), ops::answer).await?;
    Ok(shown(&rendering::payment(&payment)))
}

/// The payer refuses.
#[utoipa::path(
    post, path = "/prompts/{tx_id}/refuse", tag = "sandpay", operation_id = "sandpay_refuse_prompt",
    params(("id" = String, Path, description = "Sandbox"), ("tx_id" = String, Path)),
    responses((status = 200, body = Payment), (status = 404), (status = 409))
)]
async fn refuse(State(engine): State<Engine>, Path((id, tx_id)): Path<(String, String)>) -> Result<Response, Problem> {
    let payment = run(&engine, &id, (tx_id, Answer::Refuse), ops::answer).await?;
    Ok(shown(&rendering::payment(&payment)))
}

/// Closes prompts that are old enough, without waiting for the full hour.
#[utoipa::path(
    post, path = "/expire-pending", tag = "sandpay", operation_id = "sandpay_expire_pending",
    params(("id" = String, Path, description = "Sandbox")),
    request_body = ExpirePending, responses((status = 200, body = ExpiredView))
)]
async fn expire_pending(
    State(engine): State<Engine>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let asked: ExpirePending = body.read()?;
    let min_age_ms = asked.min_age_minutes.map(|minutes| i64::from(minutes) * 60_000);
    let mut answer = ExpiredView { expired: 0, tx_ids: Vec::new(), left: 0 };
    let mut cursor = None;
    loop {
        let page = pending(&engine, &id, STEP, cursor).await?;
        for tx_id in ids_of(&page) {
            match run(&engine, &id, (tx_id.clone(), min_age_ms), ops::expire).await? {
                true => answer.tx_ids.push(tx_id),
                false => answer.left += 1,
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    answer.expired = answer.tx_ids.len();
    Ok(shown(&answer))
}

async fn pending(engine: &Engine, id: &str, limit: usize, cursor: Option<String>) -> Result<Page, Problem> {
    let source = || Source::Entries(PAYMENTS.to_owned());
    let newest = |scope: &kernel::Scope| Scan::newest(scope, source(), limit).after(cursor.clone());
    scan(engine, id, |scope| newest(scope).only("status", Status::Pending.as_str())).await
}

fn ids_of(page: &Page) -> Vec<String> {
    page.rows.iter().map(|row| row.id.clone()).collect()
}
