//! The director: what the player's words mean for the story, and what may be said back.

mod guard;
mod interpret;
mod likeness;
mod rules;

pub(crate) use guard::{Guard, Verdict};
pub(crate) use interpret::{hypotheses, interpret};
pub(crate) use rules::{clean, contains_word};

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
    /// Talk of prompts, systems and machines; stage directions in brackets.
    OutOfWorld,
    /// Nothing.
    Silence,
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
    /// Nothing fitted.
    Default,
}
