//! Which waiting call runs next: bounded in total and per endpoint, first in first out within an endpoint, in turn
//! between endpoints, and so that endpoints which hang delay none that answer.
//!
//! An endpoint is *unknown* until its first attempt ends, *answering* when its last attempt ended by itself, and
//! *silent* when its last attempt timed out. Unknown endpoints run one call at a time and take at most half of the
//! places; silent ones have a few places of their own. A call that takes long may be moved out of its place
//! ([`Gate::overdue`]), so that even a thousand endpoints that nobody knew to be dead block the others only briefly.
//!
//! Pure and synchronous: it must not know calls, clocks or tasks. The items are whatever the caller queues.

use std::collections::{BTreeMap, VecDeque};

/// How many calls run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls to unknown and answering endpoints (`--deliveries`).
    pub total: usize,
    /// Calls to one answering endpoint. An unknown or silent one runs one at a time.
    pub per_endpoint: usize,
    /// Calls to silent endpoints, all together, beside `total`.
    pub silent: usize,
    /// Calls that were moved out of their place because they take long, beside the others.
    pub overdue: usize,
    /// Idle endpoints whose last outcome is remembered.
    pub remembered: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { total: 64, per_endpoint: 8, silent: 8, overdue: 256, remembered: 10_000 }
    }
}

/// What is known of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Unknown,
    Answering,
    Silent,
}

/// The right to run one call. Give it back with [`Gate::done`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a pass that is not given back occupies its place for ever"]
pub struct Pass<K> {
    endpoint: K,
    /// The standing whose place is occupied; none once overdue.
    place: Option<Standing>,
}

impl<K> Pass<K> {
    /// The endpoint to call.
    pub fn endpoint(&self) -> &K {
        &self.endpoint
    }
}

struct Endpoint<T> {
    standing: Standing,
    waiting: VecDeque<T>,
    running: usize,
    /// Whether it stands in the ring of its standing.
    in_ring: bool,
}

impl<T> Endpoint<T> {
    fn may_run(&self, limits: Limits) -> bool {
        let most = if self.standing == Standing::Answering { limits.per_endpoint } else { 1 };
        !self.waiting.is_empty() && self.running < most
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.running == 0
    }
}

/// Calls running, by the place that they occupy.
#[derive(Clone, Copy, Debug, Default)]
struct Running {
    unknown: usize,
    answering: usize,
    silent: usize,
    overdue: usize,
}

impl Running {
    fn of(&mut self, place: Option<Standing>) -> &mut usize {
        match place {
            Some(Standing::Unknown) => &mut self.unknown,
            Some(Standing::Answering) => &mut self.answering,
            Some(Standing::Silent) => &mut self.silent,
            None => &mut self.overdue,
        }
    }
}

/// The endpoints of each standing that could run a call now, in turn.
struct Rings<K> {
    unknown: VecDeque<K>,
    answering: VecDeque<K>,
    silent: VecDeque<K>,
}

impl<K> Rings<K> {
    fn of(&mut self, standing: Standing) -> &mut VecDeque<K> {
        match standing {
            Standing::Unknown => &mut self.unknown,
            Standing::Answering => &mut self.answering,
            Standing::Silent => &mut self.silent,
        }
    }
}

/// The queue of waiting calls. `K` names an endpoint, `T` is a call to make.
pub struct Gate<K, T> {
    limits: Limits,
    endpoints: BTreeMap<K, Endpoint<T>>,
    rings: Rings<K>,
    running: Running,
    waiting: usize,
    /// Answering and unknown endpoints take turns, so that neither starves the other.
    unknown_first: bool,
    /// So many endpoints are known before idle ones are forgotten.
    forget_at: usize,
}

