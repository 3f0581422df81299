//! Length and parameters of functions. Exceptions to the length stand in `xtask/ratchet.txt`, which may only shrink:
//! an entry gives the length it had, and neither growth nor an entry without need passes.

use std::collections::BTreeMap;

use super::Finding;
use super::source::{Source, closing, line_of, words};

/// The list of functions that are still too long.
pub(super) const RATCHET: &str = "xtask/ratchet.txt";

const MOST_LINES: usize = 70;
const MOST_PARAMETERS: usize = 5;
const CUT: &str = "name the steps: each leaf becomes a function of its own below";

#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    line: usize,
    lines: usize,
    parameters: usize,
}

pub(super) fn check(sources: &[Source], ratchet: &str) -> Vec<Finding> {
    let (mut allowed, mut findings) = read_ratchet(ratchet);
    for source in sources.iter().filter(|source| source.is_rust()) {
        for function in functions(&source.code) {
            if function.parameters > MOST_PARAMETERS {
                let text = format!(
                    "`{}` takes {} parameters; {MOST_PARAMETERS} is the most",
                    function.name, function.parameters
                );
                findings.push(Finding::new(
                    &source.path,
                    function.line,
                    text,
                    "what belongs together becomes a struct",
                ));
            }
            if function.lines > MOST_LINES {
                let key = format!("{}::{}", source.path, function.name);
                let ceiling = allowed.get_mut(&key);
                findings.extend(too_long(source, &function, ceiling));
            }
        }
    }
    let stale = allowed.into_values().filter(|ceiling| !ceiling.needed);
    findings.extend(stale.map(|ceiling| {
        Finding::new(RATCHET, ceiling.at, "an exception that is not needed any more", "delete the line")
    }));
    findings
}

/// One line of the ratchet.
struct Ceiling {
    at: usize,
    lines: usize,
    needed: bool,
}

fn too_long(source: &Source, function: &Function, ceiling: Option<&mut Ceiling>) -> Option<Finding> {
    let most = match ceiling {
        Some(ceiling) => {
            ceiling.needed = true;
            ceiling.lines
        }
        None => MOST_LINES,
    };
    (function.lines > most).then(|| {
        let text = format!("`{}` is {} lines long; {most} is the most", function.name, function.lines);
        Finding::new(&source.path, function.line, text, CUT)
    })
}

fn read_ratchet(text: &str) -> (BTreeMap<String, Ceiling>, Vec<Finding>) {
    let (mut allowed, mut findings) = (BTreeMap::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let at = index + 1;
        let entry = line.rsplit_once(' ').and_then(|(key, lines)| Some((key.trim(), lines.parse::<usize>().ok()?)));
        let known = match entry {
            Some((key, lines)) => allowed.insert(key.to_owned(), Ceiling { at, lines, needed: false }).is_none(),
            None => false,
        };
        if !known {
            let hint = "write `path/of/file.rs::function lines`, once per function";
            findings.push(Finding::new(RATCHET, at, "a line that cannot be read", hint));
        }
    }
    (allowed, findings)
}

/// Functions of blanked code, nested ones included. Declarations without a body have no lines.
fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let starts_word = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let Some(name) = words(&code[at + 3..]).next().filter(|name| starts_word && code[at + 3..].starts_with(name))
        else {
            continue;
        };
        let Some(open) = parameters_at(code.as_bytes(), at + 3 + name.len()) else { continue };
        let Some(close) = closing(code.as_bytes(), open) else { continue };
        let line = line_of(code, at);
        let lines = match body_end(code.as_bytes(), close) {
            Some(end) => line_of(code, end - 1) - line + 1,
            None => 0,
        };
        let parameters = count_parameters(&code.as_bytes()[open + 1..close - 1]);
        found.push(Function { name: name.to_owned(), line, lines, parameters });
    }
    found
}

/// Position of the parenthesis that opens the parameters, after generics if there are any.
fn parameters_at(code: &[u8], mut at: usize) -> Option<usize> {
    let mut angles = 0_usize;
    loop {
        match code.get(at)? {
            b'(' if angles == 0 => return Some(at),
            b'(' | b'[' | b'{' => at = closing(code, at)? - 1,
            b'<' => angles += 1,
            b'>' if code[at - 1] != b'-' => angles = angles.checked_sub(1)?,
            b';' | b'}' => return None,
            _ => {}
        }
        at += 1;
    }
}

/// End of the body that follows the signature, or nothing for a declaration.
fn body_end(code: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match code.get(at)? {
            b'{' => return closing(code, at),
            b'(' | b'[' => at = closing(code, at)? - 1,
            b';' => return None,
            _ => {}
        }
        at += 1;
    }
}

fn count_parameters(list: &[u8]) -> usize {
    let (mut depth, mut count, mut pending) = (0_usize, 0, false);
    for (at, byte) in list.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' | b'<' => depth += 1,
            b'>' if at > 0 && list[at - 1] == b'-' => {}
            b')' | b']' | b'}' | b'>' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                count += usize::from(pending);
                pending = false;
                continue;
            }
            _ => {}
        }
        pending |= !byte.is_ascii_whitespace();
    }
    count + usize::from(pending)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(name: &str, lines: usize) -> String {
        format!("fn {name}() {{\n{}}}\n", "    a();\n".repeat(lines - 2))
    }

    fn found(text: &str, ratchet: &str) -> Vec<(String, usize)> {
        let findings = check(&[Source::new("web/src/a.rs", text)], ratchet);
        findings.into_iter().map(|finding| (finding.path, finding.line)).collect()
    }

    #[test]
    fn reads_signatures_with_generics_closures_and_declarations() {
        let code = "trait T {\n fn a(&self, b: Map<u8, u8>);\n}\nfn b<F: Fn(u8) -> u8, const N: usize>(f: F, g: fn(u8, u8) -> u8,) -> [u8; 4] where F: Send {\n\n}\n";
        let read: Vec<_> = functions(code).into_iter().map(|f| (f.name, f.line, f.lines, f.parameters)).collect();
        assert_eq!(read, vec![("a".to_owned(), 2, 0, 2), ("b".to_owned(), 4, 3, 2)]);
    }

    #[test]
    fn more_than_five_parameters_fail() {
        assert_eq!(found("fn a(b: u8, c: u8, d: u8, e: u8, f: u8) {}", ""), vec![]);
        assert_eq!(
            found("fn a(&self, b: u8, c: u8, d: u8, e: u8, f: u8) {}", ""),
            vec![("web/src/a.rs".to_owned(), 1)]
        );
    }

    #[test]
    fn more_than_seventy_lines_fail() {
        assert_eq!(found(&long("a", 70), ""), vec![]);
        assert_eq!(found(&long("a", 71), ""), vec![("web/src/a.rs".to_owned(), 1)]);
    }

    #[test]
    fn the_ratchet_only_shrinks() {
        assert_eq!(found(&long("a", 80), "# too long\nweb/src/a.rs::a 80\n"), vec![]);
        assert_eq!(found(&long("a", 81), "web/src/a.rs::a 80\n"), vec![("web/src/a.rs".to_owned(), 1)]);
        assert_eq!(found(&long("a", 60), "web/src/a.rs::a 80\n"), vec![(RATCHET.to_owned(), 1)]);
        assert_eq!(found("", "web/src/a.rs::a\n"), vec![(RATCHET.to_owned(), 1)]);
    }
}
