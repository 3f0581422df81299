//! The outbound log and replays.

use serde_json::{Value, json};

use crate::world::{MORNING, on_every_store};

fn subjects(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|one| one["subject"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn deliveries_are_listed_with_their_attempts() {
    on_every_store(|world| async move {
        let id = world.make("sbx_a").await;
        world.pay(&id, "TX_1", "http://receiver/200").await;
        world.wait("sbx_a", "types=delivery.delivered&subject=TX_1").await;
        world.post("/sandboxes/sbx_a/clock/advance", json!({ "seconds": 1 })).await.ok(200);
        world.pay(&id, "TX_2", "http://receiver/500").await;
        world.wait("sbx_a", "types=delivery.attempt_failed&subject=TX_2").await;

        let page = world.get("/sandboxes/sbx_a/deliveries").await.ok(200);
        assert_eq!(subjects(&page), ["TX_2", "TX_1"]);
        let pending = &page["data"][0];
        assert_eq!((&pending["status"], &pending["event"]), (&json!("pending"), &json!("fake.paid")));
        assert_eq!(pending["next_attempt_at"], MORNING.plus_ms(61_000).iso());
        assert_eq!(
            page["data"][1]["attempts"],
            json!([{ "at": MORNING.iso(), "status": 200, "duration_ms": 3, "replay": false }])
        );
        assert!(page["data"][1].get("next_attempt_at").is_none());
        for (query, expected) in [
            ("status=pending", vec!["TX_2"]),
            ("status=delivered", vec!["TX_1"]),
            ("status=failed", vec![]),
            ("provider=fake&subject=TX_1", vec!["TX_1"]),
            ("provider=other", vec![]),
        ] {
            let page = world.get(&format!("/sandboxes/sbx_a/deliveries?{query}")).await.ok(200);
            assert_eq!(subjects(&page), expected, "{query}");
        }
        let first = world.get("/sandboxes/sbx_a/deliveries?limit=1").await.ok(200);
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = world.get(&format!("/sandboxes/sbx_a/deliveries?limit=1&cursor={cursor}")).await.ok(200);
        assert_eq!(subjects(&second), ["TX_1"]);
        for (query, says) in
            [("status=sent", "`status`"), ("cursor=*", "`cursor`"), ("limit=0", "`limit`"), ("a=1", "`a`")]
        {
            world.get(&format!("/sandboxes/sbx_a/deliveries?{query}")).await.refused(400, &[says]);
        }
        let id = pending["id"].as_str().unwrap();
        let one = world.get(&format!("/sandboxes/sbx_a/deliveries/{id}")).await.ok(200);
        assert_eq!((&one["id"], &one["body"]), (&json!(id), &json!(r#"{"event":"paid","tx_id":"TX_2"}"#)));
        world.make("sbx_b").await;
        world.get(&format!("/sandboxes/sbx_b/deliveries/{id}")).await.refused(404, &["no delivery"]);
        world.post(&format!("/sandboxes/sbx_b/deliveries/{id}/replay"), json!({})).await.refused(404, &["no delivery"]);
    })
    .await;
}

#[tokio::test]
async fn a_replay_is_one_more_attempt_of_the_same_body() {
    on_every_store(|world| async move {
        let id = world.make("sbx_a").await;
        world.pay(&id, "TX_1", "http://receiver/200").await;
        let done = world.wait("sbx_a", "types=delivery.delivered").await;
        let delivery = done["data"]["delivery"].as_str().unwrap().to_owned();
        let replayed = world.post(&format!("/sandboxes/sbx_a/deliveries/{delivery}/replay"), json!({})).await.ok(202);
        assert_eq!(replayed["next_attempt_at"], MORNING.iso());
        world.wait("sbx_a", &format!("types=delivery.delivered&after={}", done["position"])).await;
        let one = world.get(&format!("/sandboxes/sbx_a/deliveries/{delivery}")).await.ok(200);
        let replays: Vec<&Value> =
            one["attempts"].as_array().unwrap().iter().map(|attempt| &attempt["replay"]).collect();
        assert_eq!(replays, [&json!(false), &json!(true)]);
        let received = world.received.lock().unwrap().clone();
        assert_eq!(received.len(), 2);
        assert_eq!(received[0], received[1]);
    })
    .await;
}
