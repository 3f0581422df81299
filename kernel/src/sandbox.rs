//! The sandbox itself, as a record: its clock, seed, settings and faults.

use crate::clock::Clock;
use crate::fault::Fault;
use crate::id::{SandboxId, Scope};
use crate::record::Record;
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// How much of a simulated operator's latency a client waits for, in thousandths: 0 is `instant`, 1000 is `real`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Latency(pub u32);

impl Latency {
    /// No waiting.
    pub const INSTANT: Self = Self(0);
    /// As long as the platform would take.
    pub const REAL: Self = Self(1000);

    /// The part of `latency_ms` that is waited for.
    #[must_use]
    pub fn scaled_ms(self, latency_ms: i64) -> i64 {
        latency_ms.saturating_mul(i64::from(self.0)) / 1000
    }

    /// Reads `instant`, `real` or a factor with up to three decimals (`0.25`, `2`), at most 100.
    ///
    /// # Errors
    /// A sentence that says so.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const WHY: &str = "latency is `instant`, `real`, or a factor from 0 to 100 with at most three decimals";
        match text {
            "instant" => return Ok(Self::INSTANT),
            "real" => return Ok(Self::REAL),
            _ => {}
        }
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 3 || whole.len() > 3 {
            return Err(WHY);
        }
        let thousandths = format!("{part:0<3}");
        let parsed = format!("{whole}{thousandths}").parse::<u32>().map_err(|_| WHY)?;
        if parsed <= 100_000 { Ok(Self(parsed)) } else { Err(WHY) }
    }

    /// As it is written: `instant`, `real`, or the factor.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::INSTANT => "instant".to_owned(),
            Self::REAL => "real".to_owned(),
            Self(permille) => {
                let text = format!("{}.{:03}", permille / 1000, permille % 1000);
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
        }
    }
}

/// What a new sandbox holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fixtures {
    /// The demo data of each provider, made on its first use.
    Full,
    /// Credentials only.
    Empty,
}

/// A sandbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sandbox {
    /// `sbx_…`
    pub id: SandboxId,
    /// What a person calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Goes up with each reset; part of every key of its data.
    pub generation: u32,
    /// Makes it repeatable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Mixed into credentials on listeners that are not loopback; hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_salt: Option<String>,
    /// Virtual time.
    pub clock: Clock,
    /// What the clock was at creation; a reset goes back to it.
    pub first_clock: Clock,
    /// How much simulated latency clients wait for.
    pub latency: Latency,
    /// Where deliveries may go, when narrower than the server allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub egress: Option<String>,
    /// What it starts with.
    pub fixtures: Fixtures,
    /// The providers whose fixtures were made.
    #[serde(default)]
    pub made: Vec<String>,
    /// Overrides of assumptions, by id.
    #[serde(default)]
    pub assumptions: BTreeMap<String, Value>,
    /// Fault rules.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// How many commands were committed; kept in seeded sandboxes only.
    #[serde(default)]
    pub commands: u64,
    /// Wall time of creation.
    pub created_at: Instant,
    /// Wall time of deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
}

impl Record for Sandbox {
    const KIND: &'static str = "sandbox";
    const IN_ROOT: bool = true;

    fn id(&self) -> String {
        self.id.as_str().to_owned()
    }
}

impl Sandbox {
    /// Where its data lives now.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::of(&self.id, self.generation)
    }

    /// The directory name that says that it exists.
    #[must_use]
    pub fn directory_name(id: &SandboxId) -> String {
        format!("sandbox:{id}")
    }

    /// A setting that overrides an assumption, by its id `provider.name`.
    #[must_use]
    pub fn setting(&self, id: &str) -> Option<&Value> {
        self.assumptions.get(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_is_written_as_it_is_read() {
        for text in ["instant", "real", "0.25", "2", "0.001", "100"] {
            assert_eq!(Latency::parse(text).map(Latency::text), Ok(text.to_owned()));
        }
        assert_eq!(Latency::parse("1.0"), Ok(Latency::REAL));
        for bad in ["", "fast", "-1", "1e3", "101", "0.0001", "1.", ".5"] {
            assert!(Latency::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Latency(250).scaled_ms(1000), 250);
        assert_eq!(Latency::INSTANT.scaled_ms(i64::MAX), 0);
    }
}
