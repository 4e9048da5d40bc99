//! BM25 (Robertson & Zaragoza 2009) over an inverted index.

use super::words::{is_unspaced, terms};
use std::collections::HashMap;

/// How soon a repeated word stops counting. Below the usual 1.2, since what is said is short.
const SATURATION: f32 = 0.6;
/// How much a long text is held back.
const LENGTH: f32 = 0.3;
/// How much a single character of unspaced text counts beside a word, where it is asked what a text covers.
const WEAK: f32 = 0.3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Posting {
    doc: u32,
    count: u16,
}

/// Which texts hold which terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lexical {
    /// The number of each term, in the order in which terms were first seen.
    vocabulary: HashMap<Box<str>, u32>,
    postings: Vec<Vec<Posting>>,
    lengths: Vec<u16>,
    total: u64,
}

/// What a text added to the index: enough to add it again without reading the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Added {
    /// Its terms and how often each is in it.
    pub(super) counts: Vec<(u32, u16)>,
    /// Those of them that were new, in the order of their numbers.
    pub(super) new: Vec<Box<str>>,
}

impl Lexical {
    pub(super) fn insert(&mut self, text: &str) -> Added {
        let mut added = Added::default();
        for term in terms(text) {
            let next = self.vocabulary.len() as u32 + added.new.len() as u32;
            let known = self.vocabulary.get(term.as_str()).copied().or_else(|| {
                let at = added.new.iter().position(|new| **new == *term)?;
                Some(self.vocabulary.len() as u32 + at as u32)
            });
            let id = known.unwrap_or_else(|| {
                added.new.push(term.into());
                next
            });
            match added.counts.iter_mut().find(|(term, _)| *term == id) {
                Some((_, count)) => *count = count.saturating_add(1),
                None => added.counts.push((id, 1)),
            }
        }
        self.add(&added);
        added
    }

    /// Adds what [`Self::insert`] told of a text.
    pub(super) fn add(&mut self, added: &Added) {
        let doc = self.lengths.len() as u32;
        for new in &added.new {
            self.vocabulary.insert(new.clone(), self.postings.len() as u32);
            self.postings.push(Vec::new());
        }
        let mut length = 0u16;
        for (term, count) in &added.counts {
            if let Some(postings) = self.postings.get_mut(*term as usize) {
                postings.push(Posting { doc, count: *count });
                length = length.saturating_add(*count);
            }
        }
        self.lengths.push(length);
        self.total += u64::from(length);
    }

    /// The score of each text; zero where it has no term of the question.
    pub(super) fn scores(&self, question: &str) -> Vec<f32> {
        let mut scores = vec![0.0; self.lengths.len()];
        let mut asked: Vec<u32> = terms(question)
            .iter()
            .filter_map(|term| self.vocabulary.get(term.as_str()).copied())
            .collect();
        asked.sort_unstable();
        asked.dedup();
        let mean = self.total as f32 / self.lengths.len().max(1) as f32;
        for term in asked {
            let postings = &self.postings[term as usize];
            let weight = self.rarity(postings.len());
            for posting in postings {
                let length = f32::from(self.lengths[posting.doc as usize]) / mean.max(1.0);
                let count = f32::from(posting.count);
                let damped = count + SATURATION * (1.0 - LENGTH + LENGTH * length);
                scores[posting.doc as usize] += weight * count * (SATURATION + 1.0) / damped;
            }
        }
        scores
    }

    /// The share of the question's terms that a text has, each by its weight; 0 where it has none that can stand alone.
    pub(super) fn covered(&self, doc: u32, question: &str) -> f32 {
        let mut asked = terms(question);
        asked.sort_unstable();
        asked.dedup();
        let (mut all, mut there, mut stands) = (0.0, 0.0, false);
        for term in &asked {
            let known = self.vocabulary.get(term.as_str());
            let postings = known.and_then(|id| self.postings.get(*id as usize));
            // Characters of unspaced text say little alone, and most pairs of them that nothing holds are no words.
            let dense = term.chars().next().is_some_and(is_unspaced);
            let weak = dense && (postings.is_none() || term.chars().nth(1).is_none());
            let weight = self.rarity(postings.map_or(0, Vec::len)) * if weak { WEAK } else { 1.0 };
            all += weight;
            // Postings are in the order of the texts.
            if postings.is_some_and(|all| all.binary_search_by_key(&doc, |p| p.doc).is_ok()) {
                there += weight;
                stands |= !weak;
            }
        }
        if stands { there / all } else { 0.0 }
    }

    /// The weight of a term that is in so many texts.
    pub(super) fn rarity(&self, texts: usize) -> f32 {
        let (all, with) = (self.lengths.len() as f32, texts as f32);
        libm::logf(1.0 + (all - with + 0.5) / (with + 0.5))
    }

    /// Bytes on the heap, about.
    pub(super) fn bytes(&self) -> usize {
        let postings: usize = self.postings.iter().map(Vec::capacity).sum();
        let words: usize = self.vocabulary.keys().map(|word| word.len() + 32).sum();
        postings * size_of::<Posting>()
            + self.postings.capacity() * 24
            + words
            + self.lengths.capacity() * 2
    }
}
