//! Figures and the table they are shown in. Whole numbers throughout: microseconds, kibibytes, thousandths.

use std::fmt;

/// The value below which `percent` of the sorted values lie (nearest rank); 0 for none.
pub(super) fn percentile(values: &[u64], percent: usize) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

pub(super) fn milliseconds(us: u64) -> String {
    format!("{}.{:02} ms", us / 1000, us % 1000 / 10)
}

/// From the kernel's kibibytes to the megabytes of the target (1,000,000 bytes).
pub(super) fn megabytes(kib: u64) -> String {
    let tenths = kib * 1024 / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

pub(super) fn thousandths(value: u64) -> String {
    format!("{}.{:03}", value / 1000, value % 1000)
}

/// What a figure is held against: a floor that fails the run, and sometimes a goal that only is remarked on.
pub(super) struct Target {
    met: bool,
    words: String,
}

impl Target {
    pub(super) fn at_most(value: u64, most: u64, words: &str) -> Self {
        Self { met: value <= most, words: format!("at most {words}") }
    }

    pub(super) fn at_least(value: u64, least: u64, words: &str) -> Self {
        Self { met: value >= least, words: format!("at least {words}") }
    }

    pub(super) fn with_goal(mut self, value: u64, goal: u64, words: &str) -> Self {
        let reached = if value >= goal { "reached" } else { "not reached" };
        self.words = format!("{}; goal {words} {reached}", self.words);
        self
    }
}

/// The figures of one run, in the order they were taken.
pub(super) struct Report {
    rows: Vec<Row>,
}

struct Row {
    name: String,
    value: String,
    target: Option<Target>,
}

impl Report {
    pub(super) fn new() -> Self {
        Self { rows: Vec::new() }
    }

    /// Adds a figure that is held against a target.
    pub(super) fn add(&mut self, name: impl Into<String>, value: impl Into<String>, target: Target) {
        self.rows.push(Row { name: name.into(), value: value.into(), target: Some(target) });
    }

    /// Adds a figure that nothing hangs on.
    pub(super) fn note(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.rows.push(Row { name: name.into(), value: value.into(), target: None });
    }

    /// Fails, naming them, if targets were missed.
    pub(super) fn verdict(&self) -> Result<(), String> {
        let missed = |row: &&Row| row.target.as_ref().is_some_and(|target| !target.met);
        let names: Vec<&str> = self.rows.iter().filter(missed).map(|row| row.name.as_str()).collect();
        if names.is_empty() { Ok(()) } else { Err(format!("missed: {}", names.join("; "))) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Row { name, value, target } in &self.rows {
            let (mark, words) = match target {
                Some(target) => (if target.met { "ok" } else { "MISSED" }, target.words.as_str()),
                None => ("", ""),
            };
            writeln!(out, "{}", format!("{name:<44} {value:>12}  {mark:<7}{words}").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_take_the_nearest_rank() {
        let values: Vec<u64> = (1..=200).rev().collect();
        assert_eq!(percentile(&values, 50), 100);
        assert_eq!(percentile(&values, 99), 198);
        assert_eq!(percentile(&values, 100), 200);
        assert_eq!(percentile(&[7], 50), 7);
        assert_eq!(percentile(&[], 50), 0);
    }

    #[test]
    fn figures_are_readable() {
        assert_eq!(milliseconds(12_345), "12.34 ms");
        assert_eq!(megabytes(19_531), "19.9 MB");
        assert_eq!(thousandths(412), "0.412");
    }

    #[test]
    fn a_missed_floor_fails_and_a_missed_goal_does_not() {
        let mut report = Report::new();
        report.add("ratio", "0.250", Target::at_least(250, 200, "0.2").with_goal(250, 400, "0.4"));
        assert_eq!(report.verdict(), Ok(()));
        assert!(report.to_string().contains("ok     at least 0.2; goal 0.4 not reached"), "{report}");
        report.add("p99", "11.00 ms", Target::at_most(11_000, 10_000, "10 ms"));
        assert_eq!(report.verdict(), Err("missed: p99".to_owned()));
    }
}
