//! What a session tells those who perform it.

use dramaturg_llm::Message;
use dramaturg_mind::emotion::{Felt, VoiceStyle};
use dramaturg_mind::{ActionKind, Emotion, Pad, Plan, Remembered};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One thing to perform, in order.
#[derive(Clone, Debug)]
pub enum Cue {
    /// First, and again when the play is at another place in its story: loaded or rolled back.
    Opened {
        /// Whether a save was continued.
        resumed: bool,
        /// What had been said; empty in a new play.
        history: Vec<HistoryLine>,
        /// The beat that is open; empty in a new play.
        beat: String,
        /// The language of the play.
        locale: String,
        /// The ending that was reached, in a play that is over.
        ended: Option<String>,
        /// Name of the background of where it stands.
        background: String,
        /// All characters, with everything that they remember.
        minds: Vec<MindReport>,
        /// The player's turn at which the play stands; 0 is the opening.
        turn: u32,
        /// The last turn that is kept: later than `turn` where the play was rolled back and can be rolled forward.
        newest: u32,
        /// What the player might say now.
        suggestions: Vec<Suggestion>,
    },
    /// A line begins.
    LineBegan {
        /// Who speaks; none for narration.
        npc: Option<String>,
        /// The face.
        emotion: Emotion,
        /// How the voice sounds; plain for narration and for a character without a personality.
        voice: VoiceStyle,
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
    /// A character does something in the game's world: carry it out and tell the result with
    /// [`Stage::answer`](crate::Stage::answer). The play waits for it, though not for long.
    Call {
        /// Which call.
        number: u64,
        /// Who.
        npc: String,
        /// What, and with what arguments; they fit the action's schema.
        call: dramaturg_llm::ToolCall,
    },
    /// The story goes to another place.
    SceneBegan {
        /// Its name.
        scene: String,
        /// Name of its background.
        background: String,
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
    /// The play was copied to a file.
    Saved(PathBuf),
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
    /// The player's turn in which it was said; 0 is the opening.
    #[serde(default)]
    pub turn: u32,
}

/// Something that the player might say now, for those who are stuck or do not like to type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The move that it makes.
    pub makes: String,
    /// The words, in the language of the play.
    pub text: String,
}

/// What can be seen of a character's mind.
#[derive(Clone, Debug, PartialEq)]
pub struct MindReport {
    /// Whose.
    pub npc: String,
    /// How it feels.
    pub mood: Pad,
    /// The face that this mood has.
    pub face: Emotion,
    /// How it sounds.
    pub voice: VoiceStyle,
    /// The emotions that it feels, the strongest first; none without a personality.
    pub felt: Vec<Felt>,
    /// Whether it is on the stage.
    pub present: bool,
    /// What it heard and said since the last report.
    pub heard: Vec<Remembered>,
    /// What it is about to do of its own will.
    pub plan: Option<Plan>,
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
    /// What characters told each other without the player, in words.
    pub told: Vec<String>,
    /// The exact prompt; empty when only authored lines were spoken.
    pub prompt: Vec<Message>,
    /// Passages of the pack's library that are in it.
    pub passages: Vec<crate::Passage>,
    /// What characters had thought before it, while nobody waited.
    pub thoughts: Vec<String>,
    /// The model did not answer in time.
    pub timed_out: bool,
    /// What the model wrote, whatever became of it.
    pub improvised: String,
    /// Tokens of the prompt: counted by the model, or estimated where it does not tell.
    pub prompt_tokens: usize,
    /// How many of them the model had evaluated before, where it tells.
    pub cached_tokens: Option<usize>,
    /// Lines and prompts of this turn that hold what was locked at that moment. Always empty, or the engine is broken.
    pub leaks: Vec<String>,
    /// Milliseconds until the player's words were understood.
    pub interpreted_ms: u64,
    /// Milliseconds from the player's Enter to the first word that the model wrote.
    pub first_token_ms: Option<u64>,
    /// Milliseconds of the whole turn.
    pub total_ms: u64,
    /// Facts after the turn.
    pub facts: Vec<(String, String)>,
    /// The characters after the turn.
    pub minds: Vec<MindReport>,
    /// The beat that is open.
    pub beat: String,
    /// What the player might say next.
    pub suggestions: Vec<Suggestion>,
}
