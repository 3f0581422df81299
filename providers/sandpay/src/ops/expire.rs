//! Closing prompts that nobody answers (contract 6.4): at minute 0 of each hour in UTC, those that are old enough end as
//! `TIMEOUT`.
//!
//! Each pending payment has a job of its own at the hour at which that would happen, so that no hourly scan is needed.

use kernel::{Cx, Effects, Instant, Job, Need, View};
use serde_json::json;

use super::settle::{Answer, settle};
use crate::model::Transaction;
use crate::scenarios::Status;
use crate::settings;

/// The kind of the job.
pub const EXPIRE: &str = "expire";

const HOUR_MS: i64 = 3_600_000;

/// The first full hour at which something created now is old enough.
pub(super) fn tick_for(cx: &Cx) -> Instant {
    let old_enough = cx.now.plus_ms(settings::expiry_age_ms(cx)).ms();
    Instant::from_ms(old_enough.saturating_add(HOUR_MS - 1) / HOUR_MS * HOUR_MS)
}

/// The job of a pending payment.
#[must_use]
pub fn job_for(tx: &Transaction) -> Option<Job> {
    let due = tx.expires_at?;
    let id = format!("sandpay.expire.{}", tx.id);
    Some(Job { due, id, provider: crate::NAME.to_owned(), kind: EXPIRE.to_owned(), body: json!({ "tx_id": tx.id }) })
}

/// Runs the job; the engine takes its row out of the queue.
///
/// # Errors
/// Keys to load first.
pub fn run(cx: &Cx, view: &View<'_>, job: &Job) -> Result<Effects, Need> {
    let tx_id = job.body.get("tx_id").and_then(serde_json::Value::as_str).unwrap_or_default();
    let Some(before) = view.get::<Transaction>(tx_id)? else { return Ok(Effects::new()) };
    if before.status != Status::Pending {
        return Ok(Effects::new());
    }
    Ok(settle(cx, view, &before, &Answer::Expire)?.1)
}
