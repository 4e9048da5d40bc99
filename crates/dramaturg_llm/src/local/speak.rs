//! A completion on its way: evaluate the prompt, choose the lead, then draw token after token.

use super::form::Form;
use super::prefix_tree::{Seq, Token};
use super::prompt::Prompt;
use super::sampler::Sampler;
use super::weights::Weights;
use super::words::Words;
use crate::{CompletionRequest, ModelError, StreamEvent, Usage};
use crossbeam_channel::Sender;
use llama_cpp_2::model::LlamaModel;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Nats by which a lead must have gained more than the first one.
const LEAD_MARGIN: f32 = 0.5;

/// What an answer says when its last message says nothing: how likely each lead is anyway.
pub(super) struct Baseline {
    weights: Weights,
    prompt: Vec<Token>,
    odds: Vec<f32>,
}

enum Phase {
    /// Evaluating the prompt without its last message, up to where a lead would come.
    Baseline,
    /// Evaluating the prompt up to where the lead comes.
    Lead(Vec<f32>),
    /// Evaluating the prompt.
    Prompt,
    /// Drawing tokens; these are not evaluated yet: one, or several where a grammar forced what follows.
    Words(Vec<Token>),
}

/// A completion on its way.
pub(super) struct Speak {
    pub(super) request: CompletionRequest,
    /// Under which it is spoken.
    pub(super) weights: Weights,
    pub(super) seq: Seq,
    /// What the sequence shall hold next.
    pub(super) goal: Vec<Token>,
    events: Sender<StreamEvent>,
    cancel: Arc<AtomicBool>,
    prompt: Prompt,
    /// The leads as tokens: what they share, then what is their own.
    forms: Vec<Vec<Token>>,
    alike: usize,
    phase: Phase,
    sampler: Sampler,
    words: Words,
    /// The form that the answer must have.
    form: Option<Form>,
    usage: Usage,
}

/// Whether an answer goes on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Progress {
    More,
    Over(Result<(), ModelError>),
}

impl Speak {
    pub(super) fn new(
        model: &LlamaModel,
        request: CompletionRequest,
        weights: Weights,
        prompt: Prompt,
        events: Sender<StreamEvent>,
        cancel: Arc<AtomicBool>,
        baseline: Option<&Baseline>,
        form: Option<Form>,
    ) -> Self {
        // An answer of a fixed form begins as the form says.
        let leads: &[String] = if form.is_some() { &[] } else { &request.lead };
        let forms: Vec<Vec<Token>> = leads
            .iter()
            .map(|lead| super::prompt::tokens(model, &format!("({lead})"), false))
            .collect();
        let first = forms.first().cloned().unwrap_or_default();
        let alike = (0..first.len())
            .take_while(|&i| forms.iter().all(|form| form.get(i) == first.get(i)))
            .count();
        let sampler = Sampler::new(request.sampling);
        let words = Words::new(&request.stop);
        let usage = Usage { prompt_tokens: prompt.tokens.len() as u32, ..Usage::default() };
        let mut speak = Self {
            weights,
            seq: -1,
            goal: Vec::new(),
            events,
            cancel,
            prompt,
            forms,
            alike,
            phase: Phase::Prompt,
            sampler,
            words,
            form,
            usage,
            request,
        };
        if speak.forms.is_empty() {
            speak.goal.clone_from(&speak.prompt.tokens);
        } else {
            let nothing = super::prompt::tokens(model, "…", false);
            let without = [
                &speak.prompt.tokens[..speak.prompt.last],
                &nothing,
                &speak.prompt.ending,
                &first[..alike],
            ]
            .concat();
            match baseline {
                Some(known) if known.weights == weights && known.prompt == without => {
                    speak.go_for_lead(known.odds.clone());
                }
                _ => {
                    speak.phase = Phase::Baseline;
                    speak.goal = without;
                }
            }
        }
        speak
    }

    fn go_for_lead(&mut self, odds: Vec<f32>) {
        self.phase = Phase::Lead(odds);
        self.goal.clone_from(&self.prompt.tokens);
        self.goal.extend_from_slice(&self.forms[0][..self.alike]);
    }

