//! Which due rows one claim takes, and when a queue needs attention: the same rules for every backend.

use crate::commit::QueueRow;
use kernel::{Class, Clock, Instant, QueueKey};

/// Gathers a run: jobs of one instant, or deliveries up to the next job. A job that somebody else holds ends it, since
/// what follows waits for that job; a delivery that is held is passed over.
#[derive(Debug)]
pub struct Run {
    limit: usize,
    taken: Vec<QueueRow>,
}

impl Run {
    /// A run of at most `limit` rows.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, taken: Vec::new() }
    }

    /// Offers the next due row in order; false when the run ends here.
    pub fn offer(&mut self, held: bool, row: impl FnOnce() -> QueueRow, key: &QueueKey) -> bool {
        if self.taken.len() >= self.limit {
            return false;
        }
        let goes_on = self.taken.first().is_none_or(|first| match (first.key.class, key.class) {
            (Class::Job, Class::Job) => first.key.due == key.due,
            (Class::Delivery, Class::Delivery) => true,
            _ => false,
        });
        if !goes_on {
            return false;
        }
        if held {
            return key.class == Class::Delivery;
        }
        self.taken.push(row());
        true
    }

    /// The rows.
    #[must_use]
    pub fn taken(self) -> Vec<QueueRow> {
        self.taken
    }
}

/// Finds the wall instant at which a queue needs attention first. It follows the rule of claims: a delivery that is held
/// waits for itself alone, a job that is held keeps waiting all that follows it.
#[derive(Debug)]
pub struct Earliest<'a> {
    clock: &'a Clock,
    wall: Instant,
    at: Option<Instant>,
}

impl<'a> Earliest<'a> {
    /// By the clock of the queue, at a wall instant.
    #[must_use]
    pub fn new(clock: &'a Clock, wall: Instant) -> Self {
        Self { clock, wall, at: None }
    }

    /// Offers the next row in order, with the end of its lease; false when no later row can be earlier.
    pub fn offer(&mut self, key: &QueueKey, held_until: Option<Instant>) -> bool {
        let Some(due) = self.clock.wall_due(key.due, self.wall) else { return false };
        let held_until = held_until.filter(|until| *until > self.wall);
        let at = held_until.map_or(due, |until| due.max(until));
        self.at = Some(self.at.map_or(at, |earlier| earlier.min(at)));
        held_until.is_some() && key.class == Class::Delivery
    }

    /// The instant; none when nothing is due by itself.
    #[must_use]
    pub fn at(self) -> Option<Instant> {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Instant;

    fn taken(rows: &[(i64, Class, &str, bool)], limit: usize) -> Vec<String> {
        let mut run = Run::new(limit);
        for (due, class, id, held) in rows {
            let key = QueueKey { due: Instant::from_ms(*due), class: *class, id: (*id).to_owned() };
            if !run.offer(*held, || QueueRow { key: key.clone(), body: String::new() }, &key) {
                break;
            }
        }
        run.taken().into_iter().map(|row| row.key.id).collect()
    }

    #[test]
    fn runs_end_where_the_order_matters() {
        use Class::{Delivery, Job};
        assert_eq!(taken(&[(1, Job, "a", false), (1, Job, "b", false), (2, Job, "c", false)], 9), ["a", "b"]);
        assert_eq!(taken(&[(1, Job, "a", false), (1, Delivery, "d", false)], 9), ["a"]);
        assert_eq!(taken(&[(1, Delivery, "d", false), (2, Delivery, "e", false), (3, Job, "a", false)], 9), ["d", "e"]);
        assert_eq!(taken(&[(1, Delivery, "d", true), (2, Delivery, "e", false)], 9), ["e"]);
        assert_eq!(taken(&[(1, Job, "a", true), (2, Delivery, "e", false)], 9), [""; 0]);
        assert_eq!(taken(&[(1, Delivery, "d", false), (2, Delivery, "e", false)], 1), ["d"]);
    }
}
