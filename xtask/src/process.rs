//! Calling other programs from the root of the workspace. A failure names the command, so that it can be run again by
//! hand.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the workspace: the directory above this crate.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace's root").to_path_buf()
}

/// Runs a program with its output shown. Fails if it cannot start or ends with another status than 0.
pub(crate) fn show(program: &str, arguments: &[&str]) -> Result<(), String> {
    let status =
        command(program, arguments).status().map_err(|error| format!("`{program}` does not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("failed ({status}): {program} {}", arguments.join(" "))) }
}

/// Runs a program and returns its standard output. Fails as [`show`] does, or if the output is not UTF-8.
pub(crate) fn capture(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = command(program, arguments)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`{program}` does not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("failed ({}): {program} {}", output.status, arguments.join(" ")));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{program} did not print UTF-8"))
}

/// Whether a program is found on the path.
pub(crate) fn exists(program: &str) -> bool {
    Command::new("sh")
        .args(["-c", "command -v \"$0\" >/dev/null", program])
        .status()
        .is_ok_and(|status| status.success())
}

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}
