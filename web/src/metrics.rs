//! Counters of the HTTP edge, and `/metrics` in the Prometheus text format.
//!
//! Atomics only: counting a request takes a few nanoseconds and no lock. Must not know what others count; they add
//! lines through closures.

use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the duration histogram, in microseconds.
const BUCKETS_US: [u64; 12] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_500_000, 10_000_000];

/// Appends lines in the Prometheus text format.
pub type MetricsSource = dyn Fn(&mut String) + Send + Sync;

#[derive(Debug, Default)]
struct PerProvider {
    name: &'static str,
    by_class: [AtomicU64; 6],
    buckets: [AtomicU64; 13],
    sum_us: AtomicU64,
}

/// What the HTTP edge counts.
#[derive(Debug)]
pub struct Metrics {
    providers: Vec<PerProvider>,
    /// Requests being handled.
    pub(crate) in_flight: AtomicI64,
    /// Open connections.
    pub(crate) connections: AtomicI64,
    /// Connections accepted since the start.
    pub(crate) accepted: AtomicU64,
}

/// Counts a request as running for as long as it lives, also when its client goes away.
#[derive(Debug)]
pub(crate) struct Gauge<'m>(&'m AtomicI64);

impl<'m> Gauge<'m> {
    pub(crate) fn enter(gauge: &'m AtomicI64) -> Self {
        gauge.fetch_add(1, Ordering::Relaxed);
        Self(gauge)
    }
}

impl Drop for Gauge<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Counters for these providers, in the order of their mounts, and one set for our own routes.
    pub(crate) fn new(providers: impl Iterator<Item = &'static str>) -> Self {
        let named = |name| PerProvider { name, ..PerProvider::default() };
        Self {
            providers: providers.chain(["own"]).map(named).collect(),
            in_flight: AtomicI64::new(0),
            connections: AtomicI64::new(0),
            accepted: AtomicU64::new(0),
        }
    }

    /// Counts one answered request; `mount` is none for our own routes.
    pub(crate) fn count(&self, mount: Option<usize>, status: u16, took: Duration) {
        let own = self.providers.len() - 1;
        let provider = &self.providers[mount.unwrap_or(own)];
        let class = usize::from(status / 100).min(5);
        provider.by_class[class].fetch_add(1, Ordering::Relaxed);
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BUCKETS_US.iter().position(|bound| took_us <= *bound).unwrap_or(BUCKETS_US.len());
        provider.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        provider.sum_us.fetch_add(took_us, Ordering::Relaxed);
    }

    /// Appends all lines.
    pub(crate) fn render(&self, out: &mut String) {
        let put = |out: &mut String, line: std::fmt::Arguments<'_>| {
            out.write_fmt(line).expect("writing to a string does not fail");
            out.push('\n');
        };
        put(out, format_args!("# TYPE playmoney_http_requests_total counter"));
        for provider in &self.providers {
            for (class, count) in provider.by_class.iter().enumerate().skip(1) {
                let (name, count) = (provider.name, count.load(Ordering::Relaxed));
                put(
                    out,
                    format_args!("playmoney_http_requests_total{{provider=\"{name}\",status=\"{class}xx\"}} {count}"),
                );
            }
        }
        put(out, format_args!("# TYPE playmoney_http_request_duration_seconds histogram"));
        for provider in &self.providers {
            render_histogram(provider, out, put);
        }
        let gauges = [
            ("http_requests_in_flight", "gauge", self.in_flight.load(Ordering::Relaxed).max(0).unsigned_abs()),
            ("http_connections", "gauge", self.connections.load(Ordering::Relaxed).max(0).unsigned_abs()),
            ("http_connections_accepted_total", "counter", self.accepted.load(Ordering::Relaxed)),
        ];
        for (name, kind, value) in gauges {
            put(out, format_args!("# TYPE playmoney_{name} {kind}\nplaymoney_{name} {value}"));
        }
    }
}

fn render_histogram(provider: &PerProvider, out: &mut String, put: impl Fn(&mut String, std::fmt::Arguments<'_>)) {
    const METRIC: &str = "playmoney_http_request_duration_seconds";
    let name = provider.name;
    let mut total = 0;
    for (at, count) in provider.buckets.iter().enumerate() {
        total += count.load(Ordering::Relaxed);
        match BUCKETS_US.get(at) {
            Some(bound) => {
                let bound = seconds(*bound);
                put(out, format_args!("{METRIC}_bucket{{provider=\"{name}\",le=\"{bound}\"}} {total}"));
            }
            None => put(out, format_args!("{METRIC}_bucket{{provider=\"{name}\",le=\"+Inf\"}} {total}")),
        }
    }
    let sum = seconds(provider.sum_us.load(Ordering::Relaxed));
    put(out, format_args!("{METRIC}_sum{{provider=\"{name}\"}} {sum}"));
    put(out, format_args!("{METRIC}_count{{provider=\"{name}\"}} {total}"));
}

/// Microseconds as decimal seconds, without floats.
fn seconds(us: u64) -> String {
    let text = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_decimal() {
        for (us, text) in [(100, "0.0001"), (2_500_000, "2.5"), (10_000_000, "10"), (0, "0"), (1, "0.000001")] {
            assert_eq!(seconds(us), text);
        }
    }

    #[test]
    fn requests_are_counted_by_provider_class_and_duration() {
        let metrics = Metrics::new(["sandpay"].into_iter());
        metrics.count(Some(0), 201, Duration::from_micros(100));
        metrics.count(Some(0), 404, Duration::from_micros(101));
        metrics.count(None, 200, Duration::from_secs(60));
        let mut out = String::new();
        metrics.render(&mut out);
        for line in [
            r#"playmoney_http_requests_total{provider="sandpay",status="2xx"} 1"#,
            r#"playmoney_http_requests_total{provider="sandpay",status="4xx"} 1"#,
            r#"playmoney_http_requests_total{provider="own",status="2xx"} 1"#,
            r#"playmoney_http_request_duration_seconds_bucket{provider="sandpay",le="0.0001"} 1"#,
            r#"playmoney_http_request_duration_seconds_bucket{provider="sandpay",le="0.00025"} 2"#,
            r#"playmoney_http_request_duration_seconds_bucket{provider="own",le="10"} 0"#,
            r#"playmoney_http_request_duration_seconds_bucket{provider="own",le="+Inf"} 1"#,
            r#"playmoney_http_request_duration_seconds_sum{provider="own"} 60"#,
            r#"playmoney_http_request_duration_seconds_count{provider="sandpay"} 2"#,
        ] {
            assert!(out.lines().any(|found| found == line), "{line} not in\n{out}");
        }
    }

    #[test]
    fn a_gauge_falls_when_the_request_is_dropped() {
        let metrics = Metrics::new(std::iter::empty());
        let running = Gauge::enter(&metrics.in_flight);
        assert_eq!(metrics.in_flight.load(Ordering::Relaxed), 1);
        drop(running);
        assert_eq!(metrics.in_flight.load(Ordering::Relaxed), 0);
    }
}
