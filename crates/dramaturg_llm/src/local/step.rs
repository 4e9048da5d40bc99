//! One batch in the making: which tokens of which sequences, and whose the logits are.

use super::cells::Cells;
use super::prefix_tree::{Seq, Token};
use crate::ModelError;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;
use std::collections::BTreeSet;

/// Tokens of a batch at the most; a whole closed set is judged in one.
pub(super) const BATCH: usize = 512;

/// A piece of the batch: whose it is, and at which index its logits stand.
pub(super) enum Piece {
    /// The last drawn token of the answer `at`.
    Drawn { at: usize, index: i32 },
    /// A slice of the prompt of the answer `at`; with logits when it is the last one.
    Goal { at: usize, index: Option<i32> },
    /// A slice of a hypothesis' prefix.
    Prefix { seq: Seq },
    /// The line after each of these hypotheses; the logits stand one after another.
    Line { from: usize, until: usize, index: i32 },
    /// Something that was evaluated ahead.
    Ahead,
}

/// A batch in the making.
pub(super) struct Step {
    batch: LlamaBatch<'static>,
    pub(super) pieces: Vec<Piece>,
    /// Whose tokens it has; all of the same weights.
    seqs: BTreeSet<Seq>,
    /// What the sequences hold more when it is evaluated.
    grown: Vec<(Seq, Vec<Token>)>,
}

impl Step {
    pub(super) fn new() -> Self {
        Self {
            batch: LlamaBatch::new(BATCH, 1),
            pieces: Vec::new(),
            seqs: BTreeSet::new(),
            grown: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.batch.n_tokens() as usize
    }

    /// Adds a token that its sequence will hold only while this batch is evaluated; with its logits.
    pub(super) fn try_token(
        &mut self,
        token: Token,
        at: usize,
        seq: Seq,
    ) -> Result<(), ModelError> {
        self.token(token, at, seq, true)
    }

    /// Adds tokens that follow what `seq` holds; returns the index of the last, which has logits if they are `wanted`.
    pub(super) fn slice(
        &mut self,
        tokens: Vec<Token>,
        from: usize,
        seq: Seq,
        wanted: bool,
    ) -> Result<i32, ModelError> {
        for (i, token) in tokens.iter().enumerate() {
            self.token(*token, from + i, seq, wanted && i + 1 == tokens.len())?;
        }
        self.grown.push((seq, tokens));
        Ok(self.batch.n_tokens() - 1)
    }

    fn token(&mut self, token: Token, at: usize, seq: Seq, logits: bool) -> Result<(), ModelError> {
        self.seqs.insert(seq);
        self.batch
            .add(LlamaToken(token), at as i32, &[seq], logits)
            .map_err(|e| ModelError::Unreachable(e.to_string()))
    }

    /// Evaluates it; returns the pieces, whose logits `cells` has now.
    pub(super) fn evaluate(mut self, cells: &mut Cells<'_>) -> Result<Vec<Piece>, ModelError> {
        cells.decode(&mut self.batch, &self.seqs, self.grown)?;
        Ok(self.pieces)
    }
}
