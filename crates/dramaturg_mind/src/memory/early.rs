//! Recall as it was before there was an index: plays that were recorded then are replayed with it.

use super::{Memory, Remembered, words};
use std::collections::BTreeMap;

impl Memory {
    /// The `count` lines that fit `query` best among the `allowed` ones, best first, by words alone.
    pub fn recall_by_words(
        &self,
        query: &str,
        count: usize,
        allowed: impl Fn(&Remembered) -> bool,
    ) -> Vec<&Remembered> {
        let mut asked = words(query);
        asked.sort();
        asked.dedup();
        let mut with: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, line) in self.lines.iter().enumerate() {
            let held = words(&line.text);
            let shared = asked.iter().filter(|word| held.contains(word));
            shared.for_each(|word| with.entry(word).or_default().push(at));
        }
        let total = self.lines.len() as f32;
        let mut scores: BTreeMap<usize, f32> = BTreeMap::new();
        for lines in with.values() {
            let n = lines.len() as f32;
            let rarity = (total - n + 0.5) / (n + 0.5) + 1.0;
            for at in lines {
                let length = self.lines[*at].text.chars().count() as f32;
                *scores.entry(*at).or_default() += rarity / (1.0 + length / 120.0);
            }
        }
        let mut ranked: Vec<_> = scores.into_iter().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
        let found = ranked.iter().map(|(at, _)| &self.lines[*at]);
        found.filter(|line| allowed(line)).take(count).collect()
    }
}
