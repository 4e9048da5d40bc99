//! Words and names that belong to nothing, comparisons that never hold, what a language lacks.

use super::Inspection;
use super::code::Code;
use super::diagnostic::Diagnostic;
use super::reach::place;
use super::tells::is_performed;
use crate::pack::{Place, RUNGS, WrittenCondition};
use crate::{FactKind, Line, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Sections of a character.
const WAYS: [&str; 18] = [
    "voice",
    "silence",
    "deflect",
    "deflect_secret",
    "deflect_hostile",
    "deflect_world",
    "deflect_contradiction",
    "deflect_foreign",
    "deflect_sexual",
    "deflect_self_harm",
    "deflect_gore",
    "deflect_hate",
    "deflect_dead",
    "deflect_repetition",
    "deflect_gibberish",
    "chime",
    "interrupt",
    "hears",
];

pub(super) fn speakers(of: &Inspection, out: &mut Vec<Diagnostic>) {
    for locale in &of.pack.locales {
        for (section, _, lines, bullets) in of.pack.prose(locale).spoken() {
            let bullets =
                bullets.iter().filter(|_| is_performed(section)).map(|b| Line::of_bullet(b, ""));
            for line in lines.iter().cloned().chain(bullets) {
                let Some(npc) =
                    line.npc.filter(|npc| !npc.is_empty() && !of.pack.cast.contains_key(npc))
                else {
                    continue;
                };
                let written = format!("{npc} ({}): {}", line.emotion.label(), line.text);
                let at = of.locate(locale, section, &written);
                let message = format!("'{npc}' is not in the cast");
                let mut found = Diagnostic::at(of.sources, Code::NoSpeaker, &at, message)
                    .label("nobody has this name")
                    .help(format!("the cast is {}", of.pack.cast().collect::<Vec<_>>().join(", ")));
                found.width = npc.chars().count();
                // A line that another language lacks is taken from the first: it is one mistake.
                if !out.iter().any(|other: &Diagnostic| {
                    other.code == found.code && other.place == found.place
                }) {
                    out.push(found);
                }
            }
        }
    }
}

pub(super) fn headings(of: &Inspection, out: &mut Vec<Diagnostic>) {
    for locale in &of.pack.locales {
        let mut stray: Vec<&str> = Vec::new();
        for (section, at) in of.pack.prose(locale).sections() {
            let under = |above: &&str| {
                section.strip_prefix(*above).is_some_and(|rest| rest.starts_with('/'))
            };
            if belongs(of, section) || stray.iter().any(under) {
                continue;
            }
            stray.push(section);
            let name = section.rsplit('/').next().unwrap_or(section);
            out.push(
                Diagnostic::at(
                    of.sources,
                    Code::StrayHeading,
                    at,
                    format!("the heading '{name}' belongs to nothing"),
                )
                .label("what is under it is never used")
                .note(format!("its whole name is '{section}'"))
                .help("correct it, or take it out; names are those of pack.ron"),
            );
        }
    }
}

fn belongs(of: &Inspection, section: &str) -> bool {
    let pack = of.pack;
    let (owner, part) =
        section.split_once('/').map_or((section, ""), |(owner, part)| (owner, part));
    let (kind, name) = owner.split_once(' ').unwrap_or((owner, ""));
    match kind {
        "story" => name.is_empty() && part.is_empty(),
        "canon" => name.is_empty() && matches!(part, "" | "absent" | "dead" | "never"),
        "cast" => pack.cast.get(name).is_some_and(|character| match part.strip_prefix("want ") {
            Some(goal) => character.goals().iter().any(|own| own.id == goal),
            None => part.is_empty() || WAYS.contains(&part),
        }),
        "promise" => pack.promises.contains_key(name) && matches!(part, "" | "remind"),
        "gossip" => {
            let number = part.strip_prefix("telling ").map(str::parse::<u8>);
            pack.gossip.matters.contains_key(name)
                && (matches!(part, "" | "confront")
                    || pack.cast.contains_key(part)
                    || number.is_some_and(|number| number.is_ok_and(|number| number >= 2)))
        }
        "secret" => {
            pack.secrets.contains_key(name)
                && (part.is_empty() || part == "tells" || pack.cast.contains_key(part))
        }
        "content" => pack.content.iter().any(|note| note == name) && matches!(part, "" | "words"),
        "scene" => pack.scenes.contains_key(name) && matches!(part, "" | "open"),
        "action" => {
            part.is_empty() && pack.cast.values().any(|c| c.actions().iter().any(|a| a.id == name))
        }
        "ending" => part.is_empty() && pack.endings.iter().any(|ending| ending.id == name),
        "beat" => pack.beat(name).is_some_and(|beat| match part.strip_prefix("move ") {
            Some(part) => {
                let (id, rest) = part.split_once('/').unwrap_or((part, ""));
                beat.moves.iter().any(|m| m.id == id)
                    && matches!(rest, "" | "reply" | "refuse" | "ask" | "invite" | "not")
            }
            None => matches!(part, "" | "open" | "return") || RUNGS.contains(&part),
        }),
        _ => false,
    }
}

pub(super) fn comparisons(of: &Inspection, out: &mut Vec<Diagnostic>) {
    for written in of.pack.conditions() {
        for (name, value) in written.condition.comparisons() {
            let Some(value) = value else { continue };
            // What a derived name stands for is told where it is derived.
            let source = written.condition.source();
            if !source.contains(name) {
                continue;
            }
            let Some((why, help)) = never(of, name, &value) else { continue };
            let word = match &value {
                Value::Enum(word) => format!("'{word}'"),
                value => value.to_string(),
            };
            let at = within(written, &word).or_else(|| within(written, name));
            let at = at.unwrap_or_else(|| written.place.clone());
            let message = format!("'{name}' is never {word}");
            let mut found =
                Diagnostic::at(of.sources, Code::NeverEqual, &at, message).label(why).help(help);
            found.width = word.chars().count();
            if !out.iter().any(|other| other.code == found.code && other.place == found.place) {
                out.push(found);
            }
        }
    }
}

/// Where a part of a condition is written.
fn within(written: &WrittenCondition, part: &str) -> Option<Place> {
    let source = written.condition.source();
    let before = source.get(..source.find(part)?)?.chars().count();
    Some(Place { column: written.place.column + before, ..written.place.clone() })
}

/// Why a name can't have a value, and what to do.
fn never(of: &Inspection, name: &str, value: &Value) -> Option<(String, String)> {
    let pack = of.pack;
    let one_of = |names: Vec<&str>| format!("it is one of {}", names.join(", "));
    if let Some(kind) = pack.facts.get(name) {
        return match (kind, value) {
            // A name alone is compared with 0.
            (FactKind::Bool(_), Value::Number(0)) => None,
            (FactKind::Number { min, max, .. }, Value::Number(n)) => {
                let outside = *n != 0 && (n < min || n > max);
                outside.then(|| {
                    (
                        format!("it goes from {min} to {max}"),
                        "compare it with a number within its bounds".into(),
                    )
                })
            }
            (FactKind::Enum { values, .. }, value) if !kind.admits(value) => {
                let names: Vec<&str> = values.iter().map(String::as_str).collect();
                Some(("not one of its words".into(), one_of(names)))
            }
            (FactKind::Bool(_), value) if !kind.admits(value) => {
                Some(("it is true or false".into(), format!("write `{name}` or `not {name}`")))
            }
            (FactKind::Number { .. }, Value::Bool(_) | Value::Enum(_)) => {
                Some(("it is a number".into(), "compare it with a number".into()))
            }
            _ => None,
        };
    }
    match (name, value) {
        ("beat", Value::Enum(beat)) if pack.beat(beat).is_none() => {
            let names = pack.beats.iter().map(|b| b.id.as_str()).collect();
            Some(("there is no such beat".into(), one_of(names)))
        }
        ("scene", Value::Enum(scene)) if !scene.is_empty() && !pack.scenes.contains_key(scene) => {
            let names = pack.scenes.keys().map(String::as_str).collect();
            Some(("there is no such scene".into(), one_of(names)))
        }
        ("beat" | "scene", Value::Number(_) | Value::Bool(_)) => {
            Some(("it is a name".into(), "compare it with a name in quotes".into()))
        }
        (name, Value::Enum(_) | Value::Bool(_)) if counts(name) => {
            Some(("it is a number".into(), "compare it with a number".into()))
        }
        _ => None,
    }
}

fn counts(name: &str) -> bool {
    matches!(name, "turn" | "tension") || name.starts_with("seen.") || name.starts_with("made.")
}

pub(super) fn languages(of: &Inspection, out: &mut Vec<Diagnostic>) {
    for locale in &of.pack.locales {
        // One for each thing that is spoken of, such as a beat.
        let mut things: BTreeMap<&str, Vec<&crate::pack::Missing>> = BTreeMap::new();
        for missing in of.pack.missing(locale) {
            let owner = missing.section.split('/').next().unwrap_or_default();
            things.entry(owner).or_default().push(missing);
        }
        for (thing, missing) in things {
            let Some(first) = missing.first() else { continue };
            let parts: Vec<&str> = missing
                .iter()
                .map(|missing| missing.section.strip_prefix(thing).unwrap_or_default())
                .map(|part| part.strip_prefix('/').unwrap_or("what it is itself"))
                .collect();
            let message = match missing.as_slice() {
                [one] => format!("'{}' is not written in '{locale}'", one.section),
                all => format!("{} parts of '{thing}' are not written in '{locale}'", all.len()),
            };
            let mut found = Diagnostic::at(of.sources, Code::Untranslated, &first.place, message)
                .label("only here")
                .note(format!("a play in '{locale}' has it in the first language"))
                .help(format!("write it in the files of '{locale}', under the same heading"));
            if parts.len() > 1 {
                found = found.note(format!("what is missing: {}", parts.join(", ")));
            }
            out.push(found);
        }
    }
}

/// Facts, items, timers and relations that nothing reads or nothing changes.
pub(super) fn idle(of: &Inspection, out: &mut Vec<Diagnostic>) {
    let pack = of.pack;
    let conditions = pack.conditions().iter();
    let mut read: BTreeSet<&str> =
        conditions.flat_map(|written| written.condition.names()).collect();
    read.extend(of.explored.outlooks.read.iter().map(String::as_str));
    // Who has a personality feels by how it stands with others.
    let feels = |relation: &str| {
        let npc = relation.split_once('.').and_then(|(npc, _)| pack.cast.get(npc));
        npc.is_some_and(|npc| npc.personality.is_some())
    };
    read.extend(pack.facts().map(|(name, _)| name).filter(|name| feels(name)));
    // So do those who tell others what they know.
    let told = pack.gossip.ties.iter();
    let told = told.flat_map(|tie| tie.tells.iter().map(move |to| format!("{}.{to}", tie.who)));
    let told: BTreeSet<String> = told.collect();
    read.extend(told.iter().map(String::as_str));
    let folder = place_of_pack(of);
    for (name, at) in pack.places() {
        let facts: Vec<String> = match name.split_once(' ') {
            Some(("fact" | "relation", fact)) => vec![fact.to_owned()],
            Some(("item", item)) => vec![crate::fact::item(item)],
            Some(("timer", timer)) => crate::fact::timer(timer).to_vec(),
            _ => continue,
        };
        let is_read = facts.iter().any(|fact| {
            read.contains(fact.as_str())
                || of.sources.mentions(&folder, &format!("${}", fact.replace('.', "-")))
        });
        let is_written = facts.iter().any(|fact| of.explored.outlooks.written.contains(fact));
        let (message, label, help) = match (is_read, is_written) {
            (true, true) => continue,
            (false, _) => (
                format!("nothing reads the {name}"),
                "no condition and no text has it",
                "use it in a condition, or take it out with the effects that change it",
            ),
            (true, false) => (
                format!("nothing changes the {name}"),
                "it stays as it begins",
                "let an effect change it, or take it out of the conditions; what only your game changes is no mistake",
            ),
        };
        out.push(Diagnostic::at(of.sources, Code::IdleFact, at, message).label(label).help(help));
    }
}

/// The folder of the pack's first language's parent: where its files are.
fn place_of_pack(of: &Inspection) -> std::path::PathBuf {
    let at = place(of.pack, &format!("beat {}", of.pack.start));
    let any = of
        .pack
        .places()
        .map(|(_, place)| place.file.clone())
        .find(|file| file.ends_with("pack.ron"));
    let file = any.unwrap_or(at.file);
    let folder = file.parent().unwrap_or(std::path::Path::new(""));
    match folder.join("pack.ron").is_file() {
        true => folder.to_owned(),
        false => folder.parent().unwrap_or(folder).to_owned(),
    }
}

/// Documents of the library that could not be taken in.
pub(super) fn documents(of: &Inspection, out: &mut Vec<Diagnostic>) {
    for left_out in of.pack.left_out() {
        let place = Place { file: left_out.file().to_owned(), line: 1, column: 1 };
        let found = Diagnostic::at(of.sources, Code::LeftOut, &place, left_out.to_string());
        out.push(
            found.help(
                "the story plays without it; take it out of the folder, or save it otherwise",
            ),
        );
    }
}
