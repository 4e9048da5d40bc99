//! Everything that the logic mentions must exist, and exist once.

use super::Pack;
use super::logic::Beat;
use super::lore::Lore;
use super::names::nearest;
use super::part::Part;
use super::tree::{Place, Spot};
use crate::PackError;
use crate::condition::clock_minutes;
use crate::fact::{CLOCK, Effect, FactKind, item, timer};
use std::collections::BTreeMap;
use std::path::Path;

/// The word in `next` for the end of a sub-story. A sub-story also ends where no beat follows.
pub(crate) const RETURN: &str = "return";

/// The place of each thing that has a name, as the prose calls it: `beat coat`, `beat coat/move ask`, `fact trust`.
///
/// # Errors
/// When two things have one name.
pub(super) fn places(parts: &[Part]) -> Result<BTreeMap<String, Place>, PackError> {
    let mut places: BTreeMap<String, Place> = BTreeMap::new();
    for part in parts {
        let root = part.root();
        let mut add = |name: String, at: usize| match places.get(&name) {
            None => {
                places.insert(name, part.written.place(at));
                Ok(())
            }
            Some(first) => Err(part.written.error(
                at,
                format!("there are two of '{name}'"),
                format!("the first one is in {}:{}", first.file.display(), first.line),
            )),
        };
        let maps = [
            ("facts", "fact"),
            ("derived", "derived"),
            ("quests", "quest"),
            ("items", "item"),
            ("relations", "relation"),
            ("scenes", "scene"),
            ("cast", "cast"),
            ("secrets", "secret"),
            ("promises", "promise"),
        ];
        for (field, kind) in maps {
            for (at, name) in root.get(field).names() {
                add(format!("{kind} {name}"), at)?;
            }
        }
        for (at, name) in root.get("gossip").get("matters").names() {
            add(format!("gossip {name}"), at)?;
        }
        for (index, name) in part.logic.timers.iter().enumerate() {
            add(format!("timer {name}"), root.get("timers").nth(index).at())?;
        }
        for (list, beats) in [("beats", &part.logic.beats), ("storylets", &part.logic.storylets)] {
            for (index, beat) in beats.iter().enumerate() {
                let spot = root.get(list).nth(index);
                add(format!("beat {}", beat.id), spot.get("id").at())?;
                for (index, a_move) in beat.moves.iter().enumerate() {
                    let name = format!("beat {}/move {}", beat.id, a_move.id);
                    add(name, spot.get("moves").nth(index).get("id").at())?;
                }
            }
        }
        for (index, note) in part.logic.content.iter().enumerate() {
            add(format!("content {note}"), root.get("content").nth(index).at())?;
        }
        for (index, ending) in part.logic.endings.iter().enumerate() {
            add(format!("ending {}", ending.id), root.get("endings").nth(index).get("id").at())?;
        }
        for (npc, character) in &part.logic.cast {
            let spot = root.get("cast").get(npc);
            for (index, action) in character.actions().iter().enumerate() {
                let at = spot.get("actions").nth(index).get("id").at();
                add(format!("cast {npc}/action {}", action.id), at)?;
            }
        }
    }
    Ok(places)
}

