//! What `serve` says when it is ready: where things are, and one request per provider that can be pasted as it is.
//!
//! It shows what the ready file holds, and adds a first request for each provider it knows one for.

use serde_json::Value;
use std::fmt::Write;

/// Members of a provider that are no secret.
const OPEN: [&str; 3] = ["application", "partner_slug", "api_client_id"];

/// The lines before `ready URL`. Without `shows_secrets`, credentials are left out, and it says how to see them.
#[must_use]
pub fn text(ready: &Value, shows_secrets: bool) -> String {
    let url = ready["url"].as_str().unwrap_or_default();
    let mut text = format!("Playmoney {}\n\n", ready["version"].as_str().unwrap_or_default());
    line(&mut text, "admin API", &format!("{url}/_playmoney/v1"));
    line(&mut text, "sandbox", ready["sandbox"].as_str().unwrap_or_default());
    for (name, provider) in ready["providers"].as_object().into_iter().flatten() {
        text.push('\n');
        line(&mut text, name, provider["base_url"].as_str().unwrap_or_default());
        line(&mut text, "  OpenAPI", &format!("{url}/_playmoney/openapi/{name}.json"));
        for (member, value) in provider.as_object().into_iter().flatten() {
            if let (false, Some(value)) = (member.ends_with("_url"), value.as_str()) {
                let shown = if shows_secrets || OPEN.contains(&member.as_str()) { value } else { "(not shown again)" };
                line(&mut text, &format!("  {member}"), shown);
            }
        }
        if let Some(request) = first_request(name, provider).filter(|_| shows_secrets) {
            let _infallible = write!(text, "\n{request}\n");
        }
    }
    if !shows_secrets {
        text.push_str("\ncredentials: playmoney env\n");
    }
    text
}

fn line(text: &mut String, label: &str, value: &str) {
    let _infallible = writeln!(text, "  {label:<16}{value}");
}

/// A `curl` that works as it is, once.
#[must_use]
pub fn first_request(name: &str, provider: &Value) -> Option<String> {
    let text = |member: &str| provider[member].as_str();
    let (base, key) = (text("base_url")?, text("api_key")?);
    match name {
        "sandpay" => Some(format!(
            "curl {base}/v1/payments \\\n  -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\\n  \
             -d '{{\"amount\":5000,\"currency\":\"XOF\",\"msisdn\":\"+2250500000111\",\"reference\":\"first-payment\",\
             \"application\":\"{}\",\"scenario\":\"success\"}}'",
            text("application")?
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ready() -> Value {
        json!({ "url": "http://127.0.0.1:4700", "version": "0.1.0", "sandbox": "sbx_demo", "providers": { "sandpay": {
            "base_url": "http://127.0.0.1:4700/sandpay", "api_key": "sp_sk_test_1", "application": "demo-store" } } })
    }

    #[test]
    fn credentials_are_left_out_where_they_are_secret() {
        let secret = text(&ready(), false);
        assert!(!secret.contains("sp_sk_test_1") && secret.contains("demo-store"), "{secret}");
        assert!(secret.contains("playmoney env"), "{secret}");
    }

    #[test]
    fn a_banner_can_be_read_and_pasted() {
        insta::assert_snapshot!(text(&ready(), true), @r#"
        Playmoney 0.1.0

          admin API       http://127.0.0.1:4700/_playmoney/v1
          sandbox         sbx_demo

          sandpay         http://127.0.0.1:4700/sandpay
            OpenAPI       http://127.0.0.1:4700/_playmoney/openapi/sandpay.json
            api_key       sp_sk_test_1
            application   demo-store

        curl http://127.0.0.1:4700/sandpay/v1/payments \
          -H 'Authorization: Bearer sp_sk_test_1' -H 'Content-Type: application/json' \
          -d '{"amount":5000,"currency":"XOF","msisdn":"+2250500000111","reference":"first-payment","application":"demo-store","scenario":"success"}'
        "#);
    }
}
