//! The SandPay part of the demo: a payment that succeeds, one that is declined, one that the payer
//! confirms on the handset, and one that nobody confirms.
//!
//! Speaks the platform's own API with the platform's own words, as a merchant's backend does.

use super::receiver::{Received, Receiver};
use super::timeline::{Line, MERCHANT, Timeline};
use crate::client::{Answer, Client};
use anyhow::{Context, bail, ensure};
use http::Method;
use sandpay::signature;
use serde_json::{Value, json};
use std::time::Duration;

const PATH: &str = "/webhooks/sandpay";

/// A webhook that is due now takes milliseconds; one that does not come at all must not hold up the demo for ever.
const PATIENCE: Duration = Duration::from_secs(10);

/// Prompts that nobody answers are closed at the full hour once they are an hour old, so within two hours.
const ABANDONED_SECONDS: u64 = 121 * 60;

/// A merchant, its backend and its receiver.
pub(super) struct Stage<'t> {
    timeline: &'t mut Timeline,
    platform: Client,
    application: String,
    receiver: Receiver,
    secret: String,
    verified: u32,
}

impl<'t> Stage<'t> {
    /// With the credentials that the ready file holds.
    pub(super) fn new(timeline: &'t mut Timeline, access: &Value, receiver: Receiver) -> anyhow::Result<Self> {
        let text = |member: &str| access[member].as_str().with_context(|| format!("no {member} of sandpay"));
        let platform = Client::new(text("base_url")?, Some(text("api_key")?))?;
        let application = text("application")?.to_owned();
        Ok(Self { timeline, platform, application, receiver, secret: String::new(), verified: 0 })
    }

    /// Plays it, and says how many signatures verified.
    pub(super) async fn run(&mut self) -> anyhow::Result<u32> {
        self.register().await?;
        let payer = self.payer().await?;

        let paid = self.pay(&payer, "DEMO-PAY-1", Some("success"), "SUCCESS").await?;
        self.webhook(&paid, "SUCCESS").await?;

        let declined = self.pay(&payer, "DEMO-PAY-2", Some("low_balance"), "INSUFFICIENT_FUNDS").await?;
        self.webhook(&declined, "INSUFFICIENT_FUNDS").await?;

        let confirmed = self.pay(&payer, "DEMO-PAY-3", None, "PENDING").await?;
        self.confirm(&confirmed, &payer).await?;
        self.webhook(&confirmed, "SUCCESS").await?;

        let abandoned = self.pay(&payer, "DEMO-PAY-4", None, "PENDING").await?;
        self.timeline.advance(ABANDONED_SECONDS, "121 minutes pass, nobody confirms").await?;
        self.webhook(&abandoned, "TIMEOUT").await?;
        self.look(&abandoned, "TIMEOUT").await?;
        Ok(self.verified)
    }

    async fn register(&mut self) -> anyhow::Result<()> {
        let wanted = json!({ "url": self.receiver.url(PATH) });
        let endpoint = self.timeline.admin("/sandpay/webhook-endpoints", &wanted, "where webhooks go").await?;
        self.secret = endpoint["secret"].as_str().context("the new endpoint has no secret")?.to_owned();
        Ok(())
    }

    /// A test client who is not blocked and has enough.
    async fn payer(&self) -> anyhow::Result<Value> {
        let page = self.timeline.look("/sandpay/test-clients?limit=200").await?;
        let clients = page["data"].as_array().context("no list of test clients")?;
        let is_fit = |client: &&Value| client["status"] == "active" && client["balance"].as_i64() >= Some(10_000);
        Ok(clients.iter().find(is_fit).context("no test client who can pay")?.clone())
    }

    async fn pay(
        &self,
        payer: &Value,
        reference: &str,
        scenario: Option<&str>,
        expected: &str,
    ) -> anyhow::Result<Value> {
        let environment = &payer["country"];
        let currency = if environment == "RW" { "RWF" } else { "XOF" };
        let mut body = json!({
            "amount": 5000, "currency": currency, "operator": payer["operator"], "country": environment,
            "msisdn": payer["msisdn"], "reference": reference, "application": self.application, "order_ref": "cart-1",
        });
        if let Some(scenario) = scenario {
            body["scenario"] = json!(scenario);
        }
        let answer = self.platform.call(Method::POST, "/v1/payments", Some(&body)).await?;
        let asked = scenario.map_or_else(|| "no scenario".to_owned(), |scenario| format!("scenario {scenario}"));
        self.shown("POST /v1/payments".to_owned(), &answer, &format!("5000 {currency}, {asked}")).await?;
        ensure!(answer.status == 201, "a new payment was answered with {}: {}", answer.status, answer.body);
        ensure!(answer.body["status"] == expected, "expected {expected}: {}", answer.body);
        Ok(answer.body)
    }

    /// What the payer does on the handset.
    async fn confirm(&self, payment: &Value, payer: &Value) -> anyhow::Result<()> {
        let path = format!("/sandpay/prompts/{}/confirm", payment["id"].as_str().unwrap_or_default());
        self.timeline.admin(&path, &json!({ "pin": payer["pin"] }), "the payer's PIN, on the handset").await?;
        Ok(())
    }

    async fn look(&self, payment: &Value, expected: &str) -> anyhow::Result<()> {
        let path = format!("/v1/payments/{}", payment["id"].as_str().unwrap_or_default());
        let answer = self.platform.call(Method::GET, &path, None).await?;
        self.shown(format!("GET {path}"), &answer, "polled").await?;
        ensure!(answer.body["status"] == expected, "expected {expected}: {}", answer.body);
        Ok(())
    }

    async fn shown(&self, what: String, answer: &Answer, note: &str) -> anyhow::Result<()> {
        let result = answer.body["status"].as_str().or(answer.body["message"].as_str()).unwrap_or_default();
        let note = format!("{note}: {result}");
        self.timeline.show(Line { from: MERCHANT, to: "sandpay", what, status: answer.status, note }).await
    }

    /// Waits for the webhook of a payment, and verifies it as a merchant must: the raw bytes, before they are read.
    async fn webhook(&mut self, payment: &Value, expected: &str) -> anyhow::Result<()> {
        let received = tokio::time::timeout(PATIENCE, self.receiver.next()).await;
        let Ok(Some(received)) = received else { bail!("no webhook came for {}", payment["id"]) };
        ensure!(is_signed(&self.secret, &received), "a webhook came whose signature does not verify");
        self.verified += 1;
        let body: Value = serde_json::from_slice(&received.body).context("the webhook is no JSON")?;
        let event = received.header("X-SandPay-Event").unwrap_or_default().to_owned();
        let note = format!("{event} {}: signature verified", body["status"].as_str().unwrap_or_default());
        let what = format!("POST {}", received.path);
        self.timeline.show(Line { from: "sandpay", to: MERCHANT, what, status: 200, note }).await?;
        ensure!(body["tx_id"] == payment["id"], "the webhook is about {}, not {}", body["tx_id"], payment["id"]);
        ensure!(body["status"] == expected, "expected {expected}: {body}");
        Ok(())
    }
}

fn is_signed(secret: &str, received: &Received) -> bool {
    signature::verify(secret, &received.body, received.header(signature::HEADER))
}
