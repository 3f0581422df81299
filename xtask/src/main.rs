//! Developer commands: `cargo xtask COMMAND`.
//!
//! Knows how to build, check and measure the workspace by calling the tools a developer would call. It must not depend
//! on any crate of the workspace, so that it still builds when they do not. Standard library and `serde_json` only.

mod bench;
mod phases;
mod process;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  tidy                      style and architecture rules, as file:line messages
  fast                      format, tidy, clippy, unit and contract tests
  test [--only CRATE]       all tests of the workspace, or of one crate
  sim --seeds N [FLAG…]     deterministic simulation, release build; other flags are passed on
  bench [--rounds N] [--seconds N]
                            start time, memory, sandbox creation and create rate of the release build
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match words.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    let outcome = match command {
        "tidy" => tidy::run(),
        "fast" => phases::fast(),
        "test" => phases::test(rest),
        "sim" => phases::sim(rest),
        "bench" => bench::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => {
            eprint!("unknown command `{other}`\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
