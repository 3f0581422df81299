//! Base URLs, headers, keys (2), errors and the order of checks (3).

use crate::harness::{STORES, World, request};

#[tokio::test]
async fn a_payment_is_created_and_read_back() {
    for store in STORES {
        let world = World::on(store).await;
        let created = world.create(&request("R1")).await.ok(201);
        assert_eq!(created["status"], "PENDING");
        assert_eq!(world.get(created["id"].as_str().unwrap()).await, created);
    }
}
