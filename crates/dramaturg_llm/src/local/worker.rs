//! The thread that owns the llama.cpp context: requests join and leave between steps.
//!
//! A step is one batch: a token for each answer that is being written, and a slice of one prompt. So running speech never
//! waits for more than a slice, a cancelled request ends within one, and whoever is more urgent goes first at the next.
//! A batch is of one adapter: those who speak with different ones take turns.
//! llama.cpp can't be interrupted inside a batch.

use super::cells::{CacheFigures, Cells};
use super::form::{Form, Forms};
use super::judge::{Judge, Neutral, log_probability};
use super::prefix_tree::{Seq, Token};
use super::prompt::{Prompt, plain, render, tokens};
use super::queue::{Queue, Urgency};
use super::speak::{Baseline, Progress, Speak};
use super::step::{BATCH, Piece, Step};
use super::turns::Turns;
use super::weights::Weights;
use super::{Job, LocalFigures};
use crate::{ModelError, Priority, StreamEvent, Warm};
use crossbeam_channel::Receiver;
use llama_cpp_2::model::{LlamaChatTemplate, LlamaModel};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Tokens of a prompt that are evaluated in one step when nobody speaks, and while somebody does.
const SLICE: usize = 128;
const SLICE_BESIDE_SPEECH: usize = 32;

/// What is being evaluated ahead.
struct Ahead {
    /// What is still to be held, and under which weights.
    goals: VecDeque<(Weights, Vec<Token>)>,
    seq: Option<Seq>,
}

pub(super) struct Worker<'m> {
    model: &'m LlamaModel,
    template: &'m LlamaChatTemplate,
    cells: Cells<'m>,
    jobs: &'m Receiver<Job>,
    figures: Arc<Mutex<LocalFigures>>,
    queue: Queue,
    /// Answers on their way, in the order in which they began.
    speaking: Vec<Speak>,
    judging: Option<Judge>,
    neutral: Neutral,
    ahead: Option<Ahead>,
    baseline: Option<Baseline>,
    forms: Option<Forms>,
    turns: Turns,
    /// Answers at the same time.
    parallel: usize,
    /// Tokens of one prompt and its answer.
    longest: usize,
    steps: u64,
    /// An answer that can't go on, found while a batch was made.
    broken: Option<(usize, ModelError)>,
}

impl<'m> Worker<'m> {
    pub(super) fn new(
        model: &'m LlamaModel,
        template: &'m LlamaChatTemplate,
        cells: Cells<'m>,
        jobs: &'m Receiver<Job>,
        figures: Arc<Mutex<LocalFigures>>,
        parallel: usize,
        longest: usize,
    ) -> Self {
        Self {
            model,
            template,
            cells,
            jobs,
            figures,
            queue: Queue::default(),
            speaking: Vec::new(),
            judging: None,
            neutral: Neutral::default(),
            ahead: None,
            baseline: None,
            forms: None,
            turns: Turns::default(),
            parallel: parallel.max(1),
            longest,
            steps: 0,
            broken: None,
        }
    }

    /// Works until nobody can ask any more.
    pub(super) fn run(mut self) {
        loop {
            if !self.take_jobs() {
                return;
            }
            self.drop_stale();
            self.admit();
            if let Err(error) = self.step() {
                self.fail_all(&error);
            }
            self.tell();
        }
    }

    fn is_idle(&self) -> bool {
        self.speaking.is_empty()
            && self.judging.is_none()
            && self.ahead.is_none()
            && self.queue.len() == 0
    }

    /// Takes on what has come; waits for something when there is nothing to do. False when it is over.
    fn take_jobs(&mut self) -> bool {
        let mut first = None;
        if self.is_idle() {
            match self.jobs.recv() {
                Ok(job) => first = Some(job),
                Err(_) => return false,
            }
        }
        let jobs = self.jobs;
        for job in first.into_iter().chain(std::iter::from_fn(|| jobs.try_recv().ok())) {
            match job {
                Job::Close => {
                    self.fail_all(&ModelError::Cancelled);
                    return false;
                }
                Job::Save(folder, answer) => {
                    let _ = answer.send(self.cells.save(&folder, super::SAVED_SEQUENCES));
                }
                Job::Load(folder, answer) => {
                    let _ = answer.send(self.cells.load(&folder));
                }
                Job::Clear(answer) => {
                    self.cells.forget_idle();
                    // Who has the answer finds the same in the figures.
                    self.tell();
                    let _ = answer.send(self.cells.figures());
                }
                Job::Audit(answer) => {
                    let _ = answer.send(self.cells.audit());
                }
                job => {
                    if let Err((job, error)) = self.queue.push(job) {
                        job.refuse(error);
                    }
                }
            }
        }
        true
    }

