//! Everything that has a name and a value in a pack, and what the names in its conditions stand for.

use super::Pack;
use super::logic::{Logic, heard};
use super::part::Part;
use super::tree::{Place, Spot, Written};
use crate::PackError;
use crate::condition::{Condition, Meaning, NameError, clock_minutes};
use crate::fact::{CLOCK, FactKind, STOPPED, item, timer};
use std::collections::{BTreeMap, BTreeSet};

/// A condition where it is written.
#[derive(Clone, Debug)]
pub struct WrittenCondition {
    /// What it belongs to: `beat coat`, `beat coat/move ask`, `ending keep`, `secret jun`, `cast marta/goal warn`,
    /// `derived safe`, `quest letter`, `lore fog`, `beat coat/open`.
    pub owner: String,
    /// Which of its conditions: `when`, `only_when`, `requires`, `unlocked_when`, `desire` and so on.
    pub role: String,
    /// What it says, its names resolved.
    pub condition: Condition,
    /// Where.
    pub place: Place,
}

/// The names that a pack declares.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) facts: BTreeMap<String, FactKind>,
    bands: BTreeMap<String, Vec<(i32, String)>>,
    derived: BTreeMap<String, Condition>,
    /// Names whose values follow from what happened: presence, beats begun, moves made.
    known: BTreeSet<String>,
}

impl Meaning for Names {
    fn derived(&self, name: &str) -> Option<&Condition> {
        self.derived.get(name)
    }
    fn bands(&self, name: &str) -> Option<&[(i32, String)]> {
        self.bands.get(name).map(Vec::as_slice)
    }
    fn is_value(&self, name: &str) -> bool {
        self.facts.contains_key(name) || self.known.contains(name)
    }
}

/// How a quest's three conditions are named.
pub(super) fn quest(name: &str, state: &str) -> String {
    format!("quest.{name}.{state}")
}

impl Names {
    /// The names of a whole pack, but for derived ones.
    pub(super) fn of(pack: &Pack, parts: &[Part]) -> Result<Self, PackError> {
        let mut names = Self::default();
        names.known.extend(["beat", "scene", "turn", "tension"].map(String::from));
        names.known.extend(pack.content.iter().map(|note| format!("avoid.{note}")));
        for npc in pack.cast() {
            names.known.insert(format!("here.{npc}"));
        }
        for beat in &pack.beats {
            names.known.insert(format!("seen.{}", beat.id));
            names.known.extend(beat.moves.iter().map(|m| format!("made.{}.{}", beat.id, m.id)));
        }
        for part in parts {
            names.declare(part)?;
        }
        for matter in pack.gossip.matters.keys() {
            let heard = pack.cast().map(|npc| (heard(matter, npc), FactKind::Bool(false)));
            names.facts.extend(heard);
        }
        Ok(names)
    }

    fn declare(&mut self, part: &Part) -> Result<(), PackError> {
        let (logic, root) = (&part.logic, part.root());
        for (name, kind) in &logic.facts {
            self.facts.insert(name.clone(), kind.clone());
            let at = root.get("facts").name_at(name);
            if !kind.admits(&kind.initial()) {
                let message = format!("'{name}' can't begin as {}", kind.initial());
                return Err(part.written.error(
                    at,
                    message,
                    "choose one of the values that it may have",
                ));
            }
            if name.contains('.') || (name == CLOCK && logic.clock.is_some()) {
                return Err(part.written.error(
                    at,
                    format!("a fact can't be called '{name}'"),
                    "names with a dot, and `clock` where the pack has one, have a meaning of their own",
                ));
            }
        }
        let number = |initial, min, max| FactKind::Number { initial, min, max };
        let within = |section: &str, name: &str, kind: &FactKind| {
            let at = root.get(section).name_at(name);
            let message = format!("'{name}' begins out of its bounds");
            kind.admits(&kind.initial())
                .then_some(())
                .ok_or_else(|| part.written.error(at, message, "`initial` is from `min` to `max`"))
        };
        for (name, stuff) in &logic.items {
            let kind = number(stuff.initial, 0, stuff.max);
            within("items", name, &kind)?;
            self.facts.insert(item(name), kind);
        }
        for (name, relation) in &logic.relations {
            let kind = number(relation.initial, relation.min, relation.max);
            within("relations", name, &kind)?;
            if !name.contains('.') {
                return Err(part.written.error(
                    root.get("relations").name_at(name),
                    format!("'{name}' names nobody on the other side"),
                    "write it as \"marta.player\": how Marta feels about the player",
                ));
            }
            self.facts.insert(name.clone(), kind);
            let mut bands: Vec<_> = relation.bands.iter().map(|(b, n)| (*n, b.clone())).collect();
            bands.sort();
            self.bands.insert(name.clone(), bands);
        }
        for name in &logic.timers {
            for fact in timer(name) {
                self.facts.insert(fact, number(STOPPED, STOPPED, i32::MAX));
            }
        }
        if let Some(clock) = &logic.clock {
            let minutes = clock_minutes(clock).ok_or_else(|| {
                let at = root.get("clock").is_in_some().at();
                part.written.error(at, format!("'{clock}' is no time"), "write it as 23:30")
            })?;
            self.facts.insert(CLOCK.into(), number(minutes, 0, i32::MAX));
        }
        Ok(())
    }

