//! One story per method, told on both stores.

use super::*;

fn stores() -> Vec<(&'static str, Box<dyn RequestStore>)> {
    vec![
        ("memory", Box::new(MemoryRequests::new())),
        ("sqlite", Box::new(SqliteRequests::in_memory().expect("SQLite in memory"))),
    ]
}

fn row(scope: &str, n: i64) -> RequestRow {
    RequestRow {
        scope: scope.to_owned(),
        id: format!("req_{n:020}"),
        at_ms: 1_000 + n,
        wall_ms: 2_000 + n,
        provider: if n % 2 == 0 { "sandpay" } else { "dojo" }.to_owned(),
        method: "POST".to_owned(),
        path: format!("/sandpay/v1/payments/{n}"),
        status: if n % 3 == 0 { 404 } else { 201 },
        duration_us: n,
        subject: (n % 2 == 0).then(|| format!("TX_{n}")),
        detail: format!("{{\"n\":{n}}}"),
    }
}

fn batch(rows: Vec<RequestRow>, keep_per_scope: usize) -> RequestBatch {
    RequestBatch { rows, next_numbers: Vec::new(), keep_per_scope }
}

fn all(scope: &str) -> RequestFilter {
    RequestFilter { scope: scope.to_owned(), ..RequestFilter::default() }
}

fn numbers(page: &RequestPage) -> Vec<i64> {
    page.rows.iter().map(|row| row.duration_us).collect()
}

#[test]
fn append_keeps_the_newest_of_each_scope() {
    for (name, store) in stores() {
        store.append(&batch((1..=5).map(|n| row("a", n)).chain([row("b", 9)]).collect(), 3)).expect(name);
        store.append(&batch(vec![row("a", 6)], 3)).expect(name);
        assert_eq!(numbers(&store.list(&all("a"), None, 10).expect(name)), [6, 5, 4], "{name}");
        assert_eq!(numbers(&store.list(&all("b"), None, 10).expect(name)), [9], "{name}");
    }
}

#[test]
fn list_pages_newest_first_and_ends() {
    for (name, store) in stores() {
        store.append(&batch((1..=5).map(|n| row("a", n)).collect(), 100)).expect(name);
        let first = store.list(&all("a"), None, 2).expect(name);
        let second = store.list(&all("a"), first.next, 2).expect(name);
        let third = store.list(&all("a"), second.next, 2).expect(name);
        assert_eq!((numbers(&first), numbers(&second), numbers(&third)), (vec![5, 4], vec![3, 2], vec![1]), "{name}");
        assert_eq!(third.next, None, "{name}");
        assert_eq!(store.list(&all("a"), None, 5).expect(name).next, None, "{name}: a full last page has no next");
    }
}

#[test]
fn list_filters() {
    for (name, store) in stores() {
        store.append(&batch((1..=6).map(|n| row("a", n)).collect(), 100)).expect(name);
        let cases = [
            (RequestFilter { provider: Some("sandpay".into()), ..all("a") }, vec![6, 4, 2]),
            (RequestFilter { status: Some((400, 499)), ..all("a") }, vec![6, 3]),
            (RequestFilter { status: Some((201, 201)), ..all("a") }, vec![5, 4, 2, 1]),
            (RequestFilter { text: Some("TX_4".into()), ..all("a") }, vec![4]),
            (RequestFilter { text: Some("\"n\":5".into()), ..all("a") }, vec![5]),
            (RequestFilter { text: Some("payments/1".into()), ..all("a") }, vec![1]),
            (RequestFilter { text: Some("absent".into()), ..all("a") }, vec![]),
            (all("b"), vec![]),
        ];
        for (filter, expected) in cases {
            assert_eq!(numbers(&store.list(&filter, None, 10).expect(name)), expected, "{name} {filter:?}");
        }
    }
}

#[test]
fn get_finds_within_the_scope_only() {
    for (name, store) in stores() {
        store.append(&batch(vec![row("a", 1)], 100)).expect(name);
        assert_eq!(store.get("a", &row("a", 1).id).expect(name), Some(row("a", 1)), "{name}");
        assert_eq!(store.get("b", &row("a", 1).id).expect(name), None, "{name}");
    }
}

#[test]
fn numbers_begin_at_one_and_are_kept() {
    for (name, store) in stores() {
        assert_eq!(store.next_number("a").expect(name), 1, "{name}");
        let numbers = RequestBatch { next_numbers: vec![("a".into(), 8)], ..RequestBatch::default() };
        store.append(&numbers).expect(name);
        assert_eq!((store.next_number("a").expect(name), store.next_number("b").expect(name)), (8, 1), "{name}");
    }
}

#[test]
fn prune_removes_the_old_and_forget_everything_of_a_scope() {
    for (name, store) in stores() {
        let mut written = batch((1..=4).map(|n| row("a", n)).chain([row("b", 5)]).collect(), 100);
        written.next_numbers.push(("a".into(), 5));
        store.append(&written).expect(name);
        assert!(!store.prune(2_003).expect(name), "{name}: nothing more to prune");
        assert_eq!(numbers(&store.list(&all("a"), None, 10).expect(name)), [4, 3], "{name}");
        store.forget("a").expect(name);
        assert_eq!(store.list(&all("a"), None, 10).expect(name), RequestPage::default(), "{name}");
        assert_eq!(store.next_number("a").expect(name), 1, "{name}");
        assert_eq!(numbers(&store.list(&all("b"), None, 10).expect(name)), [5], "{name}");
    }
}

#[test]
fn an_unreadable_file_is_put_aside_and_a_good_one_kept() {
    let directory = std::env::temp_dir().join(format!("playmoney-requests-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory for the test");
    let path = directory.join("requests.db");
    std::fs::write(&path, "this is no database, and longer than a header of one hundred bytes ".repeat(4))
        .expect("written");
    let store = SqliteRequests::open(&path).expect("opened anew");
    store.append(&batch(vec![row("a", 1)], 100)).expect("appended");
    drop(store);
    let store = SqliteRequests::open(&path).expect("opened again");
    assert_eq!(numbers(&store.list(&all("a"), None, 10).expect("listed")), [1]);
    assert!(directory.join("requests.db.broken").exists());
    drop(store);
    std::fs::remove_dir_all(&directory).expect("removed");
}
