//! Prompts: confirmed, refused, expired (contract 6.4).

use serde_json::{Value, json};

use crate::harness::{STORES, World, request, request_with};

const CLIENT: &str = "/test-clients/env_ci_mtn.2250500000111";
const SIM: &str = "sim.env_ci_mtn.2250500000111";
const MINUTE: i64 = 60_000;

async fn pending(world: &World, reference: &str) -> String {
    let payment = world.create(&request(reference)).await.ok(201);
    assert_eq!(payment["status"], "PENDING");
    assert_eq!(payment["raw"]["status"], "PENDING");
    payment["id"].as_str().unwrap().to_owned()
}

async fn confirm(world: &World, id: &str, pin: &str) -> Value {
    let answer = world.admin("POST", &format!("/prompts/{id}/confirm"), &json!({"pin": pin})).await.ok(200);
    assert_eq!(answer, world.get(id).await);
    answer
}

#[tokio::test]
async fn a_prompt_is_shown_and_confirmed() {
    for store in STORES {
        let world = World::on(store).await;
        let id = pending(&world, "R1").await;
        assert_eq!(world.balance(SIM), 100_000, "nothing is reserved");
        let latency = world.get(&id).await["latencyMs"].clone();
        let prompts = world.admin("GET", "/prompts", &Value::Null).await.ok(200);
        let expected = json!({"data": [{
            "tx_id": id, "msisdn": "+2250500000111", "amount": 25_000, "currency": "XOF", "store": "Demo store",
            "ussd_code": "*133#", "created_at": "2026-06-01T09:00:00.000Z"
        }], "next_cursor": null});
        assert_eq!(prompts, expected);
        world.advance(2 * MINUTE).await;
        let payment = confirm(&world, &id, "1234").await;
        assert_eq!(payment["status"], "SUCCESS");
        assert_eq!(payment["latencyMs"], latency, "kept at settlement");
        assert_eq!(payment["raw"]["status"], "SUCCESSFUL");
        assert!(payment["raw"]["financialTransactionId"].as_str().unwrap().starts_with("SIM_"));
        let books = [SIM, "float.env_ci_mtn", "fees.env_ci_mtn"].map(|account| world.balance(account));
        assert_eq!(books, [75_000, 1_024_750, 250]);
        assert_eq!(world.admin("GET", "/prompts", &Value::Null).await.ok(200)["data"], json!([]));
        world.assert_balanced();
    }
}

#[tokio::test]
async fn how_a_prompt_ends() {
    for store in STORES {
        let world = World::on(store).await;
        let id = pending(&world, "WRONG").await;
        assert_eq!(confirm(&world, &id, "0000").await["status"], "PIN_INVALID");
        let id = pending(&world, "REFUSED").await;
        let refused = world.admin("POST", &format!("/prompts/{id}/refuse"), &Value::Null).await.ok(200);
        assert_eq!(refused["status"], "USER_CANCELLED");
        let (blocked, both) = (pending(&world, "BLOCKED").await, pending(&world, "BOTH").await);
        world.admin("PATCH", CLIENT, &json!({"status": "blocked"})).await.ok(200);
        assert_eq!(confirm(&world, &both, "9999").await["status"], "PIN_INVALID", "the PIN comes first");
        assert_eq!(confirm(&world, &blocked, "1234").await["status"], "ACCOUNT_BLOCKED");
        world.admin("PATCH", CLIENT, &json!({"status": "active"})).await.ok(200);
        let (poor, gone) = (pending(&world, "POOR").await, pending(&world, "GONE").await);
        world.admin("PATCH", CLIENT, &json!({"balance": 24_999, "pin": "4321"})).await.ok(200);
        assert_eq!(confirm(&world, &poor, "4321").await["status"], "INSUFFICIENT_FUNDS");
        world.admin("DELETE", CLIENT, &Value::Null).await;
        assert_eq!(confirm(&world, &gone, "4321").await["status"], "UNKNOWN_MSISDN");
        assert_eq!(world.balance("float.env_ci_mtn"), 1_000_000);
        world.assert_balanced();
    }
}

#[tokio::test]
async fn rates_are_frozen_at_creation() {
    for store in STORES {
        let world = World::on(store).await;
        let id = pending(&world, "R1").await;
        let rates = json!({"commission_bps": 5_000, "merchant_absorption_pct": 0});
        world.admin("PATCH", "/environments/env_ci_mtn", &rates).await.ok(200);
        assert_eq!(confirm(&world, &id, "1234").await["commission"], 250);
        assert_eq!(world.balance("fees.env_ci_mtn"), 250);
    }
}

