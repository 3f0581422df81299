//! Logs on standard error: for people on a terminal, JSON lines otherwise. `RUST_LOG` narrows or widens them; without
//! it, `info` and worse.
//!
//! What is logged is decided where it happens; a request id is a field of its line.

use crate::settings::LogFormat;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Starts logging.
pub fn start(format: Option<LogFormat>) {
    begin(format, LevelFilter::INFO);
}

/// Starts logging for people, of what goes wrong only.
pub fn start_quiet() {
    begin(Some(LogFormat::Human), LevelFilter::WARN);
}

/// Does nothing when it was started before, as in tests.
fn begin(format: Option<LogFormat>, level: LevelFilter) {
    let is_terminal = std::io::stderr().is_terminal();
    let format = format.unwrap_or(if is_terminal { LogFormat::Human } else { LogFormat::Json });
    let filter = EnvFilter::builder().with_default_directive(level.into()).from_env_lossy();
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(is_terminal);
    let started = match format {
        LogFormat::Human => logs.try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
    drop(started);
}
