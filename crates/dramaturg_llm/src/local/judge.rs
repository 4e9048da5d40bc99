//! A closed set on its way to its scores: each prefix is evaluated once and held, then the line is evaluated after all
//! of them in as few batches as there is room for.

use super::prefix_tree::{Seq, Token};
use crate::{ModelError, ScoreRequest, ScoreSender};
use llama_cpp_2::model::LlamaModel;
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

/// A closed set on its way.
pub(super) struct Judge {
    pub(super) hypotheses: Vec<Hypothesis>,
    /// The sequences that hold the prefixes, as far as they have come.
    pub(super) held: Vec<Seq>,
    /// Scores, as far as they have come.
    pub(super) scores: Vec<f32>,
    answer: ScoreSender,
    cancel: Arc<AtomicBool>,
}

impl Judge {
    pub(super) fn new(
        model: &LlamaModel,
        request: &ScoreRequest,
        answer: ScoreSender,
        cancel: Arc<AtomicBool>,
    ) -> Self {
        let line = |text: &str| {
            let mut line = super::prompt::tokens(model, &format!(" {}", text.trim()), false);
            line.truncate(LINE_TOKENS);
            line
        };
        let hypotheses = match request {
            ScoreRequest::Channel { prefixes, line: text } => {
                let line = line(text);
                let hypothesis = |prefix: &String| Hypothesis {
                    prefix: super::prompt::plain(model, prefix),
                    line: line.clone(),
                };
                prefixes.iter().map(hypothesis).collect()
            }
            ScoreRequest::Continuations { prefix, options } => {
                let prefix = super::prompt::plain(model, prefix);
                let hypothesis =
                    |option: &String| Hypothesis { prefix: prefix.clone(), line: line(option) };
                options.iter().map(hypothesis).collect()
            }
        };
        Self { hypotheses, held: Vec::new(), scores: Vec::new(), answer, cancel }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// A closed set in which nothing is to be judged.
    pub(super) fn is_empty(&self) -> bool {
        self.hypotheses.iter().all(|hypothesis| hypothesis.line.is_empty())
    }

    pub(super) fn is_over(&self) -> bool {
        self.scores.len() == self.hypotheses.len()
    }

    pub(super) fn end(self, result: Result<(), ModelError>) {
        let _ = self.answer.send(result.map(|()| self.scores));
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
