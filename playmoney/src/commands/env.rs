//! `env [PROVIDER]`: base URLs and credentials of a sandbox as dotenv lines.

use super::of;
use crate::cli::EnvOptions;
use crate::client::Client;
use crate::failure::misused;
use crate::output;
use serde_json::{Map, Value};
use std::process::ExitCode;

/// Runs it.
///
/// # Errors
/// No server, it refuses, or there is no such provider.
pub async fn run(options: EnvOptions) -> anyhow::Result<ExitCode> {
    let target = &options.within.target;
    let sandbox = Client::to(target)?.get(&of(&options.within, "")).await?;
    let mut providers = sandbox["providers"].as_object().cloned().unwrap_or_default();
    if let Some(wanted) = &options.provider {
        let names: Vec<String> = providers.keys().cloned().collect();
        providers.retain(|name, _| name == wanted);
        if providers.is_empty() {
            return Err(misused(format!("there is no provider `{wanted}`"), format!("one of: {}", names.join(", "))));
        }
    }
    if target.json {
        output::print_json(&Value::Object(providers))?;
    } else {
        output::print(&lines(&providers))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `SANDPAY_BASE_URL=…`: the provider, then the member, nested ones joined.
fn lines(providers: &Map<String, Value>) -> String {
    let mut text = String::new();
    for (provider, members) in providers {
        add(&mut text, &provider.to_uppercase(), members);
    }
    text
}

fn add(text: &mut String, name: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(member, value)| add(text, &format!("{name}_{}", member.to_uppercase()), value));
        }
        Value::Null => {}
        other => text.push_str(&format!("{name}={}\n", quoted(&output::text(other)))),
    }
}

/// Plain where every reader of dotenv files agrees, else in single quotes.
fn quoted(value: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "_-./:".contains(char);
    if !value.is_empty() && value.chars().all(is_plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn dotenv_lines() {
        let providers = json!({
            "sandpay": { "base_url": "http://127.0.0.1:4700/sandpay", "api_key": "sp_sk_test_1" },
            "stream": { "webhook_secrets": { "pos": "a b" }, "note": null },
        });
        let text = lines(providers.as_object().unwrap_or(&Map::new()));
        assert_eq!(
            text,
            "SANDPAY_BASE_URL=http://127.0.0.1:4700/sandpay\nSANDPAY_API_KEY=sp_sk_test_1\nSTREAM_WEBHOOK_SECRETS_POS='a b'\n"
        );
    }
}
