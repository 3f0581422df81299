//! Makes the parts of a server and joins them.

use super::tenancy::Sandboxes;
use super::verify::SandPayVerifier;
use super::{Database, ServeOptions};
use anyhow::{Context, anyhow};
use console::{AdminParts, Console, Defaults};
use courier::{Dispatch, Egress, Limits, Sender, SenderOptions, SystemResolver, TlsOptions};
use engine::{Engine, Failure, NewSandbox, Options, WallClock};
use kernel::{Chance, Fixtures, Provider, Sandbox, SandboxId};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use store::requests::{MemoryRequests, RequestStore, SqliteRequests};
use store::{Sqlite, Store};
use tokio::net::TcpListener;
use web::{Guard, LogSettings, Readiness, RequestLog, Web};

/// Deliveries that are handed from a commit to the courier in memory at once.
const HANDED_OVER: usize = 1_024;

pub(super) struct Parts {
    pub(super) engine: Engine,
    pub(super) web: Web,
    pub(super) url: String,
    pub(super) addr: SocketAddr,
    pub(super) ready: Value,
    pub(super) closing: console::Closing,
    egress: Egress,
}

pub(super) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let hint = "hint: another program listens there; choose a port with --listen, or 0 for a free one";
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}\n{hint}"))
}

pub(super) fn providers() -> Vec<Arc<dyn Provider>> {
    vec![Arc::new(sandpay::SandPay)]
}

impl Parts {
    pub(super) async fn assemble(options: &ServeOptions, listener: &TcpListener) -> anyhow::Result<Self> {
        let addr = listener.local_addr().context("the listener has no address")?;
        let is_loopback = addr.ip().to_canonical().is_loopback();
        let own_url = format!("http://{addr}");
        let url = options.public_url.clone().unwrap_or_else(|| own_url.clone()).trim_end_matches('/').to_owned();
        let secret = Chance::from_key(engine::entropy().map_err(|error| anyhow!(error))?);
        let (store, requests) = open(&options.database)?;
        let engine = start_engine(store, &secret)?;
        let salt = (!is_loopback).then(|| secret.draw("credential salt").hex(32));
        let demo = demo_sandbox(&engine, options, salt.clone()).await?;
        let log = Arc::new(RequestLog::new(requests, LogSettings::default()));
        let console = console::admin(AdminParts {
            engine: engine.clone(),
            public_url: url.clone(),
            request_log: Arc::clone(&log),
            provider_routers: vec![(sandpay::NAME, sandpay::admin(engine.clone()))],
            provider_documents: vec![(sandpay::NAME, sandpay::api(engine.clone()).1)],
            assumptions: Vec::new(),
            verifiers: vec![Arc::new(SandPayVerifier)],
            defaults: Defaults {
                seed: options.seed,
                latency: options.latency,
                credential_salt: salt,
                ..Defaults::default()
            },
        });
        let guard = Guard {
            loopback: is_loopback,
            token: options.admin_token.clone(),
            public_host: options.public_url.as_deref().and_then(host_of),
        };
        let closing = console.closing.clone();
        let web = edge(&engine, console, Edge { guard, url: &url, log, secret: &secret });
        let ready = ready(&engine, &url, &demo);
        let egress = options.egress.unwrap_or(if is_loopback { Egress::Any } else { Egress::Public });
        look_for_faults(&engine);
        Ok(Self { engine, web, url: own_url, addr, ready, closing, egress })
    }

    /// Starts the loops that wait for time and peers.
    pub(super) fn dispatch(&self, deliveries: usize) -> Dispatch {
        let sender = Sender::new(SenderOptions {
            egress: self.egress,
            own_origins: vec![self.addr],
            resolver: Arc::new(SystemResolver::default()),
            tls: TlsOptions::default(),
        });
        let port = self.addr.port();
        let mut own_origins = vec![self.addr.to_string(), format!("localhost:{port}"), format!("127.0.0.1:{port}")];
        own_origins.extend(host_of(&self.url));
        let limits = Limits { total: deliveries, ..Limits::default() };
        Dispatch::start(&self.engine, Arc::new(sender), own_origins, limits)
    }
}

fn open(database: &Database) -> anyhow::Result<(Arc<dyn Store>, Arc<dyn RequestStore>)> {
    match database {
        Database::Ephemeral => Ok((Arc::new(Sqlite::in_memory()?), Arc::new(MemoryRequests::new()))),
        Database::Sqlite(path) => {
            let hint = "hint: choose another file with --database sqlite:PATH, or --ephemeral for none";
            let store = Sqlite::open(path).with_context(|| format!("cannot use the database\n{hint}"))?;
            let requests = SqliteRequests::open(&beside(path)).context("cannot use the request log")?;
            Ok((Arc::new(store), Arc::new(requests)))
        }
    }
}

/// The request log is a file of its own: it is written without waiting for the disk.
fn beside(database: &Path) -> std::path::PathBuf {
    database.with_extension("requests.db")
}

