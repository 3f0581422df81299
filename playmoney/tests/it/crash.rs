//! SIGKILL at many points: what was answered exists afterwards, with its postings and its webhook.
//!
//! The point is a number of answered payments, drawn from a fixed seed and counted by the test, while others are on
//! their way. All rounds use one database, so each also starts from what the kill before it left.

use crate::http::Client;
use crate::program::{Server, directory};
use crate::receiver::Receiver;
use crate::shop::Shop;
use sandpay::signature;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{self, Sender};
use std::thread;

const ROUNDS: usize = 15;
const CLIENTS: usize = 8;
/// The last point is this many answers at the most.
const MOST_ANSWERS: u64 = 120;
/// Where the merchant's money is.
const FLOAT: &str = "float.env_ci_mtn";

/// A payment that was asked for, and the answer if there was one before the end.
struct Asked {
    body: Value,
    answer: Option<Value>,
}

#[test]
fn nothing_that_was_answered_is_lost_by_sigkill() {
    let directory = directory("crash");
    let receiver = Receiver::start();
    let mut server = Server::start(&directory, &[]);
    let shop = Shop::demo(&server);
    let secret = shop.register(&mut server.client(), &receiver.url());
    let at_first = Shop::balance(&ledger(&mut server.client(), &shop), FLOAT);

    let mut payments = BTreeMap::new();
    let mut delivered = Delivered::default();
    let mut points = Points(2026);
    let mut unanswered = 0;
    for round in 0..ROUNDS {
        // In every other round nothing is acknowledged before the kill, so that all webhooks are still owed after it.
        if round % 2 == 1 {
            receiver.hold();
        }
        let asked = burst_and_kill(&mut server, &shop, (round, points.next()));
        receiver.release();
        unanswered += asked.iter().filter(|asked| asked.answer.is_none()).count();
        server = Server::start(&directory, &[]);
        let mut client = server.client();
        for asked in &asked {
            let payment = still_there(&mut client, &shop, asked);
            payments.insert(payment["id"].as_str().unwrap().to_owned(), payment);
        }
        shop.advance(&mut client, 0);

        let settled = payments.values().filter(|payment| payment["status"] == "SUCCESS");
        let credited: i64 = settled.map(|payment| payment["netAmount"].as_i64().unwrap()).sum();
        let ledger = ledger(&mut client, &shop);
        assert_eq!(Shop::balance(&ledger, FLOAT), at_first + credited, "round {round}");
        assert_eq!(client.admin("GET", "/doctor", None)["ok"], json!(true), "round {round}");
        delivered.add(&receiver, &secret);
        delivered.check(&payments, round);
    }
    assert!(unanswered > 0, "no kill cut a request off, so nothing was shown");
    assert!(delivered.repeated > 0, "no kill cut an attempt off, so nothing was shown");
}

fn ledger(client: &mut Client, shop: &Shop) -> Value {
    let ledger = client.admin("GET", &shop.path("/ledger"), None);
    assert_eq!(ledger["balanced"], json!(true), "{ledger}");
    ledger
}

/// Several clients pay until the server is gone, which is right after so many answers.
fn burst_and_kill(server: &mut Server, shop: &Shop, (round, answers): (usize, u64)) -> Vec<Asked> {
    let (tell, told) = mpsc::channel();
    let address = server.address().to_owned();
    thread::scope(|scope| {
        let pay = |client| {
            let (address, tell) = (address.clone(), tell.clone());
            scope.spawn(move || pay_until_killed(&address, shop, &format!("r{round}-c{client}"), &tell))
        };
        let clients: Vec<_> = (0..CLIENTS).map(pay).collect();
        // From here on the channel ends with the last client.
        drop(tell);
        for _ in 0..answers {
            told.recv().unwrap();
        }
        server.kill();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

fn pay_until_killed(address: &str, shop: &Shop, prefix: &str, tell: &Sender<()>) -> Vec<Asked> {
    let mut asked = Vec::new();
    let Ok(mut client) = Client::try_connect(address) else { return asked };
    loop {
        // Every third payment fails: it owes a webhook too, but moves no money.
        let scenario = if asked.len() % 3 == 2 { "low_balance" } else { "success" };
        let body = shop.payment(&format!("{prefix}-{}", asked.len()), Some(scenario));
        let Ok(answer) = shop.pay(&mut client, &body) else {
            asked.push(Asked { body, answer: None });
            return asked;
        };
        assert_eq!(answer.status, 201, "{answer:?}");
        asked.push(Asked { body, answer: Some(answer.json()) });
        tell.send(()).unwrap();
    }
}

/// What was answered is there, to the byte. What was not is there whole or not at all: asked for again, it is found or
/// made.
fn still_there(client: &mut Client, shop: &Shop, asked: &Asked) -> Value {
    match &asked.answer {
        Some(answer) => {
            let found = shop.look(client, answer["id"].as_str().unwrap());
            assert_eq!((found.status, &found.json()), (200, answer));
            answer.clone()
        }
        None => {
            let repeated = shop.pay(client, &asked.body).unwrap();
            assert!(matches!(repeated.status, 200 | 201), "{repeated:?}");
            assert_eq!(repeated.json()["reference"], asked.body["reference"]);
            repeated.json()
        }
    }
}

/// The delivery ids under which webhooks came, by payment.
#[derive(Default)]
struct Delivered {
    by_payment: BTreeMap<String, BTreeSet<String>>,
    /// How many came more than once.
    repeated: usize,
}

impl Delivered {
    fn add(&mut self, receiver: &Receiver, secret: &str) {
        for webhook in receiver.so_far() {
            assert!(signature::verify(secret, &webhook.body, Some(webhook.header("x-sandpay-signature"))));
            let delivery = webhook.header("x-sandpay-delivery").to_owned();
            let is_new = self.by_payment.entry(webhook.tx_id()).or_default().insert(delivery);
            self.repeated += usize::from(!is_new);
        }
    }

    /// At least one webhook for each payment, always as the same delivery, and none about anything else.
    fn check(&self, payments: &BTreeMap<String, Value>, round: usize) {
        let told: Vec<_> = self.by_payment.keys().collect();
        assert_eq!(told, payments.keys().collect::<Vec<_>>(), "round {round}");
        let is_one = |deliveries: &BTreeSet<String>| deliveries.len() == 1;
        assert!(self.by_payment.values().all(is_one), "round {round}: {:?}", self.by_payment);
    }
}

/// Repeatable numbers: a linear congruential generator is random enough to pick points.
struct Points(u64);

impl Points {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % MOST_ANSWERS + 1
    }
}
