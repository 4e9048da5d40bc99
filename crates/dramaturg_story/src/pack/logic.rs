//! `pack.ron` and the files that it includes: facts, cast, beats and the rest, as they are written.

use super::part::FORMAT;
use crate::State;
use crate::condition::Condition;
use crate::fact::{Effect, FactKind};
use dramaturg_llm::AdapterId;
use dramaturg_mind::emotion::{Appraisal, Personality};
use dramaturg_mind::{Action, Goal, Pad};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// What one file says. Everything has a default; the first nine belong in `pack.ron` only.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Logic {
    pub(super) dramaturg: u32,
    pub(super) id: String,
    pub(super) version: u32,
    pub(super) start: String,
    pub(super) background: String,
    pub(super) locales: Vec<String>,
    /// Markdown files of each locale's folder.
    pub(super) files: Vec<String>,
    /// Lore files of each locale's folder.
    pub(super) lore: Vec<String>,
    /// Fluent files of each locale's folder.
    pub(super) fluent: Vec<String>,
    /// More files like this one.
    pub(super) include: Vec<String>,
    pub(super) clock: Option<String>,
    pub(super) minutes_per_turn: i32,
    /// From how likely a move is granted, in percent.
    pub(super) threshold: Percent,
    pub(super) facts: BTreeMap<String, FactKind>,
    pub(super) derived: BTreeMap<String, Condition>,
    pub(super) quests: BTreeMap<String, Quest>,
    pub(super) items: BTreeMap<String, Item>,
    pub(super) relations: BTreeMap<String, Relation>,
    pub(super) timers: Vec<String>,
    pub(super) scenes: BTreeMap<String, Scene>,
    pub(super) cast: BTreeMap<String, Character>,
    pub(super) secrets: BTreeMap<String, Secret>,
    pub(super) promises: BTreeMap<String, PromiseKind>,
    pub(super) beats: Vec<Beat>,
    pub(super) storylets: Vec<Beat>,
    pub(super) endings: Vec<Ending>,
}

impl Default for Logic {
    fn default() -> Self {
        Self {
            dramaturg: FORMAT,
            id: String::new(),
            version: 1,
            start: String::new(),
            background: String::new(),
            locales: Vec::new(),
            files: vec!["story.md".into()],
            lore: Vec::new(),
            fluent: Vec::new(),
            include: Vec::new(),
            clock: None,
            minutes_per_turn: 0,
            threshold: Percent::default(),
            facts: BTreeMap::new(),
            derived: BTreeMap::new(),
            quests: BTreeMap::new(),
            items: BTreeMap::new(),
            relations: BTreeMap::new(),
            timers: Vec::new(),
            scenes: BTreeMap::new(),
            cast: BTreeMap::new(),
            secrets: BTreeMap::new(),
            promises: BTreeMap::new(),
            beats: Vec::new(),
            storylets: Vec::new(),
            endings: Vec::new(),
        }
    }
}

impl Logic {
    /// All files of a language's folder, by what is in them.
    pub(super) fn words(&self) -> impl Iterator<Item = &String> {
        self.files.iter().chain(&self.lore).chain(&self.fluent)
    }
}

/// A probability between 1 and 99 percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
pub(super) struct Percent(u8);

impl Default for Percent {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<u8> for Percent {
    type Error = String;
    fn try_from(percent: u8) -> Result<Self, String> {
        (1..=99)
            .contains(&percent)
            .then_some(Self(percent))
            .ok_or_else(|| format!("a threshold of {percent} percent; it may be 1 to 99"))
    }
}

impl Percent {
    pub(super) fn share(self) -> f32 {
        f32::from(self.0) / 100.0
    }
}

/// A task as the player would see it: which of the three it is follows from the facts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quest {
    #[serde(default)]
    pub(super) open: Condition,
    pub(super) done: Condition,
    pub(super) failed: Option<Condition>,
}

/// Something that the player can have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Item {
    pub(super) initial: i32,
    pub(super) max: i32,
}

impl Default for Item {
    fn default() -> Self {
        Self { initial: 0, max: 99 }
    }
}

/// How one feels about another, as a number with names for its bands.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Relation {
    pub(super) initial: i32,
    pub(super) min: i32,
    pub(super) max: i32,
    /// The lowest number of each band.
    pub(super) bands: BTreeMap<String, i32>,
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

/// A character of the pack.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Character {
    /// On stage from the start.
    #[serde(default = "yes")]
    pub present: bool,
    /// Name of the portrait; the character's own name where it is empty.
    #[serde(default)]
    pub portrait: String,
    /// Where the mood comes to rest.
    #[serde(default)]
    pub temperament: Pad,
    /// The Big Five, of which the temperament follows: who has them has emotions of what happens.
    #[serde(default)]
    pub personality: Option<Personality>,
    /// Name of the adapter with which a local model speaks for it; the player's program knows the file.
    #[serde(default)]
    pub adapter: Option<AdapterId>,
    /// What it is, for actions that only some may do.
    #[serde(default)]
    pub roles: Vec<String>,
    #[serde(default)]
    pub(super) actions: Vec<Action<Condition, Effect>>,
    #[serde(default)]
    pub(super) goals: Vec<Goal<Condition>>,
}

fn yes() -> bool {
    true
}

