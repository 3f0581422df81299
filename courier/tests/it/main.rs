//! Outbound calls against real sockets on loopback: answers, peers that hang, break or lie, TLS, and the egress guard.
#![allow(clippy::unwrap_used, reason = "tests")]

mod answers;
mod broken_peers;
mod egress;
mod receiver;
mod tls;

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use courier::resolver::Lookup;
use courier::{Allowance, Egress, Outbound, Resolver, Sender, SenderOptions, TlsOptions};
use http::{HeaderMap, Method};

/// Longer than any healthy exchange on loopback takes; a test that waits for it fails.
const AMPLE_MS: u64 = 10_000;

/// A resolver that gives the prepared answers in turn and counts the questions. Knows no name once they are used up.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|ips| ips.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        Arc::new(Self { answers: Mutex::new(answers), asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolver for Scripted {
    fn lookup(&self, _: &str) -> Lookup {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.lock().unwrap().pop_front();
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("no such name")) })
    }
}

fn options(egress: Egress) -> SenderOptions {
    SenderOptions { egress, own_origins: Vec::new(), resolver: Scripted::new(&[]), tls: TlsOptions::default() }
}

fn sender(egress: Egress) -> Sender {
    Sender::new(options(egress))
}

fn get(url: impl Into<String>) -> Outbound {
    Outbound {
        method: Method::GET,
        url: url.into(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        timeout_ms: AMPLE_MS,
        response_cap_bytes: 1024,
        allowance: Allowance::default(),
    }
}

fn post(url: impl Into<String>, body: &'static str) -> Outbound {
    Outbound { method: Method::POST, body: Bytes::from_static(body.as_bytes()), ..get(url) }
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}/hook")
}
