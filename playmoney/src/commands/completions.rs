//! `completions SHELL`: generated from the definition, so that it cannot drift.

use crate::cli::{self, CompletionsOptions};
use crate::output;
use std::process::ExitCode;

/// Runs it.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(options: &CompletionsOptions) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut cli::definition(), "playmoney", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
