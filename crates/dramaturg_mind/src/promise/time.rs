//! Times of day and spans, on the story's clock.

use super::Due;

pub(super) const HOUR: i32 = 60;
pub(super) const DAY: i32 = 24 * HOUR;
/// How late one may be who said an hour.
const GRACE: i32 = 30;

/// A part of a day, in minutes of it.
#[derive(Clone, Copy)]
pub(super) struct Part(pub(super) i32, pub(super) i32);

pub(super) const MORNING: Part = Part(6 * HOUR, 12 * HOUR);
pub(super) const NOON: Part = Part(11 * HOUR, 13 * HOUR);
pub(super) const AFTERNOON: Part = Part(12 * HOUR, 18 * HOUR);
pub(super) const EVENING: Part = Part(18 * HOUR, 24 * HOUR);

/// What was said of a time.
#[derive(Default)]
pub(super) struct Said {
    /// Days from today.
    pub(super) day: Option<i32>,
    pub(super) part: Option<Part>,
    /// Minutes of the day; of a clock of twelve hours, if it is below twelve and nothing else tells.
    pub(super) hour: Option<i32>,
    /// Whether it is sure in which half of the day that hour is.
    pub(super) is_exact: bool,
    /// The hour is the latest, not the time itself.
    pub(super) is_latest: bool,
    /// Minutes from now.
    pub(super) span: Option<i32>,
}

impl Said {
    /// The time that was meant, said at `now`.
    pub(super) fn due(self, now: i32) -> Option<Due> {
        if let Some(span) = self.span {
            return Some(Due { from: now, until: now.saturating_add(span) });
        }
        let midnight = now.div_euclid(DAY).saturating_mul(DAY);
        let day = midnight.saturating_add(self.day.unwrap_or(0).saturating_mul(DAY));
        if let Some(hour) = self.hour {
            let mut hour = hour;
            let in_part = self.part.is_some_and(|part| part.0 >= AFTERNOON.0 && hour < NOON.0);
            if !self.is_exact && in_part {
                hour += 12 * HOUR;
            }
            let mut at = day.saturating_add(hour);
            // Of an hour that is over, the next one is meant.
            while at <= now && at < i32::MAX - DAY {
                let half = !self.is_exact && self.part.is_none() && self.day.is_none();
                at += if half { 12 * HOUR } else { DAY };
            }
            return Some(match self.is_latest {
                true => Due { from: now, until: at },
                false => Due { from: at.saturating_sub(GRACE), until: at.saturating_add(GRACE) },
            });
        }
        if self.day.is_none() && self.part.is_none() {
            return None;
        }
        let Part(from, until) = self.part.unwrap_or(Part(0, DAY - 1));
        let mut due = Due { from: day.saturating_add(from), until: day.saturating_add(until) };
        if due.until <= now {
            due = Due { from: due.from.saturating_add(DAY), until: due.until.saturating_add(DAY) };
        }
        due.from = if self.is_latest { now } else { due.from.max(now) };
        Some(due)
    }
}
