//! All that a check found, and how far it went.

use super::diagnostic::{Diagnostic, Severity};
use super::explore::Explored;
use super::silence::SilentPlay;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What became of a check.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What is wrong, errors first.
    pub diagnostics: Vec<Diagnostic>,
    /// States that were looked at.
    pub states: usize,
    /// Ways from one to another.
    pub steps: usize,
    /// What was left out; nothing, if all was looked at.
    pub bounded: Vec<String>,
    /// What becomes of a player who says nothing; none for a pack that could not be read.
    pub silent: Option<SilentPlay>,
    /// In how many of the states a beat is open; of endings, as `ending keep`.
    pub heat: BTreeMap<String, usize>,
    /// From which beat the story goes to which.
    pub ways: BTreeSet<(String, String)>,
    /// How long it took.
    pub seconds: f64,
}

impl Report {
    fn of(&self, severity: Severity) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(move |diagnostic| diagnostic.severity() == severity)
    }
    /// What is wrong.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.of(Severity::Error)
    }
    /// What is surely not as it was meant.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.of(Severity::Warning)
    }
    /// Whether nothing is wrong.
    pub fn is_ok(&self) -> bool {
        self.errors().next().is_none()
    }
}

fn number(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.diagnostics {
            writeln!(f, "{diagnostic}")?;
        }
        let (errors, warnings) = (self.errors().count(), self.warnings().count());
        write!(f, "{}, {}", number(errors, "error"), number(warnings, "warning"))?;
        if self.states > 0 {
            let all = if self.bounded.is_empty() { "all of them" } else { "not all there are" };
            write!(f, "; {} ({all}), {:.1} seconds", number(self.states, "state"), self.seconds)?;
        }
        writeln!(f)?;
        if let Some(silent) = self.silent.filter(|silent| silent.is_over) {
            let SilentPlay { turns, promised, .. } = silent;
            writeln!(
                f,
                "a silent player is at an ending after {turns} turns; the ladder promises {promised}"
            )?;
        }
        Ok(())
    }
}

/// How many names are told.
const TOLD: usize = 6;

fn told<'n>(counts: impl Iterator<Item = (usize, &'n str)>) -> String {
    let told: Vec<String> =
        counts.take(TOLD).map(|(count, name)| format!("{name} ({count})")).collect();
    told.join(", ")
}

/// What makes the states many: names with many values, and names whose values count for long.
pub(super) fn many(explored: &Explored) -> Vec<String> {
    let values = explored.values.iter();
    let mut counts: Vec<(usize, &str)> =
        values.filter_map(|(at, values)| Some((*values, explored.outlooks.name(*at)?))).collect();
    counts.retain(|(count, _)| *count > 2);
    counts.sort_by_key(|(count, name)| (std::cmp::Reverse(*count), *name));
    let longest = explored.outlooks.longest();
    let mut notes = Vec::new();
    if !counts.is_empty() {
        notes.push(format!("what has the most values: {}", told(counts.into_iter())));
    }
    if !longest.is_empty() {
        let count = longest.len();
        let told = told(longest.into_iter());
        notes.push(format!(
            "of {count} names that are read, those that count in the most beats: {told}"
        ));
    }
    notes
}
