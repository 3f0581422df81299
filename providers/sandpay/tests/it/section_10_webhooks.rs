//! Webhooks: whom, what, and how it is signed (contract 10.1 to 10.3, 10.6).

use engine::NewSandbox;
use kernel::{Clock, Latency, Signed};
use sandpay::signature::verify;
use serde_json::{Value, json};

use crate::harness::{NOON, STORES, World, header_of, headers_of, request, request_with};

const URL: &str = "https://shop.test/hook";

#[tokio::test]
async fn the_body_is_the_documented_object_in_its_order() {
    for store in STORES {
        let world = World::on(store).await;
        world.endpoint(URL).await;
        let members = json!({"scenario": "success", "description": "Abonnement été", "order_ref": "cart-7781"});
        let payment = world.create(&request_with("R1", members)).await.ok(201);
        let due = world.due();
        let body: Value = serde_json::from_str(&due[0].body).unwrap();
        let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = [
            "event",
            "tx_id",
            "type",
            "parent_tx_id",
            "org_id",
            "env_id",
            "country",
            "operator",
            "amount",
            "commission",
            "net_amount",
            "customer_total",
            "merchant_absorption_pct",
            "merchant_share",
            "customer_share",
            "commission_mode",
            "currency",
            "msisdn",
            "reference",
            "order_ref",
            "order_url",
            "is_url_protected",
            "status",
            "latency_ms",
            "created_at",
            "completed_at",
            "scenario",
            "provider_tx_id",
            "description",
            "raw",
        ];
        assert_eq!(keys, expected);
        let text =
            ["event", "type", "env_id", "amount", "commission", "net_amount", "customer_total", "merchant_share"];
        let said = text.map(|name| body[name].as_str().unwrap());
        let want =
            ["payment.completed", "collection", "env_ci_mtn", "25000", "250.00", "24750.00", "25000.00", "250.00"];
        assert_eq!(said, want);
        assert!(body["org_id"].as_str().unwrap().starts_with("org_"));
        for (webhook, resource) in [
            ("tx_id", "id"),
            ("merchant_absorption_pct", "merchantAbsorptionPct"),
            ("latency_ms", "latencyMs"),
            ("raw", "raw"),
            ("order_ref", "orderRef"),
            ("created_at", "createdAt"),
            ("status", "status"),
            ("reference", "reference"),
            ("description", "description"),
        ] {
            assert_eq!(body[webhook], payment[resource], "{webhook}");
        }
        // Final at creation: completed after exactly the latency.
        let latency = payment["latencyMs"].as_i64().unwrap();
        assert_eq!(body["completed_at"], json!(NOON.plus_ms(latency).iso()));
        assert_eq!(body["provider_tx_id"], payment["raw"]["financialTransactionId"]);
        assert!(due[0].body.contains("Abonnement été"), "UTF-8, not escaped");
        assert!(!due[0].body.contains('\n'));
    }
}

#[tokio::test]
async fn every_terminal_status_fires_and_pending_does_not() {
    for store in STORES {
        let world = World::on(store).await;
        world.endpoint(URL).await;
        let scenarios = [
            "success",
            "pin_invalid",
            "low_balance",
            "timeout",
            "blocked",
            "cancelled",
            "unknown_msisdn",
            "limit_exceeded",
            "maintenance",
            "duplicate",
        ];
        for scenario in scenarios {
            let payment = world.create(&request_with(scenario, json!({"scenario": scenario}))).await.ok(201);
            let due = world.due();
            assert_eq!(due.len(), 1, "{scenario}");
            let body: Value = serde_json::from_str(&due[0].body).unwrap();
            assert_eq!((&body["status"], &body["event"]), (&payment["status"], &json!("payment.completed")));
            assert_eq!(body["provider_tx_id"].is_null(), scenario != "success");
        }
        let pending = world.create(&request_with("P", json!({"amount": 1}))).await.ok(201);
        assert_eq!(pending["status"], "PENDING");
        assert!(world.due().is_empty());
        let id = pending["id"].as_str().unwrap();
        world.advance(90_000).await;
        world.admin("POST", &format!("/prompts/{id}/refuse"), &Value::Null).await.ok(200);
        let due = world.due();
        let body: Value = serde_json::from_str(&due[0].body).unwrap();
        assert_eq!(body["status"], "USER_CANCELLED");
        assert_eq!(
            (&body["created_at"], &body["completed_at"]),
            (&json!(NOON.iso()), &json!(NOON.plus_ms(90_000).iso()))
        );
    }
}

