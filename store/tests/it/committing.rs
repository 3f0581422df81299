//! `commit`: records, conditions and batches.

use crate::making::{THING, batch, commit, delivery, entry, job, load, queue_ids, record, sandbox, scope, unique};
use crate::state::State;
use kernel::{Key, Scope, Seen};
use store::{Conflict, Store};

pub fn a_record_is_inserted_replaced_and_removed(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).insert("t", "one", &[]).stands_on(store);
    assert_eq!(load(store, &[record(&a, "t")]), ["v1 one"]);
    commit(&a, 2).replace("t", 1, "two", [&[], &[]]).stands_on(store);
    assert_eq!(load(store, &[record(&a, "t")]), ["v2 two"]);
    commit(&a, 3).remove("t", 2, &[]).stands_on(store);
    assert_eq!(load(store, &[record(&a, "t")]), ["nothing"]);
    commit(&a, 4).insert("t", "again", &[]).stands_on(store);
    assert_eq!(load(store, &[record(&a, "t")]), ["v4 again"]);
}

pub fn what_was_read_must_still_stand(store: &dyn Store) {
    let a = scope("a");
    let held = [entry("thing.ref", "R-1", &[])];
    commit(&a, 1).insert("t", "one", &held).insert("u", "one", &[]).name("key.a").stands_on(store);
    let name = Key::Name("key.a".to_owned());
    let sees = |version| {
        [
            (record(&a, "t"), Seen::Version(version)),
            (unique(&a, "thing.ref", "R-1"), Seen::Entry("t".into())),
            (name.clone(), Seen::Name(sandbox("a"))),
        ]
    };
    for (key, seen) in sees(1) {
        assert!(commit(&a, 2).read(key, seen).on(store).is_ok());
    }
    commit(&a, 3).replace("t", 1, "two", [&held, &[]]).insert("v", "one", &held).release("key.a").on(store).unwrap();
    commit(&scope("b"), 4).name("key.a").stands_on(store);
    for (key, seen) in sees(1) {
        assert_eq!(commit(&a, 5).read(key.clone(), seen).on(store), Err(Conflict::Changed(key)));
    }
    let gone = commit(&a, 6).remove("t", 3, &[]).stands_on(store);
    assert_eq!(gone.last, None);
    for (version, key) in [(3, record(&a, "t")), (2, record(&a, "u")), (1, record(&a, "never"))] {
        let outcome = commit(&a, 7).read(key.clone(), Seen::Version(version)).on(store);
        assert_eq!(outcome, Err(Conflict::Changed(key)));
    }
}

pub fn what_was_absent_must_still_be(store: &dyn Store) {
    let a = scope("a");
    let keys = [record(&a, "t"), unique(&a, "thing.ref", "R-1"), Key::Name("key.a".to_owned())];
    for key in &keys {
        assert!(commit(&a, 1).read(key.clone(), Seen::Absent).on(store).is_ok());
    }
    commit(&a, 2).insert("t", "one", &[entry("thing.ref", "R-1", &[])]).name("key.a").stands_on(store);
    for key in keys {
        assert_eq!(commit(&a, 3).read(key.clone(), Seen::Absent).on(store), Err(Conflict::Changed(key)));
    }
}

pub fn a_place_that_is_taken_is_checked_as_a_place(store: &dyn Store) {
    let a = scope("a");
    let taking = |version, id: &str| {
        commit(&a, version)
            .read(record(&a, id), Seen::Absent)
            .read(unique(&a, "thing.ref", "R-1"), Seen::Absent)
            .insert(id, "one", &[entry("thing.ref", "R-1", &[])])
    };
    taking(1, "t").stands_on(store);
    assert_eq!(taking(2, "t").on(store), Err(Conflict::Exists(THING.to_owned(), "t".to_owned())));
    assert_eq!(taking(3, "u").on(store), Err(Conflict::Exists("thing.ref".to_owned(), "R-1".to_owned())));
}

pub fn taking_a_place_elsewhere_does_not_stand_for_a_read_here(store: &dyn Store) {
    // A reset reads in the old generation and writes in the new one.
    let (old, new) = (scope("a"), Scope::of(&sandbox("a"), 2));
    let held = [entry("thing.ref", "R-1", &[])];
    commit(&old, 1).insert("t", "one", &held).stands_on(store);
    for key in [record(&old, "t"), unique(&old, "thing.ref", "R-1")] {
        let outcome = commit(&new, 2).read(key.clone(), Seen::Absent).insert("t", "two", &held).on(store);
        assert_eq!(outcome, Err(Conflict::Changed(key)));
    }
    // Nor does keeping a key stand for having seen it free.
    let key = unique(&old, "thing.ref", "R-1");
    let keeps = commit(&old, 3).read(key.clone(), Seen::Absent).replace("t", 1, "two", [&held, &held]);
    assert_eq!(keeps.on(store), Err(Conflict::Changed(key)));
}

