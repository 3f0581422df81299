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
    report["ok"] == json!(true)
}

fn shown(report: &Value) -> String {
    let mut text = String::new();
    for check in report["checks"].as_array().into_iter().flatten() {
        let word = if check["ok"] == json!(true) { "ok" } else { "problem" };
        let detail = output::text(&check["detail"]);
        text.push_str(&format!("{word:<8} {}: {detail}\n", output::text(&check["name"])));
        for finding in check["findings"].as_array().into_iter().flatten() {
            let (what, mend) = (output::text(&finding["what"]), output::text(&finding["mend"]));
            text.push_str(&format!("  what:  {what}\n  mend:  {mend}\n"));
        }
    }
    text.push_str(if is_healthy(report) { "nothing is wrong\n" } else { "" });
    text
}

/// What a server would meet if it were started here. That none runs is a finding too: it was asked for. The same shape
/// as the server's own report.
fn from_outside(url: &str) -> Value {
    let absent =
        finding("nothing listens there".to_owned(), "start one with `playmoney serve`, or say where it is with --url");
    let mut checks = vec![check("server", format!("{url}, seen from outside"), Some(absent))];
    let file = File::read(Path::new(settings::FILE));
    let settings = file.and_then(|file| Settings::new(ServeArguments::default(), Given::default(), &file));
    match settings {
        Ok(settings) => {
            checks.push(check("settings", format!("{}, if it is there", settings::FILE), None));
            checks.push(port(&settings));
            checks.extend(database(&settings.database));
        }
        Err(error) => {
            let wrong = finding(format!("{error:#}"), "correct the file; `playmoney serve --help` names the options");
            checks.push(check("settings", settings::FILE.to_owned(), Some(wrong)));
        }
    }
    let is_ok = checks.iter().all(|check| check["ok"] == json!(true));
    json!({ "ok": is_ok, "checks": checks })
}

fn check(name: &str, detail: String, finding: Option<Value>) -> Value {
    json!({ "name": name, "ok": finding.is_none(), "detail": detail, "findings": Vec::from_iter(finding) })
}

fn finding(what: String, mend: &str) -> Value {
    json!({ "what": what, "mend": mend })
}

fn port(settings: &Settings) -> Value {
    let taken = TcpListener::bind(settings.listen).err();
    let taken =
        taken.map(|error| finding(error.to_string(), "stop what listens there, or choose another with --listen"));
    check("port", settings.listen.to_string(), taken)
}

/// Opens it as the server would, migrations included; a file that is not there is not made.
fn database(place: &Place) -> Option<Value> {
    let Place::Sqlite(path) = place else { return None };
    let wrong = if path.exists() { store::Sqlite::open(path).err() } else { None };
    let wrong =
        wrong.map(|error| finding(error.to_string(), "stop the process that uses it, or restore it from a copy"));
    let detail = if path.exists() { "opened and migrated" } else { "not there yet, made at the first start" };
    Some(check("database", format!("{} ({detail})", path.display()), wrong))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_say_how_to_mend_them() {
        let wrong = finding("one job is late".to_owned(), "advance the clock by 0");
        let checks =
            [check("database", "sqlite".to_owned(), None), check("queue", "1 sandboxes".to_owned(), Some(wrong))];
        let report = json!({ "ok": false, "checks": checks });
        insta::assert_snapshot!(shown(&report), @r#"
        ok       database: sqlite
        problem  queue: 1 sandboxes
          what:  one job is late
          mend:  advance the clock by 0
        "#);
        assert!(!is_healthy(&report) && !is_healthy(&json!({})));
        assert!(is_healthy(&json!({ "ok": true })));
    }
}
