//! The life of a delivery: prepared, attempted by the courier, settled; asked for again by hand.

use crate::batch::sandbox_chance;
use crate::command::{Background, Command, Failure};
use crate::run::Engine;
use kernel::{
    Attempt, Cx, Decided, Delivery, DeliveryAction, DeliveryStatus, Effects, Event, Instant, Need, Provider, SandboxId,
    Signed, Stop, Verdict, View,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A delivery that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Where.
    pub sandbox: SandboxId,
    /// In which generation of it: after a reset there can be another delivery of the same id.
    pub generation: u32,
    /// Which.
    pub id: String,
    /// The endpoint that it goes to, as its provider names it.
    pub endpoint: String,
}

/// What a fault does to one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tamper {
    /// The rule.
    pub fault: String,
    /// What it does.
    pub action: DeliveryAction,
}

/// One attempt, ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Which delivery.
    pub due: Due,
    /// Whose.
    pub provider: String,
    /// Which endpoint; attempts at it are bounded together.
    pub endpoint: String,
    /// Where it goes.
    pub url: String,
    /// The body.
    pub body: String,
    /// The headers, or why there is nobody to send to.
    pub signed: Signed,
    /// The time limit, in milliseconds of real time.
    pub timeout_ms: u64,
    /// When it is made, in virtual time.
    pub at: Instant,
    /// Whether it was asked for by hand.
    pub replay: bool,
    /// Narrower rules about where it may go.
    pub egress: Option<String>,
    /// A fault that applies.
    pub tamper: Option<Tamper>,
}

/// How one attempt went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Which delivery.
    pub due: Due,
    /// What is recorded.
    pub attempt: Attempt,
}

struct Settle {
    generation: u32,
    results: Vec<(String, Attempt)>,
    providers: Arc<[Arc<dyn Provider>]>,
}

impl Command for Settle {
    type Reply = ();
    type Refusal = ();

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<(), ()> {
        if cx.sandbox.generation != self.generation {
            return Ok(((), Effects::new()));
        }
        let ids: Vec<_> = self.results.iter().map(|(id, _)| kernel::Want::Record("delivery", id.as_str())).collect();
        view.want(&ids)?;
        let mut fx = Effects::new();
        for (id, attempt) in &self.results {
            if let Some(before) = view.get::<Delivery>(id)? {
                self.settle(cx, &mut fx, &before, attempt.clone());
            }
        }
        Ok(((), fx))
    }

    fn background(&self) -> Background {
        Background { waits: true, chance: Some("deliveries".to_owned()), ..Background::default() }
    }
}

impl Settle {
    fn settle(&self, cx: &Cx, fx: &mut Effects, before: &Delivery, mut attempt: Attempt) {
        let Some(key) = before.queue_key() else { return };
        if fx.done.contains(&key) {
            return;
        }
        if cx.is_seeded() {
            attempt.duration_ms = 0;
        }
        // Each delivery draws by its own name, whatever else is settled with it.
        let chance = sandbox_chance(&cx.sandbox);
        let chance = if cx.is_seeded() { chance } else { cx.chance.clone() };
        let own =
            Cx { chance: chance.child(&format!("delivery.{}.{}", before.id, before.attempts.len())), ..cx.clone() };
        let provider = self.providers.iter().find(|provider| provider.name() == before.provider);
        let verdict = match provider {
            Some(provider) if !attempt.was_abandoned() => provider.verdict(&own, before, &attempt),
            _ => Verdict::Failed,
        };
        let mut after = before.clone();
        after.replaying = false;
        after.attempts.push(attempt.clone());
        fx.unschedule(key);
        let (what, next) = match verdict {
            Verdict::Delivered => ("delivery.delivered", None),
            // A replay is one attempt: the series goes on only where it had not ended.
            _ if before.replaying && before.status != DeliveryStatus::Pending => ("delivery.attempt_failed", None),
            Verdict::RetryAfter(ms) => ("delivery.attempt_failed", Some(cx.now.plus_ms(ms))),
            Verdict::Failed => ("delivery.failed", None),
        };
        after.next_attempt_at = next;
        after.status = match verdict {
            Verdict::Delivered => DeliveryStatus::Delivered,
            _ if before.replaying && before.status != DeliveryStatus::Pending => before.status,
            Verdict::RetryAfter(_) => DeliveryStatus::Pending,
            Verdict::Failed => DeliveryStatus::Failed,
        };
        fx.attempt(&after);
        fx.tell(Event::of(&before.provider, what, &before.subject, cx.now, told(before, &after, &attempt)));
        fx.replace(before, after);
    }
}

