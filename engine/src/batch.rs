//! Group commit: decisions that wait are made one after another on shared knowledge, then committed in one transaction.
//!
//! A decision that needs more stops; what all that still wait need is loaded in one round trip, and it goes on from
//! there, always in the order of arrival. A later decision sees what earlier ones of its batch want. A panic costs the
//! decision that caused it alone.

use crate::deliveries::Due;
use crate::feed::Feed;
use crate::known::{Knowledge, born_at, sandbox_key};
use crate::task::{End, Outcome, Task};
use crate::wall::WallClock;
use kernel::{
    Chance, Clock, Cx, Effects, Event, Fixtures, Found, Instant, Need, Provider, QueueKey, Read, Sandbox, Scope, Seen,
    Transfer, View,
};
use serde::Serialize;
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use store::{Commit, Conflict, Journal, QueueRow, Receipt, Store};

/// Rounds of loading before a decision that still needs more is taken for a bug.
const MOST_ROUNDS: usize = 32;
/// Times a decision is made again after a conflict before its client is told to try later.
const MOST_TRIES: usize = 8;
/// Decisions in one transaction at the most.
pub const BATCH: usize = 64;

/// Takes up to so many tasks that wait, and never waits for any.
pub type More<'a> = dyn FnMut(usize) -> Vec<Box<dyn Task>> + 'a;

/// How long a delivery that was handed over at once is nobody else's, in milliseconds.
pub const LEASE_MS: i64 = 20_000;

/// The part of the engine that decides and commits; one thread has it.
pub struct Batcher {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) providers: Arc<[Arc<dyn Provider>]>,
    pub(crate) wall: WallClock,
    pub(crate) feed: Arc<Feed>,
    pub(crate) node: String,
    pub(crate) entropy: Chance,
    pub(crate) drawn: u64,
    pub(crate) next_version: u64,
    pub(crate) knowledge: Knowledge,
}

struct Waiting {
    task: Box<dyn Task>,
    chance: Chance,
    tries: usize,
}

/// A decision that was made and waits for its commit.
struct Made {
    at: usize,
    effects: Effects,
    handed_over: Vec<Due>,
}

/// A journal row as it is written; [`crate::events`] reads it.
#[derive(Serialize)]
struct Journaled<'a> {
    events: &'a [Event],
    transfers: &'a [Transfer],
}

enum Step {
    Made(Box<(Made, Commit)>),
    Fixtures(Box<(Made, Commit)>),
    Over(End),
    Needs(Need),
}

impl Batcher {
    /// Decides and commits these, then tells each how it ended. What arrives while they are decided goes into the same
    /// transaction: `more` takes up to so many that wait now, and never waits for any.
    pub fn run(&mut self, tasks: Vec<Box<dyn Task>>, more: &mut More<'_>) {
        let mut waiting: Vec<Waiting> = tasks.into_iter().map(|task| self.waiting(task)).collect();
        let mut round = self.round(&mut waiting, more);
        while !round.is_empty() {
            round = self.round(&mut round, &mut |_| Vec::new());
        }
    }

    fn waiting(&mut self, task: Box<dyn Task>) -> Waiting {
        self.drawn += 1;
        Waiting { task, chance: self.entropy.child(&self.drawn.to_string()), tries: 0 }
    }

    /// One transaction. Returns those that must be decided again.
    fn round(&mut self, waiting: &mut Vec<Waiting>, more: &mut More<'_>) -> Vec<Waiting> {
        self.knowledge.begin(self.store.is_exclusive());
        let (mut made, mut ends) = (Vec::new(), Vec::new());
        while ends.len() < waiting.len() {
            if let Err(why) = self.decide_all(waiting, &mut ends, &mut made) {
                return Self::give_up(std::mem::take(waiting), &why);
            }
            let arrived = more(BATCH.saturating_sub(waiting.len()));
            waiting.extend(arrived.into_iter().map(|task| self.waiting(task)));
        }
        let waiting = std::mem::take(waiting);
        let (made, commits): (Vec<Made>, Vec<Commit>) = made.into_iter().unzip();
        let outcomes = if commits.is_empty() { Ok(Vec::new()) } else { self.store.commit(&commits) };
        let outcomes = match outcomes {
            Ok(outcomes) => outcomes,
            Err(error) => {
                self.knowledge.forget();
                tracing::error!(%error, "a batch was not committed");
                return Self::give_up(waiting, &error.to_string());
            }
        };
        let made = made.into_iter().zip(commits).zip(outcomes);
        self.settle(waiting, ends, made.map(|((made, commit), outcome)| (made, commit, outcome)).collect())
    }

