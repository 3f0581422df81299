//! The clock: shown, set, frozen, moved.

use console::Defaults;
use kernel::SandboxId;
use serde_json::json;
use std::sync::Arc;
use store::Memory;

use crate::fake::Pay;
use crate::world::{MORNING, World, on_every_store};

fn ringing(subject: &str) -> Pay {
    Pay { subject: subject.to_owned(), amount: 100, url: "http://receiver/500".to_owned(), rings: true }
}

#[tokio::test]
async fn it_is_set_frozen_and_resumed() {
    on_every_store(|world| async move {
        world.post("/sandboxes", json!({ "id": "sbx_a" })).await.ok(201);
        let path = "/sandboxes/sbx_a/clock";
        assert_eq!(world.get(path).await.ok(200), json!({ "mode": "running", "now": MORNING.iso() }));
        let frozen = world.put(path, json!({ "mode": "frozen" })).await.ok(200);
        assert_eq!(frozen, json!({ "mode": "frozen", "now": MORNING.iso() }));
        world.wall_passes(1_000);
        assert_eq!(world.get(path).await.ok(200), frozen);
        let set = world.put(path, json!({ "now": "2026-06-02T11:00:00+02:00" })).await.ok(200);
        assert_eq!(set, json!({ "mode": "frozen", "now": "2026-06-02T09:00:00.000Z" }));
        world.put(path, json!({ "mode": "running" })).await.ok(200);
        world.wall_passes(1_000);
        assert_eq!(world.get(path).await.ok(200)["now"], "2026-06-02T09:00:01.000Z");

        let problem = world.put(path, json!({ "now": "2026-06-01T09:00:00Z" })).await;
        assert_eq!(problem.refused(409, &["backwards"])["now"], "2026-06-02T09:00:01.000Z");
        for (body, says) in [
            (json!({}), "nothing to set"),
            (json!({ "mode": "fast" }), "fast"),
            (json!({ "now": 5 }), "string"),
            (json!({ "now": "1969-01-01T00:00:00Z" }), "`now`"),
            (json!({ "zone": "Z" }), "zone"),
        ] {
            world.put(path, body).await.refused(400, &[says]);
        }
        let told = world.get("/sandboxes/sbx_a/events?types=clock.*").await.ok(200);
        assert_eq!(told["data"].as_array().unwrap().len(), 3, "{told}");
    })
    .await;
}

#[tokio::test]
async fn moving_it_runs_jobs_and_settles_deliveries_on_the_way() {
    on_every_store(|world| async move {
        let id = world.make("sbx_a").await;
        world.engine.decide(&id, ringing("TX_1")).await.unwrap();
        let advance = "/sandboxes/sbx_a/clock/advance";
        let settled = world.post(advance, json!({ "seconds": 0 })).await.ok(200);
        assert_eq!(settled["now"], MORNING.iso());
        assert_eq!((&settled["jobs_run"], &settled["done"]), (&json!(0), &json!(true)));

        // A minute later: the first delivery's last attempt, the ring, and the first attempt of its delivery. Two
        // minutes later: that one's last attempt.
        let moved = world.post(advance, json!({ "seconds": 180 })).await.ok(200);
        assert_eq!(moved["now"], MORNING.plus_ms(180_000).iso());
        assert_eq!((&moved["jobs_run"], &moved["deliveries_attempted"]), (&json!(1), &json!(3)), "{moved}");
        assert_eq!(moved["done"], true);
        let deliveries = world.get("/sandboxes/sbx_a/deliveries").await.ok(200);
        let at = |delivery: usize, attempt: usize| deliveries["data"][delivery]["attempts"][attempt]["at"].clone();
        assert_eq!(at(1, 0), MORNING.iso());
        assert_eq!((at(1, 1), at(0, 0)), (MORNING.plus_ms(60_000).iso().into(), MORNING.plus_ms(60_000).iso().into()));
        assert_eq!(at(0, 1), MORNING.plus_ms(120_000).iso());
        assert_eq!(world.get("/sandboxes/sbx_a/fake/tills/till").await.ok(200)["rang"], 1);
    })
    .await;
}

#[tokio::test]
async fn it_moves_forward_by_whole_seconds_only() {
    on_every_store(|world| async move {
        world.make("sbx_a").await;
        let advance = "/sandboxes/sbx_a/clock/advance";
        world.post(advance, json!({ "seconds": -1 })).await.refused(409, &["backwards"]);
        for (body, says) in [
            (r#"{"seconds":1.5}"#, "whole number"),
            (r#"{"seconds":"1"}"#, "expected"),
            (r#"{"seconds":null}"#, "expected"),
            (r#"{"seconds":99999999999}"#, "at most"),
            (r#"{"seconds":1e40}"#, "whole number"),
            (r#"{"seconds":1,"minutes":2}"#, "minutes"),
            ("{}", "seconds"),
        ] {
            world.send("POST", advance, body).await.refused(400, &[says]);
        }
        assert_eq!(world.get("/sandboxes/sbx_a/clock").await.ok(200)["now"], MORNING.iso());
        world.post("/sandboxes/sbx_never/clock/advance", json!({ "seconds": 1 })).await.refused(404, &["no sandbox"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_done_in_time_is_said() {
    // Nobody does the work here, so what is due stays due.
    let defaults = Defaults { advance_limit_ms: 20, ..Defaults::default() };
    let world = World::start(Arc::new(Memory::new()), defaults, false);
    world.make("sbx_a").await;
    let id = SandboxId::parse("sbx_a").unwrap();
    world.engine.decide(&id, ringing("TX_1")).await.unwrap();
    let advanced = world.post("/sandboxes/sbx_a/clock/advance", json!({ "seconds": 60 })).await.ok(200);
    assert_eq!(advanced, json!({ "now": MORNING.iso(), "jobs_run": 0, "deliveries_attempted": 0, "done": false }));
}