/// Checks one file against the whole pack.
pub(super) fn references(pack: &Pack, part: &Part) -> Result<(), PackError> {
    let check = Check { pack, part };
    let (logic, root) = (&part.logic, part.root());
    if !logic.start.is_empty() {
        check.beat(&logic.start, root.get("start"), false)?;
    }
    for (list, beats) in [("beats", &logic.beats), ("storylets", &logic.storylets)] {
        for (index, beat) in beats.iter().enumerate() {
            check.whole_beat(beat, root.get(list).nth(index), list)?;
        }
    }
    for (name, secret) in &logic.secrets {
        let spot = root.get("secrets").get(name);
        secret.holders.iter().try_for_each(|npc| check.npc(npc, spot.get("holders")))?;
        check.content(&secret.content, spot.get("content"))?;
        for (at, npc) in spot.get("knows").names() {
            check.npc_at(npc, at)?;
        }
    }
    for (name, promise) in &logic.promises {
        let spot = root.get("promises").get(name);
        if promise.by != "player" {
            check.npc(&promise.by, spot.get("by"))?;
        }
        check.effects(&promise.on_kept, spot.get("on_kept"))?;
        check.effects(&promise.on_broken, spot.get("on_broken"))?;
    }
    for (name, scene) in &logic.scenes {
        let spot = root.get("scenes").get(name);
        scene.present.iter().try_for_each(|npc| check.npc(npc, spot.get("present")))?;
        check.effects(&scene.on_enter, spot.get("on_enter"))?;
    }
    for (npc, character) in &logic.cast {
        let spot = root.get("cast").get(npc).get("actions");
        for (index, action) in character.actions().iter().enumerate() {
            check.effects(&action.effects, spot.nth(index).get("effects"))?;
        }
    }
    Ok(())
}

struct Check<'p> {
    pack: &'p Pack,
    part: &'p Part,
}

