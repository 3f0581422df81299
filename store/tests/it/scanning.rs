//! `scan`: pages of entries and records.

use crate::making::{commit, entry, scope};
use kernel::Scope;
use store::{Condition, Scan, Source, Store};

const INDEX: &str = "thing.by_key";

/// Records `t0`, `t1` and so on, each with one entry.
fn fill(store: &dyn Store, keys: &[&str]) -> Scope {
    let a = scope("a");
    let mut making = commit(&a, 1);
    for (at, key) in keys.iter().enumerate() {
        let fields = [("parity", ["even", "odd"][at % 2]), ("third", ["yes", "no", "no"][at % 3])];
        let body = format!("{{\"n\":{at},\"parity\":\"{}\",\"none\":null}}", fields[0].1);
        making = making.insert(&format!("t{at}"), &body, &[entry(INDEX, key, &fields)]);
    }
    // Neighbours that no scan of the index may meet.
    making.insert("z", "{}", &[entry("thing.by_ke", "a", &[]), entry("thing.by_key2", "a", &[])]).stands_on(store);
    a
}

fn entries(scope: &Scope, limit: usize) -> Scan {
    Scan::newest(scope, Source::Entries(INDEX.to_owned()), limit).ascending()
}

fn records(scope: &Scope, limit: usize) -> Scan {
    Scan { prefix: "t".to_owned(), ..Scan::newest(scope, Source::Records("thing".to_owned()), limit).ascending() }
}

fn down(scan: Scan) -> Scan {
    Scan { descending: true, ..scan }
}

/// The keys of all pages, pages divided by `|`.
fn pages(store: &dyn Store, mut scan: Scan) -> String {
    let mut all = Vec::new();
    loop {
        let page = store.scan(&scan).unwrap();
        assert!(page.rows.len() <= scan.limit);
        all.push(page.rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>().join(" "));
        match page.next {
            Some(next) => scan.after = Some(next),
            None => return all.join("|"),
        }
    }
}

pub fn pages_of_entries_from_either_end(store: &dyn Store) {
    let a = fill(store, &["a", "b", "c", "d", "e"]);
    assert_eq!(pages(store, entries(&a, 2)), "a b|c d|e");
    assert_eq!(pages(store, down(entries(&a, 2))), "e d|c b|a");
    assert_eq!(pages(store, entries(&a, 9).after(Some("bb".to_owned()))), "c d e", "a cursor need not be a key");
    let page = store.scan(&entries(&a, 1)).unwrap();
    assert_eq!((page.rows[0].id.as_str(), page.next.as_deref()), ("t0", Some("a")));
    assert_eq!(page.rows[0].fields, serde_json::json!({ "parity": "even", "third": "yes" }));
    assert!(page.rows[0].record.is_none());
}

pub fn pages_of_records_from_either_end(store: &dyn Store) {
    let a = fill(store, &["a", "b", "c", "d", "e"]);
    assert_eq!(pages(store, records(&a, 3)), "t0 t1 t2|t3 t4");
    assert_eq!(pages(store, down(records(&a, 3))), "t4 t3 t2|t1 t0");
    let page = store.scan(&records(&a, 1)).unwrap();
    let row = &page.rows[0];
    assert_eq!((row.key.as_str(), row.id.as_str(), row.fields.is_null()), ("t0", "t0", true));
    assert_eq!(format!("{:?}", row.record), "Some(v1 {\"n\":0,\"parity\":\"even\",\"none\":null})");
    let none = Scan { source: Source::Records("thin".to_owned()), ..records(&a, 1) };
    assert_eq!(pages(store, none), "");
}

pub fn the_last_page_says_so_even_when_full(store: &dyn Store) {
    let a = fill(store, &["a", "b", "c", "d"]);
    assert_eq!(pages(store, entries(&a, 2)), "a b|c d");
    assert_eq!(pages(store, down(entries(&a, 4))), "d c b a");
    assert_eq!(pages(store, Scan { budget: 4, ..records(&a, 4) }), "t0 t1 t2 t3");
}

pub fn a_prefix_bounds_the_keys(store: &dyn Store) {
    let a = fill(store, &["m", "m.1", "m.2", "m.3", "m0", "n"]);
    let under = |prefix: &str| Scan { prefix: prefix.to_owned(), ..entries(&a, 2) };
    assert_eq!(pages(store, under("m.")), "m.1 m.2|m.3");
    assert_eq!(pages(store, down(under("m."))), "m.3 m.2|m.1");
    assert_eq!(pages(store, under("m")), "m m.1|m.2 m.3|m0");
    assert_eq!(pages(store, under("x")), "");
}

pub fn a_cursor_outside_the_prefix_is_no_gap(store: &dyn Store) {
    let a = fill(store, &["l", "m", "m.1", "n"]);
    let under = Scan { prefix: "m".to_owned(), ..entries(&a, 9) };
    let after = |scan: &Scan, cursor: &str| pages(store, scan.clone().after(Some(cursor.to_owned())));
    assert_eq!(["a", "m", "z"].map(|cursor| after(&under, cursor)), ["m m.1", "m.1", ""]);
    let under = down(under);
    assert_eq!(["z", "m.1", "m", "a"].map(|cursor| after(&under, cursor)), ["m.1 m", "m", "", ""]);
}

pub fn filters_look_at_the_fields_of_entries(store: &dyn Store) {
    let a = fill(store, &["a", "b", "c", "d", "e", "f", "g"]);
    assert_eq!(pages(store, entries(&a, 2).only("parity", "odd")), "b d|f");
    assert_eq!(pages(store, down(entries(&a, 9)).only("parity", "even").only("third", "yes")), "g a");
    let any_of = vec!["yes".to_owned(), "no".to_owned()];
    let either = Scan { filter: vec![Condition { field: "third".to_owned(), any_of }], ..entries(&a, 9) };
    assert_eq!(pages(store, either), "a b c d e f g");
    assert_eq!(pages(store, entries(&a, 9).only("missing", "x")), "");
}

pub fn filters_look_at_the_members_of_records(store: &dyn Store) {
    let a = fill(store, &["a", "b", "c", "d", "e"]);
    assert_eq!(pages(store, records(&a, 9).only("parity", "odd")), "t1 t3");
    assert_eq!(pages(store, records(&a, 9).only("n", "4")), "t4");
    assert_eq!(pages(store, records(&a, 9).only("none", "null")), "", "null is nothing");
}

pub fn a_budget_ends_a_page_early(store: &dyn Store) {
    let a = fill(store, &["a", "b", "c", "d", "e", "f"]);
    let only = |scan: Scan| Scan { budget: 2, ..scan.only("third", "yes") };
    assert_eq!(pages(store, only(entries(&a, 9))), "a|d|", "pages can be short, even empty, and go on");
    assert_eq!(pages(store, only(down(entries(&a, 9)))), "|d|a");
    assert_eq!(pages(store, Scan { budget: 2, ..records(&a, 9) }), "t0 t1|t2 t3|t4 t5");
}

pub fn keys_sort_by_code_point(store: &dyn Store) {
    let a = fill(store, &["Z", "a", "zz", "é", "\u{ffee}", "😀", " ", "a\u{0}b"]);
    assert_eq!(pages(store, entries(&a, 9)), "  Z a a\u{0}b zz é \u{ffee} 😀");
    assert_eq!(pages(store, Scan { prefix: "a".to_owned(), ..down(entries(&a, 9)) }), "a\u{0}b a");
    assert_eq!(pages(store, Scan { prefix: "😀".to_owned(), ..entries(&a, 9) }), "😀");
}
