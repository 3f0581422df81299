//! A receiver of our own: accepts on a loopback port, reads one request after the other, and answers each with the
//! bytes it was given, or misbehaves as told. What it received goes to a channel, so that tests wait for facts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// What the receiver does with each request.
#[derive(Clone)]
pub enum Behaviour {
    /// Writes these bytes and keeps the connection.
    Answer(Vec<u8>),
    /// Reads the request and never answers.
    Hang,
    /// Writes the head of an answer, then a byte of its body now and then until the caller hangs up.
    Trickle,
    /// Writes these bytes and closes.
    Close(Vec<u8>),
    /// Writes these bytes before anything was asked, and waits until the caller hangs up.
    Greet(Vec<u8>),
    /// Resets the connection after reading the request.
    Reset,
    /// Writes the head of an answer without a length, and body until the caller hangs up.
    Flood,
}

impl Behaviour {
    pub fn ok(body: &str) -> Self {
        Self::answer("200 OK", "", body)
    }

    pub fn answer(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::Answer(format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}").into_bytes())
    }
}

/// What the receiver saw.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    Connected,
    /// Head and body of a request as they came.
    Request(String),
    /// The caller hung up during an answer.
    HungUp,
}

pub struct Receiver {
    pub address: SocketAddr,
    seen: UnboundedReceiver<Seen>,
}

impl Receiver {
    pub async fn start(behaviour: Behaviour) -> Self {
        Self::start_with(behaviour, None).await
    }

    /// With a server configuration, speaks TLS.
    pub async fn start_with(behaviour: Behaviour, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, seen) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                sender.send(Seen::Connected).ok();
                tokio::spawn(serve(tcp, tls.clone(), behaviour.clone(), sender.clone()));
            }
        });
        Self { address, seen }
    }

    /// The next request, past other sights.
    pub async fn request(&mut self) -> String {
        loop {
            if let Seen::Request(request) = self.seen.recv().await.unwrap() {
                return request;
            }
        }
    }

    /// Waits until the caller hung up during an answer.
    pub async fn hung_up(&mut self) {
        while self.seen.recv().await.unwrap() != Seen::HungUp {}
    }

    /// Everything seen by now.
    pub fn seen(&mut self) -> Vec<Seen> {
        std::iter::from_fn(|| self.seen.try_recv().ok()).collect()
    }

    /// How many connections were accepted by now.
    pub fn connections(&mut self) -> usize {
        self.seen().iter().filter(|seen| **seen == Seen::Connected).count()
    }
}

async fn serve(
    tcp: TcpStream,
    tls: Option<Arc<rustls::ServerConfig>>,
    behaviour: Behaviour,
    sender: UnboundedSender<Seen>,
) {
    match tls {
        None if matches!(behaviour, Behaviour::Reset) => reset(tcp, &sender).await,
        None => talk(tcp, &behaviour, &sender).await,
        Some(config) => {
            // A caller that does not trust us ends here, as it should.
            if let Ok(stream) = tokio_rustls::TlsAcceptor::from(config).accept(tcp).await {
                talk(stream, &behaviour, &sender).await;
            }
        }
    }
}

async fn reset(mut tcp: TcpStream, sender: &UnboundedSender<Seen>) {
    if let Some(request) = read_request(&mut tcp).await {
        sender.send(Seen::Request(request)).ok();
    }
    tcp.set_zero_linger().unwrap();
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, behaviour: &Behaviour, sender: &UnboundedSender<Seen>) {
    if let Behaviour::Greet(bytes) = behaviour {
        stream.write_all(bytes).await.ok();
    }
    while let Some(request) = read_request(&mut stream).await {
        sender.send(Seen::Request(request)).ok();
        match behaviour {
            Behaviour::Answer(bytes) => {
                if stream.write_all(bytes).await.is_err() {
                    return;
                }
            }
            Behaviour::Close(bytes) => {
                stream.write_all(bytes).await.ok();
                stream.shutdown().await.ok();
                return;
            }
            Behaviour::Hang | Behaviour::Reset | Behaviour::Greet(_) => {
                // Ends when the caller hangs up.
                stream.read_u8().await.ok();
                sender.send(Seen::HungUp).ok();
                return;
            }
            Behaviour::Trickle => return trickle(stream, sender).await,
            Behaviour::Flood => return flood(stream, sender).await,
        }
    }
}

async fn trickle<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, sender: &UnboundedSender<Seen>) {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await.ok();
    // Between two bytes it looks whether the caller is still there, and gives it a little time to say goodbye.
    while timeout(Duration::from_millis(5), stream.read_u8()).await.is_err() {
        if stream.write_all(b".").await.is_err() {
            break;
        }
    }
    sender.send(Seen::HungUp).ok();
}

async fn flood<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, sender: &UnboundedSender<Seen>) {
    stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await.ok();
    let piece = [b'x'; 16 * 1024];
    while stream.write_all(&piece).await.is_ok() {}
    sender.send(Seen::HungUp).ok();
}

/// Head and body of the next request; none when the caller closed.
async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(head + &String::from_utf8(body).unwrap())
}
