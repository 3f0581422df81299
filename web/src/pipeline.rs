//! The way of one request through the edge: routed, let in, read, handed over, answered, logged.
//!
//! One function after the other instead of a stack of layers: what happens in which order can be read here, and a
//! request pays for no box it does not need. Must not know any platform.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HOST, ORIGIN};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use hyper::body::Body as HttpBody;
use tokio::time::Instant;
use tower::Service;

use crate::cell::{Links, RequestCell};
use crate::failing::{fail_after, fail_before};
use crate::faults::FaultAction;
use crate::guard::{Area, Asked};
use crate::health::Probe;
use crate::limits::{BODY_LIMIT_BYTES, BodyRule, is_within_depth, looks_like_json, read_body};
use crate::metrics::Gauge;
use crate::mount::{Mount, rule_for};
use crate::problem::{Problem, ProblemKind, take_problem};
use crate::reply::{Broken, ReplyBody, take_whole};
use crate::request_id::seeded;
use crate::request_log::{Entry, FlatHeaders};
use crate::route::{By, Routed};
use crate::tenancy::{SERVER_SCOPE, Tenant};
use crate::wiring::{Inner, Web};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A fault rule closed the connection without an answer.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a fault rule dropped the connection")]
pub struct Dropped;

/// Put into the extensions of requests that came over TLS, so that links to the real host say `https`.
#[derive(Debug, Clone, Copy)]
pub struct OverTls;

/// What is learnt about a request on its way, for the answer and the log.
pub(crate) struct Trail {
    pub(crate) routed: Routed,
    pub(crate) method: Method,
    pub(crate) sent: String,
    headers: FlatHeaders,
    body: Bytes,
    pub(crate) cell: Option<RequestCell>,
    pub(crate) fired: Vec<Arc<str>>,
    /// What a fault does to the answer when it is there: truncate or drop.
    pub(crate) end: Option<FaultAction>,
    /// Set while faults have been looked for.
    pub(crate) faults_done: bool,
    /// Whose request it is by its credential, when faults were looked for before the handler.
    pub(crate) identified: Option<Arc<str>>,
}

impl Web {
    /// Answers a request, whatever it came over.
    ///
    /// # Errors
    /// [`Dropped`] when a fault rule wants the connection closed instead.
    pub async fn handle<B>(&self, request: Request<B>) -> Result<Response<ReplyBody>, Dropped>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let web = &*self.inner;
        let started = Instant::now();
        let _running = Gauge::enter(&web.metrics.in_flight);
        let (parts, body) = request.into_parts();
        let sent = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let routed = web.routes.route(host_of(&parts), sent);
        let logged = routed.mount.is_some_and(|mount| web.mounts[mount].logged) && web.log.is_on();
        let mut trail = Trail {
            method: parts.method.clone(),
            sent: if logged { sent.to_owned() } else { String::new() },
            headers: if logged { FlatHeaders::of(&parts.headers) } else { FlatHeaders::default() },
            routed,
            body: Bytes::new(),
            cell: None,
            fired: Vec::new(),
            end: None,
            faults_done: false,
            identified: None,
        };
        let answer = match answer(web, parts, body, &mut trail).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(),
        };
        finish(web, answer, trail, started, logged).await
    }

    /// Answers a request without a socket, for tests. A connection dropped by a fault is an empty 444 here.
    pub async fn call(&self, request: Request<Body>) -> Response {
        match self.handle(request).await {
            Ok(response) => response.map(Body::new),
            Err(Dropped) => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::from_u16(444).unwrap_or(StatusCode::BAD_GATEWAY);
                response
            }
        }
    }
}

/// From the routed request to the handler's answer, or a refusal.
async fn answer<B>(web: &Inner, mut parts: Parts, body: B, trail: &mut Trail) -> Result<Response, Problem>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<axum::BoxError>,
{
    let mount = trail.routed.mount.map(|mount| &web.mounts[mount]);
    let probe = if mount.is_none() { Probe::of(trail.routed.path()) } else { None };
    web.guard.check(&asked(&parts, mount, probe, trail.routed.path()), &web.routes)?;
    if let Some(probe) = probe {
        return Ok(probe.answer(&parts.method, &web.readiness, || metrics_page(web)));
    }
    let tenant = match &trail.routed.sandbox {
        Some(_) if mount.is_none() => return Err(Problem::not_found("No route has this path.")),
        Some(sandbox) => Some(web.tenancy.tenant(sandbox).ok_or_else(no_sandbox)?),
        None => None,
    };
    let rule = body_rule(web, mount, trail.routed.path());
    let body = if rule.streamed {
        Body::new(body)
    } else {
        trail.body = read_body(body, &parts.headers, rule.limit_bytes, web.body_timeout).await?;
        if looks_like_json(&parts.headers, &trail.body) && !is_within_depth(&trail.body) {
            return Err(Problem::nested_too_deep());
        }
        if trail.body.is_empty() { Body::empty() } else { Body::from(trail.body.clone()) }
    };
    if let Some(mount) = mount
        && let Some(response) = fail_before(web, mount, tenant, &mut parts, trail).await?
    {
        return Ok(response);
    }
    let cell = RequestCell::new(trail.routed.clone(), trail.body.clone(), links(web, mount, trail.routed.by, &parts));
    trail.cell = Some(cell.clone());
    if trail.routed.rewritten {
        parts.uri = Uri::try_from(trail.routed.path_and_query.as_str())
            .map_err(|_| Problem::bad_request("The path cannot be understood."))?;
    }
    parts.extensions.insert(cell);
    let router = mount.map_or(&web.own, |mount| &mount.router);
    let response = call_router(router, Request::from_parts(parts, body)).await?;
    match fail_after(web, trail).await? {
        Some(instead) => Ok(instead),
        None => Ok(response),
    }
}

