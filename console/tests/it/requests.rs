//! The inbound log.

use serde_json::json;

use crate::world::on_every_store;

#[tokio::test]
async fn requests_of_a_sandbox_are_listed_and_shown() {
    on_every_store(|world| async move {
        world.make("sbx_a").await;
        world.make("sbx_b").await;
        let hello = |path: &'static str| world.send("POST", path, r#"{"pin":"1234","note":"blue"}"#);
        hello("/s/sbx_a/fake/v1/hello").await.ok(201);
        hello("/s/sbx_a/fake/v1/nowhere").await.ok(404);
        hello("/s/sbx_b/fake/v1/hello").await.ok(201);
        let page = world.get("/sandboxes/sbx_a/requests").await.ok(200);
        let [lost, found] = page["data"].as_array().unwrap().as_slice() else { panic!("{page}") };
        assert_eq!((&lost["status"], &found["status"], &found["provider"]), (&json!(404), &json!(201), &json!("fake")));
        assert_eq!((&found["path"], &found["subject"]), (&json!("/s/sbx_a/fake/v1/hello"), &json!("TX_hello")));

        let id = found["id"].as_str().unwrap();
        let one = world.get(&format!("/sandboxes/sbx_a/requests/{id}")).await.ok(200);
        assert_eq!(one["id"], found["id"]);
        assert_eq!(one["request"]["body"], r#"{"pin":"…","note":"blue"}"#);
        assert_eq!((&one["response"]["body"], &one["faults"]), (&json!(r#"{"hello":"world"}"#), &json!([])));
        world.get(&format!("/sandboxes/sbx_b/requests/{id}")).await.refused(404, &["no request"]);

        for (query, count) in
            [("status=4xx", 1), ("status=201", 1), ("provider=fake", 2), ("provider=x", 0), ("q=nowhere", 1)]
        {
            let page = world.get(&format!("/sandboxes/sbx_a/requests?{query}")).await.ok(200);
            assert_eq!(page["data"].as_array().unwrap().len(), count, "{query}");
        }
        let first = world.get("/sandboxes/sbx_a/requests?limit=1").await.ok(200);
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = world.get(&format!("/sandboxes/sbx_a/requests?limit=1&cursor={cursor}")).await.ok(200);
        assert_eq!(second["data"][0]["id"], found["id"]);
        for (query, says) in
            [("status=ok", "`status`"), ("cursor=x", "`cursor`"), ("limit=201", "`limit`"), ("z=1", "`z`")]
        {
            world.get(&format!("/sandboxes/sbx_a/requests?{query}")).await.refused(400, &[says]);
        }
    })
    .await;
}
