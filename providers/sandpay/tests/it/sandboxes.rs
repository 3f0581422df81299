//! Repeatability and reset: the same seed, clock and requests give the same bytes, and a reset goes back to creation.

use engine::NewSandbox;
use kernel::{Clock, Provider, SandboxId};
use sandpay::SandPay;
use serde_json::{Value, json};

use crate::harness::{NOON, Reply, STORES, World, headers_of, request, request_with};

fn said(reply: &Reply) -> String {
    let headers: Vec<_> =
        reply.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    format!("{} {} {}", reply.status, headers.join(", "), reply.text)
}

/// A day at the shop: everything that is answered and everything that is sent.
async fn day(world: &World) -> Vec<String> {
    let mut seen = Vec::new();
    let made = world.admin("POST", "/webhook-endpoints", &json!({"url": "https://shop.test/hook"})).await;
    seen.push(said(&made));
    seen.push(said(&world.admin("POST", "/api-keys", &json!({"label": "ci"})).await));
    for (at, scenario) in ["success", "timeout", "pin_invalid"].into_iter().enumerate() {
        let reference = format!("R{at}");
        seen.push(said(&world.create(&request_with(&reference, json!({"scenario": scenario}))).await));
        // Refused and repeated requests use up nothing.
        seen.push(said(&world.create(&request_with("BAD", json!({"amount": 0}))).await));
        seen.push(said(&world.create(&request_with(&reference, json!({"scenario": scenario}))).await));
    }
    let pending = world.create(&request("P")).await;
    let id = pending.json()["id"].as_str().unwrap().to_owned();
    seen.push(said(&pending));
    for _ in 0..3 {
        for due in world.due() {
            seen.push(format!("{} {} {:?} {}", due.at.iso(), due.url, headers_of(&due), due.body));
            world.answered(&due, Some(500), None).await;
        }
        world.advance(50_000).await;
    }
    seen.push(said(&world.admin("POST", &format!("/prompts/{id}/confirm"), &json!({"pin": "1234"})).await));
    seen.extend(world.due().iter().map(|due| format!("{:?} {}", headers_of(due), due.body)));
    seen.push(said(&world.send("GET", &format!("/sandpay/v1/payments/{id}"), Some(&world.key), "").await));
    seen.push(serde_json::to_string(&world.events("*")).unwrap());
    seen
}

#[tokio::test]
async fn two_runs_are_byte_identical_on_either_database() {
    let mut runs = Vec::new();
    for store in [STORES[0], STORES[1], STORES[0], STORES[1]] {
        runs.push(day(&World::on(store).await).await);
    }
    for run in &runs[1..] {
        assert_eq!(run.len(), runs[0].len());
        for (here, there) in run.iter().zip(&runs[0]) {
            assert_eq!(here, there);
        }
    }
    let other = NewSandbox { seed: Some(8), clock: Some(Clock::Frozen { at: NOON }), ..NewSandbox::default() };
    let other = day(&World::with(STORES[0], other).await).await;
    assert_ne!(other[2], runs[0][2], "another seed is another world");
}

