//! Facts: what is true in the story, and what an authored effect does to it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The value of a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A whole number within the bounds of its declaration.
    Number(i32),
    /// One of the declared words.
    Enum(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(b) => write!(f, "{b}"),
            Self::Number(n) => write!(f, "{n}"),
            Self::Enum(e) => f.write_str(e),
        }
    }
}

/// How a pack declares a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FactKind {
    /// `Bool(false)`
    Bool(bool),
    /// A number with its bounds; effects are clamped to them.
    Number {
        /// At the start.
        initial: i32,
        /// Lowest value.
        min: i32,
        /// Highest value.
        max: i32,
    },
    /// One of several words.
    Enum {
        /// At the start.
        initial: String,
        /// All of them.
        values: Vec<String>,
    },
}

impl FactKind {
    pub(crate) fn initial(&self) -> Value {
        match self {
            Self::Bool(b) => Value::Bool(*b),
            Self::Number { initial, .. } => Value::Number(*initial),
            Self::Enum { initial, .. } => Value::Enum(initial.clone()),
        }
    }
    /// Whether `value` is of this kind.
    pub(crate) fn admits(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Bool(_), Value::Bool(_)) => true,
            (Self::Number { min, max, .. }, Value::Number(n)) => (*min..=*max).contains(n),
            (Self::Enum { values, .. }, Value::Enum(e)) => values.contains(e),
            _ => false,
        }
    }
}

/// What a move, an action or a forced beat does to the story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Effect {
    /// Gives a fact a value.
    Set(String, Value),
    /// Adds to a number.
    Add(String, i32),
    /// Pushes a character's mood.
    Mood(String, dramaturg_mind::Pad),
}

/// The values of all facts.
pub type Facts = BTreeMap<String, Value>;

/// The fact that `effect` changes, with its new value; none for moods.
pub(crate) fn changed(
    effect: &Effect,
    kinds: &BTreeMap<String, FactKind>,
    facts: &Facts,
) -> Option<(String, Value)> {
    match effect {
        Effect::Set(fact, value) => Some((fact.clone(), value.clone())),
        Effect::Add(fact, by) => match (kinds.get(fact), facts.get(fact)) {
            (Some(FactKind::Number { min, max, .. }), Some(Value::Number(n))) => {
                Some((fact.clone(), Value::Number(n.saturating_add(*by).clamp(*min, *max))))
            }
            _ => None,
        },
        Effect::Mood(..) => None,
    }
}
