//! `commit`: index entries follow their records, and a key has one owner.

use crate::making::{Making, at, commit, entry, load, record, scope, unique};
use kernel::record::timed_key;
use kernel::{Scope, Seen};
use store::{Conflict, Scan, Source, Store};

fn keys_of(store: &dyn Store, scope: &Scope) -> Vec<String> {
    let scan = Scan::newest(scope, Source::Entries("thing.ref".to_owned()), 100).ascending();
    let rows = store.scan(&scan).unwrap().rows;
    rows.into_iter().map(|row| format!("{}={} {}", row.key, row.id, row.fields)).collect()
}

fn exists(key: &str) -> Conflict {
    Conflict::Exists("thing.ref".to_owned(), key.to_owned())
}

pub fn entries_follow_their_record(store: &dyn Store) {
    let a = scope("a");
    let first = [entry("thing.ref", "A", &[]), entry("thing.ref", "B", &[("status", "new")])];
    commit(&a, 1).insert("t", "one", &first).stands_on(store);
    assert_eq!(keys_of(store, &a), ["A=t null", "B=t {\"status\":\"new\"}"]);
    let second = [entry("thing.ref", "B", &[("status", "old")]), entry("thing.ref", "C", &[])];
    commit(&a, 2).replace("t", 1, "two", [&first, &second]).stands_on(store);
    assert_eq!(keys_of(store, &a), ["B=t {\"status\":\"old\"}", "C=t null"]);
    commit(&a, 3).remove("t", 2, &second).stands_on(store);
    assert_eq!(keys_of(store, &a), [""; 0]);
}

pub fn a_key_belongs_to_one_record(store: &dyn Store) {
    let a = scope("a");
    let held = [entry("thing.ref", "A", &[])];
    commit(&a, 1).insert("t", "one", &held).insert("u", "one", &[]).stands_on(store);
    assert_eq!(commit(&a, 2).insert("v", "two", &held).on(store), Err(exists("A")));
    assert_eq!(commit(&a, 3).replace("u", 1, "two", [&[], &held]).on(store), Err(exists("A")));
    // Another index has its own keys, and one's own key is kept with other fields.
    commit(&a, 4).insert("v", "two", &[entry("thing.other", "A", &[])]).stands_on(store);
    commit(&a, 5).replace("t", 1, "two", [&held, &[entry("thing.ref", "A", &[("x", "y")])]]).stands_on(store);
    assert_eq!(keys_of(store, &a), ["A=t {\"x\":\"y\"}"]);
}

pub fn a_key_passes_from_one_record_to_another_in_one_commit(store: &dyn Store) {
    let a = scope("a");
    let held = [entry("thing.ref", "A", &[])];
    commit(&a, 1).insert("t", "one", &held).stands_on(store);
    commit(&a, 2).replace("t", 1, "over", [&held, &[]]).insert("u", "two", &held).stands_on(store);
    assert_eq!(keys_of(store, &a), ["A=u null"]);
    commit(&a, 3).insert("v", "three", &held).remove("u", 2, &held).stands_on(store);
    assert_eq!(keys_of(store, &a), ["A=v null"], "in whatever order they are written");
    let other = [entry("thing.ref", "B", &[])];
    commit(&a, 4).replace("t", 2, "on", [&[], &other]).stands_on(store);
    commit(&a, 5).replace("t", 4, "t", [&other, &held]).replace("v", 3, "v", [&held, &other]).stands_on(store);
    assert_eq!(keys_of(store, &a), ["A=t null", "B=v null"], "two records change places");
}

pub fn two_records_of_a_commit_cannot_take_one_key(store: &dyn Store) {
    let a = scope("a");
    let held = [entry("thing.ref", "A", &[])];
    assert_eq!(commit(&a, 1).insert("t", "one", &held).insert("u", "one", &held).on(store), Err(exists("A")));
    assert_eq!(load(store, &[record(&a, "t"), unique(&a, "thing.ref", "A")]), ["nothing", "nothing"]);
}

pub fn a_record_that_comes_back_takes_its_keys_again(store: &dyn Store) {
    let a = scope("a");
    let held = [entry("thing.ref", &timed_key(at(7), "t"), &[("n", "1")])];
    let insert =
        |version| -> Making { commit(&a, version).read(record(&a, "t"), Seen::Absent).insert("t", "x", &held) };
    insert(1).stands_on(store);
    assert!(insert(2).on(store).is_err());
    commit(&a, 3).remove("t", 1, &held).stands_on(store);
    insert(4).stands_on(store);
    assert_eq!(keys_of(store, &a), ["000000000000007.t=t {\"n\":\"1\"}"]);
}

pub fn a_key_like_an_own_one_is_never_written_over(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1)
        .insert("t", "one", &[entry("thing.ref", "22507", &[]), entry("thing.ref", "0.7", &[])])
        .stands_on(store);
    assert_eq!(commit(&a, 2).insert("7", "two", &[entry("thing.ref", "22507", &[])]).on(store), Err(exists("22507")));
    // A key in the form of the record's own ones may fail the whole batch instead; it must not pass.
    let batch = [commit(&a, 3).insert("7", "three", &[entry("thing.ref", "0.7", &[])]).0];
    assert!(!store.commit(&batch).is_ok_and(|outcomes| outcomes[0].is_ok()));
    assert_eq!(keys_of(store, &a), ["0.7=t null", "22507=t null"]);
}
