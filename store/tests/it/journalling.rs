//! `journal`: positions that a reader can trust.

use crate::making::{THING, batch, commit, scope};
use kernel::Scope;
use store::{Conflict, Store};

fn read(store: &dyn Store, scope: &Scope, after: u64, limit: usize) -> Vec<String> {
    let rows = store.journal(scope, after, limit).unwrap();
    let text = |body: &[u8]| String::from_utf8(body.to_vec()).unwrap();
    rows.iter().map(|row| format!("{}:{}:{}", row.last, row.events, text(&row.body))).collect()
}

pub fn positions_have_no_gaps(store: &dyn Store) {
    let a = scope("a");
    let mut lasts = vec![commit(&a, 1).insert("t", "one", &[]).events(3, "x").stands_on(store).last];
    lasts.push(commit(&a, 2).insert("u", "two", &[]).stands_on(store).last);
    let refused = commit(&a, 3).insert("t", "three", &[]).events(5, "refused").on(store);
    assert_eq!(refused, Err(Conflict::Exists(THING.to_owned(), "t".to_owned())));
    let outcomes = batch(
        store,
        vec![
            commit(&a, 4).events(1, "y"),
            commit(&a, 5).insert("t", "five", &[]).events(7, "refused"),
            commit(&a, 6).events(2, "z"),
        ],
    );
    lasts.extend(outcomes.into_iter().flatten().map(|receipt| receipt.last));
    assert_eq!(lasts, [Some(3), None, Some(4), Some(6)]);
    assert_eq!(read(store, &a, 0, 9), ["3:3:x", "4:1:y", "6:2:z"]);
}

pub fn reading_goes_on_after_a_position(store: &dyn Store) {
    let a = scope("a");
    for (version, body) in (1..).zip(["p", "q", "r"]) {
        commit(&a, version).events(2, body).stands_on(store);
    }
    assert_eq!(read(store, &a, 0, 2), ["2:2:p", "4:2:q"]);
    assert_eq!(read(store, &a, 4, 2), ["6:2:r"]);
    assert_eq!(read(store, &a, 3, 9), ["4:2:q", "6:2:r"], "a position inside a row brings the row");
    assert_eq!([read(store, &a, 6, 9), read(store, &a, u64::MAX, 9), read(store, &a, 0, 0)].concat(), [""; 0]);
}

pub fn each_scope_has_its_own_positions(store: &dyn Store) {
    let (a, b) = (scope("a"), scope("b"));
    let makings = vec![commit(&a, 1).events(1, "a1"), commit(&b, 2).events(4, "b1"), commit(&a, 3).events(1, "a2")];
    let lasts: Vec<_> = batch(store, makings).into_iter().map(|outcome| outcome.unwrap().last).collect();
    assert_eq!(lasts, [Some(1), Some(4), Some(2)]);
    assert_eq!(read(store, &a, 0, 9), ["1:1:a1", "2:1:a2"]);
    assert_eq!(read(store, &b, 0, 9), ["4:4:b1"]);
}
