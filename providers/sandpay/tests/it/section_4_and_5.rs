//! Endpoints and their fields (contract 4), and the Payment resource (5).

use axum::body::Body;
use serde_json::{Value, json};

use crate::harness::{STORES, World, request, request_with};

/// Members of a request, and the fields that the refusal names.
fn bad_members() -> Vec<(Value, &'static [&'static str])> {
    let long = |length: usize| "x".repeat(length);
    vec![
        (json!({"amount": null}), &["amount"]),
        (json!({"amount": 0}), &["amount"]),
        (json!({"amount": -1}), &["amount"]),
        (json!({"amount": 1.5}), &["amount"]),
        (json!({"amount": "100"}), &["amount"]),
        (json!({"amount": 1_000_000_000_001_i64}), &["amount"]),
        (json!({"amount": u64::MAX}), &["amount"]),
        (json!({"currency": null}), &["currency"]),
        (json!({"currency": "XO"}), &["currency"]),
        (json!({"currency": "XOFXX"}), &["currency"]),
        (json!({"operator": "vodafone"}), &["operator"]),
        (json!({"operator": 1}), &["operator"]),
        (json!({"country": "C"}), &["country"]),
        (json!({"country": "CIV"}), &["country"]),
        (json!({"msisdn": null}), &["msisdn"]),
        (json!({"msisdn": "2250500000111"}), &["msisdn"]),
        (json!({"msisdn": "+0250500000111"}), &["msisdn"]),
        (json!({"msisdn": "+225050"}), &["msisdn"]),
        (json!({"msisdn": "+2250500000111000"}), &["msisdn"]),
        (json!({"msisdn": "+225 0500000111"}), &["msisdn"]),
        (json!({"reference": null}), &["reference"]),
        (json!({"reference": ""}), &["reference"]),
        (json!({"reference": long(81)}), &["reference"]),
        (json!({"application": null}), &["application"]),
        (json!({"application": long(81)}), &["application"]),
        (json!({"order_ref": ""}), &["order_ref"]),
        (json!({"order_ref": long(121)}), &["order_ref"]),
        (json!({"order_url": "not a url"}), &["order_url"]),
        (json!({"order_url": format!("https://x.test/{}", long(500))}), &["order_url"]),
        (json!({"is_url_protected": "yes"}), &["is_url_protected"]),
        (json!({"description": long(201)}), &["description"]),
        (json!({"scenario": "pending"}), &["scenario"]),
        (json!({"scenario": "SUCCESS"}), &["scenario"]),
        (json!({"amount": 0, "currency": "", "msisdn": "x"}), &["amount", "currency", "msisdn"]),
    ]
}

#[tokio::test]
async fn every_field_rule_of_4_1() {
    for store in STORES {
        let world = World::on(store).await;
        for (members, fields) in bad_members() {
            let body = world.create(&request_with("R1", members.clone())).await.refused(400, "invalid_body");
            let named: Vec<_> = body["detail"]["fieldErrors"].as_object().unwrap().keys().cloned().collect();
            assert_eq!(named, fields, "{members}");
        }
        let optional = ["operator", "country", "order_ref", "order_url", "is_url_protected", "description", "scenario"];
        for name in optional {
            let mut body = request("R1");
            body[name] = Value::Null;
            let body = world.create(&body).await.refused(400, "invalid_body");
            assert!(body["detail"]["fieldErrors"][name].is_array(), "{name}: null is not leaving out");
        }
        assert!(world.events("sandpay.payment.created").is_empty());
    }
}

#[tokio::test]
async fn the_limits_themselves_are_accepted() {
    for store in STORES {
        let world = World::on(store).await;
        let good = [
            json!({"amount": 1}),
            json!({"amount": 1_000_000_000_000_i64}),
            json!({"amount": 25000.0}),
            json!({"currency": "FCFA"}),
            json!({"operator": "MTN", "country": "ci"}),
            json!({"order_ref": "x".repeat(120)}),
            json!({"order_url": format!("https://x.test/{}", "a".repeat(485))}),
            json!({"description": ""}),
            json!({"description": "é".repeat(200)}),
            json!({"orderRef": "ignored", "whatever": [1, {"a": null}]}),
        ];
        for (at, members) in good.into_iter().enumerate() {
            let reference = format!("R{at}");
            let payment = world.create(&request_with(&reference, members.clone())).await.ok(201);
            assert_eq!(payment["operator"], "mtn", "{members}");
            assert_eq!(payment["country"], "CI", "{members}");
        }
        let longest = "r".repeat(80);
        assert_eq!(world.create(&request(&longest)).await.ok(201)["reference"], json!(longest));
        assert_eq!(world.create(&request("été/&=\"\n😀")).await.ok(201)["reference"], "été/&=\"\n😀");
    }
}

