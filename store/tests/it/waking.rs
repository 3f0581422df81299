//! `wakes` and `rewake`: when a scope needs attention next.

use crate::making::{at, batch, commit, delivery, job, scope};
use kernel::{Clock, Scope};
use store::{Claim, Store};

const WALL: i64 = 1_000;

fn wakes(store: &dyn Store) -> Vec<String> {
    let wakes = store.wakes(at(i64::MAX), 99).unwrap();
    wakes.iter().map(|(scope, at)| format!("{}:{}", scope.as_str(), at.ms())).collect()
}

/// Sets the wake of a scope anew at `WALL`; what it returns is what then stands.
fn rewake(store: &dyn Store, scope: &Scope, clock: Clock, also: Option<i64>) -> Option<i64> {
    let said = store.rewake(scope, &clock, at(WALL), also.map(at)).unwrap();
    let stands = store.wakes(at(i64::MAX), 99).unwrap().into_iter().find(|(of, _)| of == scope).map(|(_, at)| at);
    assert_eq!(said, stands);
    said.map(kernel::Instant::ms)
}

fn hold_all(store: &dyn Store, scope: &Scope, until: i64) {
    let (wall, lease_until) = (at(WALL - 10), at(until));
    store.claim(&Claim { scope, until: at(WALL), wall, lease_until, owner: "node", limit: 99 }).unwrap();
}

pub fn a_commit_brings_a_wake_forward_and_never_back(store: &dyn Store) {
    let a = scope("a");
    let mut seen = Vec::new();
    for (version, wake) in (1..).zip([50, 70, 30, 40]) {
        commit(&a, version).wake(wake).stands_on(store);
        seen.extend(wakes(store));
    }
    assert_eq!(seen, ["sbx_a~1:50", "sbx_a~1:50", "sbx_a~1:30", "sbx_a~1:30"]);
    batch(store, vec![commit(&a, 5).wake(20), commit(&a, 6).wake(25), commit(&a, 7)]);
    assert_eq!(wakes(store), ["sbx_a~1:20"]);
    assert_eq!(rewake(store, &a, Clock::WALL, None), None);
    commit(&a, 8).wake(80).stands_on(store);
    assert_eq!(wakes(store), ["sbx_a~1:80"], "after a new start any wake is the earliest");
}

pub fn wakes_come_earliest_first(store: &dyn Store) {
    for (version, (name, wake)) in (1..).zip([("c", 20), ("a", 30), ("b", 20), ("d", 40)]) {
        commit(&scope(name), version).wake(wake).stands_on(store);
    }
    assert_eq!(wakes(store), ["sbx_b~1:20", "sbx_c~1:20", "sbx_a~1:30", "sbx_d~1:40"]);
    let named = |until, limit| -> Vec<Scope> {
        store.wakes(at(until), limit).unwrap().into_iter().map(|(scope, _)| scope).collect()
    };
    assert_eq!(named(30, 99), [scope("b"), scope("c"), scope("a")]);
    assert_eq!(named(99, 1), [scope("b")]);
    assert!(named(19, 99).is_empty());
}

pub fn a_wake_follows_a_running_clock(store: &dyn Store) {
    let a = scope("a");
    assert_eq!(rewake(store, &a, Clock::WALL, None), None, "nothing is due");
    commit(&a, 1).queue(job(WALL + 500, "j")).queue(delivery(WALL + 900, "d")).wake(1).stands_on(store);
    assert_eq!(rewake(store, &a, Clock::WALL, None), Some(WALL + 500));
    assert_eq!(rewake(store, &a, Clock::Running { offset_ms: 100 }, None), Some(WALL + 400));
    assert_eq!(rewake(store, &a, Clock::Running { offset_ms: -100 }, None), Some(WALL + 600));
    assert_eq!(rewake(store, &a, Clock::Running { offset_ms: 5_000 }, None), Some(WALL), "what is due is due now");
}

pub fn a_frozen_clock_wakes_for_what_is_due_alone(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).queue(job(50, "j")).wake(1).stands_on(store);
    assert_eq!(rewake(store, &a, Clock::Frozen { at: at(50) }, None), Some(WALL));
    assert_eq!(rewake(store, &a, Clock::Frozen { at: at(49) }, None), None);
    assert_eq!(wakes(store), [""; 0]);
}

pub fn another_reason_can_be_earlier(store: &dyn Store) {
    let a = scope("a");
    assert_eq!(rewake(store, &a, Clock::WALL, Some(700)), Some(700));
    commit(&a, 1).queue(job(WALL + 50, "j")).stands_on(store);
    assert_eq!(rewake(store, &a, Clock::WALL, Some(WALL + 49)), Some(WALL + 49));
    assert_eq!(rewake(store, &a, Clock::WALL, Some(WALL + 51)), Some(WALL + 50));
    assert_eq!(rewake(store, &a, Clock::Frozen { at: at(0) }, Some(WALL + 51)), Some(WALL + 51));
}

pub fn a_wake_waits_for_leases(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).queue(delivery(5, "d")).queue(delivery(6, "e")).stands_on(store);
    hold_all(store, &a, WALL + 30);
    assert_eq!(rewake(store, &a, Clock::WALL, None), Some(WALL + 30));
    commit(&a, 2).queue(delivery(7, "f")).hold(WALL + 20).stands_on(store);
    assert_eq!(rewake(store, &a, Clock::WALL, None), Some(WALL + 20));
    commit(&a, 3).queue(delivery(WALL + 10, "g")).stands_on(store);
    assert_eq!(rewake(store, &a, Clock::WALL, None), Some(WALL + 10), "what nobody holds is earlier");
    commit(&a, 4).queue(delivery(8, "h")).hold(WALL).stands_on(store);
    assert_eq!(rewake(store, &a, Clock::WALL, None), Some(WALL), "a lease that is over is none");
    assert_eq!(rewake(store, &a, Clock::Frozen { at: at(4) }, None), None);
}

pub fn a_held_job_keeps_the_wake_of_what_follows(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).queue(job(5, "j")).queue(delivery(6, "d")).queue(delivery(4, "c")).stands_on(store);
    assert_eq!(rewake(store, &a, Clock::WALL, None), Some(WALL));
    hold_all(store, &a, WALL + 90);
    hold_all(store, &a, WALL + 30);
    assert_eq!(rewake(store, &a, Clock::WALL, None), Some(WALL + 30), "no claim would get the delivery before");
    commit(&a, 2).done(job(5, "j")).stands_on(store);
    assert_eq!(rewake(store, &a, Clock::WALL, None), Some(WALL));
}

pub fn what_is_given_up_has_no_wake(store: &dyn Store) {
    let (a, b) = (scope("a"), scope("b"));
    commit(&a, 1).wake(50).stands_on(store);
    commit(&b, 2).wake(60).stands_on(store);
    batch(store, vec![commit(&a, 3).wake(40).give_up(&a), commit(&b, 4)]);
    assert_eq!(wakes(store), ["sbx_b~1:60"], "whatever the commit asked for");
}