    fn give_up(waiting: Vec<Waiting>, why: &str) -> Vec<Waiting> {
        for one in waiting {
            one.task.finish(End::Unavailable(why.to_owned()));
        }
        Vec::new()
    }

    /// Makes every decision that has no end yet, in order, loading what is needed. Those without effects end here.
    fn decide_all(
        &mut self,
        waiting: &mut [Waiting],
        ends: &mut Vec<Option<End>>,
        made: &mut Vec<(Made, Commit)>,
    ) -> Result<(), String> {
        let mut rounds = 0;
        let mut at = ends.len();
        ends.resize_with(waiting.len(), || None);
        while at < waiting.len() {
            match self.decide(&mut waiting[at], at) {
                Step::Made(decided) => {
                    rounds = 0;
                    made.push(*decided);
                    at += 1;
                }
                Step::Fixtures(decided) => made.push(*decided),
                Step::Over(end) => {
                    rounds = 0;
                    ends[at] = Some(end);
                    at += 1;
                }
                Step::Needs(_) if rounds >= MOST_ROUNDS => {
                    tracing::error!(sandbox = %waiting[at].task.sandbox(), "a decision never has enough");
                    ends[at] = Some(End::Bug);
                    rounds = 0;
                    at += 1;
                }
                Step::Needs(need) => {
                    rounds += 1;
                    self.knowledge.ask(need.0);
                    self.ask_for_the_rest(&mut waiting[at + 1..]);
                    self.load()?;
                }
            }
        }
        Ok(())
    }

    /// Lets those that come later say what they will need, so that one round trip serves all. What they decide on the
    /// way is thrown away: they decide again in their turn.
    fn ask_for_the_rest(&mut self, rest: &mut [Waiting]) {
        for one in rest {
            if let Step::Needs(need) = self.decide(one, usize::MAX) {
                self.knowledge.ask(need.0);
            }
        }
    }

    fn load(&mut self) -> Result<(), String> {
        let keys = self.knowledge.asked();
        let found = self.store.load_to_commit(&keys).map_err(|error| error.to_string())?;
        for (key, found) in keys.into_iter().zip(found) {
            self.knowledge.loaded(key, found);
        }
        Ok(())
    }

    /// Makes one decision. With `at` out of range it is a rehearsal that leaves no trace.
    fn decide(&mut self, one: &mut Waiting, at: usize) -> Step {
        let background = one.task.background();
        let key = sandbox_key(one.task.sandbox());
        let wall = self.wall.now();
        let sandbox = match (self.knowledge.sandbox(&key), &background.makes) {
            (None, _) => return Step::Needs(Need(vec![key])),
            (Some(None), None) => return Step::Over(End::NoSandbox),
            (Some(Some(sandbox)), _) => sandbox,
            (Some(None), Some(makes)) => Arc::new((**makes).clone()),
        };
        if let Some(step) = self.fixtures_first(one, &sandbox, at) {
            return step;
        }
        let chance = match (&background.chance, sandbox.seed) {
            (Some(name), Some(_)) => sandbox_chance(&sandbox).child(name),
            (None, Some(_)) => sandbox_chance(&sandbox).child(&format!("command.{}", sandbox.commands)),
            (_, None) => one.chance.child(&format!("try.{}", one.tries)),
        };
        let now = background.at.unwrap_or_else(|| sandbox.clock.now(wall));
        let cx = Cx { now, wall, chance, sandbox: Arc::clone(&sandbox) };
        let view = View::new(sandbox.scope(), &self.knowledge);
        let outcome = catch_unwind(AssertUnwindSafe(|| one.task.decide(&cx, &view)));
        let (reads, balances) = view.into_reads();
        match outcome {
            Ok(Outcome::Needs(need)) => Step::Needs(need),
            Ok(Outcome::Refused) => Step::Over(End::Decided),
            Ok(Outcome::Wants(wants)) if wants.0.is_empty() => Step::Over(End::Decided),
            Ok(Outcome::Wants(wants)) => {
                if let Err(broken) = wants.0.check(&reads, &balances) {
                    tracing::error!(%broken, sandbox = %sandbox.id, "a decision broke its own rules");
                    return Step::Over(End::Bug);
                }
                let counts = background.chance.is_none() && background.makes.is_none();
                self.made(&cx, wants.0, reads, (at, counts)).map_or(Step::Over(End::Bug), Step::Made)
            }
            Err(_) => {
                // The panic hook has logged it.
                Step::Over(End::Bug)
            }
        }
    }

