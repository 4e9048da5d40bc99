//! Which token sequences are held, and which of them begins most like a new one.
//!
//! In lexicographic order two sequences that share a prefix stand beside each other, and so the sorted set of all held
//! sequences is a prefix tree: its nodes are counted by what each sequence does not share with its neighbour, and the
//! longest common prefix with a new sequence is found at the place where that would stand.

use std::collections::BTreeSet;

/// A token of the model.
pub(super) type Token = i32;
/// A sequence of the cache.
pub(super) type Seq = i32;

/// The held sequences. Sequences may be equal.
#[derive(Debug, Default)]
pub(super) struct PrefixTree {
    sorted: BTreeSet<(Vec<Token>, Seq)>,
}

/// Length of the common beginning.
pub(super) fn shared(a: &[Token], b: &[Token]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

impl PrefixTree {
    pub(super) fn insert(&mut self, seq: Seq, tokens: Vec<Token>) {
        self.sorted.insert((tokens, seq));
    }

    pub(super) fn remove(&mut self, seq: Seq, tokens: Vec<Token>) {
        self.sorted.remove(&(tokens, seq));
    }

    /// The sequence that begins most like `tokens`, and how much of it is alike; none where nothing is. Where one holds
    /// just what is alike and nothing else, it is that one.
    pub(super) fn longest(&self, tokens: &[Token]) -> Option<(Seq, usize)> {
        let place = (tokens.to_vec(), Seq::MIN);
        let before = self.sorted.range(..&place).next_back();
        let after = self.sorted.range(&place..).next();
        let found = before.into_iter().chain(after).map(|(held, seq)| (*seq, shared(held, tokens)));
        let (seq, length) = found.max_by_key(|(_, length)| *length)?;
        if length == 0 {
            return None;
        }
        // The first in order that has this beginning is the beginning itself, if that is held.
        let beginning = (tokens[..length].to_vec(), Seq::MIN);
        let first = self.sorted.range(beginning..).next().map(|(_, seq)| *seq);
        Some((first.unwrap_or(seq), length))
    }

    /// The longest sequence that `tokens` begins with as a whole; for models that can't go on from within one.
    pub(super) fn longest_whole(&self, tokens: &[Token]) -> Option<(Seq, usize)> {
        (1..=tokens.len()).rev().find_map(|length| {
            let beginning = (tokens[..length].to_vec(), Seq::MIN);
            let (held, seq) = self.sorted.range(beginning..).next()?;
            (held[..] == tokens[..length]).then_some((*seq, length))
        })
    }

    /// Cells that the sequences fill when what they share is stored once: the nodes of the tree.
    pub(super) fn cells(&self) -> usize {
        let mut before: &[Token] = &[];
        let mut cells = 0;
        for (tokens, _) in &self.sorted {
            cells += tokens.len() - shared(before, tokens);
            before = tokens;
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn agrees_with_a_naive_model(
            steps in prop::collection::vec(
                (0i32..6, prop::collection::vec(0i32..3, 0..8), any::<bool>()), 0..40),
            asked in prop::collection::vec(0i32..3, 0..10),
        ) {
            let mut tree = PrefixTree::default();
            let mut model: Vec<(Seq, Vec<Token>)> = Vec::new();
            for (seq, tokens, insert) in steps {
                if let Some(at) = model.iter().position(|(s, _)| *s == seq) {
                    let (seq, tokens) = model.remove(at);
                    tree.remove(seq, tokens);
                }
                if insert {
                    tree.insert(seq, tokens.clone());
                    model.push((seq, tokens));
                }
            }
            let nodes: HashSet<&[Token]> =
                model.iter().flat_map(|(_, t)| (1..=t.len()).map(|n| &t[..n])).collect();
            prop_assert_eq!(tree.cells(), nodes.len());
            let best = model.iter().map(|(_, t)| shared(t, &asked)).max().unwrap_or(0);
            let whole = model.iter().map(|(_, t)| t).filter(|t| !t.is_empty() && asked.starts_with(t));
            prop_assert_eq!(
                tree.longest_whole(&asked).map(|(_, length)| length),
                whole.map(Vec::len).max()
            );
            match tree.longest(&asked) {
                None => prop_assert_eq!(best, 0),
                Some((seq, length)) => {
                    prop_assert_eq!(length, best);
                    let held = &model.iter().find(|(s, _)| *s == seq).unwrap().1;
                    prop_assert_eq!(shared(held, &asked), best);
                    if model.iter().any(|(_, t)| t[..] == asked[..best]) {
                        prop_assert_eq!(held.len(), best);
                    }
                }
            }
        }
    }
}
