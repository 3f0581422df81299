//! Trial balance and postings.

use serde_json::{Value, json};

use crate::world::on_every_store;

#[tokio::test]
async fn the_trial_balance_sums_to_zero() {
    on_every_store(|world| async move {
        let id = world.make("sbx_a").await;
        let empty = world.get("/sandboxes/sbx_a/ledger").await.ok(200);
        assert_eq!(empty, json!({ "balanced": true, "currencies": {}, "accounts": [] }));
        for n in 0..3 {
            world.pay(&id, &format!("TX_{n}"), "http://receiver/200").await;
        }
        let account = |name: &str, balance: i64| json!({ "account": name, "currency": "XOF", "balance": balance });
        assert_eq!(
            world.get("/sandboxes/sbx_a/ledger").await.ok(200),
            json!({
                "balanced": true, "currencies": { "XOF": 0 },
                "accounts": [account("customer", -300), account("equity", -1000), account("till", 1300)],
            })
        );
    })
    .await;
}

#[tokio::test]
async fn postings_of_an_account_are_paged() {
    on_every_store(|world| async move {
        let id = world.make("sbx_a").await;
        for n in 0..3 {
            world.pay(&id, &format!("TX_{n}"), "http://receiver/200").await;
        }
        let path = "/sandboxes/sbx_a/ledger/accounts/till/postings";
        let (mut cursor, mut lines): (Option<String>, Vec<Value>) = (None, Vec::new());
        for _ in 0..9 {
            let query = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = world.get(&format!("{path}?limit=1{query}")).await.ok(200);
            lines.extend(page["data"].as_array().unwrap().clone());
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(cursor, None);
        let subjects: Vec<&str> = lines.iter().map(|line| line["subject"].as_str().unwrap()).collect();
        assert_eq!(subjects, ["till", "TX_0", "TX_1", "TX_2"]);
        assert_eq!((&lines[0]["reason"], &lines[0]["amount"]), (&json!("opening_balance"), &json!(1000)));
        assert_eq!((&lines[1]["amount"], &lines[1]["currency"]), (&json!(100), &json!("XOF")));
        world.get("/sandboxes/sbx_a/ledger/accounts/nobody/postings").await.refused(404, &["Nothing was ever posted"]);
        world.get(&format!("{path}?cursor=x")).await.refused(400, &["`cursor`"]);
        world.get(&format!("{path}?limit=1001")).await.refused(400, &["`limit`"]);
    })
    .await;
}