/// Whole, so that the order of keys counts.
#[tokio::test]
async fn the_payment_is_the_documented_object_in_its_order() {
    for store in STORES {
        let world = World::on(store).await;
        let body = json!({
            "amount": 25_000, "currency": "RWF", "msisdn": "+250788000111", "operator": "mtn", "country": "RW",
            "reference": "SHOP-PAY-20260601090000-0A1B2C3D4E5F", "application": "demo-store", "order_ref": "cart-7781",
            "order_url": "https://shop.test/orders/7781", "is_url_protected": true, "description": "Abonnement été",
            "scenario": "success"
        });
        let created = world.create(&body).await;
        let payment = created.ok(201);
        let (id, latency) = (payment["id"].as_str().unwrap(), payment["latencyMs"].as_i64().unwrap());
        let provider_tx_id = payment["raw"]["financialTransactionId"].as_str().unwrap();
        let expected = format!(
            concat!(
                r#"{{"id":"{id}","type":"collection","parentTxId":null,"orderRef":"cart-7781","#,
                r#""orderUrl":"https://shop.test/orders/7781","isUrlProtected":true,"amount":25000,"commission":250,"#,
                r#""netAmount":24750,"customerTotal":25000,"merchantAbsorptionPct":100,"merchantShare":250,"#,
                r#""customerShare":0,"commissionMode":"merchant","currency":"RWF","operator":"mtn","country":"RW","#,
                r#""msisdn":"+250788000111","reference":"SHOP-PAY-20260601090000-0A1B2C3D4E5F","#,
                r#""description":"Abonnement été","scenario":"success","status":"SUCCESS","latencyMs":{latency},"#,
                r#""createdAt":"2026-06-01T09:00:00.000Z","raw":{{"_simulated":true,"amount":"25000","currency":"RWF","#,
                r#""externalId":"SHOP-PAY-20260601090000-0A1B2C3D4E5F","#,
                r#""payer":{{"partyIdType":"MSISDN","partyId":"250788000111"}},"payerMessage":"Abonnement été","#,
                r#""payeeNote":"SHOP-PAY-20260601090000-0A1B2C3D4E5F","status":"SUCCESSFUL","#,
                r#""financialTransactionId":"{provider_tx_id}"}}}}"#
            ),
            id = id,
            latency = latency,
            provider_tx_id = provider_tx_id
        );
        assert_eq!(created.text, expected);
        let read = world.send("GET", &format!("/sandpay/v1/payments/{id}"), Some(&world.key), Body::empty()).await;
        assert_eq!((read.status, read.text), (200, created.text));
        assert!(id.len() == 11 && id[3..].bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{id}");
        let hex = provider_tx_id.strip_prefix("SIM_").unwrap();
        assert!(hex.len() == 8 && hex.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)));
    }
}

#[tokio::test]
async fn what_is_left_out_falls_back() {
    for store in STORES {
        let world = World::on(store).await;
        let payment = world.create(&request("R1")).await.ok(201);
        let null = Value::Null;
        assert_eq!(payment["orderRef"], "R1");
        for (name, value) in
            [("orderUrl", &null), ("description", &null), ("scenario", &null), ("isUrlProtected", &json!(false))]
        {
            assert_eq!(&payment[name], value, "{name}");
        }
        let protected = world.create(&request_with("R2", json!({"is_url_protected": true}))).await.ok(201);
        assert_eq!((&protected["isUrlProtected"], &protected["orderUrl"]), (&json!(true), &null));
    }
}

#[tokio::test]
async fn ids_that_are_unknown_or_none_are_not_found() {
    for store in STORES {
        let world = World::on(store).await;
        let id = world.create(&request("R1")).await.ok(201)["id"].as_str().unwrap().to_owned();
        let bad =
            ["TX_00000000", "TX_", "tx_1", "payment", "R1", &id.to_lowercase(), &format!("{id}0"), "TX_A.B", "%54X_1"];
        for bad in bad {
            let path = format!("/sandpay/v1/payments/{bad}");
            let body = world.send("GET", &path, Some(&world.key), Body::empty()).await.refused(404, "not_found");
            assert_eq!(body["detail"]["resource"], "transaction", "{bad}");
        }
    }
}

#[tokio::test]
async fn meta_says_what_the_header_says() {
    for store in STORES {
        let world = World::on(store).await;
        let expected = concat!(
            r#"{"api_version":"2026-05-31","capabilities":["payments","refunds","disbursements","webhooks","#,
            r#""test_clients","multi_environment","commission_split","order_linkage","reference_format"],"#,
            r#""min_sdk_version":"0.3.0","changelog_url":"https://docs.sandpay.dev/integration-changelog"}"#
        );
        let keys = [None, Some(world.key.as_str()), Some("nonsense")];
        for key in keys {
            let meta = world.send("GET", "/sandpay/v1/meta", key, Body::empty()).await;
            assert_eq!((meta.status, meta.text.as_str()), (200, expected));
        }
        world.set("min_sdk_version", json!("0.2.0")).await;
        let named = format!("/s/{}/sandpay/v1/meta", world.sandbox);
        assert_eq!(world.send("GET", &named, None, Body::empty()).await.ok(200)["min_sdk_version"], "0.2.0");
        let by_key = world.send("GET", "/sandpay/v1/meta", Some(&world.key), Body::empty()).await;
        assert_eq!(by_key.ok(200)["min_sdk_version"], "0.2.0");
    }
}

#[tokio::test]
async fn health_tells_the_time_of_the_sandbox() {
    for store in STORES {
        let world = World::on(store).await;
        world.advance(1_500).await;
        let plain = world.send("GET", "/sandpay/v1/health", None, Body::empty()).await;
        assert_eq!(plain.text, r#"{"status":"ok","api_version":"2026-05-31","time":"2026-06-01T09:00:00.000Z"}"#);
        let named = world.send("GET", &format!("/s/{}/sandpay/v1/health", world.sandbox), None, Body::empty()).await;
        assert_eq!(named.ok(200)["time"], "2026-06-01T09:00:01.500Z");
    }
}
