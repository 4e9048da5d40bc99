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

/// The date of a day of UTC since 1970 in the Gregorian calendar, as 2026-11-24 (Hinnant, "chrono-Compatible Low-Level
/// Date Algorithms", `civil_from_days`).
pub fn date(day: u32) -> String {
    let shifted = u64::from(day) + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        for (day, wanted) in
            [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_781, "2026-11-24")]
        {
            assert_eq!(date(day), wanted);
        }
        assert!(date(u32::MAX).len() > 10);
    }
}
