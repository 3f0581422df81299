//! What runs when, with endpoints named by letters and numbers.

use super::*;

const LIMITS: Limits = Limits { total: 4, per_endpoint: 2, silent: 1, overdue: 2, remembered: 100 };

type Started = Vec<(Pass<String>, u32)>;

fn gate(limits: Limits) -> Gate<String, u32> {
    Gate::new(limits)
}

fn start_all(gate: &mut Gate<String, u32>) -> Started {
    std::iter::from_fn(|| gate.start_next()).collect()
}

fn items(running: &Started) -> Vec<u32> {
    running.iter().map(|(_, item)| *item).collect()
}

/// Makes an endpoint known as answering, or as silent.
fn introduce(gate: &mut Gate<String, u32>, endpoint: &str, silent: bool) {
    gate.offer(endpoint.to_owned(), 0);
    let (pass, _) = gate.start_next().expect("a place is free");
    assert_eq!(pass.endpoint(), endpoint);
    gate.done(pass, silent);
}

fn offer(gate: &mut Gate<String, u32>, endpoint: &str, items: impl IntoIterator<Item = u32>) {
    for item in items {
        gate.offer(endpoint.to_owned(), item);
    }
}

#[test]
fn an_endpoint_runs_in_order_and_up_to_its_limit() {
    let mut gate = gate(LIMITS);
    introduce(&mut gate, "a", false);
    offer(&mut gate, "a", 1..=4);
    let mut running = start_all(&mut gate);
    assert_eq!(items(&running), [1, 2]);
    assert_eq!((gate.waiting(), gate.running()), (2, 2));
    gate.done(running.remove(1).0, false);
    assert_eq!(items(&start_all(&mut gate)), [3]);
}

#[test]
fn an_unknown_endpoint_starts_with_one_call() {
    let mut gate = gate(LIMITS);
    offer(&mut gate, "a", 1..=4);
    let mut running = start_all(&mut gate);
    assert_eq!(items(&running), [1]);
    gate.done(running.remove(0).0, false);
    assert_eq!(items(&start_all(&mut gate)), [2, 3]);
}

#[test]
fn the_total_is_bounded_and_endpoints_take_turns() {
    let mut gate = gate(LIMITS);
    for endpoint in ["a", "b", "c"] {
        introduce(&mut gate, endpoint, false);
    }
    offer(&mut gate, "a", 10..20);
    offer(&mut gate, "b", 20..30);
    offer(&mut gate, "c", 30..40);
    let mut running = start_all(&mut gate);
    assert_eq!(items(&running), [10, 20, 30, 11]);
    gate.done(running.remove(0).0, false);
    assert_eq!(items(&start_all(&mut gate)), [21]);
}

#[test]
fn silent_endpoints_share_their_own_places_one_each() {
    let mut gate = gate(Limits { silent: 2, ..LIMITS });
    for endpoint in ["x", "y", "z"] {
        introduce(&mut gate, endpoint, true);
    }
    for endpoint in ["x", "y", "z"] {
        offer(&mut gate, endpoint, [1, 2]);
    }
    let mut running = start_all(&mut gate);
    assert_eq!(items(&running), [1, 1]);
    // While they hang, a healthy endpoint has all the places of its own kind.
    introduce(&mut gate, "healthy", false);
    offer(&mut gate, "healthy", [7, 8]);
    assert_eq!(items(&start_all(&mut gate)), [7, 8]);
    gate.done(running.remove(0).0, true);
    let next = start_all(&mut gate);
    assert_eq!(next[0].0.endpoint(), "z", "in turn");
}

#[test]
fn a_thousand_dead_endpoints_delay_no_healthy_one() {
    let mut gate = gate(Limits::default());
    introduce(&mut gate, "healthy", false);
    for dead in 0..1000 {
        offer(&mut gate, &format!("dead{dead}"), [1, 2, 3]);
    }
    // Nobody knows them yet: they take half of the places, one each, and hang.
    let hanging = start_all(&mut gate);
    assert_eq!(hanging.len(), 32);
    offer(&mut gate, "healthy", 100..108);
    let mut healthy = start_all(&mut gate);
    assert_eq!(items(&healthy), Vec::from_iter(100..108));
    // Their time runs out: now they have eight places in all, and the next unknown ones hang.
    for (pass, _) in hanging {
        gate.done(pass, true);
    }
    let hanging = start_all(&mut gate);
    let silent = hanging.iter().filter(|(pass, _)| pass.place == Some(Standing::Silent)).count();
    assert_eq!((hanging.len(), silent), (32 + 8, 8));
    // A healthy endpoint goes on as if nothing were.
    for (pass, _) in healthy.drain(..) {
        gate.done(pass, false);
    }
    offer(&mut gate, "healthy", 200..208);
    assert_eq!(items(&start_all(&mut gate)), Vec::from_iter(200..208));
}

