//! Routing, shapes, ids and limits, without sockets.

use http::{HeaderValue, Method, StatusCode};
use serde_json::json;
use web::{Guard, Readiness};

use crate::stage::{builder, call, request, web, with_body};

#[tokio::test]
async fn three_ways_in_lead_to_the_same_handler_with_their_own_links() {
    let web = web();
    let cases = [
        ("127.0.0.1:4700", "/small/v1/echo?a=1", None, "http://sandbox.example/small"),
        ("small.localhost:4700", "/v1/echo?a=1", None, "http://sandbox.example/small"),
        ("api.small.example", "/v1/echo?a=1", None, "http://api.small.example"),
        ("localhost", "/s/sbx_free/small/v1/echo?a=1", Some("sbx_free"), "http://sandbox.example/s/sbx_free/small"),
        ("api.small.example", "/s/sbx_free/v1/echo?a=1", Some("sbx_free"), "http://api.small.example/s/sbx_free"),
    ];
    for (host, path, sandbox, link) in cases {
        let mut request = request(Method::GET, path);
        request.headers_mut().insert("host", HeaderValue::from_static(host));
        let seen = call(&web, request).await;
        let expected = json!({"path": "/v1/echo?a=1", "sandbox": sandbox, "link": link, "length": 0, "json": null});
        assert_eq!(seen.json(), expected, "{host}{path}");
    }
}

#[tokio::test]
async fn refusals_come_in_the_shape_of_the_platform() {
    let web = web();
    let get = |path: &str| request(Method::GET, path);
    let cases = [
        (get("/small/v1/unknown"), 404, "not-found"),
        (get("/small//v1/echo"), 404, "not-found"),
        (get("/small"), 404, "not-found"),
        (get("/s/sbx_unknown/small/v1/echo"), 404, "not-found"),
        (request(Method::DELETE, "/small/v1/echo"), 405, "method-not-allowed"),
        (get("/small/v1/boom"), 500, "internal"),
        (get("/small/v1/mine"), 401, "unauthorized"),
        (get("/small/v1/n/x"), 400, "bad-request"),
        (with_body("/small/v1/echo", "x".repeat(1025)), 413, "body-too-large"),
        (with_body("/small/v1/echo", "[".repeat(129)), 400, "nested-too-deep"),
    ];
    for (request, status, error) in cases {
        let name = format!("{} {}", request.method(), request.uri());
        let seen = call(&web, request).await;
        assert_eq!(seen.json(), json!({"error": error, "status": status}), "{name}");
        assert_eq!(seen.status.as_u16(), status, "{name}");
        assert_eq!(seen.header("x-version"), Some("1"), "{name}");
        assert!(seen.request_id().starts_with("req_"), "{name}");
    }
}

#[tokio::test]
async fn a_wrong_method_names_the_right_ones_and_a_missing_credential_the_scheme() {
    let web = web();
    let seen = call(&web, request(Method::DELETE, "/small/v1/echo")).await;
    let mut allowed: Vec<&str> = seen.header("allow").expect("Allow").split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    assert_eq!(call(&web, request(Method::GET, "/small/v1/mine")).await.header("www-authenticate"), Some("Bearer"));
}

#[tokio::test]
async fn refusals_of_our_own_routes_are_problem_details() {
    let web = web();
    let cases = [
        (request(Method::GET, "/_playmoney/v1/unknown"), 404),
        (request(Method::GET, "/s/sbx_free/_playmoney/v1/things"), 404),
        (request(Method::GET, "/_playmoney/v1/things"), 405),
        (request(Method::GET, "/_playmoney/v1/boom"), 500),
        (with_body("/_playmoney/v1/things", "x".repeat(1024 * 1024 + 1)), 413),
        (request(Method::POST, "/healthz"), 405),
    ];
    for (request, status) in cases {
        let name = request.uri().to_string();
        let seen = call(&web, request).await;
        assert_eq!(seen.status.as_u16(), status, "{name}");
        assert_eq!(seen.header("content-type"), Some("application/problem+json"), "{name}");
        let problem = seen.json();
        assert_eq!(problem["status"], status, "{name}");
        for member in ["type", "title", "detail"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{name} {member}");
        }
        assert!(!seen.text.contains("swordfish"), "what a panic said stays in the log");
    }
}

