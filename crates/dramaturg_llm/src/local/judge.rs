//! A closed set on its way to its scores: each prefix is evaluated once and held, then the line is evaluated after all
//! of them in as few batches as there is room for.

use super::prefix_tree::{Seq, Token};
use crate::{ClosedSet, ModelError, ScoreRequest, ScoreSender, Work};
use llama_cpp_2::model::LlamaModel;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Longer lines are judged by their beginning.
const LINE_TOKENS: usize = 48;

/// One member of the closed set.
#[derive(Clone, Debug)]
pub(super) struct Hypothesis {
    /// The prefix; its last token is evaluated together with the line.
    pub(super) prefix: Vec<Token>,
    pub(super) line: Vec<Token>,
}

impl Hypothesis {
    /// What has to be held before the line can be judged.
    pub(super) fn held(&self) -> &[Token] {
        &self.prefix[..self.prefix.len() - 1]
    }
    /// What is evaluated then; the logits of each of these tell the next token of the line.
    pub(super) fn fed(&self) -> impl Iterator<Item = Token> {
        let line = &self.line[..self.line.len() - 1];
        self.prefix.last().into_iter().chain(line).copied()
    }
}

/// Scores after contexts that say nothing, by context and line: they are the same each time.
#[derive(Default)]
pub(super) struct Neutral(HashMap<(String, String), f32>);

/// Lines after a neutral context that are remembered.
const MOST_NEUTRAL: usize = 2048;

/// Hypotheses that are held at the same time: each takes a sequence, and characters want some, too.
pub(super) const MOST_HELD: usize = 24;

/// A closed set on its way.
pub(super) struct Judge {
    pub(super) hypotheses: Vec<Hypothesis>,
    /// The sequences that hold the prefixes of the hypotheses from `first` on, as far as they have come.
    pub(super) held: Vec<Seq>,
    pub(super) first: usize,
    /// Scores, as far as they have come.
    pub(super) scores: Vec<f32>,
    pub(super) work: Work,
    set: ClosedSet,
    /// Scores of the set's pairs that are known already; the others are those of the hypotheses, in order.
    known: Vec<Option<f32>>,
    answer: ScoreSender,
    cancel: Arc<AtomicBool>,
}

impl Judge {
    pub(super) fn new(
        model: &LlamaModel,
        request: ScoreRequest,
        neutral: &Neutral,
        answer: ScoreSender,
        cancel: Arc<AtomicBool>,
    ) -> Self {
        let ScoreRequest { set, work } = request;
        let tokens = |text: &str| {
            let mut line = super::prompt::tokens(model, &format!(" {}", text.trim()), false);
            line.truncate(LINE_TOKENS);
            line
        };
        let pairs = set.pairs();
        let (mut hypotheses, mut known) = (Vec::new(), Vec::new());
        // Many pairs have their line or their prefix in common.
        let mut lines: HashMap<&str, Vec<Token>> = HashMap::new();
        let mut prefixes: HashMap<&str, Vec<Token>> = HashMap::new();
        for (at, (prefix, text)) in pairs.iter().enumerate() {
            let line = lines.entry(text).or_insert_with(|| tokens(text)).clone();
            let off = at >= set.len();
            let before = off.then(|| neutral.0.get(&((*prefix).into(), (*text).into()))).flatten();
            // Of a line without words nothing can be said.
            let score = if line.is_empty() { Some(0.0) } else { before.copied() };
            known.push(score);
            if score.is_none() {
                let prefix = prefixes.entry(prefix);
                let prefix = prefix.or_insert_with_key(|text| super::prompt::plain(model, text));
                hypotheses.push(Hypothesis { prefix: prefix.clone(), line });
            }
        }
        Self {
            hypotheses,
            held: Vec::new(),
            first: 0,
            scores: Vec::new(),
            work,
            set,
            known,
            answer,
            cancel,
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Tokens of the longest hypothesis with its line.
    pub(super) fn longest(&self) -> usize {
        let length = |h: &Hypothesis| h.prefix.len() + h.line.len();
        self.hypotheses.iter().map(length).max().unwrap_or(0)
    }

    /// How many hypotheses are to be held now, from the first on.
    pub(super) fn wanted(&self) -> usize {
        (self.hypotheses.len() - self.first).min(MOST_HELD)
    }

    /// The sequences that are not needed any more, when all that are held were judged.
    pub(super) fn turn(&mut self) -> Vec<Seq> {
        if self.scores.len() < self.first + self.held.len() {
            return Vec::new();
        }
        self.first = self.scores.len();
        std::mem::take(&mut self.held)
    }

    pub(super) fn is_over(&self) -> bool {
        self.scores.len() == self.hypotheses.len()
    }

    pub(super) fn end(self, result: Result<(), ModelError>, neutral: &mut Neutral) {
        let Self { set, known, scores, answer, .. } = self;
        let _ = answer.send(result.map(|()| {
            let mut found = scores.into_iter();
            let all: Vec<f32> =
                known.iter().map(|score| score.or_else(|| found.next()).unwrap_or(0.0)).collect();
            for ((prefix, line), score) in set.pairs().iter().zip(&all).skip(set.len()) {
                if neutral.0.len() >= MOST_NEUTRAL {
                    neutral.0.clear();
                }
                neutral.0.insert(((*prefix).into(), (*line).into()), *score);
            }
            set.combine(all)
        }));
    }
}

/// The natural logarithm of a token's probability.
pub(super) fn log_probability(logits: &[f32], token: Token) -> f32 {
    let best = logits.iter().copied().fold(f32::MIN, f32::max);
    // Eight sums at once let the compiler use wide registers: a vocabulary has 150,000 tokens.
    let mut sums = [0.0_f32; 8];
    let chunks = logits.chunks_exact(8);
    let rest: f32 = chunks.remainder().iter().map(|l| exp(l - best)).sum();
    for chunk in chunks {
        for (sum, logit) in sums.iter_mut().zip(chunk) {
            *sum += exp(logit - best);
        }
    }
    let total = sums.iter().sum::<f32>() + rest;
    logits.get(token as usize).map_or(-20.0, |logit| logit - best - libm::logf(total))
}

/// e to the power of `x` for `x` of 0 and below, within 2e-6 of its value: 2^n by the exponent's bits, the rest by a
/// polynomial (Cephes' `expf`).
fn exp(x: f32) -> f32 {
    let x = x.max(-80.0);
    let n = (x * std::f32::consts::LOG2_E).round();
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4_f32;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_6e-1;
    let p = p * r + 5.0e-1;
    let value = p * r * r + r + 1.0;
    value * f32::from_bits(((n as i32 + 127) << 23) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_those_of_the_library() {
        let logits: Vec<f32> = (0..1003).map(|i| ((i * 7919) % 500) as f32 / 25.0 - 10.0).collect();
        let best = logits.iter().copied().fold(f32::MIN, f32::max);
        let total: f64 = logits.iter().map(|l| f64::from(l - best).exp()).sum();
        for token in [0, 17, 1002] {
            let exact = f64::from(logits[token] - best) - total.ln();
            let got = f64::from(log_probability(&logits, token as Token));
            assert!((exact - got).abs() < 1e-4, "{exact} {got}");
        }
    }
}
