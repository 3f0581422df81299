//! The loops that wait for time and for peers: due work is stepped, attempts are made, results are recorded.
//!
//! What is due is decided by the engine, what an attempt means by the provider. Here is only who runs when: attempts in
//! the order of the gate, results many to a commit, and a look at the clock when the engine says so or somebody pokes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use engine::deliveries::Due;
use engine::{Engine, Settled};
use tokio::sync::{mpsc, watch};
use tokio::task::{self, JoinHandle, JoinSet};

use crate::attempt::Attempter;
use crate::gate::{Gate, Limits, Pass};
use crate::send::Sender;

/// Deliveries that were claimed and wait here at the most.
const WAITING: usize = 1_024;
/// A call that takes longer leaves its place to others.
const OVERDUE: Duration = Duration::from_millis(250);
/// Results recorded in one decision at the most.
const RESULTS: usize = 128;
/// However quiet it is, the clock is looked at so often: what another node left behind is found.
const LOOK_AT_LEAST: Duration = Duration::from_secs(5);
/// After the database failed, it is left alone for so long.
const AFTER_FAILURE: Duration = Duration::from_millis(500);
/// When it stops, running attempts have so long to end.
const LAST_ATTEMPTS: Duration = Duration::from_secs(10);

/// An endpoint of a sandbox: what attempts are bounded by.
type Lane = (String, String);

/// The running loops.
pub struct Dispatch {
    stop: watch::Sender<bool>,
    loops: Vec<JoinHandle<()>>,
}

impl Dispatch {
    /// Starts the loops.
    #[must_use]
    pub fn start(engine: &Engine, sender: Arc<Sender>, own_origins: Vec<String>, limits: Limits) -> Self {
        let (stop, stopping) = watch::channel(false);
        let (claimed, to_attempt) = mpsc::channel(WAITING);
        let (results, to_record) = mpsc::unbounded_channel();
        let attempter = Arc::new(Attempter { engine: engine.clone(), sender, own_origins });
        let attempts = Attempts {
            attempter,
            gate: Gate::new(limits),
            running: JoinSet::new(),
            overdue: JoinSet::new(),
            passes: HashMap::new(),
            results,
        };
        let handed_over = engine.handed_over();
        let loops = vec![
            tokio::spawn(step(engine.clone(), claimed, stopping.clone())),
            tokio::spawn(attempts.run(to_attempt, handed_over, stopping)),
            tokio::spawn(record(engine.clone(), to_record)),
        ];
        Self { stop, loops }
    }

    /// Starts no new work, lets running attempts end, records their results.
    pub async fn stop(self) {
        let _nobody_listens = self.stop.send(true);
        for one in self.loops {
            let _panicked = one.await;
        }
    }
}

/// Runs jobs and claims deliveries whenever something is due.
async fn step(engine: Engine, claimed: mpsc::Sender<Due>, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        let stepping = engine.clone();
        let room = claimed.capacity().max(1);
        let stepped = task::spawn_blocking(move || stepping.step(room)).await;
        let wait = match stepped {
            Ok(Ok(stepped)) => {
                for due in stepped.due {
                    if claimed.send(due).await.is_err() {
                        return;
                    }
                }
                let until = stepped.next.map(|next| next.since_ms(engine.wall().now()).max(0).unsigned_abs());
                until.map_or(LOOK_AT_LEAST, |ms| Duration::from_millis(ms).min(LOOK_AT_LEAST))
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "due work waits");
                AFTER_FAILURE
            }
            Err(_) => AFTER_FAILURE,
        };
        tokio::select! {
            () = engine.feed().poked() => {}
            () = pause(wait) => {}
            _ = stopping.changed() => {}
        }
    }
}

/// Real time passes: due work is at wall times, and peers take real time.
#[expect(clippy::disallowed_methods, reason = "the loop that waits for time")]
async fn pause(for_so_long: Duration) {
    tokio::time::sleep(for_so_long).await;
}

/// Records results, as many at once as there are.
async fn record(engine: Engine, mut results: mpsc::UnboundedReceiver<Settled>) {
    let mut batch = Vec::with_capacity(RESULTS);
    while results.recv_many(&mut batch, RESULTS).await > 0 {
        engine.settle(std::mem::take(&mut batch)).await;
    }
}

struct Attempts {
    attempter: Arc<Attempter>,
    gate: Gate<Lane, Due>,
    running: JoinSet<Option<Settled>>,
    overdue: JoinSet<task::Id>,
    /// The passes of running calls.
    passes: HashMap<task::Id, Pass<Lane>>,
    results: mpsc::UnboundedSender<Settled>,
}

impl Attempts {
    async fn run(
        mut self,
        mut claimed: mpsc::Receiver<Due>,
        handed_over: Option<mpsc::Receiver<Due>>,
        mut stopping: watch::Receiver<bool>,
    ) {
        let (_open, nothing) = mpsc::channel(1);
        let mut handed_over = handed_over.unwrap_or(nothing);
        while !*stopping.borrow() {
            // Those that wait here are bounded: with the gate full, claims and handovers wait in their channels.
            let has_room = self.gate.waiting() < WAITING;
            tokio::select! {
                Some(due) = handed_over.recv(), if has_room => self.offer(due),
                Some(due) = claimed.recv(), if has_room => self.offer(due),
                Some(ended) = self.running.join_next_with_id() => self.ended(ended),
                Some(Ok(call)) = self.overdue.join_next() => self.too_long(call),
                _ = stopping.changed() => {}
            }
            self.begin();
        }
        drop(claimed);
        let finish = async {
            while let Some(ended) = self.running.join_next_with_id().await {
                self.ended(ended);
            }
        };
        let _given_up = tokio::time::timeout(LAST_ATTEMPTS, finish).await;
    }

    fn offer(&mut self, due: Due) {
        self.gate.offer((due.sandbox.to_string(), due.endpoint.clone()), due);
    }

    /// Begins all calls that may run now.
    fn begin(&mut self) {
        while let Some((pass, due)) = self.gate.start_next() {
            let attempter = Arc::clone(&self.attempter);
            let call = self.running.spawn(async move { attempter.attempt(&due).await }).id();
            self.passes.insert(call, pass);
            self.overdue.spawn(async move {
                pause(OVERDUE).await;
                call
            });
        }
    }

    fn ended(&mut self, ended: Result<(task::Id, Option<Settled>), task::JoinError>) {
        let (call, settled) = match ended {
            Ok((call, settled)) => (call, settled),
            // A bug, logged by the panic hook: the lease ends and the attempt is made again.
            Err(panicked) => (panicked.id(), None),
        };
        let timed_out = settled.as_ref().is_some_and(|settled| settled.attempt.timed_out());
        if let Some(pass) = self.passes.remove(&call) {
            self.gate.done(pass, timed_out);
        }
        if let Some(settled) = settled {
            let _stopped = self.results.send(settled);
        }
    }

    fn too_long(&mut self, call: task::Id) {
        if let Some(pass) = self.passes.get_mut(&call) {
            self.gate.overdue(pass);
        }
    }
}
