//! Scenarios, the SIM registry and the ledger (contract 6.2, 6.3, 6.5).

use serde_json::{Value, json};

use crate::harness::{STORES, World, request, request_with};

/// Table 6.2: id, status, least and most latency.
const SCENARIOS: [(&str, &str, i64, i64); 10] = [
    ("success", "SUCCESS", 800, 1_800),
    ("pin_invalid", "PIN_INVALID", 600, 1_400),
    ("low_balance", "INSUFFICIENT_FUNDS", 600, 1_400),
    ("timeout", "TIMEOUT", 25_000, 35_000),
    ("blocked", "ACCOUNT_BLOCKED", 500, 1_000),
    ("cancelled", "USER_CANCELLED", 3_000, 8_000),
    ("unknown_msisdn", "UNKNOWN_MSISDN", 400, 900),
    ("limit_exceeded", "LIMIT_EXCEEDED", 500, 1_000),
    ("maintenance", "SERVICE_UNAVAILABLE", 200, 600),
    ("duplicate", "DUPLICATE_REFERENCE", 200, 500),
];

/// The numbers of `env_ci_mtn`: 100,000 francs, 50 francs, blocked, and one that is not registered.
const RICH: &str = "+2250500000111";
const POOR: &str = "+2250500000222";
const BLOCKED: &str = "+2250500000333";
const UNKNOWN: &str = "+2250500000999";

fn drawn(payment: &Value, least: i64, most: i64) {
    let latency = payment["latencyMs"].as_i64().unwrap();
    assert!((least..=most).contains(&latency), "{latency} is not from {least} to {most}");
}

#[tokio::test]
async fn every_row_of_6_2_whatever_the_registry_says() {
    for store in STORES {
        let world = World::on(store).await;
        for (scenario, status, least, most) in SCENARIOS {
            let mut latencies = Vec::new();
            for msisdn in [RICH, POOR, BLOCKED, UNKNOWN] {
                let members = json!({"scenario": scenario, "msisdn": msisdn});
                let payment = world.create(&request_with(&format!("{scenario}{msisdn}"), members)).await.ok(201);
                assert_eq!((payment["status"].as_str(), payment["scenario"].as_str()), (Some(status), Some(scenario)));
                drawn(&payment, least, most);
                latencies.push(payment["latencyMs"].as_i64());
                assert_eq!(world.get(payment["id"].as_str().unwrap()).await, payment);
            }
            latencies.dedup();
            assert!(latencies.len() > 1, "drawn on each call: {latencies:?}");
        }
        world.assert_balanced();
        let completed = world.events("sandpay.payment.completed");
        assert_eq!(completed.len(), 40);
        assert!(completed.iter().all(|event| event.data["decided_by"] == "scenario"));
    }
}

#[tokio::test]
async fn a_scenario_still_needs_an_environment() {
    for store in STORES {
        let world = World::on(store).await;
        world.admin("PATCH", "/environments/env_ci_mtn", &json!({"enabled": false})).await.ok(200);
        world.create(&request_with("R1", json!({"scenario": "success"}))).await.refused(404, "env_not_found");
    }
}

#[tokio::test]
async fn every_row_of_6_3() {
    for store in STORES {
        let world = World::on(store).await;
        let rows = [
            (UNKNOWN, "UNKNOWN_MSISDN", 400, 900),
            (BLOCKED, "ACCOUNT_BLOCKED", 500, 1_000),
            (POOR, "INSUFFICIENT_FUNDS", 600, 1_400),
            (RICH, "PENDING", 200, 600),
        ];
        for (msisdn, status, least, most) in rows {
            let payment = world.create(&request_with(msisdn, json!({"msisdn": msisdn}))).await.ok(201);
            assert_eq!((payment["status"].as_str(), &payment["scenario"]), (Some(status), &Value::Null));
            drawn(&payment, least, most);
        }
        world
            .admin("PATCH", "/environments/env_ci_mtn", &json!({"unknown_msisdn_policy": "passthrough"}))
            .await
            .ok(200);
        let payment = world.create(&request_with("P", json!({"msisdn": UNKNOWN}))).await.ok(201);
        assert_eq!(payment["status"], "SUCCESS");
        drawn(&payment, 800, 1_800);
        // The policy is for unknown numbers only.
        let payment = world.create(&request_with("B", json!({"msisdn": BLOCKED}))).await.ok(201);
        assert_eq!(payment["status"], "ACCOUNT_BLOCKED");
        world.assert_balanced();
    }
}

