//! How a provider is put on the server: where it is reachable, its router, its error shape, its limits.
//!
//! Must not know which providers there are.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use http::Method;
use http::request::Parts;

use crate::faults::glob;
use crate::limits::{BODY_LIMIT_BYTES, BodyRule};
use crate::problem::Problem;
use crate::route::Place;

/// Finds the sandbox of a request from its credential.
pub type Identify = dyn Fn(&Parts) -> Option<String> + Send + Sync;

/// A provider on the server.
#[derive(Clone)]
pub struct Mount {
    pub(crate) place: Place,
    pub(crate) router: Router,
    pub(crate) platform_error: fn(&Problem) -> Response,
    pub(crate) body: BodyRule,
    pub(crate) body_rules: Vec<(&'static str, BodyRule)>,
    pub(crate) for_browsers: fn(&Method, &str) -> bool,
    pub(crate) identify: Option<Arc<Identify>>,
    pub(crate) logged: bool,
}

impl Mount {
    /// A provider at `place`. Routes of `router` are relative to its base URL (`/v1/payments`), without fallbacks.
    /// `platform_error` renders every refusal of the edge below this mount: 400, 403, 404, 405, 408, 413, 500, 503 and
    /// the statuses that fault rules ask for. Headers of the problem and `X-Request-Id` are added to what it returns.
    pub fn new(place: Place, router: Router, platform_error: fn(&Problem) -> Response) -> Self {
        Self {
            place,
            router,
            platform_error,
            body: BodyRule::at_most(BODY_LIMIT_BYTES),
            body_rules: Vec::new(),
            for_browsers: |_, _| false,
            identify: None,
            logged: true,
        }
    }

    /// Largest request body in bytes (1 MiB unless said).
    #[must_use]
    pub fn body_limit(mut self, limit_bytes: usize) -> Self {
        self.body = BodyRule::at_most(limit_bytes);
        self
    }

    /// A rule of its own for paths that match a [`glob`]; the first that matches wins.
    #[must_use]
    pub fn body_rule(mut self, path: &'static str, rule: BodyRule) -> Self {
        self.body_rules.push((path, rule));
        self
    }

    /// Which method and path are meant for browsers, so that pages of other sites may call them.
    #[must_use]
    pub fn for_browsers(mut self, is_page: fn(&Method, &str) -> bool) -> Self {
        self.for_browsers = is_page;
        self
    }

    /// Finds the sandbox from the credential before the handler runs. Asked only while a fault exists somewhere and the
    /// path names no sandbox; without it, faults reach such requests only after their handler has run.
    #[must_use]
    pub fn identify(mut self, find: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        self.identify = Some(Arc::new(find));
        self
    }

    /// Keeps requests below this mount out of the request log.
    #[must_use]
    pub fn unlogged(mut self) -> Self {
        self.logged = false;
        self
    }

    pub(crate) fn rule_for(&self, path: &str) -> BodyRule {
        rule_for(&self.body_rules, path).unwrap_or(self.body)
    }
}

pub(crate) fn rule_for(rules: &[(&'static str, BodyRule)], path: &str) -> Option<BodyRule> {
    rules.iter().find(|(pattern, _)| glob(pattern, path)).map(|(_, rule)| *rule)
}

impl fmt::Debug for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mount").field("place", &self.place).finish_non_exhaustive()
    }
}
