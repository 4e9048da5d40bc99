//! What a player can switch off: whether the story can do without it, and still comes to an end.

use super::code::Code;
use super::diagnostic::Diagnostic;
use super::explore::{Explored, Explorer};
use super::knowledge;
use super::outlook::Outlooks;
use super::path::Paths;
use super::reach::{self, place};
use super::tells::{Tells, is_performed};
use super::{Inspection, Limits};
use crate::director::{Avoided, never_taken, section};
use crate::pack::RUNGS;
use crate::{Beat, Pack, State};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The same story for players who have switched off each of its notes, and all of them. They share what is `left` of the time, and
/// get a tenth of it where the story as it is written took all.
pub(super) fn explored(
    pack: &Arc<Pack>,
    tells: &Tells,
    limits: &Limits,
    left: Duration,
) -> Vec<Explored> {
    let notes = pack.content.iter();
    let mut plays: Vec<Vec<String>> = notes.map(|note| vec![note.clone()]).collect();
    if plays.len() > 1 {
        plays.push(pack.content.clone());
    }
    let each = u32::try_from(plays.len()).unwrap_or(u32::MAX).max(1);
    let limits = Limits { time: left.max(limits.time / 10) / each, ..*limits };
    let explore = |notes| {
        let outlooks = Outlooks::new(pack, tells);
        Explorer::new(pack.clone(), outlooks, tells, &limits).avoiding(notes).run()
    };
    plays.into_iter().map(explore).collect()
}

/// What comes about only in such plays comes about.
pub(super) fn join(explored: &mut Explored, plays: &[Explored]) {
    for play in plays {
        for (beat, times) in &play.begun {
            explored.begun.entry(beat.clone()).or_insert(*times);
        }
        explored.made.extend(play.made.iter().cloned());
        explored.refused.extend(play.refused.iter().cloned());
        explored.acted.extend(play.acted.iter().cloned());
        explored.ended_elsewhere.extend(play.over.values().map(|(ending, _)| ending.clone()));
    }
}

/// What is wrong in those plays.
pub(super) fn avoided(of: &Inspection, plays: &[Explored], out: &mut Vec<Diagnostic>) {
    for explored in plays {
        ends_and_leaks(of, explored, out);
    }
    // Beats that are told already: what is in them need not be told, too.
    let mut told: BTreeSet<(String, String)> = BTreeSet::new();
    for explored in plays.iter().filter(|explored| explored.avoided.len() == 1) {
        let Some(note) = explored.avoided.first() else { continue };
        for beat in of.pack.beats.iter().filter(|beat| beat.content.contains(note)) {
            // A storylet does not begin then, so nothing of it is missed.
            let met = explored.begun.contains_key(&beat.id);
            if met && !is_gentle(of.pack, beat, note) {
                out.push(unavoidable(of, beat, note));
            }
            told.insert((beat.id.clone(), note.clone()));
        }
        sections(of, note, &told, out);
    }
}

/// Whether a beat has another opening for who does not want to meet that.
fn is_gentle(pack: &Pack, beat: &Beat, note: &str) -> bool {
    let opening = format!("beat {}/open", beat.id);
    reads(pack, &opening, note)
}

/// Whether a section has a variant that asks whether a note is switched off, in all languages.
fn reads(pack: &Pack, section: &str, note: &str) -> bool {
    let name = format!("avoid.{note}");
    pack.locales.iter().all(|locale| {
        let mut variants = pack.prose(locale).spoken().filter(|s| s.0 == section);
        variants.any(|(_, when, ..)| when.is_some_and(|when| when.names().contains(&name.as_str())))
    })
}

fn unavoidable(of: &Inspection, beat: &Beat, note: &str) -> Diagnostic {
    let at = place(of.pack, &format!("beat {}", beat.id));
    let message = format!("who has switched off '{note}' meets it in '{}' all the same", beat.id);
    Diagnostic::at(of.sources, Code::Unavoidable, &at, message)
        .label("begins for everybody")
        .note("no other beat that can follow is without it, and this one has no gentler opening")
        .help(format!("write `## open when avoid.{note}` and what else of it is needed, or another beat beside it in `next`"))
}

