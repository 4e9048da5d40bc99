//! What the author wrote for each move, weighed so that a line can be compared with all of it at once.

use super::acts::{Acts, acts};
use super::denial::{is_negated, is_question};
use super::normal::{normal, plain};
use super::notions::{Token, tokens};
use crate::{Pack, Prose};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Weights of a word's parts, of two words in a row, of a notion and of a single dense character, beside a word's 1.
const PART: f32 = 0.25;
const PAIR: f32 = 0.5;
const NOTION: f32 = 0.8;
const CHARACTER: f32 = 0.5;
/// Rarity of what stands in no example.
const UNKNOWN: f32 = 3.0;
const UNKNOWN_PART: f32 = 1.0;
const UNKNOWN_PAIR: f32 = 0.5;
/// Length of a word's parts.
const GRAM: usize = 4;

/// The terms of a text with their weights, in order.
type Terms = BTreeMap<String, f32>;

/// A text ready to be compared: what it is made of, by the term's number or, for what no example holds, by its name.
pub(super) struct Line {
    pub(super) tokens: Vec<Token>,
    terms: Terms,
    /// Known terms: number and weight, by number; the vector has length 1 together with the unknown ones.
    pub(super) vector: Vec<(u32, f32)>,
    pub(super) negated: bool,
    pub(super) question: bool,
    pub(super) acts: Acts,
}

/// One example.
#[derive(Clone)]
pub(super) struct Example {
    pub(super) plain: String,
    pub(super) vector: Vec<(u32, f32)>,
    pub(super) negated: bool,
    pub(super) question: bool,
    pub(super) acts: Acts,
}

/// The examples of one move.
#[derive(Clone, Default)]
pub(super) struct Examples {
    pub(super) list: Vec<Example>,
    /// What is near to the move and does not mean it.
    pub(super) counters: Vec<Example>,
    /// The vector of what the move is said to be.
    pub(super) says: Vec<(u32, f32)>,
    /// In how many examples each term stands.
    counts: BTreeMap<u32, u32>,
}

impl Examples {
    /// In what share of the examples, at the most 1, a term stands.
    pub(super) fn share(&self, term: u32) -> f32 {
        let count = self.counts.get(&term).copied().unwrap_or_default();
        count as f32 / self.list.len().max(1) as f32
    }
    /// All but one of them.
    pub(super) fn without(&self, at: usize) -> Self {
        let mut rest = self.clone();
        let left_out = rest.list.remove(at);
        for (term, _) in left_out.vector {
            if let Some(count) = rest.counts.get_mut(&term) {
                *count -= 1;
            }
        }
        rest.counts.retain(|_, count| *count > 0);
        rest
    }
    pub(super) fn holds(&self, term: u32) -> bool {
        self.counts.contains_key(&term)
    }
}

/// All examples of a pack in one language, and small talk beside them.
pub(super) struct Library {
    numbers: BTreeMap<String, u32>,
    /// Rarity of each term.
    rarity: Vec<f32>,
    moves: BTreeMap<String, Examples>,
    pub(super) small_talk: Examples,
}

/// Libraries that are ready: of which pack and language, newest last.
type Shelf = Vec<(String, String, Arc<Library>)>;
/// A play or two, in two languages each.
const KEPT: usize = 4;

impl Library {
    /// The library of `pack` in `locale`. It is made once for each text of a pack: that takes some milliseconds.
    pub(super) fn of(pack: &Pack, locale: &str) -> Arc<Self> {
        static SHELF: Mutex<Shelf> = Mutex::new(Vec::new());
        let mut shelf = SHELF.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it =
            |entry: &&(String, String, Arc<Self>)| entry.0 == pack.digest && entry.1 == locale;
        if let Some((_, _, library)) = shelf.iter().find(is_it) {
            return library.clone();
        }
        let library = Arc::new(Self::new(pack, locale));
        if shelf.len() >= KEPT {
            shelf.remove(0);
        }
        shelf.push((pack.digest.clone(), locale.to_owned(), library.clone()));
        library
    }

    fn new(pack: &Pack, locale: &str) -> Self {
        let prose = pack.prose(locale);
        let sections: Vec<String> = pack
            .beats()
            .iter()
            .flat_map(|beat| beat.moves.iter().map(|m| section(&beat.id, &m.id)))
            .collect();
        let examples = |section: &String| texts(prose, section);
        let counters = |section: &String| texts(prose, &format!("{section}/not"));
        let all = sections.iter().flat_map(|s| examples(s).into_iter().chain(counters(s)));
        let all = all.chain(small_talk(locale));
        let mut counted: BTreeMap<String, u32> = BTreeMap::new();
        let mut count = 0_u32;
        for text in all {
            count += 1;
            terms(&tokens(&normal(&text))).into_keys().for_each(|term| {
                *counted.entry(term).or_default() += 1;
            });
        }
        let rare = |with: u32| libm::logf(1.0 + count as f32 / (1.0 + with as f32));
        let rarity = counted.values().map(|with| rare(*with)).collect();
        let numbers = counted.into_keys().zip(0..).collect();
        let mut library =
            Self { numbers, rarity, moves: BTreeMap::new(), small_talk: Examples::default() };
        library.small_talk = library.examples(small_talk(locale).into_iter(), "");
        for section in sections {
            let says = prose.field(&section, "says").unwrap_or_default();
            let mut examples = library.examples(texts(prose, &section).into_iter(), says);
            examples.counters = library.examples(counters(&section).into_iter(), "").list;
            library.moves.insert(section, examples);
        }
        library
    }

