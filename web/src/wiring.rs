//! Puts the edge together: mounts, our own routers, guard, log, tenancy.
//!
//! Must not know what any of them does. Everything is handed in, so that tests make a `Web` without a socket.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use store::requests::MemoryRequests;
use tokio::sync::watch;

use crate::guard::Guard;
use crate::health::Readiness;
use crate::limits::BodyRule;
use crate::metrics::{Metrics, MetricsSource};
use crate::mount::Mount;
use crate::problem::Problem;
use crate::request_id::RequestIds;
use crate::request_log::{LogSettings, RequestLog};
use crate::route::RouteTable;
use crate::tenancy::{NoTenancy, Tenancy};

/// The HTTP edge. Cheap to clone.
#[derive(Clone)]
pub struct Web {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) mounts: Vec<Mount>,
    pub(crate) routes: RouteTable,
    pub(crate) own: Router,
    pub(crate) own_body_rules: Vec<(&'static str, BodyRule)>,
    pub(crate) guard: Guard,
    pub(crate) public_url: Arc<str>,
    pub(crate) tenancy: Arc<dyn Tenancy>,
    pub(crate) log: Arc<RequestLog>,
    pub(crate) readiness: Readiness,
    pub(crate) metrics: Metrics,
    pub(crate) metrics_sources: Vec<Box<MetricsSource>>,
    pub(crate) ids: RequestIds,
    pub(crate) wall_ms: Box<dyn Fn() -> i64 + Send + Sync>,
    pub(crate) body_timeout: Duration,
    pub(crate) head_timeout: Duration,
    pub(crate) shutdown_grace: Duration,
    /// True once the server stops: event streams end then.
    pub(crate) stopping: watch::Sender<bool>,
}

impl Web {
    /// Begins to put an edge together.
    pub fn builder() -> WebBuilder {
        WebBuilder::default()
    }

    /// The request log, for the admin API.
    pub fn log(&self) -> &Arc<RequestLog> {
        &self.inner.log
    }

    /// Readiness: set it when the server accepts requests; the server closes it when it stops.
    pub fn readiness(&self) -> &Readiness {
        &self.inner.readiness
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web").field("mounts", &self.inner.mounts).finish_non_exhaustive()
    }
}

