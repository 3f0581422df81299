//! `openapi PROVIDER`: needs no server.

use crate::cli::OpenapiOptions;
use crate::failure::misused;
use crate::{output, server};
use std::process::ExitCode;

/// Runs it.
///
/// # Errors
/// There is no such document.
pub fn run(options: &OpenapiOptions) -> anyhow::Result<ExitCode> {
    let document = server::openapi(&options.name).ok_or_else(|| {
        let hint = format!("one of: {}, admin", server::PROVIDERS.join(", "));
        misused(format!("there is no document `{}`", options.name), hint)
    })?;
    output::print_json(&document)?;
    Ok(ExitCode::SUCCESS)
}
