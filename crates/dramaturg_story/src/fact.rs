//! Facts: what is true in the story, and what an authored effect does to it.

use crate::condition::clock_minutes;
pub use dramaturg_mind::{Facts, Value};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    pub fn admits(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Bool(_), Value::Bool(_)) => true,
            (Self::Number { min, max, .. }, Value::Number(n)) => (*min..=*max).contains(n),
            (Self::Enum { values, .. }, Value::Enum(e)) => values.contains(e),
            _ => false,
        }
    }
}

/// What a move, an action, a beat or a scene does to the story. Items, relationships, timers and the clock are facts
/// too, under names with a dot: `Add("marta.player", 10)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Effect {
    /// Gives a fact a value.
    Set(String, Value),
    /// Adds to a number.
    Add(String, i32),
    /// Pushes a character's mood.
    Mood(String, dramaturg_mind::Pad),
    /// The player has one more of an item.
    Give(String),
    /// The player has one less of an item.
    Take(String),
    /// A timer begins at nought, whether it ran or not.
    Start(String),
    /// A timer stops: no comparison with it holds any more, except that it is below nought.
    Stop(String),
    /// The clock is moved on to that time, such as `23:30`; never back.
    Clock(String),
    /// A sub-story begins with that beat, once all effects are done. When it is over, the story goes on where it was.
    Enter(String),
    /// One of several lists of effects, drawn from the bag of that name: each once before any comes again.
    Choose(String, Vec<Vec<Effect>>),
}

/// The name of the fact that holds the story's time, in minutes since midnight of the first day.
pub(crate) const CLOCK: &str = "clock";
/// The value of a timer that does not run.
pub(crate) const STOPPED: i32 = -1;

/// The fact that says how many of an item the player has.
pub(crate) fn item(name: &str) -> String {
    format!("has.{name}")
}
/// The two facts of a timer: player's turns, and minutes of story time, since it began.
pub(crate) fn timer(name: &str) -> [String; 2] {
    [format!("turns.{name}"), format!("minutes.{name}")]
}

/// The facts that `effect` changes, with their new values; none for what is no change of a fact.
pub(crate) fn changed(
    effect: &Effect,
    kinds: &BTreeMap<String, FactKind>,
    facts: &Facts,
) -> Vec<(String, Value)> {
    let number = |fact: &str, next: &dyn Fn(i32) -> i32| match (kinds.get(fact), facts.get(fact)) {
        (Some(FactKind::Number { min, max, .. }), Some(Value::Number(n))) => {
            vec![(fact.to_owned(), Value::Number(next(*n).min(*max).max(*min)))]
        }
        _ => Vec::new(),
    };
    let both = |name: &str, to: i32| {
        timer(name).iter().flat_map(|fact| number(fact, &|_| to)).collect::<Vec<_>>()
    };
    match effect {
        Effect::Set(fact, value) => vec![(fact.clone(), value.clone())],
        Effect::Add(fact, by) => number(fact, &|n| n.saturating_add(*by)),
        Effect::Give(name) => number(&item(name), &|n| n.saturating_add(1)),
        Effect::Take(name) => number(&item(name), &|n| n.saturating_sub(1)),
        Effect::Start(name) => both(name, 0),
        Effect::Stop(name) => both(name, STOPPED),
        Effect::Clock(to) => {
            let to = clock_minutes(to).unwrap_or_default();
            number(CLOCK, &|now| now.max(to))
        }
        Effect::Mood(..) | Effect::Enter(_) | Effect::Choose(..) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_with_a_number_is_a_fact_within_its_bounds() {
        let kind = |initial, max| FactKind::Number { initial, min: 0, max };
        let kinds = BTreeMap::from([
            ("has.key".to_owned(), kind(0, 1)),
            ("clock".to_owned(), kind(1320, i32::MAX)),
        ]);
        let mut facts: Facts = kinds.iter().map(|(n, k)| (n.clone(), k.initial())).collect();
        let mut after = |effect: Effect| {
            for (fact, value) in changed(&effect, &kinds, &facts) {
                facts.insert(fact, value);
            }
            (facts["has.key"].to_string(), facts["clock"].to_string())
        };
        assert_eq!(after(Effect::Give("key".into())).0, "1");
        assert_eq!(after(Effect::Give("key".into())).0, "1");
        assert_eq!(after(Effect::Take("key".into())).0, "0");
        assert_eq!(after(Effect::Take("key".into())).0, "0");
        assert_eq!(after(Effect::Clock("23:30".into())).1, "1410");
        assert_eq!(after(Effect::Clock("22:00".into())).1, "1410");
        assert_eq!(after(Effect::Add("clock".into(), i32::MAX)).1, i32::MAX.to_string());
    }
}