/// Puts a [`Web`] together. Every part has a default that suits tests: loopback, no token, no sandboxes, a log in memory.
pub struct WebBuilder {
    mounts: Vec<Mount>,
    own: Router,
    own_body_rules: Vec<(&'static str, BodyRule)>,
    guard: Guard,
    public_url: String,
    tenancy: Arc<dyn Tenancy>,
    log: Option<Arc<RequestLog>>,
    readiness: Readiness,
    metrics_sources: Vec<Box<MetricsSource>>,
    id_key: [u8; 16],
    wall_ms: Box<dyn Fn() -> i64 + Send + Sync>,
    body_timeout: Duration,
    head_timeout: Duration,
    shutdown_grace: Duration,
}

impl Default for WebBuilder {
    fn default() -> Self {
        Self {
            mounts: Vec::new(),
            own: Router::new(),
            own_body_rules: Vec::new(),
            guard: Guard { loopback: true, ..Guard::default() },
            public_url: "http://127.0.0.1:4700".to_owned(),
            tenancy: Arc::new(NoTenancy),
            log: None,
            readiness: Readiness::new(|| Ok(())),
            metrics_sources: Vec::new(),
            id_key: [0; 16],
            wall_ms: Box::new(|| 0),
            body_timeout: Duration::from_secs(30),
            head_timeout: Duration::from_secs(30),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

impl WebBuilder {
    /// Adds a provider.
    #[must_use]
    pub fn mount(mut self, mount: Mount) -> Self {
        self.mounts.push(mount);
        self
    }

    /// Adds one of our own routers (admin API, console), with full paths such as `/_playmoney/v1/sandboxes`. Guarded by
    /// the admin token when there is one. Refusals are problem details.
    #[must_use]
    pub fn own(mut self, router: Router) -> Self {
        self.own = self.own.merge(router);
        self
    }

    /// A body rule for paths of our own routers that match a [`crate::faults::glob`].
    #[must_use]
    pub fn own_body_rule(mut self, path: &'static str, rule: BodyRule) -> Self {
        self.own_body_rules.push((path, rule));
        self
    }

    /// Who may talk to the server.
    #[must_use]
    pub fn guard(mut self, guard: Guard) -> Self {
        self.guard = guard;
        self
    }

    /// Base of links that are handed out.
    #[must_use]
    pub fn public_url(mut self, url: &str) -> Self {
        url.trim_end_matches('/').clone_into(&mut self.public_url);
        self
    }

    /// The sandboxes.
    #[must_use]
    pub fn tenancy(mut self, tenancy: Arc<dyn Tenancy>) -> Self {
        self.tenancy = tenancy;
        self
    }

    /// The request log. Without it, one in memory.
    #[must_use]
    pub fn log(mut self, log: Arc<RequestLog>) -> Self {
        self.log = Some(log);
        self
    }

    /// What readiness means.
    #[must_use]
    pub fn readiness(mut self, readiness: Readiness) -> Self {
        self.readiness = readiness;
        self
    }

    /// Adds lines to `/metrics`.
    #[must_use]
    pub fn metrics_source(mut self, source: impl Fn(&mut String) + Send + Sync + 'static) -> Self {
        self.metrics_sources.push(Box::new(source));
        self
    }

    /// Sixteen random bytes, so that request ids of this process differ from those of others.
    #[must_use]
    pub fn id_key(mut self, key: [u8; 16]) -> Self {
        self.id_key = key;
        self
    }

    /// The wall clock, in milliseconds since 1970.
    #[must_use]
    pub fn wall_clock(mut self, wall_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        self.wall_ms = Box::new(wall_ms);
        self
    }

    /// How long a request body, and how long a request head, may take to arrive (30 s each).
    #[must_use]
    pub fn timeouts(mut self, head: Duration, body: Duration) -> Self {
        self.head_timeout = head;
        self.body_timeout = body;
        self
    }

    /// How long running requests may take to finish at shutdown (10 s).
    #[must_use]
    pub fn shutdown_grace(mut self, grace: Duration) -> Self {
        self.shutdown_grace = grace;
        self
    }

    /// The edge.
    pub fn build(self) -> Web {
        let mounts: Vec<Mount> = self.mounts.into_iter().map(closed).collect();
        let routes = RouteTable::new(mounts.iter().map(|mount| mount.place).collect());
        let log = self
            .log
            .unwrap_or_else(|| Arc::new(RequestLog::new(Arc::new(MemoryRequests::new()), LogSettings::default())));
        let inner = Inner {
            metrics: Metrics::new(mounts.iter().map(|mount| mount.place.provider)),
            routes,
            mounts,
            own: self.own.fallback(unknown_path).method_not_allowed_fallback(wrong_method),
            own_body_rules: self.own_body_rules,
            guard: self.guard,
            public_url: self.public_url.into(),
            tenancy: self.tenancy,
            log,
            readiness: self.readiness,
            metrics_sources: self.metrics_sources,
            ids: RequestIds::new(self.id_key),
            wall_ms: self.wall_ms,
            body_timeout: self.body_timeout,
            head_timeout: self.head_timeout,
            shutdown_grace: self.shutdown_grace,
            stopping: watch::Sender::new(false),
        };
        Web { inner: Arc::new(inner) }
    }
}

impl fmt::Debug for WebBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebBuilder").field("mounts", &self.mounts).finish_non_exhaustive()
    }
}

/// A mount whose router answers unknown paths and wrong methods with a problem, for the pipeline to shape.
fn closed(mut mount: Mount) -> Mount {
    mount.router = mount.router.fallback(unknown_path).method_not_allowed_fallback(wrong_method);
    mount
}

async fn unknown_path() -> Problem {
    Problem::not_found("No route has this path.")
}

async fn wrong_method() -> Problem {
    Problem::method_not_allowed()
}
