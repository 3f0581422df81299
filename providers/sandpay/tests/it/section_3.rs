//! Errors, and the order of the checks on creation (contract 3).

use axum::body::Body;
use axum::http::Request;
use kernel::Fixtures;
use serde_json::{Value, json};

use crate::harness::{STORES, World, request, request_with};

#[tokio::test]
async fn the_two_401s() {
    for store in STORES {
        let world = World::on(store).await;
        let with = |header: Option<&'static [u8]>| {
            let mut request = Request::builder().uri("/sandpay/v1/payments/TX_1").header("host", "localhost");
            if let Some(header) = header {
                request = request.header("authorization", header);
            }
            world.call(request.body(Body::empty()).unwrap())
        };
        for header in
            [None, Some(&b"Bearer"[..]), Some(b"Bearer "), Some(b"Basic c3A6"), Some(b"sp_sk_test_0"), Some(b"")]
        {
            with(header).await.refused(401, "unauthorized");
        }
        let unknown: [&[u8]; 5] = [
            b"Bearer sp_sk_test_00000000000000000000000000000000",
            b"Bearer sp_sk_live_de300000000000000000000000000000",
            b"Bearer nonsense",
            b"Bearer \xff\xfe",
            b"Bearer sp_sk_test_de300000000000000000000000000000",
        ];
        for header in unknown {
            with(Some(header)).await.refused(401, "invalid_api_key");
        }
    }
}

