//! The log as a whole, over the store in memory.

use http::{HeaderMap, HeaderValue, Method};
use store::requests::MemoryRequests;

use super::*;

fn entry(scope: &str, n: i64) -> Entry {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_static("Bearer sp_sk_test_0123456789abcdef0123456789abcdef"));
    headers.append("accept", HeaderValue::from_static("a"));
    headers.append("accept", HeaderValue::from_static("b"));
    Entry {
        scope: scope.into(),
        id: format!("req_{n}"),
        at_ms: n,
        wall_ms: n,
        provider: "sandpay",
        method: Method::POST,
        path: "/sandpay/v1/payments?token=abc".into(),
        status: 201,
        duration_us: n,
        subject: None,
        request_headers: FlatHeaders::of(&headers),
        request_body: KeptBody::of(&Bytes::from_static(br#"{"pin":"1234"}"#), 64),
        response_headers: FlatHeaders::default(),
        response_body: KeptBody::of(&Bytes::from_static(b"0123456789"), 4),
        faults: vec!["flt_1".into()],
    }
}

/// A log whose thread writes nothing by itself within a test.
fn log(settings: LogSettings) -> (RequestLog, Arc<MemoryRequests>) {
    let store = Arc::new(MemoryRequests::new());
    let settings = LogSettings { flush_every_ms: 3_600_000, ..settings };
    (RequestLog::new(Arc::clone(&store) as Arc<dyn RequestStore>, settings), store)
}

fn all(scope: &str) -> RequestFilter {
    RequestFilter { scope: scope.to_owned(), ..RequestFilter::default() }
}

fn numbers(log: &RequestLog, scope: &str) -> Vec<i64> {
    log.list(&all(scope), None, 100).expect("listed").rows.iter().map(|row| row.duration_us).collect()
}

#[test]
fn reading_sees_what_was_just_pushed() {
    let (log, _) = log(LogSettings::default());
    for n in 1..=3 {
        log.push(entry(if n == 2 { "b" } else { "a" }, n));
    }
    assert_eq!(numbers(&log, "a"), [3, 1]);
    assert_eq!(numbers(&log, "b"), [2]);
    assert!(log.get("a", "req_3").expect("read").is_some());
    assert!(log.get("b", "req_3").expect("read").is_none());
}

#[test]
fn rows_are_masked_and_say_what_was_cut() {
    let (log, _) = log(LogSettings::default());
    log.push(entry("a", 1));
    let row = log.get("a", "req_1").expect("read").expect("there");
    assert_eq!(row.path, "/sandpay/v1/payments?token=…");
    assert_eq!(
        row.detail,
        concat!(
            r#"{"request":{"headers":{"authorization":"Bearer sp_sk_test_01234567…","accept":"a, b"},"#,
            r#""body":"{\"pin\":\"…\"}","body_bytes":14},"#,
            r#""response":{"headers":{},"body":"0123","body_bytes":10,"body_cut":true},"faults":["flt_1"]}"#
        )
    );
}

#[test]
fn what_would_be_pruned_at_once_is_never_written() {
    let (log, store) = log(LogSettings { keep_per_scope: 2, ..LogSettings::default() });
    for n in 1..=9 {
        log.push(entry("a", n));
    }
    log.push(entry("b", 1));
    assert_eq!(lock(&log.shared.pending).len(), 3);
    assert_eq!(numbers(&log, "a"), [9, 8]);
    assert_eq!(store.list(&all("b"), None, 9).expect("listed").rows.len(), 1);
    assert_eq!(log.shared.dropped.load(Ordering::Relaxed), 0);
}

#[test]
fn memory_is_bounded_and_drops_are_counted() {
    let weight = entry("a", 1).weight();
    let (log, _) = log(LogSettings { pending_bytes: weight * 3, ..LogSettings::default() });
    for n in 1..=5 {
        log.push(entry("a", n));
    }
    let mut metrics = String::new();
    log.render_metrics(&mut metrics);
    assert!(metrics.contains("playmoney_request_log_dropped_total 2\n"), "{metrics}");
    assert_eq!(numbers(&log, "a"), [3, 2, 1]);
    log.push(entry("a", 6));
    assert_eq!(numbers(&log, "a"), [6, 3, 2, 1], "writing makes room");
}

#[test]
fn numbers_go_on_after_a_restart_and_begin_anew_when_forgotten() {
    let (first, store) = log(LogSettings::default());
    let scope: Arc<str> = "a".into();
    assert_eq!([first.next_number(&scope), first.next_number(&scope)], [1, 2]);
    drop(first);
    let again = RequestLog::new(store, LogSettings::default());
    assert_eq!(again.next_number(&scope), 3);
    again.push(entry("a", 1));
    again.forget("a").expect("forgotten");
    assert_eq!(again.next_number(&scope), 1);
    assert!(numbers(&again, "a").is_empty());
}

#[test]
fn the_end_writes_what_waits() {
    let (log, store) = log(LogSettings::default());
    log.push(entry("a", 1));
    drop(log);
    assert_eq!(store.list(&all("a"), None, 9).expect("listed").rows.len(), 1);
}

#[test]
fn old_rows_go_by_age() {
    let (log, _) = log(LogSettings { keep_age_ms: 100_000, ..LogSettings::default() });
    log.push(entry("a", 60_000));
    assert_eq!(numbers(&log, "a"), [60_000]);
    log.push(entry("a", 170_000));
    log.flush();
    assert_eq!(numbers(&log, "a"), [170_000]);
}
