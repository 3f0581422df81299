//! `requests list|show`: the inbound log.

use super::{log_path, of, print_list, print_object};
use crate::cli::RequestsCommand;
use crate::client::{Client, encoded};
use std::process::ExitCode;

/// Runs it.
///
/// # Errors
/// No server, or it refuses.
pub async fn run(command: RequestsCommand) -> anyhow::Result<ExitCode> {
    match command {
        RequestsCommand::List { q, filter } => {
            let target = &filter.within.target;
            let page = Client::to(target)?.get(&log_path(&filter, "/requests", &[("q", q.as_deref())])).await?;
            let members = ["id", "at", "provider", "method", "path", "status", "duration_ms", "subject"];
            print_list(target.json, &page, &members, "no request matches")?;
        }
        RequestsCommand::Show(item) => {
            let target = &item.within.target;
            let path = of(&item.within, &format!("/requests/{}", encoded(&item.id)));
            print_object(target.json, &Client::to(target)?.get(&path).await?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
