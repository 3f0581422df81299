//! What is assumed where SandPay's documents are silent or contradict each other: every `[decision]` of the contract and
//! every row of its list of open questions. Whoever has the real documents corrects one entry here, the constant it
//! describes, and that constant's test.
//!
//! This is the list that users read; it decides nothing itself, except the defaults of the settings marked overridable.

mod api;
mod delivery;
mod lifecycle;
mod money;

use std::sync::LazyLock;

use serde_json::Value;

/// One choice of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// In snake case, unique within the provider.
    pub name: &'static str,
    /// What is done. Where a sandbox may set another value, this is the default as JSON.
    pub value: &'static str,
    /// Why.
    pub reason: &'static str,
    /// The contract's section and question.
    pub source: &'static str,
    /// Whether a sandbox may set another value.
    pub overridable: bool,
}

impl Decision {
    const fn new(name: &'static str, value: &'static str, reason: &'static str, source: &'static str) -> Self {
        Self { name, value, reason, source, overridable: false }
    }

    /// One that a sandbox may set.
    const fn setting(name: &'static str, value: &'static str, reason: &'static str, source: &'static str) -> Self {
        Self { overridable: true, ..Self::new(name, value, reason, source) }
    }

    /// The value as JSON: what parses as JSON is that, everything else a string.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(self.value).unwrap_or_else(|_| Value::String(self.value.to_owned()))
    }

    /// The entry as it is listed.
    #[must_use]
    pub fn listed(&self) -> kernel::Assumption {
        kernel::Assumption {
            id: format!("sandpay.{}", self.name),
            value: self.json(),
            reason: self.reason.to_owned(),
            source: self.source.to_owned(),
            overridable: self.overridable,
        }
    }
}

/// All of them, in the order of the contract.
pub static ALL: LazyLock<Vec<Decision>> =
    LazyLock::new(|| [api::DECISIONS, lifecycle::DECISIONS, money::DECISIONS, delivery::DECISIONS].concat());

/// The entry of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Decision> {
    ALL.iter().find(|decision| decision.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::wire::BODY_LIMIT_BYTES;

    #[test]
    fn every_open_question_is_answered_once() {
        let mut answered: Vec<u32> = ALL
            .iter()
            .flat_map(|decision| decision.source.split([' ', ',']))
            .filter_map(|word| word.strip_prefix('Q')?.parse().ok())
            .collect();
        answered.sort_unstable();
        assert_eq!(answered, (1..=44).collect::<Vec<_>>());
    }

    #[test]
    fn names_are_unique_and_in_snake_case() {
        let names: BTreeSet<_> = ALL.iter().map(|decision| decision.name).collect();
        assert_eq!(names.len(), ALL.len());
        for name in names {
            let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            assert!(name.bytes().all(good), "{name}");
        }
    }

    #[test]
    fn every_entry_says_what_why_and_where() {
        for decision in ALL.iter() {
            assert!(!decision.value.is_empty() && !decision.reason.is_empty(), "{}", decision.name);
            assert!(decision.source.starts_with("sandpay.md "), "{}", decision.name);
        }
    }

    #[test]
    fn settings_have_typed_defaults() {
        let settings: Vec<_> = ALL
            .iter()
            .filter(|decision| decision.overridable)
            .map(|decision| (decision.name, decision.json()))
            .collect();
        let expected = [
            ("rate_limit_per_minute", json!(null)),
            ("monthly_quota", json!(null)),
            ("body_limit_bytes", json!(BODY_LIMIT_BYTES)),
            ("min_sdk_version", json!("0.3.0")),
            ("expiry_age_minutes", json!(60)),
            ("initial_float", json!(1_000_000)),
            ("webhook_reference_echo", json!(true)),
            ("webhook_retry_jitter", json!(true)),
            ("webhook_retry_scale_pct", json!(100)),
        ];
        assert_eq!(settings, expected);
    }

    #[test]
    fn entries_are_listed_under_the_provider() {
        let listed = find("initial_float").expect("listed").listed();
        assert_eq!(
            (listed.id.as_str(), listed.value, listed.overridable),
            ("sandpay.initial_float", json!(1_000_000), true)
        );
    }
}