fn told(before: &Delivery, after: &Delivery, attempt: &Attempt) -> Value {
    json!({
        "delivery": before.id, "event": before.event, "endpoint": before.endpoint, "attempt": after.attempts.len(),
        "status": attempt.status, "error": attempt.error, "replay": attempt.replay,
        "next_attempt_at": after.next_attempt_at.map(Instant::iso),
    })
}

/// Asks for an attempt now.
struct Replay {
    id: String,
}

impl Command for Replay {
    type Reply = Arc<Delivery>;
    type Refusal = ();

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<Arc<Delivery>, ()> {
        let before = view.get::<Delivery>(&self.id)?.ok_or(Stop::Refused(()))?;
        let mut after = (*before).clone();
        let mut fx = Effects::new();
        if let Some(key) = before.queue_key() {
            fx.unschedule(key);
        }
        after.replaying = true;
        after.next_attempt_at = Some(cx.now);
        fx.attempt(&after);
        fx.tell(Event::of(
            &before.provider,
            "delivery.replayed",
            &before.subject,
            cx.now,
            json!({ "delivery": before.id }),
        ));
        fx.replace(&*before, after.clone());
        Ok((Arc::new(after), fx))
    }

    fn background(&self) -> Background {
        Background { chance: Some(format!("replay.{}", self.id)), ..Background::default() }
    }
}

/// Puts an attempt off, because a fault says so.
struct PutOff {
    generation: u32,
    id: String,
    by_ms: i64,
}

impl Command for PutOff {
    type Reply = ();
    type Refusal = ();

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<(), ()> {
        let mut fx = Effects::new();
        if cx.sandbox.generation != self.generation {
            return Ok(((), fx));
        }
        let Some(before) = view.get::<Delivery>(&self.id)? else { return Ok(((), fx)) };
        let Some(key) = before.queue_key() else { return Ok(((), fx)) };
        let mut after = (*before).clone();
        fx.unschedule(key);
        after.next_attempt_at = Some(cx.now.plus_ms(self.by_ms));
        fx.attempt(&after);
        let data = json!({ "delivery": before.id, "by_ms": self.by_ms });
        fx.tell(Event::of(&before.provider, "delivery.put_off", &before.subject, cx.now, data));
        fx.replace(&*before, after);
        Ok(((), fx))
    }

    fn background(&self) -> Background {
        Background { waits: true, chance: Some(format!("put_off.{}", self.id)), ..Background::default() }
    }
}

impl Engine {
    /// Signs an attempt. None when the delivery is gone or not due any more.
    ///
    /// # Errors
    /// No such sandbox, or the database failed.
    pub fn prepare(&self, due: &Due) -> Result<Option<Prepared>, Failure<()>> {
        self.read(&due.sandbox, |cx, view| {
            let Some(delivery) = view.get::<Delivery>(&due.id)? else { return Ok(None) };
            let Some(provider) = self.provider(&delivery.provider) else { return Ok(None) };
            if delivery.next_attempt_at.is_none() || cx.sandbox.generation != due.generation {
                return Ok(None);
            }
            let tamper = tamper(cx, &delivery);
            let signed = sign(cx, view, (&**provider, &delivery), tamper.as_ref()).map_err(Stop::Need)?;
            Ok(Some(Prepared {
                due: due.clone(),
                provider: delivery.provider.clone(),
                endpoint: delivery.endpoint.clone(),
                url: delivery.url.clone(),
                body: body(&delivery, tamper.as_ref()),
                signed,
                timeout_ms: provider.attempt_timeout_ms(),
                at: cx.now,
                replay: delivery.replaying,
                egress: cx.sandbox.egress.clone(),
                tamper,
            }))
        })
    }

