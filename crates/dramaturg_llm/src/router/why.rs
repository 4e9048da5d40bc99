//! Why a tier was asked, and how that ended, in words for people.

use super::budget::Scope;
use super::difficulty::Difficulty;
use crate::ModelError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a tier was asked, or none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// The rule that held; none: all tiers in their order.
    pub rule: Option<String>,
    /// How hard the request looked.
    pub difficulty: Difficulty,
    /// What turned the rule's order into this choice, as it happened.
    pub notes: Vec<Note>,
}

/// A step of a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Note {
    /// A soft limit is passed, so cheaper tiers come first.
    CheaperFirst(Scope),
    /// The rule's first tier is too slow for who waits.
    FasterFirst,
    /// A tier that stood before the chosen one was not asked.
    PassedOver {
        /// Which.
        tier: String,
        /// Why not.
        because: Because,
    },
    /// A tier was asked before the chosen one, and that was not the end.
    After {
        /// Which.
        tier: String,
        /// How it ended there.
        outcome: Outcome,
    },
}

/// Why a tier was not asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Because {
    /// No model was given for it.
    NotThere,
    /// Its model is still being opened.
    Opening,
    /// Its model can't be opened, for this reason.
    NotOpened(String),
    /// It can't do this.
    Unable(String),
    /// The request has too many tokens for it.
    TooLong,
    /// It failed several times in a row.
    Failing {
        /// For so long it is still left alone, in milliseconds.
        pause_ms: u64,
    },
    /// What it may cost would pass a hard limit.
    Budget(Scope),
}

/// How a request ended at a tier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// Its answer is the answer.
    Answered,
    /// Its answer was not sure enough.
    Unsure(Doubt),
    /// It gave none.
    Failed(ModelError),
    /// The caller wanted none any more.
    Cancelled,
    /// No tier could be asked.
    Refused,
}

/// What made an answer doubtful.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Doubt {
    /// The two best are so close, in nats for each token.
    Close(f32),
    /// It has no words.
    Empty,
    /// It has too few.
    Short,
    /// It says what the player said.
    Echo,
    /// It is not in the form that was asked for.
    Shapeless,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rule {
            Some(rule) => write!(f, "rule '{rule}'")?,
            None => f.write_str("no rule")?,
        }
        write!(f, ", difficulty {}", self.difficulty)?;
        self.notes.iter().try_for_each(|note| write!(f, "; {note}"))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CheaperFirst(scope) => {
                write!(f, "the {scope}'s soft limit is passed: cheaper tiers first")
            }
            Self::FasterFirst => f.write_str("somebody waits: faster tiers first"),
            Self::PassedOver { tier, because } => write!(f, "not {tier}: {because}"),
            Self::After { tier, outcome } => write!(f, "{tier} was asked: {outcome}"),
        }
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere => f.write_str("there is no model for it"),
            Self::Opening => f.write_str("its model is still being opened"),
            Self::NotOpened(why) => write!(f, "its model can't be opened ({why})"),
            Self::Unable(what) => write!(f, "it can't {what}"),
            Self::TooLong => f.write_str("the request is too long for it"),
            Self::Failing { pause_ms } => {
                write!(f, "it keeps failing and is tried again in {} s", pause_ms.div_ceil(1000))
            }
            Self::Budget(scope) => write!(f, "it may pass the {scope}'s hard limit"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered => f.write_str("answered"),
            Self::Unsure(doubt) => write!(f, "unsure, {doubt}"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::Refused => f.write_str("no tier could be asked"),
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Close(margin) => write!(f, "the two best are {margin:.3} apart"),
            Self::Empty => f.write_str("no words came"),
            Self::Short => f.write_str("too few words came"),
            Self::Echo => f.write_str("the player's words came back"),
            Self::Shapeless => f.write_str("it is not in the form that was asked for"),
        }
    }
}
