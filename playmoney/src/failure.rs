//! What went wrong, what to do about it, and the exit status that says so.
//!
//! Context comes from `anyhow`; a hint is one more layer of it. Must not know any command.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;

/// What a person can do about an error. Put it anywhere into the chain; it is shown on a line of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hint {
    message: String,
    hint: String,
    is_usage: bool,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Hint {}

/// An error with a hint. Exit status 1.
pub fn failed(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Hint { message: message.into(), hint: hint.into(), is_usage: false })
}

/// The program was asked for something that it cannot be asked for. Exit status 2.
pub fn misused(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Hint { message: message.into(), hint: hint.into(), is_usage: true })
}

/// The cause with a message in front of it and a hint. Exit status 1.
#[must_use]
pub fn with_hint(cause: anyhow::Error, message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    cause.context(Hint { message: message.into(), hint: hint.into(), is_usage: false })
}

/// The lines for standard error. A message may end in a line `hint: …` of its own.
#[must_use]
pub fn describe(error: &anyhow::Error) -> String {
    let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
    let parts = chain
        .iter()
        .map(|text| text.split_once("\nhint: ").map_or((text.as_str(), None), |(text, hint)| (text, Some(hint))));
    let (messages, hints): (Vec<&str>, Vec<Option<&str>>) = parts.unzip();
    let mut text = format!("error: {}\n", messages.join(": "));
    let own = error.downcast_ref::<Hint>().map(|hint| hint.hint.as_str());
    for hint in own.into_iter().chain(hints.into_iter().flatten()) {
        text.push_str(&format!("hint: {hint}\n"));
    }
    text
}

/// The exit status of an error.
#[must_use]
pub fn status(error: &anyhow::Error) -> u8 {
    if error.downcast_ref::<Hint>().is_some_and(|hint| hint.is_usage) { 2 } else { 1 }
}

/// Says it on standard error and gives the exit status.
#[must_use]
pub fn report(error: &anyhow::Error) -> ExitCode {
    // Nobody is left to be told when standard error is closed.
    drop(std::io::stderr().write_all(describe(error).as_bytes()));
    ExitCode::from(status(error))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_hint_is_found_below_its_context() {
        let error = Err::<(), _>(misused("no such place", "name another")).context("starting").unwrap_err();
        assert_eq!(describe(&error), "error: starting: no such place\nhint: name another\n");
        assert_eq!(status(&error), 2);
        assert_eq!(status(&failed("it broke", "mend it")), 1);
        assert_eq!(describe(&anyhow::anyhow!("plain")), "error: plain\n");
        let within = anyhow::anyhow!("the port is taken").context("cannot listen\nhint: choose another");
        assert_eq!(describe(&within), "error: cannot listen: the port is taken\nhint: choose another\n");
    }
}
