//! `playmoney.toml`: the options of `serve` by name, in snake case. Values are kept as text and read as flags are, so
//! that both mean the same.

use crate::failure::misused;
use anyhow::Context;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

const KEYS: [&str; 14] = [
    "listen",
    "database",
    "ephemeral",
    "public_url",
    "ready_file",
    "latency",
    "seed",
    "admin_token",
    "egress",
    "tls",
    "tls_listen",
    "log",
    "workers",
    "deliveries",
];

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File(BTreeMap<String, String>);

impl File {
    /// Reads the file; one that is not there says nothing.
    ///
    /// # Errors
    /// It cannot be read, is no TOML, or has keys that mean nothing.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).with_context(|| path.display().to_string()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Reads its text.
    ///
    /// # Errors
    /// It is no TOML, or has keys that mean nothing.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            misused(error.to_string().trim_end().to_owned(), "keys are the names of the options of `playmoney serve`")
        })?;
        // A dash instead of an underscore is not worth an error.
        let table: BTreeMap<String, toml::Value> =
            table.into_iter().map(|(key, value)| (key.replace('-', "_"), value)).collect();
        let unknown: Vec<&str> = table.keys().map(String::as_str).filter(|key| !KEYS.contains(key)).collect();
        if !unknown.is_empty() {
            let hint = format!("the keys are {}", KEYS.join(", "));
            return Err(misused(format!("unknown keys: {}", unknown.join(", ")), hint));
        }
        let texts = table.into_iter().map(|(key, value)| match value {
            toml::Value::String(text) => Ok((key, text)),
            toml::Value::Integer(_) | toml::Value::Boolean(_) | toml::Value::Float(_) => Ok((key, value.to_string())),
            _ => Err(misused(format!("{key} is not a single value"), "write it as NAME = \"VALUE\"")),
        });
        Ok(Self(texts.collect::<anyhow::Result<_>>()?))
    }

    /// The value of a key, as text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    /// The value of a key that is on or off.
    ///
    /// # Errors
    /// It is neither.
    pub fn flag(&self, key: &str) -> anyhow::Result<Option<bool>> {
        match self.0.get(key).map(String::as_str) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(misused(format!("invalid value `{other}` of {key}"), "true or false")),
        }
    }
}
