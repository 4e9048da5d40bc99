//! What a character makes of its lines: reflections (Park et al. 2023) and summaries.

use super::date::Day;
use serde::{Deserialize, Serialize};

/// A thought about what happened, with the lines that it stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reflection {
    /// The thought.
    pub text: String,
    /// Numbers of the lines that it stands on; at least one.
    pub evidence: Vec<u32>,
    /// When it was thought.
    pub day: Day,
}

impl Reflection {
    pub(super) fn stands_on(&self, lines: usize) -> bool {
        !self.evidence.is_empty() && self.evidence.iter().all(|line| (*line as usize) < lines)
    }
}

/// Stands for a stretch of lines in a prompt. The lines stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// What happened.
    pub text: String,
    /// The first line.
    pub from: u32,
    /// The last line.
    pub until: u32,
}

impl Summary {
    pub(super) fn covers(&self, lines: usize) -> bool {
        self.from <= self.until && (self.until as usize) < lines
    }
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.from <= other.until && other.from <= self.until
    }
}
