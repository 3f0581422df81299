//! Names of files and modules: what may not be called so, and what may not be in the repository at all.

use super::Finding;
use super::source::{Source, words};

/// Names that say where code was put, not what it is for.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"];

pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let file = source.path.rsplit('/').next().unwrap_or_default();
    if file.starts_with("dojo-openapi") && file.ends_with(".json") {
        findings.push(Finding::new(
            &source.path,
            0,
            "the platform's published document must not be copied into the repository",
            "tests read it from outside the checkout; `git rm --cached` it",
        ));
    }
    if !source.is_rust() {
        return findings;
    }
    let parts = source.path.trim_end_matches(".rs").split('/');
    if let Some(name) = parts.into_iter().find(|part| EMPTY_NAMES.contains(part)) {
        findings.push(Finding::new(&source.path, 0, format!("a module named `{name}`"), HINT));
    }
    for (index, line) in source.code.lines().enumerate() {
        let mut previous = "";
        for word in words(line) {
            if previous == "mod" && EMPTY_NAMES.contains(&word) {
                findings.push(Finding::new(&source.path, index + 1, format!("a module named `{word}`"), HINT));
            }
            previous = word;
        }
    }
    findings
}

const HINT: &str = "name it after what it does; if it does several things, it is several modules";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_names_are_refused_as_files_and_as_modules() {
        assert_eq!(check(&Source::new("kernel/src/money.rs", "mod rounding;")), vec![]);
        assert_eq!(check(&Source::new("web/src/utils.rs", "")).len(), 1);
        assert_eq!(check(&Source::new("web/tests/it/helpers/mod.rs", "")).len(), 1);
        assert_eq!(check(&Source::new("web/src/lib.rs", "pub(crate) mod common {}"))[0].line, 1);
    }

    #[test]
    fn the_published_document_is_refused() {
        assert_eq!(check(&Source::new("docs/openapi.json", "{}")), vec![]);
        assert_eq!(check(&Source::new("providers/dojo/dojo-openapi-1.json", "{}")).len(), 1);
    }
}
