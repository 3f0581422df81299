//! Moving time: instant by instant, so that at each the jobs run and the deliveries settle before time moves on.

use crate::command::Failure;
use crate::events::Wanted;
use crate::run::Engine;
use crate::sandboxes::Backwards;
use kernel::{Cx, Instant, Sandbox, SandboxId, Scope};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;

/// What moving time did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advanced {
    /// Where the clock stands.
    #[serde(serialize_with = "iso")]
    pub now: Instant,
    /// Jobs that ran.
    pub jobs_run: u64,
    /// Deliveries that were attempted.
    pub deliveries_attempted: u64,
    /// Whether all of it was done; else ask again with what is left.
    pub done: bool,
}

fn iso<S: serde::Serializer>(at: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.iso())
}

fn unavailable<R>(error: StoreError) -> Failure<R> {
    Failure::Unavailable(error.to_string())
}

impl Engine {
    /// Moves the clock by so many milliseconds, in at most `limit_ms` of real time. With 0 it waits until nothing due
    /// is left.
    ///
    /// # Errors
    /// No such sandbox, or the database failed.
    pub async fn advance(&self, id: &SandboxId, by_ms: i64, limit_ms: u64) -> Result<Advanced, Failure<Backwards>> {
        let sandbox = self.sandbox(id).map_err(unavailable)?.ok_or(Failure::NoSandbox)?;
        let scope = sandbox.scope();
        let from = self.last_position(&scope, 0).map_err(unavailable)?;
        let target = sandbox.clock.now(self.wall().now()).plus_ms(by_ms);
        let walk = self.walk(&sandbox, target);
        let done = match tokio::time::timeout(Duration::from_millis(limit_ms), walk).await {
            Ok(walked) => walked.map(|()| true)?,
            Err(_) => false,
        };
        let (jobs_run, deliveries_attempted) = self.tally(&scope, from).map_err(unavailable)?;
        let sandbox = self.sandbox(id).map_err(unavailable)?.ok_or(Failure::NoSandbox)?;
        let now = sandbox.clock.now(self.wall().now());
        Ok(Advanced { now, jobs_run, deliveries_attempted, done })
    }

    async fn walk(&self, sandbox: &Sandbox, target: Instant) -> Result<(), Failure<Backwards>> {
        let scope = sandbox.scope();
        loop {
            let now = self.settled_now(&sandbox.id, &scope).await?;
            let next = self.store().queue(&scope, target, 1).map_err(unavailable)?;
            let next = next.first().map(|row| row.key.due);
            let goal = next.map_or(target, |due| due.clamp(now, target));
            if next.is_none() && now >= target {
                return Ok(());
            }
            self.change_sandbox(&sandbox.id, "clock.advanced", move |cx, sandbox| move_to(cx, sandbox, goal)).await?;
        }
    }

    /// Waits until nothing that is due is left, and says what time it is then.
    async fn settled_now(&self, id: &SandboxId, scope: &Scope) -> Result<Instant, Failure<Backwards>> {
        let mut news = self.feed().follow(scope);
        loop {
            news.borrow_and_update();
            let sandbox: Arc<Sandbox> = self.sandbox(id).map_err(unavailable)?.ok_or(Failure::NoSandbox)?;
            let now = sandbox.clock.now(self.wall().now());
            let due = self.store().queue(scope, now, 1).map_err(unavailable)?;
            if due.is_empty() || sandbox.scope() != *scope {
                return Ok(now);
            }
            self.feed().poke();
            if news.changed().await.is_err() {
                return Err(Failure::Unavailable("the feed ended".to_owned()));
            }
        }
    }

    fn tally(&self, scope: &Scope, from: u64) -> Result<(u64, u64), StoreError> {
        let attempted = ["delivery.delivered", "delivery.attempt_failed", "delivery.failed"];
        let types = ["job.ran", "job.failed"].iter().chain(&attempted).map(|kind| (*kind).to_owned()).collect();
        let wanted = Wanted { types, subject: None };
        let (mut jobs, mut deliveries, mut position) = (0, 0, from);
        loop {
            let (events, looked_to) = self.events(scope, position, &wanted, usize::MAX)?;
            let ran = events.iter().filter(|seen| seen.event.kind.starts_with("job.")).count() as u64;
            jobs += ran;
            deliveries += events.len() as u64 - ran;
            if looked_to == position {
                return Ok((jobs, deliveries));
            }
            position = looked_to;
        }
    }
}

fn move_to(cx: &Cx, sandbox: &mut Sandbox, goal: Instant) -> Result<serde_json::Value, Backwards> {
    let now = sandbox.clock.now(cx.wall);
    if goal > now {
        sandbox.clock = sandbox.clock.set_to(goal, cx.wall);
    }
    Ok(json!({ "from": now.iso(), "to": goal.max(now).iso() }))
}
