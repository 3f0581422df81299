//! Environments and the detection of operators (contract 11).

use serde_json::{Value, json};

use crate::harness::{STORES, World, request_with};

/// Table 11.2 and what the fixtures register in each.
const PAIRS: [(&str, &str, &str, &str, &str); 9] = [
    ("mtn", "CI", "XOF", "*133#", "+2250500000111"),
    ("mtn", "BJ", "XOF", "*133#", "+2290196000111"),
    ("mtn", "TG", "XOF", "*133#", "+22890000111"),
    ("mtn", "RW", "RWF", "*133#", "+250788000111"),
    ("orange", "CI", "XOF", "*144#", "+2250700000111"),
    ("moov", "CI", "XOF", "*155#", "+2250100000111"),
    ("moov", "BJ", "XOF", "*155#", "+2290195000111"),
    ("moov", "TG", "XOF", "*155#", "+22896000111"),
    ("airtel", "RW", "RWF", "*185#", "+250728000111"),
];

#[tokio::test]
async fn the_nine_pairs_take_payments() {
    for store in STORES {
        let world = World::on(store).await;
        for (operator, country, currency, ussd, msisdn) in PAIRS {
            let reference = format!("{operator}{country}");
            let members = json!({"operator": operator, "country": country, "currency": currency, "msisdn": msisdn});
            let payment = world.create(&request_with(&reference, members)).await.ok(201);
            assert_eq!((payment["status"].as_str(), payment["currency"].as_str()), (Some("PENDING"), Some(currency)));
            let prompts = world.admin("GET", "/prompts?limit=500", &Value::Null).await.ok(200);
            let prompt = prompts["data"].as_array().unwrap().iter().find(|prompt| prompt["tx_id"] == payment["id"]);
            assert_eq!(prompt.unwrap()["ussd_code"], ussd);
        }
        for operator in ["mtn", "orange", "moov", "airtel"] {
            for country in ["CI", "BJ", "TG", "RW", "SN", "ML", "BF", "FR", "zz"] {
                if PAIRS.iter().any(|(of, at, ..)| (*of, *at) == (operator, country)) {
                    continue;
                }
                let members = json!({"operator": operator, "country": country});
                world.create(&request_with("NONE", members)).await.refused(404, "env_not_found");
            }
        }
    }
}

/// Number, and the operator and country it tells; none where it tells no operator.
#[tokio::test]
async fn the_number_tells_operator_and_country() {
    for store in STORES {
        let world = World::on(store).await;
        let told = [
            ("+2250512345678", "mtn", "CI", "XOF"),
            ("+2250112345678", "moov", "CI", "XOF"),
            ("+2250712345678", "orange", "CI", "XOF"),
            ("+22507123456", "orange", "CI", "XOF"),
            ("+22546123456", "mtn", "CI", "XOF"),
            ("+22572123456", "moov", "CI", "XOF"),
            ("+2290156123456", "mtn", "BJ", "XOF"),
            ("+2290158123456", "moov", "BJ", "XOF"),
            ("+22956123456", "moov", "BJ", "XOF"),
            ("+22958123456", "mtn", "BJ", "XOF"),
            ("+22879123456", "moov", "TG", "XOF"),
            ("+250788123456", "mtn", "RW", "RWF"),
            ("+250728123456", "airtel", "RW", "RWF"),
        ];
        for (msisdn, operator, country, currency) in told {
            let members = json!({"msisdn": msisdn, "currency": currency});
            let payment = world.create(&request_with(msisdn, members)).await.ok(201);
            assert_eq!(
                (payment["operator"].as_str(), payment["country"].as_str()),
                (Some(operator), Some(country)),
                "{msisdn}"
            );
            assert_eq!(payment["msisdn"], msisdn, "as sent");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_told_is_a_bad_request() {
    for store in STORES {
        let world = World::on(store).await;
        let rows: [(&str, Value, &[&str]); 9] = [
            ("+22890123456", json!({}), &["operator"]),
            ("+22897123456", json!({}), &["operator"]),
            ("+2252112345678", json!({}), &["operator"]),
            ("+225051234567", json!({}), &["operator"]),
            ("+250758123456", json!({}), &["operator"]),
            ("+33612345678", json!({}), &["operator", "country"]),
            ("+33612345678", json!({"country": "CI"}), &["operator"]),
            ("+33612345678", json!({"operator": "mtn"}), &["country"]),
            ("+22960123456", json!({"country": "BJ"}), &[]),
        ];
        for (msisdn, mut members, fields) in rows {
            members["msisdn"] = json!(msisdn);
            let answer = world.create(&request_with(msisdn, members.clone())).await;
            if fields.is_empty() {
                answer.ok(201);
                continue;
            }
            let body = answer.refused(400, "invalid_body");
            let named: Vec<_> = body["detail"]["fieldErrors"].as_object().unwrap().keys().cloned().collect();
            assert_eq!(named, fields, "{members}");
        }
    }
}

#[tokio::test]
async fn what_is_stated_wins_over_the_prefix() {
    for store in STORES {
        let world = World::on(store).await;
        let rows = [
            (json!({"msisdn": "+2250712345678", "operator": "mtn"}), "mtn", "CI"),
            (json!({"msisdn": "+22890123456", "operator": "mtn"}), "mtn", "TG"),
            (json!({"msisdn": "+2250512345678", "operator": "moov", "country": "TG"}), "moov", "TG"),
            (json!({"msisdn": "+33612345678", "operator": "Orange", "country": "ci"}), "orange", "CI"),
        ];
        for (at, (members, operator, country)) in rows.into_iter().enumerate() {
            let payment = world.create(&request_with(&format!("R{at}"), members)).await.ok(201);
            assert_eq!((payment["operator"].as_str(), payment["country"].as_str()), (Some(operator), Some(country)));
        }
    }
}
