//! `pack.ron` and the files that it includes: facts, cast, beats and the rest, as they are written.

mod beat;
mod cast;
mod company;
mod gossip;
mod world;

pub use beat::{Beat, Ending, Move};
pub use cast::Character;
pub use company::Company;
pub use gossip::{Gossip, Matter, Sayings, Tie};
pub(crate) use gossip::{HEARD, heard};
pub(super) use world::{Item, Quest, Relation};
pub use world::{PromiseKind, Scene, Secret};

use super::content::Policy;
use super::part::FORMAT;
use crate::condition::Condition;
use crate::fact::FactKind;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What one file says. Everything has a default; the first sixteen belong in `pack.ron` only.
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
    /// Documents, relative to the pack's folder: for a game's asset server, which can't list folders.
    pub(super) library: Vec<String>,
    /// More files like this one.
    pub(super) include: Vec<String>,
    pub(super) clock: Option<String>,
    pub(super) minutes_per_turn: i32,
    /// From how likely a move is granted, in percent.
    pub(super) threshold: Percent,
    /// What is done about talk of some kinds.
    pub(super) policy: Policy,
    /// How several share the talk; none where a beat's speaker answers everything.
    pub(super) company: Option<Company>,
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
    pub(super) gossip: Gossip,
    pub(super) beats: Vec<Beat>,
    pub(super) storylets: Vec<Beat>,
    pub(super) endings: Vec<Ending>,
    /// What players may switch off.
    pub(super) content: Vec<String>,
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
            library: Vec::new(),
            include: Vec::new(),
            clock: None,
            minutes_per_turn: 0,
            threshold: Percent::default(),
            policy: Policy::default(),
            company: None,
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
            gossip: Gossip::default(),
            beats: Vec::new(),
            storylets: Vec::new(),
            endings: Vec::new(),
            content: Vec::new(),
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
