//! The courier and the receivers of webhooks, as functions: what is due is prepared, answered by a draw, and recorded
//! some time later, or never.

use crate::run::{Said, Sim};
use crate::tenant::Tenant;
use crate::world::{World, at_once};
use engine::deliveries::Prepared;
use engine::{Due, Settled};
use kernel::{Attempt, DeliveryAction, Draw, Scope, Signed};
use std::collections::{BTreeMap, VecDeque};

/// What receivers saw of a delivery.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sent {
    pub(crate) times: usize,
    pub(crate) acknowledged: bool,
}

/// All that receivers saw.
#[derive(Debug, Default)]
pub(crate) struct Receivers {
    seen: BTreeMap<(String, String), Sent>,
    /// They acknowledge everything from now on.
    pub(crate) are_kind: bool,
}

impl Receivers {
    pub(crate) fn sent(&self, scope: &Scope, delivery: &str) -> Sent {
        self.seen.get(&(scope.as_str().to_owned(), delivery.to_owned())).copied().unwrap_or_default()
    }

    /// A webhook arrives: it is looked at, then answered as it comes.
    fn receive(
        &mut self,
        tenant: &Tenant,
        (sent, fault): (&Prepared, Option<&DeliveryAction>),
        draw: &mut Draw,
    ) -> Result<Result<u16, String>, String> {
        let Signed::Send { headers } = &sent.signed else { return Err("nothing was sent".to_owned()) };
        let header = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let hook = tenant.hooks.get(&sent.endpoint).filter(|hook| !hook.is_removed);
        let hook = hook.ok_or_else(|| format!("sent to {}, which was removed", sent.endpoint))?;
        let signature = header(sandpay::signature::HEADER);
        let is_spoilt = matches!(
            fault,
            Some(DeliveryAction::BadSignature | DeliveryAction::StaleSignature | DeliveryAction::AlteredBody)
        );
        let is_right = sandpay::signature::verify(&hook.secret, sent.body.as_bytes(), signature);
        if is_right == is_spoilt {
            return Err(format!("{} with the fault {fault:?} came with a right signature: {is_right}", sent.due.id));
        }
        if header("X-SandPay-Delivery") != Some(sent.due.id.as_str()) {
            return Err(format!("{} came under another id", sent.due.id));
        }
        let answer = match draw.below(100) {
            _ if is_spoilt => Ok(401),
            _ if self.are_kind => Ok(200),
            0..60 => Ok(200 + u16::try_from(draw.below(5)).unwrap_or(0)),
            60..70 => Ok(404),
            70..85 => Ok(503),
            85..90 => Ok(301),
            90..97 => Err("timeout: no answer in 10 s".to_owned()),
            _ => Err("connect: refused".to_owned()),
        };
        let place = (tenant.seen.scope.as_str().to_owned(), sent.due.id.clone());
        let seen = self.seen.entry(place).or_default();
        seen.times += 1;
        seen.acknowledged |= matches!(answer, Ok(200..300));
        Ok(answer)
    }
}

/// What is recorded of an attempt that a fault drops.
pub(crate) const DROPPED: &str = "dropped by a fault rule";

/// What is on its way. A crash loses all of it.
#[derive(Debug, Default)]
pub(crate) struct Courier {
    due: VecDeque<Due>,
    unsettled: Vec<Settled>,
}

impl Courier {
    pub(crate) fn is_idle(&self) -> bool {
        self.due.is_empty() && self.unsettled.is_empty()
    }
}

impl World {
    fn take_handed_over(&mut self, due: &mut VecDeque<Due>) {
        while let Ok(one) = self.handed_over.try_recv() {
            due.push_back(one);
        }
    }
}

impl Sim {
    /// Does what is due, and claims.
    pub(crate) fn step_time(&mut self) -> Said {
        let room = usize::try_from(self.draw.between(0, 20)).unwrap_or(1);
        let stepped = self.world.engine.step(room).map_err(|error| error.to_string())?;
        let claimed = stepped.due.len();
        self.courier.due.extend(stepped.due);
        self.drop_expired();
        Ok(format!("step: claimed {claimed}"))
    }

    /// Makes some of the attempts that are due.
    pub(crate) fn attempt_some(&mut self) -> Said {
        let most = self.draw.below(8);
        let mut made = 0;
        while made < most && self.attempt_next()? {
            made += 1;
        }
        Ok(format!("attempt: {made}"))
    }