pub fn a_new_record_must_not_exist(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).insert("t", "one", &[]).stands_on(store);
    let outcome = commit(&a, 2).insert("t", "two", &[]).on(store);
    assert_eq!(outcome, Err(Conflict::Exists(THING.to_owned(), "t".to_owned())));
    assert_eq!(load(store, &[record(&a, "t")]), ["v1 one"]);
}

pub fn nothing_of_a_refused_commit_happens(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).insert("t", "one", &[]).queue(job(5, "j")).name("key.a").stands_on(store);
    let before = State::of(store, std::slice::from_ref(&a));
    let refused = commit(&a, 2)
        .insert("u", "two", &[entry("thing.ref", "R-1", &[])])
        .insert("t", "two", &[])
        .transfer("x", "y", 5)
        .queue(delivery(5, "d"))
        .hold(99)
        .done(job(5, "j"))
        .events(2, "[]")
        .name("key.b")
        .release("key.a")
        .wake(1)
        .give_up(&a);
    assert_eq!(refused.on(store), Err(Conflict::Exists(THING.to_owned(), "t".to_owned())));
    assert_eq!(State::of(store, std::slice::from_ref(&a)), before);
    assert!(!store.sweep(10).unwrap(), "nothing was given up");
}

pub fn each_commit_of_a_batch_stands_or_falls_alone(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).insert("t", "one", &[]).stands_on(store);
    let outcomes = batch(
        store,
        vec![
            commit(&a, 2).replace("t", 1, "two", [&[], &[]]).events(1, "first"),
            commit(&a, 3).replace("t", 1, "three", [&[], &[]]).events(1, "second"),
            commit(&a, 4).insert("u", "four", &[]).events(1, "third"),
        ],
    );
    assert_eq!(outcomes[1], Err(Conflict::Changed(record(&a, "t"))));
    assert_eq!([&outcomes[0], &outcomes[2]].map(|outcome| outcome.as_ref().unwrap().last), [Some(1), Some(2)]);
    assert_eq!(load(store, &[record(&a, "t"), record(&a, "u")]), ["v2 two", "v4 four"]);
}

pub fn later_commits_of_a_batch_see_earlier_ones(store: &dyn Store) {
    let a = scope("a");
    let held = [entry("thing.ref", "R-1", &[])];
    let outcomes = batch(
        store,
        vec![
            commit(&a, 1).insert("t", "one", &held).queue(job(5, "j")).name("key.a"),
            commit(&a, 2).replace("t", 1, "two", [&held, &held]).done(job(5, "j")),
            commit(&a, 3).done(job(5, "j")),
            commit(&scope("b"), 4).name("key.a"),
            commit(&a, 5).insert("u", "five", &held),
            commit(&a, 6).remove("t", 2, &held).release("key.a"),
            commit(&a, 7).read(record(&a, "t"), Seen::Absent).insert("u", "seven", &held),
            commit(&scope("b"), 8).name("key.a"),
        ],
    );
    let refused: Vec<_> = outcomes.iter().map(|outcome| outcome.as_ref().err()).collect();
    let (gone, taken) = (Conflict::Gone(job(5, "j")), Conflict::Taken("key.a".to_owned()));
    let exists = Conflict::Exists("thing.ref".to_owned(), "R-1".to_owned());
    assert_eq!(refused, [None, None, Some(&gone), Some(&taken), Some(&exists), None, None, None]);
    let keys = [record(&a, "t"), unique(&a, "thing.ref", "R-1"), Key::Name("key.a".to_owned())];
    assert_eq!(load(store, &keys), ["nothing", "to u", "of sbx_b"]);
    assert_eq!(queue_ids(store, &a), [""; 0]);
}

pub fn an_empty_batch_is_well(store: &dyn Store) {
    assert_eq!(store.commit(&[]).unwrap(), []);
    commit(&scope("a"), 1).stands_on(store);
}

pub fn rows_and_batches_are_counted(store: &dyn Store) {
    let a = scope("a");
    let (rows, batches) = store.written();
    let entries = [entry("thing.ref", "R-1", &[]), entry("thing.ref", "R-2", &[])];
    let making = vec![commit(&a, 1).insert("t", "one", &entries), commit(&a, 2).insert("u", "two", &[])];
    batch(store, making);
    assert_eq!(store.written(), (rows + 4, batches + 1), "two records, two entries, one transaction");
}