fn no_sandbox() -> Problem {
    Problem::not_found("There is no sandbox of this id.").hint("POST /_playmoney/v1/sandboxes makes one.")
}

fn host_of(parts: &Parts) -> Option<&str> {
    match parts.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => header(&parts.headers, &HOST),
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    // What is not text is treated as present and matching nothing.
    headers.get(name).map(|value| value.to_str().unwrap_or(""))
}

fn asked<'r>(parts: &'r Parts, mount: Option<&Mount>, probe: Option<Probe>, path: &str) -> Asked<'r> {
    let area = match (mount, probe) {
        (Some(mount), _) if (mount.for_browsers)(&parts.method, path) => Area::ProviderPage,
        (Some(_), _) => Area::Provider,
        (None, Some(_)) => Area::Probe,
        (None, None) => Area::Own,
    };
    Asked {
        area,
        method: &parts.method,
        host: host_of(parts),
        origin: header(&parts.headers, &ORIGIN),
        sec_fetch_site: header(&parts.headers, &SEC_FETCH_SITE),
        authorization: header(&parts.headers, &AUTHORIZATION),
    }
}

fn body_rule(web: &Inner, mount: Option<&Mount>, path: &str) -> BodyRule {
    match mount {
        Some(mount) => mount.rule_for(path),
        None => rule_for(&web.own_body_rules, path).unwrap_or(BodyRule::at_most(BODY_LIMIT_BYTES)),
    }
}

fn links(web: &Inner, mount: Option<&Mount>, by: By, parts: &Parts) -> Links {
    let scheme = if parts.extensions.get::<OverTls>().is_some() { "https" } else { "http" };
    Links {
        public_url: Arc::clone(&web.public_url),
        prefix: mount.map_or("", |mount| mount.place.prefix),
        real_host: (by == By::RealHost).then(|| format!("{scheme}://{}", host_of(parts).unwrap_or_default())),
    }
}

fn metrics_page(web: &Inner) -> String {
    let mut page = String::new();
    web.metrics.render(&mut page);
    web.log.render_metrics(&mut page);
    for source in &web.metrics_sources {
        source(&mut page);
    }
    page
}

/// Calls a router and catches panics of its handlers.
async fn call_router(router: &Router, request: Request<Body>) -> Result<Response, Problem> {
    let mut router = router.clone();
    let mut running = std::pin::pin!(async move { router.call(request).await });
    let caught =
        std::future::poll_fn(|cx| match std::panic::catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Ok(response))) => Poll::Ready(Ok(response)),
            Ok(Poll::Ready(Err(never))) => match never {},
            Err(panic) => Poll::Ready(Err(panic)),
        });
    caught.await.map_err(|panic| {
        let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Problem::internal().member("panic", said)
    })
}

/// From the answer to the reply: shaped, identified, counted and given to the log.
async fn finish(
    web: &Inner,
    mut response: Response,
    trail: Trail,
    started: Instant,
    logged: bool,
) -> Result<Response<ReplyBody>, Dropped> {
    let mount = trail.routed.mount.map(|mount| &web.mounts[mount]);
    let problem = refusal(&mut response).await;
    let told = trail.cell.as_ref().map(RequestCell::take_told).unwrap_or_default();
    let sandbox = told.sandbox.as_ref().or(trail.identified.as_ref()).or(trail.routed.sandbox.as_ref());
    let known = sandbox.and_then(|sandbox| Some((Arc::clone(sandbox), web.tenancy.tenant(sandbox)?)));
    let id = request_id(web, known.as_ref());
    if let Some(problem) = problem {
        response = shaped(mount, response, problem, &id, &trail);
    }
    put_identity(&mut response, &id, known.as_ref().map(|(_, tenant)| tenant));
    let took = started.elapsed();
    let dropped = trail.end == Some(FaultAction::Drop);
    let status = if dropped { 0 } else { response.status().as_u16() };
    web.metrics.count(trail.routed.mount, status, took);
    tracing::debug!(request_id = id, method = %trail.method, path = trail.routed.path(), status, "request");

    let whole = take_whole(&mut response).await;
    if logged {
        let tenant = known.as_ref().map(|(_, tenant)| tenant);
        let wall_ms = (web.wall_ms)();
        let seeded = tenant.is_some_and(|tenant| tenant.seed.is_some());
        web.log.push(Entry {
            scope: tenant.map_or_else(|| Arc::from(SERVER_SCOPE), |tenant| Arc::clone(&tenant.scope)),
            id,
            at_ms: tenant.map_or(wall_ms, |tenant| tenant.now_ms),
            wall_ms,
            provider: trail.routed.provider.unwrap_or_default(),
            method: trail.method,
            path: trail.sent,
            status,
            duration_us: if seeded { 0 } else { i64::try_from(took.as_micros()).unwrap_or(i64::MAX) },
            subject: told.subject,
            request_headers: trail.headers,
            request_body: web.log.kept(&trail.body),
            response_headers: FlatHeaders::of(response.headers()),
            response_body: web.log.kept(whole.as_ref().unwrap_or(&Bytes::new())),
            faults: trail.fired,
        });
    }
    if dropped { Err(Dropped) } else { Ok(reply(web, response, whole, trail.end)) }
}