    /// Makes the next attempt. False when none is due.
    fn attempt_next(&mut self) -> Result<bool, String> {
        self.world.take_handed_over(&mut self.courier.due);
        let Some(due) = self.courier.due.pop_front() else { return Ok(false) };
        let Some(tenant) = self.tenants.iter().find(|tenant| tenant.id == due.sandbox) else { return Ok(true) };
        let is_current = Scope::of(&due.sandbox, due.generation) == tenant.seen.scope;
        if is_current && !self.world.rough.owes(&tenant.seen.scope, &due.id) {
            return Err(format!("{} was handed over and never committed", due.id));
        }
        let prepared = self.world.engine.prepare(&due).map_err(|failure| format!("prepare: {failure}"))?;
        let Some(prepared) = prepared else { return Ok(true) };
        let (prepared, fault) = self.tampered_with(&due, prepared)?;
        let Some(prepared) = prepared else { return Ok(true) };
        let copies = if fault == Some(DeliveryAction::Duplicate) { 2 } else { 1 };
        let mut answer = Err(DROPPED.to_owned());
        for _ in 0..copies {
            let tenant = self.tenants.iter().find(|tenant| tenant.id == due.sandbox).ok_or("nobody knows it")?;
            answer = match &prepared.signed {
                Signed::Abandon { reason } => Err(format!("abandoned: {reason}")),
                Signed::Send { .. } if fault == Some(DeliveryAction::Drop) => Err(DROPPED.to_owned()),
                Signed::Send { .. } => self.receivers.receive(tenant, (&prepared, fault.as_ref()), &mut self.draw)?,
            };
        }
        self.counts.attempts += 1;
        self.courier.unsettled.push(settled(&prepared, answer));
        Ok(true)
    }

    /// Uses up the fault that hits an attempt, as a courier does. None when the attempt is put off.
    fn tampered_with(
        &mut self,
        due: &Due,
        prepared: Prepared,
    ) -> Result<(Option<Prepared>, Option<DeliveryAction>), String> {
        let Some(tamper) = prepared.tamper.clone() else { return Ok((Some(prepared), None)) };
        let fired = at_once(self.world.engine.fire_on_delivery(&due.sandbox, &tamper.fault, &due.id));
        let put_off_ms = match (&fired, &tamper.action) {
            (Ok(true), DeliveryAction::DelayMs(ms)) => i64::try_from(*ms).ok(),
            (Ok(true), DeliveryAction::Reorder) => Some(2_000),
            _ => None,
        };
        self.counts.faults += u64::from(fired == Ok(true));
        if let Some(by_ms) = put_off_ms {
            // When it is not put off, its lease ends and it is attempted again.
            let _put_off = at_once(self.world.engine.put_off(due, by_ms));
            return Ok((None, None));
        }
        if fired == Ok(true) {
            return Ok((Some(prepared), Some(tamper.action)));
        }
        let again = self.world.engine.prepare(due).map_err(|failure| format!("prepare: {failure}"))?;
        let action = again.as_ref().and_then(|again| again.tamper.as_ref()).map(|tamper| tamper.action.clone());
        Ok((again, action))
    }

    /// Records some of the results.
    pub(crate) fn settle_some(&mut self) -> Said {
        let most = usize::try_from(self.draw.below(12)).unwrap_or(0).min(self.courier.unsettled.len());
        let some: Vec<Settled> = self.courier.unsettled.drain(..most).collect();
        at_once(self.world.engine.settle(some));
        Ok(format!("settle: {most}"))
    }

    /// Does everything that can be done now. Whether there was anything.
    pub(crate) fn work_through(&mut self) -> Result<bool, String> {
        let stepped = self.world.engine.step(64).map_err(|error| error.to_string())?;
        self.courier.due.extend(stepped.due);
        self.drop_expired();
        let mut did = !self.courier.is_idle();
        while self.attempt_next()? {
            did = true;
        }
        at_once(self.world.engine.settle(std::mem::take(&mut self.courier.unsettled)));
        Ok(did)
    }

    /// The process is gone, and with it what was on its way.
    pub(crate) fn crash(&mut self) -> Said {
        let lost = self.courier.due.len() + self.courier.unsettled.len();
        self.courier = Courier::default();
        self.world.crash()?;
        self.counts.crashes += 1;
        Ok(format!("crash: {lost} on their way"))
    }
}

fn settled(prepared: &Prepared, answer: Result<u16, String>) -> Settled {
    let (status, error) = match answer {
        Ok(status) => (Some(status), None),
        Err(error) => (None, Some(error)),
    };
    let attempt = Attempt { at: prepared.at, status, error, duration_ms: 7, response: None, replay: prepared.replay };
    Settled { due: prepared.due.clone(), attempt }
}
