//! The pieces put together: database, engine, platforms, HTTP edge, admin API and courier, from start to clean end.
//!
//! The only place that knows them all. No rule lives here.

mod assemble;
mod tenancy;
mod verify;

use assemble::Parts;
use courier::{Dispatch, Egress};
use kernel::{Assumption, Latency};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The platforms that are built in, by name.
pub const PROVIDERS: &[&str] = &[sandpay::NAME];

/// Where the state is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// Memory that ends with the process.
    Ephemeral,
}

/// How to serve.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// The address to listen on; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where the state is.
    pub database: Database,
    /// Base of the links that are handed out; from the listener's address without it.
    pub public_url: Option<String>,
    /// How much simulated latency clients of new sandboxes wait for.
    pub latency: Latency,
    /// The seed of new sandboxes.
    pub seed: Option<i64>,
    /// Required by the admin API when set.
    pub admin_token: Option<String>,
    /// Where deliveries may go; by the listener without it.
    pub egress: Option<Egress>,
    /// Attempts that run at once.
    pub deliveries: usize,
    /// Threads that answer requests; the runtime is built before this.
    pub workers: Option<usize>,
}

/// A server that accepts requests.
pub struct Running {
    /// Its base URL.
    pub url: String,
    /// Where it listens.
    pub addr: SocketAddr,
    /// What the ready file says.
    pub ready: Value,
    stopper: Stopper,
    served: JoinHandle<std::io::Result<()>>,
    dispatch: Dispatch,
    engine: engine::Engine,
}

/// Begins the clean end of a server.
#[derive(Debug, Clone)]
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    /// Stops accepting; running requests and attempts end first.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Running {
    /// Begins the clean end, from anywhere.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Waits until the server was stopped and everything that was answered is written.
    pub async fn until_stopped(self) {
        match self.served.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the listener ended"),
            Err(error) => tracing::error!(%error, "the listener ended with a bug"),
        }
        self.dispatch.stop().await;
        let engine = self.engine;
        let _panicked = tokio::task::spawn_blocking(move || engine.stop()).await;
    }
}

/// Starts a server and returns when it accepts requests.
///
/// # Errors
/// The address or the database cannot be used.
pub async fn start(options: ServeOptions) -> anyhow::Result<Running> {
    let listener = assemble::listen(options.listen).await?;
    let parts = Parts::assemble(&options, &listener).await?;
    let (stop, mut stopped) = watch::channel(false);
    let web = parts.web.clone();
    let closing = parts.closing.clone();
    let until = async move {
        let _dropped = stopped.wait_for(|stop| *stop).await;
        closing.close();
    };
    let dispatch = parts.dispatch(options.deliveries);
    let served = serve(web, listener, until);
    Ok(Running {
        url: parts.url,
        addr: parts.addr,
        ready: parts.ready,
        stopper: Stopper(stop),
        served,
        dispatch,
        engine: parts.engine,
    })
}

fn serve(
    web: web::Web,
    listener: TcpListener,
    until: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<std::io::Result<()>> {
    tokio::spawn(async move { web.serve(listener, until).await })
}

/// The OpenAPI document of a platform, or of `admin`.
#[must_use]
pub fn openapi(name: &str) -> Option<Value> {
    assemble::openapi(name)
}

/// Every assumption of the platforms that are built in.
#[must_use]
pub fn assumptions() -> Vec<Assumption> {
    assemble::providers().iter().flat_map(|provider| provider.assumptions()).collect()
}
