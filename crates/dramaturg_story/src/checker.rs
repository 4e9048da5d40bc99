//! Reads a story for its writer: what can't be reached, what comes out too early, where it gets stuck.
//!
//! The states of a story are finite once numbers count only as far as conditions can tell them apart. [`check`] goes to
//! all of them by the rules of the session itself, and tells what is wrong with the shortest play that shows it. Where
//! there are more states than its [`Limits`] allow it says what it left out; what it found by then is real.
//!
//! ```no_run
//! use dramaturg_story::{Limits, Pack, check};
//! use std::{path::Path, sync::Arc};
//!
//! let pack = Arc::new(Pack::load(Path::new("assets/stories/lantern"))?);
//! let report = check(&pack, &Limits::default());
//! println!("{report}");
//! # Ok::<(), dramaturg_story::PackError>(())
//! ```

mod bands;
mod bits;
mod code;
mod consequence;
mod content;
mod diagnostic;
mod digest;
mod draw;
mod explore;
mod knowledge;
mod neighbours;
mod outlook;
mod path;
mod reach;
mod report;
mod silence;
mod sources;
mod tells;
#[cfg(test)]
mod tests;
mod words;

pub use code::Code;
pub use diagnostic::{Diagnostic, Related, Severity};
pub use draw::{mermaid, svg};
pub use report::Report;
pub use silence::SilentPlay;

use crate::pack::Place;
use crate::{Pack, PackError};
use explore::{Explored, Explorer, NOWHERE};
use outlook::Outlooks;
use path::Paths;
use sources::Sources;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tells::Tells;

/// How far a check goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most states that are looked at.
    pub states: usize,
    /// The longest that is looked.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { states: 200_000, time: Duration::from_secs(20) }
    }
}

/// What the parts of a check share.
#[derive(Clone, Copy)]
struct Inspection<'i> {
    pack: &'i Pack,
    sources: &'i Sources,
    explored: &'i Explored,
    paths: &'i Paths<'i>,
    /// Whether all states were looked at.
    is_whole: bool,
}

impl Inspection<'_> {
    /// Where a text of a section is written.
    fn locate(&self, locale: &str, section: &str, text: &str) -> Place {
        let heading = |locale: &str, section: &str| {
            let mut sections = self.pack.prose(locale).sections();
            sections.find(|(path, _)| *path == section).map(|(_, place)| place.clone())
        };
        let first = self.pack.locales.first().map(String::as_str).unwrap_or_default();
        let above = section.split('/').next().unwrap_or(section);
        // What a language lacks is written in the first one. A variant has no heading of that name: its beat has.
        let places = [(locale, section), (locale, above), (first, section), (first, above)];
        let mut nearest = None;
        for place in places.into_iter().filter_map(|(locale, section)| heading(locale, section)) {
            if let Some(found) = self.sources.find(&place, text) {
                return found;
            }
            nearest.get_or_insert(place);
        }
        nearest.unwrap_or_default()
    }
    /// Says more of what was left out.
    fn bounded_note(&self, note: String, out: &mut Vec<Diagnostic>) {
        let at = reach::place(self.pack, &format!("beat {}", self.pack.start));
        let message = "not all of the story was looked at";
        let mut found = Diagnostic::at(self.sources, Code::Bounded, &at, message)
            .help("look further with --states and --seconds, or give the story fewer facts that are set early and read late");
        if let Some(first) = out.iter_mut().find(|other| other.code == Code::Bounded) {
            first.notes.push(note);
        } else {
            found.notes.push(note);
            out.push(found);
        }
    }
}

/// Checks a pack that could be read.
pub fn check(pack: &Arc<Pack>, limits: &Limits) -> Report {
    let began = Instant::now();
    let tells = Tells::new(pack);
    let outlooks = Outlooks::new(pack, &tells);
    let mut explored = Explorer::new(pack.clone(), outlooks, &tells, limits).run();
    let without =
        content::explored(pack, &tells, limits, limits.time.saturating_sub(began.elapsed()));
    content::join(&mut explored, &without);
    let paths = Paths::new(&explored);
    let sources = Sources::default();
    let of = Inspection {
        pack,
        sources: &sources,
        explored: &explored,
        paths: &paths,
        is_whole: explored.bounded.is_empty(),
    };
    let silent = SilentPlay::of(pack);
    let mut found = Vec::new();
    for bounded in &explored.bounded {
        of.bounded_note(bounded.clone(), &mut found);
    }
    if !of.is_whole {
        for note in report::many(&explored) {
            of.bounded_note(note, &mut found);
        }
    }
    words::speakers(&of, &mut found);
    words::headings(&of, &mut found);
    words::comparisons(&of, &mut found);
    reach::beats(&of, &mut found);
    reach::endings(&of, &mut found);
    silence::circles(&of, silent, &mut found);
    content::avoided(&of, &without, &mut found);
    content::examples(&of, &mut found);
    knowledge::leaks(&of, &mut found);
    consequence::disagreements(&of, &mut found);
    neighbours::neighbours(&of, &mut found);
    reach::moves(&of, &mut found);
    knowledge::dead(&of, &mut found);
    words::idle(&of, &mut found);
    words::languages(&of, &mut found);
    words::documents(&of, &mut found);
    found.sort_by_key(|diagnostic| diagnostic.severity());
    let mut heat = std::collections::BTreeMap::new();
    for beat in explored.beats.iter().filter(|beat| **beat != NOWHERE) {
        if let Some(beat) = pack.beats.get(usize::from(*beat)) {
            *heat.entry(beat.id.clone()).or_insert(0) += 1;
        }
    }
    // An aside is over before anybody sees its state.
    for (beat, times) in &explored.begun {
        heat.entry(beat.clone()).or_insert(*times);
    }
    for (ending, _) in explored.over.values() {
        *heat.entry(format!("ending {ending}")).or_insert(0) += 1;
    }
    Report {
        diagnostics: found,
        states: explored.beats.len().saturating_sub(1),
        steps: explored.steps.len(),
        bounded: explored.bounded.clone(),
        silent: Some(silent),
        heat,
        ways: explored.ways.keys().filter(|(from, _)| !from.is_empty()).cloned().collect(),
        seconds: began.elapsed().as_secs_f64(),
    }
}

/// The report on a pack that could not be read.
pub fn unreadable(error: &PackError) -> Report {
    let place = Place { file: error.file.clone(), line: error.line, column: error.column };
    let diagnostic = Diagnostic {
        text: error.text.clone(),
        label: String::new(),
        help: error.help.clone(),
        ..Diagnostic::at(&Sources::default(), Code::Unreadable, &place, error.message.clone())
    };
    Report { diagnostics: vec![diagnostic], ..Report::default() }
}
