//! The steps of a story: beats and storylets, the player's moves in them, endings.

use crate::State;
use crate::condition::Condition;
use crate::fact::Effect;
use dramaturg_mind::emotion::Appraisal;
use serde::Deserialize;
use std::collections::BTreeMap;

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
    pub(in crate::pack) endless: bool,
    /// Begins by itself in a quiet turn, and the open beat goes on after it.
    #[serde(skip)]
    pub(in crate::pack) storylet: bool,
    /// Among the storylets that may begin, the highest does.
    #[serde(default)]
    pub salience: i32,
    /// A storylet that may begin again after it was over.
    #[serde(default)]
    pub repeat: bool,
    /// Performed, and over at once: nothing is waited for.
    #[serde(default)]
    pub interlude: bool,
    /// What in it players may switch off.
    #[serde(default)]
    pub content: Vec<String>,
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
    /// The moves that the player's words may be taken for now, in the author's order.
    pub fn open_moves<'b>(&'b self, state: &'b State) -> impl Iterator<Item = &'b Move> {
        self.moves.iter().filter(|a_move| a_move.is_open(state))
    }
    pub(in crate::pack) fn named(id: &str, speaker: &str) -> Self {
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
            content: Vec::new(),
            moves: Vec::new(),
            on_begin: Vec::new(),
            on_forced: Vec::new(),
        }
    }
    pub(in crate::pack) fn endless(id: &str, speaker: &str) -> Self {
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
    /// Whether the player's words may be taken for it now.
    pub fn is_open(&self, state: &State) -> bool {
        self.only_when.as_ref().is_none_or(|when| state.holds(when))
    }
    pub(in crate::pack) fn named(id: &str) -> Self {
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
