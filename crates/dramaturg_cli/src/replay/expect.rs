//! What is expected of a replay: a small text beside a journal, `NAME.expect` beside `NAME.journal`. docs/testing.md tells
//! its grammar; each line is one expectation.

mod found;
mod words;

pub use found::Told;

use dramaturg_story::{Emotion, FactKind, Pack, Value};
use std::cmp::Ordering;
use std::fmt;
use words::{Word, words};

/// One line of such a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// In the file, from 1.
    pub line: usize,
    /// As it is written.
    pub written: String,
    /// Only in that turn, or at its end; in the whole play otherwise.
    turn: Option<u32>,
    /// The opposite is expected.
    not: bool,
    what: What,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Reached { beat: String, way: Option<Way> },
    Ending(Option<String>),
    Fact { fact: String, how: Comparison, value: Value },
    Says { npc: Option<String>, text: String },
    Move(String),
    Emotion { npc: String, emotion: Emotion },
    Action { npc: String, action: String },
    Count { of: Count, how: Comparison, number: u32 },
}

/// How a beat came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By the player's move.
    Earned,
    /// By the ladder's last rung.
    Forced,
    /// By itself, as it is meant to.
    Passed,
}

impl Way {
    const ALL: [Self; 3] = [Self::Earned, Self::Forced, Self::Passed];

    fn name(self) -> &'static str {
        match self {
            Self::Earned => "earned",
            Self::Forced => "forced",
            Self::Passed => "passed",
        }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    /// Answers of a model.
    Calls,
    /// Lines that a model wrote.
    Improvised,
    /// Beats that the ladder's last rung ended.
    Forced,
    /// Lines of the player.
    Turns,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Is,
    IsNot,
    Below,
    AtMost,
    Above,
    AtLeast,
}

impl Comparison {
    const ALL: [(&'static str, Self); 6] = [
        ("==", Self::Is),
        ("!=", Self::IsNot),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("<", Self::Below),
        (">", Self::Above),
    ];

    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Is => order.is_eq(),
            Self::IsNot => order.is_ne(),
            Self::Below => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Above => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// A line that is no expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// In the file, from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// All expectations of a text, about a play of `pack`.
///
/// # Errors
/// Every line that is none: names that the story does not have are among them, as an expectation about a beat that is
/// misspelt would hold or fail for ever.
pub fn read(text: &str, pack: &Pack) -> Result<Vec<Expectation>, Vec<Mistake>> {
    let (mut all, mut mistakes) = (Vec::new(), Vec::new());
    // A byte order mark is what some editors begin a file with.
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let read = words(line).and_then(|words| expectation(&words, pack));
        match read {
            Ok(None) => {}
            Ok(Some((turn, not, what))) => {
                let written = line.trim().to_owned();
                all.push(Expectation { line: number, written, turn, not, what });
            }
            Err(message) => mistakes.push(Mistake { line: number, message }),
        }
    }
    if mistakes.is_empty() { Ok(all) } else { Err(mistakes) }
}

const VERBS: &str =
    "reached, ending, fact, says, move, emotion, action, calls, improvised, forced or turns";

type Read = Option<(Option<u32>, bool, What)>;

/// A line as an expectation; none where it is empty.
fn expectation(words: &[Word], pack: &Pack) -> Result<Read, String> {
    let (turn, words) = match words {
        [Word::Plain(first), Word::Plain(number), rest @ ..] if first == "turn" => {
            let number = number.parse().map_err(|_| format!("'{number}' is no turn's number"))?;
            (Some(number), rest)
        }
        _ => (None, words),
    };
    let [first, rest @ ..] = words else {
        return match turn {
            Some(_) => Err(format!("what is expected of that turn? One of {VERBS}")),
            None => Ok(None),
        };
    };
    let verb = first.plain().ok_or_else(|| format!("a line begins with {VERBS}"))?;
    let (not, rest) = match rest {
        [Word::Plain(not), rest @ ..] if not == "not" => (true, rest),
        rest => (false, rest),
    };
    let what = match verb {
        "reached" => reached(rest, pack),
        "ending" => ending(rest, turn, pack),
        "fact" => fact(rest, pack),
        "says" => says(rest, pack),
        "move" => a_move(rest, pack),
        "emotion" => emotion(rest, pack),
        "action" => action(rest, pack),
        "calls" => count(Count::Calls, rest, turn),
        "improvised" => count(Count::Improvised, rest, turn),
        "forced" => count(Count::Forced, rest, turn),
        "turns" => count(Count::Turns, rest, turn),
        other => Err(format!("'{other}' is nothing that can be expected; there are {VERBS}")),
    }?;
    match what {
        What::Fact { .. } | What::Count { .. } if not => {
            Err(format!("'{verb} not' is written with another comparison: != < > <= >="))
        }
        what => Ok(Some((turn, not, what))),
    }
}

fn reached(words: &[Word], pack: &Pack) -> Result<What, String> {
    let (beat, way) = match words {
        [Word::Plain(beat)] => (beat, None),
        [Word::Plain(beat), Word::Plain(way)] => {
            (beat, Way::ALL.into_iter().find(|known| known.name() == way))
        }
        _ => return Err(HOW_REACHED.into()),
    };
    if words.len() == 2 && way.is_none() {
        return Err(HOW_REACHED.into());
    }
    let beats = pack.beats().iter().map(|beat| beat.id.as_str());
    Ok(What::Reached { beat: known("beat", beat, beats)?, way })
}

const HOW_REACHED: &str = "write: reached BEAT, or reached BEAT earned, forced or passed";

fn ending(words: &[Word], turn: Option<u32>, pack: &Pack) -> Result<What, String> {
    if turn.is_some() {
        return Err("a play has one ending: leave the turn out".into());
    }
    match words {
        [Word::Plain(none)] if none == "none" => Ok(What::Ending(None)),
        [Word::Plain(id)] => {
            let endings = pack.endings().iter().map(|ending| ending.id.as_str());
            Ok(What::Ending(Some(known("ending", id, endings)?)))
        }
        _ => Err("write: ending ID or ending none".into()),
    }
}

fn fact(words: &[Word], pack: &Pack) -> Result<What, String> {
    let [Word::Plain(fact), Word::Compare(how), Word::Plain(value)] = words else {
        return Err("write: fact NAME == VALUE, or another of != < <= > >=".into());
    };
    let fact = known("fact", fact, pack.facts().map(|(name, _)| name))?;
    let kind = pack.facts().find(|(name, _)| *name == fact).map(|(_, kind)| kind);
    let written = match value.as_str() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        word => word.parse().map_or_else(|_| Value::Enum(word.to_owned()), Value::Number),
    };
    let fits = match (kind, &written) {
        // A bound that is never met is worth expecting, too.
        (Some(FactKind::Number { .. }), Value::Number(_)) => true,
        (Some(kind), value) => kind.admits(value),
        (None, _) => false,
    };
    if !fits {
        let kind = match kind {
            Some(FactKind::Bool(_)) => "true or false".to_owned(),
            Some(FactKind::Number { min, max, .. }) => format!("a number from {min} to {max}"),
            Some(FactKind::Enum { values, .. }) => format!("one of {}", values.join(", ")),
            None => "nothing".to_owned(),
        };
        return Err(format!("'{fact}' is never '{value}': it is {kind}"));
    }
    let ordered = matches!(written, Value::Number(_));
    if !ordered && !matches!(how, Comparison::Is | Comparison::IsNot) {
        return Err(format!("'{fact}' has no order: write == or !="));
    }
    Ok(What::Fact { fact, how: *how, value: written })
}

