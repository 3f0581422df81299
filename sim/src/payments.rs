//! What merchants and payers do: payments, alone and many at once, repeated and contradicted; prompts answered.

use crate::forecast;
use crate::run::{Said, Sim};
use crate::tenant::{Sent, Tenant};
use crate::world::Op;
use engine::Failure;
use engine::task::{CommandTask, Task};
use kernel::{Draw, SandboxId};
use sandpay::auth::KeyHash;
use sandpay::model::Transaction;
use sandpay::operators::{PAIRS, Pair};
use sandpay::ops::create_payment::{self, Created, Input};
use sandpay::ops::portal::{Refused, prompts};
use sandpay::ops::settle::Answer;
use sandpay::refusals::Refusal;
use sandpay::scenarios::{Scenario, Status};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::{Arc, mpsc};

/// A payment that a merchant asks for.
#[derive(Debug, Clone)]
struct Asked {
    sandbox: SandboxId,
    pair: Pair,
    key: String,
    reference: String,
    sent: Sent,
    application: &'static str,
    scenario: Option<Scenario>,
}

impl Asked {
    fn input(&self) -> Input {
        let body = json!({
            "amount": self.sent.amount, "currency": self.sent.currency, "msisdn": self.sent.msisdn,
            "operator": self.sent.operator, "country": self.sent.country, "reference": self.reference,
            "application": self.application, "scenario": self.scenario,
        });
        let mut body = body;
        if self.scenario.is_none()
            && let Some(members) = body.as_object_mut()
        {
            members.remove("scenario");
        }
        Input::read(KeyHash::of(&self.key), body.to_string().as_bytes())
    }
}

/// An environment: mostly one of a few, so that things meet.
pub(crate) fn a_pair(draw: &mut Draw) -> Pair {
    let of = if draw.below(4) == 0 { PAIRS.len() as u64 } else { 2 };
    PAIRS[usize::try_from(draw.below(of)).unwrap_or(0)]
}

/// The numbers of an environment without their last three digits.
fn stem(pair: Pair) -> &'static str {
    match (pair.country.as_str(), pair.operator.as_str()) {
        ("CI", "orange") => "+2250700000",
        ("CI", "moov") => "+2250100000",
        ("CI", _) => "+2250500000",
        ("BJ", "moov") => "+2290195000",
        ("BJ", _) => "+2290196000",
        ("TG", "moov") => "+22896000",
        ("TG", _) => "+22890000",
        ("RW", "airtel") => "+250728000",
        _ => "+250788000",
    }
}

/// The number of the client that begins with money.
pub(crate) fn funded(pair: Pair) -> String {
    format!("{}111", stem(pair))
}

/// A number of an environment: a client with money, one with little, a blocked one, or nobody.
fn msisdn(pair: Pair, draw: &mut Draw) -> String {
    let end = match draw.below(10) {
        0..6 => "111",
        6 => "222",
        7 => "333",
        _ => "999",
    };
    format!("{}{end}", stem(pair))
}

impl Sim {
    fn draw_payment(&mut self) -> Option<Asked> {
        let at = self.draw_tenant()?;
        let foreign = self.tenants.get(usize::try_from(self.draw.below(3)).unwrap_or(0));
        let (tenant, draw) = (&self.tenants[at], &mut self.draw);
        let key = match draw.below(20) {
            0 => tenant.keys.iter().find(|key| key.is_revoked).or(tenant.good_key()),
            1 => foreign.and_then(Tenant::good_key).or(tenant.good_key()),
            _ => tenant.good_key(),
        };
        let key = key.or(tenant.keys.first())?.whole.clone();
        let earlier = usize::try_from(draw.below(4 * (tenant.references.len() as u64 + 1))).unwrap_or(0);
        let earlier = tenant.references.iter().nth(earlier).map(|(reference, (_, sent))| (reference.clone(), sent));
        let pair = a_pair(draw);
        let fresh = Sent {
            amount: match draw.below(10) {
                0 => 1,
                1 => draw.between(90_000, 200_000),
                2 => 1_000_000_000_000,
                _ => draw.between(10, 20_000),
            },
            currency: pair.currency().to_owned(),
            msisdn: msisdn(pair, draw),
            operator: pair.operator.as_str(),
            country: pair.country.as_str(),
        };
        let (reference, sent) = match earlier {
            Some((reference, sent)) if draw.below(2) == 0 => (reference, sent.clone()),
            Some((reference, _)) => (reference, fresh),
            None => (format!("REF-{}", draw.hex(6)), fresh),
        };
        let pair = PAIRS
            .into_iter()
            .find(|pair| (pair.operator.as_str(), pair.country.as_str()) == (sent.operator, sent.country))?;
        let scenario = (draw.below(10) < 3).then(|| draw.below(Scenario::ALL.len() as u64));
        let scenario = scenario.map(|at| Scenario::ALL[usize::try_from(at).unwrap_or(0)]);
        let application = if draw.below(25) == 0 { "no-such-store" } else { sandpay::fixtures::STORE };
        Some(Asked { sandbox: tenant.id.clone(), pair, key, reference, sent, application, scenario })
    }

