//! Receivers of webhooks: one that keeps what comes and acknowledges it, and one that never answers.

use crate::http::{read_body, read_headers, read_line};
use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver as Channel, Sender};
use std::thread;

/// A webhook, as it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Webhook {
    /// Method and path.
    pub line: String,
    /// In the order in which they came, names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Webhook {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn tx_id(&self) -> String {
        self.json()["tx_id"].as_str().unwrap().to_owned()
    }
}

/// Keeps what comes.
pub struct Receiver {
    address: String,
    came: Channel<Webhook>,
}

impl Receiver {
    /// Listens, and answers every request with 204.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, came) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                thread::spawn(move || serve(&stream, &sender));
            }
        });
        Self { address, came }
    }

    pub fn url(&self) -> String {
        format!("http://{}/webhooks", self.address)
    }

    /// The next one; the test hangs, and fails by its runner, when none ever comes.
    pub fn next(&self) -> Webhook {
        self.came.recv().unwrap()
    }

    /// Those that have come so far.
    pub fn so_far(&self) -> Vec<Webhook> {
        self.came.try_iter().collect()
    }
}

/// Answers after it has kept: what was acknowledged can be found.
fn serve(stream: &TcpStream, sender: &Sender<Webhook>) {
    let mut input = BufReader::new(stream);
    let mut output = stream;
    while let Ok(webhook) = read_webhook(&mut input) {
        if sender.send(webhook).is_err() || output.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").is_err() {
            return;
        }
    }
}

fn read_webhook(input: &mut BufReader<&TcpStream>) -> io::Result<Webhook> {
    let line = read_line(input)?;
    let headers = read_headers(input)?;
    let body = read_body(input, &headers)?;
    Ok(Webhook { line: line.trim_end_matches(" HTTP/1.1").to_owned(), headers, body })
}

/// Accepts, reads a whole webhook, and never answers. It says on a channel that it has one, and keeps the connection.
pub fn hanging(came: Sender<TcpStream>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if read_webhook(&mut BufReader::new(&stream)).is_ok() && came.send(stream).is_err() {
                return;
            }
        }
    });
    format!("http://{address}/webhooks")
}
