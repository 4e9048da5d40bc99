//! What the world has: tasks, things, relationships, places, pieces of knowledge, promises.

use crate::State;
use crate::condition::Condition;
use crate::fact::Effect;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A task as the player would see it: which of the three it is follows from the facts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pack) struct Quest {
    #[serde(default)]
    pub(in crate::pack) open: Condition,
    pub(in crate::pack) done: Condition,
    pub(in crate::pack) failed: Option<Condition>,
}

/// Something that the player can have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::pack) struct Item {
    pub(in crate::pack) initial: i32,
    pub(in crate::pack) max: i32,
}

impl Default for Item {
    fn default() -> Self {
        Self { initial: 0, max: 99 }
    }
}

/// How one feels about another, as a number with names for its bands.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::pack) struct Relation {
    pub(in crate::pack) initial: i32,
    pub(in crate::pack) min: i32,
    pub(in crate::pack) max: i32,
    /// The lowest number of each band.
    pub(in crate::pack) bands: BTreeMap<String, i32>,
}

impl Default for Relation {
    fn default() -> Self {
        Self { initial: 0, min: -100, max: 100, bands: BTreeMap::new() }
    }
}

/// Where beats take place. A beat without a scene stays where the last one was.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scene {
    /// Name of the background; the pack's own where it is empty.
    pub background: String,
    /// Who is there; who is not, leaves. Everybody stays where none is named.
    pub present: Vec<String>,
    /// What happens when it begins.
    pub on_enter: Vec<Effect>,
}

/// A piece of knowledge: not told, and in nobody's prompt, before its time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Who knows it, and may speak of it once it is unlocked.
    #[serde(default)]
    pub holders: Vec<String>,
    /// When its holders may tell it.
    #[serde(default)]
    pub unlocked_when: Condition,
    /// When others know it, each by a condition of its own.
    #[serde(default)]
    pub knows: BTreeMap<String, Condition>,
    /// What in it players may switch off: then nobody speaks of it.
    #[serde(default)]
    pub content: Vec<String>,
}

impl Secret {
    /// Whether `npc` may speak of it now; whether anybody may, if none.
    pub fn is_open(&self, npc: Option<&str>, state: &State) -> bool {
        if self.content.iter().any(|note| state.avoids(note)) {
            return false;
        }
        // What names nobody who holds it from the start is told by those alone who come to know it.
        let held = !self.holders.is_empty() || self.knows.is_empty();
        let holds = npc.is_none_or(|npc| self.holders.iter().any(|holder| holder == npc));
        (held && holds && state.holds(&self.unlocked_when))
            || self
                .knows
                .iter()
                .any(|(who, when)| npc.is_none_or(|npc| npc == who) && state.holds(when))
    }
}

/// Something that may be promised in talk, and how it is known that it was kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromiseKind {
    /// Who may promise it: a character's id, or `player`.
    pub by: String,
    /// Words of which one is in the promise, in all languages.
    pub words: Vec<String>,
    /// What is so when it is kept; a character that promised it makes it its goal when the time has come.
    pub kept_when: Condition,
    /// What happens when it is kept.
    #[serde(default)]
    pub on_kept: Vec<Effect>,
    /// What happens when it is not.
    #[serde(default)]
    pub on_broken: Vec<Effect>,
}
