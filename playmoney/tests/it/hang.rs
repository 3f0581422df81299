//! Receivers that hang delay neither the API nor the webhooks of those that answer.
//!
//! No time is measured: the proof is that payments are made and read, and a healthy receiver served, while a hundred
//! attempts have been sent, not answered, and not ended.

use crate::http::PATIENCE;
use crate::program::{Server, directory};
use crate::receiver::{Receiver, hanging};
use crate::shop::Shop;
use serde_json::json;
use std::io::Read;
use std::net::TcpStream;
use std::sync::mpsc;

const HANGING: usize = 100;
const PAYMENTS: usize = 50;

#[test]
fn a_hundred_receivers_that_hang_hold_up_nobody() {
    let server = Server::start(&directory("hang"), &[]);
    let mut client = server.client();
    let (stuck, other) = (Shop::demo(&server), Shop::open(&mut client, &json!({})));
    let (came, held) = mpsc::channel();
    for _ in 0..HANGING {
        stuck.register(&mut client, &hanging(came.clone()));
    }
    let healthy = Receiver::start();
    other.register(&mut client, &healthy.url());

    assert_eq!(stuck.pay(&mut client, &stuck.payment("first", Some("success"))).unwrap().status, 201);
    let held: Vec<TcpStream> = (0..HANGING).map(|_| held.recv_timeout(PATIENCE).unwrap()).collect();

    for number in 0..PAYMENTS {
        for shop in [&stuck, &other] {
            let reference = format!("meanwhile-{number}");
            // Those of the first shop owe no webhook: they stay pending.
            let scenario = (shop.sandbox == other.sandbox).then_some("success");
            let made = shop.pay(&mut client, &shop.payment(&reference, scenario)).unwrap();
            assert_eq!(made.status, 201, "{made:?}");
            assert_eq!(shop.look(&mut client, made.json()["id"].as_str().unwrap()).status, 200);
        }
        healthy.next();
    }

    // The attempts still hang: none is recorded, and none of the connections was closed.
    let page = client.admin("GET", &stuck.path("/deliveries?limit=200"), None);
    let deliveries = page["data"].as_array().unwrap();
    assert_eq!(deliveries.len(), HANGING);
    assert!(deliveries.iter().all(|delivery| delivery["attempts"] == json!([])), "{page}");
    for mut stream in held {
        stream.set_nonblocking(true).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    }
}