    fn drop_stale(&mut self) {
        for (job, reason) in self.queue.take_stale() {
            job.refuse(reason);
        }
        let mut at = 0;
        while at < self.speaking.len() {
            if self.speaking[at].is_cancelled() {
                self.end_speech(at, Err(ModelError::Cancelled));
            } else {
                at += 1;
            }
        }
        if self.judging.as_ref().is_some_and(Judge::is_cancelled) {
            self.end_judgement(Err(ModelError::Cancelled));
        }
    }

    /// Whether an answer runs that must run alone.
    fn alone(&self) -> bool {
        self.speaking.iter().any(|speak| speak.request.work.deterministic)
    }

    /// Lets in what there is room for.
    fn admit(&mut self) {
        while !self.alone() {
            let room = self.speaking.len() < self.parallel;
            let empty = self.speaking.is_empty() && self.judging.is_none();
            let judging = self.judging.is_some();
            let busy = !empty;
            let fits = |job: &Job| match job {
                Job::Complete(request, ..) if request.work.deterministic => empty,
                Job::Complete(..) => room,
                Job::Score(..) => !judging,
                // Only when nobody has anything else to do.
                Job::Warm(_) => !busy,
                Job::Save(..) | Job::Load(..) | Job::Clear(_) | Job::Audit(_) | Job::Close => false,
            };
            let Some(job) = self.queue.pop(fits) else { break };
            // Even for a newer wish of the same kind.
            self.stop_ahead();
            self.begin(job);
        }
        if self.ahead.is_some() && self.queue.has_before(Urgency::Warm) {
            self.stop_ahead();
        }
    }

    /// Leaves what was evaluated ahead where others find it.
    fn stop_ahead(&mut self) {
        if let Some(Ahead { seq: Some(seq), .. }) = self.ahead.take() {
            self.cells.release(seq);
        }
    }

    fn begin(&mut self, job: Job) {
        match job {
            Job::Complete(request, events, cancel) => {
                let prepared = self.prepare(&request);
                let (weights, prompt, form) = match prepared {
                    Ok(prepared) => prepared,
                    Err(error) => {
                        let _ = events.send(StreamEvent::Failed(error));
                        return;
                    }
                };
                let alone = request.work.deterministic;
                let mut speak = Speak::new(
                    self.model,
                    *request,
                    weights,
                    prompt,
                    events,
                    cancel,
                    self.baseline.as_ref(),
                    form,
                );
                let found = if alone {
                    self.cells.acquire_empty(weights).map(|seq| (seq, 0))
                } else {
                    self.cells.acquire(&speak.goal, speak.goal.len() - 1, weights)
                };
                match found {
                    Ok((seq, cached)) => {
                        speak.seq = seq;
                        speak.begun(cached);
                        self.speaking.push(speak);
                    }
                    Err(error) => speak.end(Err(error)),
                }
            }
            Job::Score(request, answer, cancel) => {
                let judge = Judge::new(self.model, *request, &self.neutral, answer, cancel);
                let tokens = judge.longest();
                if tokens > self.longest {
                    let error = ModelError::TooLong { tokens, limit: self.longest };
                    judge.end(Err(error), &mut self.neutral);
                } else if judge.is_over() {
                    judge.end(Ok(()), &mut self.neutral);
                } else {
                    self.judging = Some(judge);
                }
            }
            Job::Warm(what) => self.ahead = Some(self.goals(&what)),
            Job::Save(..) | Job::Load(..) | Job::Clear(_) | Job::Audit(_) | Job::Close => {}
        }
    }

    fn prepare(
        &mut self,
        request: &crate::CompletionRequest,
    ) -> Result<(Weights, Prompt, Option<Form>), ModelError> {
        let weights = self.cells.weights(request.adapter.as_ref())?;
        Ok((weights, self.fitting(request)?, self.form(request)?))
    }

