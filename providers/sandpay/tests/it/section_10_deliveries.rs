//! The delivery policy (contract 10.4): five attempts, what is waited between them, what counts, replays.

use engine::Prepared;
use sandpay::signature::verify;
use sandpay::webhooks::{JITTER_MS, WAITS_MS};
use serde_json::json;

use crate::harness::{STORES, World, header_of, request_with};

async fn owing(world: &World) -> (Prepared, String) {
    let (_, secret) = world.endpoint("https://shop.test/hook").await;
    world.create(&request_with("R1", json!({"scenario": "success"}))).await.ok(201);
    (world.due().pop().unwrap(), secret)
}

/// Every way an attempt can fail: status, or why there is none.
const FAILURES: [(Option<u16>, Option<&str>); 12] = [
    (Some(100), None),
    (Some(301), None),
    (Some(302), None),
    (Some(307), None),
    (Some(400), None),
    (Some(401), None),
    (Some(404), None),
    (Some(410), None),
    (Some(500), None),
    (Some(503), None),
    (None, Some("timeout: no answer in 10 s")),
    (None, Some("connect: refused")),
];

#[tokio::test]
async fn five_attempts_fifteen_thirty_sixty_and_a_hundred_and_twenty_seconds_apart() {
    for store in STORES {
        for (status, error) in FAILURES {
            let world = World::on(store).await;
            world.set("webhook_retry_jitter", json!(false)).await;
            let (first, _) = owing(&world).await;
            let start = world.now();
            let mut attempt = first.clone();
            for (made, wait_ms) in WAITS_MS.into_iter().enumerate() {
                world.answered(&attempt, status, error).await;
                world.advance(wait_ms - 1).await;
                assert!(world.due().is_empty(), "after attempt {} it waits {wait_ms} ms", made + 1);
                world.advance(1).await;
                attempt = world.due().pop().unwrap();
                assert_eq!((&attempt.body, &attempt.due), (&first.body, &first.due), "the same bytes, the same id");
                assert_eq!(attempt.signed, first.signed);
            }
            assert_eq!(world.now().since_ms(start), 225_000);
            world.answered(&attempt, status, error).await;
            world.advance(24 * 3_600_000).await;
            assert!(world.due().is_empty());
            let failed = world.events("delivery.failed");
            assert_eq!((failed.len(), &failed[0].data["attempt"]), (1, &json!(5)), "{status:?} {error:?}");
            assert_eq!(world.events("delivery.attempt_failed").len(), 4);
        }
    }
}

#[tokio::test]
async fn any_2xx_acknowledges() {
    for store in STORES {
        for status in [200, 201, 202, 204, 299] {
            let world = World::on(store).await;
            let (attempt, _) = owing(&world).await;
            world.answered(&attempt, Some(status), None).await;
            world.advance(3_600_000).await;
            assert!(world.due().is_empty());
            assert_eq!(world.events("delivery.delivered").len(), 1, "{status}");
        }
    }
}

#[tokio::test]
async fn an_acknowledgement_ends_the_series() {
    for store in STORES {
        let world = World::on(store).await;
        world.set("webhook_retry_jitter", json!(false)).await;
        let (attempt, _) = owing(&world).await;
        world.answered(&attempt, Some(500), None).await;
        world.advance(15_000).await;
        let attempt = world.due().pop().unwrap();
        world.answered(&attempt, Some(200), None).await;
        world.advance(3_600_000).await;
        assert!(world.due().is_empty());
    }
}

#[tokio::test]
async fn jitter_adds_up_to_thirty_seconds_and_differs() {
    for store in STORES {
        let mut waited = Vec::new();
        for seed in 0..12 {
            let new = engine::NewSandbox {
                seed: Some(seed),
                clock: Some(kernel::Clock::Frozen { at: crate::harness::NOON }),
                ..engine::NewSandbox::default()
            };
            let world = World::with(store, new).await;
            let (attempt, _) = owing(&world).await;
            world.answered(&attempt, Some(500), None).await;
            let told = world.events("delivery.attempt_failed").pop().unwrap();
            let next = kernel::Instant::parse(told.data["next_attempt_at"].as_str().unwrap()).unwrap();
            waited.push(next.since_ms(world.now()));
        }
        assert!(waited.iter().all(|ms| (15_000..=15_000 + JITTER_MS).contains(ms)), "{waited:?}");
        waited.sort_unstable();
        waited.dedup();
        assert!(waited.len() > 8, "{waited:?}");
    }
}

#[tokio::test]
async fn waits_can_be_scaled_away() {
    for store in STORES {
        let world = World::on(store).await;
        world.set("webhook_retry_scale_pct", json!(0)).await;
        let (mut attempt, _) = owing(&world).await;
        for _ in 0..4 {
            world.answered(&attempt, Some(500), None).await;
            attempt = world.due().pop().unwrap();
        }
        world.answered(&attempt, Some(500), None).await;
        assert!(world.due().is_empty());
        assert_eq!(world.events("delivery.failed").len(), 1);
    }
}

#[tokio::test]
async fn a_replay_is_one_attempt_on_the_same_delivery() {
    for store in STORES {
        let world = World::on(store).await;
        world.set("webhook_retry_scale_pct", json!(0)).await;
        let (first, secret) = owing(&world).await;
        let mut attempt = first.clone();
        for _ in 0..5 {
            world.answered(&attempt, Some(500), None).await;
            attempt = world.due().pop().unwrap_or(attempt);
        }
        assert_eq!(world.events("delivery.failed").len(), 1);
        for (status, delivered) in [(500, 0), (204, 1)] {
            world.engine.replay(&world.sandbox, &first.due.id).await.unwrap();
            let replay = world.due().pop().unwrap();
            assert!(replay.replay);
            assert_eq!((&replay.body, header_of(&replay, "X-SandPay-Delivery")), (&first.body, first.due.id.clone()));
            assert!(verify(&secret, replay.body.as_bytes(), Some(&header_of(&replay, "X-SandPay-Signature"))));
            world.answered(&replay, Some(status), None).await;
            assert!(world.due().is_empty(), "no new series");
            assert_eq!(world.events("delivery.delivered").len(), delivered);
        }
    }
}

#[tokio::test]
async fn a_replay_of_something_delivered_goes_out_again() {
    for store in STORES {
        let world = World::on(store).await;
        let (first, _) = owing(&world).await;
        world.answered(&first, Some(200), None).await;
        world.engine.replay(&world.sandbox, &first.due.id).await.unwrap();
        let replay = world.due().pop().unwrap();
        assert_eq!((&replay.body, &replay.signed), (&first.body, &first.signed));
        world.answered(&replay, Some(500), None).await;
        world.advance(3_600_000).await;
        assert!(world.due().is_empty());
    }
}
