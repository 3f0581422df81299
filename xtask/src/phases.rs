//! The commands that chain other tools: `fast`, `test` and `sim`. Says nothing of what the rules are.

use crate::{process, tidy};

/// What to run before each commit: format, tidy, clippy, unit and contract tests. The tests of the binary itself
/// (processes, kills) and the simulation are left to `./test`.
pub(crate) fn fast() -> Result<(), String> {
    process::show("cargo", &["fmt", "--all", "--check"])
        .map_err(|error| format!("{error}\nhint: run `cargo fmt --all`"))?;
    tidy::run()?;
    process::show(
        "cargo",
        &["clippy", "--quiet", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"],
    )?;
    process::show(
        "cargo",
        &["test", "--quiet", "--workspace", "--exclude", "playmoney", "--exclude", "sim", "--locked"],
    )?;
    process::show("cargo", &["test", "--quiet", "--package", "playmoney", "--bins", "--locked"])
}

/// All tests of the workspace, or with `--only CRATE` those of one crate.
pub(crate) fn test(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [] => process::show("cargo", &["test", "--workspace", "--locked"]),
        [flag, name] if flag == "--only" => process::show("cargo", &["test", "--package", name, "--locked"]),
        _ => Err("usage: cargo xtask test [--only CRATE]".to_owned()),
    }
}

/// The simulation in a release build; its own flags (`--seeds N` and others) are passed on as they are.
pub(crate) fn sim(arguments: &[String]) -> Result<(), String> {
    if arguments.is_empty() {
        return Err("usage: cargo xtask sim --seeds N [FLAG…]".to_owned());
    }
    let mut words = vec!["run", "--quiet", "--release", "--locked", "--package", "sim", "--"];
    words.extend(arguments.iter().map(String::as_str));
    process::show("cargo", &words)
}