    /// One payment.
    pub(crate) fn create_payment(&mut self) -> Said {
        let Some(asked) = self.draw_payment() else { return Ok("nobody is there".to_owned()) };
        let before = self.sim_of(&asked.sandbox, asked.pair, &asked.sent.msisdn);
        let answer = self.world.run(&asked.sandbox, asked.input(), create_payment::decide);
        if let (Ok(created), Some(before)) = (&answer, before) {
            let is_free = !created.is_replay && !created.payment.is_duplicate && asked.scenario.is_none();
            let status = before.status_of_new(&created.payment);
            if is_free && status != created.payment.status {
                return Err(format!("{:?} must be {}: {before:?}", created.payment, status.as_str()));
            }
        }
        self.judge(&asked, answer, true)
    }

    /// Several in one batch.
    pub(crate) fn create_payments_at_once(&mut self) -> Said {
        let many = self.draw.between(2, 9);
        let mut asked: Vec<Asked> = (0..many).filter_map(|_| self.draw_payment()).collect();
        // Some clients send the same twice at once.
        if self.draw.below(2) == 0 {
            asked.extend(asked.first().cloned());
        }
        let (tell, told) = mpsc::channel();
        let tasks = asked.iter().enumerate().map(|(at, asked)| {
            let (tell, op) = (tell.clone(), Op { input: asked.input(), decide: create_payment::decide });
            let task = CommandTask::new(asked.sandbox.clone(), op, move |answer| {
                let _heard = tell.send((at, answer));
            });
            Box::new(task) as Box<dyn Task>
        });
        self.world.engine.put_all(tasks.collect());
        drop(tell);
        let mut answers: Vec<_> = told.into_iter().collect();
        if answers.len() != asked.len() {
            return Err(format!("{} were asked and {} answered", asked.len(), answers.len()));
        }
        answers.sort_by_key(|(at, _)| *at);
        let (failed, refused) = self.world.rough.troubles();
        self.troubles = (failed, refused);
        // With a refused commit the order in which they came about is another than the one they were asked in.
        let in_order = refused == 0;
        let mut said = Vec::new();
        for (at, answer) in answers {
            said.push(self.judge(&asked[at], answer, in_order)?);
        }
        Ok(format!("at once: {}", said.join("; ")))
    }

    /// Whether an answer is one that could be given.
    fn judge(&mut self, asked: &Asked, answer: Result<Created, Failure<Refusal>>, in_order: bool) -> Said {
        let said = |what: &str| format!("{} pays {} as {}: {what}", asked.sandbox, asked.sent.amount, asked.reference);
        let created = match answer {
            Ok(created) => created,
            Err(Failure::Unavailable(_)) => {
                self.excuse("create")?;
                return Ok(said("unavailable"));
            }
            Err(Failure::Refused(refusal)) => {
                self.counts.refused += 1;
                return self.judge_refusal(asked, &refusal, in_order).map(|()| said(refusal.code()));
            }
            Err(failure) => return Err(said(&failure.to_string())),
        };
        self.counts.payments += u64::from(!created.is_replay);
        let wrong = self.judge_created(asked, &created, in_order);
        let what = format!("{} {}", created.payment.id, created.payment.status.as_str());
        wrong.map_err(|why| said(&format!("{what}: {why}"))).map(|()| said(&what))
    }

