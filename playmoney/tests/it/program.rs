//! The built program: run to its end, or as a server that accepts requests. Each has an empty directory and environment
//! of its own. Nothing waits for a while: a server is ready when it says so on its standard output.

use crate::http::Client;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};

/// An empty directory for a test, by its name.
pub fn directory(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()));
    let _was_not_there = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// The program in a directory, with nothing of our own environment.
pub fn program(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_playmoney"));
    command.args(arguments).current_dir(directory).env_clear().stdin(Stdio::null());
    command
}

/// What a run said.
pub struct Ran {
    pub status: i32,
    pub out: String,
    pub errors: String,
}

impl Ran {
    /// Of a command that ends by itself.
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { status: output.status.code().unwrap(), out: text(output.stdout), errors: text(output.stderr) }
    }

    /// Of the program in a directory of its own.
    pub fn alone(test: &str, arguments: &[&str]) -> Self {
        Self::of(&mut program(&directory(test), arguments))
    }

    /// Exit status and both streams, for snapshots.
    pub fn told(&self) -> String {
        format!("exit status {}\n{}{}", self.status, self.out, self.errors)
    }
}

/// A server that accepts requests. Killed when dropped.
pub struct Server {
    child: Child,
    /// What it said on standard output up to `ready`.
    pub said: String,
    pub url: String,
    /// Keeps the pipe open, so that the server can go on writing.
    _out: BufReader<ChildStdout>,
    /// Its log, if it was asked for.
    log: Option<BufReader<ChildStderr>>,
}

impl Server {
    /// Starts `serve` on a free port, and returns when it says that it is ready.
    pub fn start(directory: &Path, arguments: &[&str]) -> Self {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend_from_slice(arguments);
        Self::run(&mut program(directory, &all))
    }

    /// Runs a command that ends up serving.
    pub fn run(command: &mut Command) -> Self {
        Self::spawn(command.stderr(Stdio::null()))
    }

    /// The same, with its log.
    pub fn run_with_log(command: &mut Command) -> Self {
        Self::spawn(command.stderr(Stdio::piped()))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let log = child.stderr.take().map(BufReader::new);
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        let url = loop {
            let start = said.len();
            assert!(out.read_line(&mut said).unwrap() > 0, "the server ended before it was ready: {said}");
            if let Some(url) = said[start..].strip_prefix("ready ") {
                break url.trim().to_owned();
            }
        };
        Self { child, said, url, _out: out, log }
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// A connection of its own.
    pub fn client(&self) -> Client {
        Client::connect(self.address())
    }

    /// SIGKILL, and nothing of the process is left afterwards.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and how the process ended.
    pub fn terminate(mut self) -> ExitStatus {
        self.signal("TERM");
        self.child.wait().unwrap()
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Waits for a line of the log that contains a text, and gives it.
    pub fn logs(&mut self, text: &str) -> String {
        let log = self.log.as_mut().unwrap();
        let mut lines = log.lines().map(Result::unwrap);
        lines.find(|line| line.contains(text)).unwrap_or_else(|| panic!("the log ended without {text}"))
    }

    /// Waits for the end.
    pub fn end(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill();
        let _collected = self.child.wait();
    }
}

/// A ready file.
pub fn read_json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
