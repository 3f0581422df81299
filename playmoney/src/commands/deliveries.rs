//! `deliveries list|show|replay`: the outbound log.

use super::{log_path, of, print_list, print_object};
use crate::cli::{DeliveriesCommand, DeliveryFilter, OneItem};
use crate::client::{Client, encoded};
use http::Method;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Runs it.
///
/// # Errors
/// No server, or it refuses.
pub async fn run(command: DeliveriesCommand) -> anyhow::Result<ExitCode> {
    match command {
        DeliveriesCommand::List(filter) => list(&filter).await?,
        DeliveriesCommand::Show(item) => one(&item, Method::GET, "").await?,
        DeliveriesCommand::Replay(item) => one(&item, Method::POST, "/replay").await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(asked: &DeliveryFilter) -> anyhow::Result<()> {
    let target = &asked.filter.within.target;
    let more = [("subject", asked.subject.as_deref())];
    let mut page = Client::to(target)?.get(&log_path(&asked.filter, "/deliveries", &more)).await?;
    if !target.json {
        count_attempts(&mut page);
    }
    let members = ["id", "event", "subject", "status", "attempts", "last", "next_attempt_at", "url"];
    print_list(target.json, &page, &members, "no delivery matches")
}

/// In the table, how many attempts there were, and how the last one ended.
fn count_attempts(page: &mut Value) {
    for delivery in page["data"].as_array_mut().into_iter().flatten() {
        let attempts = delivery["attempts"].take();
        let list = attempts.as_array().map(Vec::as_slice).unwrap_or_default();
        let last = list.last().map(|last| if last["status"].is_null() { &last["error"] } else { &last["status"] });
        delivery["last"] = last.cloned().unwrap_or_default();
        delivery["attempts"] = json!(list.len());
    }
}

async fn one(item: &OneItem, method: Method, action: &str) -> anyhow::Result<()> {
    let target = &item.within.target;
    let path = of(&item.within, &format!("/deliveries/{}{action}", encoded(&item.id)));
    print_object(target.json, &Client::to(target)?.ask(method, &path, None).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_counts_attempts() {
        let mut page = json!({ "data": [
            { "attempts": [{ "status": 500 }, { "error": "timeout" }] }, { "attempts": [] }, { "attempts": [{ "status": 204 }] },
        ] });
        count_attempts(&mut page);
        assert_eq!(
            page["data"],
            json!([{ "attempts": 2, "last": "timeout" }, { "attempts": 0, "last": null }, { "attempts": 1, "last": 204 }])
        );
    }
}
