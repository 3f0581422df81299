//! Probes: `/healthz` (alive), `/readyz` (may be sent requests), `/metrics`.
//!
//! Must not know what readiness means; a closure says.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::response::Response;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};

use crate::problem::Problem;

/// Says whether what the server stands on (the store) works, or what is wrong with it.
pub type ReadyCheck = dyn Fn() -> Result<(), String> + Send + Sync;

/// Whether the server may be sent requests: it has started, is not shutting down, and its check passes.
#[derive(Clone)]
pub struct Readiness {
    open: Arc<AtomicBool>,
    check: Arc<ReadyCheck>,
}

impl Readiness {
    /// Not ready until [`Readiness::set`] says so; afterwards as `check` finds.
    pub fn new(check: impl Fn() -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self { open: Arc::new(AtomicBool::new(false)), check: Arc::new(check) }
    }

    /// Opens or closes.
    pub fn set(&self, open: bool) {
        self.open.store(open, Ordering::Release);
    }

    fn state(&self) -> Result<(), String> {
        if !self.open.load(Ordering::Acquire) {
            return Err("starting or stopping".to_owned());
        }
        (self.check)()
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").field("open", &self.open).finish_non_exhaustive()
    }
}

/// The probe of this path, if it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probe {
    Health,
    Ready,
    Metrics,
}

impl Probe {
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            "/healthz" => Some(Self::Health),
            "/readyz" => Some(Self::Ready),
            "/metrics" => Some(Self::Metrics),
            _ => None,
        }
    }

    /// Answers; `metrics` renders the page of that name.
    pub(crate) fn answer(self, method: &Method, readiness: &Readiness, metrics: impl FnOnce() -> String) -> Response {
        if !matches!(*method, Method::GET | Method::HEAD) {
            let problem = Problem::method_not_allowed().header(ALLOW, HeaderValue::from_static("GET,HEAD"));
            return axum::response::IntoResponse::into_response(problem);
        }
        match self {
            Self::Health => text(StatusCode::OK, "ok\n"),
            Self::Ready => match readiness.state() {
                Ok(()) => text(StatusCode::OK, "ready\n"),
                Err(why) => text(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
            },
            Self::Metrics => {
                let mut response = text(StatusCode::OK, metrics());
                let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
                response.headers_mut().insert(CONTENT_TYPE, kind);
                response
            }
        }
    }
}

fn text(status: StatusCode, text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_only_when_open_and_the_check_passes() {
        let works = Arc::new(AtomicBool::new(true));
        let checked = Arc::clone(&works);
        let readiness =
            Readiness::new(move || if checked.load(Ordering::Relaxed) { Ok(()) } else { Err("disk full".to_owned()) });
        let status = |probe: Probe| probe.answer(&Method::GET, &readiness, String::new).status().as_u16();
        assert_eq!((status(Probe::Health), status(Probe::Ready)), (200, 503));
        readiness.set(true);
        assert_eq!((status(Probe::Health), status(Probe::Ready)), (200, 200));
        works.store(false, Ordering::Relaxed);
        assert_eq!((status(Probe::Health), status(Probe::Ready)), (200, 503));
        assert_eq!(Probe::Health.answer(&Method::POST, &readiness, String::new).status().as_u16(), 405);
    }
}
