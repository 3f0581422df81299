//! The two waiting lines.

use engine::command::Background;
use engine::inbox::Inbox;
use engine::task::{End, Outcome, Task};
use kernel::{Cx, SandboxId, View};
use std::sync::{Arc, Mutex};

type Ends = Arc<Mutex<Vec<(usize, End)>>>;

struct Stub {
    sandbox: SandboxId,
    number: usize,
    waits: bool,
    ends: Ends,
}

impl Task for Stub {
    fn sandbox(&self) -> &SandboxId {
        &self.sandbox
    }

    fn provider(&self) -> Option<&'static str> {
        None
    }

    fn background(&self) -> Background {
        Background { waits: self.waits, chance: self.waits.then(|| self.number.to_string()), ..Background::default() }
    }

    fn decide(&mut self, _: &Cx, _: &View<'_>) -> Outcome {
        Outcome::Refused
    }

    fn finish(self: Box<Self>, end: End) {
        self.ends.lock().unwrap().push((self.number, end));
    }
}

fn put(inbox: &Inbox, numbers: impl Iterator<Item = usize>, waits: bool) -> Ends {
    let ends = Ends::default();
    for number in numbers {
        inbox.put(Box::new(Stub { sandbox: SandboxId::demo(), number, waits, ends: Arc::clone(&ends) }));
    }
    ends
}

/// How many of the taken are clients', and of the background.
fn take(inbox: &Inbox, most: usize) -> (usize, usize) {
    let taken = inbox.take(most).unwrap();
    let background = taken.iter().filter(|task| task.background().waits).count();
    (taken.len() - background, background)
}

#[test]
fn clients_go_first_and_the_background_is_not_starved() {
    let inbox = Inbox::default();
    put(&inbox, 0..100, false);
    put(&inbox, 0..20, true);
    assert_eq!(take(&inbox, 64), (56, 8));
    assert_eq!(take(&inbox, 64), (44, 12), "what clients leave is the background's");
}

#[test]
fn the_background_has_all_when_no_client_waits() {
    let inbox = Inbox::default();
    put(&inbox, 0..100, true);
    assert_eq!(take(&inbox, 64), (0, 64));
    put(&inbox, 0..100, false);
    assert_eq!(take(&inbox, 4), (0, 4), "its share is kept in small batches too");
    assert_eq!(take(&inbox, 64), (56, 8));
}

#[test]
fn in_the_order_of_arrival() {
    let inbox = Inbox::default();
    let ends = put(&inbox, 0..5, false);
    for task in inbox.take(3).unwrap().into_iter().chain(inbox.take(3).unwrap()) {
        task.finish(End::Decided);
    }
    let numbers: Vec<usize> = ends.lock().unwrap().iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
}

#[test]
fn closed_it_gives_what_waits_and_takes_no_more() {
    let inbox = Inbox::default();
    put(&inbox, 0..3, false);
    inbox.close();
    let late = put(&inbox, 9..10, false);
    assert!(matches!(late.lock().unwrap()[..], [(9, End::Unavailable(_))]));
    assert_eq!(take(&inbox, 64), (3, 0));
    assert!(inbox.take(64).is_none());
}

#[test]
fn a_full_line_says_so_at_once() {
    let inbox = Inbox::default();
    let clients = put(&inbox, 0..20_001, false);
    assert!(matches!(clients.lock().unwrap()[..], [(20_000, End::Unavailable(_))]));
    let background = put(&inbox, 0..1, true);
    assert!(background.lock().unwrap().is_empty(), "the other line has room");
}
