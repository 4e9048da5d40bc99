//! A circuit breaker: a server that fails again and again is left alone for a while, so that players don't wait for it.

use super::settings::BreakerSettings;
use serde::Serialize;
use std::time::Instant;

/// How a server is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum BreakerState {
    /// It is asked.
    Closed,
    /// It has failed too often and is left alone.
    Open,
    /// The pause is over: one request tries it.
    HalfOpen,
}

#[derive(Debug)]
pub(super) struct Breaker {
    settings: BreakerSettings,
    failures: u32,
    open_until: Option<Instant>,
    probing: bool,
}

impl Breaker {
    pub(super) fn new(settings: BreakerSettings) -> Self {
        Self { settings, failures: 0, open_until: None, probing: false }
    }

    pub(super) fn state(&self, now: Instant) -> BreakerState {
        match self.open_until {
            None => BreakerState::Closed,
            Some(until) if now < until => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    pub(super) fn allows(&self, now: Instant) -> bool {
        match self.state(now) {
            BreakerState::Closed => true,
            BreakerState::Open => false,
            BreakerState::HalfOpen => !self.probing,
        }
    }

    /// A request begins; true when it is the one that tries the server.
    pub(super) fn begin(&mut self) -> bool {
        self.probing |= self.open_until.is_some();
        self.probing
    }

    pub(super) fn succeeded(&mut self) {
        (self.failures, self.open_until, self.probing) = (0, None, false);
    }

    pub(super) fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        self.probing = false;
        if self.open_until.is_some() || self.failures >= self.settings.failures {
            self.open_until = Some(now + self.settings.pause);
        }
    }

    /// The trying request was cancelled and has shown nothing.
    pub(super) fn probe_lost(&mut self) {
        self.probing = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn settings() -> BreakerSettings {
        BreakerSettings { failures: 2, pause: Duration::from_secs(10) }
    }

    #[test]
    fn it_opens_after_failures_in_a_row_only() {
        let (mut breaker, now) = (Breaker::new(settings()), Instant::now());
        breaker.failed(now);
        breaker.succeeded();
        breaker.failed(now);
        assert_eq!(breaker.state(now), BreakerState::Closed);
        breaker.failed(now);
        assert_eq!(breaker.state(now), BreakerState::Open);
        assert!(!breaker.allows(now));
    }

    #[test]
    fn one_request_tries_it_after_the_pause() {
        let (mut breaker, now) = (Breaker::new(settings()), Instant::now());
        (0..2).for_each(|_| breaker.failed(now));
        let later = now + Duration::from_secs(10);
        assert_eq!(breaker.state(later), BreakerState::HalfOpen);
        assert!(breaker.allows(later) && breaker.begin());
        assert!(!breaker.allows(later));
        breaker.failed(later);
        assert_eq!(breaker.state(later), BreakerState::Open);
        let again = later + Duration::from_secs(10);
        assert!(breaker.begin());
        breaker.probe_lost();
        assert!(breaker.allows(again) && breaker.begin());
        breaker.succeeded();
        assert_eq!(breaker.state(again), BreakerState::Closed);
    }
}
