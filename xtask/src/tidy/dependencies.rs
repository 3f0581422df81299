//! `docs/dependencies.md` has exactly one line per direct dependency, and no crate lists what it does not use.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::crates::{Package, packages};
use super::source::Source;
use super::{Finding, text_of};

const PAGE: &str = "docs/dependencies.md";

/// Only the table below this heading is about crates; the page also lists tools.
const HEADING: &str = "## Crates";

pub(super) fn check(metadata: &Value, sources: &[Source]) -> Vec<Finding> {
    let members = packages(metadata);
    let mut findings = page(&members, text_of(sources, PAGE));
    findings.extend(unused(&members, sources));
    findings
}

fn page(members: &[Package<'_>], text: &str) -> Vec<Finding> {
    let mut used: BTreeMap<&str, &str> = BTreeMap::new();
    for member in members {
        let foreign = member.dependencies.iter().filter(|dependency| dependency.directory.is_none());
        used.extend(foreign.map(|dependency| (dependency.name, member.name)));
    }
    let mut findings = Vec::new();
    let mut listed = BTreeSet::new();
    for (line, name) in listed_crates(text) {
        if !listed.insert(name) {
            findings.push(Finding::new(PAGE, line, format!("`{name}` is listed twice"), "keep one line"));
        } else if !used.contains_key(name) {
            let hint = "no crate depends on it any more: delete the line";
            findings.push(Finding::new(PAGE, line, format!("`{name}` is not a dependency"), hint));
        }
    }
    findings.extend(used.iter().filter(|(name, _)| !listed.contains(*name)).map(|(name, user)| {
        let hint = "add one line below `## Crates`: what for, and why this one";
        Finding::new(PAGE, 0, format!("`{name}`, used by `{user}`, is not listed"), hint)
    }));
    findings
}

/// Rows of the table: line number and the name between backquotes in the first cell.
fn listed_crates(text: &str) -> Vec<(usize, &str)> {
    let lines = text.lines().enumerate().skip_while(|(_, line)| line.trim() != HEADING).skip(1);
    lines
        .take_while(|(_, line)| !line.starts_with("## "))
        .filter_map(|(index, line)| Some((index + 1, line.strip_prefix("| `")?.split_once('`')?.0)))
        .collect()
}

/// Dependencies whose name stands nowhere in the crate's own code.
fn unused(members: &[Package<'_>], sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in members {
        let prefix = format!("{}/", member.directory);
        let named: BTreeSet<&str> = sources
            .iter()
            .filter(|source| source.path.starts_with(&prefix))
            .flat_map(|source| source.identifiers().map(|(_, word)| word))
            .collect();
        for dependency in &member.dependencies {
            if !named.contains(dependency.name.replace('-', "_").as_str()) {
                let text = format!("`{}` does not use `{}`", member.name, dependency.name);
                findings.push(Finding::new(&format!("{prefix}Cargo.toml"), 0, text, "delete the dependency"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GOOD: &str = "# Dependencies\n\n## Crates\n\n| crate | what for |\n|---|---|\n| `serde` | data |\n\n## Tools\n\n| `wrk` | load |\n";

    fn found(page: &str, code: &str) -> Vec<(usize, String)> {
        let metadata = json!({"workspace_root": "/r", "packages": [{
            "name": "kernel", "manifest_path": "/r/kernel/Cargo.toml",
            "dependencies": [{"name": "serde", "kind": null}],
        }]});
        let sources = [Source::new(PAGE, page), Source::new("kernel/src/lib.rs", code)];
        check(&metadata, &sources).into_iter().map(|finding| (finding.line, finding.message)).collect()
    }

    #[test]
    fn each_dependency_has_exactly_one_line() {
        let code = "use serde::Serialize;";
        assert_eq!(found(GOOD, code), vec![]);
        assert_eq!(found("## Crates\n", code), vec![(0, "`serde`, used by `kernel`, is not listed".to_owned())]);
        let twice = GOOD.replace("| `serde` | data |", "| `serde` | data |\n| `serde` | data |");
        assert_eq!(found(&twice, code), vec![(8, "`serde` is listed twice".to_owned())]);
        let stale = GOOD.replace("| `serde` | data |", "| `serde` | data |\n| `time` | time |");
        assert_eq!(found(&stale, code), vec![(8, "`time` is not a dependency".to_owned())]);
    }

    #[test]
    fn a_dependency_must_be_used() {
        assert_eq!(found(GOOD, "// serde"), vec![(0, "`kernel` does not use `serde`".to_owned())]);
    }
}
