//! `load`: what stands at keys.

use crate::making::{THING, XOF, batch, commit, entry, load, load_to_commit, record, sandbox, scope, unique, write};
use kernel::{Key, Scope, Write};
use store::{Conflict, Store};

pub fn finds_every_kind_of_key_in_the_order_asked(store: &dyn Store) {
    let a = scope("a");
    commit(&a, u64::MAX)
        .insert("t1", "{\"n\":1}", &[entry("thing.ref", "R-1", &[])])
        .post("sim", XOF, -5)
        .name("key.one")
        .stands_on(store);
    let keys = [
        Key::Name("key.one".to_owned()),
        record(&a, "t1"),
        record(&a, "t2"),
        unique(&a, "thing.ref", "R-1"),
        unique(&a, "thing.ref", "R-2"),
        unique(&a, "thing.other", "R-1"),
        Key::Record(a.clone(), "other", "t1".to_owned()),
        Key::Balance(a.clone(), "sim".to_owned(), XOF),
        Key::Balance(a.clone(), "empty".to_owned(), XOF),
        Key::Name("key.two".to_owned()),
        record(&a, "t1"),
    ];
    let t1 = "v18446744073709551615 {\"n\":1}";
    let expected = ["of sbx_a", t1, "nothing", "to t1", "nothing", "nothing", "nothing", "balance -5", "balance 0"];
    assert_eq!(load(store, &keys), [&expected[..], &["nothing", t1]].concat());
}

pub fn no_keys_are_no_answers(store: &dyn Store) {
    assert!(store.load(&[]).unwrap().is_empty());
}

pub fn the_sandbox_itself_is_outside_its_generations(store: &dyn Store) {
    let mut making = commit(&scope("a"), 7);
    let after = [entry("thing.ref", "R-1", &[])];
    making.0.writes.push(Write { is_new: true, in_root: true, ..write("self", Some("{}"), &[], &after) });
    making.stands_on(store);
    let root = Scope::root(&sandbox("a"));
    assert_eq!(load(store, &[record(&root, "self"), unique(&root, "thing.ref", "R-1")]), ["v7 {}", "to self"]);
    assert_eq!(load(store, &[record(&scope("a"), "self")]), ["nothing"]);
}

/// What was looked for before a batch and not there does not vouch for a second insert, in that batch or later.
pub fn what_was_looked_for_is_free_once(store: &dyn Store) {
    let a = scope("a");
    let taken = |id: &str| Err(Conflict::Exists(THING.to_owned(), id.to_owned()));
    assert_eq!(load_to_commit(store, &[record(&a, "t"), record(&a, "u")]), ["nothing", "nothing"]);
    let twice = vec![commit(&a, 1).insert("t", "one", &[]), commit(&a, 2).insert("t", "two", &[])];
    assert_eq!(batch(store, twice)[1], taken("t"));
    commit(&a, 3).insert("u", "three", &[]).stands_on(store);
    assert_eq!(commit(&a, 4).insert("u", "four", &[]).on(store), taken("u"));
    assert_eq!(load(store, &[record(&a, "t"), record(&a, "u")]), ["v1 one", "v3 three"]);
}

/// One that was looked for by a commit that is refused is still there for the next to take, once.
pub fn a_refused_commit_leaves_what_it_looked_for(store: &dyn Store) {
    let a = scope("a");
    assert_eq!(load_to_commit(store, &[record(&a, "t")]), ["nothing"]);
    let outcomes = batch(
        store,
        vec![
            commit(&a, 1).insert("t", "one", &[]).transfer("sim", "float", 5).floor("sim", 0),
            commit(&a, 2).insert("t", "two", &[]),
            commit(&a, 3).insert("t", "three", &[]),
        ],
    );
    assert_eq!(outcomes[0], Err(Conflict::Below("sim".to_owned())));
    assert!(outcomes[1].is_ok());
    assert_eq!(outcomes[2], Err(Conflict::Exists(THING.to_owned(), "t".to_owned())));
    assert_eq!(load(store, &[record(&a, "t")]), ["v2 two"]);
}