#[tokio::test]
async fn an_attempt_carries_exactly_these_headers() {
    for store in STORES {
        let world = World::on(store).await;
        let (_, secret) = world.endpoint(URL).await;
        assert!(secret.strip_prefix("whsec_").is_some_and(|hex| hex.len() == 32));
        world.create(&request_with("R1", json!({"scenario": "success"}))).await.ok(201);
        let due = world.due();
        let names: Vec<_> = headers_of(&due[0]).into_iter().map(|(name, _)| name).collect();
        let expected = ["Content-Type", "User-Agent", "X-SandPay-Signature", "X-SandPay-Event", "X-SandPay-Delivery"];
        assert_eq!(names, expected);
        assert_eq!(header_of(&due[0], "Content-Type"), "application/json");
        assert_eq!(header_of(&due[0], "User-Agent"), "SandPay-Webhooks/1.0");
        assert_eq!(header_of(&due[0], "X-SandPay-Event"), "payment.completed");
        let delivery = header_of(&due[0], "X-SandPay-Delivery");
        assert_eq!((delivery.as_str(), delivery.len(), &delivery[14..15]), (due[0].due.id.as_str(), 36, "7"));
        assert_eq!((due[0].url.as_str(), due[0].timeout_ms), (URL, 10_000));
        let signature = header_of(&due[0], "X-SandPay-Signature");
        assert!(verify(&secret, due[0].body.as_bytes(), Some(&signature)));
        assert!(!verify(&secret, format!("{}\n", due[0].body).as_bytes(), Some(&signature)));
        assert!(!verify(&secret["whsec_".len()..], due[0].body.as_bytes(), Some(&signature)));
    }
}

/// 10.6: the vectors, from their bytes to the header that an attempt would carry.
#[test]
fn the_vectors_of_10_6() {
    let secret = "whsec_test_4f2c9a7be1d04c5b8a6f3e2d1c0b9a88";
    let vectors = [
        (
            r#"{"event":"payment.completed","tx_id":"TX_4QH7ZK2M","type":"collection","parent_tx_id":null,"org_id":"org_demo","env_id":"env_rw_mtn","country":"RW","operator":"mtn","amount":"18000","commission":"180.00","net_amount":"17910.00","customer_total":"18090.00","merchant_absorption_pct":50,"merchant_share":"90.00","customer_share":"90.00","commission_mode":"merchant","currency":"RWF","msisdn":"+250788000111","reference":"SHOP-PAY-20260601090000-0A1B2C3D4E5F","order_ref":"cart-7781","order_url":null,"is_url_protected":false,"status":"SUCCESS","latency_ms":1013,"created_at":"2026-06-01T09:00:00.000Z","completed_at":"2026-06-01T09:00:01.013Z","scenario":"success","provider_tx_id":"SIM_0C9D11E2","description":"Abonnement été","raw":{"_simulated":true,"amount":"18000","currency":"RWF","externalId":"SHOP-PAY-20260601090000-0A1B2C3D4E5F","payer":{"partyIdType":"MSISDN","partyId":"250788000111"},"payerMessage":"Abonnement été","payeeNote":"SHOP-PAY-20260601090000-0A1B2C3D4E5F","status":"SUCCESSFUL","financialTransactionId":"SIM_0C9D11E2"}}"#,
            "sha256=e736c23329a157481806dbc32974989348f4baea8e0a90995f3c6244d318eeb0",
        ),
        (
            r#"{"event":"payment.refunded","tx_id":"TX_RF9B20C4","type":"refund","parent_tx_id":"TX_4QH7ZK2M","org_id":"org_demo","env_id":"env_rw_mtn","country":"RW","operator":"mtn","amount":"18000","commission":"0.00","net_amount":"18000.00","customer_total":"18000.00","merchant_absorption_pct":null,"merchant_share":"0.00","customer_share":"0.00","commission_mode":null,"currency":"RWF","msisdn":"+250788000111","reference":"SHOP-REF-20260601090000-A448886AC2F3","order_ref":"cart-7781","order_url":null,"is_url_protected":false,"status":"INSUFFICIENT_FUNDS","latency_ms":700,"created_at":"2026-06-02T08:15:30.250Z","completed_at":"2026-06-02T08:15:30.950Z","scenario":null,"provider_tx_id":null,"description":null,"raw":null}"#,
            "sha256=c1373451079e7c73a266b87a44db133eb74356e919d17f80607760f9ec32530c",
        ),
    ];
    for ((body, signature), length) in vectors.into_iter().zip([1_045, 716]) {
        assert_eq!(body.len(), length);
        assert_eq!(sandpay::signature::sign(secret, body.as_bytes()), signature);
        assert!(verify(secret, body.as_bytes(), Some(signature)));
    }
}