    fn examples(&self, texts: impl Iterator<Item = String>, says: &str) -> Examples {
        let mut out = Examples { says: self.line(says).vector, ..Examples::default() };
        for text in texts {
            let Line { vector, negated, question, acts, .. } = self.line(&text);
            vector.iter().for_each(|(term, _)| *out.counts.entry(*term).or_default() += 1);
            out.list.push(Example { plain: plain(&text), vector, negated, question, acts });
        }
        out
    }

    /// The examples of a move, by the name of its section.
    pub(super) fn of_move(&self, section: &str) -> Option<&Examples> {
        self.moves.get(section)
    }

    /// A text made ready to be compared.
    pub(super) fn line(&self, text: &str) -> Line {
        let tokens = tokens(&normal(text));
        let terms = terms(&tokens);
        let weighed = |(term, weight): (&String, &f32)| weight * self.rarity(term);
        let length = libm::sqrtf(terms.iter().map(weighed).map(|w| w * w).sum::<f32>()).max(1e-6);
        let known = |(term, weight): (&String, &f32)| {
            let number = *self.numbers.get(term)?;
            Some((number, weight * self.rarity(term) / length))
        };
        let mut vector: Vec<(u32, f32)> = terms.iter().filter_map(known).collect();
        vector.sort_unstable_by_key(|(number, _)| *number);
        Line {
            vector,
            negated: is_negated(text),
            question: is_question(text),
            acts: acts(text),
            tokens,
            terms,
        }
    }

    /// How much a term tells.
    pub(super) fn rarity(&self, term: &str) -> f32 {
        match self.numbers.get(term) {
            Some(number) => self.rarity[*number as usize],
            None if term.starts_with('#') => UNKNOWN_PART,
            None if term.contains('_') => UNKNOWN_PAIR,
            None => UNKNOWN,
        }
    }
    pub(super) fn number(&self, term: &str) -> Option<u32> {
        self.numbers.get(term).copied()
    }
}

impl Line {
    /// The notions in the line, as terms.
    pub(super) fn notions(&self) -> impl Iterator<Item = &str> {
        self.terms.keys().map(String::as_str).filter(|term| term.starts_with('@'))
    }
    /// How many words it has; dense characters and their pairs count as such.
    pub(super) fn size(&self) -> usize {
        self.terms.keys().filter(|t| !t.starts_with(['#', '@']) && !t.contains('_')).count()
    }
}

/// The name of a move's section in the prose.
pub(crate) fn section(beat: &str, a_move: &str) -> String {
    format!("beat {beat}/move {a_move}")
}

fn texts(prose: &Prose, section: &str) -> Vec<String> {
    prose.bullets(section).iter().map(|(_, text)| text.clone()).collect()
}

/// Lines that move no story, in the language of `locale`; in English where there are none in it.
pub(super) fn small_talk(locale: &str) -> Vec<String> {
    let all = include_str!("words/smalltalk.txt").lines().filter_map(|line| line.split_once(": "));
    let of = |language: &str| -> Vec<String> {
        let lines = all.clone().filter(|(code, _)| language.starts_with(*code));
        lines.map(|(_, text)| text.to_owned()).collect()
    };
    let lines = of(locale);
    if lines.is_empty() { of("en") } else { lines }
}

/// What a text is made of: words, their parts (against typing mistakes) and pairs; characters and pairs of them where
/// there are no spaces; notions.
fn terms(tokens: &[Token]) -> Terms {
    let mut terms = Terms::new();
    let mut add = |term: String, weight: f32| {
        let held = terms.entry(term).or_insert(weight);
        *held = held.max(weight);
    };
    let mut last: Option<&Token> = None;
    for token in tokens {
        if token.dense {
            add(token.stem.clone(), CHARACTER);
            if let Some(last) = last.filter(|_| token.joined) {
                add(format!("{}{}", last.stem, token.stem), 1.0);
            }
        } else {
            add(token.stem.clone(), 1.0);
            let framed: Vec<char> = format!("^{}$", token.stem).chars().collect();
            if framed.len() >= GRAM + 2 {
                let parts = framed.windows(GRAM).map(|part| part.iter().collect::<String>());
                parts.for_each(|part| add(format!("#{part}"), PART));
            }
            if let Some(last) = last.filter(|last| !last.dense) {
                add(format!("{}_{}", last.stem, token.stem), PAIR);
            }
        }
        token.notions.iter().for_each(|notion| add(format!("@{notion}"), NOTION));
        last = Some(token);
    }
    terms
}

/// The cosine of two vectors.
pub(super) fn cosine(a: &[(u32, f32)], b: &[(u32, f32)]) -> f32 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while i < a.len() && j < b.len() {
        match a[i].0.cmp(&b[j].0) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                sum += a[i].1 * b[j].1;
                i += 1;
                j += 1;
            }
        }
    }
    sum
}