impl Check<'_> {
    fn fail(&self, at: usize, message: String, help: String) -> Result<(), PackError> {
        Err(self.part.written.error(at, message, help))
    }

    fn whole_beat(&self, beat: &Beat, spot: Spot, list: &str) -> Result<(), PackError> {
        if !beat.speaker.is_empty() {
            self.npc(&beat.speaker, spot.get("speaker"))?;
        } else if self.pack.cast.is_empty() {
            let message = format!("nobody speaks in the beat '{}'", beat.id);
            return self.fail(spot.get("id").at(), message, "name its `speaker`".into());
        }
        if list == "beats" && (beat.salience != 0 || beat.repeat) {
            let message = "only a storylet has `salience` and `repeat`".into();
            return self.fail(spot.get("id").at(), message, "move it to `storylets`".into());
        }
        if beat.interlude && (list != "beats" || !beat.moves.is_empty()) {
            let message = format!("'{}' can't be an interlude", beat.id);
            let help =
                "an interlude is a beat without moves; a storylet without moves is one anyway";
            return self.fail(spot.get("id").at(), message, help.into());
        }
        if let Some(scene) = &beat.scene
            && !self.pack.scenes.contains_key(scene)
        {
            let help = nearest(scene, self.pack.scenes.keys().map(String::as_str));
            let at = spot.get("scene").is_in_some().at();
            return self.fail(at, format!("there is no scene '{scene}'"), help);
        }
        beat.next.iter().try_for_each(|id| self.beat(id, spot.get("next"), true))?;
        self.content(&beat.content, spot.get("content"))?;
        self.effects(&beat.on_begin, spot.get("on_begin"))?;
        self.effects(&beat.on_forced, spot.get("on_forced"))?;
        for (index, a_move) in beat.moves.iter().enumerate() {
            let spot = spot.get("moves").nth(index);
            self.effects(&a_move.effects, spot.get("effects"))?;
            a_move.present.iter().try_for_each(|npc| self.npc(npc, spot.get("present")))?;
        }
        Ok(())
    }

    fn beat(&self, id: &str, spot: Spot, or_return: bool) -> Result<(), PackError> {
        if self.pack.beat(id).is_some() || (or_return && id == RETURN) {
            return Ok(());
        }
        let help = nearest(id, self.pack.beats.iter().map(|beat| beat.id.as_str()));
        self.fail(spot.text_at(id), format!("there is no beat '{id}'"), help)
    }
    fn content(&self, notes: &[String], spot: Spot) -> Result<(), PackError> {
        let known = |note: &&String| self.pack.content.contains(note);
        let Some(note) = notes.iter().find(|note| !known(note)) else { return Ok(()) };
        let help = nearest(note, self.pack.content.iter().map(String::as_str));
        self.fail(spot.text_at(note), format!("there is no content note '{note}'"), help)
    }
    fn npc(&self, id: &str, spot: Spot) -> Result<(), PackError> {
        self.npc_at(id, spot.text_at(id))
    }
    fn npc_at(&self, id: &str, at: usize) -> Result<(), PackError> {
        if self.pack.cast.contains_key(id) {
            return Ok(());
        }
        self.fail(at, format!("there is no character '{id}'"), nearest(id, self.pack.cast()))
    }

    fn effects(&self, effects: &[Effect], spot: Spot) -> Result<(), PackError> {
        for (index, effect) in effects.iter().enumerate() {
            self.effect(effect, spot.nth(index))?;
        }
        Ok(())
    }

    fn effect(&self, effect: &Effect, spot: Spot) -> Result<(), PackError> {
        let facts = &self.pack.facts;
        let declared = |name: &str, fact: &str, what: &str, prefix: &str| {
            if facts.contains_key(fact) {
                return Ok(());
            }
            let names = facts.keys().filter_map(|fact| fact.strip_prefix(prefix));
            let message = format!("there is no {what} '{name}'");
            self.fail(spot.text_at(name), message, nearest(name, names))
        };
        match effect {
            Effect::Mood(npc, _) => self.npc(npc, spot),
            Effect::Set(fact, _) | Effect::Add(fact, _) => {
                declared(fact, fact, "fact", "")?;
                let at = spot.text_at(fact);
                match (facts.get(fact), effect) {
                    (Some(kind), Effect::Set(_, value)) if !kind.admits(value) => {
                        let message = format!("'{fact}' can't be {value}");
                        self.fail(at, message, "see how the fact is declared".into())
                    }
                    (Some(FactKind::Bool(_) | FactKind::Enum { .. }), Effect::Add(..)) => {
                        self.fail(at, format!("'{fact}' is not a number"), "use Set".into())
                    }
                    _ => Ok(()),
                }
            }
            Effect::Give(name) | Effect::Take(name) => declared(name, &item(name), "item", "has."),
            Effect::Start(name) | Effect::Stop(name) => {
                declared(name, &timer(name)[0], "timer", "turns.")
            }
            Effect::Clock(time) if clock_minutes(time).is_none() => {
                let message = format!("'{time}' is no time");
                self.fail(spot.text_at(time), message, "write it as 23:30".into())
            }
            Effect::Clock(time) if !facts.contains_key(CLOCK) => {
                let help = "give the pack a `clock: \"22:00\"`".into();
                self.fail(spot.text_at(time), "the pack has no clock".into(), help)
            }
            Effect::Clock(_) => Ok(()),
            Effect::Enter(beat) => self.beat(beat, spot, false),
            Effect::Choose(bag, ways) => {
                if ways.is_empty() {
                    let help = "give it lists of effects to choose from".into();
                    return self.fail(spot.text_at(bag), "there is nothing to choose".into(), help);
                }
                let spots = spot.nth(1);
                let mut each = ways.iter().enumerate();
                each.try_for_each(|(index, way)| self.effects(way, spots.nth(index)))
            }
        }
    }
}

/// Characters and content notes that front matter names.
///
/// # Errors
/// The first that is not there.
pub(super) fn lore(pack: &Pack, lore: &Lore, file: &Path, source: &str) -> Result<(), PackError> {
    if let Some(npc) = lore.knows.iter().find(|npc| !pack.cast.contains_key(*npc)) {
        let help = nearest(npc, pack.cast());
        let message = format!("there is no character '{npc}'");
        return Err(PackError::at(file, source, 1, 1, message, help));
    }
    if let Some(note) = lore.content.iter().find(|note| !pack.content.contains(note)) {
        let help = nearest(note, pack.content.iter().map(String::as_str));
        let message = format!("there is no content note '{note}'");
        return Err(PackError::at(file, source, 1, 1, message, help));
    }
    Ok(())
}