    fn fitting(&self, request: &crate::CompletionRequest) -> Result<Prompt, ModelError> {
        let prompt = render(self.model, self.template, &super::brief::messages(request))?;
        let limit = self.longest.saturating_sub(request.max_tokens as usize);
        if prompt.tokens.is_empty() || prompt.tokens.len() > limit {
            return Err(ModelError::TooLong { tokens: prompt.tokens.len(), limit });
        }
        Ok(prompt)
    }

    /// The form that the answer must have, if any is asked for.
    fn form(&mut self, request: &crate::CompletionRequest) -> Result<Option<Form>, ModelError> {
        if request.schema.is_none() && request.tools.is_empty() {
            return Ok(None);
        }
        let forms = match self.forms.take() {
            Some(forms) => forms,
            None => Forms::new(self.model)?,
        };
        let form = forms.of(request).map(Some);
        self.forms = Some(forms);
        form
    }

    fn goals(&self, what: &Warm) -> Ahead {
        let mut goals = VecDeque::new();
        // The player's words are understood before they are answered.
        for prefix in &what.prefixes {
            let mut tokens = plain(self.model, prefix);
            tokens.pop();
            if !tokens.is_empty() && tokens.len() < self.longest {
                goals.push_back((Weights::OWN, tokens));
            }
        }
        let weights = self.cells.weights(what.adapter.as_ref());
        let prompt = render(self.model, self.template, &what.messages);
        if let (Ok(weights), Ok(mut prompt)) = (weights, prompt) {
            prompt.tokens.truncate(prompt.last);
            // The last word may still grow, and be other tokens then.
            let stands = what.typed.rfind(char::is_whitespace).unwrap_or_default();
            prompt.tokens.extend(tokens(self.model, &what.typed[..stands], false));
            if !prompt.tokens.is_empty() && prompt.tokens.len() < self.longest {
                goals.push_back((weights, prompt.tokens));
            }
        }
        Ahead { goals, seq: None }
    }

    /// Under which weights there is something to do, and how urgent it is.
    fn work(&self) -> BTreeMap<Weights, Priority> {
        let mut work = BTreeMap::new();
        let mut add = |weights, priority: Priority| {
            let urgent = work.entry(weights).or_insert(priority);
            *urgent = priority.min(*urgent);
        };
        // Prompts wait for a closed set that comes before them.
        let judged = self.judges_first();
        if let Some(judge) = self.judging.as_ref().filter(|_| judged) {
            add(Weights::OWN, judge.work.priority);
        }
        let able = |speak: &&Speak| speak.drawn().is_some() || !judged;
        for speak in self.speaking.iter().filter(able) {
            add(speak.weights, speak.request.work.priority);
        }
        if let (true, Some(ahead)) = (work.is_empty(), &self.ahead) {
            let weights = ahead.goals.front().map_or(Weights::OWN, |(weights, _)| *weights);
            work.insert(weights, Priority::Background);
        }
        work
    }

    /// One batch.
    fn step(&mut self) -> Result<(), ModelError> {
        let Some(weights) = self.turns.next(&self.work()) else { return Ok(()) };
        let mut step = Step::new();
        let able = |speak: &Speak| speak.weights == weights;
        for (at, speak) in self.speaking.iter().enumerate().filter(|(_, speak)| able(speak)) {
            if let Some(tokens) = speak.drawn() {
                if tokens.len() > BATCH {
                    let what = format!("write {} fixed tokens at once", tokens.len());
                    self.broken = Some((at, ModelError::Unsupported(what)));
                    break;
                }
                // A grammar may force many at once; who finds no room is in the next batch.
                if step.len() + tokens.len() <= BATCH {
                    let from = self.cells.length(speak.seq);
                    let index = step.slice(tokens.to_vec(), from, speak.seq, true)?;
                    step.pieces.push(Piece::Drawn { at, index });
                }
            }
        }
        let slice = if step.pieces.is_empty() { SLICE } else { SLICE_BESIDE_SPEECH };
        let slice = slice.min(BATCH - step.len());
        if slice > 0 && self.broken.is_none() {
            self.add_prompt(&mut step, slice, weights)?;
        }
        if let Some((at, error)) = self.broken.take() {
            // Nothing was evaluated yet: the others go on at the next step.
            self.end_speech(at, Err(error));
            return Ok(());
        }
        if step.len() == 0 {
            return Ok(());
        }
        let begun = step.pieces.iter().find_map(|piece| match piece {
            Piece::Prefix { seq } => Some(*seq),
            _ => None,
        });
        match step.evaluate(&mut self.cells) {
            Ok(pieces) => {
                self.steps += 1;
                self.use_logits(pieces);
                Ok(())
            }
            Err(error @ ModelError::Busy(_)) => {
                if let Some(seq) = begun {
                    self.cells.release(seq);
                }
                self.give_way(error)
            }
            Err(error) => Err(error),
        }
    }