    /// Fixtures are made on the first use of a provider, by a commit of their own just before.
    fn fixtures_first(&mut self, one: &Waiting, sandbox: &Arc<Sandbox>, at: usize) -> Option<Step> {
        let name = one.task.provider()?;
        if sandbox.made.iter().any(|made| made == name) {
            return None;
        }
        let provider = Arc::clone(self.providers.iter().find(|provider| provider.name() == name)?);
        let chance = sandbox_chance(sandbox).child(&format!("fixtures.{name}"));
        let cx = Cx { now: born_at(sandbox), wall: self.wall.now(), chance, sandbox: Arc::clone(sandbox) };
        let view = View::new(sandbox.scope(), &self.knowledge);
        let empty = sandbox.fixtures == Fixtures::Empty;
        let realm = crate::sandboxes::realm_of(sandbox);
        let outcome = catch_unwind(AssertUnwindSafe(|| provider.fixtures(&cx, &view, &realm, empty)));
        let (mut reads, _) = view.into_reads();
        Some(match outcome {
            Err(_) => Step::Over(End::Bug),
            Ok(Err(need)) => Step::Needs(need),
            Ok(Ok(mut effects)) => {
                let mut after = (**sandbox).clone();
                after.made.push(name.to_owned());
                effects.replace(&**sandbox, after);
                effects.tell(Event::own("fixtures.made", cx.now, json!({ "provider": name })));
                reads.extend(self.read_of(sandbox));
                self.made(&cx, effects, reads, (at, false)).map_or(Step::Over(End::Bug), Step::Fixtures)
            }
        })
    }

    fn read_of(&self, sandbox: &Sandbox) -> Option<Read> {
        use kernel::Known;
        let key = sandbox_key(&sandbox.id);
        match self.knowledge.known(&key)? {
            Found::Record(stored) => Some(Read { key, seen: Seen::Version(stored.version) }),
            _ => None,
        }
    }

    /// Turns effects into a commit and lets later decisions see them.
    fn made(
        &mut self,
        cx: &Cx,
        mut effects: Effects,
        mut reads: Vec<Read>,
        place: (usize, bool),
    ) -> Option<Box<(Made, Commit)>> {
        let (at, counts) = place;
        let own = self.read_of(&cx.sandbox);
        if let Some(own) = own.filter(|own| !reads.iter().any(|read| read.key == own.key)) {
            reads.push(own);
        }
        if counts && cx.is_seeded() && !effects.writes.iter().any(|write| write.in_root) {
            let mut after = (*cx.sandbox).clone();
            after.commands += 1;
            effects.replace(&*cx.sandbox, after);
        }
        let is_rehearsal = at == usize::MAX;
        if is_rehearsal {
            return Some(Box::new((Made { at, effects, handed_over: Vec::new() }, Commit::new(cx.sandbox.scope(), 0))));
        }
        self.next_version += 1;
        let (commit, handed_over) = match self.commit_of(cx, &effects, reads) {
            Ok(commit) => commit,
            Err(error) => {
                tracing::error!(%error, sandbox = %cx.sandbox.id, "effects cannot be written");
                return None;
            }
        };
        self.knowledge.apply(&effects, &commit.scope, self.next_version);
        Some(Box::new((Made { at, effects, handed_over }, commit)))
    }

    fn commit_of(&self, cx: &Cx, effects: &Effects, reads: Vec<Read>) -> Result<(Commit, Vec<Due>), serde_json::Error> {
        let old = cx.sandbox.scope();
        let scope = effects.moves_to.map_or_else(|| old.clone(), |to| Scope::of(&cx.sandbox.id, to));
        let mut commit = Commit::new(scope, self.next_version);
        commit.reads = reads;
        commit.writes.clone_from(&effects.writes);
        commit.floors.clone_from(&effects.floors);
        commit.postings = net_postings(effects);
        commit.done.clone_from(&effects.done);
        commit.names = effects.names.iter().map(|name| (name.clone(), cx.sandbox.id.clone())).collect();
        commit.names_released.clone_from(&effects.names_released);
        if effects.moves_to.is_some() || effects.ends_sandbox {
            commit.give_up = Some(old);
        }
        for job in &effects.jobs {
            commit.queue.push(QueueRow { key: job.key(), body: serde_json::to_string(job)? });
        }
        let due = effects.due.iter().map(|(key, endpoint)| QueueRow { key: key.clone(), body: endpoint.clone() });
        commit.queue.extend(due);
        if !effects.events.is_empty() && !effects.ends_sandbox {
            let body = Journaled { events: &effects.events, transfers: &effects.transfers };
            let events = effects.events.len() as u64;
            commit.journal = Some(Journal { events, body: serde_json::to_vec(&body)?.into() });
        }
        let handed_over = self.hand_over(cx, effects, &mut commit);
        commit.wake = wake_of(cx, &commit);
        Ok((commit, handed_over))
    }

