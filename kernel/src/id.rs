//! Names of sandboxes and of the part of the database that belongs to one.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The id of a sandbox: `sbx_` and 1 to 60 of `a-z 0-9 _ -`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SandboxId(Arc<str>);

impl SandboxId {
    /// Reads an id.
    ///
    /// # Errors
    /// A sentence that says what an id looks like.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let rest = text.strip_prefix("sbx_").unwrap_or_default();
        let fits = (1..=60).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
        if fits { Ok(Self(text.into())) } else { Err("a sandbox id is `sbx_` and 1 to 60 of a-z, 0-9, `_` and `-`") }
    }

    /// The demo sandbox, made at first start.
    #[must_use]
    pub fn demo() -> Self {
        Self("sbx_demo".into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SandboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SandboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first part of every storage key: a sandbox and its generation, as `sbx_demo~1`.
///
/// A reset or delete moves to another generation at once; what the old one held is swept later. Generation 0 holds the
/// sandbox's own record only and is never swept by a reset.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Arc<str>);

impl Scope {
    /// The scope of a generation of a sandbox.
    #[must_use]
    pub fn of(sandbox: &SandboxId, generation: u32) -> Self {
        Self(format!("{sandbox}~{generation}").into())
    }

    /// Where the sandbox's own record lives.
    #[must_use]
    pub fn root(sandbox: &SandboxId) -> Self {
        Self::of(sandbox, 0)
    }

    /// A scope read back from storage.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        Self(text.into())
    }

    /// The sandbox that it belongs to, or none for a text that is not a scope.
    #[must_use]
    pub fn sandbox(&self) -> Option<SandboxId> {
        SandboxId::parse(self.0.rsplit_once('~')?.0).ok()
    }

    /// As stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked() {
        for good in ["sbx_demo", "sbx_a-1_b"] {
            assert_eq!(SandboxId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "sbx_", "demo", "sbx_A", "sbx_a~1", "sbx_a/b", "sbx_é"] {
            assert!(SandboxId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_scope_names_its_sandbox() {
        let id = SandboxId::demo();
        assert_eq!(Scope::of(&id, 3).as_str(), "sbx_demo~3");
        assert_eq!(Scope::of(&id, 3).sandbox(), Some(id));
        assert_eq!(Scope::from_stored("~server").sandbox(), None);
    }
}
