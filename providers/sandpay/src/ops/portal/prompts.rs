//! Prompts on the payers' handsets (contract 6.4): shown, confirmed with a PIN, refused, or left until they expire.
//!
//! Refuses with 404 for an unknown payment and 409 for one that has ended.

use std::sync::Arc;

use kernel::{Cx, Decided, Effects, Record, Stop, View, Want};

use super::{Refused, org};
use crate::model::Transaction;
use crate::ops::expire;
use crate::ops::settle::{Answer, settle};
use crate::scenarios::Status;
use crate::settings;
use crate::wire::portal::PromptView;

/// Those of some payments that are pending, in their order.
///
/// # Errors
/// Keys to load first.
pub fn list(_: &Cx, view: &View<'_>, tx_ids: &[String]) -> Result<Vec<PromptView>, Stop<Refused>> {
    let wants: Vec<_> = tx_ids.iter().map(|id| Want::Record(Transaction::KIND, id)).collect();
    view.want(&wants)?;
    let org = org(view)?;
    let mut shown = Vec::new();
    for id in tx_ids {
        let pending = view.get::<Transaction>(id)?.filter(|tx| tx.status == Status::Pending);
        shown.extend(pending.map(|tx| {
            let store = org.store(&tx.application).map_or(tx.application.as_str(), |store| store.name.as_str());
            PromptView::of(&tx, store)
        }));
    }
    Ok(shown)
}

/// The payer answers: `Answer::Pin` or `Answer::Refuse`. Replies with the payment as it ended.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn answer(cx: &Cx, view: &View<'_>, asked: &(String, Answer)) -> Decided<Arc<Transaction>, Refused> {
    let (tx_id, answer) = asked;
    let before = view.get::<Transaction>(tx_id)?.ok_or(Stop::Refused(Refused::Unknown { what: "payment" }))?;
    if before.status.terminal() {
        return Err(Stop::Refused(Refused::Settled { status: before.status.as_str() }));
    }
    let (after, fx) = ended(cx, view, &before, answer)?;
    Ok((Arc::new(after), fx))
}

/// Expires a payment if it is still pending and old enough; whether it did. `min_age_ms` stands in for the age at which
/// the hourly run closes it.
///
/// # Errors
/// Keys to load first.
pub fn expire(cx: &Cx, view: &View<'_>, asked: &(String, Option<i64>)) -> Decided<bool, Refused> {
    let (tx_id, min_age_ms) = asked;
    let age_ms = min_age_ms.unwrap_or_else(|| settings::expiry_age_ms(cx));
    let pending = view.get::<Transaction>(tx_id)?.filter(|tx| tx.status == Status::Pending);
    match pending.filter(|tx| cx.now.since_ms(tx.created_at) >= age_ms) {
        Some(before) => Ok((true, ended(cx, view, &before, &Answer::Expire)?.1)),
        None => Ok((false, Effects::new())),
    }
}

/// Ends a prompt before its time: its expiry is called off.
fn ended(
    cx: &Cx,
    view: &View<'_>,
    before: &Transaction,
    answer: &Answer,
) -> Result<(Transaction, Effects), kernel::Need> {
    let (after, mut fx) = settle(cx, view, before, answer)?;
    if let Some(job) = expire::job_for(before) {
        fx.unschedule(job.key());
    }
    Ok((after, fx))
}
