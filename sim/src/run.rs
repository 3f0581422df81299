//! One run: operations drawn from a seed, observers after each, and at the end everything comes to rest.

use crate::courier::{Courier, Receivers};
use crate::observe::{self, Surroundings};
use crate::rough::Sabotage;
use crate::tenant::Tenant;
use crate::world::World;
use kernel::{Chance, DeliveryStatus, Draw, Instant, SandboxId};
use sandpay::scenarios::Status;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

/// What happened in a step, or which promise was broken.
pub(crate) type Said = Result<String, String>;

/// Steps of the trace that are shown.
const SHOWN: usize = 12;
/// How far time is moved at the end: past the expiry of all that is pending and the last retry of all deliveries.
const TO_REST_MS: i64 = 4 * 3_600_000;

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The seed of the run.
    pub seed: u64,
    /// The step after which it was seen.
    pub step: u64,
    /// Which promise, and how.
    pub what: String,
    /// The last steps before it.
    pub trace: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {} step {}: {}", self.seed, self.step, self.what)?;
        for line in &self.trace {
            writeln!(f, "    {line}")?;
        }
        Ok(())
    }
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Operations.
    pub operations: u64,
    /// Payments made.
    pub payments: u64,
    /// Requests refused.
    pub refused: u64,
    /// Prompts answered.
    pub settled: u64,
    /// Webhooks attempted.
    pub attempts: u64,
    /// Webhooks that a fault rule hit.
    pub faults: u64,
    /// Processes that died.
    pub crashes: u64,
    /// Transactions of the store.
    pub commits: u64,
    /// Answers that the store's failures excused.
    pub excused: u64,
    /// Everything in the store and everything that happened, for comparing two runs. Only when it was asked for.
    pub dump: String,
}

/// The state of a run.
pub(crate) struct Sim {
    pub(crate) world: World,
    pub(crate) draw: Draw,
    pub(crate) tenants: Vec<Tenant>,
    pub(crate) courier: Courier,
    pub(crate) receivers: Receivers,
    pub(crate) counts: Outcome,
    pub(crate) runtime: Rc<tokio::runtime::Runtime>,
    /// Batches that failed and commits that were refused in this step.
    pub(crate) troubles: (u32, u32),
    /// When the sandboxes that were last seen expire.
    pub(crate) last_seen: Rc<RefCell<BTreeMap<SandboxId, Option<Instant>>>>,
    trace: Vec<String>,
}

type Operation = fn(&mut Sim) -> Said;

/// What can happen, and how often relative to each other.
const OPERATIONS: [(u64, Operation); 24] = [
    (22, Sim::create_payment),
    (10, Sim::create_payments_at_once),
    (14, Sim::answer_prompt),
    (3, Sim::answer_prompts_at_once),
    (14, Sim::step_time),
    (12, Sim::attempt_some),
    (12, Sim::settle_some),
    (6, Sim::replay),
    (4, Sim::add_endpoint),
    (4, Sim::change_endpoint),
    (2, Sim::make_key),
    (2, Sim::revoke_key),
    (8, Sim::change_client),
    (2, Sim::change_environment),
    (2, Sim::make_sandbox),
    (1, Sim::delete_sandbox),
    (2, Sim::reset_sandbox),
    (5, Sim::change_clock),
    (4, Sim::advance),
    (8, Sim::jump),
    (2, Sim::crash),
    (3, Sim::break_store),
    (3, Sim::contend),
    (3, Sim::set_fault),
];

