//! The virtual clock of a sandbox: running at an offset from wall time, or frozen.

use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// How virtual time follows from wall time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Clock {
    /// Moves with wall time, `offset_ms` ahead of it (behind when negative).
    Running {
        /// Virtual minus wall time, in milliseconds.
        offset_ms: i64,
    },
    /// Stands still.
    Frozen {
        /// The virtual now.
        at: Instant,
    },
}

impl Clock {
    /// A running clock that shows wall time.
    pub const WALL: Self = Self::Running { offset_ms: 0 };

    /// The virtual now at a wall instant.
    #[must_use]
    pub fn now(&self, wall: Instant) -> Instant {
        match self {
            Self::Running { offset_ms } => wall.plus_ms(*offset_ms),
            Self::Frozen { at } => *at,
        }
    }

    /// The wall instant at which something due at virtual `due` needs attention: `wall` itself when it is due already,
    /// none when the clock is frozen before it.
    #[must_use]
    pub fn wall_due(&self, due: Instant, wall: Instant) -> Option<Instant> {
        match self {
            _ if due <= self.now(wall) => Some(wall),
            Self::Running { offset_ms } => Some(due.plus_ms(offset_ms.saturating_neg())),
            Self::Frozen { .. } => None,
        }
    }

    /// The same mode, showing `now` at the wall instant given.
    #[must_use]
    pub fn set_to(&self, now: Instant, wall: Instant) -> Self {
        match self {
            Self::Running { .. } => Self::Running { offset_ms: now.since_ms(wall) },
            Self::Frozen { .. } => Self::Frozen { at: now },
        }
    }

    /// Stopped where it stands.
    #[must_use]
    pub fn frozen(&self, wall: Instant) -> Self {
        Self::Frozen { at: self.now(wall) }
    }

    /// Running on from where it stands.
    #[must_use]
    pub fn running(&self, wall: Instant) -> Self {
        Self::Running { offset_ms: self.now(wall).since_ms(wall) }
    }

    /// Whether time stands still.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        matches!(self, Self::Frozen { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: Instant = Instant::from_ms(1_000_000);

    #[test]
    fn running_and_frozen() {
        let ahead = Clock::Running { offset_ms: 500 };
        assert_eq!(ahead.now(WALL).ms(), 1_000_500);
        assert_eq!(ahead.frozen(WALL).now(WALL.plus_ms(99)).ms(), 1_000_500);
        assert_eq!(ahead.frozen(WALL).running(WALL.plus_ms(99)).now(WALL.plus_ms(100)).ms(), 1_000_501);
        assert_eq!(Clock::WALL.set_to(Instant::from_ms(7), WALL).now(WALL).ms(), 7);
    }

    #[test]
    fn attention_is_at_wall_time() {
        let ahead = Clock::Running { offset_ms: 500 };
        assert_eq!(ahead.wall_due(Instant::from_ms(1_000_600), WALL), Some(Instant::from_ms(1_000_100)));
        assert_eq!(ahead.wall_due(Instant::from_ms(3), WALL), Some(WALL));
        let frozen = Clock::Frozen { at: Instant::from_ms(50) };
        assert_eq!(frozen.wall_due(Instant::from_ms(50), WALL), Some(WALL));
        assert_eq!(frozen.wall_due(Instant::from_ms(51), WALL), None);
    }
}
