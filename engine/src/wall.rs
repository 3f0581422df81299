//! The one place that reads the system clock.

use kernel::Instant;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Wall time, handed in: the system's for a server, the simulator's own in a simulation.
#[derive(Clone)]
pub struct WallClock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl WallClock {
    /// The system's.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(|| {
            #[expect(clippy::disallowed_methods, reason = "the one function that reads the system clock")]
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Instant::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        }))
    }

    /// One that a test moves.
    #[must_use]
    pub fn of(read: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// Wall now.
    #[must_use]
    pub fn now(&self) -> Instant {
        (self.0)()
    }
}

impl std::fmt::Debug for WallClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WallClock")
    }
}
