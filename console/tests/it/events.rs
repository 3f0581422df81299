//! Events: history, waiting, the live feed.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::world::{MORNING, World, on_every_store};

#[tokio::test]
async fn history_is_listed_in_order_and_filtered() {
    on_every_store(|world| async move {
        let id = world.make("sbx_a").await;
        for n in 1..=3 {
            world.pay(&id, &format!("TX_{n}"), "http://receiver/200").await;
            world.wait("sbx_a", &format!("types=delivery.delivered&subject=TX_{n}")).await;
        }
        let all = world.get("/sandboxes/sbx_a/events").await.ok(200);
        let events = all["data"].as_array().unwrap();
        let positions: Vec<u64> = events.iter().map(|event| event["position"].as_u64().unwrap()).collect();
        assert_eq!(positions, (1..=positions.len() as u64).collect::<Vec<_>>());
        assert_eq!(events[0]["type"], "sandbox.created");
        assert_eq!(
            (&all["next_cursor"], &all["position"]),
            (&json!(null), positions.last().map_or(&json!(0), |_| &all["position"]))
        );

        let paid = world.get("/sandboxes/sbx_a/events?types=fake.paid&limit=2").await.ok(200);
        let subjects = |page: &Value| -> Vec<String> {
            page["data"].as_array().unwrap().iter().map(|one| one["subject"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(subjects(&paid), ["TX_1", "TX_2"]);
        assert_eq!((&paid["data"][0]["at"], &paid["data"][0]["provider"]), (&json!(MORNING.iso()), &json!("fake")));
        let after = paid["next_cursor"].as_str().unwrap();
        let rest = world.get(&format!("/sandboxes/sbx_a/events?types=fake.*,nothing&after={after}")).await.ok(200);
        assert_eq!(subjects(&rest), ["TX_3"]);
        let one = world.get("/sandboxes/sbx_a/events?subject=TX_2&types=fake.paid,delivery.*").await.ok(200);
        assert_eq!(one["data"].as_array().unwrap().len(), 2);
        for (query, says) in
            [("after=x", "after"), ("after=-1", "after"), ("limit=1001", "`limit`"), ("type=a", "`type`")]
        {
            world.get(&format!("/sandboxes/sbx_a/events?{query}")).await.refused(400, &[says]);
        }
    })
    .await;
}

#[tokio::test]
async fn waiting_ends_with_the_event_or_the_time() {
    on_every_store(|world| async move {
        let id = world.make("sbx_a").await;
        let wait = "/sandboxes/sbx_a/events/wait";
        let seen = world.get(&format!("{wait}?types=sandbox.created")).await.ok(200);
        assert_eq!((&seen["type"], &seen["position"]), (&json!("sandbox.created"), &json!(1)));
        world
            .get(&format!("{wait}?types=sandbox.created&after=1&timeout_ms=0"))
            .await
            .refused(408, &["No matching event"]);
        world.get(&format!("{wait}?timeout_ms=60001")).await.refused(400, &["`timeout_ms`"]);
        world.get(&format!("{wait}?timeout=1")).await.refused(400, &["`timeout`"]);

        let (waited, ()) = tokio::join!(world.wait("sbx_a", "types=fake.paid&subject=TX_2"), async {
            for subject in ["TX_1", "TX_2"] {
                world.pay(&id, subject, "http://receiver/200").await;
            }
        });
        assert_eq!(waited["subject"], "TX_2");
        world.make("sbx_b").await;
        world.get("/sandboxes/sbx_b/events/wait?types=fake.*&timeout_ms=0").await.refused(408, &[]);
    })
    .await;
}

struct Stream(Body);

impl Stream {
    async fn open(world: &World, query: &str, last: Option<&str>) -> Self {
        let path = format!("/_playmoney/v1/sandboxes/sbx_a/events/stream{query}");
        let mut request = Request::builder().uri(path).header("host", "localhost");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = world.web.call(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(response.into_body())
    }

    /// The next event that is not a comment; none at the end.
    async fn next(&mut self) -> Option<String> {
        loop {
            let frame = self.0.frame().await?.unwrap();
            let text = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
            if !text.starts_with(':') {
                return Some(text);
            }
        }
    }
}

#[tokio::test]
async fn the_feed_tells_what_happens_and_resumes() {
    on_every_store(|world| async move {
        let id = world.make("sbx_a").await;
        let mut live = Stream::open(&world, "?types=fake.paid", None).await;
        let mut whole = Stream::open(&world, "", Some("0")).await;
        assert!(whole.next().await.unwrap().starts_with("id: 1\nevent: sandbox.created\ndata: {\"position\":1,"));
        world.pay(&id, "TX_1", "http://receiver/200").await;
        let paid = live.next().await.unwrap();
        assert!(paid.contains("event: fake.paid\n") && paid.ends_with("\n\n"), "{paid}");
        let position = paid.lines().next().unwrap().strip_prefix("id: ").unwrap().to_owned();
        world.pay(&id, "TX_2", "http://receiver/200").await;
        let mut resumed = Stream::open(&world, "?types=fake.paid", Some(&position)).await;
        assert!(resumed.next().await.unwrap().contains("TX_2"));

        let mut lost = Stream::open(&world, "?types=sandbox.created", Some("100000")).await;
        assert!(lost.next().await.unwrap().contains("event: reset\n"));
        assert!(lost.next().await.unwrap().contains("sandbox.created"));

        world.post("/sandboxes/sbx_a/reset", json!({})).await.ok(200);
        assert!(lost.next().await.unwrap().contains("event: reset\n"));
        assert_eq!(lost.next().await, None, "it ends, and the client comes again");
        let bad = Request::builder().uri("/_playmoney/v1/sandboxes/sbx_a/events/stream").header("last-event-id", "x");
        world.call(bad.body(Body::empty()).unwrap()).await.refused(400, &["Last-Event-ID"]);
    })
    .await;
}

#[tokio::test]
async fn nothing_waits_for_a_server_that_stops() {
    on_every_store(|world| async move {
        world.make("sbx_a").await;
        let mut live = Stream::open(&world, "", None).await;
        let path = "/sandboxes/sbx_a/events/wait?types=never&timeout_ms=60000";
        let (waited, ()) = tokio::join!(world.get(path), async { world.closing.close() });
        waited.refused(503, &["stopping"]);
        assert_eq!(live.next().await, None);
        world.get(path).await.refused(503, &["stopping"]);
    })
    .await;
}
