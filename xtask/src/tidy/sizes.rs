//! Length of files. A file that has to be scrolled for long is read by nobody.

use super::Finding;
use super::source::Source;

const LOOK_AGAIN: usize = 400;
const TOO_LONG: usize = 800;

pub(super) fn check(source: &Source) -> Option<Finding> {
    let lines = length(source)?;
    (lines > TOO_LONG).then(|| {
        let hint = "cut it where a reader would: one operation, one table, one rule per file";
        Finding::new(&source.path, 0, format!("{lines} lines; {TOO_LONG} is the most"), hint)
    })
}

/// A remark on a file that is worth a second look but does not fail.
pub(super) fn note(source: &Source) -> Option<String> {
    let lines = length(source)?;
    (lines > LOOK_AGAIN && lines <= TOO_LONG).then(|| format!("{}: {lines} lines, look again", source.path))
}

fn length(source: &Source) -> Option<usize> {
    source.is_rust().then(|| source.text.lines().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_noted_and_longer_ones_refused() {
        let of = |lines: usize| Source::new("web/src/lib.rs", &"//\n".repeat(lines));
        assert_eq!((check(&of(400)), note(&of(400))), (None, None));
        assert!(check(&of(800)).is_none() && note(&of(800)).is_some());
        assert!(check(&of(801)).is_some());
        assert!(check(&Source::new("README.md", &"a\n".repeat(900))).is_none());
    }
}
