//! What characters know through one another: a fold over what was told.

use crate::fact::CLOCK;
use crate::pack::HEARD;
use crate::{Event, State, Value};
use dramaturg_mind::{Day, Remembered};
use std::collections::{BTreeMap, BTreeSet};

/// How something came to somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Through whom: who told it, then who told that one, and so on; `player` at the end says that it began with what the player
    /// said or did.
    pub through: Vec<String>,
    /// In which words; empty where they were erased.
    pub text: String,
    /// When, in minutes of story time; in turns where there is no clock.
    pub at: i32,
}

/// All that was told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Hearsay {
    /// By matter and who was told.
    told: BTreeMap<(String, String), Heard>,
    /// Since when somebody knows of a matter of the pack, by the fact's name.
    known: BTreeMap<String, i32>,
    /// When the player spoke, by turn from the first.
    spoke: Vec<i32>,
    /// Turns of which nothing is told on: the player spoke aside, or as one is not to speak.
    hushed: BTreeSet<u32>,
}

/// The name of what the player said in a turn, as something that is told.
pub(crate) fn saying(turn: u32) -> String {
    format!("said {turn}")
}

/// The turn of what the player said.
pub(crate) fn turn_of(matter: &str) -> Option<u32> {
    matter.strip_prefix("said ")?.parse().ok()
}

impl Hearsay {
    pub(crate) fn player_spoke(&mut self, turn: u32, at: i32, is_aside: bool) {
        self.spoke.push(at);
        if is_aside {
            self.hushed.insert(turn);
        }
    }
    /// Nobody tells on what was said in that turn: it was turned aside, as insults are, and orders to the narrator.
    pub(crate) fn hush(&mut self, turn: u32) {
        if !self.spoke.is_empty() {
            self.hushed.insert(turn);
        }
    }
    pub(crate) fn fact_set(&mut self, fact: &str, value: &Value, at: i32) {
        if fact.starts_with(HEARD) && *value == Value::Bool(true) {
            self.known.entry(fact.to_owned()).or_insert(at);
        }
    }
    pub(crate) fn told(&mut self, matter: &str, to: &str, heard: Heard) {
        self.told.entry((matter.to_owned(), to.to_owned())).or_insert(heard);
    }
    /// How a matter came to somebody who was told of it.
    pub(crate) fn heard(&self, matter: &str, npc: &str) -> Option<&Heard> {
        self.told.get(&(matter.to_owned(), npc.to_owned()))
    }
    /// All that somebody was told.
    pub(crate) fn of(&self, npc: &str) -> impl Iterator<Item = (&str, &Heard)> {
        let own = self.told.iter().filter(move |((_, to), _)| to == npc);
        own.map(|((matter, _), heard)| (matter.as_str(), heard))
    }
    /// Since when the fact holds.
    pub(crate) fn known_since(&self, fact: &str) -> Option<i32> {
        self.known.get(fact).copied()
    }
    /// When the player spoke in a turn; none where it is nobody else's business, or nothing to be repeated.
    pub(crate) fn said_aloud_at(&self, turn: u32) -> Option<i32> {
        let at = self.spoke.get(turn.checked_sub(1)? as usize)?;
        (!self.hushed.contains(&turn)).then_some(*at)
    }
}

impl State {
    /// What somebody is told is a memory with those through whom it came, of the time when it was told.
    pub(crate) fn told(&mut self, event: &Event) {
        let Event::Told { by, to, matter, text, through, at } = event else { return };
        let heard = Heard { through: through.clone(), text: text.clone(), at: *at };
        self.hearsay.told(matter, to, heard);
        let day = if self.facts.contains_key(CLOCK) { Day(at.div_euclid(24 * 60)) } else { Day(0) };
        // Where it was told out of the player's hearing, nobody knows.
        let place = if self.present.contains(to) { self.scene.clone() } else { String::new() };
        if let Some(memory) = self.memories.get_mut(to).filter(|_| !text.is_empty()) {
            let (turn, speaker, text) = (self.turn, by.clone(), text.clone());
            let through = through.clone();
            let line =
                Remembered { turn, speaker, text, day, place, through, ..Remembered::default() };
            memory.hear_say(line);
        }
    }

    /// How a matter of the pack's gossip came to somebody who was told of it; none for who knows of it otherwise, or not at all.
    pub fn heard_through(&self, matter: &str, npc: &str) -> Option<&Heard> {
        self.hearsay.heard(matter, npc)
    }

    /// Whether somebody hears what is said to the one whom the player speaks to.
    pub(crate) fn hears(&self, npc: &str) -> bool {
        self.present.contains(npc) && self.aside.as_deref().is_none_or(|one| one == npc)
    }
}
