//! What becomes of a player who says nothing.

use super::Inspection;
use super::code::Code;
use super::diagnostic::Diagnostic;
use super::reach::place;
use crate::pack::RUNGS;
use crate::session::rehearsal::{Rehearsal, opened, played, spoken};
use crate::{Event, Line, Pack};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Turns after which a silent play is given up.
const MOST: u32 = 20_000;

/// A play in which nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SilentPlay {
    /// Turns until the story was over.
    pub turns: u32,
    /// The most turns that the ladder promises: for each beat that began, its `patience` and the rungs.
    pub promised: u32,
    /// Whether an ending was reached.
    pub is_over: bool,
}

impl SilentPlay {
    /// Says nothing until the story is over. Where chance has a say, its first outcome is taken.
    pub(super) fn of(pack: &Arc<Pack>) -> Self {
        let locale = pack.locales.first().map(String::as_str).unwrap_or_default();
        let mut rehearsal = Rehearsal::default();
        let mut state = opened(pack, locale, &Default::default(), &mut rehearsal);
        let mut turns = 0;
        while state.ended.is_none() && turns < MOST {
            turns += 1;
            spoken(pack, &mut state);
            played(pack, &mut state, &[], &mut rehearsal);
        }
        let began = rehearsal.events.iter().filter_map(|event| match event {
            Event::BeatBegan(id) => pack.beat(id),
            _ => None,
        });
        // What passes is over in the turn in which it begins.
        let lasting = began.filter(|beat| !beat.passes());
        let promised = lasting.map(|beat| u32::from(beat.patience) + RUNGS.len() as u32).sum();
        Self { turns, promised, is_over: state.ended.is_some() }
    }
    /// Whether what the ladder promises is kept.
    pub fn is_kept(&self) -> bool {
        self.is_over && self.turns <= self.promised
    }
}

pub(super) fn circles(of: &Inspection, silent: SilentPlay, out: &mut Vec<Diagnostic>) {
    let nearest = of.explored.circles.iter().filter_map(|(beat, steps)| {
        let step = of.paths.nearest(steps)?;
        Some((of.paths.far(of.explored.steps[step].from), beat, step))
    });
    let help = "let `on_forced` set something that a `next` or an ending asks for";
    if let Some((_, beat, step)) = nearest.min() {
        let at = place(of.pack, &format!("beat {beat}"));
        let mut found = Diagnostic::at(
            of.sources,
            Code::SilentCircle,
            &at,
            format!("a player who says nothing goes in a circle through '{beat}'"),
        )
        .label("would begin again though it ended by itself three times")
        .note("a beat that ended by itself three times with no move between does not begin again: the engine ends the story there")
        .path(of.paths.through(step))
        .help(help);
        let others: Vec<&str> =
            of.explored.circles.keys().filter(|other| *other != beat).map(String::as_str).collect();
        if !others.is_empty() {
            found = found.note(format!("so it is, from other states, with {}", others.join(", ")));
        }
        out.push(found);
    } else if !silent.is_kept() {
        let at = place(of.pack, &format!("beat {}", of.pack.start));
        let message = format!(
            "a player who says nothing is not at an ending after {} turns; the ladder promises {}",
            silent.turns, silent.promised
        );
        out.push(
            Diagnostic::at(of.sources, Code::SilentCircle, &at, message)
                .note("each beat ends by itself after its `patience` and the four rungs")
                .help(help),
        );
    }
}

/// All that may be said on the rungs of a beat, in the language of the check.
pub(super) fn rungs(pack: &Pack, beat: &str) -> BTreeSet<String> {
    let prose = pack.prose(pack.locales.first().map(String::as_str).unwrap_or_default());
    let of = |section: &str| {
        let lines = prose.lines(section).iter().map(|line| line.text.clone());
        lines
            .chain(prose.bullets(section).iter().map(|b| Line::of_bullet(b, "").text))
            .collect::<Vec<_>>()
    };
    let mut texts: BTreeSet<String> =
        RUNGS.iter().flat_map(|rung| of(&format!("beat {beat}/{rung}"))).collect();
    for (section, when, lines, bullets) in prose.spoken() {
        let is_rung = section.strip_prefix("beat ").and_then(|rest| rest.split_once('/'));
        if when.is_some() && is_rung.is_some_and(|(id, rung)| id == beat && RUNGS.contains(&rung)) {
            texts.extend(lines.iter().map(|line| line.text.clone()));
            texts.extend(bullets.iter().map(|b| Line::of_bullet(b, "").text));
        }
    }
    texts
}
