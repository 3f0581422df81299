//! The options of `serve`. All are optional here: what is missing comes from `playmoney.toml`, then from the defaults
//! (see [`crate::settings`]), which the help repeats.

use clap::ArgMatches;
use clap::Args;
use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use std::path::PathBuf;

/// `serve`
#[derive(Debug, Default, Args)]
#[command(
    after_help = "Each option is also a variable PLAYMONEY_<NAME> and a key of playmoney.toml in the current directory.\n\
                  A flag beats the variable, the variable beats the file.\n\n\
                  Examples:\n  playmoney serve --listen 127.0.0.1:0 --ephemeral --ready-file ready.json\n  \
                  PLAYMONEY_SEED=7 playmoney serve"
)]
pub struct ServeArguments {
    /// Where to listen; port 0 picks a free one [default: 127.0.0.1:4700]
    #[arg(long, value_name = "ADDR", env = "PLAYMONEY_LISTEN", hide_env_values = true)]
    pub listen: Option<String>,

    /// The database: sqlite:PATH [default: sqlite:.playmoney/playmoney.db]
    #[arg(long, value_name = "URL", env = "PLAYMONEY_DATABASE", hide_env_values = true)]
    pub database: Option<String>,

    /// A private database in memory instead; it ends with the process
    #[arg(
        long,
        env = "PLAYMONEY_EPHEMERAL",
        hide_env_values = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new(),
        value_name = "BOOL",
        hide_possible_values = true
    )]
    pub ephemeral: Option<bool>,

    /// Base of the links that are handed out [default: from --listen]
    #[arg(long, value_name = "URL", env = "PLAYMONEY_PUBLIC_URL", hide_env_values = true)]
    pub public_url: Option<String>,

    /// Write a JSON file with URL and credentials once requests are accepted
    #[arg(long, value_name = "PATH", env = "PLAYMONEY_READY_FILE", hide_env_values = true)]
    pub ready_file: Option<PathBuf>,

    /// How much simulated operator latency clients wait for: instant, real or a factor [default: instant]
    #[arg(long, value_name = "SCALE", env = "PLAYMONEY_LATENCY", hide_env_values = true)]
    pub latency: Option<String>,

    /// Default seed of new sandboxes: same requests, same bytes
    #[arg(long, value_name = "N", env = "PLAYMONEY_SEED", hide_env_values = true, allow_negative_numbers = true)]
    pub seed: Option<String>,

    /// Required by the admin API when set; mandatory unless listening on loopback
    #[arg(long, value_name = "TOKEN", env = "PLAYMONEY_ADMIN_TOKEN", hide_env_values = true)]
    pub admin_token: Option<String>,

    /// Where webhooks may go: any, public or loopback [default: any on loopback, else public]
    #[arg(long, value_name = "MODE", env = "PLAYMONEY_EGRESS", hide_env_values = true)]
    pub egress: Option<String>,

    /// Only `off` for now [default: off]
    #[arg(long, value_name = "MODE", env = "PLAYMONEY_TLS", hide_env_values = true)]
    pub tls: Option<String>,

    /// Where TLS will be served; not yet
    #[arg(long, value_name = "ADDR", env = "PLAYMONEY_TLS_LISTEN", hide_env_values = true)]
    pub tls_listen: Option<String>,

    /// Logs for people or as JSON lines [default: human on a terminal, else json]
    #[arg(long, value_name = "human|json", env = "PLAYMONEY_LOG", hide_env_values = true)]
    pub log: Option<String>,

    /// Threads that answer requests [default: one per core]
    #[arg(long, value_name = "N", env = "PLAYMONEY_WORKERS", hide_env_values = true)]
    pub workers: Option<String>,

    /// Webhooks that may be on their way at once [default: 64]
    #[arg(long, value_name = "N", env = "PLAYMONEY_DELIVERIES", hide_env_values = true)]
    pub deliveries: Option<String>,
}

/// Where an option came from; the later one beats the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// `playmoney.toml`.
    File,
    /// A `PLAYMONEY_…` variable.
    Environment,
    /// The command line.
    Flag,
}

/// Where `--database` and `--ephemeral` came from: they mean the same thing, so the higher one counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Given {
    /// Of `--database`.
    pub database: Option<Rank>,
    /// Of `--ephemeral`.
    pub ephemeral: Option<Rank>,
}

impl Given {
    pub(super) fn of(serve: &ArgMatches) -> Self {
        let rank = |name| match serve.value_source(name)? {
            ValueSource::CommandLine => Some(Rank::Flag),
            ValueSource::EnvVariable => Some(Rank::Environment),
            _ => None,
        };
        Self { database: rank("database"), ephemeral: rank("ephemeral") }
    }
}
