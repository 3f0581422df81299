//! One attempt of a delivery: prepared and signed, perhaps tampered with by a fault rule, sent, and told.

use std::sync::Arc;

use bytes::Bytes;
use engine::deliveries::{Due, Prepared};
use engine::{Engine, Failure, Settled};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use kernel::{Attempt, DeliveryAction, Signed};

use crate::egress::{Allowance, Egress};
use crate::send::{Outbound, Sender};

/// So much of an answer is read, so that its connection can be used again.
const READ_BYTES: usize = 64 * 1024;
/// So much of an answer is kept.
const KEPT_BYTES: usize = 2 * 1024;
/// A delivery that a fault moves behind the next one goes so much later, in milliseconds of virtual time.
const REORDER_MS: i64 = 2_000;

/// Makes attempts.
pub(crate) struct Attempter {
    pub(crate) engine: Engine,
    pub(crate) sender: Arc<Sender>,
    /// The server's own addresses as `host:port`; its inbox may be called.
    pub(crate) own_origins: Vec<String>,
}

impl Attempter {
    /// Makes one attempt. None when there is nothing to record: the delivery is gone, or was put off.
    pub(crate) async fn attempt(&self, due: &Due) -> Option<Settled> {
        let mut prepared = match self.engine.prepare(due) {
            Ok(prepared) => prepared?,
            Err(Failure::NoSandbox) => return None,
            Err(failure) => {
                // Its lease ends and it is claimed again.
                tracing::warn!(delivery = due.id, %failure, "an attempt was not prepared");
                return None;
            }
        };
        let mut copies = 1;
        if let Some(tamper) = prepared.tamper.clone() {
            let fired = self.engine.fire_on_delivery(&due.sandbox, &tamper.fault, &due.id).await;
            match (fired, tamper.action) {
                (Ok(true), DeliveryAction::Drop) => {
                    return Some(told(&prepared, Err("dropped by a fault rule".to_owned())));
                }
                (Ok(true), DeliveryAction::DelayMs(ms)) => {
                    return self.put_off(due, i64::try_from(ms).unwrap_or(i64::MAX)).await;
                }
                (Ok(true), DeliveryAction::Reorder) => return self.put_off(due, REORDER_MS).await,
                (Ok(true), DeliveryAction::Duplicate) => copies = 2,
                (Ok(true), _) => {}
                // Used up in the meantime: the attempt is what it would have been.
                (_, _) => prepared = self.engine.prepare(due).ok()??,
            }
        }
        let mut settled = self.send(&prepared).await;
        for _ in 1..copies {
            settled = self.send(&prepared).await;
        }
        Some(settled)
    }

    async fn put_off(&self, due: &Due, by_ms: i64) -> Option<Settled> {
        if let Err(failure) = self.engine.put_off(due, by_ms).await {
            tracing::warn!(delivery = due.id, %failure, "an attempt was not put off");
        }
        None
    }

    async fn send(&self, prepared: &Prepared) -> Settled {
        let headers = match &prepared.signed {
            Signed::Send { headers } => headers,
            Signed::Abandon { reason } => return told(prepared, Err(format!("abandoned: {reason}"))),
        };
        let Some(allowance) = self.allowance(prepared) else {
            return told(prepared, Err("egress: the sandbox's egress setting is not a mode".to_owned()));
        };
        let call = Outbound {
            method: Method::POST,
            url: prepared.url.clone(),
            headers: header_map(headers),
            body: Bytes::from(prepared.body.clone()),
            timeout_ms: prepared.timeout_ms,
            response_cap_bytes: READ_BYTES,
            allowance,
        };
        match self.sender.send(call).await {
            Ok(answer) => {
                let kept = &answer.body[..answer.body.len().min(KEPT_BYTES)];
                let kept = String::from_utf8_lossy(kept).into_owned();
                told(prepared, Ok((answer.status, kept, answer.duration_ms)))
            }
            Err(error) => {
                let mut settled = told(prepared, Err(format!("{}: {}", error.failure.kind(), error.failure)));
                settled.attempt.duration_ms = i64::try_from(error.duration_ms).unwrap_or(i64::MAX);
                settled
            }
        }
    }

    /// The server's own origin may be called only at the inbox of the same sandbox. None for a setting that says nothing.
    fn allowance(&self, prepared: &Prepared) -> Option<Allowance> {
        let inbox = format!("/inbox/{}/", prepared.due.sandbox);
        let is_own_inbox = prepared.url.parse::<http::Uri>().is_ok_and(|url| {
            let own =
                url.authority().is_some_and(|authority| self.own_origins.iter().any(|own| own == authority.as_str()));
            own && format!("{}/", url.path()).starts_with(&inbox)
        });
        let narrowed_to = prepared.egress.as_deref().map(str::parse::<Egress>).transpose().ok()?;
        Some(Allowance { narrowed_to, own_origin_ok: is_own_inbox })
    }
}

fn header_map(headers: &[(String, String)]) -> HeaderMap {
    let parsed = headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
    });
    parsed.collect()
}

fn told(prepared: &Prepared, outcome: Result<(u16, String, u64), String>) -> Settled {
    let (status, response, duration_ms, error) = match outcome {
        Ok((status, body, duration_ms)) => {
            (Some(status), Some(body).filter(|body| !body.is_empty()), duration_ms, None)
        }
        Err(error) => (None, None, 0, Some(error)),
    };
    let attempt = Attempt {
        at: prepared.at,
        status,
        error,
        duration_ms: i64::try_from(duration_ms).unwrap_or(i64::MAX),
        response,
        replay: prepared.replay,
    };
    Settled { due: prepared.due.clone(), attempt }
}
