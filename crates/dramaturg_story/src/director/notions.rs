//! Words that mean nearly the same, in all languages: what lets a line match an example that has none of its words.

use super::normal::{is_dense, normal, stem};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A notion: its place in the list.
pub(super) type Notion = u16;

/// The list `words/concepts.txt`, made ready to look things up.
struct Lexicon {
    words: BTreeMap<String, Vec<Notion>>,
    beginnings: Vec<(String, Notion)>,
    /// Phrases by their first word, each without it.
    phrases: BTreeMap<String, Vec<(Vec<String>, Notion)>>,
    /// Dense terms by their first character.
    dense: BTreeMap<char, Vec<(Vec<char>, Notion)>>,
}

static LEXICON: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::read(include_str!("words/concepts.txt")));

impl Lexicon {
    fn read(source: &str) -> Self {
        let mut lexicon = Self {
            words: BTreeMap::new(),
            beginnings: Vec::new(),
            phrases: BTreeMap::new(),
            dense: BTreeMap::new(),
        };
        let lines = source.lines().filter(|l| !l.trim_start().starts_with('#'));
        let notions = lines.filter_map(|l| l.split_once(':')?.1.split_once('|'));
        for (id, (spaced, dense)) in (0..).zip(notions) {
            spaced.split_whitespace().for_each(|term| lexicon.add(term, id));
            for term in dense.split_whitespace() {
                let term: Vec<char> = term.chars().collect();
                lexicon.dense.entry(term[0]).or_default().push((term, id));
            }
        }
        lexicon
    }

    fn add(&mut self, term: &str, id: Notion) {
        if let Some(beginning) = term.strip_suffix('*') {
            self.beginnings.push((beginning.to_owned(), id));
            return;
        }
        let term = normal(&term.replace('_', " "));
        let mut words = term.split(' ').map(String::from);
        let first = words.next().unwrap_or_default();
        let rest: Vec<String> = words.collect();
        if rest.is_empty() {
            self.words.entry(stem(&first)).or_default().push(id);
        } else {
            self.phrases.entry(first).or_default().push((rest, id));
        }
    }
}

/// A word, or a character of a language without spaces.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// As it stands in the normal text.
    pub(super) raw: String,
    /// Without its ending; the character itself where there are none.
    pub(super) stem: String,
    pub(super) dense: bool,
    /// Whether it follows its neighbour without a space; only of dense ones.
    pub(super) joined: bool,
    pub(super) notions: Vec<Notion>,
}

/// The tokens of a normal text, each with what it means.
pub(super) fn tokens(normal: &str) -> Vec<Token> {
    let mut tokens = cut(normal);
    let lexicon = &*LEXICON;
    let spaced: Vec<usize> = (0..tokens.len()).filter(|at| !tokens[*at].dense).collect();
    let dense: Vec<usize> = (0..tokens.len()).filter(|at| tokens[*at].dense).collect();
    for at in &spaced {
        let Token { raw, stem, notions, .. } = &mut tokens[*at];
        notions.extend(lexicon.words.get(stem).into_iter().flatten());
        let begun = lexicon.beginnings.iter().filter(|(beginning, _)| raw.starts_with(beginning));
        notions.extend(begun.map(|(_, id)| *id));
    }
    for from in 0..spaced.len() {
        for (rest, id) in lexicon.phrases.get(&tokens[spaced[from]].raw).into_iter().flatten() {
            let Some(span) = spaced.get(from + 1..=from + rest.len()) else { continue };
            if span.iter().zip(rest).all(|(at, word)| tokens[*at].raw == *word) {
                spaced[from..=from + rest.len()]
                    .iter()
                    .for_each(|at| tokens[*at].notions.push(*id));
            }
        }
    }
    let line: Vec<char> = dense.iter().filter_map(|at| tokens[*at].raw.chars().next()).collect();
    for from in 0..line.len() {
        for (term, id) in lexicon.dense.get(&line[from]).into_iter().flatten() {
            if line[from..].starts_with(term) {
                dense[from..from + term.len()].iter().for_each(|at| tokens[*at].notions.push(*id));
            }
        }
    }
    for token in &mut tokens {
        token.notions.sort_unstable();
        token.notions.dedup();
    }
    tokens
}

fn cut(normal: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut word = String::new();
    let mut joined = false;
    let end = |word: &mut String, tokens: &mut Vec<Token>| {
        if !word.is_empty() {
            let raw = std::mem::take(word);
            let stem = stem(&raw);
            tokens.push(Token { raw, stem, dense: false, joined: false, notions: Vec::new() });
        }
    };
    for c in normal.chars() {
        if is_dense(c) {
            end(&mut word, &mut tokens);
            let (raw, stem) = (c.to_string(), c.to_string());
            tokens.push(Token { raw, stem, dense: true, joined, notions: Vec::new() });
            joined = true;
        } else {
            joined = false;
            if c == ' ' {
                end(&mut word, &mut tokens);
            } else {
                word.push(c);
            }
        }
    }
    end(&mut word, &mut tokens);
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(a: &str, b: &str) -> bool {
        let notions = |text: &str| -> Vec<Notion> {
            tokens(&normal(text)).into_iter().flat_map(|token| token.notions).collect()
        };
        let b = notions(b);
        notions(a).iter().any(|notion| b.contains(notion))
    }

    #[test]
    fn other_words_for_the_same_share_a_notion_across_languages() {
        assert!(shared("I am starving", "what's for supper"));
        assert!(shared("my lips are sealed", "I won't tell"));
        assert!(shared("把它烧了", "into the flames"));
        assert!(shared("outerwear and an overcoat", "那件大衣"));
        assert!(!shared("the moon is round", "pass me the ledger"));
    }
}
