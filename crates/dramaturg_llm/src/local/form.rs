//! An answer of a fixed form: what the grammar allows is drawn, what it forces is taken, and what is known is told.

use super::answer::Answer;
use super::grammar::{Grammar, Grammars};
use super::prefix_tree::Token;
use super::sampler::Sampler;
use crate::{CompletionRequest, ModelError, StreamEvent};
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use std::sync::Arc;

/// The forms of a model's answers: its tokens as bytes, and the grammars over them. Made once, which takes half a second.
pub(super) struct Forms {
    pieces: Arc<Vec<Vec<u8>>>,
    grammars: Grammars,
}

fn unsupported(error: &dyn std::fmt::Display) -> ModelError {
    ModelError::Unsupported(format!("answer in this form: {error}"))
}

impl Forms {
    pub(super) fn new(model: &LlamaModel) -> Result<Self, ModelError> {
        let vocab = model.vocab();
        let all = (0..model.n_vocab()).map(LlamaToken);
        let piece = |token| {
            if vocab.is_control(token) {
                Vec::new()
            } else {
                vocab.token_to_piece(token, false, None)
            }
        };
        let pieces: Vec<Vec<u8>> = all.clone().map(piece).collect();
        let end: Vec<u32> = all.filter(|t| vocab.is_eog(*t)).map(|t| t.0 as u32).collect();
        let grammars = Grammars::new(pieces.clone(), &end).map_err(|e| unsupported(&e))?;
        Ok(Self { pieces: Arc::new(pieces), grammars })
    }

    /// The form that a request asks for.
    pub(super) fn of(&self, request: &CompletionRequest) -> Result<Form, ModelError> {
        let schema = request.schema.as_ref();
        let grammar = match schema {
            Some(schema) if request.tools.is_empty() => self.grammars.start(schema),
            _ => self.grammars.start_with_tools(&request.tools, schema),
        };
        Ok(Form {
            grammar: grammar.map_err(|e| unsupported(&e))?,
            answer: Answer::new(&request.tools, schema),
            pieces: self.pieces.clone(),
        })
    }
}

/// An answer of a fixed form on its way.
pub(super) struct Form {
    grammar: Grammar,
    answer: Answer,
    pieces: Arc<Vec<Vec<u8>>>,
}

/// What a draw brought.
pub(super) struct Drawn {
    /// The drawn token, and those that must follow it; they are evaluated together.
    pub(super) tokens: Vec<Token>,
    /// What is known now.
    pub(super) events: Vec<StreamEvent>,
    /// Whether the answer is complete.
    pub(super) over: bool,
}

impl Form {
    /// Draws a token that the grammar allows, and takes what it forces.
    pub(super) fn draw(
        &mut self,
        logits: &[f32],
        sampler: &mut Sampler,
    ) -> Result<Drawn, ModelError> {
        let mut logits = logits.to_vec();
        self.grammar.mask(&mut logits);
        let mut coming = vec![sampler.pick(&logits) as u32];
        let mut drawn = Drawn { tokens: Vec::new(), events: Vec::new(), over: false };
        while !drawn.over && !coming.is_empty() {
            for token in coming {
                drawn.over = self.grammar.accept(token).map_err(|e| unsupported(&e))?;
                let piece = self.pieces.get(token as usize).map_or(&[][..], Vec::as_slice);
                drawn.events.extend(self.answer.push(piece)?);
                drawn.tokens.push(token as Token);
            }
            coming = if drawn.over { Vec::new() } else { self.grammar.forced() };
        }
        for forced in drawn.tokens.iter().skip(1) {
            sampler.take(*forced);
        }
        Ok(drawn)
    }

    /// At the end: whether the answer is whole.
    pub(super) fn finish(&self) -> Result<(), ModelError> {
        self.answer.finish()
    }
}
