//! One outbound call from start to end, within one deadline: check the URL, get a connection, send, read the answer.
//!
//! It must not know why the call is made, and never makes a second one: redirects are answers like any other.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderName};
use http::uri::Scheme;
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, timeout_at};

use crate::connect::{Connector, Network};
use crate::egress::{Allowance, Egress, Guard};
use crate::failure::{Failure, SendError};
use crate::resolver::Resolver;
use crate::tls::{LazyTls, TlsOptions};

/// How long an unused connection is kept. Shorter than the five seconds after which common servers close theirs, so
/// that a call is rarely sent into a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(3);

/// Unused connections kept per peer.
const IDLE_PER_PEER: usize = 8;

/// The most that the headers of an answer may take.
const ANSWER_HEAD_BYTES: usize = 64 * 1024;

/// Headers that describe the connection or the framing, which this module decides.
const FRAMING: &[HeaderName] = &[
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A call to make.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// Any method.
    pub method: Method,
    /// Absolute `http` or `https` URL, without user and password.
    pub url: String,
    /// Sent as they are, save those that describe framing; `Host` is added when missing.
    pub headers: HeaderMap,
    /// The final bytes.
    pub body: Bytes,
    /// For the whole call, until the last byte of the answer, in milliseconds.
    pub timeout_ms: u64,
    /// So much of the answer's body is kept, in bytes; the rest is not read.
    pub response_cap_bytes: usize,
    /// What this call may reach.
    pub allowance: Allowance,
}

/// What the peer answered, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code; redirects included, as they are not followed.
    pub status: u16,
    /// The answer's headers.
    pub headers: HeaderMap,
    /// The body, up to the cap.
    pub body: Bytes,
    /// Whether the body went on beyond the cap.
    pub truncated: bool,
    /// From the start of the call to the last byte read, in milliseconds of real time.
    pub duration_ms: u64,
}

/// What a sender is made of.
pub struct SenderOptions {
    /// The server's mode.
    pub egress: Egress,
    /// The addresses that the server listens on, as bound.
    pub own_origins: Vec<std::net::SocketAddr>,
    /// [`crate::SystemResolver`], except in tests.
    pub resolver: Arc<dyn Resolver>,
    /// Trust and identity. Callers with another client certificate need a sender of their own.
    pub tls: TlsOptions,
}

/// Makes outbound calls. Cheap to share behind an `Arc`; one per client certificate.
pub struct Sender {
    clients: [Client<Connector, Full<Bytes>>; CLIENTS],
}

/// One client per allowance: three modes, each with and without the server's own origin.
const CLIENTS: usize = 6;

const MODES: [Egress; 3] = [Egress::Any, Egress::Public, Egress::Loopback];

/// Narrowing to `any` narrows nothing, so it shares the place of no narrowing.
fn place_of(allowance: Allowance) -> usize {
    let narrowed = allowance.narrowed_to.unwrap_or(Egress::Any);
    let mode = MODES.iter().position(|mode| *mode == narrowed).expect("MODES lists every mode");
    2 * mode + usize::from(allowance.own_origin_ok)
}

impl Sender {
    /// A sender with empty connection pools; reads no file and opens nothing yet.
    #[must_use]
    pub fn new(options: SenderOptions) -> Self {
        let network = Arc::new(Network {
            guard: Guard::new(options.egress, options.own_origins),
            resolver: options.resolver,
            tls: LazyTls::new(options.tls),
        });
        let client = |place: usize| {
            let allowance = Allowance { narrowed_to: Some(MODES[place / 2]), own_origin_ok: place % 2 == 1 };
            Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(IDLE_PER_PEER)
                .http1_max_buf_size(ANSWER_HEAD_BYTES)
                .build(Connector::new(Arc::clone(&network), allowance))
        };
        Self { clients: std::array::from_fn(client) }
    }

