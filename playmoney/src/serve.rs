//! `serve`: from the options to a server that accepts requests, and to its clean end.
//!
//! Nothing is done before the ready file that is not needed for the first request.

use crate::cli::{Given, ServeArguments};
use crate::server::{Database, Running, ServeOptions, Stopper};
use crate::settings::{File, Place, Settings};
use crate::signals::Signals;
use crate::{banner, logging, output, ready, settings};
use anyhow::Context;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Exit status when a second signal cuts the clean end short.
const CUT_SHORT: i32 = 1;

/// Serves until a signal.
///
/// # Errors
/// An option is wrong, or the server cannot start.
pub fn run(arguments: Box<ServeArguments>, given: Given) -> anyhow::Result<ExitCode> {
    let file = File::read(Path::new(settings::FILE))?;
    let settings = Settings::new(*arguments, given, &file)?;
    logging::start(settings.log);
    let runtime = runtime(settings.workers)?;
    let served = runtime.block_on(serve(settings));
    end(runtime);
    served.map(|()| ExitCode::SUCCESS)
}

/// A runtime with so many threads, or one per core.
///
/// # Errors
/// The system has no threads left.
pub fn runtime(workers: Option<usize>) -> anyhow::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if let Some(workers) = workers {
        builder.worker_threads(workers);
    }
    builder.enable_all().build().context("cannot start the threads that answer requests")
}

/// Ends a runtime without waiting for what hangs in it: all that matters is in the database.
pub fn end(runtime: Runtime) {
    runtime.shutdown_timeout(Duration::from_secs(1));
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    if let Some(path) = &settings.ready_file {
        ready::clear(path)?;
    }
    let signals = Signals::listen().context("cannot listen for signals")?;
    let is_new = is_new(&settings.database);
    let running = crate::server::start(options(&settings)).await?;
    if let Some(path) = &settings.ready_file {
        ready::write(path, &running.ready)?;
    }
    let shows_secrets = settings.listen.ip().to_canonical().is_loopback() || is_new;
    let banner = banner::text(&running.ready, shows_secrets);
    output::print(&format!("{banner}\nready {}\n", running.url))?;
    stop_on(signals, running.stopper());
    until_stopped(running).await;
    Ok(())
}

/// Waits for the clean end.
async fn until_stopped(running: Running) {
    running.until_stopped().await;
    tracing::info!("stopped; what was not done yet is in the database");
}

/// Stops the server at the first signal and the process at the second.
pub fn stop_on(mut signals: Signals, stopper: Stopper) {
    tokio::spawn(async move {
        signals.next().await;
        tracing::info!("stopping: no more requests are accepted, running ones are finished");
        stopper.stop();
        signals.next().await;
        std::process::exit(CUT_SHORT);
    });
}

/// Whether this start makes the demo sandbox, whose credentials are shown once where they are secret.
fn is_new(database: &Place) -> bool {
    match database {
        Place::Sqlite(path) => !path.exists(),
        Place::Ephemeral => true,
    }
}

fn options(settings: &Settings) -> ServeOptions {
    ServeOptions {
        listen: settings.listen,
        database: match &settings.database {
            Place::Sqlite(path) => Database::Sqlite(path.clone()),
            Place::Ephemeral => Database::Ephemeral,
        },
        public_url: settings.public_url.clone(),
        latency: settings.latency,
        seed: settings.seed,
        admin_token: settings.admin_token.clone(),
        egress: settings.egress,
        deliveries: settings.deliveries,
        workers: settings.workers,
    }
}
