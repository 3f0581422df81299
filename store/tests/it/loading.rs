//! `load`: what stands at keys.

use crate::making::{XOF, commit, entry, load, record, sandbox, scope, unique, write};
use kernel::{Key, Scope, Write};
use store::Store;

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
