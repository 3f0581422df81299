//! What fault rules do to webhooks on the wire, and which inbox the server lets itself call.

use crate::http::Client;
use crate::program::{Server, directory};
use crate::shop::Shop;
use serde_json::{Value, json};

/// Frozen, so that an attempt which was put off stays so until time is moved.
fn frozen() -> Value {
    json!({ "seed": 7, "clock": { "mode": "frozen", "now": "2026-06-01T09:00:00Z" } })
}

fn inbox_of(server: &Server, sandbox: &str) -> String {
    format!("http://{}/inbox/{sandbox}/hooks", server.address())
}

/// A shop whose webhooks go to its own inbox.
fn shop_with_inbox(server: &Server, client: &mut Client) -> Shop {
    let shop = Shop::open(client, &frozen());
    shop.register(client, &inbox_of(server, &shop.sandbox));
    shop
}

/// Pays, and waits until nothing that is due is left.
fn pay(shop: &Shop, client: &mut Client, reference: &str) {
    let made = shop.pay(client, &shop.payment(reference, Some("success"))).unwrap();
    assert_eq!(made.status, 201, "{made:?}");
    shop.advance(client, 0);
}

/// Whether each message of the inbox verified, and the one delivery there is.
fn seen(shop: &Shop, client: &mut Client) -> (Vec<Value>, Value) {
    let inbox = client.admin("GET", &shop.path("/inbox"), None);
    let verified = inbox["data"].as_array().unwrap().iter().map(|message| message["verified"].clone()).collect();
    let page = client.admin("GET", &shop.path("/deliveries"), None);
    assert_eq!(page["data"].as_array().unwrap().len(), 1, "{page}");
    let path = shop.path(&format!("/deliveries/{}", page["data"][0]["id"].as_str().unwrap()));
    (verified, client.admin("GET", &path, None))
}

#[test]
fn each_fault_does_to_a_webhook_what_its_name_says() {
    let server = Server::start(&directory("tampered"), &[]);
    let mut client = server.client();
    let (yes, no) = (json!(true), json!(false));
    // The action, what the inbox makes of what came, and how many attempts are recorded.
    let table = [
        (None, vec![yes.clone()], 1),
        (Some(json!("duplicate")), vec![yes.clone(), yes.clone()], 1),
        (Some(json!("bad_signature")), vec![no.clone()], 1),
        (Some(json!("stale_signature")), vec![no.clone()], 1),
        (Some(json!("altered_body")), vec![no.clone()], 1),
        (Some(json!("drop")), vec![], 1),
        (Some(json!("reorder")), vec![], 0),
        (Some(json!({ "delay_ms": 9000 })), vec![], 0),
    ];
    for (action, expected, attempts) in table {
        let shop = shop_with_inbox(&server, &mut client);
        if let Some(action) = &action {
            let rule = json!({ "on": "delivery", "provider": "sandpay", "action": action, "times": 1 });
            client.admin("POST", &shop.path("/faults"), Some(&rule));
        }
        pay(&shop, &mut client, "one");
        let (verified, delivery) = seen(&shop, &mut client);
        assert_eq!(verified, expected, "{action:?}");
        assert_eq!(delivery["attempts"].as_array().unwrap().len(), attempts, "{action:?}: {delivery}");
        // What was dropped or put off comes once its time has come, as it should be: the rule is used up.
        shop.advance(&mut client, 60);
        let (verified, delivery) = seen(&shop, &mut client);
        let comes_later = expected.is_empty();
        assert_eq!(verified, if comes_later { vec![yes.clone()] } else { expected }, "{action:?}");
        assert_eq!(delivery["status"], "delivered", "{action:?}: {delivery}");
    }
}

#[test]
fn the_server_calls_no_inbox_but_the_sandboxs_own() {
    let server = Server::start(&directory("inboxes"), &[]);
    let mut client = server.client();
    let (shop, other) = (Shop::open(&mut client, &frozen()), Shop::open(&mut client, &frozen()));
    shop.register(&mut client, &inbox_of(&server, &other.sandbox));
    pay(&shop, &mut client, "one");
    let (_, delivery) = seen(&shop, &mut client);
    let error = delivery["attempts"][0]["error"].as_str().unwrap_or_default();
    assert!(error.starts_with("egress"), "{delivery}");
    let inbox = client.admin("GET", &other.path("/inbox"), None);
    assert_eq!(inbox["data"], json!([]), "nothing crosses from one sandbox to another");
}
