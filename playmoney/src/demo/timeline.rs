//! The demo's output: who called whom, when in virtual time, with what result. Must not know what is called.

use crate::client::Client;
use crate::commands::ledger::is_balanced;
use crate::commands::{API, clock};
use crate::output;
use anyhow::{bail, ensure};
use http::Method;
use serde_json::Value;

/// Who takes part.
pub const MERCHANT: &str = "merchant";
/// The one who tests.
pub const TESTER: &str = "you";

/// One exchange.
#[derive(Debug)]
pub struct Line<'a> {
    /// Who called.
    pub from: &'a str,
    /// Who was called.
    pub to: &'a str,
    /// Method and path.
    pub what: String,
    /// The status of the answer.
    pub status: u16,
    /// What it means.
    pub note: String,
}

/// Prints exchanges as they happen, with the virtual time of one sandbox.
#[derive(Debug)]
pub struct Timeline {
    playmoney: Client,
    sandbox: String,
}

impl Timeline {
    /// For a sandbox of a server.
    #[must_use]
    pub fn new(playmoney: Client, sandbox: &str) -> Self {
        Self { playmoney, sandbox: sandbox.to_owned() }
    }

    /// Prints one exchange.
    ///
    /// # Errors
    /// The clock cannot be read, or standard output not written.
    pub async fn show(&self, line: Line<'_>) -> anyhow::Result<()> {
        let clock = self.playmoney.get(&self.path("/clock")).await?;
        let now = clock["now"].as_str().unwrap_or_default();
        // 2026-06-01T09:00:00.000Z: the day is of no interest here.
        let time = now.get(11..23).unwrap_or(now);
        let who = format!("{} → {}", line.from, line.to);
        output::print(&format!("{time}  {who:<20}  {:<46}  {}  {}\n", line.what, line.status, line.note))
    }

    /// Calls an admin route below the sandbox, shows it, and gives the answer.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn admin(&self, path: &str, body: &Value, note: &str) -> anyhow::Result<Value> {
        let answer = self.playmoney.call(Method::POST, &self.path(path), Some(body)).await?;
        if !answer.is_success() {
            return Err(crate::client::refusal(&answer));
        }
        let what = format!("POST …{path}");
        self.show(Line { from: TESTER, to: "playmoney", what, status: answer.status, note: note.to_owned() }).await?;
        Ok(answer.body)
    }

    /// Reads an admin route below the sandbox without showing it.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn look(&self, path: &str) -> anyhow::Result<Value> {
        self.playmoney.get(&self.path(path)).await
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn advance(&self, seconds: u64, note: &str) -> anyhow::Result<()> {
        let advanced = clock::advance(&self.playmoney, &self.sandbox, seconds).await?;
        let note = format!("{note}; {} jobs run", advanced["jobs_run"]);
        self.show(Line { from: TESTER, to: "playmoney", what: "POST …/clock/advance".to_owned(), status: 200, note })
            .await
    }

    /// Shows that no money appeared or vanished.
    ///
    /// # Errors
    /// Some did.
    pub async fn ledger(&self) -> anyhow::Result<()> {
        let ledger = self.look("/ledger").await?;
        if !is_balanced(&ledger) {
            bail!("the ledger does not sum to zero: {ledger}");
        }
        ensure!(ledger["accounts"].as_array().is_some_and(|accounts| !accounts.is_empty()), "the ledger is empty");
        let note = "every posting set sums to zero".to_owned();
        self.show(Line { from: TESTER, to: "playmoney", what: "GET …/ledger".to_owned(), status: 200, note }).await
    }

    fn path(&self, path: &str) -> String {
        format!("{API}/sandboxes/{}{path}", self.sandbox)
    }
}