fn says(words: &[Word], pack: &Pack) -> Result<What, String> {
    let (npc, text) = match words {
        [Word::Quoted(text)] => (None, text),
        [Word::Plain(npc), Word::Quoted(text)] => {
            (Some(known("character", npc, pack.cast())?), text)
        }
        _ => return Err("write: says \"WORDS\" or says CHARACTER \"WORDS\"".into()),
    };
    if text.trim().is_empty() {
        return Err("there is nothing between the quotation marks".into());
    }
    Ok(What::Says { npc, text: text.trim().to_lowercase() })
}

fn a_move(words: &[Word], pack: &Pack) -> Result<What, String> {
    let [Word::Plain(id)] = words else { return Err("write: move ID".into()) };
    let moves = pack.beats().iter().flat_map(|beat| &beat.moves).map(|a_move| a_move.id.as_str());
    Ok(What::Move(known("move", id, moves)?))
}

fn emotion(words: &[Word], pack: &Pack) -> Result<What, String> {
    let [Word::Plain(npc), Word::Plain(label)] = words else {
        return Err("write: emotion CHARACTER LABEL".into());
    };
    let npc = known("character", npc, pack.cast())?;
    let label = known("emotion", label, Emotion::ALL.iter().map(|emotion| emotion.label()))?;
    let emotion = Emotion::from_label(&label).unwrap_or_default();
    Ok(What::Emotion { npc, emotion })
}

/// Actions are not looked up: those that the game gives its characters are in no pack.
fn action(words: &[Word], pack: &Pack) -> Result<What, String> {
    let [Word::Plain(npc), Word::Plain(action)] = words else {
        return Err("write: action CHARACTER ID".into());
    };
    Ok(What::Action { npc: known("character", npc, pack.cast())?, action: action.clone() })
}

fn count(of: Count, words: &[Word], turn: Option<u32>) -> Result<What, String> {
    if of == Count::Turns && turn.is_some() {
        return Err("turns are counted in the whole play: leave the turn out".into());
    }
    let number = match words {
        [Word::Compare(how), Word::Plain(number)] => number.parse().ok().map(|n| (*how, n)),
        _ => None,
    };
    let (how, number) = number.ok_or("write a comparison and a number: calls <= 10")?;
    Ok(What::Count { of, how, number })
}

/// So many names are told where one is wrong.
const TOLD: usize = 12;

/// The name, if the story has it.
fn known<'a>(
    kind: &str,
    name: &str,
    names: impl Iterator<Item = &'a str>,
) -> Result<String, String> {
    let mut all: Vec<&str> = names.collect();
    if all.contains(&name) {
        return Ok(name.to_owned());
    }
    all.sort_unstable();
    all.dedup();
    let nearest = all.iter().map(|known| (edits(name, known), *known)).min();
    let near = match nearest {
        // Another word altogether is no slip of the pen.
        Some((edits, known)) if edits * 3 <= name.chars().count() => {
            format!("; did you mean '{known}'?")
        }
        _ => String::new(),
    };
    let more = if all.len() > TOLD { ", …" } else { "" };
    all.truncate(TOLD);
    let told = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
    if near.is_empty() {
        return Err(format!("the story has no {kind} '{name}'; there are {told}{more}"));
    }
    Err(format!("the story has no {kind} '{name}'{near} There are {told}{more}"))
}

/// Letters to change, to add or to take away, to make one of the other (Levenshtein 1966).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, x) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in other.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests;
