//! A server without a socket: engine, pipeline, admin API, inbox; and the loop that makes due work happen.

use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use console::{AdminParts, Checked, Closing, Console, Defaults, Received, Verifier, admin};
use engine::{Due, Engine, Options, Settled, WallClock};
use kernel::{Attempt, Instant, SandboxId, Signed};
use serde_json::{Value, json};
use store::requests::MemoryRequests;
use store::{Memory, Sqlite, Store};
use tokio::task::JoinHandle;
use web::{Guard, LogSettings, RequestLog, Tenancy, Tenant, Web};

use crate::fake::{self, Fake, Pay, signature};

/// 2026-06-01T09:00:00.000Z, the wall time at the beginning of each test.
pub const MORNING: Instant = Instant::from_ms(1_780_304_400_000);
pub const PUBLIC: &str = "http://127.0.0.1:4700";

pub struct World {
    pub engine: Engine,
    pub web: Web,
    pub closing: Closing,
    pub console_document: Value,
    pub requests: Arc<MemoryRequests>,
    /// Bodies that went to `http://receiver/…`, which answers by its path: `/500` with 500.
    pub received: Arc<Mutex<Vec<String>>>,
    wall: Arc<AtomicI64>,
    work: Option<JoinHandle<()>>,
}

/// An answer, whole.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    /// The body, when the status is this one.
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).expect("JSON") }
    }

    /// The problem, when the status is this one and all of `says` stands in its text.
    pub fn refused(&self, status: u16, says: &[&str]) -> Value {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        for part in says {
            assert!(self.text.contains(part), "{part} is not in {}", self.text);
        }
        let problem = self.ok(status);
        assert_eq!(problem["status"], status);
        problem
    }
}

/// Runs a test on every database.
pub async fn on_every_store<F, Fut>(test: F)
where
    F: Fn(World) -> Fut,
    Fut: Future<Output = ()>,
{
    let stores: [fn() -> Arc<dyn Store>; 2] = [|| Arc::new(Memory::new()), || Arc::new(Sqlite::in_memory().unwrap())];
    for store in stores {
        test(World::start(store(), Defaults::default(), true)).await;
    }
}

struct Known(Engine);

impl Tenancy for Known {
    fn tenant(&self, sandbox: &str) -> Option<Tenant> {
        let found = self.0.sandbox(&SandboxId::parse(sandbox).ok()?).ok()??;
        Some(Tenant {
            scope: found.scope().as_str().into(),
            seed: found.seed,
            now_ms: found.clock.now(self.0.wall().now()).ms(),
            faults: [].into(),
        })
    }
}

struct FakeVerifier;

impl Verifier for FakeVerifier {
    fn provider(&self) -> &'static str {
        "fake"
    }

    fn check(&self, _: &Engine, sandbox: &SandboxId, message: &Received<'_>) -> Option<Checked> {
        let (_, sent) = message.headers.iter().find(|(name, _)| name == "x-fake-signature")?;
        assert!(message.url.starts_with(&format!("{PUBLIC}/inbox/{sandbox}/")), "{}", message.url);
        let verified = *sent == signature(std::str::from_utf8(message.body).ok()?);
        Some(Checked { endpoint: "end_1".to_owned(), verified })
    }
}

impl World {
    pub fn start(store: Arc<dyn Store>, defaults: Defaults, works: bool) -> Self {
        Self::guarded(store, defaults, works, Guard { loopback: true, ..Guard::default() })
    }

    pub fn guarded(store: Arc<dyn Store>, defaults: Defaults, works: bool, guard: Guard) -> Self {
        let wall = Arc::new(AtomicI64::new(MORNING.ms()));
        let shown = Arc::clone(&wall);
        let engine = Engine::start(Options {
            store,
            providers: vec![Arc::new(Fake)],
            wall: WallClock::of(move || Instant::from_ms(shown.load(Ordering::SeqCst))),
            node: "test".to_owned(),
            entropy: [7; 32],
            room: 0,
            inline: false,
        })
        .unwrap();
        let requests = Arc::new(MemoryRequests::new());
        let settings = LogSettings { flush_every_ms: 3_600_000, ..LogSettings::default() };
        let log = Arc::new(RequestLog::new(requests.clone(), settings));
        let Console { router, inbox, document, closing } = admin(AdminParts {
            engine: engine.clone(),
            public_url: format!("{PUBLIC}/"),
            request_log: Arc::clone(&log),
            provider_routers: vec![("fake", fake::portal(engine.clone()))],
            provider_documents: vec![("fake", utoipa_document())],
            verifiers: vec![Arc::new(FakeVerifier)],
            assumptions: Vec::new(),
            defaults,
        });
        let builder =
            Web::builder().own(router).mount(inbox).mount(fake::mount()).log(log).public_url(PUBLIC).guard(guard);
        let web = builder.tenancy(Arc::new(Known(engine.clone()))).build();
        let received = Arc::default();
        let work = works.then(|| tokio::spawn(work(engine.clone(), web.clone(), Arc::clone(&received))));
        let console_document = serde_json::from_str(&document.to_json().unwrap()).unwrap();
        Self { engine, web, closing, console_document, requests, received, wall, work }
    }

