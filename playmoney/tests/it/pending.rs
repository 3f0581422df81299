//! A payment that nobody confirms ends in TIMEOUT when the clock is moved, webhook included. Nobody waits.

use crate::program::{Server, directory};
use crate::receiver::Receiver;
use crate::shop::Shop;
use sandpay::signature;
use serde_json::json;

#[test]
fn a_pending_payment_times_out_when_the_clock_moves() {
    let server = Server::start(&directory("pending"), &["--ephemeral"]);
    let mut client = server.client();
    let clock = json!({ "mode": "frozen", "now": "2026-06-01T09:30:00.000Z" });
    let shop = Shop::open(&mut client, &json!({ "clock": clock }));
    let receiver = Receiver::start();
    let secret = shop.register(&mut client, &receiver.url());

    let payment = shop.pay(&mut client, &shop.payment("abandoned", None)).unwrap();
    assert_eq!((payment.status, payment.json()["status"].as_str()), (201, Some("PENDING")));
    let id = payment.json()["id"].as_str().unwrap().to_owned();

    // At 10:00 it is half an hour old, at 11:00 old enough.
    shop.advance(&mut client, 89 * 60);
    assert_eq!(shop.look(&mut client, &id).json()["status"], "PENDING");
    assert_eq!(receiver.so_far(), vec![]);

    let advanced = shop.advance(&mut client, 60);
    assert_eq!(advanced["deliveries_attempted"], 1);
    assert_eq!(shop.look(&mut client, &id).json()["status"], "TIMEOUT");
    let webhooks = receiver.so_far();
    assert_eq!(webhooks.len(), 1, "{webhooks:?}");
    let body = webhooks[0].json();
    assert_eq!((&body["tx_id"], &body["status"]), (&json!(id), &json!("TIMEOUT")));
    assert_eq!(body["completed_at"], "2026-06-01T11:00:00.000Z");
    assert!(signature::verify(&secret, &webhooks[0].body, Some(webhooks[0].header("x-sandpay-signature"))));
}