    /// All that runs needs more cells than there are: what is least waited for ends, and the rest goes on. A closed set
    /// ends before an answer that the player waits for: nothing of it was shown.
    fn give_way(&mut self, error: ModelError) -> Result<(), ModelError> {
        if self.ahead.is_some() {
            self.stop_ahead();
            return Ok(());
        }
        let all = self.speaking.iter().enumerate();
        let least = all.map(|(at, speak)| (speak.request.work.priority, at)).max();
        match least {
            Some((priority, at)) if self.judging.is_none() || priority > Priority::PlayerWaits => {
                self.end_speech(at, Err(error));
            }
            _ if self.judging.is_some() => self.end_judgement(Err(error)),
            _ => return Err(error),
        }
        Ok(())
    }

    /// Whether the closed set comes before all prompts: the player's words are understood before anybody answers.
    fn judges_first(&self) -> bool {
        let waiting = self.speaking.iter().filter(|speak| speak.drawn().is_none());
        let soonest = waiting.map(|speak| speak.request.work.priority).min();
        let first = |judge: &Judge| soonest.is_none_or(|other| judge.work.priority <= other);
        self.judging.as_ref().is_some_and(first)
    }

    /// Adds a slice of the most urgent prompt of these weights, or a closed set that is ready to be judged.
    fn add_prompt(
        &mut self,
        step: &mut Step,
        slice: usize,
        weights: Weights,
    ) -> Result<(), ModelError> {
        if self.judges_first() {
            if weights != Weights::OWN {
                return Ok(());
            }
            if let Err(error) = self.add_judgement(step, slice) {
                self.end_judgement(Err(error));
            }
            return Ok(());
        }
        let waits = |speak: &Speak| speak.weights == weights && speak.drawn().is_none();
        let waiting = self.speaking.iter().enumerate().filter(|(_, speak)| waits(speak));
        let urgent = waiting.min_by_key(|(_, speak)| speak.request.work.priority).map(|(at, _)| at);
        let Some(at) = urgent else {
            return if step.pieces.is_empty() { self.add_ahead(step) } else { Ok(()) };
        };
        let speak = &mut self.speaking[at];
        let most = speak.goal.len().saturating_sub(1);
        let (seq, from) = match self.cells.turn(speak.seq, &speak.goal, most) {
            Ok(found) => found,
            Err(error) => {
                self.broken = Some((at, error));
                return Ok(());
            }
        };
        speak.seq = seq;
        let until = (from + slice).min(speak.goal.len());
        let whole = until == speak.goal.len();
        let tokens = speak.goal[from..until].to_vec();
        self.cells.count_evaluated(tokens.len());
        let index = step.slice(tokens, from, seq, whole)?;
        step.pieces.push(Piece::Goal { at, index: whole.then_some(index) });
        Ok(())
    }

    fn add_judgement(&mut self, step: &mut Step, slice: usize) -> Result<(), ModelError> {
        let Some(judge) = &mut self.judging else { return Ok(()) };
        // First every prefix is held.
        while judge.held.len() < judge.wanted() {
            let goal = judge.hypotheses[judge.first + judge.held.len()].held();
            let (seq, from) = self.cells.acquire(goal, goal.len(), Weights::OWN)?;
            if from == goal.len() {
                judge.held.push(seq);
                continue;
            }
            let until = (from + slice).min(goal.len());
            self.cells.count_evaluated(until - from);
            step.slice(goal[from..until].to_vec(), from, seq, false)?;
            step.pieces.push(Piece::Prefix { seq });
            return Ok(());
        }
        let from = judge.scores.len();
        let mut until = from;
        let index = step.len() as i32;
        let held = judge.hypotheses[judge.first..].iter().zip(&judge.held);
        for (hypothesis, seq) in held.skip(from - judge.first) {
            if step.len() + hypothesis.line.len() > BATCH {
                break;
            }
            let start = hypothesis.held().len();
            for (i, token) in hypothesis.fed().enumerate() {
                step.try_token(token, start + i, *seq)?;
            }
            until += 1;
        }
        if until > from {
            step.pieces.push(Piece::Line { from, until, index });
        }
        Ok(())
    }

