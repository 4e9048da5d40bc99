//! How much of something, as writers say it: a number with its bounds.

use serde::{Deserialize, Serialize};

/// From -1 to 1, kept in thousandths.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "f64", into = "f64")]
pub struct Degree(i16);

impl Degree {
    /// From thousandths; what is beyond -1000 or 1000 is brought there.
    pub fn of_thousandths(thousandths: i32) -> Self {
        Self(thousandths.clamp(-1000, 1000) as i16)
    }
    /// In thousandths, -1000 to 1000.
    pub fn thousandths(self) -> i16 {
        self.0
    }
    pub(super) fn get(self) -> i32 {
        i32::from(self.0)
    }
}

impl TryFrom<f64> for Degree {
    type Error = String;
    fn try_from(value: f64) -> Result<Self, String> {
        match (-1.0..=1.0).contains(&value) {
            true => Ok(Self::of_thousandths((value * 1000.0).round() as i32)),
            false => {
                Err(format!("{value} is out of bounds: traits and appraisals are between -1 and 1"))
            }
        }
    }
}

impl From<Degree> for f64 {
    fn from(degree: Degree) -> Self {
        f64::from(degree.0) / 1000.0
    }
}

/// How sure something is to happen, from 0 to 1, kept in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Likelihood(u16);

impl Likelihood {
    /// From thousandths; what is beyond 1000 is brought there.
    pub fn of_thousandths(thousandths: u16) -> Self {
        Self(thousandths.min(1000))
    }
    pub(super) fn get(self) -> i32 {
        i32::from(self.0)
    }
}

impl TryFrom<f64> for Likelihood {
    type Error = String;
    fn try_from(value: f64) -> Result<Self, String> {
        match (0.0..=1.0).contains(&value) {
            true => Ok(Self((value * 1000.0).round() as u16)),
            false => Err(format!("{value} is out of bounds: a likelihood is between 0 and 1")),
        }
    }
}

impl From<Likelihood> for f64 {
    fn from(likelihood: Likelihood) -> Self {
        f64::from(likelihood.0) / 1000.0
    }
}
