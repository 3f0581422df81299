//! Healthy peers: what is sent, what is kept of the answer, and that nothing is followed.

use bytes::Bytes;
use courier::{Egress, Outbound};
use http::{HeaderMap, HeaderValue, Method};

use crate::receiver::{Behaviour, Receiver};
use crate::{get, post, sender, url};

#[tokio::test]
async fn the_bytes_arrive_as_they_were_built() {
    let mut receiver = Receiver::start(Behaviour::answer("202 Accepted", "x-shop: seen\r\n", "thanks")).await;
    let mut headers = HeaderMap::new();
    headers.insert("x-sandpay-signature", HeaderValue::from_static("t=1,v1=abc"));
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let call = Outbound { headers, ..post(url(receiver.address), r#"{"amount": 1500}"#) };
    let answer = sender(Egress::Any).send(call).await.unwrap();
    assert_eq!((answer.status, answer.body, answer.truncated), (202, Bytes::from_static(b"thanks"), false));
    assert_eq!(answer.headers["x-shop"], "seen");
    let request = receiver.request().await;
    assert!(request.starts_with("POST /hook HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"amount\": 1500}"), "{request}");
    for line in [
        "x-sandpay-signature: t=1,v1=abc",
        "content-type: application/json",
        "content-length: 16",
        &format!("host: {}", receiver.address),
    ] {
        assert!(request.contains(&format!("\r\n{line}\r\n")), "{line} in {request}");
    }
}

#[tokio::test]
async fn framing_is_not_left_to_the_caller() {
    let mut receiver = Receiver::start(Behaviour::ok("")).await;
    let mut headers = HeaderMap::new();
    headers.insert("content-length", HeaderValue::from_static("9000"));
    headers.insert("transfer-encoding", HeaderValue::from_static("chunked"));
    headers.insert("host", HeaderValue::from_static("shop.example"));
    let call = Outbound { headers, ..post(url(receiver.address), "four") };
    assert_eq!(sender(Egress::Any).send(call).await.unwrap().status, 200);
    let request = receiver.request().await;
    assert!(request.contains("content-length: 4\r\n") && !request.contains("transfer-encoding"), "{request}");
    assert!(request.contains("host: shop.example\r\n"), "{request}");
}

#[tokio::test]
async fn an_error_status_is_an_answer() {
    let receiver = Receiver::start(Behaviour::answer("503 Service Unavailable", "", "later")).await;
    let answer = sender(Egress::Any).send(get(url(receiver.address))).await.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (503, &b"later"[..]));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut target = Receiver::start(Behaviour::ok("reached")).await;
    for status in ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent"] {
        let location = format!("location: {}\r\n", url(target.address));
        let receiver = Receiver::start(Behaviour::answer(status, &location, "")).await;
        let answer = sender(Egress::Any).send(post(url(receiver.address), "x")).await.unwrap();
        assert_eq!(answer.status.to_string(), status[..3]);
        assert_eq!(answer.headers["location"], url(target.address));
    }
    assert_eq!(target.seen(), []);
}

#[tokio::test]
async fn a_body_is_kept_up_to_the_cap() {
    let receiver = Receiver::start(Behaviour::ok("0123456789")).await;
    let sender = sender(Egress::Any);
    for (cap, kept, truncated) in [(9, "012345678", true), (10, "0123456789", false), (0, "", true)] {
        let call = Outbound { response_cap_bytes: cap, ..get(url(receiver.address)) };
        let answer = sender.send(call).await.unwrap();
        assert_eq!((&answer.body[..], answer.truncated), (kept.as_bytes(), truncated), "cap {cap}");
    }
}

#[tokio::test]
async fn connections_are_reused() {
    let mut receiver = Receiver::start(Behaviour::ok("again")).await;
    let sender = sender(Egress::Any);
    for _ in 0..5 {
        sender.send(get(url(receiver.address))).await.unwrap();
    }
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn a_chunked_answer_and_one_without_a_body_are_read() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let receiver = Receiver::start(Behaviour::Answer(chunked.as_bytes().to_vec())).await;
    assert_eq!(sender(Egress::Any).send(get(url(receiver.address))).await.unwrap().body, "abcde");
    let empty = Receiver::start(Behaviour::Answer(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())).await;
    let call = Outbound { method: Method::DELETE, ..get(url(empty.address)) };
    let answer = sender(Egress::Any).send(call).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (204, 0));
}

#[tokio::test]
async fn localhost_names_reach_loopback_without_a_resolver() {
    let receiver = Receiver::start(Behaviour::ok("here")).await;
    let port = receiver.address.port();
    // The resolver of these tests knows no name at all.
    for host in ["localhost", "shop.localhost"] {
        let answer = sender(Egress::Loopback).send(get(format!("http://{host}:{port}/"))).await.unwrap();
        assert_eq!(answer.body, "here", "{host}");
    }
}
