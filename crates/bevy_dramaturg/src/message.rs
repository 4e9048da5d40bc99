//! What goes in and what comes out.

use bevy_ecs::prelude::*;
use dramaturg_story::emotion::VoiceStyle;
use dramaturg_story::{ActionKind, Emotion, HistoryLine, TurnReport};
use std::path::PathBuf;
use std::sync::Arc;

/// The player says something. In.
#[derive(Message, Clone, Debug)]
pub struct PlayerSays {
    /// The entity with the [`Play`](crate::Play): a story, or a character that stands alone.
    pub play: Entity,
    /// Whatever was typed. Nothing is asked of it: empty, endless, broken or hostile text is fine.
    pub text: String,
}

impl PlayerSays {
    /// Something said in that play.
    pub fn to(play: Entity, text: impl Into<String>) -> Self {
        Self { play, text: text.into() }
    }
}

/// The player says something aside: one character hears it, and answers so that nobody else does. In.
#[derive(Message, Clone, Debug)]
pub struct PlayerWhispers {
    /// The play.
    pub play: Entity,
    /// To whom: a character's id. Who is not there hears nothing, and a [`Notice`] says so.
    pub to: String,
    /// Whatever was typed.
    pub text: String,
}

/// The player is typing, and nothing is said yet: the model evaluates ahead what stands. In; send it at each word.
#[derive(Message, Clone, Debug)]
pub struct PlayerTypes {
    /// The play in which it will be said.
    pub play: Entity,
    /// The line so far.
    pub text: String,
}

/// Copies a play to a file, beside the file that it writes at each turn. In.
#[derive(Message, Clone, Debug)]
pub struct SavePlay {
    /// The play.
    pub play: Entity,
    /// Where to. An older save there is replaced, any other file is left alone.
    pub path: PathBuf,
}

/// Goes on from a copy of a saved play. In.
#[derive(Message, Clone, Debug)]
pub struct LoadPlay {
    /// The play that shall hold it.
    pub play: Entity,
    /// The saved file; it stays as it is.
    pub path: PathBuf,
}

/// Goes to a turn, back or forward: what came after it is kept until the player says something new. In.
#[derive(Message, Clone, Debug)]
pub struct RollBackPlay {
    /// The play.
    pub play: Entity,
    /// The player's turn to go to; 0 is the opening.
    pub turn: u32,
}

/// Erases a person from a play and its file for good, and goes on from there; copies that were saved stay as they are. In.
#[derive(Message, Clone, Debug)]
pub struct ForgetPerson {
    /// The play.
    pub play: Entity,
    /// `player`, or a character's id.
    pub who: String,
}

/// A line begins, grows or ends. Out.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct NpcSpeaks {
    /// In which play.
    pub play: Entity,
    /// Who speaks; none for the narrator.
    pub npc: Option<Entity>,
    /// What of the line.
    pub speech: Speech,
}

impl NpcSpeaks {
    /// The whole line, when this is its end and there was one.
    pub fn line(&self) -> Option<&str> {
        match &self.speech {
            Speech::Ended { text } if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}

/// What of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Speech {
    /// It begins.
    Began {
        /// The face to it.
        emotion: Emotion,
        /// How the voice sounds; plain for a character without a personality.
        voice: VoiceStyle,
    },
    /// More words. They are checked already: nothing locked is in them.
    Delta(String),
    /// The whole line. It replaces what was shown of it where it differs.
    Ended {
        /// The words; empty when the line was taken back.
        text: String,
    },
}

/// A character does something of its own will. Out, and an event that can be observed on the character.
#[derive(Message, EntityEvent, Clone, Debug)]
pub struct NpcActs {
    /// Who.
    #[event_target]
    pub npc: Entity,
    /// In which play.
    pub play: Entity,
    /// Which of its actions.
    pub action: String,
    /// What that is on the stage.
    pub kind: ActionKind,
}

/// A beat of the story is over. Out.
#[derive(Message, Clone, Debug)]
pub struct BeatReached {
    /// In which play.
    pub play: Entity,
    /// Which.
    pub beat: String,
    /// By the player's move, not by the ladder's last rung.
    pub earned: bool,
}

/// The story has arrived. Out.
#[derive(Message, Clone, Debug)]
pub struct StoryEnded {
    /// Which play.
    pub play: Entity,
    /// Which ending.
    pub ending: String,
}

/// The player may speak again. Out.
#[derive(Message, Clone, Debug)]
pub struct TurnEnded {
    /// In which play.
    pub play: Entity,
    /// Number of the turn; 0 is the opening.
    pub turn: u32,
    /// How it came about.
    pub report: Arc<TurnReport>,
}

/// A play stands at some place of its story: begun, continued, loaded or rolled back. Out.
#[derive(Message, Clone, Debug)]
pub struct PlayOpened {
    /// Which play.
    pub play: Entity,
    /// Whether anything had happened in it.
    pub resumed: bool,
    /// What had been said.
    pub history: Vec<HistoryLine>,
    /// The language of the play.
    pub locale: String,
    /// The ending that was reached, in a play that is over.
    pub ended: Option<String>,
    /// The player's turn at which it stands; 0 is the opening.
    pub turn: u32,
    /// The last turn that is kept: later than `turn` where the play can be rolled forward.
    pub newest: u32,
}

/// A play was copied. Out.
#[derive(Message, Clone, Debug)]
pub struct PlaySaved {
    /// Which play.
    pub play: Entity,
    /// Where to.
    pub path: PathBuf,
}

/// Something that a person should know: a model was lost, a disk is full. The play goes on. Out.
#[derive(Message, Clone, Debug)]
pub struct Notice {
    /// In which play.
    pub play: Entity,
    /// A sentence for people.
    pub text: String,
}
