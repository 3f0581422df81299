//! The inbox: what is sent there is recorded, checked and answered.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use console::Defaults;
use serde_json::{Value, json};

use kernel::SandboxId;
use store::Memory;
use web::Guard;

use crate::world::{MORNING, PUBLIC, World, on_every_store};

fn ids(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn anything_is_recorded_and_answered() {
    on_every_store(|world| async move {
        world.make("sbx_a").await;
        let answered = world.send("POST", "/inbox/sbx_a/hooks/1?x=%20y", r#"{"tx_id":"TX_1"}"#).await;
        assert_eq!(answered.ok(200), json!({}));
        world.send("BREW", "/inbox/sbx_a", "").await.ok(200);
        let binary = Request::builder().method("PUT").uri("/inbox/sbx_a/raw").header("x-a", "1").header("x-a", "2");
        world.call(binary.body(Body::from(vec![0xff, 0xfe])).unwrap()).await.ok(200);

        let page = world.get("/sandboxes/sbx_a/inbox").await.ok(200);
        let [raw, root, hook] = page["data"].as_array().unwrap().as_slice() else { panic!("{page}") };
        assert_eq!(
            (&hook["method"], &hook["path"], &hook["query"]),
            (&json!("POST"), &json!("/hooks/1"), &json!("x=%20y"))
        );
        assert_eq!((&hook["subject"], &hook["body"]), (&json!("TX_1"), &json!(r#"{"tx_id":"TX_1"}"#)));
        assert_eq!(
            (&hook["verified"], &hook["endpoint"], &hook["at"]),
            (&json!(null), &json!(null), &json!(MORNING.iso()))
        );
        assert_eq!((&root["method"], &root["path"], &root["body"]), (&json!("BREW"), &json!("/"), &json!("")));
        assert_eq!((&raw["body"], &raw["body_encoding"]), (&json!("//4="), &json!("base64")));
        assert_eq!(raw["headers"]["x-a"], "1, 2");

        let told = world.wait("sbx_a", "types=inbox.received&subject=TX_1").await;
        assert_eq!(told["data"]["message"], hook["id"]);
        world.send("POST", "/inbox/sbx_never/x", "").await.refused(404, &["no sandbox"]);
        world.send("POST", "/inbox/sbx_a/x", "x".repeat(1024 * 1024 + 1)).await.refused(413, &["1048576"]);
        world.make("sbx_b").await;
        assert_eq!(world.get("/sandboxes/sbx_b/inbox").await.ok(200)["data"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_webhook_to_the_inbox_is_checked_by_its_provider() {
    on_every_store(|world| async move {
        let id = world.make("sbx_a").await;
        world.pay(&id, "TX_1", &format!("{PUBLIC}/inbox/sbx_a/hooks")).await;
        let told = world.wait("sbx_a", "types=inbox.received").await;
        assert_eq!((&told["subject"], &told["data"]["verified"]), (&json!("TX_1"), &json!(true)));
        let forged = Request::builder().method("POST").uri("/inbox/sbx_a/hooks").header("host", "127.0.0.1:4700");
        world.call(forged.header("x-fake-signature", "fake=1").body(Body::from("{}")).unwrap()).await.ok(200);
        let page = world.get("/sandboxes/sbx_a/inbox?path=/hooks").await.ok(200);
        let verified: Vec<&Value> = page["data"].as_array().unwrap().iter().map(|one| &one["verified"]).collect();
        assert_eq!(verified, [&json!(false), &json!(true)]);
        assert_eq!(page["data"][1]["endpoint"], json!({ "provider": "fake", "id": "end_1" }));
        world.wait("sbx_a", "types=delivery.delivered&subject=TX_1").await;
    })
    .await;
}

#[tokio::test]
async fn it_is_filtered_paged_and_emptied() {
    on_every_store(|world| async move {
        world.make("sbx_a").await;
        for n in 0..5 {
            let method = if n % 2 == 0 { "POST" } else { "GET" };
            world
                .send(method, &format!("/inbox/sbx_a/hooks/{n}"), json!({ "id": format!("e{n}") }).to_string())
                .await
                .ok(200);
        }
        let first = world.get("/sandboxes/sbx_a/inbox?limit=2").await.ok(200);
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = world.get(&format!("/sandboxes/sbx_a/inbox?limit=2&cursor={cursor}")).await.ok(200);
        let cursor = second["next_cursor"].as_str().unwrap();
        let third = world.get(&format!("/sandboxes/sbx_a/inbox?limit=2&cursor={cursor}")).await.ok(200);
        let all: Vec<&str> = [&first, &second, &third].into_iter().flat_map(ids).collect();
        assert_eq!(all.len(), 5);
        assert!(all.is_sorted_by(|a, b| a > b), "{all:?}");
        assert_eq!(third["next_cursor"], json!(null));
        for (query, count) in
            [("method=get", 2), ("path=/hooks/3", 1), ("path=/hooks&method=POST", 3), ("subject=e4", 1), ("path=/x", 0)]
        {
            let page = world.get(&format!("/sandboxes/sbx_a/inbox?{query}")).await.ok(200);
            assert_eq!((ids(&page).len(), &page["next_cursor"]), (count, &json!(null)), "{query}");
        }
        world.delete("/sandboxes/sbx_a/inbox").await.ok(204);
        assert_eq!(world.get("/sandboxes/sbx_a/inbox").await.ok(200)["data"], json!([]));
        world.delete("/sandboxes/sbx_a/inbox").await.ok(204);
        world.send("POST", "/inbox/sbx_a/hooks", "").await.ok(200);
        let again = world.get("/sandboxes/sbx_a/inbox").await.ok(200);
        assert!(ids(&again)[0] > all[0], "ids are not given twice");
    })
    .await;
}

#[tokio::test]
async fn it_answers_as_it_is_told() {
    on_every_store(|world| async move {
        world.make("sbx_a").await;
        let answers = "/sandboxes/sbx_a/inbox/answers";
        assert_eq!(world.get(answers).await.ok(200), json!(null));
        let busy = json!({ "status": 503, "headers": { "Retry-After": "5" }, "body": { "busy": true }, "delay_ms": 1, "times": 2 });
        world.put(answers, busy).await.ok(200);
        for _ in 0..2 {
            let reply = world.send("POST", "/inbox/sbx_a/x", "").await;
            assert_eq!((reply.ok(503), &reply.headers["retry-after"]), (json!({ "busy": true }), &"5".parse().unwrap()));
        }
        world.send("POST", "/inbox/sbx_a/x", "").await.ok(200);
        world.put(answers, json!({ "status": 418, "body": "short and stout" })).await.ok(200);
        let reply = world.send("GET", "/inbox/sbx_a/x", "").await;
        assert_eq!((reply.status, reply.text.as_str()), (418, "short and stout"));
        assert!(reply.headers["content-type"].to_str().unwrap().eq_ignore_ascii_case("text/plain; charset=utf-8"));
        assert_eq!(world.get(answers).await.ok(200)["status"], 418);
        world.put(answers, json!({ "status": 204 })).await.ok(200);
        assert_eq!(world.send("GET", "/inbox/sbx_a/x", "").await.ok(204), json!(null));
        world.delete(answers).await.ok(204);
        world.send("POST", "/inbox/sbx_a/x", "").await.ok(200);
        for (body, says) in [
            (json!({}), "status"),
            (json!({ "status": 100 }), "`status`"),
            (json!({ "status": 600 }), "`status`"),
            (json!({ "status": 200, "delay_ms": 60_001 }), "`delay_ms`"),
            (json!({ "status": 200, "times": 0 }), "`times`"),
            (json!({ "status": 200, "headers": { "a b": "c" } }), "`headers`"),
            (json!({ "status": 200, "headers": { "a": "b\nc" } }), "`headers`"),
            (json!({ "status": 200, "headers": { "Content-Length": "1" } }), "`headers`"),
            (json!({ "status": 200, "body": "x".repeat(70_000) }), "`body`"),
            (json!({ "status": 200, "bod": 1 }), "bod"),
        ] {
            world.put(answers, body).await.refused(400, &[says]);
        }
        world.put(answers, json!({ "status": 500 })).await.ok(200);
        world.post("/sandboxes/sbx_a/reset", json!({})).await.ok(200);
        assert_eq!(world.get(answers).await.ok(200), json!(null));
    })
    .await;
}

#[tokio::test]
async fn the_oldest_messages_make_room() {
    on_every_store(|world| async move {
        world.make("sbx_a").await;
        for n in 0..2_003 {
            world.send("POST", &format!("/inbox/sbx_a/{n}"), "").await.ok(200);
        }
        let oldest = world.get("/sandboxes/sbx_a/inbox?path=/2").await.ok(200);
        assert!(oldest["data"].as_array().unwrap().iter().all(|one| one["path"] != "/2"));
        assert_eq!(ids(&world.get("/sandboxes/sbx_a/inbox?path=/3&limit=200").await.ok(200)).len(), 111);
    })
    .await;
}

#[tokio::test]
async fn it_needs_no_token_where_the_admin_api_does() {
    let guard = Guard { token: Some("secret".to_owned()), ..Guard::default() };
    let world = World::guarded(Arc::new(Memory::new()), Defaults::default(), true, guard);
    let new = engine::NewSandbox { id: SandboxId::parse("sbx_a").ok(), ..engine::NewSandbox::default() };
    world.engine.create_sandbox(new).await.unwrap();
    world.send("POST", "/inbox/sbx_a/hook", "{}").await.ok(200);
    world.get("/sandboxes/sbx_a/inbox").await.refused(401, &["token"]);
    let with = Request::builder().uri("/_playmoney/v1/sandboxes/sbx_a/inbox").header("authorization", "Bearer secret");
    assert_eq!(ids(&world.call(with.body(Body::empty()).unwrap()).await.ok(200)).len(), 1);
}