    /// Resolves what is derived; one may be made of others, but not of itself.
    pub(super) fn derive(&mut self, parts: &[Part]) -> Result<Vec<WrittenCondition>, PackError> {
        let mut waiting: Vec<(usize, String, usize, Condition)> = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let derived = part.logic.derived.iter();
            let at = |name: &str| part.root().get("derived").get(name).at();
            waiting.extend(derived.map(|(name, c)| (index, name.clone(), at(name), c.clone())));
            for (name, written) in &part.logic.quests {
                let spot = part.root().get("quests").get(name);
                let states = [
                    ("open", Some(&written.open)),
                    ("done", Some(&written.done)),
                    ("failed", written.failed.as_ref()),
                ];
                for (state, condition) in states {
                    let at = spot.get(state).is_in_some().at();
                    let condition = condition.cloned().unwrap_or(Condition::always().negated());
                    waiting.push((index, quest(name, state), at, condition));
                }
            }
        }
        let all: BTreeSet<String> = waiting.iter().map(|w| w.1.clone()).collect();
        let mut resolved = Vec::new();
        while !waiting.is_empty() {
            let open: BTreeSet<&String> = waiting.iter().map(|w| &w.1).collect();
            let ready = waiting
                .iter()
                .position(|w| !w.3.names().iter().any(|name| open.contains(&(*name).to_owned())));
            let Some(ready) = ready else {
                let (index, name, at, _) = &waiting[0];
                let circle: Vec<_> = waiting.iter().map(|w| w.1.as_str()).collect();
                return Err(parts[*index].written.error(
                    *at,
                    format!("'{name}' is derived from itself"),
                    format!("break the circle between {}", circle.join(", ")),
                ));
            };
            let (index, name, at, mut condition) = waiting.swap_remove(ready);
            self.resolve(&mut condition, &parts[index].written, at, &all)?;
            resolved.push(WrittenCondition {
                owner: if name.starts_with("quest.") {
                    name.clone()
                } else {
                    format!("derived {name}")
                },
                role: "is".into(),
                condition: condition.clone(),
                place: parts[index].written.place(at),
            });
            self.derived.insert(name, condition);
        }
        Ok(resolved)
    }

    /// Replaces what is derived in a condition that begins at that byte of the file. `also` are names that may be meant
    /// besides those that are known by now.
    pub(super) fn resolve(
        &self,
        condition: &mut Condition,
        written: &Written,
        at: usize,
        also: &BTreeSet<String>,
    ) -> Result<(), PackError> {
        let source = condition.source().to_owned();
        condition.resolve(self).map_err(|error| {
            let (near, message, help) = self.explain(error, also);
            let offset = near.and_then(|near| source.find(&near)).unwrap_or(0);
            written.error(at + offset, message, help)
        })
    }

    /// The offending words, what is wrong, and what to do.
    pub(super) fn explain(
        &self,
        error: NameError,
        also: &BTreeSet<String>,
    ) -> (Option<String>, String, String) {
        match error {
            NameError::Unknown(name) => {
                let all =
                    self.facts.keys().chain(&self.known).chain(self.derived.keys()).chain(also);
                let help = nearest(&name, all.map(String::as_str));
                let message = match name.split_once('.') {
                    Some(_) => format!("nothing is called '{name}'"),
                    None => format!("there is no fact '{name}'"),
                };
                (Some(name), message, help)
            }
            NameError::Compared(name) => {
                let message = format!("'{name}' is derived: it is true or false");
                (Some(name.clone()), message, format!("write '{name}' or 'not {name}' alone"))
            }
            NameError::NoBand { name, band } => {
                let bands = self.bands.get(&name).map(Vec::as_slice).unwrap_or_default();
                let help = nearest(&band, bands.iter().map(|b| b.1.as_str()));
                (Some(band.clone()), format!("'{name}' has no band '{band}'"), help)
            }
            NameError::TooLong => {
                let message = "the condition is too long with all that it is derived from".into();
                (None, message, "give some of it a fact of its own".into())
            }
        }
    }

    /// The band that a relationship is in.
    pub(super) fn band(&self, name: &str, value: i32) -> Option<&str> {
        let bands = self.bands.get(name)?;
        let below = bands.iter().rev().find(|band| band.0 <= value);
        below.or(bands.first()).map(|band| band.1.as_str())
    }
    /// A derived fact's condition.
    pub(super) fn condition(&self, name: &str) -> Option<&Condition> {
        self.derived.get(name)
    }
    /// The quests' names.
    pub(super) fn quests(&self) -> impl Iterator<Item = &str> {
        self.derived.keys().filter_map(|n| n.strip_prefix("quest.")?.strip_suffix(".done"))
    }
}

