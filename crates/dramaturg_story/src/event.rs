//! What is journaled: inputs (what the player typed, what a model answered) and what followed from them.

use crate::director::{Likened, ReadBy, Reading};
use crate::fact::Value;
use dramaturg_llm::{Answer, RequestHash};
use dramaturg_mind::action::{Repertoire, Step};
use dramaturg_mind::emotion::Felt;
use dramaturg_mind::{ActionKind, Emotion, Pad, Promised, Reflection, Settled, Summary};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
        /// By which rules the play goes. Journals of the first ones have no number, and replay by them.
        #[serde(default, skip_serializing_if = "is_first")]
        rules: u16,
    },
    /// The player spoke. Input.
    PlayerSaid {
        /// What, without control characters, 2,000 characters at the most.
        text: String,
        /// Whether a model was there to be asked.
        model: bool,
    },
    /// How the player's line, and each of its sentences where it has several, is meant. Input.
    Likened(Vec<Likened>),
    /// What a character was reminded of by the player's words, where an ear took part in it. Input.
    Recalled {
        /// Who.
        npc: String,
        /// Numbers of the lines in its memory, the best first.
        lines: Vec<u32>,
    },
    /// Which passages of the pack's library came to a character's mind, where an ear took part in it. Input.
    Consulted {
        /// Who.
        npc: String,
        /// Numbers of the passages, the best first.
        passages: Vec<u32>,
    },
    /// What a character made of a long stretch while nobody waited. Input.
    SummedUp {
        /// Who.
        npc: String,
        /// Which lines of its memory, and in which words.
        summary: Summary,
    },
    /// What a character thought about what happened while nobody waited. Input.
    Reflected {
        /// Who.
        npc: String,
        /// What, and on which lines of its memory it stands.
        reflection: Reflection,
    },
    /// Whether the sentences and clauses of what a model wrote mean something that is locked, in the order in which they were
    /// weighed; where an ear took part in it. Input.
    Sensed(Vec<bool>),
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
    /// A character that has a personality appraised what happened, and feels something.
    Appraised {
        /// Who feels.
        npc: String,
        /// About whom: a character's id, `player`, or nobody.
        about: String,
        /// Because of what: `move give_key`, `line insult`, `reading Hostile`, `goal home`, `promise key`.
        because: String,
        /// What, as strong as that character feels it.
        felt: Vec<Felt>,
    },
    /// A beat begins.
    BeatBegan(String),
    /// A beat is over.
    BeatReached {
        /// Which.
        beat: String,
        /// By the player's move.
        earned: bool,
    },
    /// The open beat's tension: it rises with turns without progress and chooses the rung.
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
    /// What characters can do in the game's world from now on. Input.
    Equipped(Repertoire),
    /// What the player does not want to meet from now on: content notes of the pack. Input.
    Avoids(BTreeSet<String>),
    /// A character did one of those, or tried to; what the game answered is input.
    Called {
        /// Who.
        npc: String,
        /// The call and what came of it.
        step: Step,
    },
    /// Somebody promised something.
    Promised {
        /// A character's id, or `player`.
        by: String,
        /// To whom.
        to: String,
        /// Which of the pack's promises it is; none where the pack knows of none.
        promise: Option<String>,
        /// What, in which words, and when.
        promised: Promised,
    },
    /// A promise is kept, or its time is over.
    PromiseSettled {
        /// Its number, by the order in which promises were made, from 0.
        number: usize,
        /// How it ended.
        how: Settled,
    },
    /// A move was attempted too early, and did nothing.
    Refused(String),
    /// The speaker asked whether the player means this move.
    AskedBack(String),
    /// The speaker steered by holding out this move in words that a yes answers.
    Invited(String),
    /// One of several was drawn from a bag.
    Drawn {
        /// The bag's name.
        bag: String,
        /// Which, from 0.
        pick: u32,
        /// Of how many.
        of: u32,
    },
    /// Another scene.
    SceneBegan(String),
    /// A sub-story or storylet begins next; the open beat waits for its end.
    Entered {
        /// Whether the beat that waits is over: then the story goes on with what follows it.
        over: bool,
    },
    /// A sub-story or storylet is over, and the beat that waited is open again.
    Returned,
    /// The story is over.
    Ended(String),
}

/// The rules by which a new play goes: from 1 on the director asks back where a line comes near a move, and characters remember
/// with an index, days, and facts about the player; from [`CAREFUL`] on the play waits for somebody in need.
pub(crate) const RULES: u16 = CAREFUL;
/// From these rules on slurs are turned aside, a line that sounds like need is answered and nothing else happens, and the dead
/// of a pack's canon stay dead.
pub(crate) const CAREFUL: u16 = 2;

fn is_first(rules: &u16) -> bool {
    *rules == 0
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
            Self::Appraised { .. } => "appraised",
            Self::BeatBegan(_) => "beat_began",
            Self::BeatReached { .. } => "beat_reached",
            Self::Climbed(_) => "climbed",
            Self::Spoke { .. } => "spoke",
            Self::Acted { .. } => "acted",
            Self::Equipped(_) => "equipped",
            Self::Avoids(_) => "avoids",
            Self::Called { .. } => "called",
            Self::Promised { .. } => "promised",
            Self::PromiseSettled { .. } => "promise_settled",
            Self::Refused(_) => "refused",
            Self::AskedBack(_) => "asked_back",
            Self::Invited(_) => "invited",
            Self::Likened(_) => "likened",
            Self::Recalled { .. } => "recalled",
            Self::Consulted { .. } => "consulted",
            Self::SummedUp { .. } => "summed_up",
            Self::Reflected { .. } => "reflected",
            Self::Sensed(_) => "sensed",
            Self::Drawn { .. } => "drawn",
            Self::SceneBegan(_) => "scene_began",
            Self::Entered { .. } => "entered",
            Self::Returned => "returned",
            Self::Ended(_) => "ended",
        }
    }
}
