//! What was said, found again: words, meaning, who speaks, when it was, and what stands beside it.
//!
//! Words (BM25) and meaning (the likeness of vectors) are each brought to 0 to 1 and added; what follows a question gets a
//! share of the question's score, since people answer in other words than they are asked in; then who is asked about, days
//! that are asked for, and how much a text says. How old it is counts for nothing here: on LoCoMo (Maharana et al. 2024), half of
//! the weight on recency cut recall from .685 to .406, so the last lines are a channel of their own.

use super::date::{Day, Span, spans};
use super::dense::{Dense, best, quantise};
use super::lexical::{Added, Lexical};
use std::collections::BTreeMap;

/// What is to be found again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Item<'a> {
    /// The words.
    pub text: &'a str,
    /// Who says it.
    pub speaker: &'a str,
    /// Which conversation it is of: what stands beside it in another one is no neighbour.
    pub thread: u32,
    /// When.
    pub day: Day,
    /// How much it matters to who remembers it, from 0 to 10.
    pub importance: u8,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<'a> {
    /// The words.
    pub text: &'a str,
    /// Who asks: meant by 'I' and 'my'.
    pub asker: &'a str,
    /// Who is asked: meant by 'you' and 'your'.
    pub asked: &'a str,
    /// The day of the question, from which 'last Thursday' is counted.
    pub now: Day,
    /// Its vector, of the embedder that the items' vectors are of; words alone are compared without one.
    pub vector: Option<&'a [f32]>,
}

/// What was found, and how well it fits: higher is better, comparable within one answer only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// The item's number, from 0 in the order of insertion.
    pub item: u32,
    /// How well it fits.
    pub score: f32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Doc {
    pub(super) speaker: u16,
    pub(super) thread: u32,
    pub(super) day: Day,
    /// The days that it speaks of.
    pub(super) about: Option<Span>,
    /// Ends with a question.
    pub(super) asks: bool,
    pub(super) words: u16,
    pub(super) importance: u8,
}

/// The index of one character's memory. The same insertions make the same index, and the same question finds the same, on
/// every machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    lexical: Lexical,
    dense: Dense,
    docs: Vec<Doc>,
    speakers: Vec<String>,
}

/// Up to so many items each is ranked; of more, the best of each channel and their neighbours.
const ALL: usize = 2048;
const EACH: usize = 256;

/// Found on the half of LoCoMo that is for development, and the same for all languages.
mod weight {
    /// Meaning, beside words.
    pub(super) const DENSE: f32 = 0.6;
    /// Makes the best of the words count more than many middling ones.
    pub(super) const SHARP: f32 = 1.8;
    /// What follows a question, in the question's score.
    pub(super) const AFTER_QUESTION: f32 = 0.45;
    /// What comes two lines after.
    pub(super) const TWO_AFTER: f32 = 0.1;
    /// What comes before.
    pub(super) const BEFORE: f32 = 0.2;
    /// The best of the conversation that it is of.
    pub(super) const THREAD: f32 = 0.2;
    /// Said by whom the question names.
    pub(super) const SPEAKER: f32 = 1.0;
    /// Is itself a question.
    pub(super) const ASKS: f32 = -0.1;
    /// Speaks of a day, where a time is asked for.
    pub(super) const TIMELY: f32 = 0.2;
    /// For each doubling of the words.
    pub(super) const WORDS: f32 = 0.1;
    /// Of a day that is asked for.
    pub(super) const DAY: f32 = 0.3;
    /// All that an item can lose by being forgotten.
    pub(super) const FORGOTTEN: f32 = 0.05;
}

/// After so many days without use, half of what does not matter is forgotten; each step of importance doubles it.
const HALF_LIFE_DAYS: f32 = 180.0;

impl Index {
    /// How many items there are.
    pub fn len(&self) -> usize {
        self.docs.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.docs.is_empty()
    }
    /// Adds an item, with its vector where there is one already. Returns its number.
    pub fn insert(&mut self, item: &Item, vector: Option<&[f32]>) -> u32 {
        let vector = vector.map(quantise);
        self.insert_read(item, vector.as_deref());
        self.docs.len() as u32 - 1
    }

    /// Changes how much an item matters.
    pub(super) fn weigh(&mut self, item: u32, importance: u8) {
        if let Some(doc) = self.docs.get_mut(item as usize) {
            doc.importance = importance.min(10);
        }
    }

    pub(super) fn insert_read(&mut self, item: &Item, vector: Option<&[i8]>) -> Added {
        let doc = self.read(item);
        self.docs.push(doc);
        self.dense.push(vector);
        self.lexical.insert(item.text)
    }

    /// Adds an item of which all is known: nothing of its text is read.
    pub(super) fn insert_known(&mut self, doc: Doc, vector: Option<&[i8]>, added: &Added) {
        self.docs.push(doc);
        self.dense.push(vector);
        self.lexical.add(added);
    }