#[tokio::test]
async fn an_ended_payment_never_changes() {
    for store in STORES {
        let world = World::on(store).await;
        let id = pending(&world, "R1").await;
        let ended = confirm(&world, &id, "1234").await;
        for (path, body) in
            [("confirm", json!({"pin": "1234"})), ("confirm", json!({"pin": "0"})), ("refuse", Value::Null)]
        {
            let again = world.admin("POST", &format!("/prompts/{id}/{path}"), &body).await;
            assert_eq!(again.status, 409, "{}", again.text);
        }
        world.admin("POST", "/expire-pending", &json!({"min_age_minutes": 0})).await.ok(200);
        world.advance(300 * MINUTE).await;
        world.due();
        assert_eq!(world.get(&id).await, ended);
        assert_eq!(world.events("sandpay.payment.completed").len(), 1);
        assert!(world.events("job.*").is_empty(), "its expiry was called off");
        let unknown = world.admin("POST", "/prompts/TX_NONE/refuse", &Value::Null).await;
        assert_eq!(unknown.status, 404);
    }
}

/// Created so many minutes after the hour, closed so many minutes after creation.
#[tokio::test]
async fn expiry_is_at_the_first_full_hour_at_which_it_is_old_enough() {
    for store in STORES {
        for (created_after, closed_after) in [(0, 60), (1, 119), (30, 90), (59, 61), (60, 60)] {
            let world = World::on(store).await;
            world.endpoint("http://localhost:9/hook").await;
            world.advance(created_after * MINUTE).await;
            let id = pending(&world, "R1").await;
            world.advance(closed_after * MINUTE - 1).await;
            assert!(world.due().is_empty());
            assert_eq!(world.get(&id).await["status"], "PENDING", "created at minute {created_after}");
            world.advance(1).await;
            let due = world.due();
            let payment = world.get(&id).await;
            assert_eq!(payment["status"], "TIMEOUT", "created at minute {created_after}");
            assert_eq!(payment["raw"]["reason"], "EXPIRED");
            let body: Value = serde_json::from_str(&due[0].body).unwrap();
            assert_eq!((body["event"].as_str(), body["status"].as_str()), (Some("payment.completed"), Some("TIMEOUT")));
            assert_eq!(body["completed_at"], json!(world.now().iso()));
            assert_eq!(body["completed_at"].as_str().unwrap()[13..], *":00:00.000Z");
            world.assert_balanced();
        }
    }
}

#[tokio::test]
async fn the_age_of_expiry_can_be_set() {
    for store in STORES {
        let world = World::on(store).await;
        world.set("expiry_age_minutes", json!(5)).await;
        world.advance(54 * MINUTE).await;
        let id = pending(&world, "R1").await;
        world.advance(6 * MINUTE).await;
        world.due();
        assert_eq!(world.get(&id).await["status"], "TIMEOUT");
    }
}

#[tokio::test]
async fn expiry_can_be_run_by_hand() {
    for store in STORES {
        let world = World::on(store).await;
        let old = pending(&world, "OLD").await;
        world.advance(61 * MINUTE - 2 * MINUTE).await;
        let young = pending(&world, "YOUNG").await;
        let none = world.admin("POST", "/expire-pending", &Value::Null).await.ok(200);
        assert_eq!(none, json!({"expired": 0, "tx_ids": [], "left": 2}));
        // An hour after the old one's creation its own job would run; by hand it is closed without the tick.
        world.set("expiry_age_minutes", json!(30)).await;
        let one = world.admin("POST", "/expire-pending", &Value::Null).await.ok(200);
        assert_eq!(one, json!({"expired": 1, "tx_ids": [old], "left": 1}));
        let all = world.admin("POST", "/expire-pending", &json!({"min_age_minutes": 0})).await.ok(200);
        assert_eq!(all, json!({"expired": 1, "tx_ids": [young], "left": 0}));
        assert_eq!(world.get(&young).await["status"], "TIMEOUT");
        world.advance(300 * MINUTE).await;
        world.due();
        assert_eq!(world.events("sandpay.payment.completed").len(), 2);
    }
}

#[tokio::test]
async fn prompts_come_in_pages_newest_first() {
    for store in STORES {
        let world = World::on(store).await;
        let mut ids = Vec::new();
        for at in 0..5 {
            ids.insert(0, pending(&world, &format!("R{at}")).await);
            world.create(&request_with(&format!("S{at}"), json!({"scenario": "success", "amount": 1}))).await.ok(201);
            world.advance(1).await;
        }
        let (mut seen, mut path) = (Vec::new(), "/prompts?limit=2".to_owned());
        loop {
            let page = world.admin("GET", &path, &Value::Null).await.ok(200);
            let data = page["data"].as_array().unwrap();
            assert!(data.len() <= 2);
            seen.extend(data.iter().map(|prompt| prompt["tx_id"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("/prompts?limit=2&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(seen, ids);
    }
}
