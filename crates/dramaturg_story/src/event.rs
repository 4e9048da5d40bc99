//! What is journaled: inputs (what the player typed, what a model answered) and what followed from them.

use crate::director::{ReadBy, Reading};
use crate::fact::Value;
use dramaturg_llm::{Answer, RequestHash};
use dramaturg_mind::{ActionKind, Emotion, Pad};
use serde::{Deserialize, Serialize};

/// One entry of a play's journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The curtain rose. Input.
    Opened {
        /// The pack.
        pack: String,
        /// Its version.
        version: u32,
        /// The language.
        locale: String,
        /// Seeds every draw.
        seed: u64,
    },
    /// The player spoke. Input.
    PlayerSaid {
        /// What, without control characters, 2,000 characters at the most.
        text: String,
        /// Whether a model was there to be asked.
        model: bool,
    },
    /// A model answered. Input.
    Answered {
        /// What it was asked.
        request: RequestHash,
        /// What it said.
        answer: Answer,
    },
    /// What the player's words were taken for.
    Read {
        /// As what.
        reading: Reading,
        /// Because of what.
        by: ReadBy,
    },
    /// A fact has a new value.
    FactSet(String, Value),
    /// A character's mood was pushed.
    MoodPushed(String, Pad),
    /// A beat begins.
    BeatBegan(String),
    /// A beat is over.
    BeatReached {
        /// Which.
        beat: String,
        /// By the player's move.
        earned: bool,
    },
    /// The steering went one rung up.
    Climbed(u32),
    /// A line was performed.
    Spoke {
        /// Who; none for narration.
        npc: Option<String>,
        /// The face.
        emotion: Emotion,
        /// The words.
        text: String,
        /// Whether a model wrote them.
        improvised: bool,
    },
    /// A character did something.
    Acted {
        /// Who.
        npc: String,
        /// Which action.
        action: String,
        /// What that is on the stage.
        kind: ActionKind,
    },
    /// The story is over.
    Ended(String),
}

impl dramaturg_journal::Entry for Event {
    const SCHEMA: &'static str = "dramaturg.play";
    const VERSION: u32 = 1;

    fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::PlayerSaid { .. } => "player_said",
            Self::Answered { .. } => "answered",
            Self::Read { .. } => "read",
            Self::FactSet(..) => "fact_set",
            Self::MoodPushed(..) => "mood_pushed",
            Self::BeatBegan(_) => "beat_began",
            Self::BeatReached { .. } => "beat_reached",
            Self::Climbed(_) => "climbed",
            Self::Spoke { .. } => "spoke",
            Self::Acted { .. } => "acted",
            Self::Ended(_) => "ended",
        }
    }
}
