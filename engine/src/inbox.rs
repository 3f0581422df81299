//! Where decisions wait for the batch thread: those of clients before those of the background, bounded.

use crate::task::{End, Task};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The most that waits; more is told to try later.
const MOST_WAITING: usize = 20_000;
/// Places of each batch that the background gets however many clients wait, so that it is never starved.
const BACKGROUND_SHARE: usize = 8;

#[derive(Default)]
struct Lines {
    clients: VecDeque<Box<dyn Task>>,
    background: VecDeque<Box<dyn Task>>,
    is_closed: bool,
}

impl Lines {
    fn drain(&mut self, most: usize) -> Vec<Box<dyn Task>> {
        let for_background = BACKGROUND_SHARE.min(self.background.len()).min(most);
        let clients = self.clients.len().min(most - for_background);
        let background = self.background.len().min(most - clients);
        let mut tasks: Vec<_> = self.clients.drain(..clients).collect();
        tasks.extend(self.background.drain(..background));
        tasks
    }
}

/// Two waiting lines.
#[derive(Default)]
pub struct Inbox {
    lines: Mutex<Lines>,
    arrived: Condvar,
}

impl Inbox {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a task. One that finds no place is told at once.
    pub fn put(&self, task: Box<dyn Task>) {
        self.put_all(vec![task]);
    }

    /// Adds tasks in their order, with nobody's in between. Those that find no place are told at once.
    pub fn put_all(&self, tasks: Vec<Box<dyn Task>>) {
        let mut refused = Vec::new();
        let mut lines = self.lines();
        for task in tasks {
            let is_closed = lines.is_closed;
            let line = if task.background().waits { &mut lines.background } else { &mut lines.clients };
            if is_closed {
                refused.push((task, "the server is stopping"));
            } else if line.len() >= MOST_WAITING {
                refused.push((task, "too much waits already"));
            } else {
                line.push_back(task);
            }
        }
        drop(lines);
        self.arrived.notify_one();
        for (task, why) in refused {
            task.finish(End::Unavailable(why.to_owned()));
        }
    }

    /// Waits for tasks and takes up to `most`. None when the inbox was closed and is empty.
    pub fn take(&self, most: usize) -> Option<Vec<Box<dyn Task>>> {
        let mut lines = self.lines();
        while lines.clients.is_empty() && lines.background.is_empty() {
            if lines.is_closed {
                return None;
            }
            lines = self.arrived.wait(lines).unwrap_or_else(PoisonError::into_inner);
        }
        Some(lines.drain(most))
    }

    /// Takes up to `most` of what waits now.
    pub fn take_now(&self, most: usize) -> Vec<Box<dyn Task>> {
        self.lines().drain(most)
    }

    /// Takes no more; what waits is still done.
    pub fn close(&self) {
        self.lines().is_closed = true;
        self.arrived.notify_all();
    }
}
