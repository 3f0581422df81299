//! Many at once: one effect per reference, no SIM below zero.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::NewSandbox;
use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{Reply, STORES, World, request, request_with};

async fn world(store: fn() -> Arc<dyn store::Store>, seed: Option<i64>) -> Arc<World> {
    Arc::new(World::with(store, NewSandbox { seed, ..NewSandbox::default() }).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_identical_references_make_one_payment() {
    for (store, seed) in STORES.into_iter().flat_map(|store| [(store, None), (store, Some(3))]) {
        let world = world(store, seed).await;
        world.endpoint("https://shop.test/hook").await;
        let mut all = JoinSet::new();
        for _ in 0..200 {
            let world = Arc::clone(&world);
            all.spawn(async move { world.create(&request_with("R1", json!({"scenario": "success"}))).await });
        }
        let replies: Vec<Reply> = all.join_all().await;
        let created = replies.iter().filter(|reply| reply.status == 201).count();
        let texts: BTreeSet<_> = replies.iter().map(|reply| reply.text.clone()).collect();
        assert_eq!((created, texts.len()), (1, 1));
        assert!(replies.iter().all(|reply| matches!(reply.status, 200 | 201)));
        assert_eq!(world.balance("float.env_ci_mtn"), 1_024_750);
        assert_eq!(world.due().len(), 1);
        assert_eq!(world.events("sandpay.payment.created").len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_confirmations_never_overdraw_a_sim() {
    for (store, seed) in STORES.into_iter().flat_map(|store| [(store, None), (store, Some(3))]) {
        let world = world(store, seed).await;
        let mut all = JoinSet::new();
        for at in 0..200 {
            let world = Arc::clone(&world);
            all.spawn(async move {
                // 900 francs each: 111 of 200 can be paid from 100,000.
                let created = world.create(&request_with(&format!("R{at}"), json!({"amount": 900}))).await.ok(201);
                match created["status"].as_str().unwrap() {
                    "PENDING" => {
                        let path = format!("/prompts/{}/confirm", created["id"].as_str().unwrap());
                        world.admin("POST", &path, &json!({"pin": "1234"})).await.ok(200)["status"].clone()
                    }
                    other => json!(other),
                }
            });
        }
        let ended = all.join_all().await;
        let paid = ended.iter().filter(|status| **status == "SUCCESS").count();
        let refused = ended.iter().filter(|status| **status == "INSUFFICIENT_FUNDS").count();
        assert_eq!((paid, refused), (111, 89));
        assert_eq!(world.balance("sim.env_ci_mtn.2250500000111"), 100);
        world.assert_balanced();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_forced_successes_never_overdraw_a_sim() {
    for store in STORES {
        let world = world(store, None).await;
        let mut all = JoinSet::new();
        for at in 0..200 {
            let world = Arc::clone(&world);
            let body = request_with(&format!("R{at}"), json!({"amount": 900, "scenario": "success"}));
            all.spawn(async move { world.create(&body).await.ok(201)["status"].clone() });
        }
        assert!(all.join_all().await.iter().all(|status| *status == "SUCCESS"));
        assert_eq!(world.balance("sim.env_ci_mtn.2250500000111"), 100);
        assert_eq!(world.balance("outside.env_ci_mtn"), -89 * 900);
        world.assert_balanced();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_answers_to_one_prompt_one_counts() {
    for store in STORES {
        let world = world(store, None).await;
        let id = world.create(&request("R1")).await.ok(201)["id"].as_str().unwrap().to_owned();
        let mut all = JoinSet::new();
        for at in 0..60 {
            let (world, id) = (Arc::clone(&world), id.clone());
            all.spawn(async move {
                match at % 3 {
                    0 => world.admin("POST", &format!("/prompts/{id}/confirm"), &json!({"pin": "1234"})).await.status,
                    1 => world.admin("POST", &format!("/prompts/{id}/refuse"), &json!(null)).await.status,
                    _ => world.admin("POST", &format!("/prompts/{id}/confirm"), &json!({"pin": "0"})).await.status,
                }
            });
        }
        let mut answers = all.join_all().await;
        answers.sort_unstable();
        assert_eq!((answers[0], answers[1], answers[59]), (200, 409, 409));
        assert_eq!(world.events("sandpay.payment.completed").len(), 1);
        world.assert_balanced();
    }
}
