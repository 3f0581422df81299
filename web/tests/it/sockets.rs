//! What depends on real connections: limits while reading, timeouts, keep-alive, pipelining, the end.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::routing::get;
use hyper::body::Frame;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;
use web::Web;

use crate::stage::{Served, builder, read_all, read_one, web};

const GET: &str = "GET /small/v1/n/7 HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// A server on which reading a head or a body may take `head_ms` and `body_ms`.
async fn impatient(head_ms: u64, body_ms: u64) -> Served {
    let timeouts = (Duration::from_millis(head_ms), Duration::from_millis(body_ms));
    Served::start(&builder(&Default::default()).timeouts(timeouts.0, timeouts.1).build()).await
}

#[tokio::test]
async fn heads_over_32_kib_are_431_and_below_are_not() {
    let served = Served::start(&web()).await;
    for (padding, status) in [(31 * 1024, "200"), (33 * 1024, "431"), (200 * 1024, "431")] {
        let padding = "x".repeat(padding);
        let head = format!(
            "GET /small/v1/n/7 HTTP/1.1\r\nhost: localhost\r\nx-padding: {padding}\r\nconnection: close\r\n\r\n"
        );
        let answer = served.exchange(head.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{} bytes: {answer}", padding.len());
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_is_408_and_an_idle_connection_just_closes() {
    let served = impatient(50, 30_000).await;
    let answer = served.exchange(b"GET /small/v1/n/7 HTTP/1.1\r\nhost: loc").await;
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert_eq!(served.exchange(b"").await, "");
    let mut stream = served.connect().await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    assert_eq!(read_one(&mut stream).await.1, "7");
    assert_eq!(read_all(&mut stream).await, "", "no answer that belongs to no request");
}

#[tokio::test]
async fn a_body_that_does_not_end_is_408_in_the_shape_of_the_platform() {
    let served = impatient(30_000, 50).await;
    for framing in ["content-length: 10\r\n\r\n{", "transfer-encoding: chunked\r\n\r\n1\r\n{\r\n"] {
        let answer =
            served.exchange(format!("POST /small/v1/echo HTTP/1.1\r\nhost: localhost\r\n{framing}").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        assert!(answer.ends_with(r#"{"error":"timeout","status":408}"#), "{answer}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_however_it_is_framed() {
    let served = Served::start(&web()).await;
    let head = "POST /small/v1/echo HTTP/1.1\r\nhost: localhost\r\n";
    let body = "x".repeat(100_000);
    let cases = [
        // Announced, and nothing sent: answered at once.
        format!("{head}content-length: 100000\r\n\r\n"),
        format!("{head}content-length: 100000\r\n\r\n{body}"),
        format!("{head}content-length: 99999999999999999999\r\n\r\n"),
        format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
        format!("{head}transfer-encoding: chunked\r\n\r\n{}", "1f4\r\n".to_owned() + &"x".repeat(500) + "\r\n")
            .repeat(1)
            + &("1f4\r\n".to_owned() + &"x".repeat(500) + "\r\n").repeat(4)
            + "0\r\n\r\n",
    ];
    for (number, bytes) in cases.iter().enumerate() {
        let answer = served.exchange(bytes.as_bytes()).await;
        if number == 2 {
            // A length that is no number of bytes at all is refused by the parser.
            assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
            continue;
        }
        assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{number}: {answer}");
        assert!(answer.ends_with(r#"{"error":"body-too-large","status":413}"#), "{number}: {answer}");
    }
}

#[tokio::test]
async fn nonsense_is_400_and_the_server_goes_on() {
    let served = Served::start(&web()).await;
    let odd = "OPTIONS * HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert!(served.exchange(odd.as_bytes()).await.starts_with("HTTP/1.1 404"));
    let odd = "CONNECT localhost:80 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert!(served.exchange(odd.as_bytes()).await.starts_with("HTTP/1.1 404"));
    for nonsense in ["GET\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
        let answer = served.exchange(nonsense.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{nonsense:?}: {answer}");
    }
    let mut stream = served.connect().await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    assert!(read_one(&mut stream).await.0.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn one_connection_serves_many_requests_also_after_a_refusal() {
    let served = Served::start(&web()).await;
    let mut stream = served.connect().await;
    for path in ["/small/v1/n/1", "/small/v1/unknown", "/small/v1/boom", "/small/v1/n/x", "/small/v1/n/2"] {
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await.unwrap();
        let (head, body) = read_one(&mut stream).await;
        assert!(head.contains("x-request-id: req_"), "{path}: {head}");
        assert!(!body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let served = Served::start(&web()).await;
    let mut stream = served.connect().await;
    let all: String = (0..20).map(|n| GET.replace("/7", &format!("/{n}"))).collect();
    stream.write_all(all.as_bytes()).await.unwrap();
    for n in 0..20 {
        assert_eq!(read_one(&mut stream).await.1, n.to_string());
    }
}

#[tokio::test]
async fn a_client_that_waits_for_continue_is_told_or_refused_before_it_sends() {
    let served = Served::start(&web()).await;
    let head = "POST /small/v1/echo HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n";
    let mut stream = served.connect().await;
    stream.write_all(format!("{head}content-length: 2\r\n\r\n").as_bytes()).await.unwrap();
    assert!(read_one(&mut stream).await.0.starts_with("HTTP/1.1 100"));
    stream.write_all(b"{}").await.unwrap();
    assert!(read_one(&mut stream).await.0.starts_with("HTTP/1.1 200"));
    let answer = served.exchange(format!("{head}content-length: 9999\r\n\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

/// Events that never end by themselves: one, then silence.
struct Events(bool);

impl HttpBody for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Pending;
        }
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"data: 1\n\n")))))
    }
}

#[tokio::test]
async fn event_streams_end_with_the_server() {
    let events = get(|| async { ([("content-type", "text/event-stream")], Body::new(Events(false))) });
    let own = Router::new().route("/events", events);
    let web = builder(&Default::default()).own(own).shutdown_grace(Duration::from_secs(30)).build();
    let served = Served::start(&web).await;
    let mut stream = served.connect().await;
    stream.write_all(b"GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    read_one(&mut stream).await;
    let stopping = served.stop();
    let rest = read_all(&mut stream).await;
    assert_eq!(rest, "9\r\ndata: 1\n\n\r\n0\r\n\r\n", "a whole answer");
    drop(stream);
    stopping.await.unwrap().unwrap();
}

/// A server with a route that says when it was reached and answers when told to.
fn held(grace: Duration) -> (Web, Arc<Notify>, Arc<Notify>) {
    let (reached, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (in_reached, in_go) = (Arc::clone(&reached), Arc::clone(&go));
    let route = get(move || async move {
        in_reached.notify_one();
        in_go.notified().await;
        "finished"
    });
    let own = Router::new().route("/held", route);
    (builder(&Default::default()).own(own).shutdown_grace(grace).build(), reached, go)
}

const HELD: &[u8] = b"GET /held HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test]
async fn the_end_finishes_what_runs_closes_what_idles_and_accepts_nothing() {
    let (web, reached, go) = held(Duration::from_secs(30));
    let served = Served::start(&web).await;
    let address = served.address;
    let (mut idle, mut running) = (served.connect().await, served.connect().await);
    idle.write_all(GET.as_bytes()).await.unwrap();
    read_one(&mut idle).await;
    running.write_all(HELD).await.unwrap();
    reached.notified().await;
    let stopping = served.stop();
    assert_eq!(read_all(&mut idle).await, "", "an idle connection is closed");
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nothing is accepted");
    go.notify_one();
    let answer = read_all(&mut running).await;
    assert!(answer.ends_with("finished") && answer.contains("connection: close"), "{answer}");
    drop((idle, running));
    stopping.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_end_does_not_wait_longer_than_its_grace() {
    let (web, reached, _go) = held(Duration::from_millis(50));
    let served = Served::start(&web).await;
    let mut running = served.connect().await;
    running.write_all(HELD).await.unwrap();
    reached.notified().await;
    served.stop().await.unwrap().unwrap();
    let mut byte = [0];
    let pending = running.try_read(&mut byte);
    assert!(pending.is_err(), "the request was still running: {pending:?}");
    // The connection itself ends with the runtime.
    drop(running.shutdown().await);
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing_running() {
    let (web, reached, _go) = held(Duration::from_secs(30));
    let served = Served::start(&web).await;
    let mut running = served.connect().await;
    running.write_all(HELD).await.unwrap();
    reached.notified().await;
    drop(running);
    // The grace is long: this ends only if the connection has.
    served.stop().await.unwrap().unwrap();
}
