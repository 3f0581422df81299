//! Load by `wrk`, and what it and the server's metrics say afterwards.

use std::fmt;
use std::path::Path;

use serde_json::Value;

use super::client::Client;
use super::figures;
use super::server::Server;
use crate::process;

pub(super) const CONNECTIONS: &str = "32";

/// What is asked for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// The route that stores nothing, with all its middleware.
    Meta,
    /// A durable payment.
    Create,
}

/// One run of `wrk`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) requests: u64,
    pub(super) duration_us: u64,
    pub(super) p50_us: u64,
    pub(super) p99_us: u64,
    /// Answers that were not 2xx or 3xx.
    pub(super) status_errors: u64,
    pub(super) socket_errors: u64,
}

impl Outcome {
    pub(super) fn per_second(&self) -> u64 {
        self.requests.saturating_mul(1_000_000) / self.duration_us.max(1)
    }

    pub(super) fn errors(&self) -> u64 {
        self.status_errors + self.socket_errors
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50, p99) = (figures::milliseconds(self.p50_us), figures::milliseconds(self.p99_us));
        write!(out, "{:>7}/s  p50 {p50:>9}  p99 {p99:>9}  errors {}", self.per_second(), self.errors())
    }
}

/// Loads one route for some seconds.
pub(super) fn run(server: &Server, script: &Path, kind: Kind, seconds: usize) -> Result<Outcome, String> {
    let (url, duration) = (format!("http://{}", server.address), format!("{seconds}s"));
    let script = script.to_string_lossy();
    let mut words = vec!["--threads", "2", "--connections", CONNECTIONS, "--duration", &duration];
    words.extend(["--timeout", "10s", "--script", &script, &url, "--"]);
    match kind {
        Kind::Meta => words.push("meta"),
        Kind::Create => words.extend(["create", &server.api_key]),
    }
    let said = process::capture("wrk", &words)?;
    read_outcome(&said).ok_or_else(|| format!("wrk said nothing that can be read:\n{said}"))
}

/// Reads the line that the script prints last, and checks it against wrk's own count of refused answers.
fn read_outcome(said: &str) -> Option<Outcome> {
    let line = said.lines().find_map(|line| line.strip_prefix("result "))?;
    let values: Value = serde_json::from_str(line).ok()?;
    let value = |name: &str| values[name].as_u64();
    let counted = said.lines().find_map(|line| line.trim().strip_prefix("Non-2xx or 3xx responses:"));
    let counted = counted.map_or(Some(0), |count| count.trim().parse().ok())?;
    Some(Outcome {
        requests: value("requests")?,
        duration_us: value("duration_us")?,
        p50_us: value("p50_us")?,
        p99_us: value("p99_us")?,
        status_errors: value("status_errors")?.max(counted),
        socket_errors: value("socket_errors")?,
    })
}

/// Rows and commits the store has written since its start, where the server says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    rows: u64,
    commits: u64,
}

/// Asks the server's metrics what the store has written; nothing if they do not say.
pub(super) fn written(server: &Server) -> Result<Option<Written>, String> {
    let text = Client::connect(server)?.expect_success("GET", "/metrics", "")?;
    Ok(read_written(&text))
}

fn read_written(metrics: &str) -> Option<Written> {
    let rows = counter(metrics, "playmoney_store_rows_written_total")?;
    let commits = counter(metrics, "playmoney_store_commits_total")?;
    Some(Written { rows, commits })
}

/// The sum of a counter over its labels.
fn counter(metrics: &str, name: &str) -> Option<u64> {
    let values = metrics.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let (labels, value) = rest.rsplit_once(' ')?;
        (labels.is_empty() || labels.starts_with('{')).then(|| value.parse::<u64>().ok())?
    });
    values.fold(None, |sum, value| Some(sum.unwrap_or(0) + value))
}

/// What one create cost the store. Settling and delivering what was created is in it, as far as it ran meanwhile.
pub(super) fn per_create(before: Option<Written>, after: Option<Written>, create: &Outcome) -> String {
    let (Some(before), Some(after)) = (before, after) else {
        return "rows and commits: not exposed".to_owned();
    };
    let (rows, commits) = (after.rows - before.rows, after.commits - before.commits);
    let rows_each = figures::thousandths(rows.saturating_mul(1000) / create.requests.max(1));
    let creates_each = figures::thousandths(create.requests.saturating_mul(1000) / commits.max(1));
    format!("{rows_each} rows a create, {creates_each} creates a commit")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "\
Running 8s test @ http://127.0.0.1:4700
  2 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.52ms  621.03us  12.11ms   79.13%
  166018 requests in 8.00s, 71.40MB read
Requests/sec:  20745.25
result {\"requests\":166018,\"duration_us\":8002703,\"p50_us\":1402,\"p99_us\":4120,\"status_errors\":0,\"socket_errors\":0}
";

    #[test]
    fn reads_what_the_script_printed() {
        let outcome = read_outcome(SAID).expect("a result");
        assert_eq!((outcome.per_second(), outcome.p50_us, outcome.p99_us, outcome.errors()), (20_745, 1402, 4120, 0));
        assert_eq!(outcome.to_string(), "  20745/s  p50   1.40 ms  p99   4.12 ms  errors 0");
    }

    #[test]
    fn refused_answers_count_as_errors_however_they_are_told() {
        let told = SAID.replace("Requests/sec", "  Non-2xx or 3xx responses: 12\nRequests/sec");
        assert_eq!(read_outcome(&told).expect("a result").errors(), 12);
        let counted = SAID.replace("\"status_errors\":0", "\"status_errors\":7");
        assert_eq!(read_outcome(&counted).expect("a result").errors(), 7);
        let broken = SAID.replace("\"socket_errors\":0", "\"socket_errors\":3");
        assert_eq!(read_outcome(&broken).expect("a result").errors(), 3);
    }

    #[test]
    fn output_without_a_result_is_no_outcome() {
        assert_eq!(read_outcome("unable to connect\n"), None);
        assert_eq!(read_outcome("result {\"requests\":1}\n"), None);
    }

    #[test]
    fn reads_counters_with_and_without_labels() {
        let metrics = "# HELP playmoney_store_rows_written_total rows\nplaymoney_store_rows_written_total{table=\"a\"} 5\n\
                       playmoney_store_rows_written_total{table=\"b\"} 7\nplaymoney_store_commits_total 3\nplaymoney_store_commits_total_x 9\n";
        let before = read_written(metrics);
        assert_eq!(before, Some(Written { rows: 12, commits: 3 }));
        assert_eq!(read_written("up 1\n"), None);
        let create = read_outcome(SAID).expect("a result");
        assert_eq!(per_create(None, before, &create), "rows and commits: not exposed");
        let after = Some(Written { rows: 12 + 166_018 * 5, commits: 3 + 83_009 });
        assert_eq!(per_create(before, after, &create), "5.000 rows a create, 2.000 creates a commit");
    }
}