    fn judge_created(&mut self, asked: &Asked, created: &Created, in_order: bool) -> Result<(), String> {
        let payment = &created.payment;
        let foreign =
            self.tenants.iter().any(|other| other.id != asked.sandbox && other.answered.contains_key(&payment.id));
        let tenant = self.tenant(&asked.sandbox)?;
        if !tenant.keys.iter().any(|key| key.whole == asked.key && !key.is_revoked) {
            return Err("the key does not open it".to_owned());
        }
        if foreign {
            return Err("it is another sandbox's".to_owned());
        }
        let holder = tenant.references.get(&asked.reference);
        match holder {
            Some((id, _)) if created.is_replay && *id != payment.id => return Err(format!("{id} holds the reference")),
            Some((_, sent)) if created.is_replay != (*sent == asked.sent) => return Err("replayed or not".to_owned()),
            Some(_) if !created.is_replay && payment.status != Status::DuplicateReference => {
                return Err("the reference is used".to_owned());
            }
            None if created.is_replay && in_order => return Err("replayed, and nobody used the reference".to_owned()),
            _ => {}
        }
        if holder.is_none() && !created.is_replay && !payment.is_duplicate {
            tenant.references.insert(asked.reference.clone(), (payment.id.clone(), asked.sent.clone()));
        }
        let forced = asked.scenario.map(Scenario::status).filter(|_| !created.is_replay && !payment.is_duplicate);
        if forced.is_some_and(|status| status != payment.status) {
            return Err("its scenario was not followed".to_owned());
        }
        tenant.answered.insert(payment.id.clone(), payment.status);
        Ok(())
    }

    fn judge_refusal(&mut self, asked: &Asked, refusal: &Refusal, in_order: bool) -> Result<(), String> {
        let tenant = self.tenant(&asked.sandbox)?;
        let opens = tenant.keys.iter().any(|key| key.whole == asked.key && !key.is_revoked);
        let replays = tenant.references.get(&asked.reference).is_some_and(|(_, sent)| *sent == asked.sent);
        let env_id = format!("env_{}_{}", asked.sent.country.to_lowercase(), asked.sent.operator);
        let is_right = match refusal {
            Refusal::InvalidApiKey => !opens,
            Refusal::NotFound { .. } => opens && asked.application != sandpay::fixtures::STORE,
            Refusal::EnvNotFound { .. } => opens && tenant.off.contains(&env_id),
            _ => false,
        };
        let had_to_replay = in_order && opens && replays;
        if is_right && !had_to_replay { Ok(()) } else { Err(format!("refused with {refusal:?}: {asked:?}")) }
    }

    /// A payer answers a prompt, perhaps one that has ended, perhaps one of somebody else.
    pub(crate) fn answer_prompt(&mut self) -> Said {
        let (Some(at), Some(from)) = (self.draw_tenant(), self.draw_tenant()) else {
            return Ok("nobody is there".to_owned());
        };
        let from = if self.draw.below(15) == 0 { from } else { at };
        let payments = &self.tenants[from].seen.payments;
        let pending: Vec<&String> =
            payments.values().filter(|payment| payment.status == Status::Pending).map(|payment| &payment.id).collect();
        let of_any = self.draw.below(payments.len().max(1) as u64);
        let of_pending = self.draw.below(pending.len().max(1) as u64);
        let any = payments.keys().nth(usize::try_from(of_any).unwrap_or(0));
        let pending = pending.get(usize::try_from(of_pending).unwrap_or(0)).copied();
        let picked = if self.draw.below(5) == 0 { any } else { pending.or(any) };
        let Some(id) = picked.cloned() else { return Ok("no payment is there".to_owned()) };
        let answer = match self.draw.below(10) {
            0..6 => Answer::Pin("1234".to_owned()),
            6 => Answer::Pin("0000".to_owned()),
            _ => Answer::Refuse,
        };
        let payment = self.tenants[at].seen.payments.get(&id).cloned();
        let sandbox = self.tenants[at].id.clone();
        let sim = payment.as_ref().and_then(|payment| self.sim_of(&sandbox, payment.pair(), &payment.msisdn));
        let answered = self.world.run(&sandbox, (id.clone(), answer.clone()), prompts::answer);
        if let (Ok(after), Some(before)) = (&answered, &sim) {
            let now = self.sim_of(&sandbox, after.pair(), &after.msisdn).ok_or("the SIM cannot be read")?;
            moved(before, &now, after, &answer)?;
        }
        let said = self.judge_prompt((&sandbox, &id), payment.map(|payment| payment.status), answered)?;
        Ok(format!("{sandbox} {id} {answer:?}: {said}"))
    }