    /// Deliveries that are due at once go to the courier in memory, as long as it has room; the table stays the truth.
    fn hand_over(&self, cx: &Cx, effects: &Effects, commit: &mut Commit) -> Vec<Due> {
        let now = cx.sandbox.clock.now(cx.wall);
        let is_now = !effects.due.is_empty() && effects.due.iter().all(|(key, _)| key.due <= now);
        if !is_now || !self.feed.has_room(effects.due.len()) {
            return Vec::new();
        }
        commit.hold = Some((self.node.clone(), cx.wall.plus_ms(LEASE_MS)));
        let due_of = |(key, endpoint): &(QueueKey, String)| Due {
            sandbox: cx.sandbox.id.clone(),
            generation: cx.sandbox.generation,
            id: key.id.clone(),
            endpoint: endpoint.clone(),
        };
        effects.due.iter().map(due_of).collect()
    }

    /// Tells those that are over, and returns those that lost against another commit.
    fn settle(
        &mut self,
        waiting: Vec<Waiting>,
        mut ends: Vec<Option<End>>,
        made: Vec<(Made, Commit, Result<Receipt, Conflict>)>,
    ) -> Vec<Waiting> {
        let mut first_lost = usize::MAX;
        for (made, commit, outcome) in &made {
            match outcome {
                Ok(_) => {
                    self.knowledge.committed(&made.effects, &commit.scope);
                    self.feed.committed(commit, &made.handed_over);
                }
                Err(conflict) => {
                    tracing::debug!(?conflict, "a decision is made again");
                    first_lost = first_lost.min(made.at);
                }
            }
        }
        if first_lost != usize::MAX {
            self.knowledge.forget();
        }
        let mut lost: Vec<bool> = vec![false; waiting.len()];
        for (made, _, outcome) in &made {
            match outcome {
                Ok(_) if ends[made.at].is_none() => ends[made.at] = Some(End::Decided),
                Ok(_) => {}
                Err(_) => lost[made.at] = true,
            }
        }
        let mut again = Vec::new();
        for (at, (mut one, end)) in waiting.into_iter().zip(ends).enumerate() {
            // Fixtures can stand while the command behind them lost, and an answer without a commit may rest on what lost.
            let has_commit = made.iter().any(|(made, _, _)| made.at == at);
            let is_lost = lost[at] || (!has_commit && at > first_lost);
            match end {
                _ if is_lost && one.tries + 1 < MOST_TRIES => {
                    one.tries += 1;
                    again.push(one);
                }
                _ if is_lost => one.task.finish(End::Unavailable("too many others change the same things".to_owned())),
                Some(end) => one.task.finish(end),
                None => one.task.finish(End::Bug),
            }
        }
        again
    }
}

/// The randomness of a sandbox: by its seed, or by its id alone where only stable names are drawn.
pub(crate) fn sandbox_chance(sandbox: &Sandbox) -> Chance {
    let seed = sandbox.seed.map_or_else(|| "unseeded".to_owned(), |seed| seed.to_string());
    Chance::keyed(&[b"sandbox", sandbox.id.as_str().as_bytes(), seed.as_bytes()])
}

fn net_postings(effects: &Effects) -> Vec<(String, kernel::Currency, i64)> {
    let mut net: Vec<(String, kernel::Currency, i64)> = Vec::new();
    for posting in effects.transfers.iter().flat_map(|transfer| &transfer.postings) {
        let (account, currency, minor) = (&posting.account, posting.money.currency, posting.money.minor);
        match net.iter_mut().find(|(name, of, _)| name == account && *of == currency) {
            Some((_, _, sum)) => *sum = sum.saturating_add(minor),
            None => net.push((account.clone(), currency, minor)),
        }
    }
    net
}

/// When the scope needs attention because of this commit: held deliveries when their lease ends, all of it at once when
/// the clock moved, the sandbox when it expires.
fn wake_of(cx: &Cx, commit: &Commit) -> Option<Instant> {
    let clock = match commit.writes.iter().find(|write| write.in_root).and_then(|write| write.after.as_ref()) {
        Some((_, value)) => value.downcast_ref::<Sandbox>().map_or(cx.sandbox.clock, |sandbox| sandbox.clock),
        None => cx.sandbox.clock,
    };
    let moved = clock != cx.sandbox.clock;
    let wake = |row: &QueueRow| {
        let due = Clock::wall_due(&clock, row.key.due, cx.wall)?;
        let held = commit.hold.as_ref().filter(|_| row.key.class == kernel::Class::Delivery);
        Some(held.map_or(due, |(_, until)| due.max(*until)))
    };
    let queued = commit.queue.iter().filter_map(wake).min();
    [queued, cx.sandbox.expires_at, moved.then_some(cx.wall)].into_iter().flatten().min()
}