    fn add_ahead(&mut self, step: &mut Step) -> Result<(), ModelError> {
        let Some(ahead) = &mut self.ahead else { return Ok(()) };
        while let Some((weights, goal)) = ahead.goals.front() {
            let (seq, from) = match ahead.seq {
                Some(seq) => (seq, self.cells.length(seq)),
                None => self.cells.acquire(goal, goal.len(), *weights)?,
            };
            ahead.seq = Some(seq);
            if from < goal.len() {
                let until = (from + SLICE_BESIDE_SPEECH).min(goal.len());
                self.cells.count_evaluated(until - from);
                step.slice(goal[from..until].to_vec(), from, seq, false)?;
                step.pieces.push(Piece::Ahead);
                return Ok(());
            }
            self.cells.release(seq);
            ahead.seq = None;
            ahead.goals.pop_front();
        }
        self.ahead = None;
        Ok(())
    }

    /// Hands the logits of a batch to those who wait for them.
    fn use_logits(&mut self, pieces: Vec<Piece>) {
        let mut over = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Drawn { at, index } | Piece::Goal { at, index: Some(index) } => {
                    let logits = self.cells.logits(index);
                    let speak = &mut self.speaking[at];
                    let progress = speak.advance(self.model, logits, &mut self.baseline);
                    if let Progress::Over(result) = progress {
                        over.push((at, result));
                    }
                }
                Piece::Goal { index: None, .. } | Piece::Ahead => {}
                // Its sequence is free to be found again, with this slice in it.
                Piece::Prefix { seq } => self.cells.release(seq),
                Piece::Line { from, until, index } => self.judge(from, until, index),
            }
        }
        over.sort_unstable_by_key(|(at, _)| *at);
        for (at, result) in over.into_iter().rev() {
            self.end_speech(at, result);
        }
    }

    fn judge(&mut self, from: usize, until: usize, mut index: i32) {
        let Some(judge) = &mut self.judging else { return };
        for at in from..until {
            let line = &judge.hypotheses[at].line;
            let mut sum = 0.0;
            for token in line {
                sum += log_probability(self.cells.logits(index), *token);
                index += 1;
            }
            judge.scores.push(sum / line.len() as f32);
        }
        for at in from..until {
            self.cells.drop_beyond(judge.held[at - judge.first]);
        }
        judge.turn().into_iter().for_each(|seq| self.cells.release(seq));
        if judge.is_over() {
            self.end_judgement(Ok(()));
        }
    }

    fn end_judgement(&mut self, result: Result<(), ModelError>) {
        if let Some(judge) = self.judging.take() {
            judge.held.iter().for_each(|seq| self.cells.release(*seq));
            judge.end(result, &mut self.neutral);
        }
    }

    fn end_speech(&mut self, at: usize, result: Result<(), ModelError>) {
        let speak = self.speaking.remove(at);
        self.queue.serve(&speak.request.work.character, speak.cost());
        if speak.request.work.deterministic {
            self.cells.forget(speak.seq);
        } else {
            self.cells.release(speak.seq);
        }
        speak.end(result);
    }

    /// A batch could not be evaluated: nobody in it gets an answer, and what the cache holds is not to be trusted.
    fn fail_all(&mut self, error: &ModelError) {
        if *error != ModelError::Cancelled {
            tracing::warn!("a batch failed: {error}");
        }
        while let Some(speak) = self.speaking.pop() {
            self.cells.forget(speak.seq);
            speak.end(Err(error.clone()));
        }
        if let Some(judge) = self.judging.take() {
            judge.held.iter().for_each(|seq| self.cells.forget(*seq));
            judge.end(Err(error.clone()), &mut self.neutral);
        }
        self.ahead = None;
        // What is left is a sequence that was just begun in that batch, or evaluated ahead.
        self.cells.forget_busy();
    }

    fn tell(&self) {
        let cache: CacheFigures = self.cells.figures();
        let mut figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
        *figures = LocalFigures {
            cache,
            waiting: self.queue.len(),
            speaking: self.speaking.len(),
            steps: self.steps,
        };
    }
}
