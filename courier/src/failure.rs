//! Why a call got no answer: classified for programs, and one sentence for people.
//!
//! It must not decide what follows from it: retries belong to whoever owns the delivery.

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use crate::egress::EgressRefusal;

/// A call without a complete answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{failure}")]
pub struct SendError {
    /// What went wrong.
    pub failure: Failure,
    /// From the start of the call until it was given up, in milliseconds.
    pub duration_ms: u64,
}

impl SendError {
    /// The class, as recorded with the attempt: see [`Failure::kind`].
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.failure.kind()
    }
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The URL cannot be called at all.
    #[error("the URL cannot be called: {0}")]
    InvalidUrl(&'static str),
    /// The name has no address.
    #[error("`{host}` could not be resolved: {reason}")]
    Dns {
        /// The name as it stands in the URL.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// The egress guard refused an address that the name resolves to.
    #[error(transparent)]
    Refused(#[from] EgressRefusal),
    /// No connection could be opened.
    #[error("no connection to {address}: {reason}")]
    Connect {
        /// The last address that was tried.
        address: SocketAddr,
        /// What the system said.
        reason: String,
    },
    /// The two sides could not agree on TLS, or one does not trust the other.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// The answer was not complete in time.
    #[error("{}", timeout_sentence(*.timeout_ms, *.status))]
    Timeout {
        /// The time the whole call had, in milliseconds.
        timeout_ms: u64,
        /// The status, when the answer had begun.
        status: Option<u16>,
    },
    /// The peer closed the connection, or spoke something that is not HTTP/1.1.
    #[error("{0}")]
    Protocol(String),
}

impl Failure {
    /// The class: `invalid_url`, `dns`, `egress`, `connect`, `tls`, `timeout` or `protocol`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::InvalidUrl(_) => "invalid_url",
            Self::Dns { .. } => "dns",
            Self::Refused(_) => "egress",
            Self::Connect { .. } => "connect",
            Self::Tls(_) => "tls",
            Self::Timeout { .. } => "timeout",
            Self::Protocol(_) => "protocol",
        }
    }

    /// Whether the time ran out: such an endpoint shares a small pool until it answers again.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }

    /// Finds the cause below what the HTTP library reports: our own failures and those of TLS keep their class even
    /// where the library wraps them (a server that wants a client certificate says so after the handshake).
    pub(crate) fn from_chain(error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(failure) = error.downcast_ref::<Self>() {
                return failure.clone();
            }
            if let Some(tls) = error.downcast_ref::<rustls::Error>() {
                return Self::Tls(tls.to_string());
            }
            if let Some(sentence) = protocol_sentence(error) {
                return Self::Protocol(sentence);
            }
            next = below(error);
        }
        Self::Protocol(format!("the exchange failed: {}", deepest(error)))
    }
}

/// One level down. An `io::Error` reports the source *of* what it wraps, and would hide the wrapped error itself.
fn below<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn protocol_sentence(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(http) = error.downcast_ref::<hyper::Error>() {
        if http.is_parse() {
            return Some(format!("the peer's answer is not HTTP/1.1: {}", deepest(error)));
        }
        return http
            .is_incomplete_message()
            .then(|| "the peer closed the connection before its answer ended".to_owned());
    }
    let io = error.downcast_ref::<io::Error>()?;
    match io.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
            Some("the peer reset the connection".to_owned())
        }
        io::ErrorKind::UnexpectedEof => Some("the peer closed the connection before its answer ended".to_owned()),
        _ => None,
    }
}

fn deepest(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(next) = below(deepest) {
        deepest = next;
    }
    deepest.to_string()
}

fn timeout_sentence(timeout_ms: u64, status: Option<u16>) -> String {
    match status {
        Some(status) => format!("the answer began with status {status} but had not ended after {timeout_ms} ms"),
        None => format!("no answer within {timeout_ms} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_found_below_wrappings() {
        let failure = Failure::Dns { host: "a.example".to_owned(), reason: "no address".to_owned() };
        let wrapped = io::Error::other(io::Error::other(failure.clone()));
        assert_eq!(Failure::from_chain(&wrapped), failure);
        let tls = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::DecryptError);
        assert_eq!(Failure::from_chain(&io::Error::other(tls)).kind(), "tls");
        let reset = io::Error::other(io::Error::from(io::ErrorKind::ConnectionReset));
        assert_eq!(Failure::from_chain(&reset).to_string(), "the peer reset the connection");
        let unknown = io::Error::other("odd");
        assert_eq!(Failure::from_chain(&unknown).to_string(), "the exchange failed: odd");
    }

    #[test]
    fn a_timeout_says_how_far_the_call_came() {
        let failure = |status| Failure::Timeout { timeout_ms: 10_000, status };
        assert_eq!(failure(None).to_string(), "no answer within 10000 ms");
        let begun = "the answer began with status 200 but had not ended after 10000 ms";
        assert_eq!(failure(Some(200)).to_string(), begun);
    }
}
