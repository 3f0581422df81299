//! One file as the rules see it: its text, and for Rust the same text with comments and literals blanked out, so that a
//! rule about code never trips over a word in a sentence. Not a parser: it knows tokens, lines and braces.

use std::ops::RangeInclusive;

/// A text file of the project.
pub(crate) struct Source {
    /// Path relative to the root of the workspace, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text with comments, strings and characters blanked, lines kept. Empty unless the file is Rust.
    pub(crate) code: String,
    tests: Vec<RangeInclusive<usize>>,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = if path.ends_with(".rs") { blank(text) } else { String::new() };
        let tests = test_modules(&code);
        Self { path: path.to_owned(), text: text.to_owned(), code, tests }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The directory of the crate: `kernel`, or `providers/sandpay`.
    pub(crate) fn crate_directory(&self) -> &str {
        let depth = if self.path.starts_with("providers/") { 2 } else { 1 };
        let end = self.path.match_indices('/').nth(depth - 1).map_or(self.path.len(), |(at, _)| at);
        &self.path[..end]
    }

    /// Whether a line (from 1) belongs to tests: a test directory, a file of tests, or a `#[cfg(test)]` module.
    pub(crate) fn in_tests(&self, line: usize) -> bool {
        let of_tests = |part: &str| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs");
        self.path.split('/').any(of_tests) || self.tests.iter().any(|range| range.contains(&line))
    }

    /// Identifiers of the code with their line, from 1.
    pub(crate) fn identifiers(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().flat_map(|(index, line)| words(line).map(move |word| (index + 1, word)))
    }

    /// Lines (from 1) of the code on which `pattern` stands, not as the tail of a longer identifier.
    pub(crate) fn code_lines_with(&self, pattern: &str) -> Vec<usize> {
        let stands = |line: &str| {
            line.match_indices(pattern).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        };
        self.code.lines().enumerate().filter(|(_, line)| stands(line)).map(|(index, _)| index + 1).collect()
    }
}

/// Words of letters, digits and underscores.
pub(crate) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Index just after the bracket that closes the one at `open`.
pub(crate) fn closing(code: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in code.iter().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Line (from 1) of a byte position.
pub(crate) fn line_of(code: &str, at: usize) -> usize {
    code.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
}

fn test_modules(code: &str) -> Vec<RangeInclusive<usize>> {
    let mut ranges = Vec::new();
    for (at, attribute) in code.match_indices("#[cfg(test)]") {
        let Some(offset) = code[at + attribute.len()..].find(['{', ';']) else { continue };
        let open = at + attribute.len() + offset;
        if code.as_bytes()[open] == b'{'
            && let Some(end) = closing(code.as_bytes(), open)
        {
            ranges.push(line_of(code, at)..=line_of(code, end - 1));
        }
    }
    ranges
}

/// Replaces comments and literals by spaces, byte for byte, keeping line ends.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_end(bytes, at);
        if end > at {
            out.extend(bytes[at..end].iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
            at = end;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).expect("literals are blanked whole, so no character is cut")
}

/// End of the comment, string or character that starts at `at`, or `at` if none does.
fn literal_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let after_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    match rest {
        [b'/', b'/', ..] => at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment_end(bytes, at),
        [b'"', ..] => string_end(bytes, at),
        [b'r', b'"' | b'#', ..] if !after_word => raw_string_end(bytes, at),
        [b'b' | b'c', b'r', b'"' | b'#', ..] if !after_word => raw_string_end(bytes, at + 1),
        [b'\'', ..] => character_end(bytes, at),
        _ => at,
    }
}

fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_usize);
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (at, depth) = (at + 2, depth + 1),
            [b'*', b'/', ..] => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A raw string starts at its `r`. A raw identifier (`r#type`) is none: then `start` is returned.
fn raw_string_end(bytes: &[u8], start: usize) -> usize {
    let hashes = bytes[start + 1..].iter().take_while(|byte| **byte == b'#').count();
    let open = start + 1 + hashes;
    if bytes.get(open) != Some(&b'"') {
        return start;
    }
    let mut close = vec![b'"'];
    close.resize(hashes + 1, b'#');
    let body = &bytes[open + 1..];
    body.windows(close.len())
        .position(|window| window == close)
        .map_or(bytes.len(), |found| open + 1 + found + close.len())
}

/// A character literal, or `start` if the quote opens a lifetime.
fn character_end(bytes: &[u8], start: usize) -> usize {
    match bytes.get(start + 1) {
        Some(b'\\') => {
            let close = bytes[start + 3..].iter().position(|byte| *byte == b'\'');
            close.map_or(start, |found| start + 3 + found + 1)
        }
        Some(first) => {
            let width = match first {
                0xF0.. => 4,
                0xE0.. => 3,
                0xC0.. => 2,
                _ => 1,
            };
            if bytes.get(start + 1 + width) == Some(&b'\'') { start + width + 2 } else { start }
        }
        None => start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_comments_and_literals_but_keeps_lines_and_lifetimes() {
        let text = "let a = \"x } \\\" y\"; // {\nlet b = 'q'; /* { /* */ } */ fn f<'a>(r#type: &'a str) {}\nr#\"{\"# b'\\''\n";
        let code = blank(text);
        assert_eq!(code.len(), text.len());
        assert_eq!(code.lines().count(), 3);
        assert_eq!(code.matches('{').count(), 1, "{code}");
        assert!(code.contains("fn f<'a>(r#type: &'a str) {}"));
    }

    #[test]
    fn knows_which_lines_are_tests() {
        let source =
            Source::new("kernel/src/money.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n");
        assert!(!source.in_tests(1));
        assert!(source.in_tests(4));
        assert!(!source.in_tests(6));
        assert!(Source::new("web/tests/it/main.rs", "").in_tests(1));
        assert!(Source::new("kernel/src/effects_tests.rs", "").in_tests(1));
        assert!(!Source::new("kernel/src/contests.rs", "").in_tests(1));
    }

    #[test]
    fn names_the_directory_of_the_crate() {
        assert_eq!(Source::new("providers/sandpay/src/lib.rs", "").crate_directory(), "providers/sandpay");
        assert_eq!(Source::new("kernel/src/lib.rs", "").crate_directory(), "kernel");
        assert_eq!(Source::new("README.md", "").crate_directory(), "README.md");
    }

    #[test]
    fn finds_a_pattern_only_where_it_stands_alone() {
        let source = Source::new("a.rs", "a::sleep(1);\nasleep(1);\n// sleep(1)\n");
        assert_eq!(source.code_lines_with("sleep("), vec![1]);
    }
}