impl Character {
    pub(super) fn on_stage(portrait: &str, temperament: Pad) -> Self {
        let (actions, goals) = (Vec::new(), Vec::new());
        let portrait = portrait.into();
        let roles = Vec::new();
        let (adapter, personality) = (None, None);
        Self { present: true, portrait, temperament, personality, adapter, roles, actions, goals }
    }
    /// What it can do of its own will.
    pub fn actions(&self) -> &[Action<Condition, Effect>] {
        &self.actions
    }
    /// What it may come to want.
    pub fn goals(&self) -> &[Goal<Condition>] {
        &self.goals
    }
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
}

impl Secret {
    /// Whether `npc` may speak of it now; whether anybody may, if none.
    pub fn is_open(&self, npc: Option<&str>, state: &State) -> bool {
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

/// One step of the story.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beat {
    /// Its name.
    pub id: String,
    /// Who leads it.
    #[serde(default)]
    pub speaker: String,
    /// When it can begin.
    #[serde(default)]
    pub when: Condition,
    /// Where it takes place; where the last one did, if none.
    #[serde(default)]
    pub scene: Option<String>,
    /// Beats that can follow, the first whose condition holds is taken.
    #[serde(default)]
    pub next: Vec<String>,
    /// Turns without progress before the steering begins.
    #[serde(default = "patience")]
    pub patience: u8,
    /// Never steered and never over: a conversation without a story.
    #[serde(skip)]
    pub(super) endless: bool,
    /// Begins by itself in a quiet turn, and the open beat goes on after it.
    #[serde(skip)]
    pub(super) storylet: bool,
    /// Among the storylets that may begin, the highest does.
    #[serde(default)]
    pub salience: i32,
    /// A storylet that may begin again after it was over.
    #[serde(default)]
    pub repeat: bool,
    /// Performed, and over at once: nothing is waited for.
    #[serde(default)]
    pub interlude: bool,
    /// What the player may do.
    #[serde(default)]
    pub moves: Vec<Move>,
    /// What happens when it begins.
    #[serde(default)]
    pub on_begin: Vec<Effect>,
    /// What happens when the ladder's last rung ends the beat.
    #[serde(default)]
    pub on_forced: Vec<Effect>,
}

fn patience() -> u8 {
    3
}

impl Beat {
    pub(super) fn named(id: &str, speaker: &str) -> Self {
        Self {
            id: id.into(),
            speaker: speaker.into(),
            when: Condition::always(),
            scene: None,
            next: Vec::new(),
            patience: patience(),
            endless: false,
            storylet: false,
            salience: 0,
            repeat: false,
            interlude: false,
            moves: Vec::new(),
            on_begin: Vec::new(),
            on_forced: Vec::new(),
        }
    }
    pub(super) fn endless(id: &str, speaker: &str) -> Self {
        Self { endless: true, ..Self::named(id, speaker) }
    }
    /// Whether the beat is steered to its end.
    pub fn is_steered(&self) -> bool {
        !self.endless
    }
    /// Whether it is over in the turn in which it begins: an interlude, or a storylet without moves.
    pub fn passes(&self) -> bool {
        self.interlude || (self.storylet && self.moves.is_empty())
    }
    /// Whether it begins by itself in a quiet turn, and the open beat goes on after it.
    pub fn is_storylet(&self) -> bool {
        self.storylet
    }
}

/// Something that the player may do by speaking.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Its name within the beat.
    pub id: String,
    /// What it does.
    #[serde(default)]
    pub effects: Vec<Effect>,
    /// Whether the beat is over then.
    #[serde(default)]
    pub done: bool,
    /// When it is open: at other times the player's words are not taken for it.
    #[serde(default)]
    pub only_when: Option<Condition>,
    /// When it succeeds: at other times it is answered with the lines of its `refuse`, and does nothing.
    #[serde(default)]
    pub requires: Condition,
    /// Who must be on the stage for it to succeed.
    #[serde(default)]
    pub present: Vec<String>,
    /// Open no more once it was made.
    #[serde(default)]
    pub once: bool,
    /// How many rungs of tension it takes away, the first time that it is made in a beat.
    #[serde(default)]
    pub relief: u32,
    /// What it means to characters that have a personality; of the others' it follows from the effects and the words.
    #[serde(default)]
    pub appraise: BTreeMap<String, Appraisal>,
}

impl Move {
    pub(super) fn named(id: &str) -> Self {
        Self {
            id: id.into(),
            effects: Vec::new(),
            done: true,
            only_when: None,
            requires: Condition::always(),
            present: Vec::new(),
            once: false,
            relief: 0,
            appraise: BTreeMap::new(),
        }
    }
}

/// An authored end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// Its name.
    pub id: String,
    /// When the story ends with it. Without a condition it is for where no beat follows.
    #[serde(default)]
    pub when: Option<Condition>,
    /// Of several that could be, the highest is; of equals, the first.
    #[serde(default)]
    pub priority: i16,
}

impl Default for Condition {
    fn default() -> Self {
        Self::always()
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let source = String::deserialize(deserializer)?;
        Self::parse(&source).map_err(|error| {
            let spot: String = source.chars().take(160).collect();
            serde::de::Error::custom(format!(
                "{} at character {} of the condition \"{spot}\"",
                error.message,
                error.offset + 1
            ))
        })
    }
}