#[tokio::test]
async fn a_reset_keeps_credentials_and_endpoints_and_nothing_else() {
    for store in STORES {
        let world = World::on(store).await;
        let (endpoint, secret) = world.endpoint("https://shop.test/hook").await;
        let made = world.admin("POST", "/api-keys", &json!({"label": "ci"})).await.ok(201);
        world.admin("POST", "/stores", &json!({"slug": "second"})).await.ok(201);
        world
            .admin("PATCH", "/environments/env_ci_mtn", &json!({"commission_bps": 0, "merchant_balance": 5}))
            .await
            .ok(200);
        world.admin("DELETE", "/test-clients/env_ci_mtn.2250500000111", &Value::Null).await;
        let old = world.create(&request("R1")).await.ok(201);
        world.engine.reset_sandbox(&world.sandbox).await.unwrap();

        let path = format!("/sandpay/v1/payments/{}", old["id"].as_str().unwrap());
        for key in [Some(world.key.as_str()), made["key"].as_str()] {
            world.send("GET", &path, key, "").await.refused(404, "not_found");
        }
        let env = world.admin("GET", "/environments/env_ci_mtn", &Value::Null).await.ok(200);
        assert_eq!((&env["commission_bps"], &env["merchant_balance"]), (&json!(100), &json!(1_000_000)));
        world.create(&request_with("R1", json!({"application": "second"}))).await.refused(404, "not_found");
        let payment = world.create(&request_with("R1", json!({"scenario": "success"}))).await.ok(201);
        assert_eq!(payment["status"], "SUCCESS");
        let due = world.due();
        assert_eq!((due.len(), &due[0].endpoint), (1, &endpoint));
        let signature = crate::harness::header_of(&due[0], "X-SandPay-Signature");
        assert!(sandpay::signature::verify(&secret, due[0].body.as_bytes(), Some(&signature)));
        world.assert_balanced();
        world.engine.reset_sandbox(&world.sandbox).await.unwrap();
        world.engine.reset_sandbox(&world.sandbox).await.unwrap();
        assert_eq!(world.create(&request("R1")).await.ok(201)["status"], "PENDING");
        assert_eq!(world.admin("GET", "/api-keys", &Value::Null).await.ok(200)["data"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn the_demo_sandbox_has_the_published_key_on_loopback_only() {
    for store in STORES {
        for (salt, published) in [(None, true), (Some("salt".to_owned()), false)] {
            let new = NewSandbox { id: Some(SandboxId::demo()), credential_salt: salt, ..NewSandbox::default() };
            let world = World::with(store, new).await;
            assert_eq!(world.key == sandpay::auth::DEMO_KEY, published);
            assert!(world.key.starts_with("sp_sk_test_") && world.key.len() == 43);
            world.create(&request("R1")).await.ok(201);
        }
    }
}

#[tokio::test]
async fn an_empty_sandbox_has_key_and_store_only() {
    for store in STORES {
        let new = NewSandbox { fixtures: kernel::Fixtures::Empty, ..NewSandbox::default() };
        let world = World::with(store, new).await;
        assert_eq!(world.admin("GET", "/test-clients", &Value::Null).await.ok(200)["data"], json!([]));
        let list = world.admin("GET", "/environments", &Value::Null).await.ok(200);
        assert!(list["data"].as_array().unwrap().iter().all(|env| env["enabled"] == false));
        assert_eq!(world.admin("GET", "/stores", &Value::Null).await.ok(200)["data"][0]["slug"], "demo-store");
    }
}

#[tokio::test]
async fn the_float_of_a_new_sandbox_can_be_set_before_its_first_use() {
    for store in STORES {
        let world = World::with(store, NewSandbox::default()).await;
        world.set("initial_float", json!(0)).await;
        let env = world.admin("GET", "/environments/env_rw_mtn", &Value::Null).await.ok(200);
        assert_eq!(env["merchant_balance"], 0);
    }
}

#[test]
fn every_assumption_is_listed_under_the_provider() {
    let all = SandPay.assumptions();
    assert!(all.len() > 100);
    assert!(all.iter().all(|one| one.id.starts_with("sandpay.")));
}

/// What one create writes to SQLite, on top of what its sandbox has already: members of the request, rows.
#[tokio::test]
async fn the_row_budget_of_a_create() {
    let new = NewSandbox { clock: Some(Clock::Frozen { at: NOON }), ..NewSandbox::default() };
    let world = World::with(STORES[1], new).await;
    world.engine.ensure_made(&world.sandbox, sandpay::NAME).await.unwrap();
    let rows = async |reference: &'static str, members: Value| {
        let before = world.engine.store().written();
        world.create(&request_with(reference, members)).await.ok(201);
        let after = world.engine.store().written();
        assert_eq!(after.1 - before.1, 1, "one commit");
        after.0 - before.0
    };
    assert!(rows("A", json!({})).await <= 4, "record, list entry, journal, expiry");
    assert!(rows("B", json!({"scenario": "timeout"})).await <= 3, "record, list entry, journal");
    assert!(rows("C", json!({"scenario": "success"})).await <= 6, "the same, and three balances");
    world.endpoint("https://shop.test/hook").await;
    assert!(
        rows("D", json!({"scenario": "success"})).await <= 9,
        "the same, and a delivery with its place in the queue"
    );
}
