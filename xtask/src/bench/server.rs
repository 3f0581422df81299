//! One run of the release binary, from start to kill, and what the system says about it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::process;

/// A start that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Server {
    child: Child,
    /// From the start of the process until its ready file was there.
    pub(super) start_us: u64,
    pub(super) address: SocketAddr,
    /// The demo sandbox's SandPay key.
    pub(super) api_key: String,
}

impl Server {
    /// Starts the binary in an empty directory, made here, and waits for its ready file.
    pub(super) fn start(directory: &Path) -> Result<Self, String> {
        fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        let ready = directory.join("ready.json");
        let database = format!("sqlite:{}", directory.join("playmoney.db").display());
        let log =
            fs::File::create(directory.join("log")).map_err(|error| format!("{}: {error}", directory.display()))?;
        let errors = log.try_clone().map_err(|error| error.to_string())?;
        let mut command = Command::new(process::root().join("target/release/playmoney"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--database", &database, "--ready-file"]).arg(&ready);
        command.current_dir(directory).stdin(Stdio::null()).stdout(log).stderr(errors);
        let began = now();
        let mut child = command.spawn().map_err(|error| format!("the release binary does not start: {error}"))?;
        let waited = wait_for(&ready, &mut child, began);
        let start_us = microseconds_since(began);
        let said = waited.and_then(|()| read_ready(&ready));
        match said {
            Ok((address, api_key)) => Ok(Self { child, start_us, address, api_key }),
            Err(problem) => {
                end(&mut child);
                let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
                Err(format!("{problem}\n{log}"))
            }
        }
    }

    /// Resident memory in KiB, as the kernel counts it.
    pub(super) fn resident_kib(&self) -> Result<u64, String> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        resident_of(&status).ok_or_else(|| format!("{path}: no VmRSS"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Kills the process and collects it. One that has already ended is no problem.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn wait_for(ready: &Path, child: &mut Child, began: Instant) -> Result<(), String> {
    while !ready.exists() {
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("the server ended before it was ready: {status}"));
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("no ready file after {} s", PATIENCE.as_secs()));
        }
        #[expect(clippy::disallowed_methods, reason = "a spinning wait would take the server's core while it starts")]
        std::thread::sleep(Duration::from_micros(100));
    }
    Ok(())
}

fn read_ready(path: &Path) -> Result<(SocketAddr, String), String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let ready: Value = serde_json::from_str(&text).map_err(|error| format!("the ready file is not JSON: {error}"))?;
    let url = ready["url"].as_str().unwrap_or_default();
    let address = url.trim_start_matches("http://").trim_end_matches('/').parse();
    let address = address.map_err(|_| format!("the ready file's `url` is no http address: {url:?}"))?;
    let key = ready["providers"]["sandpay"]["api_key"].as_str();
    let key = key.ok_or("the ready file has no providers.sandpay.api_key")?;
    Ok((address, key.to_owned()))
}

fn resident_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A point in real time, to measure from.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(super) fn now() -> Instant {
    Instant::now()
}

pub(super) fn microseconds_since(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_resident_memory() {
        assert_eq!(resident_of("VmHWM:\t 9000 kB\nVmRSS:\t   8123 kB\nThreads: 3\n"), Some(8123));
        assert_eq!(resident_of("Name: a\n"), None);
    }
}
