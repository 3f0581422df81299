//! `clock show|freeze|resume|set|advance`

use super::of;
use crate::cli::{ClockCommand, Within};
use crate::client::Client;
use crate::output;
use http::Method;
use kernel::Instant;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Runs it.
///
/// # Errors
/// No server, or it refuses.
pub async fn run(command: ClockCommand) -> anyhow::Result<ExitCode> {
    match command {
        ClockCommand::Show(within) => set(&within, None).await?,
        ClockCommand::Freeze(within) => set(&within, Some(json!({ "mode": "frozen" }))).await?,
        ClockCommand::Resume(within) => set(&within, Some(json!({ "mode": "running" }))).await?,
        ClockCommand::Set { now, within } => set(&within, Some(json!({ "now": now }))).await?,
        ClockCommand::Advance { by, within } => print_advanced(&within, by).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn set(within: &Within, wanted: Option<Value>) -> anyhow::Result<()> {
    let method = if wanted.is_some() { Method::PUT } else { Method::GET };
    let clock = Client::to(&within.target)?.ask(method, &of(within, "/clock"), wanted.as_ref()).await?;
    if within.target.json {
        return output::print_json(&clock);
    }
    output::print(&format!("{}  {}\n", output::text(&clock["now"]), output::text(&clock["mode"])))
}

async fn print_advanced(within: &Within, seconds: u64) -> anyhow::Result<()> {
    let client = Client::to(&within.target)?;
    let advanced = advance(&client, &within.sandbox, seconds).await?;
    if within.target.json {
        return output::print_json(&advanced);
    }
    let count = |member: &str| output::text(&advanced[member]);
    output::print(&format!(
        "{}  {} jobs run, {} deliveries attempted\n",
        count("now"),
        count("jobs_run"),
        count("deliveries_attempted")
    ))
}

/// Moves a clock by so many seconds. The server stops after a while of real time to say how far it has come; then it is
/// asked for what is left, until all is done.
///
/// # Errors
/// No server, or it refuses.
pub async fn advance(client: &Client, sandbox: &str, seconds: u64) -> anyhow::Result<Value> {
    let path = super::of_sandbox(sandbox, "/clock/advance");
    let before = client.get(&super::of_sandbox(sandbox, "/clock")).await?;
    let mut left = seconds;
    let (mut jobs_run, mut deliveries_attempted) = (0, 0);
    loop {
        let step = client.ask(Method::POST, &path, Some(&json!({ "seconds": left }))).await?;
        jobs_run += step["jobs_run"].as_u64().unwrap_or(0);
        deliveries_attempted += step["deliveries_attempted"].as_u64().unwrap_or(0);
        if step["done"] != json!(false) {
            let now = &step["now"];
            return Ok(
                json!({ "now": now, "jobs_run": jobs_run, "deliveries_attempted": deliveries_attempted, "done": true }),
            );
        }
        left = seconds.saturating_sub(passed_seconds(&before, &step));
    }
}

/// Whole seconds of virtual time between two answers that say `now`.
fn passed_seconds(before: &Value, after: &Value) -> u64 {
    let now = |answer: &Value| Instant::parse(answer["now"].as_str().unwrap_or_default()).unwrap_or_default();
    u64::try_from(now(after).since_ms(now(before)) / 1000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_counted_in_virtual_time() {
        let at = |now: &str| json!({ "now": now });
        assert_eq!(passed_seconds(&at("2026-06-01T09:00:00.000Z"), &at("2026-06-01T10:00:01.900Z")), 3601);
        assert_eq!(passed_seconds(&at("2026-06-01T09:00:00.000Z"), &at("2026-06-01T08:00:00.000Z")), 0);
    }
}
