//! Inbound faults as a client sees them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::{HeaderValue, Method, StatusCode};
use serde_json::json;
use store::requests::RequestFilter;
use web::{FaultAction, InboundFault, Web};

use crate::stage::{Sandboxes, Seen, Served, builder, call, request};

const PATH: &str = "/s/sbx_free/small/v1/echo?a=1";

fn with_fault(action: FaultAction, times: u32) -> (Web, Arc<Sandboxes>) {
    let sandboxes = Arc::new(Sandboxes::default());
    sandboxes.times_left.store(times, Ordering::Relaxed);
    sandboxes.faults.lock().unwrap().push(InboundFault {
        id: "flt_1".into(),
        provider: "small".into(),
        method: None,
        path: Some("/v1/*".into()),
        action,
        probability_ppm: 500_000,
    });
    (builder(&sandboxes).build(), sandboxes)
}

async fn get(web: &Web, path: &str) -> Seen {
    call(web, request(Method::GET, path)).await
}

#[tokio::test]
async fn a_status_comes_in_the_shape_of_the_platform_as_often_as_asked() {
    let (web, sandboxes) = with_fault(FaultAction::Status(503), 1);
    sandboxes.draw_ppm.store(500_000, Ordering::Relaxed);
    assert_eq!(get(&web, PATH).await.status, StatusCode::OK, "the draw was against it");
    sandboxes.draw_ppm.store(499_999, Ordering::Relaxed);
    let seen = get(&web, PATH).await;
    assert_eq!((seen.status.as_u16(), seen.json()), (503, json!({"error": "fault", "status": 503})));
    assert_eq!(get(&web, PATH).await.status, StatusCode::OK, "its one time is used up");
    let listed = web.log().list(&RequestFilter { scope: "sbx_free#1".into(), ..RequestFilter::default() }, None, 9);
    let faults: Vec<bool> = listed.unwrap().rows.iter().map(|row| row.detail.contains("flt_1")).collect();
    assert_eq!(faults, [false, true, false], "the fault is shown on the request it hit");
}

#[tokio::test]
async fn a_request_attributed_by_its_handler_is_hit_afterwards() {
    let (web, _) = with_fault(FaultAction::Status(502), 1);
    let mut request = request(Method::GET, "/small/v1/mine");
    request.headers_mut().insert("x-credential", HeaderValue::from_static("sbx_free"));
    assert_eq!(call(&web, request).await.status, StatusCode::BAD_GATEWAY);
    assert_eq!(get(&web, "/small/v1/echo").await.status, StatusCode::OK, "no sandbox, no fault");
}

#[tokio::test]
async fn redirects_lead_back_to_the_same_place_as_often_as_asked() {
    let (web, _) = with_fault(FaultAction::Redirect(2), 1);
    let mut path = PATH.to_owned();
    for _ in 0..2 {
        let seen = get(&web, &path).await;
        assert_eq!(seen.status, StatusCode::TEMPORARY_REDIRECT);
        path = seen.header("location").expect("Location").to_owned();
        assert!(path.starts_with(PATH), "{path}");
    }
    let seen = get(&web, &path).await;
    assert_eq!(seen.status, StatusCode::OK);
    assert_eq!(seen.json()["path"], "/v1/echo?a=1", "the handler sees what was meant");
}

#[tokio::test]
async fn a_delay_holds_the_request() {
    let (web, _) = with_fault(FaultAction::DelayMs(40), 1);
    let started = tokio::time::Instant::now();
    assert_eq!(get(&web, PATH).await.status, StatusCode::OK);
    assert!(started.elapsed().as_millis() >= 40);
}

#[tokio::test]
async fn a_drop_loses_the_answer_of_work_that_was_done() {
    let (web, _) = with_fault(FaultAction::Drop, 1);
    let served = Served::start(&web).await;
    let bytes = format!("GET {PATH} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert_eq!(served.exchange(bytes.as_bytes()).await, "");
    let rows = web.log().list(&RequestFilter { scope: "sbx_free#1".into(), ..RequestFilter::default() }, None, 9);
    let row = rows.unwrap().rows.remove(0);
    assert_eq!((row.status, row.subject.as_deref()), (0, Some("TX_1")), "the handler has run");
}

#[tokio::test]
async fn a_truncated_answer_promises_more_than_it_sends() {
    let (web, _) = with_fault(FaultAction::Truncate, 1);
    let whole = get(&with_fault(FaultAction::Truncate, 0).0, PATH).await.text;
    let served = Served::start(&web).await;
    let bytes = format!("GET {PATH} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let answer = served.exchange(bytes.as_bytes()).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains(&format!("content-length: {}", whole.len())), "{head}");
    assert_eq!(body, &whole[..whole.len() / 2]);
}
