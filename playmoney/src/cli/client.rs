//! The commands that talk to a running server, and their options.

use crate::duration;
use clap::{Args, Subcommand};

/// Which server, and how to print.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// Where the server is
    #[arg(long, env = "PLAYMONEY_URL", default_value = "http://127.0.0.1:4700", hide_env_values = true)]
    pub url: String,

    /// The server's admin token, if it has one
    #[arg(long, value_name = "TOKEN", env = "PLAYMONEY_ADMIN_TOKEN", hide_env_values = true)]
    pub admin_token: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Which sandbox of which server.
#[derive(Debug, Clone, Args)]
pub struct Within {
    /// The sandbox
    #[arg(long, value_name = "ID", default_value = "sbx_demo")]
    pub sandbox: String,

    /// Which server.
    #[command(flatten)]
    pub target: Target,
}

/// `sandbox`
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Make a sandbox and print its credentials
    Create(CreateSandbox),
    /// List the sandboxes
    #[command(after_help = "Example:\n  playmoney sandbox list --json")]
    List(Target),
    /// Show one
    #[command(after_help = "Example:\n  playmoney sandbox show sbx_demo")]
    Show(OneSandbox),
    /// Go back to how it was made, keeping credentials and webhook endpoints
    #[command(after_help = "Example:\n  playmoney sandbox reset sbx_demo")]
    Reset(OneSandbox),
    /// Delete one with all that it holds
    Delete(DeleteSandbox),
}

/// `sandbox create`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  playmoney sandbox create --seed 7 --frozen --now 2026-06-01T09:00:00Z --ttl 1h")]
pub struct CreateSandbox {
    /// Its id, sbx_…; random without one, or derived from the seed
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,

    /// What people call it
    #[arg(long)]
    pub name: Option<String>,

    /// Same seed and requests, same bytes
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<i64>,

    /// Let its clock stand still
    #[arg(long)]
    pub frozen: bool,

    /// What its clock shows first, as 2026-06-01T09:00:00Z
    #[arg(long, value_name = "INSTANT")]
    pub now: Option<String>,

    /// instant, real or a factor
    #[arg(long, value_name = "SCALE")]
    pub latency: Option<String>,

    /// Without demo data, credentials only
    #[arg(long)]
    pub empty: bool,

    /// Delete it after this long in real time: 90s, 10m, 1h
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub ttl: Option<u64>,

    /// Which server.
    #[command(flatten)]
    pub target: Target,
}

/// A sandbox by position or by `--sandbox`.
#[derive(Debug, Args)]
pub struct OneSandbox {
    /// The sandbox, if not given by --sandbox
    #[arg(value_name = "ID", conflicts_with = "sandbox")]
    pub id: Option<String>,

    /// Which sandbox.
    #[command(flatten)]
    pub within: Within,
}

/// `sandbox delete`: nothing is deleted by default.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  playmoney sandbox delete sbx_9f2c")]
pub struct DeleteSandbox {
    /// The sandbox
    #[arg(value_name = "ID", required_unless_present = "sandbox", conflicts_with = "sandbox")]
    pub id: Option<String>,

    /// The sandbox
    #[arg(long, value_name = "ID")]
    pub sandbox: Option<String>,

    /// Which server.
    #[command(flatten)]
    pub target: Target,
}

/// `clock`
#[derive(Debug, Subcommand)]
pub enum ClockCommand {
    /// Show what time it is
    #[command(after_help = "Example:\n  playmoney clock show")]
    Show(Within),
    /// Let it stand still
    #[command(after_help = "Example:\n  playmoney clock freeze --sandbox sbx_demo")]
    Freeze(Within),
    /// Let it run on
    #[command(after_help = "Example:\n  playmoney clock resume")]
    Resume(Within),
    /// Set it to a later instant
    #[command(after_help = "Example:\n  playmoney clock set 2030-01-01T09:00:00Z")]
    Set {
        /// The instant, as 2026-06-01T09:00:00Z
        #[arg(value_name = "INSTANT")]
        now: String,

        /// Which sandbox.
        #[command(flatten)]
        within: Within,
    },
    /// Let time pass; all that falls due on the way happens, in order
    #[command(after_help = "Example:\n  playmoney clock advance 121m")]
    Advance {
        /// How long: 90s, 121m, 36h, 30d, 1h30m
        #[arg(value_name = "DURATION", value_parser = duration::parse)]
        by: u64,

        /// Which sandbox.
        #[command(flatten)]
        within: Within,
    },
}

/// How much of a log, and of whom.
#[derive(Debug, Args)]
pub struct LogFilter {
    /// Only this provider
    #[arg(long)]
    pub provider: Option<String>,

    /// Only this status
    #[arg(long)]
    pub status: Option<String>,

    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub limit: u32,

    /// Go on where a page ended
    #[arg(long)]
    pub cursor: Option<String>,

    /// Which sandbox.
    #[command(flatten)]
    pub within: Within,
}

/// `requests`
#[derive(Debug, Subcommand)]
pub enum RequestsCommand {
    /// List the latest
    #[command(after_help = "Example:\n  playmoney requests list --provider sandpay --status 404")]
    List {
        /// Only those that contain this text
        #[arg(long, value_name = "TEXT")]
        q: Option<String>,

        /// Which entries.
        #[command(flatten)]
        filter: LogFilter,
    },
    /// Show one with headers and bodies
    #[command(after_help = "Example:\n  playmoney requests show req_5f0a")]
    Show(OneItem),
}

/// `deliveries list`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  playmoney deliveries list --status failed")]
pub struct DeliveryFilter {
    /// Only those about this transaction
    #[arg(long, value_name = "ID")]
    pub subject: Option<String>,

    /// Which entries.
    #[command(flatten)]
    pub filter: LogFilter,
}

/// `deliveries`
#[derive(Debug, Subcommand)]
pub enum DeliveriesCommand {
    /// List the latest
    List(DeliveryFilter),
    /// Show one with every attempt
    #[command(after_help = "Example:\n  playmoney deliveries show 0d9c6b9e-2c53-4c2a-9b8e-1f4f5f0a7c11")]
    Show(OneItem),
    /// Send one again, now
    #[command(after_help = "Example:\n  playmoney deliveries replay 0d9c6b9e-2c53-4c2a-9b8e-1f4f5f0a7c11")]
    Replay(OneItem),
}

/// One item of a log.
#[derive(Debug, Args)]
pub struct OneItem {
    /// Its id
    #[arg(value_name = "ID")]
    pub id: String,

    /// Which sandbox.
    #[command(flatten)]
    pub within: Within,
}

/// `assumptions`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  playmoney assumptions sandpay --json")]
pub struct AssumptionsOptions {
    /// Only this provider
    pub provider: Option<String>,

    /// Which server.
    #[command(flatten)]
    pub target: Target,
}

/// `env`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  playmoney env sandpay > .env")]
pub struct EnvOptions {
    /// Only this provider
    pub provider: Option<String>,

    /// Which sandbox.
    #[command(flatten)]
    pub within: Within,
}
