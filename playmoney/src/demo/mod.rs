//! `demo`: a server of its own, a receiver, and one real flow per provider, start to verified webhook.
//!
//! Everything goes over sockets, as an integrator's requests would. It exits with 0 only if every signature verified.

mod receiver;
mod sandpay;
mod timeline;

use crate::cli::DemoOptions;
use crate::client::Client;
use crate::server::{Database, Running, ServeOptions};
use crate::signals::Signals;
use crate::{banner, logging, output, serve};
use anyhow::Context;
use kernel::Latency;
use receiver::Receiver;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use timeline::Timeline;

/// Deliveries on their way at once; the demo makes four.
const DELIVERIES: usize = 8;

/// Runs it.
///
/// # Errors
/// The server cannot start, or an exchange did not go as it should.
pub fn run(options: &DemoOptions) -> anyhow::Result<ExitCode> {
    logging::start_quiet();
    let runtime = serve::runtime(None)?;
    let shown = runtime.block_on(show(options.keep));
    serve::end(runtime);
    shown.map(|()| ExitCode::SUCCESS)
}

async fn show(keep: bool) -> anyhow::Result<()> {
    let signals = Signals::listen().context("cannot listen for signals")?;
    let running = crate::server::start(options()).await?;
    output::print(&format!("A server of its own on {}, which keeps nothing.\n\n", running.url))?;
    flow(&running).await?;
    if keep {
        output::print(&format!("\n{}\nready {}\n", banner::text(&running.ready, true), running.url))?;
        serve::stop_on(signals, running.stopper());
    } else {
        running.stopper().stop();
    }
    running.until_stopped().await;
    Ok(())
}

async fn flow(running: &Running) -> anyhow::Result<()> {
    let receiver = Receiver::start().await.context("the receiver cannot start")?;
    let sandbox = running.ready["sandbox"].as_str().unwrap_or_default();
    let playmoney = Client::new(&running.url, None)?;
    let mut timeline = Timeline::new(playmoney, sandbox);
    let mut stage = sandpay::Stage::new(&mut timeline, &running.ready["providers"]["sandpay"], receiver)?;
    let verified = stage.run().await?;
    timeline.ledger().await?;
    output::print(&format!("\n{verified} webhooks, every signature verified.\n"))
}

fn options() -> ServeOptions {
    ServeOptions {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        database: Database::Ephemeral,
        public_url: None,
        latency: Latency::INSTANT,
        seed: None,
        admin_token: None,
        egress: None,
        deliveries: DELIVERIES,
        workers: None,
    }
}
