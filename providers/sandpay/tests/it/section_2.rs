//! Base URLs, headers and keys (contract 2).

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::harness::{STORES, World, request};

#[tokio::test]
async fn both_prefixes_answer_alike_in_all_three_ways() {
    for store in STORES {
        let world = World::on(store).await;
        let id = world.create(&request("R1")).await.ok(201)["id"].as_str().unwrap().to_owned();
        let mut answers = Vec::new();
        for (host, base) in [("localhost", "/sandpay"), ("sandpay.localhost", ""), ("api.sandpay.dev", "")] {
            for prefix in ["/v1", "/api/v1"] {
                let request = Request::builder()
                    .uri(format!("{base}{prefix}/payments/{id}"))
                    .header("host", host)
                    .header("authorization", format!("Bearer {}", world.key));
                answers.push(world.call(request.body(Body::empty()).unwrap()).await.ok(200));
            }
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]));
    }
}

#[tokio::test]
async fn a_doubled_slash_is_not_found_and_not_redirected() {
    for store in STORES {
        let world = World::on(store).await;
        for path in ["/sandpay//v1/meta", "/sandpay//api/v1/payments", "/sandpay/v1//meta", "/sandpay/v1/meta/"] {
            world.send("GET", path, Some(&world.key), Body::empty()).await.refused(404, "not_found");
        }
    }
}

#[tokio::test]
async fn every_answer_carries_version_request_id_and_type_and_no_cors() {
    for store in STORES {
        let world = World::on(store).await;
        let key = Some(world.key.as_str());
        let good = request("R1").to_string();
        let answers = [
            (201, world.send("POST", "/sandpay/v1/payments", key, good.clone()).await),
            (200, world.send("POST", "/sandpay/v1/payments", key, good).await),
            (200, world.send("GET", "/sandpay/v1/meta", None, Body::empty()).await),
            (200, world.send("GET", "/sandpay/api/v1/health", None, Body::empty()).await),
            (400, world.send("POST", "/sandpay/v1/payments", key, "{").await),
            (401, world.send("POST", "/sandpay/v1/payments", None, "{}").await),
            (404, world.send("GET", "/sandpay/v1/payments/TX_0", key, Body::empty()).await),
            (404, world.send("GET", "/sandpay/v1/nothing", key, Body::empty()).await),
            (404, world.send("GET", "/sandpay", None, Body::empty()).await),
            (404, world.send("POST", "/sandpay/v1/disbursements", key, "{}").await),
            (405, world.send("DELETE", "/sandpay/v1/meta", None, Body::empty()).await),
            (405, world.send("PUT", "/sandpay/v1/payments", key, "{}").await),
            (413, world.send("POST", "/sandpay/v1/payments", key, " ".repeat(70_000)).await),
            (413, world.send("POST", "/sandpay/v1/payments", key, " ".repeat(1_100_000)).await),
        ];
        for (status, answer) in answers {
            assert_eq!(answer.status, status, "{}", answer.text);
            assert_eq!(answer.header("x-sandpay-api-version"), Some("2026-05-31"), "{status}");
            assert!(answer.header("x-request-id").is_some(), "{status}");
            assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"), "{status}");
            assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{status}");
        }
    }
}

#[tokio::test]
async fn head_has_no_body_and_options_is_no_preflight() {
    for store in STORES {
        let world = World::on(store).await;
        let head = world.send("HEAD", "/sandpay/v1/meta", None, Body::empty()).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""));
        assert_eq!(head.header("x-sandpay-api-version"), Some("2026-05-31"));
        let options = world.send("OPTIONS", "/sandpay/v1/payments", None, Body::empty()).await;
        options.refused(405, "method_not_allowed");
        assert!(options.header("allow").is_some_and(|allow| allow.contains("POST")), "{:?}", options.headers);
    }
}

#[tokio::test]
async fn keys_are_created_used_and_revoked_at_once() {
    for store in STORES {
        let world = World::on(store).await;
        let made = world.admin("POST", "/api-keys", &json!({"label": "ci-pipeline"})).await.ok(201);
        let key = made["key"].as_str().unwrap().to_owned();
        assert!(key.starts_with("sp_sk_test_") && key.len() == 43);
        assert!(key["sp_sk_test_".len()..].bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
        assert_eq!(made["prefix"], json!(key[..19]));
        let id = made["id"].as_str().unwrap();
        let create = |reference: &'static str| {
            world.send("POST", "/sandpay/v1/payments", Some(&key), request(reference).to_string())
        };
        let first = create("R1").await.ok(201);
        // Several keys are active at once, and all belong to the one organisation.
        assert_eq!(world.get(first["id"].as_str().unwrap()).await, first);

        assert_eq!(world.admin("DELETE", &format!("/api-keys/{id}"), &Value::Null).await.status, 204);
        create("R2").await.refused(401, "invalid_api_key");
        let path = format!("/sandpay/v1/payments/{}", first["id"].as_str().unwrap());
        world.send("GET", &path, Some(&key), Body::empty()).await.refused(401, "invalid_api_key");
        world.create(&request("R2")).await.ok(201);
        let shown = world.admin("GET", &format!("/api-keys/{id}"), &Value::Null).await.ok(200);
        assert_eq!(shown["revoked_at"], "2026-06-01T09:00:00.000Z");
        assert!(shown.get("key").is_none());
    }
}

#[tokio::test]
async fn a_key_ends_at_its_expiry() {
    for store in STORES {
        let world = World::on(store).await;
        let body = json!({"label": "short", "expires_at": "2026-06-01T10:00:00Z"});
        let made = world.admin("POST", "/api-keys", &body).await.ok(201);
        let key = made["key"].as_str().unwrap();
        let get = || world.send("GET", "/sandpay/v1/payments/TX_NONE", Some(key), Body::empty());
        get().await.refused(404, "not_found");
        world.advance(3_599_999).await;
        get().await.refused(404, "not_found");
        world.advance(1).await;
        get().await.refused(401, "invalid_api_key");
    }
}
