//! Settings and assumptions.

use kernel::Latency;
use serde_json::json;

use crate::world::on_every_store;

#[tokio::test]
async fn settings_are_changed_one_by_one_and_taken_back() {
    on_every_store(|world| async move {
        let id = world.make("sbx_a").await;
        let path = "/sandboxes/sbx_a/settings";
        let first = json!({ "latency": "instant", "egress": null, "assumptions": {} });
        assert_eq!(world.get(path).await.ok(200), first);
        let set =
            json!({ "latency": "0.5", "egress": "loopback", "assumptions": { "fake.retries": 5, "fake.loud": true } });
        assert_eq!(world.put(path, set.clone()).await.ok(200), set);
        world.put(path, json!({ "assumptions": { "fake.loud": null, "fake.colour": "blue" } })).await.ok(200);
        let sandbox = world.engine.sandbox(&id).unwrap().unwrap();
        assert_eq!(sandbox.latency, Latency(500));
        assert_eq!((sandbox.setting("fake.retries"), sandbox.setting("fake.loud")), (Some(&json!(5)), None));
        let back = world.put(path, json!({ "latency": null, "egress": null })).await.ok(200);
        assert_eq!(
            back,
            json!({ "latency": "instant", "egress": null, "assumptions": { "fake.retries": 5, "fake.colour": "blue" } })
        );
        assert_eq!(world.get(path).await.ok(200), back);
        world.post("/sandboxes/sbx_a/reset", json!({})).await.ok(200);
        assert_eq!(world.get(path).await.ok(200)["assumptions"], json!({}));
    })
    .await;
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused() {
    on_every_store(|world| async move {
        world.make("sbx_a").await;
        let path = "/sandboxes/sbx_a/settings";
        for (body, status, says) in [
            (json!({ "latency": "slow" }), 400, "`latency`"),
            (json!({ "egress": "everywhere" }), 400, "`egress`"),
            (json!({ "egress": 1 }), 400, "`egress`"),
            (json!({ "assumptions": { "fake.nothing": 1, "x": 2 } }), 400, "fake.nothing, x"),
            (json!({ "assumptions": { "fake.gravity": 9 } }), 409, "fake.gravity"),
            (json!({ "assumptions": { "fake.retries": "two" } }), 400, "a whole number"),
            (json!({ "assumptions": { "fake.retries": 2.5 } }), 400, "a whole number"),
            (json!({ "assumptions": { "fake.loud": 1 } }), 400, "true or false"),
            (json!({ "assumptions": [] }), 400, "map"),
            (json!({ "seed": 1 }), 400, "seed"),
        ] {
            world.put(path, body).await.refused(status, &[says]);
        }
        assert_eq!(world.get("/sandboxes/sbx_a/events?types=settings.*").await.ok(200)["data"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn assumptions_are_listed_with_reason_and_source() {
    on_every_store(|world| async move {
        let list = world.get("/assumptions").await.ok(200);
        assert_eq!((list["data"].as_array().unwrap().len(), &list["next_cursor"]), (4, &json!(null)));
        assert_eq!(
            list["data"][0],
            json!({ "id": "fake.retries", "value": 2, "reason": "nobody says", "source": "the tests", "overridable": true })
        );
    })
    .await;
}
