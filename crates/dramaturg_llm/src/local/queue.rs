//! What waits for the model: by priority, then by fair shares among characters, then in order of arrival.

use super::Job;
use crate::{ModelError, Priority};
use std::collections::HashMap;
use std::time::Instant;

/// The most jobs that wait; one more is refused with an answer.
pub(super) const MOST_WAITING: usize = 256;

/// A job that waits.
pub(super) struct Waiting {
    pub(super) job: Job,
    arrived: Instant,
    number: u64,
}

/// The jobs that wait, and how much each character has had.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Vec<Waiting>,
    served: HashMap<String, u64>,
    number: u64,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Takes a job on, or gives it back with the reason.
    pub(super) fn push(&mut self, job: Job) -> Result<(), (Job, ModelError)> {
        // What is warmed is not waited for: only the newest wish counts.
        if let Job::Warm(_) = job {
            self.waiting.retain(|waiting| !matches!(waiting.job, Job::Warm(_)));
        } else if self.waiting.len() >= MOST_WAITING {
            return Err((job, ModelError::Busy(self.waiting.len())));
        }
        self.number += 1;
        self.waiting.push(Waiting { job, arrived: Instant::now(), number: self.number });
        Ok(())
    }

    /// Jobs that nobody waits for any more, because they were cancelled or are past their deadline.
    pub(super) fn take_stale(&mut self) -> Vec<(Job, ModelError)> {
        let mut stale = Vec::new();
        let mut at = 0;
        while let Some(waiting) = self.waiting.get(at) {
            let late = waiting.job.deadline().is_some_and(|most| waiting.arrived.elapsed() > most);
            if waiting.job.is_cancelled() {
                stale.push((self.waiting.remove(at).job, ModelError::Cancelled));
            } else if late {
                stale.push((self.waiting.remove(at).job, ModelError::TimedOut));
            } else {
                at += 1;
            }
        }
        stale
    }

    /// The next job that `fits`.
    pub(super) fn pop(&mut self, fits: impl Fn(&Job) -> bool) -> Option<Job> {
        let rank = |waiting: &Waiting| {
            let served = self.served.get(waiting.job.character()).copied().unwrap_or_default();
            (waiting.job.urgency(), served, waiting.number)
        };
        let fitting = self.waiting.iter().enumerate().filter(|(_, waiting)| fits(&waiting.job));
        let (at, _) = fitting.min_by_key(|(_, waiting)| rank(waiting))?;
        Some(self.waiting.remove(at).job)
    }

    /// Whether somebody waits whose work comes before work of this urgency.
    pub(super) fn has_before(&self, urgency: Urgency) -> bool {
        self.waiting.iter().any(|waiting| waiting.job.urgency() < urgency)
    }

    /// Puts tokens on a character's account.
    pub(super) fn serve(&mut self, character: &str, tokens: u64) {
        if let Some(served) = self.served.get_mut(character) {
            *served += tokens;
        } else {
            // A newcomer begins beside those who had least: else it would be served alone until it caught up.
            let least = self.served.values().copied().min().unwrap_or_default();
            self.served.insert(character.to_owned(), least + tokens);
        }
    }
}

/// The order in which work is done; what is warmed comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    Asked(Priority),
    Warm,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CompletionRequest, PendingScores, ScoreRequest, Work, channel};
    use std::time::Duration;

    fn score(priority: Priority, character: &str, deadline: Option<Duration>) -> Job {
        let (_, answer, _) = PendingScores::channel();
        let mut request = ScoreRequest::channel(["a"], "hm");
        request.work =
            Work { priority, character: character.into(), deadline, ..request.work.clone() };
        Job::Score(Box::new(request), answer, std::sync::Arc::default())
    }

    fn who(job: Option<Job>) -> String {
        job.map_or_else(|| "nobody".into(), |job| job.character().to_owned())
    }

    #[test]
    fn closed_sets_wait_by_priority_then_by_fair_shares() {
        let mut queue = Queue::default();
        let (_stream, events, cancel) = channel();
        let mut request = CompletionRequest::new(Vec::new());
        request.work.character = "speaker".into();
        for job in [
            score(Priority::Background, "thinker", None),
            score(Priority::PlayerSees, "greedy", None),
            score(Priority::PlayerSees, "modest", None),
            Job::Complete(Box::new(request), events, cancel),
        ] {
            assert!(queue.push(job).is_ok());
        }
        queue.serve("modest", 10);
        queue.serve("greedy", 10);
        let order: Vec<_> = (0..5).map(|_| who(queue.pop(|_| true))).collect();
        assert_eq!(order, ["speaker", "modest", "greedy", "thinker", "nobody"]);
    }

    #[test]
    fn a_closed_set_past_its_deadline_is_judged_no_more() {
        let mut queue = Queue::default();
        assert!(queue.push(score(Priority::PlayerWaits, "a", Some(Duration::ZERO))).is_ok());
        assert!(queue.push(score(Priority::PlayerWaits, "b", None)).is_ok());
        std::thread::sleep(Duration::from_millis(2));
        let stale = queue.take_stale();
        assert!(matches!(&stale[..], [(_, ModelError::TimedOut)]));
        assert_eq!(who(queue.pop(|_| true)), "b");
    }
}
