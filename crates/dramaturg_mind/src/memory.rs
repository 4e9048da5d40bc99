//! What a character remembers.
//!
//! Everything heard and said is kept for ever as lines; [`Index`] finds those worth their tokens again. Beside them stand
//! [facts](PersonalFact) about people, [reflections](Reflection) with their evidence, and [summaries](Summary) that replace long
//! stretches in a prompt, never here. All of it is a fold over what happened; only vectors come from outside.

mod date;
mod dense;
mod early;
mod fact;
mod index;
mod lexical;
mod pack;
mod rows;
mod thought;
mod words;

pub use date::{Day, Span, spans};
pub use fact::{FactKind, PersonalFact, PersonalFacts, personal_facts};
pub use index::{Found, Index, Item, Query};
pub use pack::{Notes, ago, pack};
pub use rows::RowError;
pub use thought::{Reflection, Summary};
pub(crate) use words::terms;
pub use words::{grounded, words};

use crate::Emotion;
use serde::{Deserialize, Serialize};

/// One thing remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// The turn in which it was said.
    pub turn: u32,
    /// Who said it: a character's id or `player`.
    pub speaker: String,
    /// What was said.
    pub text: String,
    /// The face that was made to it.
    #[serde(default)]
    pub emotion: Emotion,
    /// The day, in the story's time.
    #[serde(default)]
    pub day: Day,
    /// The scene.
    #[serde(default)]
    pub place: String,
    /// How much it moved who heard it, from 0 to 5, where that is known.
    #[serde(default)]
    pub stirred: u8,
    /// Through whom it came, where the character did not hear it itself: who told it first, then who told that one, and so on.
    /// `player` at the end says that it began with what the player said or did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<String>,
}

impl Remembered {
    /// How much it matters, from 0 to 10: what moved somebody, and what tells of a person, is kept longest.
    pub fn importance(&self) -> u8 {
        let moved = if self.emotion == Emotion::Neutral { 0 } else { 3 };
        let moved = self.stirred.min(5).max(moved);
        let tells = if personal_facts(&self.text).is_empty() { 0 } else { 4 };
        let long = u8::from(self.text.chars().count() > 60);
        (1 + moved + tells + long).min(10)
    }
}

/// All that one character remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    lines: Vec<Remembered>,
    index: Index,
    facts: PersonalFacts,
    reflections: Vec<Reflection>,
    summaries: Vec<Summary>,
}

