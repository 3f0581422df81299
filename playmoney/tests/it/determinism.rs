//! The same seed, clock and requests give the same bytes: answers, request ids, webhooks and their signatures, in two
//! processes that know nothing of each other.

use crate::http::Answer;
use crate::program::{Server, directory};
use crate::receiver::{Receiver, Webhook};
use crate::shop::Shop;
use serde_json::{Value, json};

/// All that a client can see of a run.
struct Seen {
    credentials: Value,
    answers: Vec<(u16, Option<String>, String)>,
    webhooks: Vec<Webhook>,
    ledger: Value,
}

#[test]
fn two_runs_with_the_same_seed_give_the_same_bytes() {
    let receiver = Receiver::start();
    let one = run("determinism-1", &receiver, 7);
    let two = run("determinism-2", &receiver, 7);
    assert_eq!(one.credentials, two.credentials);
    assert_eq!(one.answers.len(), two.answers.len());
    for (one, two) in one.answers.iter().zip(&two.answers) {
        assert_eq!(one, two);
    }
    assert_eq!(one.webhooks, two.webhooks);
    assert_eq!(one.ledger, two.ledger);

    let other = run("determinism-3", &receiver, 8);
    assert_ne!(one.answers, other.answers, "another seed must give other bytes, or this test shows nothing");
    assert_ne!(one.webhooks, other.webhooks);
}

fn run(name: &str, receiver: &Receiver, seed: i64) -> Seen {
    // The base of links is part of the bytes; the port is the only thing that differs between the two.
    let server = Server::start(&directory(name), &["--public-url", "http://sandbox.test"]);
    let mut client = server.client();
    let clock = json!({ "mode": "frozen", "now": "2026-06-01T09:00:00.000Z" });
    let sandbox = json!({ "id": "sbx_same", "seed": seed, "clock": clock });
    let made = client.admin("POST", "/sandboxes", Some(&sandbox));
    let shop = Shop::of(&made);
    shop.register(&mut client, &receiver.url());

    let mut answers = Vec::new();
    let scenarios = ["success", "pin_invalid", "low_balance", "timeout", "blocked", "cancelled", "unknown_msisdn"];
    for (number, scenario) in scenarios.into_iter().map(Some).chain([None, None]).enumerate() {
        let body = shop.payment(&format!("same-{number}"), scenario);
        answers.push(shop.pay(&mut client, &body).unwrap());
    }
    // A repetition, a refusal, a payment with a reference that is taken.
    answers.push(shop.pay(&mut client, &shop.payment("same-0", Some("success"))).unwrap());
    answers.push(shop.pay(&mut client, &json!({ "amount": 0 })).unwrap());
    let mut changed = shop.payment("same-0", Some("success"));
    changed["amount"] = json!(2);
    answers.push(shop.pay(&mut client, &changed).unwrap());
    shop.advance(&mut client, 121 * 60);
    let ids: Vec<String> = answers.iter().filter_map(|answer| Some(answer.json()["id"].as_str()?.to_owned())).collect();
    answers.extend(ids.iter().map(|id| shop.look(&mut client, id)));

    let ledger = client.admin("GET", &shop.path("/ledger"), None);
    // They are sent beside each other, so only their order may differ.
    let mut webhooks = receiver.so_far();
    webhooks.sort();
    assert_eq!(webhooks.len(), 10, "nine payments and one with a taken reference, each ended once");
    assert!(server.terminate().success());
    let answers = answers.iter().map(visible).collect();
    Seen { credentials: made["providers"].clone(), answers, webhooks, ledger }
}

/// What must repeat of an answer. The date of the HTTP layer is wall time.
fn visible(answer: &Answer) -> (u16, Option<String>, String) {
    let request_id = answer.header("x-request-id").map(ToOwned::to_owned);
    (answer.status, request_id, String::from_utf8(answer.body.clone()).unwrap())
}
