//! Where the options of `serve` come from, and what they mean: a flag beats the environment, which beats
//! `playmoney.toml`, which beats the default. Contract: `playmoney.md` section 3.
//!
//! Pure apart from reading the file. Must not know how a server is put together.

mod file;
mod listen;

pub use file::File;
pub use listen::parse_listen;

use crate::cli::{Given, Rank, ServeArguments};
use crate::failure::misused;
use courier::Egress;
use kernel::Latency;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// The file that is read, in the current directory.
pub const FILE: &str = "playmoney.toml";

const DEFAULT_LISTEN: &str = "127.0.0.1:4700";
const DEFAULT_DATABASE: &str = "sqlite:.playmoney/playmoney.db";
const DEFAULT_DELIVERIES: usize = 64;

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// Where data is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this SQLite file.
    Sqlite(PathBuf),
    /// In memory, for as long as the process runs.
    Ephemeral,
}

/// What `serve` was asked for, complete and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where data is kept.
    pub database: Place,
    /// Base of links that are handed out; none means the listener's own URL.
    pub public_url: Option<String>,
    /// Where to write the ready file.
    pub ready_file: Option<PathBuf>,
    /// How much simulated latency clients wait for.
    pub latency: Latency,
    /// Default seed of new sandboxes.
    pub seed: Option<i64>,
    /// What the admin API asks for.
    pub admin_token: Option<String>,
    /// Where deliveries may go; none means the default of the listener.
    pub egress: Option<Egress>,
    /// How logs are written; none means human on a terminal, else JSON.
    pub log: Option<LogFormat>,
    /// Threads that answer requests; none means one per core.
    pub workers: Option<usize>,
    /// Deliveries that may be on their way at once.
    pub deliveries: usize,
}

impl Settings {
    /// Puts flags, environment (both in `arguments`) and file together.
    ///
    /// # Errors
    /// An option that cannot be understood, is not possible yet, or is missing; exit status 2.
    pub fn new(arguments: ServeArguments, given: Given, file: &File) -> anyhow::Result<Self> {
        refuse_tls(&arguments, file)?;
        let database = place(&arguments, given, file)?;
        let choose = |typed: Option<String>, name: &str| typed.or_else(|| file.text(name));
        let read = |typed: Option<String>, name: &str| choose(typed, name).map(|text| (text, name.to_owned()));
        let listen = choose(arguments.listen, "listen").unwrap_or_else(|| DEFAULT_LISTEN.to_owned());
        let path = arguments.ready_file.or_else(|| file.text("ready_file").map(PathBuf::from));
        let settings = Self {
            listen: parse_listen(&listen).map_err(|why| wrong("listen", &listen, &why))?,
            database,
            public_url: parse(read(arguments.public_url, "public_url"), parse_public_url)?,
            ready_file: path,
            latency: parse(read(arguments.latency, "latency"), Latency::parse)?.unwrap_or(Latency::INSTANT),
            seed: parse(read(arguments.seed, "seed"), parse_seed)?,
            admin_token: parse(read(arguments.admin_token, "admin_token"), parse_token)?,
            egress: parse(read(arguments.egress, "egress"), Egress::from_str)?,
            log: parse(read(arguments.log, "log"), parse_log)?,
            workers: parse(read(arguments.workers, "workers"), |text| parse_count(text, 512))?,
            deliveries: parse(read(arguments.deliveries, "deliveries"), |text| parse_count(text, 10_000))?
                .unwrap_or(DEFAULT_DELIVERIES),
        };
        settings.refuse_open_listener()?;
        Ok(settings)
    }

    fn refuse_open_listener(&self) -> anyhow::Result<()> {
        if self.listen.ip().to_canonical().is_loopback() || self.admin_token.is_some() {
            return Ok(());
        }
        Err(misused(
            format!("listening on {} would open the admin API to everyone who can reach it", self.listen),
            "set --admin-token (or PLAYMONEY_ADMIN_TOKEN) to a long random text, or listen on 127.0.0.1",
        ))
    }
}