    fn read(&mut self, item: &Item) -> Doc {
        let text = item.text.trim_end();
        Doc {
            speaker: self.speaker(item.speaker),
            thread: item.thread,
            day: item.day,
            about: spans(text, item.day).first().copied(),
            asks: text.ends_with(['?', '？']),
            words: length(text),
            importance: item.importance.min(10),
        }
    }

    pub(super) fn speaker(&mut self, name: &str) -> u16 {
        let at = self.speakers.iter().position(|known| known == name).unwrap_or_else(|| {
            self.speakers.push(name.to_owned());
            self.speakers.len() - 1
        });
        at.min(usize::from(u16::MAX)) as u16
    }

    /// Gives an item its vector. False where it has another length than the others, or there is no such item.
    pub fn set_vector(&mut self, item: u32, vector: &[f32]) -> bool {
        self.dense.set(item as usize, &quantise(vector))
    }
    /// Whether the item has a vector.
    pub fn has_vector(&self, item: u32) -> bool {
        self.dense.has(item as usize)
    }
    /// How much of what a text asks for is in an item, from 0 to 1: its words, each by how rare it is among the items. What no item
    /// has counts as the rarest. Unlike a [score](Found), it can be compared with a threshold.
    pub fn covers(&self, item: u32, text: &str) -> f32 {
        self.lexical.covered(item, text)
    }
    pub(super) fn doc(&self, item: u32) -> Option<&Doc> {
        self.docs.get(item as usize)
    }
    pub(super) fn vector(&self, item: u32) -> Option<&[i8]> {
        self.has_vector(item).then(|| self.dense.vector(item as usize))
    }
    /// Bytes on the heap, about.
    pub fn bytes(&self) -> usize {
        self.lexical.bytes() + self.dense.bytes() + self.docs.capacity() * size_of::<Doc>()
    }

    /// The `count` items that fit best among the `allowed` ones, best first.
    pub fn search(&self, query: &Query, count: usize, allowed: impl Fn(u32) -> bool) -> Vec<Found> {
        let mut each = EACH.max(count);
        loop {
            let ranked = self.ranked(query, each);
            let all = ranked.len() >= self.docs.len();
            let found = ranked.into_iter().filter(|found| allowed(found.item));
            let found: Vec<Found> = found.take(count).collect();
            // Where few are allowed, more are looked at.
            if found.len() == count || all || each >= self.docs.len() {
                return found;
            }
            each = each.saturating_mul(16);
        }
    }

    /// The items that may be the best, ranked.
    fn ranked(&self, query: &Query, each: usize) -> Vec<Found> {
        let asks = Asks::of(self, query);
        let lexical = self.lexical.scores(&asks.words);
        let question = query.vector.and_then(|vector| self.dense.question(vector));
        let alike = question.as_ref().map(|q| self.dense.alike(q)).unwrap_or_default();
        let nearest =
            alike.iter().map(|(_, score)| *score).fold(0.0, f32::max).max(f32::MIN_POSITIVE);
        let mut candidates: Vec<u32> = if self.docs.len() <= ALL.max(each) {
            (0..self.docs.len() as u32).collect()
        } else {
            let scored = (0..).zip(lexical.iter().copied()).filter(|(_, score)| *score > 0.0);
            let mut all = best(scored.collect(), each);
            all.extend(best(alike, each));
            all.iter().flat_map(|(at, _)| at.saturating_sub(2)..=at + 2).collect()
        };
        candidates.sort_unstable();
        candidates.dedup();
        candidates.retain(|at| (*at as usize) < self.docs.len());

        let most = lexical.iter().copied().fold(0.0, f32::max).max(f32::MIN_POSITIVE);
        let near = question.as_ref().map(|question| self.dense.likeness(question, &candidates));
        let near = near.unwrap_or_else(|| vec![0.0; candidates.len()]);
        let base = |(at, near): (&u32, f32)| {
            let words = libm::powf(lexical[*at as usize] / most, weight::SHARP);
            words + weight::DENSE * near / nearest
        };
        let base: Vec<f32> = candidates.iter().zip(near).map(base).collect();
        let threads = self.threads(&candidates, &base);
        let mut ranked: Vec<(u32, f32)> = candidates
            .iter()
            .enumerate()
            .map(|(place, at)| {
                let thread = threads.get(&self.docs[*at as usize].thread).copied();
                let score = self.score(&candidates, &base, place, &asks);
                (*at, score + weight::THREAD * thread.unwrap_or_default())
            })
            .collect();
        ranked.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked.into_iter().map(|(item, score)| Found { item, score }).collect()
    }

