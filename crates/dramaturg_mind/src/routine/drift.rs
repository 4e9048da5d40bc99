//! What some time does to a need: a sum that stops at the bounds. Such sums join to one of their kind, so days can be
//! raised to a power.

/// A need that is wholly met, in millionths.
pub(super) const FULL: i64 = 1_000_000;

/// `level` becomes `(level + shift)` between `low` and `high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Drift {
    shift: i64,
    low: i64,
    high: i64,
}

impl Drift {
    /// Nothing happens.
    pub const STILL: Self = Self { shift: 0, low: 0, high: FULL };

    /// So many minutes, each of which adds `rate`.
    pub fn steady(rate: i64, minutes: i64) -> Self {
        Self { shift: rate.saturating_mul(minutes), ..Self::STILL }
    }
    /// What is left of a level.
    pub fn of(self, level: u32) -> u32 {
        i64::from(level).saturating_add(self.shift).clamp(self.low, self.high) as u32
    }
    /// This, and then that.
    pub fn then(self, next: Self) -> Self {
        let through = |bound: i64| bound.saturating_add(next.shift).clamp(next.low, next.high);
        Self {
            shift: self.shift.saturating_add(next.shift),
            low: through(self.low),
            high: through(self.high),
        }
    }
    /// This so many times.
    pub fn times(self, mut times: u64) -> Self {
        let (mut all, mut power) = (Self::STILL, self);
        while times > 0 {
            if times & 1 == 1 {
                all = all.then(power);
            }
            power = power.then(power);
            times >>= 1;
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn joined_is_one_after_the_other(
            steps in prop::collection::vec((-300_000i64..300_000, 0i64..9), 0..12),
            level in 0u32..=1_000_000,
            days in 0u64..20,
        ) {
            let day = steps.iter().fold(Drift::STILL, |all, (rate, n)| all.then(Drift::steady(*rate, *n)));
            let mut slow = i64::from(level);
            for _ in 0..days {
                for (rate, minutes) in &steps {
                    for _ in 0..*minutes { slow = (slow + rate).clamp(0, FULL); }
                }
            }
            prop_assert_eq!(i64::from(day.times(days).of(level)), slow);
        }
    }
}