fn start_engine(store: Arc<dyn Store>, secret: &Chance) -> anyhow::Result<Engine> {
    let engine = Engine::start(Options {
        store,
        providers: providers(),
        wall: WallClock::system(),
        node: format!("node-{}-{}", std::process::id(), secret.draw("node").hex(8)),
        entropy: engine::entropy().map_err(|error| anyhow!(error))?,
        room: HANDED_OVER,
        inline: false,
    })?;
    engine.recover()?;
    Ok(engine)
}

async fn demo_sandbox(engine: &Engine, options: &ServeOptions, salt: Option<String>) -> anyhow::Result<Arc<Sandbox>> {
    let id = SandboxId::demo();
    if let Some(sandbox) = engine.sandbox(&id)? {
        return Ok(sandbox);
    }
    let new = NewSandbox {
        id: Some(id),
        name: Some("Demo".to_owned()),
        seed: options.seed,
        latency: options.latency,
        fixtures: Fixtures::Full,
        credential_salt: salt,
        ..NewSandbox::default()
    };
    let made = engine.create_sandbox(new).await;
    made.map_err(|failure: Failure<_>| anyhow!("the demo sandbox cannot be made: {failure}"))
}

struct Edge<'a> {
    guard: Guard,
    url: &'a str,
    log: Arc<RequestLog>,
    secret: &'a Chance,
}

fn edge(engine: &Engine, console: Console, edge: Edge<'_>) -> Web {
    let (checked, counted, wall) = (engine.clone(), engine.clone(), engine.wall().clone());
    let mut id_key = [0; 16];
    id_key[..8].copy_from_slice(&edge.secret.draw("request ids").bits().to_le_bytes());
    id_key[8..].copy_from_slice(&edge.secret.draw("request ids, more").bits().to_le_bytes());
    Web::builder()
        .mount(sandpay::mount(engine.clone()))
        .mount(console.inbox)
        .own(console.router)
        .guard(edge.guard)
        .public_url(edge.url)
        .tenancy(Arc::new(Sandboxes::new(engine.clone(), edge.secret.child("faults"))))
        .log(edge.log)
        .readiness(Readiness::new(move || {
            checked.sandbox(&SandboxId::demo()).map(|_| ()).map_err(|error| error.to_string())
        }))
        .metrics_source(move |text| metrics(&counted, text))
        .id_key(id_key)
        .wall_clock(move || wall.now().ms())
        .build()
}

fn metrics(engine: &Engine, text: &mut String) {
    let (rows, commits) = engine.store().written();
    let _infallible = write!(
        text,
        "# HELP playmoney_store_rows_written_total Rows written to the database, index entries included.\n\
         # TYPE playmoney_store_rows_written_total counter\n\
         playmoney_store_rows_written_total {rows}\n\
         # HELP playmoney_store_commits_total Transactions committed.\n\
         # TYPE playmoney_store_commits_total counter\n\
         playmoney_store_commits_total {commits}\n\
         # HELP playmoney_node_info The name of this process among others on the database.\n\
         # TYPE playmoney_node_info gauge\n\
         playmoney_node_info{{node=\"{}\"}} 1\n",
        engine.node()
    );
}

fn ready(engine: &Engine, url: &str, demo: &Sandbox) -> Value {
    json!({
        "url": url,
        "tls_url": null,
        "pid": std::process::id(),
        "version": env!("CARGO_PKG_VERSION"),
        "sandbox": demo.id.as_str(),
        "providers": console::providers_of(engine, url, demo),
    })
}

/// Looks, beside the first requests, at which sandboxes of an earlier run have faults on requests.
fn look_for_faults(engine: &Engine) {
    let engine = engine.clone();
    tokio::task::spawn_blocking(move || {
        let mut after = String::new();
        while let Ok(page) = engine.sandboxes(&after, 500) {
            let Some(last) = page.last() else {
                engine.feed().sandboxes().seen_all();
                return;
            };
            last.id.as_str().clone_into(&mut after);
            page.iter().for_each(|sandbox| engine.feed().sandboxes().seen(sandbox));
        }
        // Not all were seen: every request is looked up early, which is slower and still right.
        tracing::warn!("the database failed while faults were looked for");
    });
}

/// `host:port` of a URL.
fn host_of(url: &str) -> Option<String> {
    let uri: http::Uri = url.parse().ok()?;
    Some(uri.authority()?.as_str().to_owned())
}

/// Documents need no running server: an engine without threads or state serves to make the routers.
pub(super) fn openapi(name: &str) -> Option<Value> {
    let engine = Engine::start(Options {
        store: Arc::new(store::Memory::new()),
        providers: providers(),
        wall: WallClock::system(),
        node: "documents".to_owned(),
        entropy: [0; 32],
        room: 0,
        inline: true,
    })
    .ok()?;
    let document = match name {
        "admin" => console::openapi(vec![(sandpay::NAME, sandpay::admin(engine).into_openapi())]),
        sandpay::NAME => sandpay::api(engine).1,
        _ => return None,
    };
    serde_json::to_value(document).ok()
}
