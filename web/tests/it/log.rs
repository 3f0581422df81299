//! What the request log holds of what the pipeline answered.

use http::{HeaderValue, Method};
use serde_json::Value;
use store::requests::{RequestFilter, RequestRow};
use web::Web;

use crate::stage::{NOW_MS, call, request, web, with_body};

fn rows(web: &Web, scope: &str) -> Vec<RequestRow> {
    web.log().list(&RequestFilter { scope: scope.to_owned(), ..RequestFilter::default() }, None, 100).unwrap().rows
}

#[tokio::test]
async fn requests_are_logged_under_their_sandbox_or_the_servers_scope() {
    let web = web();
    let mut by_credential = request(Method::GET, "/small/v1/mine?x=1");
    by_credential.headers_mut().insert("x-credential", HeaderValue::from_static("sbx_free"));
    call(&web, by_credential).await;
    call(&web, request(Method::GET, "/s/sbx_seed/small/v1/echo")).await;
    call(&web, request(Method::GET, "/small/v1/unknown")).await;
    call(&web, request(Method::GET, "/s/sbx_nobody/small/v1/echo")).await;
    call(&web, request(Method::GET, "/_playmoney/v1/things")).await;
    call(&web, request(Method::GET, "/healthz")).await;
    let seen = |scope: &str| -> Vec<(String, u16)> {
        rows(&web, scope).into_iter().map(|row| (row.path, row.status)).collect()
    };
    assert_eq!(seen("sbx_free#1"), [("/small/v1/mine?x=1".into(), 200)]);
    assert_eq!(seen("sbx_seed#1"), [("/s/sbx_seed/small/v1/echo".into(), 200)]);
    let server = [("/s/sbx_nobody/small/v1/echo".into(), 404), ("/small/v1/unknown".into(), 404)];
    assert_eq!(seen("~server"), server);
}

#[tokio::test]
async fn a_row_says_what_was_exchanged_with_secrets_masked() {
    let web = web();
    let mut request = with_body("/s/sbx_seed/small/v1/echo", r#"{"pin":"1234","card":"4111 1111 1111 1111"}"#);
    let key = HeaderValue::from_static("Bearer sp_sk_test_0123456789abcdef0123456789abcdef");
    request.headers_mut().insert("authorization", key);
    let reply = call(&web, request).await;
    let row = rows(&web, "sbx_seed#1").remove(0);
    assert_eq!(row.id, reply.request_id());
    assert_eq!((row.provider.as_str(), row.method.as_str(), row.subject.as_deref()), ("small", "POST", Some("TX_1")));
    assert_eq!((row.at_ms, row.wall_ms, row.duration_us), (NOW_MS, 5_000, 0), "a seeded sandbox measures nothing");
    let detail: Value = serde_json::from_str(&row.detail).unwrap();
    assert_eq!(detail["request"]["headers"]["authorization"], "Bearer sp_sk_test_01234567…");
    assert_eq!(detail["request"]["body"], r#"{"pin":"…","card":"…1111"}"#);
    assert_eq!(detail["response"]["headers"]["x-request-id"], row.id.as_str());
    assert_eq!(detail["response"]["headers"]["content-type"], "application/json");
    assert!(detail["response"]["body"].as_str().unwrap().contains(r#""pin":"…""#));
    assert!(!row.detail.contains("1234\"") && !row.detail.contains("4111"), "{}", row.detail);
}
