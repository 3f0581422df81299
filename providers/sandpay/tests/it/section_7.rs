//! Commission, through the API (contract 7).

use serde_json::json;

use crate::harness::{STORES, World, request_with};

/// Table 7.3: amount, bps, pct, commission, merchantShare, customerShare, netAmount, customerTotal.
const WORKED: [[i64; 8]; 16] = [
    [25_000, 100, 100, 250, 250, 0, 24_750, 25_000],
    [25_000, 100, 0, 250, 0, 250, 25_000, 25_250],
    [25_000, 100, 50, 250, 125, 125, 24_875, 25_125],
    [5_000, 150, 70, 75, 53, 22, 4_947, 5_022],
    [1_001, 150, 50, 15, 8, 7, 993, 1_008],
    [50, 100, 100, 1, 1, 0, 49, 50],
    [50, 100, 50, 1, 1, 0, 49, 50],
    [49, 100, 100, 0, 0, 0, 49, 49],
    [333, 150, 33, 5, 2, 3, 331, 336],
    [150, 100, 50, 2, 1, 1, 149, 151],
    [99_999, 175, 25, 1_750, 438, 1_312, 99_561, 101_311],
    [12_345, 137, 1, 169, 2, 167, 12_343, 12_512],
    [12_345, 137, 99, 169, 167, 2, 12_178, 12_347],
    [1, 100, 100, 0, 0, 0, 1, 1],
    [10_000, 0, 100, 0, 0, 0, 10_000, 10_000],
    [100, 10_000, 100, 100, 100, 0, 0, 100],
];

#[tokio::test]
async fn every_worked_example_of_7_3_is_quoted_and_posted() {
    for store in STORES {
        let world = World::on(store).await;
        world.admin("PATCH", "/test-clients/env_ci_mtn.2250500000111", &json!({"balance": 10_000_000})).await.ok(200);
        for (at, [amount, bps, pct, commission, merchant, customer, net, total]) in WORKED.into_iter().enumerate() {
            let rates = json!({"commission_bps": bps, "merchant_absorption_pct": pct});
            world.admin("PATCH", "/environments/env_ci_mtn", &rates).await.ok(200);
            let accounts = ["sim.env_ci_mtn.2250500000111", "float.env_ci_mtn", "fees.env_ci_mtn"];
            let before = accounts.map(|account| world.balance(account));
            let members = json!({"amount": amount, "scenario": "success"});
            let payment = world.create(&request_with(&format!("R{at}"), members)).await.ok(201);
            let names = ["commission", "merchantShare", "customerShare", "netAmount", "customerTotal"];
            let got = names.map(|name| payment[name].as_i64().unwrap());
            assert_eq!(got, [commission, merchant, customer, net, total], "{amount} at {bps} bps, {pct} %");
            let mode = if pct >= 50 { "merchant" } else { "customer" };
            assert_eq!(
                (&payment["merchantAbsorptionPct"], payment["commissionMode"].as_str()),
                (&json!(pct), Some(mode))
            );
            let after = accounts.map(|account| world.balance(account));
            assert_eq!([0, 1, 2].map(|at| after[at] - before[at]), [-total, net, commission]);
            world.assert_balanced();
        }
    }
}

#[tokio::test]
async fn the_defaults_are_one_per_cent_and_moovs_one_and_a_half() {
    for store in STORES {
        let world = World::on(store).await;
        let numbers =
            [("+2250500000111", 250), ("+2250700000111", 250), ("+2250100000111", 375), ("+22896000111", 375)];
        for (msisdn, commission) in numbers {
            let payment = world.create(&request_with(msisdn, json!({"msisdn": msisdn}))).await.ok(201);
            assert_eq!((&payment["commission"], &payment["merchantAbsorptionPct"]), (&json!(commission), &json!(100)));
        }
    }
}
