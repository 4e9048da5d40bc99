//! Whether a play is as it is expected, and what is found where it is not.

use super::{Count, Expectation, Way, What};
use dramaturg_mind::action::Outcome;
use dramaturg_story::{Event, Facts, Pack, Reading, State, Value};
use std::collections::BTreeSet;

/// A play as it was replayed: each turn's events, and the facts after it.
pub struct Told {
    turns: Vec<(u32, Vec<Event>, Facts)>,
    /// Beats that pass by themselves: they are neither earned nor forced.
    passing: BTreeSet<String>,
}

impl Told {
    /// A play of these turns.
    pub fn new(pack: &Pack, turns: Vec<(u32, Vec<Event>)>) -> Self {
        let mut state = State::new(pack);
        let fold = |(number, events): (u32, Vec<Event>)| {
            events.iter().for_each(|event| state.apply(event));
            (number, events, state.facts.clone())
        };
        let passing = pack.beats().iter().filter(|beat| beat.passes());
        Self {
            turns: turns.into_iter().map(fold).collect(),
            passing: passing.map(|beat| beat.id.clone()).collect(),
        }
    }

    /// The ending, if it came to one.
    pub fn ending(&self) -> Option<&str> {
        self.events(None).find_map(|(_, event)| match event {
            Event::Ended(ending) => Some(ending.as_str()),
            _ => None,
        })
    }

    /// The player's last line that came before the end.
    fn length(&self) -> u32 {
        self.turns.iter().rev().find(|(_, events, _)| !events.is_empty()).map_or(0, |turn| turn.0)
    }

    fn events(&self, of: Option<u32>) -> impl Iterator<Item = (u32, &Event)> {
        let turns = self.turns.iter().filter(move |(number, ..)| of.is_none_or(|of| of == *number));
        turns.flat_map(|(number, events, _)| events.iter().map(move |event| (*number, event)))
    }

    /// What is found where the expectation does not hold; none where it does.
    pub fn misses(&self, expected: &Expectation) -> Option<String> {
        let Expectation { turn, not, what, .. } = expected;
        if turn.is_some_and(|turn| turn > self.length()) {
            return Some(format!("the play is over after turn {}", self.length()));
        }
        let (holds, found) = self.look(*turn, what);
        (holds == *not).then_some(found)
    }

    /// Whether it is so, and what is there.
    fn look(&self, turn: Option<u32>, what: &What) -> (bool, String) {
        match what {
            What::Reached { beat, way } => {
                let reached = self.events(turn).filter_map(|(turn, event)| match event {
                    Event::BeatReached { beat, earned } => {
                        Some((turn, beat, self.way(beat, *earned)))
                    }
                    _ => None,
                });
                let reached: Vec<_> = reached.collect();
                let of_it = |(_, reached, _): &&(u32, &String, Way)| *reached == beat;
                let there = reached
                    .iter()
                    .filter(of_it)
                    .find(|(_, _, how)| way.is_none_or(|way| way == *how));
                let found = match there.or(reached.iter().find(of_it)) {
                    Some((turn, _, how)) => format!("it is reached in turn {turn}, {}", how.name()),
                    None if reached.is_empty() => "no beat is reached".into(),
                    None => {
                        let told = |(turn, beat, how): &(u32, &String, Way)| {
                            format!("{beat} (turn {turn}, {})", how.name())
                        };
                        format!("reached are {}", listed(reached.iter().map(told)))
                    }
                };
                (there.is_some(), found)
            }
            What::Ending(expected) => {
                let ending = self.ending();
                let found = match ending {
                    Some(ending) => format!("the play ends as {ending}"),
                    None => format!("the play has no ending after turn {}", self.length()),
                };
                (ending == expected.as_deref(), found)
            }
            What::Fact { fact, how, value } => {
                let at =
                    self.turns.iter().rev().find(|(number, ..)| turn.is_none_or(|t| t == *number));
                let is = at.and_then(|(_, _, facts)| facts.get(fact));
                let order = match (is, value) {
                    (Some(Value::Number(is)), Value::Number(value)) => Some(is.cmp(value)),
                    // Nothing but equality is asked of what has no order.
                    (Some(is), value) => Some(is.to_string().cmp(&value.to_string())),
                    (None, _) => None,
                };
                let shown = is.map_or_else(|| "nothing".to_owned(), Value::to_string);
                (order.is_some_and(|order| how.holds(order)), format!("{fact} is {shown}"))
            }
            What::Says { npc, text } => self.says(turn, npc.as_deref(), text),
            What::Move(id) => {
                let read = self.events(turn).filter_map(|(turn, event)| match event {
                    Event::Read { reading, .. } => Some((turn, reading)),
                    _ => None,
                });
                let read: Vec<_> = read.collect();
                let there = read
                    .iter()
                    .find(|(_, reading)| matches!(reading, Reading::Move(made) if made == id));
                let found = match there {
                    Some((turn, _)) => format!("it is made in turn {turn}"),
                    None => {
                        let told = |(turn, reading): &(u32, &Reading)| match reading {
                            Reading::Move(id) => format!("{id} (turn {turn})"),
                            other => format!("{other:?} (turn {turn})"),
                        };
                        format!(
                            "the player's lines are taken for {}",
                            listed(read.iter().map(told))
                        )
                    }
                };
                (there.is_some(), found)
            }
            What::Emotion { npc, emotion } => {
                let faces = self.events(turn).filter_map(|(turn, event)| match event {
                    Event::Spoke { npc: Some(by), emotion, .. } if by == npc => {
                        Some((turn, *emotion))
                    }
                    _ => None,
                });
                let faces: Vec<_> = faces.collect();
                let there = faces.iter().find(|(_, face)| face == emotion);
                let found = match there {
                    Some((turn, face)) => format!("{npc} is {} in turn {turn}", face.label()),
                    None if faces.is_empty() => format!("{npc} does not speak"),
                    None => {
                        let shown: BTreeSet<_> =
                            faces.iter().map(|(_, face)| face.label()).collect();
                        format!("{npc} is {}", listed(shown.into_iter().map(str::to_owned)))
                    }
                };
                (there.is_some(), found)
            }
            What::Action { npc, action } => {
                let done = self.events(turn).filter_map(|(turn, event)| match event {
                    Event::Acted { npc: by, action, .. } if by == npc => {
                        Some((turn, action.as_str()))
                    }
                    Event::Called { npc: by, step } if by == npc => {
                        matches!(step.outcome, Outcome::Done(_))
                            .then_some((turn, step.call.name.as_str()))
                    }
                    _ => None,
                });
                let done: Vec<_> = done.collect();
                let there = done.iter().find(|(_, done)| done == action);
                let found = match there {
                    Some((turn, _)) => format!("{npc} does it in turn {turn}"),
                    None => {
                        let told =
                            done.iter().map(|(turn, action)| format!("{action} (turn {turn})"));
                        format!("{npc} does {}", listed(told))
                    }
                };
                (there.is_some(), found)
            }
            What::Count { of, how, number } => {
                let (count, one, many) = self.count(turn, *of);
                let found = format!("{count} {}", if count == 1 { one } else { many });
                (how.holds(count.cmp(number)), found)
            }
        }
    }