/// The problem a response stands for: one that a handler or the edge returned, or a plain-text refusal of an axum
/// extractor.
async fn refusal(response: &mut Response) -> Option<Problem> {
    if let Some(problem) = take_problem(response) {
        return Some(problem);
    }
    let status = response.status();
    let plain = |value: &HeaderValue| value.as_bytes().starts_with(b"text/plain");
    if !status.is_client_error() || !response.headers().get(CONTENT_TYPE).is_some_and(plain) {
        return None;
    }
    let kind = match status {
        StatusCode::NOT_FOUND => ProblemKind::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemKind::BodyTooLarge,
        StatusCode::UNPROCESSABLE_ENTITY => ProblemKind::Unprocessable,
        _ => ProblemKind::BadRequest,
    };
    let said = take_whole(response).await.unwrap_or_default();
    Some(Problem::new(kind, status, String::from_utf8_lossy(&said).into_owned()))
}

/// A problem in the shape of its platform, or as problem details on our own routes.
fn shaped(mount: Option<&Mount>, mut plain: Response, mut problem: Problem, id: &str, trail: &Trail) -> Response {
    if problem.kind == ProblemKind::Internal {
        // The one place where a bug is logged; what the panic said stays here.
        let panic = problem.members.iter().find(|(name, _)| name == "panic").and_then(|(_, said)| said.as_str());
        tracing::error!(request_id = id, method = %trail.method, path = trail.routed.path(), panic, "a request failed");
        problem.members.retain(|(name, _)| name != "panic");
    }
    let mut shaped = match mount {
        Some(mount) => (mount.platform_error)(&problem),
        None => problem.details(),
    };
    // Headers that a handler put on its refusal survive the change of shape.
    plain.headers_mut().remove(CONTENT_TYPE);
    plain.headers_mut().remove(CONTENT_LENGTH);
    for (name, value) in plain.headers() {
        if !shaped.headers().contains_key(name) {
            shaped.headers_mut().append(name, value.clone());
        }
    }
    problem.put_headers(&mut shaped);
    if matches!(problem.kind, ProblemKind::Timeout | ProblemKind::BodyTooLarge) {
        // The rest of the body is still on its way: this connection has no next request.
        shaped.headers_mut().insert(http::header::CONNECTION, HeaderValue::from_static("close"));
    }
    shaped
}

fn request_id(web: &Inner, known: Option<&(Arc<str>, Tenant)>) -> String {
    match known {
        Some((sandbox, tenant)) => match tenant.seed {
            Some(seed) => seeded(seed, sandbox, web.log.next_number(&tenant.scope)),
            None => web.ids.next(),
        },
        None => web.ids.next(),
    }
}

/// `X-Request-Id`, and in seeded sandboxes the date of their own clock.
fn put_identity(response: &mut Response, id: &str, tenant: Option<&Tenant>) {
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    let seeded = tenant.filter(|tenant| tenant.seed.is_some());
    if let Some(date) = seeded.and_then(|tenant| http_date(tenant.now_ms)) {
        response.headers_mut().insert(DATE, date);
    }
}

fn http_date(now_ms: i64) -> Option<HeaderValue> {
    let now = jiff::Timestamp::from_millisecond(now_ms).ok()?;
    let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok()?;
    HeaderValue::from_str(&text).ok()
}

fn reply(web: &Inner, response: Response, whole: Option<Bytes>, end: Option<FaultAction>) -> Response<ReplyBody> {
    let (mut parts, rest) = response.into_parts();
    let body = match whole {
        Some(bytes) if end == Some(FaultAction::Truncate) && !bytes.is_empty() => {
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            ReplyBody::Broken(Broken::Sends(bytes.slice(..bytes.len() / 2)))
        }
        Some(bytes) => ReplyBody::whole(bytes),
        None if parts
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) =>
        {
            let mut stopping = web.stopping.subscribe();
            // The sender lives as long as the server: an error is its end too.
            let stopped = async move { drop(stopping.wait_for(|stopping| *stopping).await) };
            ReplyBody::Events(rest, Box::pin(stopped))
        }
        None => ReplyBody::Streamed(rest),
    };
    Response::from_parts(parts, body)
}