#[tokio::test]
async fn each_endpoint_has_its_own_delivery_and_secret() {
    for store in STORES {
        let world = World::on(store).await;
        let (first, first_secret) = world.endpoint(URL).await;
        let (second, second_secret) = world.endpoint("http://localhost:3000/hook").await;
        let silent = json!({"url": "https://other.test", "omit_reference": true});
        let silent = world.admin("POST", "/webhook-endpoints", &silent).await.ok(201);
        world.create(&request_with("R1", json!({"scenario": "success"}))).await.ok(201);
        let due = world.due();
        assert_eq!(due.len(), 3);
        for (id, secret) in [(&first, &first_secret), (&second, &second_secret)] {
            let one = due.iter().find(|one| one.endpoint == *id).unwrap();
            assert!(verify(secret, one.body.as_bytes(), Some(&header_of(one, "X-SandPay-Signature"))));
            assert!(one.body.contains(r#""reference":"R1""#));
        }
        let one = due.iter().find(|one| silent["id"] == json!(one.endpoint)).unwrap();
        let body: Value = serde_json::from_str(&one.body).unwrap();
        assert_eq!((body.get("reference"), &body["tx_id"].is_string()), (None, &true));
        assert_ne!(first_secret, second_secret);
    }
}

#[tokio::test]
async fn the_reference_can_be_left_out_everywhere() {
    for store in STORES {
        let world = World::on(store).await;
        world.endpoint(URL).await;
        world.set("webhook_reference_echo", json!(false)).await;
        world.create(&request_with("R1", json!({"scenario": "success"}))).await.ok(201);
        let body: Value = serde_json::from_str(&world.due()[0].body).unwrap();
        assert_eq!(body.get("reference"), None);
    }
}

#[tokio::test]
async fn a_paused_endpoint_gets_nothing_and_nothing_is_queued() {
    for store in STORES {
        let world = World::on(store).await;
        let (id, _) = world.endpoint(URL).await;
        let path = format!("/webhook-endpoints/{id}");
        world.admin("PATCH", &path, &json!({"enabled": false})).await.ok(200);
        let payment = world.create(&request_with("R1", json!({"scenario": "success"}))).await.ok(201);
        assert_eq!(payment["status"], "SUCCESS");
        world.admin("PATCH", &path, &json!({"enabled": true})).await.ok(200);
        world.advance(3_600_000).await;
        assert!(world.due().is_empty());
        world.create(&request_with("R2", json!({"scenario": "success"}))).await.ok(201);
        assert_eq!(world.due().len(), 1);
    }
}

#[tokio::test]
async fn what_a_deleted_endpoint_is_owed_is_given_up() {
    for store in STORES {
        let world = World::on(store).await;
        let (id, _) = world.endpoint(URL).await;
        world.create(&request_with("R1", json!({"scenario": "success"}))).await.ok(201);
        assert_eq!(world.admin("DELETE", &format!("/webhook-endpoints/{id}"), &Value::Null).await.status, 204);
        let due = world.due();
        assert!(
            matches!(&due[0].signed, Signed::Abandon { reason } if reason.contains("deleted")),
            "{:?}",
            due[0].signed
        );
        world.answered(&due[0], None, Some("abandoned: the webhook endpoint was deleted")).await;
        assert_eq!(world.events("delivery.failed").len(), 1);
    }
}

#[tokio::test]
async fn with_latency_the_webhook_is_due_when_the_answer_is_let_go() {
    for store in STORES {
        let new = NewSandbox { seed: Some(7), latency: Latency::parse("0.01").unwrap(), ..NewSandbox::default() };
        let world = World::with(store, new).await;
        world.endpoint(URL).await;
        let payment = world.create(&request_with("R1", json!({"scenario": "success"}))).await.ok(201);
        assert!(world.due().is_empty());
        let held = payment["latencyMs"].as_i64().unwrap() / 100;
        assert!((8..=18).contains(&held), "the reported latency stays unscaled");
        world.wall_passes(held - 1);
        assert!(world.due().is_empty());
        world.wall_passes(1);
        assert_eq!(world.due().len(), 1);
        let frozen = Some(Clock::Frozen { at: NOON });
        let new = NewSandbox {
            seed: Some(9),
            latency: Latency::parse("0.01").unwrap(),
            clock: frozen,
            ..NewSandbox::default()
        };
        let world = World::with(store, new).await;
        world.endpoint(URL).await;
        world.create(&request("R1")).await.ok(201);
        world.create(&request_with("R2", json!({"scenario": "success"}))).await.ok(201);
        assert_eq!(world.due().len(), 1, "a clock that stands still would never get there");
    }
}
