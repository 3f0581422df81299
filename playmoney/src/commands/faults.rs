//! `faults add|list|clear`: rules that make the next matching exchanges go wrong (`playmoney.md` section 7).

use super::{of, print_list, print_object};
use crate::cli::{DeliveryFault, FaultRule, FaultsCommand, Limit, RequestFault, Times, Within};
use crate::client::{Client, encoded};
use crate::output;
use http::Method;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// Runs it.
///
/// # Errors
/// No server, or it refuses.
pub async fn run(command: FaultsCommand) -> anyhow::Result<ExitCode> {
    match command {
        FaultsCommand::Add(rule) => add(&rule).await?,
        FaultsCommand::List(within) => list(&within).await?,
        FaultsCommand::Clear { id, within } => clear(&within, id).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(rule: &FaultRule) -> anyhow::Result<()> {
    let (body, within) = match rule {
        FaultRule::Request(fault) => (on_request(fault), &fault.within),
        FaultRule::Delivery(fault) => (on_delivery(fault), &fault.within),
    };
    let added = Client::to(&within.target)?.ask(Method::POST, &of(within, "/faults"), Some(&body)).await?;
    print_object(within.target.json, &added)
}

fn on_request(fault: &RequestFault) -> Value {
    let action = match (fault.answer, fault.delay_ms, fault.redirect) {
        (Some(status), ..) => json!({ "status": status }),
        (_, Some(delay_ms), _) => json!({ "delay_ms": delay_ms }),
        (.., Some(times)) => json!({ "redirect": times }),
        _ if fault.drop => json!({ "drop": true }),
        _ => json!({ "truncate": true }),
    };
    let narrowed = [("method", &fault.method), ("path", &fault.path)];
    rule("request", &fault.times, &narrowed, action)
}

fn on_delivery(fault: &DeliveryFault) -> Value {
    let action = match (&fault.action, fault.delay_ms) {
        (Some(action), _) => json!(action),
        (None, delay_ms) => json!({ "delay_ms": delay_ms }),
    };
    rule("delivery", &fault.times, &[("event", &fault.event)], action)
}

fn rule(on: &str, times: &Times, narrowed: &[(&str, &Option<String>)], action: Value) -> Value {
    let mut rule = Map::new();
    rule.insert("on".to_owned(), json!(on));
    rule.insert("provider".to_owned(), json!(times.provider));
    for (name, value) in narrowed {
        if let Some(value) = value {
            rule.insert((*name).to_owned(), json!(value));
        }
    }
    rule.insert("action".to_owned(), action);
    let limit = match times.times {
        Limit::Times(times) => json!(times),
        Limit::Always => Value::Null,
    };
    rule.insert("times".to_owned(), limit);
    if let Some(probability) = &times.probability {
        rule.insert("probability".to_owned(), json!(probability));
    }
    Value::Object(rule)
}

async fn list(within: &Within) -> anyhow::Result<()> {
    let page = Client::to(&within.target)?.get(&of(within, "/faults")).await?;
    let members = ["id", "on", "provider", "method", "path", "event", "action", "times", "fired"];
    print_list(within.target.json, &page, &members, "there is no fault rule")
}

async fn clear(within: &Within, id: Option<String>) -> anyhow::Result<()> {
    let client = Client::to(&within.target)?;
    let path = match &id {
        Some(id) => format!("/faults/{}", encoded(id)),
        None => "/faults".to_owned(),
    };
    client.ask(Method::DELETE, &of(within, &path), None).await?;
    if within.target.json { output::print_json(&json!({ "cleared": id })) } else { output::print("cleared\n") }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::cli::{self, Command};

    fn body(words: &str) -> Value {
        let words = format!("playmoney faults add {words}");
        match cli::parse(words.split_whitespace().map(Into::into)).unwrap().command {
            Command::Faults(FaultsCommand::Add(FaultRule::Request(fault))) => on_request(&fault),
            Command::Faults(FaultsCommand::Add(FaultRule::Delivery(fault))) => on_delivery(&fault),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rules_as_the_contract_writes_them() {
        for (words, expected) in [
            (
                "request --path /v1/payments --method POST --answer 503 --times 1",
                json!({ "on": "request", "provider": "sandpay", "method": "POST", "path": "/v1/payments",
                    "action": { "status": 503 }, "times": 1 }),
            ),
            (
                "request --drop",
                json!({ "on": "request", "provider": "sandpay", "action": { "drop": true }, "times": 1 }),
            ),
            (
                "request --delay-ms 9000 --probability 0.25 --times always",
                json!({ "on": "request", "provider": "sandpay", "action": { "delay_ms": 9000 },
                    "times": null, "probability": 0.25 }),
            ),
            (
                "delivery --provider dojo --action bad_signature --event payment.completed",
                json!({ "on": "delivery", "provider": "dojo", "event": "payment.completed", "action": "bad_signature",
                    "times": 1 }),
            ),
            (
                "delivery --delay-ms 5",
                json!({ "on": "delivery", "provider": "sandpay", "action": { "delay_ms": 5 }, "times": 1 }),
            ),
        ] {
            assert_eq!(body(words), expected, "{words}");
        }
    }
}
