//! Instants: milliseconds since the Unix epoch, always UTC.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z. Whether it is virtual or wall time is said by its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(i64);

/// The last instant that can be written; later ones are cut to it.
const LAST_MS: i64 = 253_402_207_199_999;

impl Instant {
    /// From milliseconds since the epoch, cut to the years 1970 to 9999.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        if ms < 0 {
            Self(0)
        } else if ms > LAST_MS {
            Self(LAST_MS)
        } else {
            Self(ms)
        }
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Later by so many milliseconds (earlier when negative).
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self::from_ms(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to here; negative when it is later.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// ISO 8601 in UTC with milliseconds: `2026-06-01T09:00:00.000Z`.
    #[must_use]
    pub fn iso(self) -> String {
        jiff::Timestamp::from_millisecond(self.0).map_or_else(|_| String::new(), |at| format!("{at:.3}"))
    }

    /// Reads an ISO 8601 instant with an offset or `Z`; finer parts than milliseconds are cut off.
    ///
    /// # Errors
    /// A sentence for anything else, or an instant outside the years 1970 to 9999.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const WHY: &str = "not an instant: write it as 2026-06-01T09:00:00.000Z, from year 1970 to 9999";
        let at: jiff::Timestamp = text.parse().map_err(|_| WHY)?;
        let ms = at.as_millisecond();
        if (0..=LAST_MS).contains(&ms) { Ok(Self(ms)) } else { Err(WHY) }
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso())
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::from_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_iso() {
        let at = Instant::from_ms(1_780_304_400_000);
        assert_eq!(at.iso(), "2026-06-01T09:00:00.000Z");
        assert_eq!(Instant::parse(&at.iso()), Ok(at));
        assert_eq!(Instant::parse("2026-06-01T11:00:00.0009+02:00"), Ok(at));
        for bad in ["", "2026-06-01", "2026-06-01T09:00:00", "tomorrow", "1969-12-31T23:59:59Z"] {
            assert!(Instant::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn arithmetic_stays_in_range() {
        assert_eq!(Instant::from_ms(5).plus_ms(i64::MIN).ms(), 0);
        assert_eq!(Instant::from_ms(5).plus_ms(i64::MAX).iso(), "9999-12-30T21:59:59.999Z");
        assert_eq!(Instant::from_ms(9).since_ms(Instant::from_ms(4)), 5);
    }
}
