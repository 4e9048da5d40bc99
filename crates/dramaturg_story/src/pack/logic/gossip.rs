//! What characters tell each other without the player: what it is, who tells whom, and how far it goes.

use crate::condition::Condition;
use serde::Deserialize;
use std::collections::BTreeMap;

/// All gossip of a pack. Where no tie is written, nobody tells anybody anything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gossip {
    /// What is told, under its name: its words stand under `# gossip NAME`.
    pub matters: BTreeMap<String, Matter>,
    /// Who tells whom.
    pub ties: Vec<Tie>,
    /// What of the player's own words is passed on; none where nothing is.
    pub sayings: Option<Sayings>,
}

/// Something that is worth telling.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    /// Moves, as `inn.show_ring`: whoever hears one of them being made knows of it.
    #[serde(default)]
    pub after: Vec<String>,
    /// Who knows of it besides, each from when a condition of its own holds.
    #[serde(default)]
    pub knows: BTreeMap<String, Condition>,
    /// Whom it is about: a character's id, or `player`. They are not told, nor is it told in their hearing.
    #[serde(default)]
    pub about: String,
    /// How much it is worth telling, from 0 to 10.
    #[serde(default = "middling")]
    pub importance: u8,
    /// How many times it is told on, counted from who knows of it first.
    #[serde(default = "hops")]
    pub hops: u8,
    /// When it is worth telling.
    #[serde(default)]
    pub when: Condition,
    /// The piece of knowledge that is told with it: it must be open for who tells it, and open for who is told by the telling.
    #[serde(default)]
    pub secret: Option<String>,
    /// Whether a condition of the pack reads who has heard of it.
    #[serde(skip)]
    pub(crate) is_read: bool,
}

fn middling() -> u8 {
    5
}

fn hops() -> u8 {
    3
}

/// Somebody tells others what they know.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tie {
    /// Who.
    pub who: String,
    /// Whom.
    pub tells: Vec<String>,
    /// When the two can meet.
    #[serde(default)]
    pub when: Condition,
    /// Minutes of story time from when one knows something to when it is told; turns of the player in a story without a clock.
    #[serde(default)]
    pub after: i32,
    /// Only when the story goes to another scene.
    #[serde(default)]
    pub between_scenes: bool,
    /// Told aside: nobody else hears it, though others stand by, the player too.
    #[serde(default)]
    pub aside: bool,
    /// What is worth less is not told: importance, and up to three more or less for how the one who tells stands with the other.
    #[serde(default = "middling")]
    pub least: u8,
}

/// How far the player's own words are passed on.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sayings {
    /// Lines that matter less to who heard them are not: from 0 to 10, as memories are weighed. A line that tells of the player, or
    /// moved somebody, has 5 or more.
    pub importance: u8,
    /// How many times they are told on.
    pub hops: u8,
}

impl Default for Sayings {
    fn default() -> Self {
        Self { importance: middling(), hops: 2 }
    }
}

/// The name in conditions of whether somebody knows of a matter: `heard.ring.ona`.
pub(crate) fn heard(matter: &str, npc: &str) -> String {
    format!("{HEARD}{matter}.{npc}")
}

/// What such names begin with.
pub(crate) const HEARD: &str = "heard.";

impl Gossip {
    pub(in crate::pack) fn add(&mut self, other: &Self) {
        self.matters
            .extend(other.matters.iter().map(|(name, matter)| (name.clone(), matter.clone())));
        self.ties.extend(other.ties.iter().cloned());
        self.sayings = self.sayings.or(other.sayings);
    }
}