    /// Records attempts, many in a decision.
    pub async fn settle(&self, settled: Vec<Settled>) {
        let mut by_sandbox: BTreeMap<(SandboxId, u32), Vec<(String, Attempt)>> = BTreeMap::new();
        for one in settled {
            let place = (one.due.sandbox, one.due.generation);
            by_sandbox.entry(place).or_default().push((one.due.id, one.attempt));
        }
        for ((sandbox, generation), results) in by_sandbox {
            let settle = Settle { generation, results, providers: self.providers().into() };
            if let Err(failure) = self.decide(&sandbox, settle).await {
                // The lease ends and the attempt is made again: at least once.
                tracing::warn!(%sandbox, %failure, "attempts were not recorded");
            }
        }
    }

    /// Asks for one attempt of a delivery now, in whatever state it is.
    ///
    /// # Errors
    /// Refused when there is no such delivery.
    pub async fn replay(&self, sandbox: &SandboxId, id: &str) -> Result<Arc<Delivery>, Failure<()>> {
        self.decide(sandbox, Replay { id: id.to_owned() }).await
    }

    /// Puts an attempt off by so many milliseconds of virtual time.
    ///
    /// # Errors
    /// No such sandbox, or the database failed.
    pub async fn put_off(&self, due: &Due, by_ms: i64) -> Result<(), Failure<()>> {
        self.decide(&due.sandbox, PutOff { generation: due.generation, id: due.id.clone(), by_ms }).await
    }
}

/// The fault that applies to this attempt, if one does; the chance of it is the attempt's own.
fn tamper(cx: &Cx, delivery: &Delivery) -> Option<Tamper> {
    let mut draw = cx.chance.child(&format!("fault.{}.{}", delivery.id, delivery.attempts.len())).draw("ppm");
    cx.sandbox.faults.iter().find_map(|fault| {
        let action = fault.on_delivery(&delivery.provider, &delivery.event)?;
        // One that was put off by this fault is not put off again.
        let again = matches!(action, DeliveryAction::DelayMs(_) | DeliveryAction::Reorder)
            && delivery.next_attempt_at.is_some_and(|due| due > delivery.created_at)
            && delivery.attempts.is_empty();
        let fires = draw.below(1_000_000) < u64::from(fault.probability_ppm);
        (fires && !again).then(|| Tamper { fault: fault.id.clone(), action: action.clone() })
    })
}

fn sign(cx: &Cx, view: &View<'_>, what: (&dyn Provider, &Delivery), tamper: Option<&Tamper>) -> Result<Signed, Need> {
    let (provider, delivery) = what;
    let action = tamper.map(|tamper| &tamper.action);
    let mut signed = match action {
        // The signature of another body, as one that was made before the body changed would be.
        Some(DeliveryAction::StaleSignature) => {
            let stale = Delivery { body: format!("{} ", delivery.body), ..delivery.clone() };
            provider.sign(cx, view, &stale)?
        }
        _ => provider.sign(cx, view, delivery)?,
    };
    if let (Some(DeliveryAction::BadSignature), Signed::Send { headers }) = (action, &mut signed) {
        for (_, value) in headers.iter_mut().filter(|(name, _)| name.to_ascii_lowercase().contains("signature")) {
            let last = value.pop().map(|last| if last == '0' { '1' } else { '0' });
            value.extend(last);
        }
    }
    Ok(signed)
}

fn body(delivery: &Delivery, tamper: Option<&Tamper>) -> String {
    match tamper.map(|tamper| &tamper.action) {
        Some(DeliveryAction::AlteredBody) => format!("{} ", delivery.body),
        _ => delivery.body.clone(),
    }
}
