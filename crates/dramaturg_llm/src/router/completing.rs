//! A completion under way: words pass through as they come, until a tier fails or is not sure.

use super::confidence::{self, Answer};
use super::desk::{Attempt, Desk, Facts, Route, Seen};
use super::moment::Moment;
use super::policy::Cascade;
use super::price::{Tokens, estimate};
use super::why::{Doubt, Outcome};
use crate::{CompletionRequest, CompletionStream, ModelError, Priority, StreamEvent, Usage};
use crossbeam_channel::{Receiver, Sender, TryRecvError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A completion, from the first tier to the last.
pub(super) struct Completing {
    request: CompletionRequest,
    out: Sender<StreamEvent>,
    cancel: Arc<AtomicBool>,
    facts: Facts,
    route: Route,
    asked: Moment,
    running: Option<Running>,
    /// Whole answers of tiers that were not sure; the latest is better than none.
    spare: Option<Vec<StreamEvent>>,
    /// Something of the answer is with the caller, so no other tier can take over.
    shown: bool,
}

/// One tier's part in it.
struct Running {
    attempt: Attempt,
    stream: CompletionStream,
    /// What is held back: the prompt's length until the first word, or the whole answer.
    held: Vec<StreamEvent>,
    hold: bool,
    text: String,
    acts: bool,
    counted: Option<Tokens>,
    usage: Option<Usage>,
    seen: Seen,
}

impl Completing {
    /// Asks the first tier. None when it is over already.
    pub(super) fn begin(
        request: CompletionRequest,
        (out, cancel): (Sender<StreamEvent>, Arc<AtomicBool>),
        facts: Facts,
        asked: Moment,
        desk: &mut Desk,
    ) -> Option<Self> {
        let route = desk.route(&facts, asked);
        let mut completing = Self {
            request,
            out,
            cancel,
            facts,
            route,
            asked,
            running: None,
            spare: None,
            shown: false,
        };
        completing.ask_next(desk, asked, None).then_some(completing)
    }

    /// Nobody wants the answer any more.
    pub(super) fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }

    /// What to wait for.
    pub(super) fn events(&self) -> Option<&Receiver<StreamEvent>> {
        self.running.as_ref().map(|running| running.stream.events())
    }

    /// Passes on what has come; false when it is over.
    pub(super) fn pump(&mut self, desk: &mut Desk, clock: &dyn Fn() -> Moment) -> bool {
        loop {
            let now = clock();
            if self.cancel.load(Ordering::Relaxed) {
                self.settle(desk, Outcome::Cancelled, now);
                self.send(StreamEvent::Failed(ModelError::Cancelled));
                return false;
            }
            let Some(running) = &self.running else { return false };
            let event = match running.stream.events().try_recv() {
                Ok(event) => event,
                Err(TryRecvError::Disconnected) => {
                    StreamEvent::Failed(ModelError::Unreachable("its thread has ended".into()))
                }
                Err(TryRecvError::Empty) => {
                    let silent = running.seen.first_word.is_none();
                    let waited = now.since(running.attempt.began);
                    if !silent || running.attempt.give_up.is_none_or(|most| waited < most) {
                        return true;
                    }
                    StreamEvent::Failed(ModelError::TimedOut)
                }
            };
            if !self.take(event, desk, now) {
                return false;
            }
        }
    }

    /// Deals with one event of the tier; false when all is over.
    fn take(&mut self, event: StreamEvent, desk: &mut Desk, now: Moment) -> bool {
        let Some(running) = &mut self.running else { return false };
        match event {
            StreamEvent::Prompt { tokens, cached } => {
                let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
                let (prompt, cached) = (number(tokens), number(cached));
                running.counted = Some(Tokens { prompt, cached, completion: 0 });
                // Should another tier answer, the length for this one would be wrong.
                if self.shown {
                    self.send(event);
                } else {
                    running.held.push(event);
                }
                true
            }
            StreamEvent::Usage(usage) => {
                // Comes before the end, as it should, when all words are through.
                running.usage = Some(usage);
                true
            }
            StreamEvent::Done => self.done(desk, now),
            StreamEvent::Failed(error) => self.failed(error, desk, now),
            StreamEvent::Text(ref text) if text.is_empty() => true,
            word => {
                let began = running.attempt.began;
                running.seen.first_word.get_or_insert_with(|| now.since(began));
                match &word {
                    StreamEvent::Text(text) => running.text.push_str(text),
                    StreamEvent::Tool(Ok(_)) | StreamEvent::Field(..) => running.acts = true,
                    _ => {}
                }
                running.held.push(word);
                if !running.hold {
                    let held = std::mem::take(&mut running.held);
                    self.show(held);
                }
                true
            }
        }
    }

    fn done(&mut self, desk: &mut Desk, now: Moment) -> bool {
        let doubt = self.route.cascade.and_then(|cascade| self.doubt(&cascade));
        let outcome = doubt.map_or(Outcome::Answered, Outcome::Unsure);
        let Some(answer) = self.settle(desk, outcome, now) else { return false };
        match doubt {
            None => {
                self.show(answer);
                self.send(StreamEvent::Done);
                false
            }
            Some(doubt) => {
                // Of two doubtful answers the later tier's is better, unless there is nothing in it.
                if doubt != Doubt::Empty {
                    self.spare = Some(answer);
                }
                self.ask_next(desk, now, Some(StreamEvent::Done))
            }
        }
    }

    fn doubt(&self, cascade: &Cascade) -> Option<Doubt> {
        let running = self.running.as_ref().filter(|_| !self.shown)?;
        let answer = Answer { text: &running.text, acts: running.acts };
        confidence::of_answer(&answer, &self.request, cascade)
    }

    fn failed(&mut self, error: ModelError, desk: &mut Desk, now: Moment) -> bool {
        let goes_on = !self.shown && error != ModelError::Cancelled;
        let left = self.settle(desk, Outcome::Failed(error.clone()), now);
        if goes_on {
            return self.ask_next(desk, now, Some(StreamEvent::Failed(error)));
        }
        self.show(left.unwrap_or_default());
        self.send(StreamEvent::Failed(error));
        false
    }

    /// Asks the next tier; without one, gives the best that there is, or else `end`. False when all is over.
    fn ask_next(&mut self, desk: &mut Desk, now: Moment, end: Option<StreamEvent>) -> bool {
        let mut request = self.request.clone();
        let waited = now.since(self.asked);
        request.work.deadline = request.work.deadline.map(|most| most.saturating_sub(waited));
        let too_late = !waited.is_zero() && request.work.deadline.is_some_and(|d| d.is_zero());
        let next = if too_late { None } else { desk.next(&mut self.route, &self.facts, now) };
        if let Some(attempt) = next
            && let Some(model) = desk.model(attempt.tier)
        {
            request.work.done_by = attempt.done_by.clone();
            let hold = self.route.cascade.is_some_and(|cascade| {
                cascade.hold || self.facts.work.priority == Priority::Background
            });
            self.running = Some(Running {
                stream: model.complete(request),
                attempt,
                held: Vec::new(),
                hold,
                text: String::new(),
                acts: false,
                counted: None,
                usage: None,
                seen: Seen::default(),
            });
            return true;
        }
        if let Some(answer) = self.spare.take() {
            self.show(answer);
            self.send(StreamEvent::Done);
        } else {
            let refused = || StreamEvent::Failed(desk.refuse(&self.route, &self.facts, now));
            self.send(end.unwrap_or_else(refused));
        }
        false
    }

    /// Books what the tier did, and returns what of its answer is still held back.
    fn settle(
        &mut self,
        desk: &mut Desk,
        outcome: Outcome,
        now: Moment,
    ) -> Option<Vec<StreamEvent>> {
        let mut running = self.running.take()?;
        let mut seen = running.seen;
        if let Some(usage) = running.usage {
            seen.tokens = Tokens {
                prompt: usage.prompt_tokens,
                cached: usage.cached_tokens,
                completion: usage.completion_tokens,
            };
            running.held.push(StreamEvent::Usage(usage));
        } else {
            seen.estimated = true;
            let at_the_door = match &outcome {
                Outcome::Failed(ModelError::TimedOut | ModelError::Garbage(_)) => false,
                Outcome::Failed(_) => running.counted.is_none() && seen.first_word.is_none(),
                _ => false,
            };
            // Who refused at the door has charged nothing.
            if !at_the_door {
                let guess = Tokens { completion: 0, ..self.facts.tokens };
                seen.tokens = running.counted.unwrap_or(guess);
                seen.tokens.completion = estimate(&running.text);
            }
        }
        desk.settle(running.attempt, &mut self.route, &self.facts, seen, outcome, now);
        Some(running.held)
    }

    fn show(&mut self, events: Vec<StreamEvent>) {
        self.shown |= !events.is_empty();
        for event in events {
            self.send(event);
        }
    }

    fn send(&self, event: StreamEvent) {
        // Who has hung up is noticed by the flag.
        let _ = self.out.send(event);
    }
}
