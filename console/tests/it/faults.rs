//! Fault rules.

use serde_json::{Value, json};

use crate::world::on_every_store;

#[tokio::test]
async fn rules_are_shown_as_they_were_given() {
    on_every_store(|world| async move {
        world.make("sbx_a").await;
        let path = "/sandboxes/sbx_a/faults";
        let rules = [
            json!({ "on": "request", "provider": "fake", "method": "POST", "path": "/v1/*", "action": { "status": 503 }, "times": 1, "probability": 1.0 }),
            json!({ "on": "request", "provider": "fake", "action": { "delay_ms": 9000 }, "times": null, "probability": 0.25 }),
            json!({ "on": "request", "provider": "fake", "action": { "drop": true }, "times": 2, "probability": 1.0 }),
            json!({ "on": "request", "provider": "fake", "action": { "redirect": 1 }, "times": 1, "probability": 1.0 }),
            json!({ "on": "request", "provider": "fake", "action": { "truncate": true }, "times": 1, "probability": 1.0 }),
            json!({ "on": "delivery", "provider": "fake", "event": "fake.paid", "action": "duplicate", "times": 1, "probability": 1.0 }),
            json!({ "on": "delivery", "provider": "fake", "action": { "delay_ms": 5 }, "times": 1, "probability": 1e-6 }),
            json!({ "on": "delivery", "provider": "fake", "action": "bad_signature", "times": 1, "probability": 1.0 }),
        ];
        let mut ids = Vec::new();
        for rule in &rules {
            let mut added = world.post(path, rule.clone()).await.ok(201);
            let id = added.as_object_mut().unwrap().remove("id").unwrap();
            assert!(id.as_str().unwrap().starts_with("flt_"), "{id}");
            assert_eq!(added.as_object_mut().unwrap().remove("fired"), Some(json!(0)));
            assert_eq!(added, *rule);
            ids.push(id.as_str().unwrap().to_owned());
        }
        let listed = world.get(path).await.ok(200);
        let shown: Vec<&str> = listed["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(shown, ids);
        let least = world.post(path, json!({ "on": "delivery", "provider": "fake", "action": "drop" })).await.ok(201);
        assert_eq!((&least["times"], &least["probability"]), (&json!(1), &json!(1.0)));

        world.delete(&format!("{path}/{}", ids[0])).await.ok(204);
        world.delete(&format!("{path}/{}", ids[0])).await.refused(404, &["no fault"]);
        world.make("sbx_b").await;
        world.delete(&format!("/sandboxes/sbx_b/faults/{}", ids[1])).await.refused(404, &["no fault"]);
        world.delete(path).await.ok(204);
        assert_eq!(world.get(path).await.ok(200)["data"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn rules_that_make_no_sense_are_refused() {
    on_every_store(|world| async move {
        world.make("sbx_a").await;
        let request = |member: &str, value: Value| {
            let mut rule = json!({ "on": "request", "provider": "fake", "action": { "status": 503 } });
            rule[member] = value;
            rule
        };
        let delivery = |member: &str, value: Value| {
            let mut rule = json!({ "on": "delivery", "provider": "fake", "action": "drop" });
            rule[member] = value;
            rule
        };
        for (rule, says) in [
            (json!({}), "on"),
            (request("on", json!("reply")), "`request` or `delivery`"),
            (request("provider", json!("dojo")), "`provider`"),
            (request("event", json!("x")), "`event`"),
            (request("when", json!("x")), "when"),
            (request("method", json!("GO AWAY")), "`method`"),
            (request("path", json!("v1")), "`path`"),
            (request("path", json!(format!("/{}", "x".repeat(500)))), "`path`"),
            (request("action", json!({ "status": 99 })), "`action`"),
            (request("action", json!({ "status": 503, "drop": true })), "`action`"),
            (request("action", json!({ "explode": true })), "`action`"),
            (request("action", json!({ "drop": false })), "`action`"),
            (request("action", json!({ "redirect": 0 })), "`action`"),
            (request("action", json!({ "delay_ms": 3_600_001 })), "`action`"),
            (request("action", json!({ "delay_ms": -1 })), "`action`"),
            (request("action", json!("duplicate")), "`action`"),
            (request("times", json!(0)), "`times`"),
            (request("probability", json!(1.1)), "`probability`"),
            (request("probability", json!(-0.1)), "`probability`"),
            (request("probability", json!(0.000_000_1)), "`probability`"),
            (request("probability", json!("1")), "number"),
            (delivery("method", json!("GET")), "`method`"),
            (delivery("path", json!("/x")), "`path`"),
            (delivery("event", json!("")), "`event`"),
            (delivery("action", json!({ "status": 503 })), "`action`"),
            (delivery("action", json!({ "delay_ms": 0 })), "`action`"),
        ] {
            world.post("/sandboxes/sbx_a/faults", rule).await.refused(400, &[says]);
        }
        assert_eq!(world.get("/sandboxes/sbx_a/faults").await.ok(200)["data"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_delivery_is_put_at_fault_and_the_rule_counts_down() {
    on_every_store(|world| async move {
        let id = world.make("sbx_a").await;
        let rule = json!({ "on": "delivery", "provider": "fake", "action": "altered_body", "times": null });
        let fault = world.post("/sandboxes/sbx_a/faults", rule).await.ok(201);
        world.pay(&id, "TX_1", "http://receiver/200").await;
        world.wait("sbx_a", "types=delivery.delivered").await;
        let sent = world.received.lock().unwrap()[0].clone();
        assert_ne!(sent, r#"{"event":"paid","tx_id":"TX_1"}"#, "a byte more than was signed");
        assert!(world.engine.fire_on_request(&id, fault["id"].as_str().unwrap()).unwrap());
        assert_eq!(world.get("/sandboxes/sbx_a/faults").await.ok(200)["data"][0]["fired"], 1);
    })
    .await;
}

#[tokio::test]
async fn there_is_an_end_to_rules_and_seeded_ids_differ() {
    on_every_store(|world| async move {
        world.post("/sandboxes", json!({ "id": "sbx_s", "seed": 1 })).await.ok(201);
        let rule = json!({ "on": "delivery", "provider": "fake", "action": "drop" });
        let mut ids = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let added = world.post("/sandboxes/sbx_s/faults", rule.clone()).await.ok(201);
            ids.insert(added["id"].as_str().unwrap().to_owned());
        }
        assert_eq!(ids.len(), 100);
        world.post("/sandboxes/sbx_s/faults", rule).await.refused(409, &["at most 100"]);
    })
    .await;
}
