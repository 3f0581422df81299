//! Puts the admin API together from what the wiring hands in.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::Engine;
use kernel::{Assumption, Latency};
use tokio::sync::{Semaphore, watch};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Mount, Place, Problem, RequestLog};

use crate::document;
use crate::extract::Last;
use crate::inbox::Verifier;

/// What a sandbox is when its creation does not say, and how long things may take.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// The seed of new sandboxes.
    pub seed: Option<i64>,
    /// How much simulated latency their clients wait for.
    pub latency: Latency,
    /// Mixed into the credentials of new sandboxes where the listener is not loopback: a secret of this server.
    pub credential_salt: Option<String>,
    /// Real time after which moving the clock answers `done: false`, in milliseconds.
    pub advance_limit_ms: u64,
}

impl Default for Defaults {
    fn default() -> Self {
        Self { seed: None, latency: Latency::INSTANT, credential_salt: None, advance_limit_ms: 20_000 }
    }
}

/// What the admin API is made of.
pub struct AdminParts {
    /// The engine.
    pub engine: Engine,
    /// Base of the links that are handed out.
    pub public_url: String,
    /// The inbound log; the same one that the pipeline writes.
    pub request_log: Arc<RequestLog>,
    /// What each provider serves below `/sandboxes/{id}/{provider}`.
    pub provider_routers: Vec<(&'static str, OpenApiRouter)>,
    /// The document of each provider's own API.
    pub provider_documents: Vec<(&'static str, OpenApi)>,
    /// Who can check the signatures of messages in the inbox.
    pub verifiers: Vec<Arc<dyn Verifier>>,
    /// Assumptions that belong to no provider.
    pub assumptions: Vec<Assumption>,
    /// What new sandboxes are.
    pub defaults: Defaults,
}

/// The sandbox's own surface.
pub struct Console {
    /// The admin API, with full paths; for `WebBuilder::own`.
    pub router: Router,
    /// The inbox at `/inbox`; for `WebBuilder::mount`. It needs no token and is in no request log.
    pub inbox: Mount,
    /// Its document.
    pub document: OpenApi,
    /// Ends what waits without end.
    pub closing: Closing,
}

/// Ends event streams and waits when the server stops, so that they do not hold it up.
#[derive(Debug, Clone)]
pub struct Closing(Arc<watch::Sender<bool>>);

impl Closing {
    /// Ends what waits now and what comes later.
    pub fn close(&self) {
        self.0.send_replace(true);
    }

    /// Returns when the server stops.
    pub(crate) async fn closed(&self) {
        let mut told = self.0.subscribe();
        // It cannot fail: the sender is held here.
        let _stopped = told.wait_for(|is_closing| *is_closing).await;
    }
}

/// Shared by all handlers.
#[derive(Clone)]
pub(crate) struct Admin(Arc<Inner>);

struct Inner {
    engine: Engine,
    public_url: String,
    log: Arc<RequestLog>,
    verifiers: Vec<Arc<dyn Verifier>>,
    assumptions: Vec<Assumption>,
    defaults: Defaults,
    documents: Vec<(String, Bytes)>,
    streams: Arc<Semaphore>,
    closing: Closing,
}

/// Event streams open at once; each costs a task.
const MOST_STREAMS: usize = 256;

impl Admin {
    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn public_url(&self) -> &str {
        &self.0.public_url
    }

    pub(crate) fn log(&self) -> &Arc<RequestLog> {
        &self.0.log
    }

    pub(crate) fn verifiers(&self) -> &[Arc<dyn Verifier>] {
        &self.0.verifiers
    }

    pub(crate) fn assumptions(&self) -> &[Assumption] {
        &self.0.assumptions
    }

    pub(crate) fn defaults(&self) -> &Defaults {
        &self.0.defaults
    }

    pub(crate) fn streams(&self) -> &Arc<Semaphore> {
        &self.0.streams
    }

    pub(crate) fn closing(&self) -> &Closing {
        &self.0.closing
    }
}

/// The admin API.
#[must_use]
pub fn admin(parts: AdminParts) -> Console {
    let mut router = own_routes();
    let mut document = router.to_openapi();
    let (mut below, mut documents) = (Router::new(), Vec::new());
    for (name, provider) in parts.provider_routers {
        let (routes, described) = provider.split_for_parts();
        below = below.nest(&document::provider_path(name), routes);
        documents.push((name, described));
    }
    document::nest(&mut document, documents);
    let mut rendered = vec![("admin.json".to_owned(), document::render(&document))];
    rendered.extend(parts.provider_documents.iter().map(|(name, own)| (format!("{name}.json"), document::render(own))));
    let mut assumptions: Vec<Assumption> =
        parts.engine.providers().iter().flat_map(|provider| provider.assumptions()).collect();
    assumptions.extend(parts.assumptions);
    let closing = Closing(Arc::new(watch::Sender::new(false)));
    let state = Admin(Arc::new(Inner {
        engine: parts.engine,
        public_url: parts.public_url.trim_end_matches('/').to_owned(),
        log: parts.request_log,
        verifiers: parts.verifiers,
        assumptions,
        defaults: parts.defaults,
        documents: rendered,
        streams: Arc::new(Semaphore::new(MOST_STREAMS)),
        closing: closing.clone(),
    }));
    let (own, _) = router.split_for_parts();
    let inbox = inbox_mount(crate::inbox::open_routes().with_state(state.clone()));
    Console { router: own.with_state(state).merge(below), inbox, document, closing }
}

fn inbox_mount(router: Router) -> Mount {
    let place = Place { provider: "inbox", prefix: "/inbox", localhost: &[], hosts: &[] };
    Mount::new(place, router, Problem::details).unlogged()
}

/// Every route of our own, with its description.
pub(crate) fn own_routes() -> OpenApiRouter<Admin> {
    let v1 = OpenApiRouter::new()
        .merge(crate::sandboxes::routes())
        .merge(crate::clock::routes())
        .merge(crate::events::routes())
        .merge(crate::stream::routes())
        .merge(crate::inbox::routes())
        .merge(crate::requests::routes())
        .merge(crate::deliveries::routes())
        .merge(crate::ledger::routes())
        .merge(crate::settings::routes())
        .merge(crate::assumptions::routes())
        .merge(crate::faults::routes())
        .merge(crate::doctor::routes());
    OpenApiRouter::with_openapi(document::empty()).nest(document::BASE, v1).routes(routes!(openapi_document))
}

/// One of the OpenAPI 3.1 documents: of this API, or of a provider's.
#[utoipa::path(
    get,
    path = "/_playmoney/openapi/{document}",
    tag = "server",
    responses((status = 200, description = "The document: `admin.json`, or a provider's such as `sandpay.json`.", body = Object))
)]
async fn openapi_document(State(admin): State<Admin>, Last(name): Last) -> Result<Response, Problem> {
    let found = admin.0.documents.iter().find(|(of, _)| *of == name);
    let known = || admin.0.documents.iter().map(|(of, _)| of.as_str()).collect::<Vec<_>>().join(", ");
    let (_, bytes) = found.ok_or_else(|| {
        Problem::not_found("There is no document of this name.").hint(format!("There are: {}.", known()))
    })?;
    Ok(web::json_bytes_response(StatusCode::OK, bytes.clone()))
}

/// Runs what holds up a thread (lists, the request log) where no request waits behind it.
pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    // It fails only when the work panicked; the panic hook has logged that.
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Problem::internal()))
}
