//! What a character heard and said, found again by BM25 (Robertson & Zaragoza 2009) over words and Chinese bigrams.

use crate::Emotion;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// Episodic memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    lines: Vec<Remembered>,
    /// Lines that hold each word, ascending.
    index: BTreeMap<String, Vec<u32>>,
}

/// The units that retrieval and matching compare: lower-case words (a final 's' is dropped) and bigrams of Han text.
pub fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut han: Option<char> = None;
    let flush = |word: &mut String, out: &mut Vec<String>| {
        if !word.is_empty() {
            let mut whole = std::mem::take(word);
            if whole.len() > 3 && whole.ends_with('s') && !whole.ends_with("ss") {
                whole.pop();
            }
            out.push(whole);
        }
    };
    for c in text.chars().flat_map(char::to_lowercase) {
        if ('\u{3400}'..='\u{9fff}').contains(&c) {
            flush(&mut word, &mut out);
            out.push(c.to_string());
            if let Some(before) = han {
                out.push(format!("{before}{c}"));
            }
            han = Some(c);
        } else {
            han = None;
            if c.is_alphanumeric() {
                word.push(c);
            } else if c != '\'' && c != '’' {
                flush(&mut word, &mut out);
            }
        }
    }
    flush(&mut word, &mut out);
    out
}

impl Memory {
    /// Adds a line.
    pub fn remember(&mut self, turn: u32, speaker: &str, text: &str, emotion: Emotion) {
        let id = self.lines.len() as u32;
        for word in words(text) {
            let ids = self.index.entry(word).or_default();
            if ids.last() != Some(&id) {
                ids.push(id);
            }
        }
        self.lines.push(Remembered { turn, speaker: speaker.into(), text: text.into(), emotion });
    }
    /// All lines, oldest first.
    pub fn lines(&self) -> &[Remembered] {
        &self.lines
    }
    /// The `count` last lines, oldest first.
    pub fn recent(&self, count: usize) -> &[Remembered] {
        &self.lines[self.lines.len().saturating_sub(count)..]
    }
    /// The `count` lines that fit `query` best among the `allowed` ones, best first.
    pub fn recall(
        &self,
        query: &str,
        count: usize,
        allowed: impl Fn(&Remembered) -> bool,
    ) -> Vec<&Remembered> {
        let total = self.lines.len() as f32;
        let mut scores: BTreeMap<u32, f32> = BTreeMap::new();
        let mut asked = words(query);
        asked.sort();
        asked.dedup();
        for ids in asked.iter().filter_map(|word| self.index.get(word)) {
            let n = ids.len() as f32;
            let rarity = (total - n + 0.5) / (n + 0.5) + 1.0;
            for id in ids {
                let length = self.lines[*id as usize].text.chars().count() as f32;
                *scores.entry(*id).or_default() += rarity / (1.0 + length / 120.0);
            }
        }
        let mut ranked: Vec<_> = scores.into_iter().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
        let found = ranked.iter().map(|(id, _)| &self.lines[*id as usize]);
        found.filter(|line| allowed(line)).take(count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_are_found_again() {
        let mut memory = Memory::default();
        memory.remember(1, "player", "My sister keeps bees on the hill.", Emotion::Neutral);
        memory.remember(2, "marta", "The fog comes in at nine.", Emotion::Neutral);
        memory.remember(3, "player", "我妹妹在山上养蜜蜂。", Emotion::Neutral);
        assert_eq!(memory.recall("what about your sister's bees", 1, |_| true)[0].turn, 1);
        assert_eq!(memory.recall("蜜蜂怎么样了", 1, |_| true)[0].turn, 3);
        assert!(memory.recall("蜜蜂", 1, |line| line.turn != 3).is_empty());
    }
}
