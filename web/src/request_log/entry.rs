//! A request as the pipeline hands it to the log: raw, in few allocations, holding on to nothing that is larger than it.
//!
//! Must not know masking or JSON; that happens when it is written.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};

/// One request and its reply, unmasked.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) scope: Arc<str>,
    pub(crate) id: String,
    pub(crate) at_ms: i64,
    pub(crate) wall_ms: i64,
    pub(crate) provider: &'static str,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) duration_us: i64,
    pub(crate) subject: Option<String>,
    pub(crate) request_headers: FlatHeaders,
    pub(crate) request_body: KeptBody,
    pub(crate) response_headers: FlatHeaders,
    pub(crate) response_body: KeptBody,
    pub(crate) faults: Vec<Arc<str>>,
}

impl Entry {
    /// Roughly how much memory it takes, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let parts = [
            self.path.len(),
            self.request_headers.0.len(),
            self.response_headers.0.len(),
            self.request_body.bytes.len(),
            self.response_body.bytes.len(),
        ];
        parts.iter().sum::<usize>() + size_of::<Self>()
    }
}

/// Headers in one piece of memory: name, NUL, value, newline, for each. Neither byte can stand in a header.
#[derive(Debug, Default)]
pub(crate) struct FlatHeaders(Box<[u8]>);

impl FlatHeaders {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let length = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 2).sum();
        let mut flat = Vec::with_capacity(length);
        for (name, value) in headers {
            flat.extend_from_slice(name.as_str().as_bytes());
            flat.push(0);
            flat.extend_from_slice(value.as_bytes());
            flat.push(b'\n');
        }
        Self(flat.into_boxed_slice())
    }

    /// Names and values, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.split(|byte| *byte == b'\n').filter_map(|line| {
            let at = line.iter().position(|byte| *byte == 0)?;
            Some((std::str::from_utf8(&line[..at]).ok()?, &line[at + 1..]))
        })
    }

    /// The first value of a header, as text.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(found, _)| *found == name).and_then(|(_, value)| std::str::from_utf8(value).ok())
    }
}

/// The part of a body that is kept, and how long the whole was.
#[derive(Debug, Default)]
pub(crate) struct KeptBody {
    pub(crate) bytes: Bytes,
    pub(crate) whole_bytes: usize,
}

impl KeptBody {
    /// Copies what is small or cut: a slice of a connection's buffer would keep all of that buffer alive.
    pub(crate) fn of(body: &Bytes, most: usize) -> Self {
        let bytes = if body.len() <= 8 * 1024 || body.len() > most {
            Bytes::copy_from_slice(&body[..body.len().min(most)])
        } else {
            body.clone()
        };
        Self { bytes, whole_bytes: body.len() }
    }
}