    /// Several payers answer in one batch, some of them twice.
    pub(crate) fn answer_prompts_at_once(&mut self) -> Said {
        let Some(at) = self.draw_tenant() else { return Ok("nobody is there".to_owned()) };
        let tenant = &self.tenants[at];
        let sandbox = tenant.id.clone();
        let pending = tenant.seen.payments.values().filter(|payment| payment.status == Status::Pending);
        let mut ids: Vec<String> = pending.map(|payment| payment.id.clone()).collect();
        ids.truncate(6);
        if self.draw.below(2) == 0 {
            ids.extend_from_within(..);
        }
        let (tell, told) = mpsc::channel();
        let tasks = ids.iter().map(|id| {
            let answer = if self.draw.below(6) == 0 { Answer::Refuse } else { Answer::Pin("1234".to_owned()) };
            let (tell, name) = (tell.clone(), id.clone());
            let op = Op { input: (id.clone(), answer), decide: prompts::answer };
            let task = CommandTask::new(sandbox.clone(), op, move |answer| {
                let _heard = tell.send((name, answer));
            });
            Box::new(task) as Box<dyn Task>
        });
        let tasks: Vec<_> = tasks.collect();
        self.world.engine.put_all(tasks);
        drop(tell);
        let mut ended: BTreeSet<String> = BTreeSet::new();
        for (id, answered) in told {
            match answered {
                Ok(payment) if ended.insert(id.clone()) => {
                    self.tenant(&sandbox)?.answered.insert(id, payment.status);
                    self.counts.settled += 1;
                }
                Err(Failure::Refused(Refused::Settled { .. })) => {}
                Err(Failure::Unavailable(_)) => self.excuse("answer")?,
                other => return Err(format!("{id} was answered twice, or wrongly: {other:?}")),
            }
        }
        let missing = ids.iter().find(|id| !ended.contains(*id));
        match missing {
            Some(id) if self.troubles.0 == 0 => Err(format!("{id} was answered and did not end")),
            _ => Ok(format!("{sandbox}: {} of {} prompts end", ended.len(), ids.len())),
        }
    }

    fn sim_of(&self, sandbox: &SandboxId, pair: Pair, msisdn: &str) -> Option<forecast::Sim> {
        let tenant = self.tenants.iter().find(|tenant| tenant.id == *sandbox)?;
        forecast::Sim::of(&self.world.memory, tenant, pair, msisdn)
    }

    fn judge_prompt(
        &mut self,
        (sandbox, id): (&SandboxId, &str),
        before: Option<Status>,
        answered: Result<Arc<Transaction>, Failure<Refused>>,
    ) -> Said {
        match (before, answered) {
            (Some(Status::Pending), Ok(payment)) if payment.status.terminal() => {
                self.tenant(sandbox)?.answered.insert(id.to_owned(), payment.status);
                self.counts.settled += 1;
                Ok(payment.status.as_str().to_owned())
            }
            (Some(before), Err(Failure::Refused(Refused::Settled { status }))) if before.as_str() == status => {
                Ok("had ended".to_owned())
            }
            (None, Err(Failure::Refused(Refused::Unknown { .. }))) => Ok("unknown".to_owned()),
            (_, Err(Failure::Unavailable(_))) => self.excuse("answer").map(|()| "unavailable".to_owned()),
            (before, answered) => Err(format!("{id} was {before:?} and answering it gave {answered:?}")),
        }
    }
}

/// Whether a prompt ended as it must, and moved what it must.
fn moved(before: &forecast::Sim, now: &forecast::Sim, after: &Transaction, answer: &Answer) -> Result<(), String> {
    let status = match answer {
        Answer::Pin(pin) => before.status_of_confirmed(after, pin),
        Answer::Refuse => Status::UserCancelled,
        Answer::Expire => Status::Timeout,
    };
    let quote = after.quote();
    let (paid, gained) = if status == Status::Success { (quote.customer_total, quote.net_amount) } else { (0, 0) };
    let is_right = after.status == status && before.holds - now.holds == paid && now.float - before.float == gained;
    if is_right { Ok(()) } else { Err(format!("{after:?} must be {}: {before:?}, then {now:?}", status.as_str())) }
}
