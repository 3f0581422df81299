//! The doctor.

use console::Defaults;
use kernel::SandboxId;
use serde_json::{Value, json};
use std::sync::Arc;
use store::Memory;

use crate::world::{World, on_every_store};

fn check<'v>(report: &'v Value, name: &str) -> &'v Value {
    report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

#[tokio::test]
async fn a_healthy_server_is_found_healthy() {
    on_every_store(|world| async move {
        let id = world.make("sbx_a").await;
        world.pay(&id, "TX_1", "http://receiver/200").await;
        let report = world.get("/doctor").await.ok(200);
        assert_eq!(report["ok"], true, "{report}");
        for name in ["database", "migrations", "ledgers", "queue"] {
            assert_eq!((&check(&report, name)["ok"], &check(&report, name)["findings"]), (&json!(true), &json!([])));
        }
    })
    .await;
}

#[tokio::test]
async fn work_that_nobody_does_is_found() {
    let world = World::start(Arc::new(Memory::new()), Defaults::default(), false);
    world.make("sbx_a").await;
    world.pay(&SandboxId::parse("sbx_a").unwrap(), "TX_1", "http://receiver/200").await;
    world.put("/sandboxes/sbx_a/clock", json!({ "now": "2026-06-01T10:00:01Z" })).await.ok(200);
    let report = world.get("/doctor").await.ok(200);
    let queue = check(&report, "queue");
    assert_eq!((&report["ok"], &queue["ok"]), (&json!(false), &json!(false)));
    assert!(queue["findings"][0]["what"].as_str().unwrap().contains("sbx_a"), "{queue}");
    assert!(queue["findings"][0]["mend"].as_str().unwrap().contains("clock/advance"), "{queue}");
}
