//! The program as a library, so that tests and simulations can use its pieces.
//!
//! Reading order: [`cli`] (what can be typed), [`settings`] (where options come from), [`serve`] (start to clean end),
//! [`server`] (the pieces put together), [`demo`], [`commands`] (what talks to a running server through [`client`]).
//!
//! Must not know: any rule of a platform. Errors here are `anyhow` with context; [`failure`] gives them a hint and an
//! exit status.

pub mod banner;
pub mod cli;
pub mod client;
pub mod commands;
pub mod demo;
pub mod duration;
pub mod failure;
pub mod logging;
pub mod output;
pub mod ready;
pub mod serve;
pub mod server;
pub mod settings;
pub mod signals;

use crate::cli::{Arguments, Command};
use std::ffi::OsString;
use std::future::Future;
use std::process::ExitCode;

/// Runs the program with these arguments, the first being its name: exit status 0 for success, 1 for failure, 2 for
/// a wrong use.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match cli::parse(arguments) {
        Ok(arguments) => arguments,
        Err(help_or_error) => return cli::explain(&help_or_error),
    };
    match dispatch(arguments) {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}

fn dispatch(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { command, given } = arguments;
    match command {
        Command::Serve(options) => serve::run(options, given),
        Command::Demo(options) => demo::run(&options),
        Command::Openapi(options) => commands::openapi::run(&options),
        Command::Completions(options) => commands::completions::run(&options),
        Command::Sandbox(command) => wait_for(commands::sandbox::run(command)),
        Command::Clock(command) => wait_for(commands::clock::run(command)),
        Command::Ledger(options) => wait_for(commands::ledger::run(options)),
        Command::Assumptions(options) => wait_for(commands::assumptions::run(options)),
        Command::Requests(command) => wait_for(commands::requests::run(command)),
        Command::Deliveries(command) => wait_for(commands::deliveries::run(command)),
        Command::Faults(command) => wait_for(commands::faults::run(command)),
        Command::Doctor(options) => wait_for(commands::doctor::run(options)),
        Command::Env(options) => wait_for(commands::env::run(options)),
    }
}

/// Runs a command that talks to a server, on this thread.
fn wait_for(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}
