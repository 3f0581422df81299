//! Making, listing, looking at, resetting and deleting sandboxes.

use console::Defaults;
use kernel::{Clock, Latency, SandboxId};
use serde_json::json;
use std::sync::Arc;
use store::Memory;
use store::requests::{RequestFilter, RequestStore};

use crate::world::{MORNING, PUBLIC, World, on_every_store};

#[tokio::test]
async fn a_new_sandbox_comes_with_what_is_needed_to_use_it() {
    on_every_store(|world| async move {
        let body = json!({
            "id": "sbx_a", "name": "mine", "seed": 7, "clock": { "mode": "frozen", "now": "2026-01-02T03:04:05Z" },
            "latency": "real", "fixtures": "empty", "ttl_seconds": 60,
        });
        let made = world.post("/sandboxes", body).await.ok(201);
        assert_eq!(made["sandbox"], "sbx_a");
        assert_eq!(made["providers"]["fake"]["base_url"], format!("{PUBLIC}/s/sbx_a/fake"));
        let key = made["providers"]["fake"]["api_key"].as_str().unwrap();
        assert_eq!(world.engine.owner_of(&format!("fake:{key}")).unwrap(), SandboxId::parse("sbx_a").ok());
        assert_eq!(made["clock"], json!({ "mode": "frozen", "now": "2026-01-02T03:04:05.000Z" }));
        assert_eq!((&made["latency"], &made["fixtures"]), (&json!("real"), &json!("empty")));
        assert_eq!(made["expires_at"], MORNING.plus_ms(60_000).iso());
        assert_eq!(world.get("/sandboxes/sbx_a").await.ok(200), made);

        let demo = world.post("/sandboxes", json!({ "id": "sbx_demo" })).await.ok(201);
        assert_eq!(demo["providers"]["fake"]["base_url"], format!("{PUBLIC}/fake"));
        assert_eq!(demo["clock"], json!({ "mode": "running", "now": MORNING.iso() }));
        let random = world.send("POST", "/sandboxes", "").await.ok(201);
        assert!(random["sandbox"].as_str().unwrap().starts_with("sbx_"));
        assert_ne!(random["providers"]["fake"]["api_key"], made["providers"]["fake"]["api_key"]);
    })
    .await;
}

