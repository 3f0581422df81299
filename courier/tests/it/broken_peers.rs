//! Peers that hang, trickle, flood, close, reset, or are not there.

use std::time::Duration;

use courier::{Egress, Failure, Outbound};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::receiver::{Behaviour, Receiver};
use crate::{AMPLE_MS, get, post, sender, url};

const SHORT_MS: u64 = 100;

/// Runs `work`, and fails instead of hanging when it takes far longer than the timeouts under test.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    timeout(Duration::from_millis(AMPLE_MS), work).await.expect("it takes far too long")
}

#[tokio::test]
async fn a_peer_that_never_answers_ends_at_the_timeout() {
    let mut receiver = Receiver::start(Behaviour::Hang).await;
    let call = Outbound { timeout_ms: SHORT_MS, ..post(url(receiver.address), "x") };
    let error = soon(sender(Egress::Any).send(call)).await.unwrap_err();
    assert_eq!(error.failure, Failure::Timeout { timeout_ms: SHORT_MS, status: None });
    assert_eq!((error.kind(), error.failure.timed_out()), ("timeout", true));
    assert!((SHORT_MS..AMPLE_MS).contains(&error.duration_ms), "{}", error.duration_ms);
    soon(receiver.hung_up()).await;
}

#[tokio::test]
async fn a_peer_that_never_accepts_ends_at_the_timeout() {
    // Connections complete in the listener's backlog, but nobody reads.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let call = Outbound { timeout_ms: SHORT_MS, ..get(url(listener.local_addr().unwrap())) };
    assert_eq!(soon(sender(Egress::Any).send(call)).await.unwrap_err().kind(), "timeout");
}

#[tokio::test]
async fn a_trickling_body_ends_at_the_timeout_and_the_peer_notices() {
    let mut receiver = Receiver::start(Behaviour::Trickle).await;
    let call = Outbound { timeout_ms: SHORT_MS, response_cap_bytes: 1 << 20, ..get(url(receiver.address)) };
    let error = soon(sender(Egress::Any).send(call)).await.unwrap_err();
    assert_eq!(error.failure, Failure::Timeout { timeout_ms: SHORT_MS, status: Some(200) });
    soon(receiver.hung_up()).await;
}

#[tokio::test]
async fn a_tls_handshake_that_never_answers_ends_at_the_timeout() {
    let receiver = Receiver::start(Behaviour::Hang).await;
    let call = Outbound { timeout_ms: SHORT_MS, ..get(format!("https://{}/", receiver.address)) };
    assert_eq!(soon(sender(Egress::Any).send(call)).await.unwrap_err().kind(), "timeout");
}

#[tokio::test]
async fn an_endless_body_is_cut_at_the_cap() {
    let mut receiver = Receiver::start(Behaviour::Flood).await;
    let call = Outbound { response_cap_bytes: 100_000, ..get(url(receiver.address)) };
    let answer = soon(sender(Egress::Any).send(call)).await.unwrap();
    assert_eq!((answer.status, answer.body.len(), answer.truncated), (200, 100_000, true));
    soon(receiver.hung_up()).await;
}

#[tokio::test]
async fn an_endless_head_is_refused() {
    let line = format!("x-filler: {}\r\n", "y".repeat(1000));
    let head = format!("HTTP/1.1 200 OK\r\n{}", line.repeat(90));
    let receiver = Receiver::start(Behaviour::Answer(head.into_bytes())).await;
    let error = soon(sender(Egress::Any).send(get(url(receiver.address)))).await.unwrap_err();
    assert_eq!(error.kind(), "protocol", "{error}");
}

#[tokio::test]
async fn a_reset_is_a_protocol_failure() {
    let receiver = Receiver::start(Behaviour::Reset).await;
    let error = soon(sender(Egress::Any).send(post(url(receiver.address), "x"))).await.unwrap_err();
    assert_eq!(error.failure, Failure::Protocol("the peer reset the connection".to_owned()));
}

#[tokio::test]
async fn a_peer_that_closes_early_is_a_protocol_failure() {
    for bytes in ["", "HTTP/1.1 200 OK\r\ncontent-", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"] {
        let receiver = Receiver::start(Behaviour::Close(bytes.as_bytes().to_vec())).await;
        let error = soon(sender(Egress::Any).send(post(url(receiver.address), "x"))).await.unwrap_err();
        let expected = "the peer closed the connection before its answer ended";
        assert_eq!((error.kind(), error.to_string().as_str()), ("protocol", expected), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_peer_that_does_not_speak_http_is_a_protocol_failure() {
    let receiver = Receiver::start(Behaviour::Close(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())).await;
    let error = soon(sender(Egress::Any).send(get(url(receiver.address)))).await.unwrap_err();
    assert_eq!(error.kind(), "protocol");
    assert!(error.to_string().starts_with("the peer's answer is not HTTP/1.1: "), "{error}");
}

#[tokio::test]
async fn a_closed_port_is_a_connect_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = soon(sender(Egress::Any).send(get(url(address)))).await.unwrap_err();
    assert_eq!(error.kind(), "connect");
    assert!(error.to_string().starts_with(&format!("no connection to {address}: ")), "{error}");
}

#[tokio::test]
async fn a_name_without_address_is_a_dns_failure() {
    let error = soon(sender(Egress::Any).send(get("http://nowhere.example/"))).await.unwrap_err();
    assert_eq!(error.kind(), "dns");
    assert_eq!(error.to_string(), "`nowhere.example` could not be resolved: no such name");
}

#[tokio::test]
async fn an_unusable_url_is_refused_before_anything_is_opened() {
    let error = soon(sender(Egress::Any).send(get("ftp://127.0.0.1/"))).await.unwrap_err();
    assert_eq!((error.kind(), error.failure.timed_out()), ("invalid_url", false));
}

#[tokio::test]
async fn a_hundred_hanging_peers_do_not_hold_up_another() {
    let hanging = Receiver::start(Behaviour::Hang).await;
    let healthy = Receiver::start(Behaviour::ok("fine")).await;
    let sender = std::sync::Arc::new(sender(Egress::Any));
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (sender, call) = (std::sync::Arc::clone(&sender), get(url(hanging.address)));
        waiting.spawn(async move { sender.send(call).await });
    }
    let call = Outbound { timeout_ms: 2000, ..get(url(healthy.address)) };
    assert_eq!(sender.send(call).await.unwrap().body, "fine");
    assert!(waiting.try_join_next().is_none(), "the others still hang");
}
