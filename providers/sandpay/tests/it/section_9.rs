//! References: the idempotency key (contract 9.2) and the order they fall back to (9.3).

use serde_json::json;

use crate::harness::{STORES, World, request, request_with};

#[tokio::test]
async fn rule_1_the_same_again_is_the_original_in_its_present_state() {
    for store in STORES {
        let world = World::on(store).await;
        let first = world.create(&request("R1")).await.ok(201);
        assert_eq!(world.create(&request("R1")).await.ok(200), first);
        let id = first["id"].as_str().unwrap();
        let settled = world.admin("POST", &format!("/prompts/{id}/confirm"), &json!({"pin": "1234"})).await.ok(200);
        assert_eq!(world.create(&request("R1")).await.ok(200), settled);
        // No row, no move, no webhook, no event.
        assert_eq!(world.events("sandpay.payment.created").len(), 1);
        assert_eq!(world.balance("sim.env_ci_mtn.2250500000111"), 75_000);
    }
}

#[tokio::test]
async fn rule_1_what_is_no_part_of_the_fingerprint_does_not_matter() {
    for store in STORES {
        let world = World::on(store).await;
        let first = world.create(&request_with("R1", json!({"operator": "mtn", "country": "CI"}))).await.ok(201);
        let same = [
            json!({}),
            json!({"operator": "MTN"}),
            json!({"country": "ci"}),
            json!({"description": "other", "order_ref": "other", "order_url": "https://x.test", "scenario": "timeout"}),
            json!({"application": "no-such-store"}),
        ];
        for members in same {
            assert_eq!(world.create(&request_with("R1", members.clone())).await.ok(200), first, "{members}");
        }
    }
}

#[tokio::test]
async fn rule_2_another_fingerprint_is_a_duplicate_row() {
    for store in STORES {
        let world = World::on(store).await;
        world.endpoint("https://shop.test/hook").await;
        let first = world.create(&request("R1")).await.ok(201);
        let float = world.balance("float.env_ci_mtn");
        let others = [
            json!({"amount": 24_999}),
            json!({"currency": "FCFA"}),
            json!({"msisdn": "+2250500000222"}),
            json!({"operator": "moov"}),
            json!({"country": "BJ", "operator": "mtn"}),
            json!({"amount": 1, "scenario": "success"}),
        ];
        for (at, members) in others.into_iter().enumerate() {
            let row = world.create(&request_with("R1", members.clone())).await.ok(201);
            assert_eq!(row["status"], "DUPLICATE_REFERENCE", "{members}");
            assert_eq!(row["reference"], "R1");
            assert_ne!(row["id"], first["id"]);
            let latency = row["latencyMs"].as_i64().unwrap();
            assert!((200..=500).contains(&latency));
            let due = world.due();
            assert_eq!(due.len(), 1, "its webhook is fired");
            world.answered(&due[0], Some(200), None).await;
            assert_eq!(world.events("sandpay.payment.completed").len(), at + 1);
        }
        assert_eq!(world.balance("float.env_ci_mtn"), float);
        // They do not hold the reference: the original is still what a replay finds.
        assert_eq!(world.create(&request("R1")).await.ok(200)["id"], first["id"]);
    }
}

#[tokio::test]
async fn a_forced_duplicate_on_a_free_reference_holds_it() {
    for store in STORES {
        let world = World::on(store).await;
        let first = world.create(&request_with("R1", json!({"scenario": "duplicate"}))).await.ok(201);
        assert_eq!(first["status"], "DUPLICATE_REFERENCE");
        assert_eq!(world.create(&request("R1")).await.ok(200), first);
    }
}

#[tokio::test]
async fn rule_3_a_failure_is_replayed_too() {
    for store in STORES {
        let world = World::on(store).await;
        let poor = json!({"msisdn": "+2250500000222"});
        let failed = world.create(&request_with("R1", poor.clone())).await.ok(201);
        assert_eq!(failed["status"], "INSUFFICIENT_FUNDS");
        world.admin("PATCH", "/test-clients/env_ci_mtn.2250500000222", &json!({"balance": 90_000})).await.ok(200);
        assert_eq!(world.create(&request_with("R1", poor.clone())).await.ok(200), failed);
        assert_eq!(world.create(&request_with("R2", poor)).await.ok(201)["status"], "PENDING");
    }
}

#[tokio::test]
async fn rule_4_references_are_case_sensitive_org_wide_and_never_expire() {
    for store in STORES {
        let world = World::on(store).await;
        world.admin("POST", "/stores", &json!({"slug": "second"})).await.ok(201);
        let first = world.create(&request("Ref")).await.ok(201);
        for other in ["ref", "REF", "Ref ", "Ref1"] {
            assert_ne!(world.create(&request(other)).await.ok(201)["id"], first["id"], "{other}");
        }
        world.advance(400 * 24 * 3_600_000).await;
        world.due();
        let replay = world.create(&request_with("Ref", json!({"application": "second"}))).await.ok(200);
        assert_eq!((&replay["id"], replay["status"].as_str()), (&first["id"], Some("TIMEOUT")));
    }
}

#[tokio::test]
async fn any_text_of_1_to_80_is_a_reference() {
    for store in STORES {
        let world = World::on(store).await;
        let forms = ["SHOP-PAY-20260601090000-0A1B2C3D4E5F", "SHOP-PAY-0A1B2C", "x", "a b~c/d%", &"é".repeat(80)];
        for reference in forms {
            assert_eq!(world.create(&request(reference)).await.ok(201)["reference"], reference);
            assert_eq!(world.create(&request(reference)).await.ok(200)["orderRef"], reference);
        }
    }
}
