//! `sandbox create|list|show|reset|delete`

use super::{API, of_sandbox, print_list, print_object};
use crate::cli::{CreateSandbox, DeleteSandbox, OneSandbox, SandboxCommand, Target};
use crate::client::Client;
use crate::output;
use http::Method;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// Runs it.
///
/// # Errors
/// No server, or it refuses.
pub async fn run(command: SandboxCommand) -> anyhow::Result<ExitCode> {
    match command {
        SandboxCommand::Create(options) => create(options).await?,
        SandboxCommand::List(target) => list(&target).await?,
        SandboxCommand::Show(one) => show(one, Method::GET, "").await?,
        SandboxCommand::Reset(one) => show(one, Method::POST, "/reset").await?,
        SandboxCommand::Delete(options) => delete(options).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(options: CreateSandbox) -> anyhow::Result<()> {
    let client = Client::to(&options.target)?;
    let made = client.ask(Method::POST, &format!("{API}/sandboxes"), Some(&wanted(&options))).await?;
    print_object(options.target.json, &made)
}

/// The request body: only what was given.
fn wanted(options: &CreateSandbox) -> Value {
    let mut clock = Map::new();
    if options.frozen {
        clock.insert("mode".to_owned(), json!("frozen"));
    }
    if let Some(now) = &options.now {
        clock.insert("now".to_owned(), json!(now));
    }
    let members = [
        ("id", options.id.as_ref().map(|id| json!(id))),
        ("name", options.name.as_ref().map(|name| json!(name))),
        ("seed", options.seed.map(|seed| json!(seed))),
        ("clock", (!clock.is_empty()).then_some(Value::Object(clock))),
        ("latency", options.latency.as_ref().map(|latency| json!(latency))),
        ("fixtures", options.empty.then(|| json!("empty"))),
        ("ttl_seconds", options.ttl.map(|seconds| json!(seconds))),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

async fn list(target: &Target) -> anyhow::Result<()> {
    let client = Client::to(target)?;
    let mut page = client.get(&format!("{API}/sandboxes")).await?;
    if !target.json {
        // The table has no room for objects.
        for sandbox in page["data"].as_array_mut().into_iter().flatten() {
            let clock = sandbox["clock"].take();
            sandbox["clock"] = clock["mode"].clone();
            sandbox["now"] = clock["now"].clone();
        }
    }
    print_list(target.json, &page, &["id", "name", "seed", "clock", "now", "created_at"], "there is no sandbox")
}

async fn show(one: OneSandbox, method: Method, action: &str) -> anyhow::Result<()> {
    let target = &one.within.target;
    let id = one.id.unwrap_or_else(|| one.within.sandbox.clone());
    let sandbox = Client::to(target)?.ask(method, &of_sandbox(&id, action), None).await?;
    print_object(target.json, &sandbox)
}

async fn delete(options: DeleteSandbox) -> anyhow::Result<()> {
    let id = options.id.or(options.sandbox).unwrap_or_default();
    Client::to(&options.target)?.ask(Method::DELETE, &of_sandbox(&id, ""), None).await?;
    if options.target.json {
        output::print_json(&json!({ "deleted": id }))
    } else {
        output::print(&format!("deleted {id}\n"))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::cli::{self, Command};

    fn body(words: &str) -> Value {
        let words = format!("playmoney sandbox create {words}");
        let command = cli::parse(words.split_whitespace().map(Into::into)).unwrap().command;
        let Command::Sandbox(SandboxCommand::Create(options)) = command else { panic!("another command") };
        wanted(&options)
    }

    #[test]
    fn only_what_was_given_is_sent() {
        assert_eq!(body(""), json!({}));
        assert_eq!(
            body("--seed -7 --frozen --now 2026-06-01T09:00:00Z --ttl 1h --empty --latency 0.5"),
            json!({ "seed": -7, "clock": { "mode": "frozen", "now": "2026-06-01T09:00:00Z" }, "latency": "0.5",
                "fixtures": "empty", "ttl_seconds": 3600 })
        );
    }
}
