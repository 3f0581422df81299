//! `assumptions [PROVIDER]`: from the server if one answers, else the built-in list, saying so.

use super::API;
use crate::cli::AssumptionsOptions;
use crate::client::{Client, is_absent};
use crate::failure::misused;
use crate::output::{self, Table};
use crate::server;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Runs it.
///
/// # Errors
/// The server refuses, or there is no such provider.
pub async fn run(options: AssumptionsOptions) -> anyhow::Result<ExitCode> {
    let all = match Client::to(&options.target)?.get(&format!("{API}/assumptions")).await {
        Ok(page) => page["data"].clone(),
        Err(error) if is_absent(&error) => {
            output::remark(&format!("no server answers at {}; this is the built-in list", options.target.url));
            serde_json::to_value(server::assumptions())?
        }
        Err(error) => return Err(error),
    };
    let list = match &options.provider {
        Some(provider) => of_provider(&all, provider)?,
        None => all,
    };
    if options.target.json {
        output::print_json(&json!({ "data": list }))?;
    } else {
        output::print(&shown(&list))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn of_provider(all: &Value, provider: &str) -> anyhow::Result<Value> {
    if !server::PROVIDERS.contains(&provider) {
        return Err(misused(
            format!("there is no provider `{provider}`"),
            format!("one of: {}", server::PROVIDERS.join(", ")),
        ));
    }
    let prefix = format!("{provider}.");
    let is_of = |entry: &&Value| entry["id"].as_str().is_some_and(|id| id.starts_with(&prefix));
    Ok(all.as_array().into_iter().flatten().filter(is_of).cloned().collect())
}

/// One block each: the reason is too long for a column.
fn shown(list: &Value) -> String {
    let mut text = String::new();
    for entry in list.as_array().into_iter().flatten() {
        let mut table = Table::default();
        let overridable = if entry["overridable"] == json!(true) { "  (a sandbox may set another)" } else { "" };
        table.row(["  value".to_owned(), format!("{}{overridable}", entry["value"])]);
        table.row(["  reason".to_owned(), output::text(&entry["reason"])]);
        table.row(["  source".to_owned(), output::text(&entry["source"])]);
        text.push_str(&format!("{}\n{}", output::text(&entry["id"]), table.render()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_its_value_reason_and_source() {
        let list = json!([{ "id": "sandpay.pin", "value": "1234", "reason": "Nobody says.", "source": "sandpay.md 6.4",
            "overridable": true }]);
        insta::assert_snapshot!(shown(&list), @r#"
        sandpay.pin
          value   "1234"  (a sandbox may set another)
          reason  Nobody says.
          source  sandpay.md 6.4
        "#);
    }
}
