//! The ready file: the fact that requests are accepted, and how to send them (`playmoney.md` section 4).
//!
//! Must not know what stands in it.

use anyhow::Context;
use serde_json::Value;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Removes what an earlier run left, so that nobody takes it for this one's.
///
/// # Errors
/// It is there and cannot be removed.
pub fn clear(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove the old ready file {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Writes the file whole or not at all: under another name first, then renamed. It holds credentials, so only its owner
/// may read it.
///
/// # Errors
/// The folder is not there, or cannot be written.
pub fn write(path: &Path, ready: &Value) -> anyhow::Result<()> {
    let draft = draft(path);
    let written = write_private(&draft, format!("{ready:#}\n").as_bytes()).and_then(|()| std::fs::rename(&draft, path));
    written.with_context(|| format!("cannot write the ready file {}", path.display()))
}

fn draft(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    PathBuf::from(name)
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}