    /// Tells the caller how long the prompt is, and how much of it was held.
    pub(super) fn begun(&mut self, cached: usize) {
        let tokens = self.prompt.tokens.len();
        self.usage.cached_tokens = cached.min(tokens) as u32;
        let cached = self.usage.cached_tokens as usize;
        let _ = self.events.send(StreamEvent::Prompt { tokens, cached });
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// The tokens that are to be evaluated next, while words are drawn.
    pub(super) fn drawn(&self) -> Option<&[Token]> {
        match &self.phase {
            Phase::Words(tokens) => Some(tokens),
            _ => None,
        }
    }

    /// The logits after the goal or after the last drawn token have come.
    pub(super) fn advance(
        &mut self,
        model: &LlamaModel,
        logits: &[f32],
        baseline: &mut Option<Baseline>,
    ) -> Progress {
        match std::mem::replace(&mut self.phase, Phase::Prompt) {
            Phase::Baseline => {
                let odds = self.odds(logits);
                *baseline = Some(Baseline {
                    weights: self.weights,
                    prompt: self.goal.clone(),
                    odds: odds.clone(),
                });
                self.go_for_lead(odds);
                Progress::More
            }
            Phase::Lead(without) => {
                let chosen = self.choose(&self.odds(logits), &without);
                let _ = self.events.send(StreamEvent::Lead(chosen));
                let own = &self.forms[chosen][self.alike..];
                if own.is_empty() {
                    return self.draw(model, logits);
                }
                self.goal.extend_from_slice(own);
                Progress::More
            }
            Phase::Prompt | Phase::Words(_) => self.draw(model, logits),
        }
    }

    /// The log-odds of each lead's own first token.
    fn odds(&self, logits: &[f32]) -> Vec<f32> {
        let weight = |form: &Vec<Token>| {
            form.get(self.alike).and_then(|token| logits.get(*token as usize)).copied()
        };
        let all: Vec<f32> = self.forms.iter().map(|form| weight(form).unwrap_or(-20.0)).collect();
        let best = all.iter().copied().fold(f32::MIN, f32::max);
        let total: f32 = all.iter().map(|w| libm::expf(w - best)).sum();
        all.iter().map(|w| w - best - libm::logf(total)).collect()
    }

    /// The lead that the last message makes likelier than no message would (contextual calibration, Zhao et al. 2021,
    /// "Calibrate Before Use"): a small model has its favourites. The first lead is the one to be overcome.
    fn choose(&self, odds: &[f32], without: &[f32]) -> usize {
        let gain = |i: usize| odds[i] - without[i];
        let best = (0..odds.len()).max_by(|a, b| gain(*a).total_cmp(&gain(*b))).unwrap_or(0);
        if gain(best) - gain(0) > LEAD_MARGIN { best } else { 0 }
    }

    fn draw(&mut self, model: &LlamaModel, logits: &[f32]) -> Progress {
        if self.form.is_some() {
            return self.draw_form(logits).unwrap_or_else(|error| Progress::Over(Err(error)));
        }
        let token = self.sampler.pick(logits);
        let vocab = model.vocab();
        let drawn = llama_cpp_2::token::LlamaToken(token);
        if vocab.is_eog(drawn) {
            return Progress::Over(Ok(()));
        }
        self.usage.completion_tokens += 1;
        let (text, stopped) = self.words.push(&vocab.token_to_piece(drawn, false, None));
        self.show(text);
        if stopped || self.usage.completion_tokens >= self.request.max_tokens {
            return Progress::Over(Ok(()));
        }
        self.phase = Phase::Words(vec![token]);
        Progress::More
    }

    fn draw_form(&mut self, logits: &[f32]) -> Result<Progress, ModelError> {
        let Some(form) = &mut self.form else { return Ok(Progress::Over(Ok(()))) };
        let drawn = form.draw(logits, &mut self.sampler)?;
        self.usage.completion_tokens += drawn.tokens.len() as u32;
        for event in drawn.events {
            let _ = self.events.send(event);
        }
        if drawn.over || self.usage.completion_tokens >= self.request.max_tokens {
            return Ok(Progress::Over(form.finish()));
        }
        self.phase = Phase::Words(drawn.tokens);
        Ok(Progress::More)
    }

    fn show(&self, text: String) {
        if !text.is_empty() {
            let _ = self.events.send(StreamEvent::Text(text));
        }
    }

    /// How many tokens this cost so far.
    pub(super) fn cost(&self) -> u64 {
        u64::from(self.usage.prompt_tokens - self.usage.cached_tokens)
            + u64::from(self.usage.completion_tokens)
    }

    /// Ends the answer.
    pub(super) fn end(mut self, result: Result<(), ModelError>) {
        let rest = self.words.finish();
        if result.is_ok() {
            self.show(rest);
        }
        let _ = self.events.send(StreamEvent::Usage(self.usage));
        let _ = self.events.send(match result {
            Ok(()) => StreamEvent::Done,
            Err(error) => StreamEvent::Failed(error),
        });
    }
}