#[tokio::test]
async fn validation_errors_name_their_fields() {
    for store in STORES {
        let world = World::on(store).await;
        let body =
            world.create(&request_with("R1", json!({"amount": 0, "msisdn": "123"}))).await.refused(400, "invalid_body");
        assert_eq!(body["detail"]["formErrors"], json!([]));
        let fields: Vec<_> = body["detail"]["fieldErrors"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(fields, ["amount", "msisdn"]);
        assert!(body["message"].as_str().is_some_and(|text| !text.is_empty()));
        let whole =
            world.send("POST", "/sandpay/v1/payments", Some(&world.key), "[]").await.refused(400, "invalid_body");
        assert_eq!(whole["detail"], json!({"formErrors": ["Expected object, received array"], "fieldErrors": {}}));
        let deep = "[".repeat(200) + &"]".repeat(200);
        world.send("POST", "/sandpay/v1/payments", Some(&world.key), deep).await.refused(400, "invalid_body");
    }
}

/// Each request has every fault from its row on; the first check wins.
#[tokio::test]
async fn the_order_of_checks() {
    for store in STORES {
        let world = World::on(store).await;
        world.create(&request("TAKEN")).await.ok(201);
        world.admin("PATCH", "/environments/env_ci_mtn", &json!({"enabled": false})).await.ok(200);
        let bad = json!({"amount": 0, "application": "none", "msisdn": "+33612345678", "reference": "R"}).to_string();
        let post = |key: Option<&'static str>, body: String| world.send("POST", "/sandpay/v1/payments", key, body);
        post(None, bad.clone()).await.refused(401, "unauthorized");
        post(Some("sp_sk_test_00000000000000000000000000000000"), bad.clone()).await.refused(401, "invalid_api_key");
        world.create(&serde_json::from_str(&bad).unwrap()).await.refused(400, "invalid_body");
        // A replay comes before the store and the environment: the latter is switched off by now.
        world.create(&request("TAKEN")).await.ok(200);
        let unknown_store = json!({"application": "none", "msisdn": "+33612345678"});
        let body = world.create(&request_with("R1", unknown_store)).await.refused(404, "not_found");
        assert_eq!(body["detail"]["resource"], "application");
        let body =
            world.create(&request_with("R1", json!({"msisdn": "+33612345678"}))).await.refused(400, "invalid_body");
        assert!(
            body["detail"]["fieldErrors"]["operator"].is_array() && body["detail"]["fieldErrors"]["country"].is_array()
        );
        world.create(&request_with("R1", json!({"scenario": "success"}))).await.refused(404, "env_not_found");
        // A reference that is taken for something else does not stop the chain.
        let other = json!({"amount": 1, "application": "none"});
        world.create(&request_with("TAKEN", other)).await.refused(404, "not_found");
        world.create(&request_with("TAKEN", json!({"amount": 1}))).await.refused(404, "env_not_found");
        assert_eq!(world.events("sandpay.payment.created").len(), 1);
    }
}

#[tokio::test]
async fn a_revoked_key_comes_before_the_body() {
    for store in STORES {
        let world = World::on(store).await;
        let made = world.admin("POST", "/api-keys", &json!({"label": "x"})).await.ok(201);
        world.admin("DELETE", &format!("/api-keys/{}", made["id"].as_str().unwrap()), &Value::Null).await;
        for body in ["{", &" ".repeat(70_000)] {
            let key = made["key"].as_str();
            world.send("POST", "/sandpay/v1/payments", key, body.to_owned()).await.refused(401, "invalid_api_key");
        }
    }
}

#[tokio::test]
async fn environments_that_are_off_or_cannot_be_are_env_not_found() {
    for store in STORES {
        let new = engine::NewSandbox { fixtures: Fixtures::Empty, seed: Some(1), ..engine::NewSandbox::default() };
        let world = World::with(store, new).await;
        let body = world.create(&request("R1")).await.refused(404, "env_not_found");
        assert_eq!(body["detail"], json!({"operator": "mtn", "country": "CI", "currency": "XOF"}));
        world.admin("PATCH", "/environments/env_ci_mtn", &json!({"enabled": true})).await.ok(200);
        assert_eq!(world.create(&request("R1")).await.ok(201)["status"], "UNKNOWN_MSISDN");
        for members in [
            json!({"operator": "airtel", "country": "CI"}),
            json!({"operator": "mtn", "country": "SN"}),
            json!({"currency": "RWF"}),
            json!({"currency": "XAF"}),
            json!({"currency": "xof"}),
        ] {
            world.create(&request_with("R2", members)).await.refused(404, "env_not_found");
        }
        assert_eq!(world.create(&request_with("R3", json!({"currency": "FCFA"}))).await.ok(201)["currency"], "FCFA");
    }
}

#[tokio::test]
async fn the_body_limit_is_64_kib_and_can_be_set() {
    for store in STORES {
        let world = World::on(store).await;
        let padded = |length: usize| {
            let body = request("R1").to_string();
            let spaces = " ".repeat(length - body.len());
            world.send("POST", "/sandpay/v1/payments", Some(&world.key), body + &spaces)
        };
        padded(65_537).await.refused(413, "invalid_body");
        padded(65_536).await.ok(201);
        world.set("body_limit_bytes", json!(1_000)).await;
        padded(1_001).await.refused(413, "invalid_body");
        padded(1_000).await.ok(200);
    }
}

#[tokio::test]
async fn the_sandbox_of_the_path_must_be_the_keys() {
    for store in STORES {
        let world = World::on(store).await;
        let other = engine::NewSandbox { seed: Some(8), ..engine::NewSandbox::default() };
        let other = world.engine.create_sandbox(other).await.unwrap();
        let body = request("R1").to_string();
        let own = format!("/s/{}/sandpay/v1/payments", world.sandbox);
        let created = world.send("POST", &own, Some(&world.key), body.clone()).await.ok(201);
        let path = format!("/s/{}/sandpay/v1/payments", other.id);
        world.send("POST", &path, Some(&world.key), body.clone()).await.refused(404, "not_found");
        let id = created["id"].as_str().unwrap();
        world.send("GET", &format!("{path}/{id}"), Some(&world.key), Body::empty()).await.refused(404, "not_found");
        world.send("POST", "/s/sbx_none/sandpay/v1/payments", Some(&world.key), body).await.refused(404, "not_found");
        // Nothing crosses: another sandbox's key does not find this payment.
        let key = crate::harness::key_of(&other);
        let path = format!("/sandpay/v1/payments/{id}");
        world.send("GET", &path, Some(&key), Body::empty()).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_deleted_sandbox_takes_its_keys_with_it() {
    for store in STORES {
        let world = World::on(store).await;
        let made = world.admin("POST", "/api-keys", &json!({"label": "x"})).await.ok(201);
        world.engine.delete_sandbox(&world.sandbox).await.unwrap();
        for key in [Some(world.key.as_str()), made["key"].as_str()] {
            let answer = world.send("POST", "/sandpay/v1/payments", key, request("R1").to_string()).await;
            answer.refused(401, "invalid_api_key");
            let answer = world.send("GET", "/sandpay/v1/payments/TX_1", key, Body::empty()).await;
            answer.refused(401, "invalid_api_key");
        }
    }
}

/// A cheap generator of garbage: the same each time.
fn garbage(seed: u64, length: usize) -> Vec<u8> {
    let mut draw = kernel::Chance::keyed(&[b"garbage", &seed.to_le_bytes()]).draw("bytes");
    let json = b"{}[]\",:0123456789.-+eEtrufalsn \\amountcurncy";
    (0..length)
        .map(|at| match (seed + at as u64) % 3 {
            0 => u8::try_from(draw.below(256)).unwrap(),
            _ => json[usize::try_from(draw.below(json.len() as u64)).unwrap()],
        })
        .collect()
}

#[tokio::test]
async fn garbage_is_never_a_500() {
    for store in STORES {
        let world = World::on(store).await;
        for seed in 0..300 {
            let body = garbage(seed, usize::try_from(seed).unwrap());
            let answer = world.send("POST", "/sandpay/v1/payments", Some(&world.key), body.clone()).await;
            answer.refused(400, "invalid_body");
            let answer = world.admin_raw("POST", "/test-clients", body.clone()).await;
            assert!((400..500).contains(&answer.status), "{} {}", answer.status, answer.text);
            let answer = world.admin_raw("PATCH", "/environments/env_ci_mtn", body).await;
            assert!(answer.status < 500, "{} {}", answer.status, answer.text);
        }
        let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"];
        let paths = [
            "/",
            "/v1",
            "/v1/",
            "/v1/payments/%ff",
            "/v1/payments/%00/x",
            "/v1/payments/TX_A%20",
            "/api",
            "/v2/payments",
            "/v1/meta?x=%ff",
            "/%2e%2e/v1",
        ];
        for method in methods {
            for path in paths {
                let answer = world.send(method, &format!("/sandpay{path}"), Some(&world.key), Body::empty()).await;
                assert!(answer.status < 500, "{method} {path}: {}", answer.status);
                assert_eq!(answer.header("x-sandpay-api-version"), Some("2026-05-31"), "{method} {path}");
            }
        }
    }
}
