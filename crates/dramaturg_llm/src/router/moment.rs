//! The router's only clock.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment: time that never runs backwards, and a day for the books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Since some beginning that stays the same.
    pub elapsed: Duration,
    /// Number of the day.
    pub day: u32,
}

impl Moment {
    /// The computer's: since the first call, and days of UTC since 1970.
    pub fn system() -> Self {
        static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        let days = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs() / 86_400);
        Self { elapsed: BEGIN.elapsed(), day: u32::try_from(days).unwrap_or(u32::MAX) }
    }
    pub(super) fn since(&self, earlier: Self) -> Duration {
        self.elapsed.saturating_sub(earlier.elapsed)
    }
}