#[tokio::test]
async fn limits_are_those_of_the_route() {
    let web = web();
    let cases = [
        ("/small/v1/echo", 1024, 200),
        ("/small/v1/image", 5000, 200),
        ("/small/v1/image", 5001, 413),
        ("/small/v1/import", 2 * 1024 * 1024, 200),
        ("/_playmoney/v1/things", 1024 * 1024, 200),
    ];
    for (path, length, status) in cases {
        let seen = call(&web, with_body(path, "x".repeat(length))).await;
        assert_eq!(seen.status.as_u16(), status, "{path} {length}");
    }
    let within = "[".repeat(128) + &"]".repeat(128);
    assert_eq!(call(&web, with_body("/small/v1/echo", within)).await.status, StatusCode::OK);
    let mut text = with_body("/small/v1/echo", "[".repeat(200));
    text.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
    assert_eq!(call(&web, text).await.status, StatusCode::OK, "only JSON is held to a depth");
}

#[tokio::test]
async fn the_same_requests_to_a_seeded_sandbox_give_the_same_ids_and_dates() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let web = web();
        let mut ids = Vec::new();
        for path in ["/s/sbx_seed/small/v1/echo", "/s/sbx_seed/small/v1/unknown", "/small/v1/mine"] {
            let mut request = request(Method::GET, path);
            request.headers_mut().insert("x-credential", HeaderValue::from_static("sbx_seed"));
            let seen = call(&web, request).await;
            assert_eq!(seen.header("date"), Some("Sun, 31 May 2026 12:00:00 GMT"), "{path}");
            ids.push(seen.request_id().to_owned());
            // What happens in other sandboxes moves nothing here.
            let other = call(&web, self::request(Method::GET, "/s/sbx_free/small/v1/echo")).await;
            assert_eq!(other.header("date"), None);
            assert_ne!(other.request_id(), seen.request_id());
        }
        assert!(ids[0] != ids[1] && ids[1] != ids[2]);
        runs.push(ids);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn the_guard_stands_before_everything() {
    let guard = Guard { loopback: false, token: Some("t".into()), public_host: None };
    let web = builder(&Default::default()).guard(guard).build();
    let cases = [("/_playmoney/v1/unknown", 401), ("/small/v1/echo", 200), ("/healthz", 200)];
    for (path, status) in cases {
        assert_eq!(call(&web, request(Method::GET, path)).await.status.as_u16(), status, "{path}");
    }
    let web = self::web();
    for (path, status) in [("/small/v1/echo", 403), ("/small/v1/page", 200), ("/_playmoney/v1/things", 403)] {
        let mut request = request(Method::POST, path);
        request.headers_mut().insert("origin", HeaderValue::from_static("https://evil.example"));
        assert_eq!(call(&web, request).await.status.as_u16(), status, "{path}");
    }
    let mut rebound = request(Method::GET, "/healthz");
    rebound.headers_mut().insert("host", HeaderValue::from_static("evil.example"));
    assert_eq!(call(&web, rebound).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn probes_and_metrics() {
    let readiness = Readiness::new(|| Ok(()));
    let web = builder(&Default::default())
        .readiness(readiness.clone())
        .metrics_source(|out| out.push_str("playmoney_more 7\n"))
        .build();
    assert_eq!(call(&web, request(Method::GET, "/readyz")).await.status, StatusCode::SERVICE_UNAVAILABLE);
    readiness.set(true);
    assert_eq!(call(&web, request(Method::GET, "/readyz")).await.status, StatusCode::OK);
    call(&web, request(Method::GET, "/small/v1/echo")).await;
    let page = call(&web, request(Method::GET, "/metrics")).await.text;
    for line in [
        r#"playmoney_http_requests_total{provider="small",status="2xx"} 1"#,
        r#"playmoney_http_requests_total{provider="own",status="5xx"} 1"#,
        "playmoney_http_requests_in_flight 1",
        "playmoney_request_log_dropped_total 0",
        "playmoney_more 7",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} not in\n{page}");
    }
}

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let seen = call(&web(), request(Method::HEAD, "/small/v1/n/12")).await;
    assert_eq!((seen.status, seen.text.as_str(), seen.header("content-length")), (StatusCode::OK, "", Some("2")));
}
