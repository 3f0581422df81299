//! A merchant of one sandbox: its credentials, and the calls that tests make as that merchant.

use crate::http::{Answer, Client};
use crate::program::Server;
use serde_json::{Value, json};
use std::io;

/// A registered payer with 100,000 francs.
pub const PAYER: &str = "+2250500000111";

/// A merchant.
#[derive(Debug, Clone)]
pub struct Shop {
    pub sandbox: String,
    pub key: String,
    pub application: String,
}

impl Shop {
    /// In a new sandbox.
    pub fn open(client: &mut Client, sandbox: &Value) -> Self {
        let made = client.admin("POST", "/sandboxes", Some(sandbox));
        Self::of(&made)
    }

    /// Of the demo sandbox.
    pub fn demo(server: &Server) -> Self {
        Self::of(&server.client().admin("GET", "/sandboxes/sbx_demo", None))
    }

    /// Of a sandbox as the admin API shows it.
    pub fn of(shown: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{shown}")).to_owned();
        let sandpay = &shown["providers"]["sandpay"];
        Self {
            sandbox: text(&shown["sandbox"]),
            key: text(&sandpay["api_key"]),
            application: text(&sandpay["application"]),
        }
    }

    /// A path of the admin API below the sandbox.
    pub fn path(&self, rest: &str) -> String {
        format!("/sandboxes/{}{rest}", self.sandbox)
    }

    /// Has webhooks sent to a URL, and gives the secret that they are signed with.
    pub fn register(&self, client: &mut Client, url: &str) -> String {
        let endpoint = client.admin("POST", &self.path("/sandpay/webhook-endpoints"), Some(&json!({ "url": url })));
        endpoint["secret"].as_str().unwrap().to_owned()
    }

    /// A payment of 1000 francs, as a request body.
    pub fn payment(&self, reference: &str, scenario: Option<&str>) -> Value {
        let mut body = json!({
            "amount": 1000, "currency": "XOF", "msisdn": PAYER, "reference": reference, "application": self.application,
        });
        if let Some(scenario) = scenario {
            body["scenario"] = json!(scenario);
        }
        body
    }

    /// Asks for a payment.
    ///
    /// # Errors
    /// The server ended meanwhile.
    pub fn pay(&self, client: &mut Client, body: &Value) -> io::Result<Answer> {
        client.call("POST", "/sandpay/v1/payments", &self.key, Some(body))
    }

    /// Reads a payment.
    pub fn look(&self, client: &mut Client, id: &str) -> Answer {
        client.call("GET", &format!("/sandpay/v1/payments/{id}"), &self.key, None).unwrap()
    }

    /// Moves the clock, until all that fell due is done.
    pub fn advance(&self, client: &mut Client, seconds: u64) -> Value {
        let advanced = client.admin("POST", &self.path("/clock/advance"), Some(&json!({ "seconds": seconds })));
        assert_eq!(advanced["done"], json!(true), "{advanced}");
        advanced
    }

    /// The balance of an account; 0 when it has none.
    pub fn balance(ledger: &Value, account: &str) -> i64 {
        let accounts = ledger["accounts"].as_array().unwrap();
        accounts.iter().find(|it| it["account"] == account).map_or(0, |it| it["balance"].as_i64().unwrap())
    }
}
