//! A mistake as it is shown: what is wrong, where, why, and what to do about it.

use super::code::Code;
use super::sources::Sources;
use crate::pack::Place;
use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The story is wrong somewhere.
    Error,
    /// The story plays, but something in it is surely not as it was meant.
    Warning,
}

/// A second place that belongs to a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// The line.
    pub text: String,
    /// How many characters of it.
    pub width: usize,
    /// What is there.
    pub label: String,
}

/// One thing that is wrong with a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// Where.
    pub place: Place,
    /// The line.
    pub text: String,
    /// How many characters of it are meant.
    pub width: usize,
    /// What is wrong.
    pub message: String,
    /// What is wrong at that very place, in a few words.
    pub label: String,
    /// Why it is wrong.
    pub notes: Vec<String>,
    /// The shortest play that shows it, step by step.
    pub path: Vec<String>,
    /// What to do about it.
    pub help: String,
    /// Other places that belong to it.
    pub related: Vec<Related>,
}

impl Diagnostic {
    pub(super) fn at(
        sources: &Sources,
        code: Code,
        place: &Place,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            place: place.clone(),
            text: sources.line(place),
            width: sources.width(place),
            message: message.into(),
            label: String::new(),
            notes: Vec::new(),
            path: Vec::new(),
            help: String::new(),
            related: Vec::new(),
        }
    }
    pub(super) fn label(self, label: impl Into<String>) -> Self {
        Self { label: label.into(), ..self }
    }
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
    pub(super) fn path(self, path: Vec<String>) -> Self {
        Self { path, ..self }
    }
    pub(super) fn related(
        mut self,
        sources: &Sources,
        place: &Place,
        label: impl Into<String>,
    ) -> Self {
        self.related.push(Related {
            place: place.clone(),
            text: sources.line(place),
            width: sources.width(place),
            label: label.into(),
        });
        self
    }
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// Characters that are drawn twice as wide.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}')
}

fn drawn(text: impl Iterator<Item = char>) -> usize {
    text.map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// The longest line that is shown; of a longer one, what is around the place.
const LONGEST: usize = 110;

/// A line of a file with what is meant in it underlined.
fn excerpt(
    f: &mut fmt::Formatter<'_>,
    arrow: &str,
    margin: usize,
    place: &Place,
    (text, width, label): (&str, usize, &str),
) -> fmt::Result {
    let blank = " ".repeat(margin);
    writeln!(f, "{blank}{arrow} {}:{}:{}", place.file.display(), place.line, place.column)?;
    let chars: Vec<char> = text.chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
    if chars.is_empty() {
        return Ok(());
    }
    let at = place.column.saturating_sub(1).min(chars.len());
    let first = if chars.len() <= LONGEST { 0 } else { at.saturating_sub(LONGEST / 3) };
    let last = chars.len().min(first + LONGEST);
    let shown: String = chars[first..last].iter().collect();
    let (before, after) =
        (if first > 0 { "…" } else { "" }, if last < chars.len() { "…" } else { "" });
    let number = format!("{:>margin$}", place.line);
    writeln!(f, "{blank} |")?;
    writeln!(f, "{number} | {before}{}{after}", shown.trim_end())?;
    let indent = drawn(chars[first..at].iter().copied()) + before.chars().count();
    let end = (at + width).min(last).max(at);
    let marks = drawn(chars[at..end].iter().copied()).max(1);
    let line = format!("{blank} | {}{} {label}", " ".repeat(indent), "^".repeat(marks));
    writeln!(f, "{}", line.trim_end())
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(f, "{kind}[{}]: {}", self.code, self.message)?;
        let lines = self.related.iter().map(|r| r.place.line).chain([self.place.line]);
        let margin = lines.max().unwrap_or(1).to_string().len();
        if !self.place.file.as_os_str().is_empty() {
            excerpt(f, "-->", margin, &self.place, (&self.text, self.width, &self.label))?;
        }
        for related in &self.related {
            let shown = (related.text.as_str(), related.width, related.label.as_str());
            excerpt(f, ":::", margin, &related.place, shown)?;
        }
        let blank = " ".repeat(margin);
        writeln!(f, "{blank} |")?;
        for note in &self.notes {
            writeln!(f, "{blank} = why: {note}")?;
        }
        if !self.path.is_empty() {
            writeln!(f, "{blank} = the shortest way there:")?;
            for (number, step) in (1..).zip(&self.path) {
                writeln!(f, "{blank}     {number}. {step}")?;
            }
        }
        writeln!(f, "{blank} = help: {}", self.help)
    }
}
