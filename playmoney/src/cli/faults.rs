//! `faults` and its options: rules that make the next matching exchanges go wrong.

use super::client::Within;
use clap::{Args, Subcommand};

/// `faults`
#[derive(Debug, Subcommand)]
pub enum FaultsCommand {
    /// Add a rule
    #[command(subcommand)]
    Add(FaultRule),
    /// List the rules
    #[command(after_help = "Example:\n  playmoney faults list")]
    List(Within),
    /// Remove one rule, or all
    #[command(after_help = "Example:\n  playmoney faults clear")]
    Clear {
        /// The rule; all of them without one
        #[arg(value_name = "ID")]
        id: Option<String>,

        /// Which sandbox.
        #[command(flatten)]
        within: Within,
    },
}

/// `faults add`
#[derive(Debug, Subcommand)]
pub enum FaultRule {
    /// For calls that come in
    Request(RequestFault),
    /// For webhooks and callbacks that go out
    Delivery(DeliveryFault),
}

/// How many times something may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// So many times.
    Times(u32),
    /// Without end.
    Always,
}

fn parse_times(text: &str) -> Result<Limit, &'static str> {
    match text.parse() {
        Ok(times) if times > 0 => Ok(Limit::Times(times)),
        _ if text == "always" => Ok(Limit::Always),
        _ => Err("a whole number from 1, or `always`"),
    }
}

/// How often a rule fires.
#[derive(Debug, Args)]
pub struct Times {
    /// Whose exchanges
    #[arg(long, default_value = "sandpay")]
    pub provider: String,

    /// Fires so many times, or `always`
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_times)]
    pub times: Limit,

    /// From 0 to 1
    #[arg(long, value_name = "P")]
    pub probability: Option<serde_json::Number>,
}

/// `faults add request`
#[derive(Debug, Args)]
#[command(
    group(clap::ArgGroup::new("action").required(true).args(["answer", "delay_ms", "drop", "redirect", "truncate"])),
    after_help = "Example:\n  playmoney faults add request --path '/v1/payments' --method POST --answer 503 --times 1"
)]
pub struct RequestFault {
    /// Only this method
    #[arg(long)]
    pub method: Option<String>,

    /// Only paths that match this glob
    #[arg(long, value_name = "GLOB")]
    pub path: Option<String>,

    /// Answer with this status instead
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(200..=599))]
    pub answer: Option<u16>,

    /// Answer late by so many milliseconds
    #[arg(long, value_name = "N")]
    pub delay_ms: Option<u64>,

    /// Do what was asked, then close the connection without an answer
    #[arg(long)]
    pub drop: bool,

    /// Redirect to the same place so many times
    #[arg(long, value_name = "N")]
    pub redirect: Option<u32>,

    /// Send half of the answer
    #[arg(long)]
    pub truncate: bool,

    /// How often.
    #[command(flatten)]
    pub times: Times,

    /// Which sandbox.
    #[command(flatten)]
    pub within: Within,
}

/// `faults add delivery`
#[derive(Debug, Args)]
#[command(
    group(clap::ArgGroup::new("what").required(true).args(["action", "delay_ms"])),
    after_help = "Example:\n  playmoney faults add delivery --event payment.completed --action duplicate --times 1"
)]
pub struct DeliveryFault {
    /// Only this event
    #[arg(long)]
    pub event: Option<String>,

    /// What goes wrong
    #[arg(
        long,
        value_parser = ["duplicate", "reorder", "drop", "bad_signature", "stale_signature", "altered_body"]
    )]
    pub action: Option<String>,

    /// Send it late by so many milliseconds of virtual time
    #[arg(long, value_name = "N")]
    pub delay_ms: Option<u64>,

    /// How often.
    #[command(flatten)]
    pub times: Times,

    /// Which sandbox.
    #[command(flatten)]
    pub within: Within,
}