/// Sections of which nothing is left.
fn sections(
    of: &Inspection,
    note: &str,
    told: &BTreeSet<(String, String)>,
    out: &mut Vec<Diagnostic>,
) {
    let mut state = State::new(of.pack);
    state.avoided.insert(note.to_owned());
    let avoided = Avoided::of(of.pack, &state);
    for locale in &of.pack.locales {
        let prose = of.pack.prose(locale);
        for (section, when, lines, bullets) in prose.spoken() {
            let owner = section.split('/').next().unwrap_or_default();
            let beat = owner.strip_prefix("beat ").unwrap_or_default().to_owned();
            // A rung with nothing to say is passed over, a character has other ways of turning aside.
            let passes = owner.starts_with("cast ")
                || RUNGS[..RUNGS.len() - 1]
                    .iter()
                    .any(|rung| section.ends_with(&format!("/{rung}")));
            if when.is_some()
                || passes
                || !is_performed(section)
                || told.contains(&(beat, note.to_owned()))
                || reads(of.pack, section, note)
            {
                continue;
            }
            let mut texts =
                lines.iter().map(|line| &line.text).chain(bullets.iter().map(|bullet| &bullet.1));
            let first = lines.first().map(|line| &line.text).or(bullets.first().map(|b| &b.1));
            let Some(first) = first.filter(|_| texts.all(|text| avoided.leaves_out(prose, text)))
            else {
                continue;
            };
            let at = of.locate(locale, section, first);
            let message =
                format!("nothing of '{section}' is left for who has switched off '{note}'");
            let found = Diagnostic::at(of.sources, Code::Unavoidable, &at, message)
                .label("all of it is left out")
                .note("the engine says in one line that something is left untold")
                .help(format!(
                    "add a line without it, or the heading once more with `when avoid.{note}`"
                ));
            // A line that another language lacks is taken from the first: it is one mistake.
            if !out.iter().any(|o| o.code == found.code && o.place == found.place) {
                out.push(found);
            }
        }
    }
}

/// With less in the story, too, an ending that fits must be reached from everywhere, and nothing be given away.
fn ends_and_leaks(of: &Inspection, explored: &Explored, out: &mut Vec<Diagnostic>) {
    let paths = Paths::new(explored);
    let is_whole = explored.bounded.is_empty();
    let inner = Inspection { explored, paths: &paths, is_whole, ..*of };
    let mut found = Vec::new();
    reach::endings(&inner, &mut found);
    knowledge::leaks(&inner, &mut found);
    let off: Vec<&str> = explored.avoided.iter().map(String::as_str).collect();
    for diagnostic in found {
        let counts = matches!(diagnostic.code, Code::NoWayOut | Code::UnfitEnding | Code::Leak);
        let known =
            |other: &Diagnostic| other.code == diagnostic.code && other.place == diagnostic.place;
        if counts && !out.iter().any(known) {
            out.push(
                diagnostic.note(format!("for a player who has switched off {}", off.join(", "))),
            );
        }
    }
}

/// Examples that the pack's own policy turns aside.
pub(super) fn examples(of: &Inspection, out: &mut Vec<Diagnostic>) {
    for locale in &of.pack.locales {
        for beat in &of.pack.beats {
            for a_move in &beat.moves {
                let section = section(&beat.id, &a_move.id);
                for (_, text) in of.pack.prose(locale).bullets(&section) {
                    if !never_taken(of.pack, locale, text) {
                        continue;
                    }
                    let at = of.locate(locale, &section, text);
                    let message = format!("this example of '{}' is never taken for it", a_move.id);
                    out.push(
                        Diagnostic::at(of.sources, Code::TurnedAside, &at, message)
                            .label("the pack's `policy` turns it aside")
                            .help("say it otherwise, or let the policy `Allow` that kind of talk"),
                    );
                }
            }
        }
    }
}