    /// Makes the call and reads the answer.
    ///
    /// # Errors
    /// When there is no complete answer in time; an answer of any status is none. Dropping the future ends the call.
    pub async fn send(&self, call: Outbound) -> Result<Answer, SendError> {
        // tokio's own clock: a duration that is measured, never one that decides what a sandbox does.
        let started = Instant::now();
        let timeout_ms = call.timeout_ms;
        let mut status = None;
        let deadline = started + Duration::from_millis(timeout_ms);
        let outcome = timeout_at(deadline, self.exchange(call, &mut status)).await;
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match outcome {
            Ok(Ok(answer)) => Ok(Answer { duration_ms, ..answer }),
            Ok(Err(failure)) => Err(SendError { failure, duration_ms }),
            Err(_) => Err(SendError { failure: Failure::Timeout { timeout_ms, status }, duration_ms }),
        }
    }

    /// `status` is set as soon as it is known, so that a timeout can tell how far the call came.
    async fn exchange(&self, call: Outbound, status: &mut Option<u16>) -> Result<Answer, Failure> {
        let uri = callable(&call.url)?;
        let mut request = Request::new(Full::new(call.body));
        *request.method_mut() = call.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = call.headers;
        for name in FRAMING {
            request.headers_mut().remove(name);
        }
        let answered = self.clients[place_of(call.allowance)].request(request).await;
        let (head, body) = answered.map_err(|error| Failure::from_chain(&error))?.into_parts();
        *status = Some(head.status.as_u16());
        let (body, truncated) = read_capped(body, call.response_cap_bytes).await?;
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body, truncated, duration_ms: 0 })
    }
}

/// Reads at most `cap` bytes and says whether there were more. What is not read closes the connection.
async fn read_capped(mut body: Incoming, cap: usize) -> Result<(Bytes, bool), Failure> {
    let mut kept = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::from_chain(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        let room = cap - kept.len();
        if data.len() > room {
            kept.extend_from_slice(&data[..room]);
            return Ok((kept.freeze(), true));
        }
        kept.extend_from_slice(&data);
    }
    Ok((kept.freeze(), false))
}

/// The URL, when it can be called.
fn callable(url: &str) -> Result<Uri, Failure> {
    let uri: Uri = url.parse().map_err(|_| Failure::InvalidUrl("it is not a URL"))?;
    let scheme = uri.scheme().ok_or(Failure::InvalidUrl("it is not absolute"))?;
    if *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS {
        return Err(Failure::InvalidUrl("its scheme is neither http nor https"));
    }
    let authority = uri.authority().ok_or(Failure::InvalidUrl("it has no host"))?;
    if authority.as_str().contains('@') {
        return Err(Failure::InvalidUrl("it holds a user name or password"));
    }
    if authority.host().is_empty() {
        return Err(Failure::InvalidUrl("it has no host"));
    }
    let names_port = authority.as_str().len() > authority.host().len();
    if names_port && authority.port_u16().is_none_or(|port| port == 0) {
        return Err(Failure::InvalidUrl("its port is not a number from 1 to 65535"));
    }
    Ok(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_absolute_urls_can_be_called() {
        for url in ["http://a.example", "https://a.example:8443/x?y=z", "http://[::1]:9000/", "http://127.1/#part"] {
            assert!(callable(url).is_ok(), "{url}");
        }
        let bad = [
            ("", "not a URL"),
            ("/only/a/path", "not absolute"),
            ("a.example", "not absolute"),
            ("ftp://a.example/", "neither http nor https"),
            ("http://user:pass@a.example/", "user name"),
            ("http://:80/", "host"),
            ("http://a.example:99999/", "port"),
            ("http://a.example:0/", "port"),
            ("http://ü.example/", "not a URL"),
            ("http://a b/", "not a URL"),
        ];
        for (url, expected) in bad {
            let failure = callable(url).expect_err(url);
            assert_eq!(failure.kind(), "invalid_url");
            let sentence = failure.to_string();
            assert!(sentence.contains(expected) || sentence.contains("not a URL"), "{url}: {sentence}");
        }
    }

    #[test]
    fn each_allowance_has_a_pool_of_its_own() {
        let modes = [None, Some(Egress::Public), Some(Egress::Loopback)];
        let mut places: Vec<usize> = modes
            .into_iter()
            .flat_map(|narrowed_to| [false, true].map(|own_origin_ok| Allowance { narrowed_to, own_origin_ok }))
            .map(place_of)
            .collect();
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2, 3, 4, 5]);
        let any = Allowance { narrowed_to: Some(Egress::Any), own_origin_ok: false };
        assert_eq!(place_of(any), place_of(Allowance::default()));
    }
}