#[tokio::test]
async fn the_balance_is_compared_with_the_customers_total() {
    for store in STORES {
        let world = World::on(store).await;
        world.admin("PATCH", "/environments/env_ci_mtn", &json!({"merchant_absorption_pct": 0})).await.ok(200);
        let path = "/test-clients/env_ci_mtn.2250500000111";
        // 25,000 francs cost the customer 25,250.
        for (balance, status) in [(25_249, "INSUFFICIENT_FUNDS"), (25_250, "PENDING"), (25_000, "INSUFFICIENT_FUNDS")] {
            world.admin("PATCH", path, &json!({"balance": balance})).await.ok(200);
            assert_eq!(world.create(&request(&balance.to_string())).await.ok(201)["status"], status, "{balance}");
        }
        // With both failings, being blocked comes first.
        world.admin("PATCH", path, &json!({"status": "blocked"})).await.ok(200);
        assert_eq!(world.create(&request("B")).await.ok(201)["status"], "ACCOUNT_BLOCKED");
    }
}

#[tokio::test]
async fn the_registry_is_per_environment() {
    for store in STORES {
        let world = World::on(store).await;
        // Registered with MTN; the request says Orange.
        let payment = world.create(&request_with("R1", json!({"operator": "orange"}))).await.ok(201);
        assert_eq!(
            (payment["operator"].as_str(), payment["status"].as_str()),
            (Some("orange"), Some("UNKNOWN_MSISDN"))
        );
    }
}

/// What a forced success moves: number, then what SIM, float, fees and outside gain.
#[tokio::test]
async fn a_forced_success_debits_only_a_sim_that_could_pay() {
    for store in STORES {
        let world = World::on(store).await;
        for (msisdn, sim, outside) in
            [(RICH, -25_000, 0), (POOR, 0, -25_000), (BLOCKED, 0, -25_000), (UNKNOWN, 0, -25_000)]
        {
            let accounts = [
                format!("sim.env_ci_mtn.{}", &msisdn[1..]),
                "float.env_ci_mtn".to_owned(),
                "fees.env_ci_mtn".to_owned(),
                "outside.env_ci_mtn".to_owned(),
            ];
            let before = accounts.clone().map(|account| world.balance(&account));
            world.create(&request_with(msisdn, json!({"msisdn": msisdn, "scenario": "success"}))).await.ok(201);
            let after = accounts.map(|account| world.balance(&account));
            let gained: Vec<_> = after.iter().zip(before).map(|(after, before)| after - before).collect();
            assert_eq!(gained, [sim, 24_750, 250, outside], "{msisdn}");
            world.assert_balanced();
        }
    }
}

#[tokio::test]
async fn passthrough_is_paid_from_outside() {
    for store in STORES {
        let world = World::on(store).await;
        world
            .admin("PATCH", "/environments/env_ci_mtn", &json!({"unknown_msisdn_policy": "passthrough"}))
            .await
            .ok(200);
        world.create(&request_with("R1", json!({"msisdn": UNKNOWN}))).await.ok(201);
        let books = ["float.env_ci_mtn", "fees.env_ci_mtn", "outside.env_ci_mtn"].map(|account| world.balance(account));
        assert_eq!(books, [1_024_750, 250, -25_000]);
        world.assert_balanced();
    }
}

#[tokio::test]
async fn nothing_but_success_moves_money_and_the_quote_stays() {
    for store in STORES {
        let world = World::on(store).await;
        let float = world.balance("float.env_ci_mtn");
        for (scenario, status, ..) in SCENARIOS.iter().skip(1) {
            let payment = world.create(&request_with(scenario, json!({"scenario": scenario}))).await.ok(201);
            assert_eq!(payment["status"], *status);
            assert_eq!((&payment["commission"], &payment["netAmount"]), (&json!(250), &json!(24_750)));
        }
        assert_eq!(world.balance("float.env_ci_mtn"), float);
        assert_eq!(world.balance("sim.env_ci_mtn.2250500000111"), 100_000);
    }
}
