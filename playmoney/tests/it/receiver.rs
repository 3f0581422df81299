//! Receivers of webhooks: one that keeps what comes and acknowledges it, and one that never answers.

use crate::http::{PATIENCE, read_body, read_headers, read_line};
use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver as Channel, Sender};
use std::sync::{Arc, Condvar, Mutex};
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
    held: Arc<Held>,
}

/// Whether acknowledgements are held back.
#[derive(Default)]
struct Held(Mutex<bool>, Condvar);

impl Held {
    fn set(&self, is_held: bool) {
        *self.0.lock().unwrap() = is_held;
        self.1.notify_all();
    }

    fn pass(&self) {
        drop(self.1.wait_while(self.0.lock().unwrap(), |is_held| *is_held).unwrap());
    }
}

impl Receiver {
    /// Listens, and answers every request with 204.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, came) = mpsc::channel();
        let held = Arc::<Held>::default();
        let gate = Arc::clone(&held);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (sender, gate) = (sender.clone(), Arc::clone(&gate));
                thread::spawn(move || serve(&stream, &sender, &gate));
            }
        });
        Self { address, came, held }
    }

    /// From now on takes webhooks without acknowledging them.
    pub fn hold(&self) {
        self.held.set(true);
    }

    /// Acknowledges again, what was held back too.
    pub fn release(&self) {
        self.held.set(false);
    }

    pub fn url(&self) -> String {
        format!("http://{}/webhooks", self.address)
    }

    /// The next one. That none comes at all is a failure, told after a while that no machine needs.
    pub fn next(&self) -> Webhook {
        self.came.recv_timeout(PATIENCE).unwrap()
    }

    /// Those that have come so far.
    pub fn so_far(&self) -> Vec<Webhook> {
        self.came.try_iter().collect()
    }
}

/// Answers after it has kept: what was acknowledged can be found.
fn serve(stream: &TcpStream, sender: &Sender<Webhook>, held: &Held) {
    let mut input = BufReader::new(stream);
    let mut output = stream;
    while let Ok(webhook) = read_webhook(&mut input) {
        let is_kept = sender.send(webhook).is_ok();
        held.pass();
        if !is_kept || output.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").is_err() {
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
