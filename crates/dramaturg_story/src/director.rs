//! The director: what the player's words mean for the story, and what may be said back.

mod acts;
mod answers;
mod avoid;
mod canon;
mod confirm;
mod denial;
mod examples;
mod guard;
mod interpret;
mod likened;
mod likeness;
mod meaning;
mod neighbours;
mod normal;
mod notions;
mod policy;
mod rules;
mod signals;
mod situation;
mod suggest;
mod tones;
mod weights;

pub(crate) use answers::answers;
pub(crate) use avoid::Avoided;
pub(crate) use confirm::quotable;
pub(crate) use examples::section;
pub(crate) use guard::{Guard, Rule, Secrets, Sense, Verdict, Watch};
pub use interpret::Interpretation;
pub(crate) use interpret::{hypotheses, interpret};
pub use likened::Likened;
pub use meaning::Ear;
pub(crate) use meaning::Hearing;
pub(crate) use neighbours::{Astray, astray};
pub(crate) use policy::{never_taken, waits};
pub(crate) use rules::{clean, contains_word, invisible};
pub use situation::Situation;
pub(crate) use suggest::suggest;

use serde::{Deserialize, Serialize};

/// What the player's words are taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reading {
    /// A move of the open beat.
    Move(String),
    /// Anything else that is said in the world.
    OffTopic,
    /// Words that touch what is still locked.
    Secret,
    /// Threats and insults.
    Hostile,
    /// Talk of prompts, systems and machines; stage directions in brackets; orders to the narrator.
    OutOfWorld,
    /// Nothing.
    Silence,
    /// The opposite of what was established, or the claim that something happened which did not.
    Contradiction,
    /// Things that this world does not have.
    Foreign,
    /// Obscene.
    Sexual,
    /// Somebody may be in need: answered with care, and with a way out of the play.
    SelfHarm,
    /// Bodies torn and cut.
    Gore,
    /// Slurs.
    Hate,
    /// The claim that somebody lives who is dead.
    Dead,
    /// The very words of a short while ago.
    Repetition,
    /// No words of any language.
    Gibberish,
}

impl Reading {
    /// The section of a character's prose that answers it, where the answer is authored.
    pub(crate) fn section(&self) -> &'static str {
        match self {
            Self::Move(_) | Self::OffTopic => "deflect",
            Self::Secret => "deflect_secret",
            Self::Hostile => "deflect_hostile",
            Self::OutOfWorld => "deflect_world",
            Self::Silence => "silence",
            Self::Contradiction => "deflect_contradiction",
            Self::Foreign => "deflect_foreign",
            Self::Sexual => "deflect_sexual",
            Self::SelfHarm => "deflect_self_harm",
            Self::Gore => "deflect_gore",
            Self::Hate => "deflect_hate",
            Self::Dead => "deflect_dead",
            Self::Repetition => "deflect_repetition",
            Self::Gibberish => "deflect_gibberish",
        }
    }
}

/// What decided the reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadBy {
    /// A rule about the form of the words.
    Rule,
    /// The very words of an example.
    Exact,
    /// The words of an example, nearly.
    Match,
    /// The model's scores.
    Model,
    /// A yes to the question whether it is meant, or words that came near it once more.
    Confirmed,
    /// Nothing fitted.
    Default,
}
