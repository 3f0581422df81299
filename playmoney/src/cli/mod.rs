//! What can be typed: every command, its options, their environment variables and their help.
//!
//! Names are fixed by `playmoney.md` sections 2 and 3; scripts rely on them. Must not know what a command does.

mod client;
mod faults;
mod serve;

pub use client::{
    AssumptionsOptions, ClockCommand, CreateSandbox, DeleteSandbox, DeliveriesCommand, DeliveryFilter, EnvOptions,
    LogFilter, OneItem, OneSandbox, RequestsCommand, SandboxCommand, Target, Within,
};
pub use faults::{DeliveryFault, FaultRule, FaultsCommand, Limit, RequestFault, Times};
pub use serve::{Given, Rank, ServeArguments};

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// Standard output closed or not, clap says what it says; these are its exit statuses for help and for an error.
const WRONG_USE: u8 = 2;

#[derive(Debug, Parser)]
#[command(
    name = "playmoney",
    version,
    about = "A payments sandbox you run yourself",
    long_about = "A payments sandbox you run yourself: it behaves on the wire like the platforms that you integrate.\n\
                  Without a command it is `playmoney serve`.",
    after_help = "Examples:\n  playmoney                         start the server on http://127.0.0.1:4700\n  \
                  playmoney demo                    one payment, start to signed webhook\n  \
                  playmoney clock advance 121m      let two hours pass",
    override_usage = "playmoney [COMMAND] [OPTIONS]",
    disable_help_subcommand = true,
    subcommand_required = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server
    Serve(Box<ServeArguments>),
    /// Run one real payment against a server of its own and verify the signed webhooks
    Demo(DemoOptions),
    /// Make, list, reset and delete sandboxes
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// Show and move the virtual clock of a sandbox
    #[command(subcommand)]
    Clock(ClockCommand),
    /// Show what came in
    #[command(subcommand)]
    Requests(RequestsCommand),
    /// Show what went out, and send it again
    #[command(subcommand)]
    Deliveries(DeliveriesCommand),
    /// Make the next matching exchanges go wrong
    #[command(subcommand)]
    Faults(FaultsCommand),
    /// Print the trial balance of a sandbox; exits 1 if it does not sum to zero
    #[command(after_help = "Example:\n  playmoney ledger --sandbox sbx_demo")]
    Ledger(Within),
    /// List what is assumed where a platform's documents are silent
    Assumptions(AssumptionsOptions),
    /// Print the OpenAPI 3.1 document of a provider, or of `admin`
    Openapi(OpenapiOptions),
    /// Look for what is wrong and say how to mend it; exits 1 on findings
    #[command(after_help = "Example:\n  playmoney doctor")]
    Doctor(Target),
    /// Print base URLs and credentials of a sandbox as dotenv lines
    Env(EnvOptions),
    /// Print a completion script for a shell
    Completions(CompletionsOptions),
}

/// `demo`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  playmoney demo --keep")]
pub struct DemoOptions {
    /// Leave the server running afterwards, until Ctrl-C
    #[arg(long)]
    pub keep: bool,
}

/// `openapi`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  playmoney openapi sandpay > sandpay.json")]
pub struct OpenapiOptions {
    /// `sandpay`, or `admin` for the sandbox's own API
    #[arg(value_name = "PROVIDER")]
    pub name: String,
}

/// `completions`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  playmoney completions bash > ~/.local/share/bash-completion/completions/playmoney")]
pub struct CompletionsOptions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// What was asked for.
#[derive(Debug)]
pub struct Arguments {
    /// The command.
    pub command: Command,
    /// Where the options of `serve` came from.
    pub given: Given,
}

/// Reads the command line, and the environment where an option has a variable.
///
/// # Errors
/// Help or version that was asked for, or a wrong use: give it to [`explain`].
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    let matches = definition().try_get_matches_from(with_command(arguments.into_iter().collect()))?;
    let given = matches.subcommand_matches("serve").map_or_else(Given::default, Given::of);
    let command = Cli::from_arg_matches(&matches)?.command;
    Ok(Arguments { command, given })
}

/// The definition, for completions.
#[must_use]
pub fn definition() -> clap::Command {
    Cli::command()
}

/// Prints help or a wrong use, and gives the exit status of it.
#[must_use]
pub fn explain(help_or_error: &clap::Error) -> ExitCode {
    // Nobody is left to be told when the stream is closed.
    drop(help_or_error.print());
    if help_or_error.use_stderr() { ExitCode::from(WRONG_USE) } else { ExitCode::SUCCESS }
}

/// `playmoney` and `playmoney --listen …` mean `playmoney serve`.
fn with_command(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.is_empty() {
        arguments.push("playmoney".into());
    }
    let first = arguments.get(1).map(|word| word.to_string_lossy().into_owned());
    let about_all = ["-h", "--help", "-V", "--version"];
    let is_serve = first.is_none_or(|word| word.starts_with('-') && !about_all.contains(&word.as_str()));
    if is_serve {
        arguments.insert(1, "serve".into());
    }
    arguments
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Result<Arguments, clap::Error> {
        parse(words.split(' ').map(OsString::from))
    }

    #[test]
    fn the_definition_is_sound() {
        definition().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let is_parent = command.get_subcommands().next().is_some();
            assert!(is_parent || help.contains("Example"), "{path} has no example");
            assert!(!help.contains("Example") || help.contains("\n  playmoney"), "{path}: {help}");
            command.get_subcommands().for_each(|sub| check(sub, &path));
        }
        check(&definition(), "");
    }

    #[test]
    fn serve_is_what_is_meant_without_a_command() {
        for words in ["playmoney", "playmoney --ephemeral", "playmoney serve --listen 127.0.0.1:0"] {
            assert!(matches!(parsed(words).unwrap().command, Command::Serve(_)), "{words}");
        }
        assert!(matches!(parse([]).unwrap().command, Command::Serve(_)));
        assert!(parsed("playmoney --help").unwrap_err().to_string().contains("completions"));
        assert!(parsed("playmoney serv").is_err());
    }

    #[test]
    fn options_are_read_where_they_belong() {
        let Command::Clock(ClockCommand::Advance { by, within }) =
            parsed("playmoney clock advance 1h30m").unwrap().command
        else {
            panic!("another command")
        };
        assert_eq!((by, within.sandbox.as_str()), (5400, "sbx_demo"));
        for wrong in ["clock advance soon", "sandbox delete", "faults add", "ledger --nothing"] {
            assert!(parsed(&format!("playmoney {wrong}")).is_err(), "{wrong}");
        }
    }
}
