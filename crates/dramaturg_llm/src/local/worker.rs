//! The thread that owns the llama.cpp context.
//!
//! Sequence 0 holds the speech prompt of the last call: only what differs is evaluated again. Sequences 1 and up hold
//! one hypothesis each. llama.cpp can't be interrupted inside a decode, so prompts are fed in slices.

use super::sampler::Sampler;
use super::{Job, LocalSettings};
use crate::{CompletionRequest, Message, ModelError, Role, ScoreRequest, StreamEvent, Warm};
use crossbeam_channel::{Receiver, Sender};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::model::{LlamaChatMessage, LlamaChatTemplate, LlamaModel};
use llama_cpp_2::token::LlamaToken;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

const SLICE: usize = 128;
const BATCH: usize = 512;
const HYPOTHESES: usize = 31;
/// llama.cpp's index of the last logits that were asked for, wherever they stood in the batch.
const LAST: i32 = -1;
/// Nats by which a lead must have gained more than the first one.
const LEAD_MARGIN: f32 = 0.5;
/// Longer lines are judged by their beginning.
const LINE_TOKENS: usize = 48;

static BACKEND: OnceLock<Option<LlamaBackend>> = OnceLock::new();

fn backend() -> Option<&'static LlamaBackend> {
    BACKEND
        .get_or_init(|| {
            let mut backend = LlamaBackend::init().ok()?;
            backend.void_logs();
            Some(backend)
        })
        .as_ref()
}

pub(super) fn run(
    path: &Path,
    settings: LocalSettings,
    jobs: &Receiver<Job>,
    ready: &Sender<Result<(), String>>,
) {
    let opened = backend().ok_or_else(|| "llama.cpp can't start".to_owned()).and_then(|backend| {
        let model = LlamaModel::load_from_file(backend, path, &LlamaModelParams::default())
            .map_err(|e| e.to_string())?;
        let template = model.chat_template(None).map_err(|e| format!("no chat template: {e}"))?;
        Ok((backend, model, template))
    });
    let (backend, model, template) = match opened {
        Ok(opened) => opened,
        Err(reason) => {
            let _ = ready.send(Err(reason));
            return;
        }
    };
    let threads = i32::try_from(settings.threads).unwrap_or(2);
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(settings.context_tokens))
        .with_n_batch(BATCH as u32)
        .with_n_seq_max(HYPOTHESES as u32 + 1)
        .with_kv_unified(true)
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let context = match model.new_context(backend, params) {
        Ok(context) => context,
        Err(error) => {
            let _ = ready.send(Err(error.to_string()));
            return;
        }
    };
    let _ = ready.send(Ok(()));
    let mut worker = Worker {
        model: &model,
        template: &template,
        context,
        speech: Vec::new(),
        hypotheses: Vec::new(),
        ending: Vec::new(),
        baseline: None,
        limit: settings.context_tokens as usize / 2,
    };
    for job in jobs {
        match job {
            Job::Complete(request, events, cancel) => {
                let end = match worker.complete(&request, &events, &cancel) {
                    Ok(()) => StreamEvent::Done,
                    Err(error) => StreamEvent::Failed(error),
                };
                let _ = events.send(end);
            }
            Job::Score(request, answer, cancel) => {
                let _ = answer.send(worker.score(&request, &cancel));
            }
            // A failure is not lost: whoever asks for real meets it again.
            Job::Warm(what) => drop(worker.warm(&what, jobs)),
        }
    }
}

struct Worker<'m> {
    model: &'m LlamaModel,
    template: &'m LlamaChatTemplate,
    context: LlamaContext<'m>,
    /// What sequence 0 holds.
    speech: Vec<LlamaToken>,
    /// What sequence i + 1 holds: all tokens of the prefix but its last, least recently used first by `used`.
    hypotheses: Vec<Hypothesis>,
    /// What the template puts after the last message.
    ending: Vec<LlamaToken>,
    /// The prompt without the last message, and how likely each lead is after it.
    baseline: Option<(Vec<LlamaToken>, Vec<f32>)>,
    limit: usize,
}

struct Hypothesis {
    prefix: String,
    tokens: Vec<LlamaToken>,
}

fn failed(error: impl std::fmt::Display) -> ModelError {
    ModelError::Unreachable(error.to_string())
}