    /// How a beat came to its end.
    fn way(&self, beat: &str, earned: bool) -> Way {
        match earned {
            _ if self.passing.contains(beat) => Way::Passed,
            true => Way::Earned,
            false => Way::Forced,
        }
    }

    fn says(&self, turn: Option<u32>, npc: Option<&str>, text: &str) -> (bool, String) {
        let lines = self.events(turn).filter_map(|(turn, event)| match event {
            Event::Spoke { npc: by, text, .. } => Some((turn, by.as_deref(), text.as_str())),
            _ => None,
        });
        let lines: Vec<_> = lines.filter(|(_, by, _)| npc.is_none() || npc == *by).collect();
        let told = |(turn, by, line): &(u32, Option<&str>, &str)| {
            format!("turn {turn}, {}: \"{}\"", by.unwrap_or("narration"), short(line))
        };
        let there = lines.iter().find(|(_, _, line)| has_words(line, text));
        let found = match (there, turn) {
            (Some(line), _) => told(line),
            (None, _) if lines.is_empty() => "nothing is said".to_owned(),
            (None, Some(_)) => listed(lines.iter().map(told)),
            (None, None) => format!("none of {} lines has it", lines.len()),
        };
        (there.is_some(), found)
    }

    fn count(&self, turn: Option<u32>, of: Count) -> (u32, &'static str, &'static str) {
        let counted = |event: &Event| match of {
            Count::Calls => matches!(event, Event::Answered { .. }),
            Count::Improvised => matches!(event, Event::Spoke { improvised: true, .. }),
            Count::Forced => match event {
                Event::BeatReached { beat, earned } => self.way(beat, *earned) == Way::Forced,
                _ => false,
            },
            Count::Turns => matches!(event, Event::PlayerSaid { .. }),
        };
        let count = self.events(turn).filter(|(_, event)| counted(event)).count();
        let (one, many) = match of {
            Count::Calls => ("call", "calls"),
            Count::Improvised => ("improvised line", "improvised lines"),
            Count::Forced => ("forced beat", "forced beats"),
            Count::Turns => ("turn", "turns"),
        };
        (u32::try_from(count).unwrap_or(u32::MAX), one, many)
    }
}

/// So many things are listed of what was found.
const LISTED: usize = 8;
/// So many characters of a line are shown.
const SHOWN: usize = 100;

fn listed(things: impl ExactSizeIterator<Item = String>) -> String {
    let more = things.len().saturating_sub(LISTED);
    let told: Vec<_> = things.take(LISTED).collect();
    match (told.is_empty(), more) {
        (true, _) => "nothing".into(),
        (false, 0) => told.join("; "),
        (false, more) => format!("{}; and {more} more", told.join("; ")),
    }
}

fn short(line: &str) -> String {
    match line.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

/// Whether a line has these words, which are in lower case: whole ones, so that `AI` is not found in `said`. Where a language
/// has no spaces between words, any place will do.
pub(super) fn has_words(line: &str, words: &str) -> bool {
    let line = line.to_lowercase();
    let joined = |a: Option<char>, b: Option<char>| {
        let spaced = |c: char| c.is_alphanumeric() && !is_unspaced(c);
        a.is_some_and(spaced) && b.is_some_and(spaced)
    };
    line.match_indices(words).any(|(at, found)| {
        let (before, after) = (&line[..at], &line[at + found.len()..]);
        !joined(before.chars().next_back(), found.chars().next())
            && !joined(found.chars().next_back(), after.chars().next())
    })
}

/// Kana, Han and their extensions; Thai, Lao and Khmer.
fn is_unspaced(c: char) -> bool {
    matches!(c as u32, 0x0E00..=0x0EFF | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}
