//! What time does: `step` runs the jobs that are due, claims the deliveries that are due, and says when to look again.

use crate::batch::LEASE_MS;
use crate::command::{Background, Command, Failure};
use crate::deliveries::Due;
use crate::run::Engine;
use crate::task::{CommandTask, Task};
use kernel::{
    Class, Clock, Cx, Decided, Effects, Event, Instant, Job, Provider, QueueKey, Sandbox, SandboxId, Scope, View,
};
use serde_json::json;
use std::sync::{Arc, mpsc};
use store::{Claim, QueueRow, StoreError};

/// Scopes looked at in one step.
const SCOPES: usize = 64;
/// Rows claimed at a time.
const ROWS: usize = 256;
/// Rows swept in one step.
const SWEPT: usize = 2_000;

/// What a step left to do.
#[derive(Debug, Default)]
pub struct Stepped {
    /// Deliveries that are claimed and to be attempted now.
    pub due: Vec<Due>,
    /// When to look again (wall time); none when nothing is to come.
    pub next: Option<Instant>,
}

struct RunJob {
    generation: u32,
    job: Job,
    provider: Arc<dyn Provider>,
}

impl Command for RunJob {
    type Reply = ();
    type Refusal = ();

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<(), ()> {
        if cx.sandbox.generation != self.generation {
            // A reset came between: it may have a job of the same name, at its own time.
            return Ok(((), Effects::new()));
        }
        let mut effects = self.provider.job(cx, view, &self.job)?;
        effects.unschedule(self.job.key());
        let data = json!({ "job": self.job.id, "kind": self.job.kind });
        effects.tell(Event { provider: Some(self.job.provider.clone()), ..Event::own("job.ran", cx.now, data) });
        Ok(((), effects))
    }

    fn background(&self) -> Background {
        let chance = Some(format!("job.{}.{}", self.job.id, self.job.due.ms()));
        Background { waits: true, chance, at: Some(self.job.due), makes: None }
    }
}

/// A job that cannot be run is taken out and told about, so that it does not hold up what follows it for ever.
struct DropJob {
    key: QueueKey,
    why: String,
}

impl Command for DropJob {
    type Reply = ();
    type Refusal = ();

    fn decide(&self, cx: &Cx, _: &View<'_>) -> Decided<(), ()> {
        let mut effects = Effects::new();
        effects.unschedule(self.key.clone());
        effects.tell(Event::own("job.failed", cx.now, json!({ "job": self.key.id, "why": self.why })));
        Ok(((), effects))
    }

    fn background(&self) -> Background {
        let chance = Some(format!("job.{}.dropped", self.key.id));
        Background { waits: true, chance, at: None, makes: None }
    }
}

impl Engine {
    /// Does what is due now. Claims at most about `room` deliveries. Holds up the calling thread.
    ///
    /// # Errors
    /// The database failed.
    pub fn step(&self, room: usize) -> Result<Stepped, StoreError> {
        let wall = self.wall().now();
        let mut stepped = Stepped::default();
        for (scope, _) in self.store().wakes(wall, SCOPES)? {
            if stepped.due.len() >= room {
                break;
            }
            self.step_scope(&scope, room, &mut stepped.due)?;
        }
        let left_over = self.store().sweep(SWEPT)?;
        // Whatever is committed from here on pokes, also what comes between this look and what is made of it.
        self.feed().looks_again_at(None);
        let next = self.store().wakes(Instant::from_ms(i64::MAX), 1)?.first().map(|(_, at)| *at);
        stepped.next = if left_over { Some(wall) } else { next };
        self.feed().looks_again_at(stepped.next);
        Ok(stepped)
    }

