//! What a session tells those who perform it.

use dramaturg_llm::Message;
use dramaturg_mind::{ActionKind, Emotion, Pad};
use serde::{Deserialize, Serialize};

/// One thing to perform, in order.
#[derive(Clone, Debug)]
pub enum Cue {
    /// Once, first.
    Opened {
        /// Whether a save was continued.
        resumed: bool,
        /// What had been said; empty in a new play.
        history: Vec<HistoryLine>,
    },
    /// A line begins.
    LineBegan {
        /// Who speaks; none for narration.
        npc: Option<String>,
        /// The face.
        emotion: Emotion,
    },
    /// More of that line.
    Delta(String),
    /// The whole line as it is journaled: it replaces the deltas where it differs.
    LineEnded {
        /// The words.
        text: String,
    },
    /// A character did something of its own will.
    Acted {
        /// Who.
        npc: String,
        /// Which of its actions.
        action: String,
        /// What that is on the stage.
        kind: ActionKind,
    },
    /// A beat is over.
    BeatReached {
        /// Which.
        beat: String,
        /// By the player's move, not by the ladder's last rung.
        earned: bool,
    },
    /// The story is over.
    Ended {
        /// Which ending.
        ending: String,
    },
    /// The player may speak again.
    TurnEnded {
        /// Number of the turn.
        turn: u32,
        /// How it came about.
        report: Box<TurnReport>,
    },
    /// Something that a person should know: model lost, disk full.
    Notice(String),
}

/// A line of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryLine {
    /// A character's id, `player`, or none for narration.
    pub speaker: Option<String>,
    /// The words.
    pub text: String,
    /// The face.
    pub emotion: Emotion,
}

/// How a turn came about, for the inspector.
#[derive(Clone, Debug, Default)]
pub struct TurnReport {
    /// Readings that were considered, in thousandths.
    pub interpretation: Vec<(String, u16)>,
    /// The reading that was taken.
    pub chosen: String,
    /// What decided it.
    pub by: String,
    /// What the director asked of the speaker.
    pub directive: String,
    /// The exact prompt; empty when only authored lines were spoken.
    pub prompt: Vec<Message>,
    /// Estimated tokens of the prompt.
    pub prompt_tokens: usize,
    /// Milliseconds to the model's first word.
    pub first_token_ms: Option<u64>,
    /// Milliseconds of the whole turn.
    pub total_ms: u64,
    /// Facts after the turn.
    pub facts: Vec<(String, String)>,
    /// Moods after the turn, with the face of each.
    pub moods: Vec<(String, Pad, Emotion)>,
    /// Who is on the stage.
    pub present: Vec<String>,
    /// The beat that is open.
    pub beat: String,
}