impl Memory {
    /// Adds a line without a time or place.
    pub fn remember(&mut self, turn: u32, speaker: &str, text: &str, emotion: Emotion) {
        let (speaker, text) = (speaker.to_owned(), text.to_owned());
        self.add(Remembered { turn, speaker, text, emotion, ..Remembered::default() });
    }
    /// Adds a line, and the facts that its speaker tells of themselves in it. Returns its number.
    pub fn add(&mut self, line: Remembered) -> u32 {
        self.index.insert(&item(&line), None);
        let number = self.lines.len() as u32;
        // What came through others tells nothing of who passes it on.
        let told = if line.through.is_empty() { personal_facts(&line.text) } else { Vec::new() };
        for (kind, value) in told {
            self.facts.learn(PersonalFact::new(&line, kind, value, number));
        }
        self.lines.push(line);
        number
    }
    /// Somebody's last line moved who heard it, who made that face to it: from 0 to 5.
    pub fn stir(&mut self, speaker: &str, face: Emotion, strength: u8) {
        let Some(at) = self.lines.iter().rposition(|line| line.speaker == speaker) else { return };
        let line = &mut self.lines[at];
        line.emotion = face;
        line.stirred = line.stirred.max(strength.min(5));
        self.index.weigh(at as u32, line.importance());
    }
    /// Takes in what somebody told: a line with those through whom it came. One that was just heard aloud is not taken in twice.
    pub fn hear_say(&mut self, told: Remembered) -> u32 {
        let aloud = |line: &&mut Remembered| {
            line.turn == told.turn && line.speaker == told.speaker && line.text == told.text
        };
        match self.lines.last_mut().filter(aloud) {
            Some(line) => {
                line.through = told.through;
                self.lines.len() as u32 - 1
            }
            None => self.add(told),
        }
    }
    /// All lines, oldest first.
    pub fn lines(&self) -> &[Remembered] {
        &self.lines
    }
    /// The working set: the `count` last lines, oldest first.
    pub fn recent(&self, count: usize) -> &[Remembered] {
        &self.lines[self.lines.len().saturating_sub(count)..]
    }
    /// The numbers of the `count` lines that fit the query best among the `allowed` ones, best first.
    pub fn recall(
        &self,
        query: &Query,
        count: usize,
        allowed: impl Fn(&Remembered) -> bool,
    ) -> Vec<u32> {
        let found = self.index.search(query, count, |item| self.line(item).is_some_and(&allowed));
        found.into_iter().map(|found| found.item).collect()
    }
    /// The line of a number.
    pub fn line(&self, number: u32) -> Option<&Remembered> {
        self.lines.get(number as usize)
    }
    /// Its index.
    pub fn index(&self) -> &Index {
        &self.index
    }
    /// Lines from `first` on that have no vector yet, at most `count`: what an embedder is to be asked for.
    pub fn without_vector(&self, first: u32, count: usize) -> Vec<(u32, &Remembered)> {
        let all = (first..).zip(self.lines.iter().skip(first as usize));
        all.filter(|(number, _)| !self.index.has_vector(*number)).take(count).collect()
    }
    /// What is embedded for a line: the line and the one before it, without which an answer has little meaning.
    pub fn embedding_text(&self, number: u32) -> String {
        let say = |line: &Remembered| format!("{}: {}", line.speaker, line.text);
        let before = number.checked_sub(1).and_then(|before| self.line(before));
        let pair = before.into_iter().chain(self.line(number));
        pair.map(say).collect::<Vec<_>>().join("\n")
    }
    /// Gives a line its vector; false where it does not fit the others.
    pub fn set_vector(&mut self, number: u32, vector: &[f32]) -> bool {
        self.index.set_vector(number, vector)
    }
    /// What is known of people.
    pub fn facts(&self) -> &PersonalFacts {
        &self.facts
    }
    /// What the character thought about what happened.
    pub fn reflections(&self) -> &[Reflection] {
        &self.reflections
    }
    /// Adds a reflection; false where its evidence is not there.
    pub fn reflect(&mut self, reflection: Reflection) -> bool {
        let sound = reflection.stands_on(self.lines.len());
        if sound {
            self.reflections.push(reflection);
        }
        sound
    }
    /// The summaries, in the order of their stretches; none overlaps another.
    pub fn summaries(&self) -> &[Summary] {
        &self.summaries
    }
    /// Adds the summary of a stretch; false where the stretch is not there or is summed up already.
    pub fn sum_up(&mut self, summary: Summary) -> bool {
        let sound = summary.covers(self.lines.len())
            && self.summaries.iter().all(|other| !other.overlaps(&summary));
        if sound {
            let at = self.summaries.partition_point(|other| other.from < summary.from);
            self.summaries.insert(at, summary);
        }
        sound
    }
    /// Erases whom `names` names: what they said, and all lines, facts, reflections and summaries that name them or stand on
    /// such lines. The numbers of the lines stay. Returns how many lines were emptied.
    pub fn forget(&mut self, id: &str, names: &[String]) -> usize {
        let names: Vec<String> =
            names.iter().chain([&id.to_owned()]).map(|name| name.to_lowercase()).collect();
        let tells = |text: &str| {
            let lower = text.to_lowercase();
            names.iter().any(|name| !name.is_empty() && lower.contains(name.as_str()))
        };
        let mut gone = Vec::new();
        for (number, line) in (0..).zip(&mut self.lines) {
            if !line.text.is_empty() && (line.speaker == id || tells(&line.text)) {
                *line = Remembered { turn: line.turn, day: line.day, ..Remembered::default() };
                gone.push(number);
            }
        }
        self.facts.forget(|fact| {
            fact.about == id || tells(&fact.value) || gone.binary_search(&fact.line).is_ok()
        });
        let stands = |lines: &[u32]| lines.iter().any(|line| gone.binary_search(line).is_ok());
        self.reflections.retain(|one| !tells(&one.text) && !stands(&one.evidence));
        self.summaries.retain(|one| {
            !tells(&one.text) && !gone.iter().any(|line| (one.from..=one.until).contains(line))
        });
        // Words and vectors are learnt anew: nothing of what was erased is left in the index.
        let mut index = Index::default();
        for (number, line) in (0..).zip(&self.lines) {
            let vector = self.index.vector(number).filter(|_| gone.binary_search(&number).is_err());
            index.insert_read(&item(line), vector);
        }
        self.index = index;
        gone.len()
    }
}

fn item(line: &Remembered) -> Item<'_> {
    Item {
        text: &line.text,
        speaker: &line.speaker,
        thread: 0,
        day: line.day,
        importance: line.importance(),
    }
}

#[cfg(test)]
mod tests;
