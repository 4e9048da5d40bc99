//! When and where, in integers.

use serde::{Deserialize, Serialize};

pub(super) const MINUTE: i64 = 60;
pub(super) const DAY: i64 = 24 * 60 * MINUTE;

/// A moment of the story: seconds since the midnight with which its first day begins.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// Later than any other.
    pub const NEVER: Self = Self(i64::MAX);
    /// So many seconds after the first midnight; before it, if negative.
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }
    /// A time of day; the first day is 0.
    pub fn at(day: u32, hour: u8, minute: u8) -> Self {
        Self(i64::from(day) * DAY + (i64::from(hour) * 60 + i64::from(minute)) * MINUTE)
    }
    /// Seconds since the first midnight.
    pub fn seconds(self) -> i64 {
        self.0
    }
    /// The day; 0 is the first.
    pub fn day(self) -> i64 {
        self.0.div_euclid(DAY)
    }
    /// Seconds since this day's midnight.
    pub fn second_of_day(self) -> u32 {
        self.0.rem_euclid(DAY) as u32
    }
    /// The hour of the day, 0 to 23.
    pub fn hour(self) -> u8 {
        (self.second_of_day() / 3600) as u8
    }
    /// The minute of the hour, 0 to 59.
    pub fn minute(self) -> u8 {
        (self.second_of_day() / 60 % 60) as u8
    }
    /// So many seconds later, or earlier.
    #[must_use]
    pub fn after(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
    /// Seconds from an earlier moment to this one.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
    /// The beginning of its minute.
    pub(super) fn floor(self) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(MINUTE)))
    }
    /// The first beginning of a minute that is not before it.
    pub(super) fn ceil(self) -> Self {
        Self(self.0.saturating_add((MINUTE - self.0.rem_euclid(MINUTE)) % MINUTE))
    }
    /// How many minutes begin from here on before `end`.
    pub(super) fn minutes_to(self, end: Self) -> i64 {
        (end.ceil().since(self.ceil()) / MINUTE).max(0)
    }
    pub(super) fn midnight(self) -> Self {
        Self(self.day().saturating_mul(DAY))
    }
}

/// A point of the town's ground, in decimetres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Spot {
    /// To the east.
    pub x: i32,
    /// To the south.
    pub y: i32,
}

impl Spot {
    /// A point that far from the origin.
    pub fn metres(x: i32, y: i32) -> Self {
        Self { x: x.saturating_mul(10), y: y.saturating_mul(10) }
    }
    /// Decimetres to another point, rounded down.
    pub fn distance(self, other: Self) -> u32 {
        let square = |a: i32, b: i32| u64::from(a.abs_diff(b)).pow(2);
        let sum = square(self.x, other.x).saturating_add(square(self.y, other.y));
        u32::try_from(sum.isqrt()).unwrap_or(u32::MAX)
    }
    /// The point at `part` of `whole` of the way to another.
    pub(super) fn toward(self, other: Self, part: i64, whole: i64) -> Self {
        if whole <= 0 || self == other || part >= whole {
            return other;
        }
        let part = part.max(0);
        let axis = |a: i32, b: i32| {
            let way = i64::from(b) - i64::from(a);
            // Ways are below 2^33 and times of walks below 2^30.
            a + (way.saturating_mul(part) / whole) as i32
        };
        Self { x: axis(self.x, other.x), y: axis(self.y, other.y) }
    }
}