    fn step_scope(&self, scope: &Scope, room: usize, due: &mut Vec<Due>) -> Result<(), StoreError> {
        let current = match scope.sandbox() {
            Some(id) => self.load_sandbox(&id)?.filter(|sandbox| sandbox.scope() == *scope),
            None => None,
        };
        let Some(sandbox) = current else {
            // What a scope that was given up still has in its queue is never due.
            let never = Clock::Frozen { at: Instant::from_ms(0) };
            return self.store().rewake(scope, &never, self.wall().now(), None).map(|_| ());
        };
        if sandbox.expires_at.is_some_and(|at| at <= self.wall().now()) {
            let _gone_already = self.delete_here(&sandbox.id);
            return Ok(());
        }
        while due.len() < room {
            let taken = self.claim(&sandbox)?;
            match taken.first().map(|row| row.key.class) {
                None => break,
                Some(Class::Job) => self.run_jobs(&sandbox, taken),
                Some(Class::Delivery) => {
                    let (id, generation) = (&sandbox.id, sandbox.generation);
                    let of =
                        |row: QueueRow| Due { sandbox: id.clone(), generation, id: row.key.id, endpoint: row.body };
                    due.extend(taken.into_iter().map(of));
                }
            }
        }
        self.rewake(scope, &sandbox.id)
    }

    /// Sets the wake of a scope by its sandbox's clock. A clock that is moved meanwhile has lowered the wake already, and
    /// that must not be undone: it is set anew until the clock it was set by is still the clock.
    fn rewake(&self, scope: &Scope, id: &SandboxId) -> Result<(), StoreError> {
        let mut sandbox = self.load_sandbox(id)?;
        loop {
            let Some(by) = sandbox else { return Ok(()) };
            self.store().rewake(scope, &by.clock, self.wall().now(), by.expires_at)?;
            sandbox = self.load_sandbox(id)?;
            if sandbox.as_ref().is_none_or(|now| (now.clock, now.expires_at) == (by.clock, by.expires_at)) {
                return Ok(());
            }
        }
    }

    fn claim(&self, sandbox: &Sandbox) -> Result<Vec<QueueRow>, StoreError> {
        let wall = self.wall().now();
        self.store().claim(&Claim {
            scope: &sandbox.scope(),
            until: sandbox.clock.now(wall),
            wall,
            lease_until: wall.plus_ms(LEASE_MS),
            owner: self.node(),
            limit: ROWS,
        })
    }

    /// Runs jobs of one instant in their order, in as few transactions as it takes.
    fn run_jobs(&self, sandbox: &Sandbox, rows: Vec<QueueRow>) {
        let (tell, told) = mpsc::channel::<(QueueKey, Result<(), Failure<()>>)>();
        let mut tasks: Vec<Box<dyn Task>> = Vec::new();
        for row in rows {
            let (tell, key) = (tell.clone(), row.key.clone());
            let job: Option<Job> = serde_json::from_str(&row.body).ok();
            let found = job.and_then(|job| Some((self.provider(&job.provider).map(Arc::clone)?, job)));
            let Some((provider, job)) = found else {
                let _heard = tell.send((key, Err(Failure::Bug)));
                continue;
            };
            let tell = move |end| {
                let _heard = tell.send((key, end));
            };
            tasks.push(Box::new(CommandTask::new(
                sandbox.id.clone(),
                RunJob { generation: sandbox.generation, job, provider },
                tell,
            )));
        }
        self.put_all(tasks);
        drop(tell);
        for (key, end) in told {
            match end {
                Ok(()) => {}
                Err(Failure::Unavailable(why)) => tracing::warn!(job = key.id, why, "a job waits for its lease to end"),
                Err(_) => {
                    tracing::error!(job = key.id, sandbox = %sandbox.id, "a job was taken out: it cannot be run");
                    let why = "it cannot be run; the server's log says why".to_owned();
                    let _logged = self.decide_here(&sandbox.id, DropJob { key, why });
                }
            }
        }
    }

    /// After a start on a database of one process: leases of the last run are void, so what they held is due now.
    ///
    /// # Errors
    /// The database failed.
    pub fn recover(&self) -> Result<(), StoreError> {
        let wall = self.wall().now();
        for (scope, _) in self.store().wakes(wall.plus_ms(LEASE_MS), usize::MAX)? {
            let sandbox = match scope.sandbox() {
                Some(id) => self.sandbox(&id)?,
                None => None,
            };
            if let Some(sandbox) = sandbox {
                self.store().rewake(&scope, &sandbox.clock, wall, sandbox.expires_at)?;
            }
        }
        Ok(())
    }
}
