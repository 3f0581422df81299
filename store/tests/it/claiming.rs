//! `claim`: due work for one owner at a time, in an order that keeps jobs before what follows from them.

use crate::making::{at, batch, commit, delivery, ids, job, scope};
use kernel::Scope;
use store::{Claim, Store};

const LASTS_MS: i64 = 20;

/// Claims what is due by 100, at a wall instant, for 20 ms.
fn claim(store: &dyn Store, scope: &Scope, wall: i64) -> Vec<String> {
    claim_of(store, scope, (100, wall), 99)
}

fn claim_of(store: &dyn Store, scope: &Scope, time: (i64, i64), limit: usize) -> Vec<String> {
    let (until, wall) = (at(time.0), at(time.1));
    let claim = Claim { scope, until, wall, lease_until: wall.plus_ms(LASTS_MS), owner: "node", limit };
    ids(&store.claim(&claim).unwrap())
}

pub fn jobs_of_one_instant_are_one_run(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).queue(job(5, "a")).queue(job(5, "b")).queue(delivery(5, "d")).queue(job(6, "c")).stands_on(store);
    assert_eq!(claim(store, &a, 0), ["a", "b"]);
    assert_eq!(claim(store, &a, 1), [""; 0], "what follows is claimed after they ran");
    commit(&a, 2).done(job(5, "a")).done(job(5, "b")).stands_on(store);
    assert_eq!(claim(store, &a, 2), ["d"]);
    commit(&a, 3).done(delivery(5, "d")).stands_on(store);
    assert_eq!(claim(store, &a, 3), ["c"]);
}

pub fn deliveries_run_up_to_the_next_job(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1)
        .queue(delivery(5, "d"))
        .queue(delivery(6, "e"))
        .queue(delivery(7, "f"))
        .queue(job(8, "a"))
        .queue(delivery(8, "g"))
        .stands_on(store);
    assert_eq!(claim_of(store, &a, (100, 0), 2), ["d", "e"]);
    assert_eq!(claim(store, &a, 1), ["f"], "held deliveries are passed over");
    assert_eq!(claim(store, &a, 2), ["a"]);
}

pub fn nobody_gets_what_is_held_until_the_lease_ends(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).queue(delivery(5, "d")).stands_on(store);
    assert_eq!(claim(store, &a, 0), ["d"]);
    assert_eq!(claim(store, &a, LASTS_MS - 1), [""; 0]);
    assert_eq!(claim(store, &a, LASTS_MS), ["d"], "a lease is over at its end");
    assert_eq!(claim(store, &a, 2 * LASTS_MS - 1), [""; 0], "and begins anew");
    assert_eq!(ids(&store.queue(&a, at(5), 9).unwrap()), ["d"], "the queue shows it whoever holds it");
}

pub fn a_held_job_keeps_what_follows_it_waiting(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1)
        .queue(delivery(4, "c"))
        .queue(job(5, "a"))
        .queue(job(5, "b"))
        .queue(delivery(5, "d"))
        .stands_on(store);
    assert_eq!(claim(store, &a, 0), ["c"]);
    assert_eq!(claim_of(store, &a, (100, 1), 1), ["a"]);
    assert_eq!(claim(store, &a, 2), [""; 0]);
    assert_eq!(claim(store, &a, LASTS_MS), ["c"]);
    assert_eq!(claim(store, &a, LASTS_MS + 1), ["a", "b"]);
}

pub fn what_is_handed_over_is_held_from_the_start(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).queue(delivery(5, "d")).queue(job(6, "j")).hold(50).stands_on(store);
    commit(&a, 2).queue(delivery(5, "e")).stands_on(store);
    assert_eq!(claim(store, &a, 0), ["e"]);
    assert_eq!(claim(store, &a, 1), ["j"], "only deliveries are handed over");
    assert_eq!(claim(store, &a, 50), ["d", "e"]);
}

pub fn a_refused_commit_holds_nothing(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).insert("t", "one", &[]).queue(delivery(5, "d")).stands_on(store);
    let refused = commit(&a, 2).insert("t", "two", &[]).queue(delivery(5, "d")).queue(delivery(5, "e")).hold(50);
    assert!(refused.on(store).is_err());
    assert_eq!(claim(store, &a, 0), ["d"]);
    commit(&a, 3).queue(delivery(5, "e")).stands_on(store);
    assert_eq!(claim(store, &a, 1), ["e"]);
}

pub fn a_refused_commit_takes_no_hold_from_another(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).insert("t", "one", &[]).queue(job(3, "j")).queue(delivery(5, "c")).stands_on(store);
    assert_eq!(claim(store, &a, 0), ["j"]);
    let bad = |version| commit(&a, version).insert("t", "x", &[]).queue(delivery(5, "d")).queue(job(3, "j")).hold(40);
    let good = commit(&a, 3).queue(delivery(5, "d")).hold(50);
    let outcomes = batch(store, vec![bad(2), good, bad(4)]);
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(claim(store, &a, 1), [""; 0], "the job is held still");
    commit(&a, 5).done(job(3, "j")).stands_on(store);
    assert_eq!(claim(store, &a, 2), ["c"], "and so is the delivery that was handed over");
    assert!(bad(6).on(store).is_err());
    assert_eq!(claim(store, &a, 3), [""; 0]);
    assert_eq!(claim(store, &a, 49), ["c"]);
    assert_eq!(claim(store, &a, 50), ["d"]);
}

pub fn a_row_set_anew_is_held_by_nobody(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).queue(job(5, "j")).stands_on(store);
    assert_eq!(claim(store, &a, 0), ["j"]);
    commit(&a, 2).done(job(5, "j")).queue(job(5, "j")).stands_on(store);
    assert_eq!(claim(store, &a, 1), ["j"]);
    commit(&a, 3).done(job(5, "j")).queue(delivery(5, "d")).stands_on(store);
    assert_eq!(claim(store, &a, 2), ["d"]);
    commit(&a, 4).done(delivery(5, "d")).queue(delivery(5, "d")).hold(90).stands_on(store);
    assert_eq!(claim(store, &a, 30), [""; 0], "unless it is handed over at once");
}

pub fn only_what_is_due_is_claimed(store: &dyn Store) {
    let (a, b) = (scope("a"), scope("b"));
    commit(&a, 1).queue(delivery(5, "d")).queue(delivery(6, "e")).stands_on(store);
    assert_eq!(claim_of(store, &a, (4, 0), 9), [""; 0]);
    assert_eq!(claim_of(store, &b, (9, 0), 9), [""; 0]);
    assert_eq!(claim_of(store, &a, (9, 0), 0), [""; 0]);
    assert_eq!(claim_of(store, &a, (5, 0), 9), ["d"]);
    assert_eq!(claim_of(store, &a, (6, 0), 9), ["e"]);
}
