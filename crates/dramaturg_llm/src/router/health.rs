//! Which tiers answer, and how soon.

use super::moment::Moment;
use super::policy::Health;
use super::why::Outcome;
use crate::ModelError;
use std::time::Duration;

/// What the last requests say of a tier.
#[derive(Clone, Copy, Debug)]
pub(super) struct TierHealth {
    failures: u32,
    paused_until: Option<Duration>,
    /// How long its first word usually takes.
    pub(super) first_word: Option<Duration>,
}

impl TierHealth {
    pub(super) fn new(first_word_ms: Option<u64>) -> Self {
        let first_word = first_word_ms.map(Duration::from_millis);
        Self { failures: 0, paused_until: None, first_word }
    }

    /// For how long it is still left alone.
    pub(super) fn pause(&self, now: Moment) -> Option<Duration> {
        let left = self.paused_until?.checked_sub(now.elapsed)?;
        (!left.is_zero()).then_some(left)
    }

    pub(super) fn learn(
        &mut self,
        outcome: &Outcome,
        first_word: Option<Duration>,
        now: Moment,
        policy: Health,
    ) {
        if let Some(new) = first_word {
            // One slow answer is no slow tier.
            self.first_word = Some(self.first_word.map_or(new, |old| old * 3 / 4 + new / 4));
        }
        match outcome {
            Outcome::Answered | Outcome::Unsure(_) => {
                (self.failures, self.paused_until) = (0, None);
            }
            Outcome::Failed(
                ModelError::TimedOut | ModelError::Unreachable(_) | ModelError::Garbage(_),
            ) => {
                self.failures = self.failures.saturating_add(1);
                // After the pause a single failure begins the next one.
                if self.failures >= policy.failures {
                    let pause = Duration::from_millis(policy.pause_ms);
                    self.paused_until = Some(now.elapsed.saturating_add(pause));
                }
            }
            // Says nothing of the tier: the request was too long, the queue full, the caller gone.
            Outcome::Failed(_) | Outcome::Cancelled | Outcome::Refused => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_tier_is_left_alone_and_tried_again_once() {
        let policy = Health { failures: 2, pause_ms: 1000 };
        let failed = Outcome::Failed(ModelError::TimedOut);
        let at = |ms| Moment { elapsed: Duration::from_millis(ms), day: 1 };
        let mut health = TierHealth::new(None);
        health.learn(&failed, None, at(0), policy);
        assert_eq!(health.pause(at(0)), None);
        health.learn(&failed, None, at(10), policy);
        assert_eq!(health.pause(at(11)), Some(Duration::from_millis(999)));
        assert_eq!(health.pause(at(1010)), None);
        health.learn(&failed, None, at(1020), policy);
        assert!(health.pause(at(1021)).is_some());
        health.learn(&Outcome::Answered, Some(Duration::from_millis(80)), at(3000), policy);
        health.learn(&failed, None, at(3001), policy);
        assert_eq!(health.pause(at(3002)), None);
        health.learn(&Outcome::Answered, Some(Duration::from_millis(400)), at(3003), policy);
        assert_eq!(health.first_word, Some(Duration::from_millis(160)));
    }
}
