//! What code may name, by the place it stands in: the architecture's cuts inside crates, which `Cargo.toml` cannot see.

use super::Finding;
use super::source::Source;

/// Names that would let a rule of a platform do I/O, wait, or read the clock.
const IMPURE: &[&str] = &["axum", "tokio", "rusqlite", "SystemTime", "hyper"];

/// Of those, what even the thin edges of a provider must not name.
const NEVER_IN_A_PROVIDER: &[&str] = &["rusqlite", "SystemTime"];

/// What knows requests and transactions; rules hand back data instead.
const EDGE_CRATES: &[&str] = &["engine", "web"];

const SOCKETS: &[&str] = &["TcpListener", "TcpStream", "UdpSocket", "UnixListener", "UnixStream"];

/// Crates that may open sockets. `xtask` is no part of the product; its benchmark speaks to the built binary.
const SOCKET_CRATES: &[&str] = &["web", "courier", "playmoney", "xtask"];

pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(place) = provider_place(&source.path) {
        findings.extend(provider(source, place));
    }
    if source.path.starts_with("kernel/src/") {
        let hint = "the kernel is data and arithmetic; I/O belongs to the crates above it";
        findings.extend(named(source, IMPURE, "the kernel names", hint));
    }
    if !SOCKET_CRATES.contains(&source.crate_directory()) {
        let hint = "only web, courier and the binary know sockets";
        let outside_tests = named(source, SOCKETS, "names", hint).filter(|finding| !source.in_tests(finding.line));
        findings.extend(outside_tests);
    }
    findings
}

/// Only `engine` reads the system clock, and at one place only.
pub(super) fn one_system_clock(sources: &[Source]) -> Vec<Finding> {
    let calls = ["SystemTime::now(", "Timestamp::now(", "Zoned::now(", "UNIX_EPOCH.elapsed("];
    let product = sources.iter().filter(|source| source.is_rust() && source.crate_directory() != "xtask");
    let mut findings: Vec<Finding> = product
        .flat_map(|source| calls.iter().flat_map(|call| source.code_lines_with(call)).map(move |line| (source, line)))
        .filter(|(source, line)| !source.in_tests(*line))
        .map(|(source, line)| {
            let hint = "take the time as an argument; one function in `engine` is the only place that reads it";
            Finding::new(&source.path, line, "reads the system clock", hint)
        })
        .collect();
    let the_one = findings.iter().position(|finding| finding.path.starts_with("engine/src/"));
    if let Some(at) = the_one {
        findings.remove(at);
    }
    findings
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// `routes`, `pages` and the route table in `lib.rs`.
    Edge,
    Rule,
}

fn provider_place(path: &str) -> Option<Place> {
    let (_, inside) = path.strip_prefix("providers/")?.split_once("/src/")?;
    let first = inside.split('/').next()?;
    let edge = matches!(first, "lib.rs" | "routes" | "routes.rs" | "pages" | "pages.rs");
    Some(if edge { Place::Edge } else { Place::Rule })
}

fn provider(source: &Source, place: Place) -> Vec<Finding> {
    let hint = "rules take data and give data; move what touches HTTP or waits to routes/ or pages/";
    if place == Place::Edge {
        return named(source, NEVER_IN_A_PROVIDER, "a provider names", hint).collect();
    }
    let edges = source.code.lines().enumerate().flat_map(|(index, line)| {
        let crates = EDGE_CRATES.iter().filter(move |name| names_crate(line, name));
        crates.map(move |name| (index + 1, format!("an operation or model names `{name}`")))
    });
    let edges = edges.map(|(line, message)| Finding::new(&source.path, line, message, hint));
    named(source, IMPURE, "an operation or model names", hint).chain(edges).collect()
}

/// Whether a path on this line begins with the crate: `web::Page`, but not `crate::web::Page`.
fn names_crate(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let begins = !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        begins && line[at + name.len()..].starts_with("::")
    })
}

fn named<'a>(
    source: &'a Source,
    list: &'a [&str],
    who: &'a str,
    hint: &'static str,
) -> impl Iterator<Item = Finding> + 'a {
    source
        .identifiers()
        .filter(|(_, word)| list.contains(word))
        .map(move |(line, word)| Finding::new(&source.path, line, format!("{who} `{word}`"), hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Source::new(path, text)).len()
    }

    #[test]
    fn rules_of_a_provider_are_pure() {
        let text = "use axum::Json;\nuse kernel::Money;\n";
        assert_eq!(found("providers/sandpay/src/ops/refund.rs", text), 1);
        assert_eq!(found("providers/sandpay/src/routes/payments.rs", text), 0);
        assert_eq!(found("providers/sandpay/src/ops/refund.rs", "// axum answers\nuse crate::wire;\n"), 0);
        assert_eq!(found("providers/sandpay/src/model.rs", "use engine::Engine;\n"), 1);
        assert_eq!(found("providers/sandpay/src/model.rs", "use crate::web::Page;\n"), 0);
        assert_eq!(found("providers/sandpay/src/routes/payments.rs", "use std::time::SystemTime;\n"), 1);
    }

    #[test]
    fn the_kernel_is_pure() {
        assert_eq!(found("kernel/src/money.rs", "use jiff::Timestamp;\n"), 0);
        assert_eq!(found("kernel/src/money.rs", "use tokio::sync::mpsc;\n"), 1);
    }

    #[test]
    fn few_crates_know_sockets() {
        let text = "use std::net::TcpListener;\n";
        assert_eq!(found("web/src/serve.rs", text), 0);
        assert_eq!(found("engine/src/lib.rs", text), 1);
        assert_eq!(found("engine/tests/it/main.rs", text), 0);
    }

    #[test]
    fn one_place_reads_the_system_clock() {
        let clock = |path: &str| Source::new(path, "fn now() {\n    SystemTime::now();\n}\n");
        assert_eq!(one_system_clock(&[clock("engine/src/clock.rs")]), vec![]);
        assert_eq!(one_system_clock(&[clock("engine/src/clock.rs"), clock("engine/src/other.rs")]).len(), 1);
        assert_eq!(one_system_clock(&[clock("web/src/log.rs")])[0].line, 2);
    }
}
