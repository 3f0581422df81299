//! `cargo xtask bench`: what the design promises, measured on the release build.
//!
//! Starts the real binary on a database beside `target/` (the disk a developer works on, not a memory file system),
//! loads it with `wrk` and compares with the targets. It knows the product only through its command line, ready file and
//! HTTP, and writes nothing but its report. A figure from a busy machine says little: the load is printed first.

mod client;
mod figures;
mod load;
mod server;

use std::fs;
use std::path::{Path, PathBuf};

use crate::process;
use client::Client;
use figures::{Report, Target};
use load::{Kind, Outcome};
use server::Server;

const STARTS: usize = 15;
const SANDBOXES: usize = 200;

/// How long to load for.
struct Options {
    rounds: usize,
    seconds: usize,
}

/// Runs the benchmark. Fails if a floor is missed or a request was not answered with success.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = read_options(arguments)?;
    install_wrk()?;
    process::show("cargo", &["build", "--release", "--locked", "--package", "playmoney"])?;
    let directory = Directory::create()?;
    let mut report = Report::new();
    println!("machine: {}", machine());
    measure_starts(&directory.path, &mut report)?;
    let server = Server::start(&directory.path.join("load"))?;
    measure_memory(&server, &mut report)?;
    measure_sandboxes(&server, &mut report)?;
    measure_load(&server, &directory.path, &options, &mut report)?;
    drop(server);
    print!("\n{report}");
    report.verdict()
}

fn read_options(arguments: &[String]) -> Result<Options, String> {
    let usage = || "usage: cargo xtask bench [--rounds N] [--seconds N]".to_owned();
    let mut options = Options { rounds: 3, seconds: 8 };
    for pair in arguments.chunks(2) {
        let [flag, value] = pair else { return Err(usage()) };
        let value: usize = value.parse().ok().filter(|value| *value > 0).ok_or_else(usage)?;
        match flag.as_str() {
            "--rounds" => options.rounds = value,
            "--seconds" => options.seconds = value,
            _ => return Err(usage()),
        }
    }
    Ok(options)
}

fn install_wrk() -> Result<(), String> {
    if process::exists("wrk") {
        return Ok(());
    }
    println!("installing wrk from the distribution");
    let install =
        "export DEBIAN_FRONTEND=noninteractive; apt-get update -q && apt-get install -q -y --no-install-recommends wrk";
    process::capture("sh", &["-c", install])
        .map(|_| ())
        .map_err(|error| format!("{error}\nhint: install `wrk` by hand and run the benchmark again"))
}

/// A directory of this run beside the build, removed at the end.
struct Directory {
    path: PathBuf,
}

impl Directory {
    fn create() -> Result<Self, String> {
        let path = process::root().join("target").join(format!("bench-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Left-overs below target/ harm nobody, and there is no one to tell here.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    format!("{cores} cores, load {} before the run", load.join(" "))
}

fn measure_starts(directory: &Path, report: &mut Report) -> Result<(), String> {
    let mut times = Vec::new();
    for number in 0..STARTS {
        let server = Server::start(&directory.join(format!("start-{number}")))?;
        times.push(server.start_us);
    }
    let (median, most) = (figures::percentile(&times, 50), figures::percentile(&times, 100));
    report.add(
        format!("start, empty database, median of {STARTS}"),
        figures::milliseconds(median),
        Target::at_most(median, 30_000, "30 ms"),
    );
    report.note(format!("start, slowest of {STARTS}"), figures::milliseconds(most));
    Ok(())
}

fn measure_memory(server: &Server, report: &mut Report) -> Result<(), String> {
    let after_start = server.resident_kib()?;
    let mut client = Client::connect(server)?;
    for _ in 0..5 {
        client.expect_success("GET", "/sandpay/v1/meta", "")?;
        client.expect_success("GET", "/healthz", "")?;
    }
    let after_requests = server.resident_kib()?;
    report.note("resident memory after start", figures::megabytes(after_start));
    // 20 MB are 20,000,000 bytes.
    report.add(
        "resident memory, idle after 10 requests",
        figures::megabytes(after_requests),
        Target::at_most(after_requests, 19_531, "20 MB"),
    );
    Ok(())
}

fn measure_sandboxes(server: &Server, report: &mut Report) -> Result<(), String> {
    let mut client = Client::connect(server)?;
    let mut times = Vec::new();
    for _ in 0..SANDBOXES {
        let began = server::now();
        client.expect_success("POST", "/_playmoney/v1/sandboxes", "{}")?;
        times.push(server::microseconds_since(began));
    }
    let (median, high) = (figures::percentile(&times, 50), figures::percentile(&times, 99));
    report.note(format!("sandbox creation, median of {SANDBOXES}"), figures::milliseconds(median));
    report.add(
        format!("sandbox creation, p99 of {SANDBOXES}"),
        figures::milliseconds(high),
        Target::at_most(high, 10_000, "10 ms"),
    );
    Ok(())
}

fn measure_load(server: &Server, directory: &Path, options: &Options, report: &mut Report) -> Result<(), String> {
    let script = directory.join("load.lua");
    fs::write(&script, include_str!("../bench/load.lua")).map_err(|error| format!("{}: {error}", script.display()))?;
    let (mut metas, mut creates) = (Vec::new(), Vec::new());
    println!("{} rounds of {} s, {} connections:", options.rounds, options.seconds, load::CONNECTIONS);
    for round in 1..=options.rounds {
        let meta = load::run(server, &script, Kind::Meta, options.seconds)?;
        let before = load::written(server)?;
        let create = load::run(server, &script, Kind::Create, options.seconds)?;
        let after = load::written(server)?;
        println!(
            "  round {round}: meta   {meta}\n           create {create}\n           {}",
            load::per_create(before, after, &create)
        );
        metas.push(meta);
        creates.push(create);
    }
    summarise(&metas, &creates, report);
    Ok(())
}

fn summarise(metas: &[Outcome], creates: &[Outcome], report: &mut Report) {
    let median = |outcomes: &[Outcome], of: fn(&Outcome) -> u64| {
        figures::percentile(&outcomes.iter().map(of).collect::<Vec<u64>>(), 50)
    };
    let (meta, create) = (median(metas, Outcome::per_second), median(creates, Outcome::per_second));
    let p99 = median(creates, |outcome| outcome.p99_us);
    let errors: u64 = metas.iter().chain(creates).map(Outcome::errors).sum();
    // In thousandths, so that no float decides.
    let ratio = create.saturating_mul(1000) / meta.max(1);
    report.note("no-storage route, median", format!("{meta}/s"));
    report.note("durable creates, median", format!("{create}/s"));
    report.add(
        "creates to no-storage",
        figures::thousandths(ratio),
        Target::at_least(ratio, 200, "0.2").with_goal(ratio, 400, "0.4"),
    );
    report.add("creates, p99, median of rounds", figures::milliseconds(p99), Target::at_most(p99, 10_000, "10 ms"));
    report.add("answers that were errors", errors.to_string(), Target::at_most(errors, 0, "0"));
}
