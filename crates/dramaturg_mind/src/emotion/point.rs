//! A point of the space of moods, finer than it is shown: a mood moves by less than a thousandth in a minute.

use super::decay::{ONE, share};
use crate::Pad;
use serde::{Deserialize, Serialize};

/// Pleasure, arousal and dominance in units of [`ONE`]; never beyond it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Point([i64; 3]);

impl Point {
    pub(super) fn of(pad: Pad) -> Self {
        let axis = |thousandths: i16| i64::from(thousandths) * ONE / 1000;
        Self([axis(pad.pleasure), axis(pad.arousal), axis(pad.dominance)]).bounded()
    }
    /// As it is shown, to the nearest thousandth.
    pub(super) fn pad(self) -> Pad {
        let axis = |at: i64| ((at * 1000 + at.signum() * ONE / 2) / ONE) as i16;
        let [pleasure, arousal, dominance] = self.0.map(axis);
        Pad { pleasure, arousal, dominance }
    }
    fn bounded(self) -> Self {
        Self(self.0.map(|at| at.clamp(-ONE, ONE)))
    }
    fn with(self, other: Self, f: impl Fn(i64, i64) -> i64) -> Self {
        let [p, a, d] = self.0;
        let [q, b, e] = other.0;
        Self([f(p, q), f(a, b), f(d, e)]).bounded()
    }
    /// Moved by another one.
    pub(super) fn plus(self, other: Self) -> Self {
        self.with(other, |at, by| at + by)
    }
    /// From another one to it.
    pub(super) fn minus(self, other: Self) -> Self {
        self.with(other, |at, from| at - from)
    }
    /// That share of it.
    pub(super) fn scaled(self, by: i64) -> Self {
        Self(self.0.map(|at| share(at, by)))
    }
    /// A share of the way to another one.
    pub(super) fn towards(self, other: Self, by: i64) -> Self {
        self.with(other, |at, to| at + share(to - at, by))
    }
    /// Nearer to another one, so that of what parted them only that share is left: each axis comes nearer or is there.
    pub(super) fn fading_to(self, other: Self, left: i64) -> Self {
        self.with(other, |at, to| to + share(at - to, left))
    }
    /// How much of it goes the way of another one, as a product.
    pub(super) fn dot(self, other: Self) -> i64 {
        self.0.iter().zip(other.0).map(|(a, b)| share(*a, b)).sum()
    }
    /// The middle of points, each with its weight; the origin where nothing weighs.
    pub(super) fn middle(weighed: impl Iterator<Item = (Self, i64)> + Clone) -> Self {
        let all: i64 = weighed.clone().map(|(_, weight)| weight).sum();
        if all <= 0 {
            return Self::default();
        }
        let axis = |n: usize| {
            let sum = weighed.clone().map(|(p, weight)| i128::from(p.0[n]) * i128::from(weight));
            (sum.sum::<i128>() / i128::from(all)) as i64
        };
        Self([axis(0), axis(1), axis(2)])
    }
}
