//! Webhooks (contract 10): who is owed one, what it says, how an attempt is signed, and when a failed one is repeated.
//!
//! Must not know how it is sent.

use kernel::{Attempt, Cx, Delivery, DeliveryStatus, Effects, Instant, Need, Signed, Verdict, View};

use crate::model::{ORG, Org, Transaction};
use crate::wire::EventName;
use crate::{rendering, settings, signature};

/// Attempts in all (Q44).
pub const ATTEMPTS: usize = 5;

/// What is waited after the first, second, third and fourth failed attempt, in milliseconds, before jitter (10.4).
pub const WAITS_MS: [i64; ATTEMPTS - 1] = [15_000, 30_000, 60_000, 120_000];

/// The most that chance adds to a wait, in milliseconds.
pub const JITTER_MS: i64 = 30_000;

/// The time limit of one attempt, in milliseconds of real time.
pub const TIMEOUT_MS: u64 = 10_000;

const USER_AGENT: &str = "SandPay-Webhooks/1.0";

/// Owes the webhook of a terminal transaction to each endpoint that is switched on, first attempted at `due`. Each body
/// is built here, once.
pub fn owe(cx: &Cx, fx: &mut Effects, org: &Org, tx: &Transaction, due: Instant) {
    for endpoint in org.endpoints.iter().filter(|endpoint| endpoint.enabled) {
        let with_reference = settings::echoes_reference(cx) && !endpoint.omit_reference;
        let Some(body) = rendering::webhook(tx, &org.org_id, with_reference) else { return };
        let id = cx.chance.draw(&format!("delivery.{}.{}", tx.id, endpoint.id)).uuid_at(cx.now.ms());
        fx.owe(Delivery {
            id,
            provider: crate::NAME.to_owned(),
            event: EventName::of(tx.kind).as_str().to_owned(),
            endpoint: endpoint.id.clone(),
            url: endpoint.url.clone(),
            subject: tx.id.clone(),
            body: String::from_utf8(body.bytes()).expect("JSON is UTF-8"),
            status: DeliveryStatus::Pending,
            created_at: cx.now,
            next_attempt_at: Some(due),
            replaying: false,
            attempts: Vec::new(),
        });
    }
}

/// The headers of one attempt, signed with the secret that the endpoint has now (10.2).
///
/// # Errors
/// Keys to load first.
pub fn sign(view: &View<'_>, delivery: &Delivery) -> Result<Signed, Need> {
    let org = view.get::<Org>(ORG)?;
    let Some(endpoint) = org.as_ref().and_then(|org| org.endpoint(&delivery.endpoint)) else {
        return Ok(Signed::Abandon { reason: "the webhook endpoint was deleted".to_owned() });
    };
    let signed = signature::sign(&endpoint.secret, delivery.body.as_bytes());
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Ok(Signed::Send {
        headers: vec![
            header("Content-Type", "application/json"),
            header("User-Agent", USER_AGENT),
            header(signature::HEADER, &signed),
            header("X-SandPay-Event", &delivery.event),
            header("X-SandPay-Delivery", &delivery.id),
        ],
    })
}

/// What follows an attempt (10.4): only a 2xx acknowledges; everything else is tried again until the fifth.
#[must_use]
pub fn verdict(cx: &Cx, delivery: &Delivery, attempt: &Attempt) -> Verdict {
    if attempt.acknowledged() {
        return Verdict::Delivered;
    }
    let made = delivery.scheduled_attempts() + usize::from(!attempt.replay);
    let is_abandoned = attempt.error.as_deref().is_some_and(|error| error.starts_with("abandoned"));
    match WAITS_MS.get(made.saturating_sub(1)) {
        Some(wait_ms) if !is_abandoned => {
            let jitter_ms =
                if settings::has_retry_jitter(cx) { cx.chance.draw("jitter").between(0, JITTER_MS) } else { 0 };
            Verdict::RetryAfter((wait_ms + jitter_ms).saturating_mul(settings::retry_scale_pct(cx)) / 100)
        }
        _ => Verdict::Failed,
    }
}
