//! The characters: what they are, can do and may come to want.

use crate::condition::Condition;
use crate::fact::Effect;
use dramaturg_llm::AdapterId;
use dramaturg_mind::emotion::Personality;
use dramaturg_mind::{Action, Goal, Pad};
use serde::Deserialize;

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
    /// What it is called besides its name, in whatever language: players may call it so.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it is, for actions that only some may do.
    #[serde(default)]
    pub roles: Vec<String>,
    #[serde(default)]
    pub(in crate::pack) actions: Vec<Action<Condition, Effect>>,
    #[serde(default)]
    pub(in crate::pack) goals: Vec<Goal<Condition>>,
}

fn yes() -> bool {
    true
}

impl Character {
    pub(in crate::pack) fn on_stage(portrait: &str, temperament: Pad) -> Self {
        let (actions, goals) = (Vec::new(), Vec::new());
        let portrait = portrait.into();
        let (aliases, roles) = (Vec::new(), Vec::new());
        let (adapter, personality) = (None, None);
        Self {
            present: true,
            portrait,
            temperament,
            personality,
            adapter,
            aliases,
            roles,
            actions,
            goals,
        }
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