impl<K: Ord + Clone, T> Gate<K, T> {
    /// An empty queue.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            endpoints: BTreeMap::new(),
            rings: Rings { unknown: VecDeque::new(), answering: VecDeque::new(), silent: VecDeque::new() },
            running: Running::default(),
            waiting: 0,
            unknown_first: false,
            forget_at: limits.remembered,
        }
    }

    /// Calls that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Calls that run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running.unknown + self.running.answering + self.running.silent + self.running.overdue
    }

    /// Queues a call behind the others to its endpoint.
    pub fn offer(&mut self, endpoint: K, item: T) {
        if !self.endpoints.contains_key(&endpoint) {
            self.forget_idle();
        }
        let entry = self.endpoints.entry(endpoint.clone()).or_insert_with(|| Endpoint {
            standing: Standing::Unknown,
            waiting: VecDeque::new(),
            running: 0,
            in_ring: false,
        });
        entry.waiting.push_back(item);
        self.waiting += 1;
        self.queue_up(&endpoint);
    }

    /// Takes the next call that may run now, if any. Ask again until there is none, after each change.
    pub fn start_next(&mut self) -> Option<(Pass<K>, T)> {
        let standing = self.next_standing()?;
        let endpoint = self.rings.of(standing).pop_front()?;
        let entry = self.endpoints.get_mut(&endpoint).expect("an endpoint in a ring is known");
        entry.in_ring = false;
        entry.running += 1;
        let item = entry.waiting.pop_front().expect("an endpoint in a ring has a call waiting");
        self.waiting -= 1;
        *self.running.of(Some(standing)) += 1;
        self.unknown_first = standing == Standing::Answering;
        self.queue_up(&endpoint);
        Some((Pass { endpoint, place: Some(standing) }, item))
    }

    /// Says that a running call takes long: it leaves its place to others and goes on beside them. Does nothing when
    /// too many do so already. It still counts for its own endpoint.
    pub fn overdue(&mut self, pass: &mut Pass<K>) {
        if pass.place.is_some() && self.running.overdue < self.limits.overdue {
            *self.running.of(pass.place) -= 1;
            self.running.overdue += 1;
            pass.place = None;
        }
    }

    /// Says that a call ended, and whether its time ran out.
    pub fn done(&mut self, pass: Pass<K>, timed_out: bool) {
        *self.running.of(pass.place) -= 1;
        let standing = if timed_out { Standing::Silent } else { Standing::Answering };
        let entry = self.endpoints.get_mut(&pass.endpoint).expect("an endpoint is known while a call to it runs");
        entry.running -= 1;
        if entry.standing != standing {
            let before = std::mem::replace(&mut entry.standing, standing);
            if std::mem::take(&mut entry.in_ring) {
                self.rings.of(before).retain(|other| *other != pass.endpoint);
            }
        }
        self.queue_up(&pass.endpoint);
    }

    /// The standing whose turn it is, of those with a free place and a call to run.
    fn next_standing(&mut self) -> Option<Standing> {
        let free = self.running.unknown + self.running.answering < self.limits.total;
        let unknown_share = self.limits.total.div_ceil(2);
        let unknown = free && self.running.unknown < unknown_share && !self.rings.unknown.is_empty();
        let answering = free && !self.rings.answering.is_empty();
        let silent = self.running.silent < self.limits.silent && !self.rings.silent.is_empty();
        if unknown && (self.unknown_first || !answering) {
            Some(Standing::Unknown)
        } else if answering {
            Some(Standing::Answering)
        } else {
            silent.then_some(Standing::Silent)
        }
    }

    /// Puts an endpoint at the end of its ring if it could run a call and stands in none.
    fn queue_up(&mut self, endpoint: &K) {
        let limits = self.limits;
        let Some(entry) = self.endpoints.get_mut(endpoint) else { return };
        if !entry.in_ring && entry.may_run(limits) {
            entry.in_ring = true;
            self.rings.of(entry.standing).push_back(endpoint.clone());
        }
    }

    /// Keeps memory bounded: idle endpoints are unknown again. Doubling keeps the cost of looking spread out.
    fn forget_idle(&mut self) {
        if self.endpoints.len() >= self.forget_at {
            self.endpoints.retain(|_, endpoint| !endpoint.is_idle());
            self.forget_at = self.limits.remembered.max(2 * self.endpoints.len());
        }
    }
}

#[cfg(test)]
mod tests;