/// Runs a seed for so many steps. With `dump` the outcome holds everything, to be compared with another run's.
///
/// # Errors
/// The first promise that was broken.
pub fn run(seed: u64, steps: u64, sabotage: Option<Sabotage>, dump: bool) -> Result<Outcome, Violation> {
    let mut step = 0;
    let mut trace = Vec::new();
    let begin = || -> Result<Sim, String> {
        let chance = Chance::keyed(&[b"simulation", &seed.to_le_bytes()]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        Ok(Sim {
            world: World::new(&chance, sabotage)?,
            draw: chance.draw("plan"),
            tenants: Vec::new(),
            courier: Courier::default(),
            receivers: Receivers::default(),
            counts: Outcome::default(),
            runtime: Rc::new(runtime.map_err(|error| error.to_string())?),
            troubles: (0, 0),
            last_seen: Rc::default(),
            trace: Vec::new(),
        })
    };
    let result = begin().and_then(|mut sim| {
        let ran = sim.all(steps, &mut step);
        trace = sim.trace.iter().rev().take(SHOWN).rev().cloned().collect();
        ran.map(|()| sim.outcome(dump))
    });
    result.map_err(|what| Violation { seed, step, what, trace })
}

impl Sim {
    fn all(&mut self, steps: u64, step: &mut u64) -> Result<(), String> {
        for first in [Self::make_sandbox, Self::make_sandbox, Self::add_endpoint, Self::add_endpoint] {
            self.one(first)?;
        }
        let total = OPERATIONS.iter().map(|(weight, _)| weight).sum();
        while *step < steps {
            *step += 1;
            let mut at = self.draw.below(total);
            let picked = OPERATIONS.iter().find(|(weight, _)| {
                let is_it = at < *weight;
                at = at.saturating_sub(*weight);
                is_it
            });
            let (_, operation) = picked.ok_or("nothing was drawn")?;
            self.one(*operation)?;
            let ms = self.draw.between(0, 20);
            self.world.pass(ms);
        }
        self.rest()
    }

    /// One operation, and a look at everything.
    fn one(&mut self, operation: Operation) -> Result<(), String> {
        self.troubles = (0, 0);
        let said = operation(self);
        self.world.rough.troubles();
        self.counts.operations += 1;
        self.trace.push(match &said {
            Ok(said) => said.clone(),
            Err(why) => format!("! {why}"),
        });
        said?;
        self.look()
    }

    fn look(&mut self) -> Result<(), String> {
        let mut all: BTreeMap<SandboxId, BTreeSet<String>> = BTreeMap::new();
        for tenant in &self.tenants {
            let own = tenant.answered.keys().chain(tenant.seen.payments.keys()).cloned();
            all.insert(tenant.id.clone(), own.collect());
        }
        for tenant in &mut self.tenants {
            let others = all.iter().filter(|(id, _)| **id != tenant.id);
            let foreign = others.flat_map(|(_, payments)| payments.iter().cloned()).collect();
            let around = Surroundings { world: &self.world, receivers: &self.receivers, foreign: &foreign };
            observe::look(tenant, &around)?;
            let expires_at = tenant.sandbox(&self.world.memory).and_then(|sandbox| sandbox.expires_at);
            self.last_seen.borrow_mut().insert(tenant.id.clone(), expires_at);
        }
        Ok(())
    }

    /// The store is well, receivers are kind, time goes on: then everything comes to an end.
    fn rest(&mut self) -> Result<(), String> {
        self.world.rough.heal();
        self.receivers.are_kind = true;
        self.trace.push("to rest".to_owned());
        let mut at = 0;
        while at < self.tenants.len() {
            let id = self.tenants[at].id.clone();
            let said = self.advance_by(at, TO_REST_MS)?;
            self.trace.push(said);
            self.look()?;
            if self.tenants.get(at).is_some_and(|tenant| tenant.id == id) {
                self.is_at_rest(&self.tenants[at])?;
                at += 1;
            } else {
                at = 0;
            }
        }
        Ok(())
    }

    fn is_at_rest(&self, tenant: &Tenant) -> Result<(), String> {
        if let Some(first) = self.first_due(tenant) {
            return Err(format!("{} never comes to rest: {first}", tenant.id));
        }
        let pending = tenant.seen.payments.values().find(|payment| payment.status == Status::Pending);
        if let Some(payment) = pending {
            return Err(format!("{} is pending for ever", payment.id));
        }
        match tenant.seen.deliveries.values().find(|delivery| delivery.status == DeliveryStatus::Pending) {
            Some(delivery) => Err(format!("{} is never delivered", delivery.id)),
            None => Ok(()),
        }
    }

    fn outcome(self, dump: bool) -> Outcome {
        let commits = self.world.rough.commits();
        let dump = if dump { format!("{:?}\n{}", self.world.memory, self.trace.join("\n")) } else { String::new() };
        Outcome { commits, dump, ..self.counts }
    }

    /// A sandbox by chance.
    pub(crate) fn draw_tenant(&mut self) -> Option<usize> {
        let at = self.draw.below(self.tenants.len() as u64);
        (!self.tenants.is_empty()).then(|| usize::try_from(at).unwrap_or(0))
    }

    pub(crate) fn tenant(&mut self, id: &SandboxId) -> Result<&mut Tenant, String> {
        self.tenants.iter_mut().find(|tenant| tenant.id == *id).ok_or_else(|| format!("nobody knows {id}"))
    }

    /// Something was not done: that is right only if the store failed in this step.
    pub(crate) fn excuse(&mut self, what: &str) -> Result<(), String> {
        let (failed, refused) = self.world.rough.troubles();
        self.troubles = (self.troubles.0 + failed, self.troubles.1 + refused);
        if self.troubles.0 == 0 {
            return Err(format!("{what}: not done, and the store had not failed"));
        }
        self.counts.excused += 1;
        Ok(())
    }
}
