//! `cargo xtask tidy`: style and architecture as an ordinary check.
//!
//! Each module below holds one family of rules as pure functions over a [`Source`] or over `cargo metadata`, with one
//! passing and one failing case beside it. A finding names file and line, the rule, and what to do about it.

mod crates;
mod dependencies;
mod functions;
mod imports;
mod names;
mod sizes;
mod source;
mod words;

use std::fmt;
use std::fs;

use serde_json::Value;

use crate::process;
use source::Source;

/// One breach of a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Path relative to the root of the workspace.
    path: String,
    /// Line, counted from 1; 0 where the whole file is meant.
    line: usize,
    message: String,
    hint: &'static str,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>, hint: &'static str) -> Self {
        Self { path: path.to_owned(), line, message: message.into(), hint }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}\n  hint: {}", self.path, self.message, self.hint),
            line => write!(out, "{}:{line}: {}\n  hint: {}", self.path, self.message, self.hint),
        }
    }
}

/// Checks the whole tree, prints notes and findings, and fails if there is any finding.
pub(crate) fn run() -> Result<(), String> {
    let sources = read_tree()?;
    let metadata = read_metadata()?;
    for note in sources.iter().filter_map(sizes::note) {
        println!("note: {note}");
    }
    let findings = check(&sources, &metadata);
    for finding in &findings {
        eprintln!("{finding}");
    }
    if findings.is_empty() {
        println!("tidy: {} files in order", sources.len());
        return Ok(());
    }
    Err(format!("tidy: {} findings", findings.len()))
}

fn check(sources: &[Source], metadata: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        findings.extend(names::check(source));
        findings.extend(words::check(source));
        findings.extend(sizes::check(source));
        findings.extend(imports::check(source));
    }
    findings.extend(imports::one_system_clock(sources));
    findings.extend(functions::check(sources, text_of(sources, functions::RATCHET)));
    findings.extend(crates::check(metadata));
    findings.extend(dependencies::check(metadata, sources));
    findings
}

fn text_of<'a>(sources: &'a [Source], path: &str) -> &'a str {
    sources.iter().find(|source| source.path == path).map_or("", |source| source.text.as_str())
}

/// Reads every text file that git tracks or would track. Deleted files and files that are not UTF-8 are passed over.
fn read_tree() -> Result<Vec<Source>, String> {
    // A clone made by another user is refused by git unless it is named as safe; reading names is harmless.
    let listed = process::capture(
        "git",
        &["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    )
    .map_err(|error| format!("{error}\nhint: tidy asks git which files are the project's; run it in a clone"))?;
    let root = process::root();
    let mut sources = Vec::new();
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        if let Ok(text) = fs::read_to_string(root.join(path)) {
            sources.push(Source::new(path, &text));
        }
    }
    sources.sort_by(|left, right| left.path.cmp(&right.path));
    sources.dedup_by(|left, right| left.path == right.path);
    Ok(sources)
}

fn read_metadata() -> Result<Value, String> {
    let text = process::capture("cargo", &["metadata", "--no-deps", "--format-version", "1", "--locked"])?;
    serde_json::from_str(&text).map_err(|error| format!("cargo metadata is not JSON: {error}"))
}
