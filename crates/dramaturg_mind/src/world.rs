//! The small world in which characters act: facts with values, what is asked of them, what is done to them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The value of a fact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

impl Value {
    /// As a number: true is 1, a word is none.
    fn number(&self) -> Option<i32> {
        match self {
            Self::Bool(is) => Some(i32::from(*is)),
            Self::Number(n) => Some(*n),
            Self::Enum(_) => None,
        }
    }
    /// What a fact is that nobody has set, by the kind of what it is compared with.
    fn unset(like: &Self) -> Self {
        match like {
            Self::Bool(_) => Self::Bool(false),
            Self::Number(_) => Self::Number(0),
            Self::Enum(_) => Self::Enum(String::new()),
        }
    }
}

/// The values of all facts.
pub type Facts = BTreeMap<String, Value>;

/// How a fact is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Is,
    IsNot,
    AtLeast,
    AtMost,
    Above,
    Below,
}

/// What is asked of a fact. A fact that nobody has set is false, 0 and the empty word; `Bool(true)` and a number other
/// than 0 are the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Requirement<V = Value> {
    /// Its name.
    pub fact: String,
    /// How it is compared.
    pub is: Comparison,
    /// With what.
    pub value: V,
}

impl Requirement {
    /// `fact` is `value`.
    pub fn is(fact: impl Into<String>, value: Value) -> Self {
        Self { fact: fact.into(), is: Comparison::Is, value }
    }
    /// Whether it is so.
    pub fn holds(&self, value_of: impl Fn(&str) -> Option<Value>) -> bool {
        let now = value_of(&self.fact).unwrap_or_else(|| Value::unset(&self.value));
        let same = match (&now, &self.value) {
            (Value::Number(n), Value::Bool(is)) => (*n != 0) == *is,
            (a, b) => a == b || (a.number().is_some() && a.number() == b.number()),
        };
        let order = now.number().zip(self.value.number()).map(|(a, b)| a.cmp(&b));
        match self.is {
            Comparison::Is => same,
            Comparison::IsNot => !same,
            Comparison::AtLeast => order.is_some_and(|order| order.is_ge()),
            Comparison::AtMost => order.is_some_and(|order| order.is_le()),
            Comparison::Above => order.is_some_and(|order| order.is_gt()),
            Comparison::Below => order.is_some_and(|order| order.is_lt()),
        }
    }
}

impl<V: fmt::Display> fmt::Display for Requirement<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is = match self.is {
            Comparison::Is => "is",
            Comparison::IsNot => "is not",
            Comparison::AtLeast => ">=",
            Comparison::AtMost => "<=",
            Comparison::Above => ">",
            Comparison::Below => "<",
        };
        write!(f, "{} {is} {}", self.fact, self.value)
    }
}

/// What is done to a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Manner {
    /// It gets the value.
    Set,
    /// The value is added to it.
    Add,
    /// The value is taken from it.
    Take,
}

/// A fact that becomes another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Change<V = Value> {
    /// Its name.
    pub fact: String,
    /// How.
    pub how: Manner,
    /// By what.
    pub value: V,
}

impl Change {
    /// What the fact is afterwards. Numbers stop at the bounds of 32 bits; adding to a word leaves it.
    pub fn of(&self, now: Option<&Value>) -> Value {
        let by = self.value.number();
        let from = now.map_or(Some(0), Value::number);
        match (self.how, from, by) {
            (Manner::Set, ..) => self.value.clone(),
            (Manner::Add, Some(from), Some(by)) => Value::Number(from.saturating_add(by)),
            (Manner::Take, Some(from), Some(by)) => Value::Number(from.saturating_sub(by)),
            _ => now.cloned().unwrap_or_else(|| Value::unset(&self.value)),
        }
    }
    /// Does it.
    pub fn apply(&self, facts: &mut Facts) {
        let after = self.of(facts.get(&self.fact));
        facts.insert(self.fact.clone(), after);
    }
}

/// A value that is written in an action, or that a field of the call holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Term {
    /// A value; `{field}` in a word stands for what that field holds.
    Value(Value),
    /// What that field holds.
    Field(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_set_is_false_nought_and_no_word() {
        let facts = Facts::from([("gold".into(), Value::Number(3))]);
        let holds = |fact: &str, is, value| {
            Requirement { fact: fact.into(), is, value }.holds(|name| facts.get(name).cloned())
        };
        assert!(holds("gold", Comparison::AtLeast, Value::Number(3)));
        assert!(holds("gold", Comparison::Is, Value::Bool(true)));
        assert!(!holds("gold", Comparison::Above, Value::Number(3)));
        assert!(holds("silver", Comparison::Is, Value::Bool(false)));
        assert!(holds("silver", Comparison::Below, Value::Number(1)));
        assert!(holds("door", Comparison::IsNot, Value::Enum("open".into())));
        assert!(!holds("gold", Comparison::AtMost, Value::Enum("open".into())));
    }

    #[test]
    fn a_sum_stays_within_its_bounds_and_a_word_is_no_number() {
        let add = |value| Change { fact: "x".into(), how: Manner::Add, value };
        assert_eq!(
            add(Value::Number(1)).of(Some(&Value::Number(i32::MAX))),
            Value::Number(i32::MAX)
        );
        let word = Value::Enum("open".into());
        assert_eq!(add(Value::Number(1)).of(Some(&word)), word);
        assert_eq!(add(Value::Number(2)).of(None), Value::Number(2));
    }
}