    /// The mean of the three best of each conversation.
    fn threads(&self, candidates: &[u32], base: &[f32]) -> BTreeMap<u32, f32> {
        let mut best: BTreeMap<u32, [f32; 3]> = BTreeMap::new();
        for (at, score) in candidates.iter().zip(base) {
            let mut score = *score;
            for held in best.entry(self.docs[*at as usize].thread).or_default() {
                if score > *held {
                    std::mem::swap(held, &mut score);
                }
            }
        }
        best.into_iter().map(|(thread, best)| (thread, best.iter().sum::<f32>() / 3.0)).collect()
    }

    fn score(&self, candidates: &[u32], base: &[f32], place: usize, asks: &Asks) -> f32 {
        let at = candidates[place];
        let doc = &self.docs[at as usize];
        let neighbour = |other: Option<usize>, distance: i64| {
            let other = other.filter(|other| *other < candidates.len())?;
            let number = candidates[other];
            let beside = i64::from(number) - i64::from(at) == distance;
            let beside = beside && self.docs[number as usize].thread == doc.thread;
            beside.then(|| (base[other], self.docs[number as usize].asks))
        };
        let mut score = base[place];
        if let Some((before, true)) = neighbour(place.checked_sub(1), -1) {
            score += before * weight::AFTER_QUESTION;
        }
        if let Some((before, _)) = neighbour(place.checked_sub(2), -2) {
            score += before * weight::TWO_AFTER;
        }
        if let Some((after, _)) = neighbour(Some(place + 1), 1) {
            score += after * weight::BEFORE;
        }
        if asks.speakers.contains(&doc.speaker) {
            score += weight::SPEAKER;
        }
        if doc.asks {
            score += weight::ASKS;
        }
        if asks.time && doc.about.is_some() {
            score += weight::TIMELY;
        }
        score += weight::WORDS * libm::log2f(1.0 + f32::from(doc.words));
        score += weight::DAY * asks.days(doc);
        score - weight::FORGOTTEN * forgotten(doc, asks.now)
    }
}

/// What a question asks for besides its words.
struct Asks {
    /// The words but for the names of speakers, who are looked for by themselves.
    words: String,
    speakers: Vec<u16>,
    time: bool,
    spans: Vec<Span>,
    now: Day,
}

impl Asks {
    fn of(index: &Index, query: &Query) -> Self {
        let lower = query.text.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
        let any = |list: &[&str]| words.iter().any(|word| list.contains(word));
        let has = |list: &[&str]| list.iter().any(|part| lower.contains(part));
        let first = any(&["i", "me", "my", "mine"]) || has(&["我", "私", "僕", "俺"]);
        let second = any(&["you", "your", "yours"]) || has(&["你", "您", "あなた", "君"]);
        let named = |name: &str| {
            let name = name.to_lowercase();
            !name.is_empty()
                && if name.is_ascii() {
                    words.contains(&name.as_str())
                } else {
                    lower.contains(&name)
                }
        };
        let speakers = index.speakers.iter().enumerate().filter(|(_, name)| {
            (first && *name == query.asker) || (second && *name == query.asked) || named(name)
        });
        let speakers: Vec<u16> = speakers.map(|(at, _)| at as u16).collect();
        let is_name =
            |word: &str| index.speakers.iter().any(|name| name.eq_ignore_ascii_case(word));
        Self {
            words: words
                .iter()
                .copied()
                .filter(|word| !is_name(word))
                .collect::<Vec<_>>()
                .join(" "),
            speakers,
            time: any(&["when", "date", "day", "month", "year"])
                || lower.contains("how long")
                || has(&[
                    "什么时候",
                    "什麼時候",
                    "几时",
                    "何时",
                    "多久",
                    "哪天",
                    "哪年",
                    "几月",
                    "いつ",
                    "何年",
                    "何月",
                    "何日",
                ]),
            spans: spans(&lower, query.now),
            now: query.now,
        }
    }

    /// How near an item is to the days that are asked for: 1 on them, less in the week after and before.
    fn days(&self, doc: &Doc) -> f32 {
        let said = Span { from: doc.day, until: doc.day };
        let near = |span: &Span| {
            let apart = span.apart(said).min(doc.about.map_or(i32::MAX, |about| span.apart(about)));
            (1.0 - apart as f32 / 7.0).max(0.0)
        };
        self.spans.iter().map(near).fold(0.0, f32::max)
    }
}

/// How far an item is forgotten, from 0 to 1 (after Ebbinghaus's curve): what matters is kept longer.
fn forgotten(doc: &Doc, now: Day) -> f32 {
    let age = now.0.saturating_sub(doc.day.0).max(0) as f32;
    let half_life = HALF_LIFE_DAYS * libm::exp2f(f32::from(doc.importance));
    1.0 - libm::exp2f(-age / half_life)
}

/// Words; of unspaced text, two characters count as one.
fn length(text: &str) -> u16 {
    let spaced = text.split_whitespace().count();
    let wide = text.chars().filter(|c| *c > '\u{2e7f}').count();
    (spaced + wide / 2).min(usize::from(u16::MAX)) as u16
}
