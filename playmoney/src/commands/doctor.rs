//! `doctor`: what is wrong and how to mend it. Asks the server; when none runs, says so and checks what can be seen from
//! outside. Exit status 1 on findings.

use super::API;
use crate::cli::{Given, ServeArguments, Target};
use crate::client::{Client, is_absent};
use crate::output;
use crate::settings::{self, File, Place, Settings};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;

/// Runs it.
///
/// # Errors
/// The server refuses.
pub async fn run(target: Target) -> anyhow::Result<ExitCode> {
    let report = match Client::to(&target)?.get(&format!("{API}/doctor")).await {
        Ok(report) => report,
        Err(error) if is_absent(&error) => from_outside(&target.url),
        Err(error) => return Err(error),
    };
    if target.json {
        output::print_json(&report)?;
    } else {
        output::print(&shown(&report))?;
    }
    Ok(if is_healthy(&report) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn is_healthy(report: &Value) -> bool {
    report["findings"].as_array().is_some_and(Vec::is_empty)
}

fn shown(report: &Value) -> String {
    let mut text = String::new();
    for check in report["checked"].as_array().into_iter().flatten() {
        text.push_str(&format!("ok       {}\n", output::text(check)));
    }
    for finding in report["findings"].as_array().into_iter().flatten() {
        text.push_str(&format!("problem  {}\n", output::text(&finding["problem"])));
        text.push_str(&format!("  mend:  {}\n", output::text(&finding["mend"])));
    }
    text.push_str(if is_healthy(report) { "nothing is wrong\n" } else { "" });
    text
}

/// What a server would meet if it were started here. That none runs is a finding too: it was asked for.
fn from_outside(url: &str) -> Value {
    let mut checks = Checks::default();
    checks.found(
        format!("no server answers at {url}"),
        "start one with `playmoney serve`, or say where it is with --url",
    );
    let file = File::read(Path::new(settings::FILE));
    let settings = file.and_then(|file| Settings::new(ServeArguments::default(), Given::default(), &file));
    match settings {
        Ok(settings) => {
            checks.passed(format!("{} can be used, or is not there", settings::FILE));
            checks.port(&settings);
            checks.database(&settings.database);
        }
        Err(error) => checks.found(format!("{error:#}"), &format!("mend {}", settings::FILE)),
    }
    json!({ "checked": checks.checked, "findings": checks.findings })
}

#[derive(Default)]
struct Checks {
    checked: Vec<String>,
    findings: Vec<Value>,
}

impl Checks {
    fn passed(&mut self, what: String) {
        self.checked.push(what);
    }

    fn found(&mut self, problem: String, mend: &str) {
        self.findings.push(json!({ "problem": problem, "mend": mend }));
    }

    fn port(&mut self, settings: &Settings) {
        match TcpListener::bind(settings.listen) {
            Ok(_) => self.passed(format!("{} is free", settings.listen)),
            Err(error) => {
                self.found(
                    format!("{} cannot be listened on: {error}", settings.listen),
                    "choose another with --listen",
                );
            }
        }
    }

    /// Opens it as the server would, migrations included; a file that is not there is not made.
    fn database(&mut self, place: &Place) {
        let Place::Sqlite(path) = place else { return };
        if !path.exists() {
            return self.passed(format!("{} is not there yet; `serve` makes it", path.display()));
        }
        match store::Sqlite::open(path) {
            Ok(_) => self.passed(format!("{} can be opened and is migrated", path.display())),
            Err(error) => {
                self.found(error.to_string(), "stop the process that uses it, or restore the file from a copy")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_say_how_to_mend_them() {
        let report = json!({ "checked": ["the database answers"], "findings": [
            { "problem": "one job is orphaned", "mend": "reset the sandbox" } ] });
        insta::assert_snapshot!(shown(&report), @r#"
        ok       the database answers
        problem  one job is orphaned
          mend:  reset the sandbox
        "#);
        assert!(!is_healthy(&report) && !is_healthy(&json!({})));
        assert!(is_healthy(&json!({ "findings": [] })));
    }
}