#[tokio::test]
async fn bad_values_are_refused_by_name() {
    on_every_store(|world| async move {
        world.make("sbx_a").await;
        let cases = [
            (json!({ "id": "sbx_a" }), 409, "is there already"),
            (json!({ "id": "a" }), 400, "`id`"),
            (json!({ "id": "sbx_A" }), 400, "`id`"),
            (json!({ "idd": 1, "nme": 2 }), 400, "idd, nme"),
            (json!({ "name": "x".repeat(201) }), 400, "`name`"),
            (json!({ "name": "a\nb" }), 400, "`name`"),
            (json!({ "seed": "7" }), 400, "expected i64"),
            (json!({ "seed": 1.5 }), 400, "expected i64"),
            (json!({ "clock": { "mode": "stopped" } }), 400, "`running` or `frozen`"),
            (json!({ "clock": { "now": "tomorrow" } }), 400, "`now`"),
            (json!({ "clock": { "nov": 1 } }), 400, "nov"),
            (json!({ "latency": "fast" }), 400, "`latency`"),
            (json!({ "latency": -1 }), 400, "`latency`"),
            (json!({ "latency": true }), 400, "`latency`"),
            (json!({ "fixtures": "some" }), 400, "`full` or `empty`"),
            (json!({ "ttl_seconds": 0 }), 400, "`ttl_seconds`"),
            (json!({ "ttl_seconds": -1 }), 400, "u32"),
            (json!([]), 400, "object"),
        ];
        for (body, status, says) in cases {
            world.post("/sandboxes", body).await.refused(status, &[says]);
        }
        world.send("POST", "/sandboxes", "{").await.refused(400, &["not JSON"]);
        assert_eq!(world.get("/sandboxes").await.ok(200)["data"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_same_seed_gives_the_same_sandboxes() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let world = World::start(Arc::new(Memory::new()), Defaults::default(), true);
        let first = world.post("/sandboxes", json!({ "seed": 7 })).await.ok(201);
        let second = world.post("/sandboxes", json!({ "seed": 7 })).await.ok(201);
        assert_ne!(first["sandbox"], second["sandbox"]);
        seen.push((first["providers"].clone(), second["providers"].clone()));
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn many_of_one_seed_at_once_all_get_their_own() {
    on_every_store(|world| async move {
        let body = || json!({ "seed": 3 });
        let (a, b, c) = tokio::join!(
            world.post("/sandboxes", body()),
            world.post("/sandboxes", body()),
            world.post("/sandboxes", body())
        );
        let ids: std::collections::BTreeSet<_> =
            [a, b, c].iter().map(|reply| reply.ok(201)["sandbox"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_said_comes_from_the_server() {
    let defaults =
        Defaults { seed: Some(5), latency: Latency(250), credential_salt: Some("s".into()), ..Defaults::default() };
    let salted = World::start(Arc::new(Memory::new()), defaults, true);
    let made = salted.post("/sandboxes", json!({ "id": "sbx_a" })).await.ok(201);
    assert_eq!((&made["seed"], &made["latency"]), (&json!(5), &json!("0.25")));
    let plain = World::start(Arc::new(Memory::new()), Defaults { seed: Some(5), ..Defaults::default() }, true);
    let other = plain.post("/sandboxes", json!({ "id": "sbx_a", "latency": 2 })).await.ok(201);
    assert_eq!(other["latency"], "2");
    assert_ne!(made["providers"]["fake"]["api_key"], other["providers"]["fake"]["api_key"]);
}

#[tokio::test]
async fn lists_go_on_where_the_page_before_ended() {
    on_every_store(|world| async move {
        for id in ["sbx_c", "sbx_a", "sbx_b"] {
            world.make(id).await;
        }
        let first = world.get("/sandboxes?limit=2").await.ok(200);
        let ids = |page: &serde_json::Value| -> Vec<String> {
            page["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(&first), ["sbx_a", "sbx_b"]);
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = world.get(&format!("/sandboxes?limit=2&cursor={cursor}")).await.ok(200);
        assert_eq!((ids(&second), &second["next_cursor"]), (vec!["sbx_c".to_owned()], &json!(null)));
        for (query, says) in [("limit=0", "`limit`"), ("limit=x", "limit"), ("cursor=*", "`cursor`"), ("x=1", "`x`")] {
            world.get(&format!("/sandboxes?{query}")).await.refused(400, &[says]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_reset_goes_back_to_creation_and_keeps_the_credentials() {
    on_every_store(|world| async move {
        let id = world.make("sbx_a").await;
        let made = world.get("/sandboxes/sbx_a").await.ok(200);
        world.pay(&id, "TX_1", "http://receiver/200").await;
        world.post("/sandboxes/sbx_a/clock/advance", json!({ "seconds": 60 })).await.ok(200);
        world.send("POST", "/s/sbx_a/fake/v1/hello", "{}").await.ok(201);
        world.web.log().flush();
        let old = RequestFilter {
            scope: world.engine.sandbox(&id).unwrap().unwrap().scope().as_str().to_owned(),
            ..RequestFilter::default()
        };
        assert_eq!(world.requests.list(&old, None, 9).unwrap().rows.len(), 1);

        let reset = world.post("/sandboxes/sbx_a/reset", json!({})).await.ok(200);
        assert_eq!(reset, made);
        assert!(world.requests.list(&old, None, 9).unwrap().rows.is_empty(), "the log forgot");
        assert_eq!(world.get("/sandboxes/sbx_a/deliveries").await.ok(200)["data"], json!([]));
        let kinds = world.get("/sandboxes/sbx_a/events").await.ok(200);
        assert_eq!(kinds["data"][0]["type"], "sandbox.reset");
        assert_eq!(world.engine.sandbox(&id).unwrap().unwrap().clock, Clock::Frozen { at: MORNING });
    })
    .await;
}

#[tokio::test]
async fn a_deleted_sandbox_is_not_there() {
    on_every_store(|world| async move {
        let id = world.make("sbx_a").await;
        assert_eq!(world.delete("/sandboxes/sbx_a").await.ok(204), json!(null));
        for path in ["", "/clock", "/events", "/inbox", "/ledger", "/settings", "/faults", "/requests", "/deliveries"] {
            world.get(&format!("/sandboxes/sbx_a{path}")).await.refused(404, &["no sandbox"]);
        }
        world.delete("/sandboxes/sbx_a").await.refused(404, &["no sandbox"]);
        for bad in ["demo", "sbx_A", "sbx_", "%ff", "sbx_never"] {
            world.get(&format!("/sandboxes/{bad}")).await.refused(404, &["no sandbox"]);
        }
        assert!(world.engine.sandbox(&id).unwrap().is_none());
        world.make("sbx_a").await;
    })
    .await;
}

#[tokio::test]
async fn a_sandbox_with_a_lifetime_ends_by_itself() {
    on_every_store(|world| async move {
        world.post("/sandboxes", json!({ "id": "sbx_a", "ttl_seconds": 5 })).await.ok(201);
        let id = SandboxId::parse("sbx_a").unwrap();
        let scope = world.engine.sandbox(&id).unwrap().unwrap().scope();
        let mut news = world.engine.feed().follow(&scope);
        world.wall_passes(5_000);
        news.changed().await.unwrap();
        world.get("/sandboxes/sbx_a").await.refused(404, &["no sandbox"]);
    })
    .await;
}