/// A condition with its place in the part that it is written in.
pub(super) struct Slot<'p> {
    pub(super) owner: String,
    pub(super) role: &'static str,
    pub(super) at: usize,
    pub(super) condition: &'p mut Condition,
}

/// All conditions of a part but derived ones.
pub(super) fn slots<'p>(logic: &'p mut Logic, root: Spot) -> Vec<Slot<'p>> {
    let mut slots = Vec::new();
    let mut slot = |owner: &str, role: &'static str, spot: Spot, condition| {
        let at = spot.is_in_some().at();
        // A condition that is not written holds always.
        if at > 0 {
            slots.push(Slot { owner: owner.into(), role, at, condition });
        }
    };
    for (list, beats) in [("beats", &mut logic.beats), ("storylets", &mut logic.storylets)] {
        for (index, beat) in beats.iter_mut().enumerate() {
            let spot = root.get(list).nth(index);
            let owner = format!("beat {}", beat.id);
            slot(&owner, "when", spot.get("when"), &mut beat.when);
            for (index, a_move) in beat.moves.iter_mut().enumerate() {
                let spot = spot.get("moves").nth(index);
                let owner = format!("{owner}/move {}", a_move.id);
                if let Some(only_when) = &mut a_move.only_when {
                    slot(&owner, "only_when", spot.get("only_when"), only_when);
                }
                slot(&owner, "requires", spot.get("requires"), &mut a_move.requires);
            }
        }
    }
    for (name, secret) in &mut logic.secrets {
        let spot = root.get("secrets").get(name);
        let owner = format!("secret {name}");
        slot(&owner, "unlocked_when", spot.get("unlocked_when"), &mut secret.unlocked_when);
        for (npc, condition) in &mut secret.knows {
            let at = spot.get("knows").get(npc);
            slot(&format!("{owner}/{npc}"), "knows", at, condition);
        }
    }
    for (name, promise) in &mut logic.promises {
        let spot = root.get("promises").get(name);
        let owner = format!("promise {name}");
        slot(&owner, "kept_when", spot.get("kept_when"), &mut promise.kept_when);
    }
    let gossip = root.get("gossip");
    for (name, matter) in &mut logic.gossip.matters {
        let spot = gossip.get("matters").get(name);
        let owner = format!("gossip {name}");
        slot(&owner, "when", spot.get("when"), &mut matter.when);
        for (npc, condition) in &mut matter.knows {
            slot(&format!("{owner}/{npc}"), "knows", spot.get("knows").get(npc), condition);
        }
    }
    for (index, tie) in logic.gossip.ties.iter_mut().enumerate() {
        let owner = format!("gossip of {}", tie.who);
        slot(&owner, "when", gossip.get("ties").nth(index).get("when"), &mut tie.when);
    }
    for (npc, character) in &mut logic.cast {
        let spot = root.get("cast").get(npc);
        for (index, action) in character.actions.iter_mut().enumerate() {
            let owner = format!("cast {npc}/action {}", action.id);
            let at = spot.get("actions").nth(index).get("when");
            slot(&owner, "when", at, &mut action.when);
        }
        for (index, goal) in character.goals.iter_mut().enumerate() {
            let spot = spot.get("goals").nth(index);
            let owner = format!("cast {npc}/goal {}", goal.id);
            slot(&owner, "when", spot.get("when"), &mut goal.when);
            slot(&owner, "desire", spot.get("desire"), &mut goal.desire);
        }
    }
    for (index, ending) in logic.endings.iter_mut().enumerate() {
        let owner = format!("ending {}", ending.id);
        if let Some(when) = &mut ending.when {
            slot(&owner, "when", root.get("endings").nth(index).get("when"), when);
        }
    }
    slots
}

/// The name that is most like a wrong one.
pub(super) fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> String {
    let shared = |name: &str| {
        let set: Vec<char> = name.chars().collect();
        wrong.chars().filter(|c| set.contains(c)).count() * 10
            / (name.len().max(wrong.len()).max(1))
    };
    names
        .max_by_key(|name| shared(name))
        .map_or("declare it first".into(), |name| format!("did you mean '{name}'?"))
}
