//! Outbound calls inside a request: claimed per key, stepped, ended. One at a time for a key, on whatever node.

use crate::command::{Background, Command, Failure};
use crate::run::Engine;
use kernel::exchange::OPEN_EXCHANGES;
use kernel::{Cx, Decided, Effects, Event, Exchange, ExchangeState, Instant, SandboxId, Stop, View};
use serde_json::json;
use std::sync::Arc;

/// Somebody else has the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy {
    /// Until when, if its owner is gone (wall time).
    pub until: Instant,
}

/// The exchange is not the caller's any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost;

/// How long a claim holds without an answer, in milliseconds of wall time.
const LEASE_MS: i64 = 20_000;

struct Claim {
    key: String,
    owner: String,
    lasts_ms: i64,
}

impl Command for Claim {
    type Reply = Arc<Exchange>;
    type Refusal = Busy;

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<Arc<Exchange>, Busy> {
        let mut fx = Effects::new();
        if let Some(id) = view.unique(OPEN_EXCHANGES, &self.key)?
            && let Some(open) = view.get::<Exchange>(&id)?
        {
            if !open.is_abandoned(cx.wall) {
                return Err(Stop::Refused(Busy { until: open.lease_until.min(open.deadline) }));
            }
            let ended = Exchange { state: ExchangeState::Unknown, ..(*open).clone() };
            fx.tell(Event::own("exchange.unknown", cx.now, json!({ "exchange": open.id, "key": open.key })));
            fx.replace(&*open, ended);
        }
        let exchange = Exchange {
            id: format!("exc_{}", cx.chance.draw("exchange").hex(24)),
            key: self.key.clone(),
            owner: self.owner.clone(),
            lease_until: cx.wall.plus_ms(LEASE_MS),
            deadline: cx.wall.plus_ms(self.lasts_ms),
            step: 0,
            state: ExchangeState::Open,
        };
        fx.insert(exchange.clone());
        Ok((Arc::new(exchange), fx))
    }
}

struct Feed {
    id: String,
    owner: String,
    ends: bool,
}

impl Command for Feed {
    type Reply = Arc<Exchange>;
    type Refusal = Lost;

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<Arc<Exchange>, Lost> {
        let before = view.get::<Exchange>(&self.id)?.ok_or(Stop::Refused(Lost))?;
        let is_ours = before.owner == self.owner && before.state == ExchangeState::Open && cx.wall < before.deadline;
        if !is_ours {
            return Err(Stop::Refused(Lost));
        }
        let mut after = (*before).clone();
        after.step += 1;
        after.lease_until = cx.wall.plus_ms(LEASE_MS);
        if self.ends {
            after.state = ExchangeState::Done;
        }
        let mut fx = Effects::new();
        fx.replace(&*before, after.clone());
        Ok((Arc::new(after), fx))
    }

    fn background(&self) -> Background {
        Background { chance: Some(format!("exchange.{}", self.id)), ..Background::default() }
    }
}

impl Engine {
    /// Claims a key for an outbound call that may last so many milliseconds.
    ///
    /// # Errors
    /// Refused while somebody else has it.
    pub async fn claim_exchange(
        &self,
        sandbox: &SandboxId,
        key: &str,
        lasts_ms: i64,
    ) -> Result<Arc<Exchange>, Failure<Busy>> {
        self.decide(sandbox, Claim { key: key.to_owned(), owner: self.node().to_owned(), lasts_ms }).await
    }

    /// Feeds an answer back: renews the claim, or ends the exchange.
    ///
    /// # Errors
    /// Refused when the claim was lost.
    pub async fn feed_exchange(
        &self,
        sandbox: &SandboxId,
        id: &str,
        ends: bool,
    ) -> Result<Arc<Exchange>, Failure<Lost>> {
        self.decide(sandbox, Feed { id: id.to_owned(), owner: self.node().to_owned(), ends }).await
    }
}