fn parse<T, E: ToString>(
    given: Option<(String, String)>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> anyhow::Result<Option<T>> {
    let Some((text, name)) = given else { return Ok(None) };
    let shown = if name == "admin_token" { "" } else { &text };
    parse(&text).map(Some).map_err(|why| wrong(&name, shown, &why.to_string()))
}

fn wrong(name: &str, text: &str, why: &str) -> anyhow::Error {
    let flag = name.replace('_', "-");
    misused(format!("invalid value `{text}` of {name}"), format!("--{flag}: {why}"))
}

/// `--database` and `--ephemeral` say the same thing: the one of higher rank counts, and two of one rank are an error.
fn place(arguments: &ServeArguments, given: Given, file: &File) -> anyhow::Result<Place> {
    let in_file = |name| file.text(name).map(|_| Rank::File);
    let ephemeral = match arguments.ephemeral {
        Some(is_on) => is_on,
        None => file.flag("ephemeral")?.unwrap_or(false),
    };
    let ephemeral_rank = given.ephemeral.or_else(|| in_file("ephemeral")).filter(|_| ephemeral);
    let database_rank = given.database.or_else(|| in_file("database"));
    match (ephemeral_rank, database_rank) {
        (Some(one), Some(other)) if one == other => {
            Err(misused("ephemeral and database exclude each other", "leave one of them out"))
        }
        (Some(one), other) if Some(one) > other => Ok(Place::Ephemeral),
        _ => {
            let typed = arguments.database.clone().or_else(|| file.text("database"));
            parse_database(&typed.unwrap_or_else(|| DEFAULT_DATABASE.to_owned()))
        }
    }
}

fn parse_database(url: &str) -> anyhow::Result<Place> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Err(misused("PostgreSQL is not possible yet", "use sqlite:PATH for now"));
    }
    match url.strip_prefix("sqlite:") {
        Some(":memory:") => Err(wrong("database", url, "use --ephemeral for a database in memory")),
        Some(path) if !path.is_empty() => Ok(Place::Sqlite(PathBuf::from(path))),
        _ => Err(wrong("database", url, "write it as sqlite:PATH")),
    }
}

fn refuse_tls(arguments: &ServeArguments, file: &File) -> anyhow::Result<()> {
    let tls = arguments.tls.clone().or_else(|| file.text("tls"));
    let listen = arguments.tls_listen.clone().or_else(|| file.text("tls_listen"));
    if tls.is_none_or(|mode| mode == "off") && listen.is_none() {
        return Ok(());
    }
    Err(misused("serving TLS is not possible yet", "leave tls and tls_listen out; put a proxy in front for TLS"))
}

fn parse_public_url(text: &str) -> Result<String, String> {
    const WHY: &str = "write it as https://HOST or http://HOST:PORT, without a query";
    let uri: http::Uri = text.parse().map_err(|_| WHY)?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    if !is_web || uri.authority().is_none_or(|host| host.as_str().contains('@')) || uri.query().is_some() {
        return Err(WHY.to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn parse_seed(text: &str) -> Result<i64, &'static str> {
    text.parse().map_err(|_| "a whole number of 64 bits")
}

/// The token is never shown, not even a wrong one.
fn parse_token(text: &str) -> Result<String, &'static str> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if text.is_empty() || !is_plain {
        Err("some printable ASCII characters, without spaces")
    } else {
        Ok(text.to_owned())
    }
}

fn parse_log(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "human" => Ok(LogFormat::Human),
        "json" => Ok(LogFormat::Json),
        _ => Err("human or json"),
    }
}

fn parse_count(text: &str, most: usize) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=most).contains(count));
    count.ok_or_else(|| format!("a whole number from 1 to {most}"))
}

#[cfg(test)]
mod tests;