impl Worker<'_> {
    /// Tokens of the prompt. The template is rendered around marks, so that control tokens in a message's text stay
    /// text: nobody types himself into another role.
    /// Returns also where the text of the last message begins.
    fn prompt(&mut self, messages: &[Message]) -> Result<(Vec<LlamaToken>, usize), ModelError> {
        let mark = |i: usize| format!("\u{1}{i}\u{1}");
        let chat = messages
            .iter()
            .enumerate()
            .map(|(i, message)| {
                let role = match message.role {
                    Role::System => "system",
                    Role::User => "user",
                    Role::Assistant => "assistant",
                };
                LlamaChatMessage::new(role.into(), mark(i)).map_err(failed)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let rendered =
            self.model.apply_chat_template(self.template, &chat, true).map_err(failed)?;
        let vocab = self.model.vocab();
        let mut tokens = if vocab.should_add_bos() { vec![vocab.bos()] } else { Vec::new() };
        let mut rest = rendered.as_str();
        let mut last = 0;
        for (i, message) in messages.iter().enumerate() {
            let mark = mark(i);
            if let Some((before, after)) = rest.split_once(&mark) {
                tokens.extend(vocab.tokenize(before.as_bytes(), false, true));
                last = tokens.len();
                tokens.extend(vocab.tokenize(message.text.as_bytes(), false, false));
                rest = after;
            }
        }
        let ending = vocab.tokenize(rest.as_bytes(), false, true);
        tokens.extend_from_slice(&ending);
        self.ending = ending;
        Ok((tokens, last))
    }

    /// Evaluates ahead, slice by slice, until somebody asks for something.
    fn warm(&mut self, what: &Warm, jobs: &Receiver<Job>) -> Result<(), ModelError> {
        let idle = || jobs.is_empty();
        if !what.messages.is_empty() {
            let (mut tokens, last) = self.prompt(&what.messages)?;
            tokens.truncate(last);
            if !tokens.is_empty() && tokens.len() < self.limit {
                self.feed(&tokens, &|| !idle())?;
            }
        }
        for prefix in what.prefixes.iter().take(HYPOTHESES) {
            if !idle() {
                break;
            }
            self.hypothesis(prefix, &what.prefixes)?;
        }
        Ok(())
    }

    /// Makes sequence 0 hold `tokens`, evaluating only what is new, and leaves logits of the last one.
    fn feed(
        &mut self,
        tokens: &[LlamaToken],
        cancelled: &dyn Fn() -> bool,
    ) -> Result<(), ModelError> {
        let shared = tokens.iter().zip(&self.speech).take_while(|(a, b)| a == b).count();
        let mut at = self.trim(0, shared.min(tokens.len() - 1));
        self.speech.truncate(at);
        while at < tokens.len() {
            if cancelled() {
                return Err(ModelError::Cancelled);
            }
            let end = (at + SLICE).min(tokens.len());
            let mut batch = LlamaBatch::new(SLICE, 1);
            for (i, token) in tokens.iter().enumerate().take(end).skip(at) {
                batch.add(*token, i as i32, &[0], i + 1 == tokens.len()).map_err(failed)?;
            }
            self.context.decode(&mut batch).map_err(failed)?;
            self.speech.extend_from_slice(&tokens[at..end]);
            at = end;
        }
        Ok(())
    }

    /// Cuts a sequence down to `keep` tokens; returns how many are left, none for a model that can't trim.
    fn trim(&mut self, sequence: u32, keep: usize) -> usize {
        let kept = self.context.clear_kv_cache_seq(Some(sequence), Some(keep as u32), None);
        if matches!(kept, Ok(true)) {
            return keep;
        }
        let _ = self.context.clear_kv_cache_seq(Some(sequence), None, None);
        0
    }

    fn complete(
        &mut self,
        request: &CompletionRequest,
        events: &Sender<StreamEvent>,
        cancel: &AtomicBool,
    ) -> Result<(), ModelError> {
        let (mut tokens, last) = self.prompt(&request.messages)?;
        let cancelled = || cancel.load(Ordering::Relaxed);
        let room = self.limit.saturating_sub(request.max_tokens as usize);
        if tokens.is_empty() || tokens.len() > room {
            return Err(ModelError::TooLong { tokens: tokens.len(), limit: room });
        }
        let cached = tokens.iter().zip(&self.speech).take_while(|(a, b)| a == b).count();
        let _ = events.send(StreamEvent::Prompt { tokens: tokens.len(), cached });
        if !request.lead.is_empty() {
            let chosen = self.choose_lead(&request.lead, &mut tokens, last, &cancelled)?;
            let _ = events.send(StreamEvent::Lead(chosen));
        }
        self.feed(&tokens, &cancelled)?;
        let mut sampler = Sampler::new(request.sampling);
        let mut words =
            Words { bytes: Vec::new(), held: String::new(), stop: &request.stop, any: false };
        for _ in 0..request.max_tokens {
            if cancelled() {
                return Err(ModelError::Cancelled);
            }
            let token = LlamaToken(sampler.pick(self.context.get_logits_ith(LAST)));
            let vocab = self.model.vocab();
            if vocab.is_eog(token) {
                break;
            }
            let (text, stopped) = words.push(&vocab.token_to_piece(token, false, None));
            if !text.is_empty() {
                let _ = events.send(StreamEvent::Text(text));
            }
            if stopped {
                return Ok(());
            }
            let mut batch = LlamaBatch::new(1, 1);
            batch.add(token, self.speech.len() as i32, &[0], true).map_err(failed)?;
            self.context.decode(&mut batch).map_err(failed)?;
            self.speech.push(token);
        }
        let rest = words.finish();
        if !rest.is_empty() {
            let _ = events.send(StreamEvent::Text(rest));
        }
        Ok(())
    }

    /// Appends '(label)' to the prompt: the label that the last message makes likelier than no message would
    /// (contextual calibration, Zhao et al. 2021, "Calibrate Before Use"): a small model has its favourites.
    fn choose_lead(
        &mut self,
        leads: &[String],
        tokens: &mut Vec<LlamaToken>,
        last: usize,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<usize, ModelError> {
        let vocab = self.model.vocab();
        let forms: Vec<Vec<LlamaToken>> = leads
            .iter()
            .map(|lead| vocab.tokenize(format!("({lead})").as_bytes(), false, false))
            .collect();
        let shared = (0..)
            .take_while(|&i| {
                forms[0].get(i).is_some() && forms.iter().all(|form| form.get(i) == forms[0].get(i))
            })
            .count();
        let bracket = &forms[0][..shared];
        let nothing = vocab.tokenize("…".as_bytes(), false, false);
        let ending = self.ending.clone();
        let without: Vec<LlamaToken> = [&tokens[..last], &nothing, &ending, bracket].concat();
        let baseline = match &self.baseline {
            Some((prompt, weights)) if *prompt == without => weights.clone(),
            _ => {
                let weights = self.weigh(&without, &forms, shared, cancelled)?;
                self.baseline = Some((without, weights.clone()));
                weights
            }
        };
        tokens.extend_from_slice(bracket);
        let weights = self.weigh(tokens, &forms, shared, cancelled)?;
        let gain = |i: usize| weights[i] - baseline[i];
        let chosen = (0..forms.len()).max_by(|a, b| gain(*a).total_cmp(&gain(*b))).unwrap_or(0);
        // The first lead is the one to be overcome.
        let chosen = if gain(chosen) - gain(0) > LEAD_MARGIN { chosen } else { 0 };
        tokens.extend_from_slice(&forms[chosen][shared..]);
        Ok(chosen)
    }

    /// The log-odds of each form's own first token after `prompt`.
    fn weigh(
        &mut self,
        prompt: &[LlamaToken],
        forms: &[Vec<LlamaToken>],
        shared: usize,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Vec<f32>, ModelError> {
        self.feed(prompt, cancelled)?;
        let logits = self.context.get_logits_ith(LAST);
        let weight = |form: &Vec<LlamaToken>| {
            form.get(shared).and_then(|token| logits.get(token.0 as usize)).copied()
        };
        let all: Vec<f32> = forms.iter().map(|form| weight(form).unwrap_or(-20.0)).collect();
        let total: f32 = all.iter().map(|w| w.exp()).sum();
        Ok(all.iter().map(|w| w - total.ln()).collect())
    }

    fn score(
        &mut self,
        request: &ScoreRequest,
        cancel: &AtomicBool,
    ) -> Result<Vec<f32>, ModelError> {
        let mut scores = Vec::new();
        match request {
            ScoreRequest::Channel { prefixes, line } => {
                for chunk in prefixes.chunks(HYPOTHESES) {
                    scores.extend(self.channel(chunk, line, cancel)?);
                }
            }
            ScoreRequest::Continuations { prefix, options } => {
                for option in options {
                    scores.extend(self.channel(std::slice::from_ref(prefix), option, cancel)?);
                }
            }
        }
        Ok(scores)
    }

    fn channel(
        &mut self,
        prefixes: &[String],
        line: &str,
        cancel: &AtomicBool,
    ) -> Result<Vec<f32>, ModelError> {
        let vocab = self.model.vocab();
        let mut line = vocab.tokenize(format!(" {}", line.trim()).as_bytes(), false, false);
        line.truncate(LINE_TOKENS);
        if line.is_empty() {
            return Ok(vec![0.0; prefixes.len()]);
        }
        let mut slots = Vec::with_capacity(prefixes.len());
        for prefix in prefixes {
            if cancel.load(Ordering::Relaxed) {
                return Err(ModelError::Cancelled);
            }
            slots.push(self.hypothesis(prefix, prefixes)?);
        }
        let per_batch = (BATCH / (line.len() + 1)).max(1);
        let mut scores = Vec::with_capacity(prefixes.len());
        for group in slots.chunks(per_batch) {
            if cancel.load(Ordering::Relaxed) {
                return Err(ModelError::Cancelled);
            }
            scores.extend(self.score_group(group, &line)?);
        }
        Ok(scores)
    }

    fn score_group(
        &mut self,
        slots: &[usize],
        line: &[LlamaToken],
    ) -> Result<Vec<f32>, ModelError> {
        let mut batch = LlamaBatch::new(BATCH, 1);
        for &slot in slots {
            let tokens = &self.hypotheses[slot].tokens;
            let start = tokens.len() - 1;
            let fed = tokens.last().into_iter().chain(&line[..line.len() - 1]);
            for (i, token) in fed.enumerate() {
                batch.add(*token, (start + i) as i32, &[slot as i32 + 1], true).map_err(failed)?;
            }
        }
        self.context.decode(&mut batch).map_err(failed)?;
        let mut scores = Vec::with_capacity(slots.len());
        for (row, &slot) in slots.iter().enumerate() {
            let sum: f32 = line
                .iter()
                .enumerate()
                .map(|(i, token)| {
                    let logits = self.context.get_logits_ith((row * line.len() + i) as i32);
                    log_probability(logits, *token)
                })
                .sum();
            scores.push(sum / line.len() as f32);
            let keep = self.hypotheses[slot].tokens.len() - 1;
            if self.trim(slot as u32 + 1, keep) < keep {
                // Its cells are gone: the prefix has to be evaluated again when it is next asked for.
                self.hypotheses[slot].prefix.clear();
            }
        }
        Ok(scores)
    }

    /// The slot that holds `prefix`, evaluating it when it is new. Never evicts one that is `needed` now.
    fn hypothesis(&mut self, prefix: &str, needed: &[String]) -> Result<usize, ModelError> {
        if let Some(slot) = self.hypotheses.iter().position(|h| h.prefix == prefix) {
            return Ok(slot);
        }
        let mut tokens = self.model.vocab().tokenize(prefix.as_bytes(), true, false);
        if tokens.is_empty() {
            tokens.push(self.model.vocab().bos());
        }
        let slot = if self.hypotheses.len() < HYPOTHESES {
            self.hypotheses.push(Hypothesis { prefix: String::new(), tokens: Vec::new() });
            self.hypotheses.len() - 1
        } else {
            self.hypotheses.iter().position(|h| !needed.contains(&h.prefix)).unwrap_or(0)
        };
        let _ = self.context.clear_kv_cache_seq(Some(slot as u32 + 1), None, None);
        for (n, slice) in tokens[..tokens.len() - 1].chunks(SLICE).enumerate() {
            let mut batch = LlamaBatch::new(SLICE, 1);
            for (i, token) in slice.iter().enumerate() {
                let at = (n * SLICE + i) as i32;
                batch.add(*token, at, &[slot as i32 + 1], i + 1 == slice.len()).map_err(failed)?;
            }
            self.context.decode(&mut batch).map_err(failed)?;
        }
        self.hypotheses[slot] = Hypothesis { prefix: prefix.to_owned(), tokens };
        Ok(slot)
    }
}

fn log_probability(logits: &[f32], token: LlamaToken) -> f32 {
    let best = logits.iter().copied().fold(f32::MIN, f32::max);
    let total: f32 = logits.iter().map(|l| (l - best).exp()).sum();
    logits.get(token.0 as usize).map_or(-20.0, |l| l - best - total.ln())
}

/// Turns token bytes into words: whole characters only, nothing after a stop.
struct Words<'s> {
    bytes: Vec<u8>,
    held: String,
    stop: &'s [String],
    any: bool,
}

impl Words<'_> {
    fn push(&mut self, piece: &[u8]) -> (String, bool) {
        self.bytes.extend_from_slice(piece);
        let whole = match std::str::from_utf8(&self.bytes) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => self.bytes.len(),
        };
        let text = String::from_utf8_lossy(&self.bytes[..whole]).into_owned();
        self.bytes.drain(..whole);
        self.held.push_str(&text);
        if !self.any {
            self.held = self.held.trim_start().to_owned();
        }
        self.any |= !self.held.is_empty();
        let cut = self.stop.iter().filter_map(|stop| self.held.find(stop.as_str())).min();
        match cut {
            Some(at) => (self.held[..at].to_owned(), true),
            None => (std::mem::take(&mut self.held), false),
        }
    }
    fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.bytes)).into_owned()
    }
}
