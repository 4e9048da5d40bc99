//! Scores under way: a cheap tier first, the next when the two best are too close.

use super::confidence;
use super::desk::{Attempt, Desk, Facts, Route, Seen};
use super::moment::Moment;
use super::price::Tokens;
use super::why::Outcome;
use crate::{ModelError, PendingScores, ScoreRequest, ScoreSender};
use crossbeam_channel::{Receiver, TryRecvError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A judgement, from the first tier to the last.
pub(super) struct Judging {
    request: ScoreRequest,
    out: ScoreSender,
    cancel: Arc<AtomicBool>,
    facts: Facts,
    route: Route,
    asked: Moment,
    running: Option<(Attempt, PendingScores)>,
    /// Scores of a tier that was not sure; better than none.
    spare: Option<Vec<f32>>,
}

impl Judging {
    /// Asks the first tier. None when it is over already.
    pub(super) fn begin(
        request: ScoreRequest,
        (out, cancel): (ScoreSender, Arc<AtomicBool>),
        facts: Facts,
        asked: Moment,
        desk: &mut Desk,
    ) -> Option<Self> {
        let route = desk.route(&facts, asked);
        let mut judging =
            Self { request, out, cancel, facts, route, asked, running: None, spare: None };
        judging.ask_next(desk, asked, None).then_some(judging)
    }

    /// Nobody wants the scores any more.
    pub(super) fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }

    /// What to wait for.
    pub(super) fn scores(&self) -> Option<&Receiver<Result<Vec<f32>, ModelError>>> {
        self.running.as_ref().map(|(_, pending)| pending.scores())
    }

    /// Deals with what has come; false when it is over.
    pub(super) fn pump(&mut self, desk: &mut Desk, clock: &dyn Fn() -> Moment) -> bool {
        loop {
            let now = clock();
            if self.cancel.load(Ordering::Relaxed) {
                self.settle(desk, Outcome::Cancelled, now);
                return false;
            }
            let Some((attempt, pending)) = &self.running else { return false };
            let result = match pending.scores().try_recv() {
                Ok(result) => result,
                Err(TryRecvError::Disconnected) => {
                    Err(ModelError::Unreachable("its thread has ended".into()))
                }
                Err(TryRecvError::Empty) => {
                    if attempt.give_up.is_none_or(|most| now.since(attempt.began) < most) {
                        return true;
                    }
                    Err(ModelError::TimedOut)
                }
            };
            if !self.take(result, desk, now) {
                return false;
            }
        }
    }

    fn take(&mut self, result: Result<Vec<f32>, ModelError>, desk: &mut Desk, now: Moment) -> bool {
        match result {
            Ok(scores) => {
                let cascade = self.route.cascade;
                let doubt = cascade.and_then(|c| confidence::of_scores(&scores, &c));
                self.settle(desk, doubt.map_or(Outcome::Answered, Outcome::Unsure), now);
                if doubt.is_some() {
                    self.spare = Some(scores);
                    return self.ask_next(desk, now, None);
                }
                self.send(Ok(scores));
                false
            }
            Err(error) => {
                self.settle(desk, Outcome::Failed(error.clone()), now);
                self.ask_next(desk, now, Some(error))
            }
        }
    }

    /// Asks the next tier; without one, gives the best that there is. False when all is over.
    fn ask_next(&mut self, desk: &mut Desk, now: Moment, failed: Option<ModelError>) -> bool {
        if let Some(attempt) = desk.next(&mut self.route, &self.facts, now)
            && let Some(model) = desk.model(attempt.tier)
        {
            let mut request = self.request.clone();
            let waited = now.since(self.asked);
            request.work.deadline = request.work.deadline.map(|most| most.saturating_sub(waited));
            request.work.done_by = attempt.done_by.clone();
            self.running = Some((attempt, model.score(request)));
            return true;
        }
        let result = match (self.spare.take(), failed) {
            (Some(scores), _) => Ok(scores),
            (None, Some(error)) => Err(error),
            (None, None) => Err(desk.refuse(&self.route, &self.facts, now)),
        };
        self.send(result);
        false
    }

    fn settle(&mut self, desk: &mut Desk, outcome: Outcome, now: Moment) {
        let Some((attempt, _)) = self.running.take() else { return };
        let mut seen = Seen { estimated: true, ..Seen::default() };
        let worked = match &outcome {
            Outcome::Failed(error) => {
                matches!(error, ModelError::TimedOut | ModelError::Garbage(_))
            }
            _ => true,
        };
        if worked {
            seen.tokens = Tokens { completion: 0, ..self.facts.tokens };
        }
        desk.settle(attempt, &mut self.route, &self.facts, seen, outcome, now);
    }

    fn send(&self, result: Result<Vec<f32>, ModelError>) {
        // Who has hung up wants no answer.
        let _ = self.out.send(result);
    }
}
