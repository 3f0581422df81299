//! `sweep`: what was given up goes in slices.

use crate::making::{commit, delivery, entry, job, sandbox, scope};
use crate::state::State;
use kernel::Scope;
use store::{Scan, Source, Store};

fn fill(store: &dyn Store, scope: &Scope, records: u32) {
    let mut making = commit(scope, 1).transfer("x", "y", 5).queue(job(5, "j")).queue(delivery(5, "d")).wake(5);
    for n in 0..records {
        making = making.insert(&format!("t{n}"), "{}", &[entry("thing.ref", &format!("R-{n}"), &[])]);
    }
    making.events(1, "one").stands_on(store);
    commit(scope, 2).events(2, "two").stands_on(store);
}

pub fn what_was_given_up_goes_in_slices(store: &dyn Store) {
    let (old, new) = (scope("a"), Scope::of(&sandbox("a"), 2));
    let other = scope("b");
    fill(store, &old, 5);
    fill(store, &other, 5);
    commit(&new, 3).insert("t", "new", &[]).give_up(&old).stands_on(store);
    let before = State::of(store, &[new.clone(), other.clone()]);
    let records =
        |scope: &Scope| store.scan(&Scan::newest(scope, Source::Records("thing".to_owned()), 99)).unwrap().rows.len();
    assert!(store.sweep(0).unwrap(), "a slice of nothing leaves all");
    assert_eq!(records(&old), 5);
    assert!(store.sweep(3).unwrap());
    assert_eq!(records(&old), 2);
    // 16 rows in all: records, entries, two balances, two rows each of journal and queue; each slice goes to its limit.
    let slices = (0..9).take_while(|_| store.sweep(4).unwrap()).count();
    assert_eq!(slices, 3);
    let of_old = |store: &dyn Store| State::of(store, std::slice::from_ref(&old)).of_scope(&old);
    assert_eq!(of_old(store), of_old(&store::Memory::new()));
    assert_eq!(State::of(store, &[new, other]), before, "nothing else is touched");
}

pub fn nothing_to_sweep_is_nothing_left(store: &dyn Store) {
    assert!(!store.sweep(10).unwrap());
    fill(store, &scope("a"), 1);
    assert!(!store.sweep(10).unwrap());
    for name in ["b", "c"] {
        fill(store, &scope(name), 1);
        commit(&scope("a"), 3).give_up(&scope(name)).stands_on(store);
    }
    let more: Vec<bool> = (0..3).map(|_| store.sweep(1_000).unwrap()).collect();
    assert_eq!(more, [true, false, false], "one scope at a time");
    assert!(store.load(&[crate::making::record(&scope("a"), "t0")]).is_ok());
}

pub fn a_ledger_half_swept_is_no_damage(store: &dyn Store) {
    let a = scope("a");
    fill(store, &a, 0);
    commit(&a, 3).give_up(&a).stands_on(store);
    store.sweep(1).unwrap();
    assert_eq!(store.balances(&a, "", 9).unwrap().len(), 1);
    assert_eq!(store.inspect().unwrap(), Vec::<String>::new());
}
