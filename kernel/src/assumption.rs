//! A `[decision]` of a contract: what the sandbox assumes where the platform's documents are silent.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A named constant with its value, its reason and its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assumption {
    /// `provider.name`.
    pub id: String,
    /// What is assumed.
    pub value: Value,
    /// Why.
    pub reason: String,
    /// Where the contract says so.
    pub source: String,
    /// Whether a sandbox may set another value.
    pub overridable: bool,
}
