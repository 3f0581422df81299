//! Words in the text of files: what a module must open with, and what may not be written.

use super::Finding;
use super::source::{Source, words};

/// Where packages come from is set up on the machine, not in the project: a mirror must work unchanged.
/// Written in halves, so that this file does not break its own rule.
const REGISTRY_HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("registry.npmjs", ".org"),
    concat!("pypi", ".org"),
    concat!("deb.debian", ".org"),
];

/// Notes to oneself. In halves for the same reason.
const NOTES: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];

const CODE_ENDINGS: &[&str] =
    &[".rs", ".sh", ".sql", ".js", ".mjs", ".ts", ".css", ".html", ".lua", ".toml", ".yml", ".yaml"];

pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = registry_hosts(source);
    if CODE_ENDINGS.iter().any(|ending| source.path.ends_with(ending)) {
        findings.extend(notes(source));
    }
    if source.is_rust() {
        findings.extend(opening(source));
        findings.extend(ignored_tests(source));
        findings.extend(sleeps(source));
    }
    findings
}

fn registry_hosts(source: &Source) -> Vec<Finding> {
    if source.path.ends_with("Cargo.lock") {
        return Vec::new();
    }
    let lines = source.text.lines().enumerate();
    lines
        .flat_map(|(index, line)| {
            REGISTRY_HOSTS.iter().filter(move |host| line.contains(**host)).map(move |host| (index + 1, host))
        })
        .map(|(line, host)| {
            let hint = "say `the default registry`, or nothing: the machine's own settings decide";
            Finding::new(&source.path, line, format!("names the registry host {host}"), hint)
        })
        .collect()
}

fn notes(source: &Source) -> Vec<Finding> {
    let names_issue = |line: &str| line.split('#').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    source
        .text
        .lines()
        .enumerate()
        .filter(|(_, line)| words(line).any(|word| NOTES.contains(&word)) && !names_issue(line))
        .map(|(index, _)| {
            let hint = "do it now, or open an issue and name it as #number on the same line";
            Finding::new(&source.path, index + 1, "a note to oneself without an issue", hint)
        })
        .collect()
}

fn opening(source: &Source) -> Option<Finding> {
    let in_src = source.path.starts_with("src/") || source.path.contains("/src/");
    let opens_well = source.text.trim_start().starts_with("//!");
    (in_src && !opens_well).then(|| {
        let hint = "open the module with `//!`: what it is for, and what it must not know";
        Finding::new(&source.path, 1, "the module does not say what it is for", hint)
    })
}

fn ignored_tests(source: &Source) -> Vec<Finding> {
    let lines = source.code_lines_with("#[ignore");
    let hint = "a test that does not run proves nothing: mend it or delete it";
    lines.into_iter().map(|line| Finding::new(&source.path, line, "an ignored test", hint)).collect()
}

fn sleeps(source: &Source) -> Vec<Finding> {
    let simulated = source.path.starts_with("sim/") || source.path.starts_with("e2e/");
    ["sleep(", "sleep_until(", "sleep_ms("]
        .iter()
        .flat_map(|call| source.code_lines_with(call))
        .filter(|line| simulated || source.in_tests(*line))
        .map(|line| {
            let hint = "wait for the ready file, `events/wait`, the inbox or a channel; or move the virtual clock";
            Finding::new(&source.path, line, "a test that sleeps", hint)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<usize> {
        check(&Source::new(path, text)).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn registry_hosts_are_refused_except_in_the_lock_file() {
        let text = format!("fine\nsee {}\n", REGISTRY_HOSTS[0]);
        assert_eq!(found("README.md", &text), vec![2]);
        assert_eq!(found("README.md", "see the default registry"), Vec::<usize>::new());
        assert_eq!(found("Cargo.lock", &text), Vec::<usize>::new());
    }

    #[test]
    fn notes_need_an_issue() {
        let note = NOTES[0];
        assert_eq!(found("a.sql", &format!("-- {note}: later")), vec![1]);
        assert_eq!(found("a.sql", &format!("-- {note} #12: later")), Vec::<usize>::new());
        assert_eq!(found("a.sql", &format!("-- MAS{note}N is a word of its own")), Vec::<usize>::new());
    }

    #[test]
    fn modules_open_with_their_purpose() {
        assert_eq!(found("kernel/src/money.rs", "//! Money.\n"), Vec::<usize>::new());
        assert_eq!(found("kernel/src/money.rs", "// Money.\nfn a() {}\n"), vec![1]);
        assert_eq!(found("kernel/tests/it/main.rs", "mod money;\n"), Vec::<usize>::new());
    }

    #[test]
    fn tests_may_not_be_ignored() {
        assert_eq!(found("web/tests/it/main.rs", "// #[ignore]\n#[test]\nfn a() {}\n"), Vec::<usize>::new());
        assert_eq!(found("web/tests/it/main.rs", "#[test]\n#[ignore = \"slow\"]\nfn a() {}\n"), vec![2]);
    }

    #[test]
    fn tests_may_not_sleep() {
        let call = "fn a() {\n    thread::sleep(second);\n}\n";
        assert_eq!(found("web/tests/it/main.rs", call), vec![2]);
        assert_eq!(found("sim/src/main.rs", &format!("//! Sim.\n{call}")), vec![3]);
        assert_eq!(found("engine/src/wake.rs", &format!("//! Wakes.\n{call}")), Vec::<usize>::new());
    }
}