    /// Wall time passes.
    pub fn wall_passes(&self, ms: i64) {
        self.wall.fetch_add(ms, Ordering::SeqCst);
        self.engine.feed().poke();
    }

    /// Sends a request to the admin API or, with a path that begins with another word, elsewhere.
    pub async fn send(&self, method: &str, path: &str, body: impl Into<Body>) -> Reply {
        let path = if path.starts_with("/sandboxes") || path == "/assumptions" || path == "/doctor" {
            format!("/_playmoney/v1{path}")
        } else {
            path.to_owned()
        };
        self.call(
            Request::builder().method(method).uri(path).header("host", "127.0.0.1:4700").body(body.into()).unwrap(),
        )
        .await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, Body::empty()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, body.to_string()).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, body.to_string()).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, Body::empty()).await
    }

    pub async fn call(&self, request: Request<Body>) -> Reply {
        let (parts, body) = self.web.call(request).await.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Reply { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    /// Makes a sandbox with this id, frozen at the morning.
    pub async fn make(&self, id: &str) -> SandboxId {
        let body = json!({ "id": id, "clock": { "mode": "frozen", "now": MORNING.iso() } });
        self.post("/sandboxes", body).await.ok(201);
        SandboxId::parse(id).unwrap()
    }

    pub async fn pay(&self, sandbox: &SandboxId, subject: &str, url: &str) {
        let pay = Pay { subject: subject.to_owned(), amount: 100, url: url.to_owned(), rings: false };
        self.engine.decide(sandbox, pay).await.unwrap();
    }

    /// Waits for an event by the API.
    pub async fn wait(&self, sandbox: &str, query: &str) -> Value {
        self.get(&format!("/sandboxes/{sandbox}/events/wait?timeout_ms=60000&{query}")).await.ok(200)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            work.abort();
        }
        self.engine.stop();
    }
}

fn utoipa_document() -> utoipa::openapi::OpenApi {
    utoipa::openapi::OpenApiBuilder::new().build()
}

/// Does what is due, whenever there is something.
async fn work(engine: Engine, web: Web, received: Arc<Mutex<Vec<String>>>) {
    loop {
        let stepping = engine.clone();
        let stepped = tokio::task::spawn_blocking(move || stepping.step(64)).await.unwrap().unwrap();
        let mut settled = Vec::new();
        for due in stepped.due {
            settled.extend(attempt(&engine, &web, &received, due).await);
        }
        let idle = settled.is_empty() && stepped.next.is_none_or(|next| next > engine.wall().now());
        engine.settle(settled).await;
        if idle {
            engine.feed().poked().await;
        }
    }
}

async fn attempt(engine: &Engine, web: &Web, received: &Mutex<Vec<String>>, due: Due) -> Option<Settled> {
    let prepared = engine.prepare(&due).unwrap()?;
    let Signed::Send { headers } = prepared.signed else { return None };
    received.lock().unwrap().push(prepared.body.clone());
    let status = match prepared.url.strip_prefix("http://receiver/") {
        Some(status) => status.parse().unwrap(),
        None => {
            let path = prepared.url.strip_prefix(PUBLIC).expect("the inbox");
            let mut request = Request::builder().method("POST").uri(path).header("host", "127.0.0.1:4700");
            for (name, value) in headers {
                request = request.header(name, value);
            }
            web.call(request.body(Body::from(prepared.body)).unwrap()).await.status().as_u16()
        }
    };
    let attempt = Attempt {
        at: prepared.at,
        status: Some(status),
        error: None,
        duration_ms: 3,
        response: None,
        replay: prepared.replay,
    };
    Some(Settled { due, attempt })
}