#[test]
fn overdue_calls_make_room_for_a_newcomer() {
    let mut gate = gate(LIMITS);
    for dead in ["x", "y"] {
        offer(&mut gate, dead, [1, 2]);
    }
    let mut hanging = start_all(&mut gate);
    offer(&mut gate, "new", [3]);
    assert!(gate.start_next().is_none(), "unknown endpoints may take half of four places");
    gate.overdue(&mut hanging[0].0);
    gate.overdue(&mut hanging[0].0);
    assert_eq!(items(&start_all(&mut gate)), [3]);
    assert_eq!(gate.running(), 3);
    // An overdue call that is answered after all gives nothing back twice.
    let (pass, _) = hanging.remove(0);
    gate.done(pass, false);
    assert_eq!(gate.running(), 2);
    assert_eq!(items(&start_all(&mut gate)), [2], "x answers now");
}

#[test]
fn overdue_calls_are_bounded_too() {
    let mut gate = gate(Limits { overdue: 1, ..LIMITS });
    offer(&mut gate, "x", [1]);
    offer(&mut gate, "y", [2]);
    let mut hanging = start_all(&mut gate);
    offer(&mut gate, "v", [3]);
    offer(&mut gate, "w", [4]);
    for (pass, _) in &mut hanging {
        gate.overdue(pass);
    }
    assert_eq!(items(&start_all(&mut gate)), [3]);
}

#[test]
fn an_endpoint_that_answers_again_is_trusted_again() {
    let mut gate = gate(LIMITS);
    introduce(&mut gate, "a", true);
    offer(&mut gate, "a", 1..=5);
    let mut running = start_all(&mut gate);
    assert_eq!(items(&running), [1]);
    gate.done(running.remove(0).0, false);
    assert_eq!(items(&start_all(&mut gate)), [2, 3]);
}

#[test]
fn a_change_of_standing_moves_what_waits() {
    let mut gate = gate(LIMITS);
    introduce(&mut gate, "a", false);
    offer(&mut gate, "a", 1..=5);
    let mut running = start_all(&mut gate);
    gate.done(running.remove(0).0, true);
    // One of its calls still runs, so none more may start while it is silent.
    assert!(gate.start_next().is_none());
    gate.done(running.remove(0).0, true);
    let running = start_all(&mut gate);
    assert_eq!(items(&running), [3]);
    assert_eq!(running[0].0.place, Some(Standing::Silent));
}

#[test]
fn answering_and_unknown_endpoints_take_turns() {
    let mut gate = gate(LIMITS);
    introduce(&mut gate, "a", false);
    introduce(&mut gate, "b", false);
    offer(&mut gate, "a", [1, 2]);
    offer(&mut gate, "b", [3, 4]);
    offer(&mut gate, "new", [5]);
    let first: Vec<u32> = items(&start_all(&mut gate));
    assert!(first[..2].contains(&5), "{first:?}");
}

#[test]
fn idle_endpoints_are_forgotten_and_busy_ones_are_not() {
    let mut gate = gate(Limits { remembered: 3, ..LIMITS });
    introduce(&mut gate, "a", false);
    introduce(&mut gate, "b", false);
    offer(&mut gate, "c", [1, 2]);
    let running = start_all(&mut gate);
    introduce(&mut gate, "d", false);
    assert_eq!(gate.endpoints.keys().collect::<Vec<_>>(), ["c", "d"]);
    for (pass, _) in running {
        gate.done(pass, false);
    }
    assert_eq!(items(&start_all(&mut gate)), [2]);
}

/// A small machine: a fixed sequence of offers, outcomes and overdue marks, with the invariants checked at each step.
#[test]
fn limits_hold_and_nothing_is_lost_over_many_steps() {
    let mut gate = gate(LIMITS);
    let mut running: Started = Vec::new();
    let mut started: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let mut chance: u32 = 7;
    for step in 0..4000_u32 {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (action, pick) = ((chance >> 28) % 4, (chance >> 8) % 16);
        if action < 2 && step < 3000 {
            gate.offer(format!("e{}", pick % 7), step);
        } else if !running.is_empty() {
            let at = usize::try_from(pick).expect("small") % running.len();
            if action == 2 && step < 3000 {
                gate.overdue(&mut running[at].0);
            } else {
                gate.done(running.swap_remove(at).0, pick % 3 == 0);
            }
        }
        for (pass, item) in start_all(&mut gate) {
            started.entry(pass.endpoint().clone()).or_default().push(item);
            running.push((pass, item));
        }
        let now = gate.running;
        assert!(now.unknown + now.answering <= 4 && now.unknown <= 2 && now.silent <= 1 && now.overdue <= 2);
        assert_eq!(gate.running(), running.len());
        for (endpoint, entry) in &gate.endpoints {
            let of_it = running.iter().filter(|(pass, _)| pass.endpoint() == endpoint).count();
            assert!(entry.running == of_it && of_it <= 2, "{endpoint}");
        }
    }
    while let Some((pass, _)) = running.pop() {
        gate.done(pass, false);
        for (pass, item) in start_all(&mut gate) {
            started.entry(pass.endpoint().clone()).or_default().push(item);
            running.push((pass, item));
        }
    }
    assert_eq!((gate.waiting(), gate.running()), (0, 0));
    assert!(started.values().all(|items| items.is_sorted()), "first in, first out within an endpoint");
    assert!(started.values().map(Vec::len).sum::<usize>() > 1000);
}
