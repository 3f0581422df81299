//! What handler and pipeline tell each other about one request: where it was sent, its body, and, from the handler,
//! which sandbox it turned out to belong to and what it was about.
//!
//! Must not know what is done with it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use bytes::Bytes;
use http::request::Parts;

use crate::problem::Problem;
use crate::route::{By, Routed};

/// Shared by pipeline and handler for one request; an axum extractor in handlers.
#[derive(Debug, Clone)]
pub struct RequestCell(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    routed: Routed,
    body: Bytes,
    links: Links,
    told: Mutex<Told>,
}

/// What links in a reply are made from.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// `--public-url`, without a trailing slash.
    pub public_url: Arc<str>,
    /// Path prefix of the provider, such as `/sandpay`; empty for our own routes.
    pub prefix: &'static str,
    /// `scheme://host` of a request that came by the platform's real host.
    pub real_host: Option<String>,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Told {
    pub(crate) sandbox: Option<Arc<str>>,
    pub(crate) subject: Option<String>,
}

impl RequestCell {
    /// A cell for a request that was routed and read. The pipeline makes it; tests of handlers may.
    pub fn new(routed: Routed, body: Bytes, links: Links) -> Self {
        let told = Told { sandbox: routed.sandbox.clone(), subject: None };
        Self(Arc::new(Inner { routed, body, links, told: Mutex::new(told) }))
    }

    /// Where the request was sent.
    pub fn routed(&self) -> &Routed {
        &self.0.routed
    }

    /// The sandbox of the `/s/{sandbox}` prefix, if the request has one. A credential of another sandbox is then a 404.
    pub fn sandbox_of_path(&self) -> Option<&str> {
        self.0.routed.sandbox.as_deref()
    }

    /// How the request came in: links in replies follow it.
    pub fn by(&self) -> By {
        self.0.routed.by
    }

    /// Base URL for links in the reply, without a trailing slash: the real host where the request came by it, else the
    /// public URL with `/s/{sandbox}` where that was sent, and the provider's prefix.
    pub fn link_base(&self) -> String {
        let Links { public_url, prefix, real_host } = &self.0.links;
        let (base, prefix) = match real_host {
            Some(real_host) => (real_host.as_str(), ""),
            None => (public_url.as_ref(), *prefix),
        };
        match self.sandbox_of_path() {
            Some(sandbox) => format!("{base}/s/{sandbox}{prefix}"),
            None => format!("{base}{prefix}"),
        }
    }

    /// The request body, whole. Empty on routes that stream their body.
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// Says to which sandbox the request belongs (id without generation).
    pub fn set_sandbox(&self, sandbox: &str) {
        let mut told = self.told();
        if told.sandbox.as_deref() != Some(sandbox) {
            told.sandbox = Some(Arc::from(sandbox));
        }
    }

    /// Says what the request was about: the id of the transaction it touched.
    pub fn set_subject(&self, subject: &str) {
        self.told().subject = Some(subject.to_owned());
    }

    /// The sandbox as known by now.
    pub fn sandbox(&self) -> Option<Arc<str>> {
        self.told().sandbox.clone()
    }

    pub(crate) fn take_told(&self) -> Told {
        std::mem::take(&mut *self.told())
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Sync> FromRequestParts<S> for RequestCell {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        // Absent only when a router is called without the pipeline in front of it.
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::internal)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for RequestCell {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{Place, RouteTable};

    fn cell(host: &str, path: &str, real_host: Option<&str>) -> RequestCell {
        let place = Place { provider: "sandpay", prefix: "/sandpay", localhost: &[], hosts: &["api.sandpay.dev"] };
        let routed = RouteTable::new(vec![place]).route(Some(host), path);
        let links =
            Links { public_url: "http://h:1".into(), prefix: "/sandpay", real_host: real_host.map(str::to_owned) };
        RequestCell::new(routed, Bytes::new(), links)
    }

    #[test]
    fn links_follow_the_way_a_request_came_in() {
        let real = Some("http://api.sandpay.dev");
        let cases = [
            (cell("h:1", "/sandpay/v1", None), "http://h:1/sandpay"),
            (cell("h:1", "/s/sbx_a/sandpay/v1", None), "http://h:1/s/sbx_a/sandpay"),
            (cell("api.sandpay.dev", "/v1", real), "http://api.sandpay.dev"),
            (cell("api.sandpay.dev", "/s/sbx_a/v1", real), "http://api.sandpay.dev/s/sbx_a"),
        ];
        for (cell, base) in cases {
            assert_eq!(cell.link_base(), base);
        }
    }

    #[test]
    fn the_handler_tells_sandbox_and_subject() {
        let cell = cell("h", "/sandpay/v1", None);
        assert_eq!(cell.sandbox(), None);
        cell.set_sandbox("sbx_a");
        cell.set_subject("TX_1");
        let told = cell.take_told();
        assert_eq!((told.sandbox.as_deref(), told.subject.as_deref()), (Some("sbx_a"), Some("TX_1")));
    }
}
