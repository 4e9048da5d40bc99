//! Counts requests and tokens over sliding windows.

use super::settings::Limits;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What a request takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub tokens: u64,
}

/// The most that is taken within any span of one length. A token bucket would let twice that through when it is full at
/// the start; providers count windows.
#[derive(Debug)]
struct Window {
    span: Duration,
    limit: u64,
    used: u64,
    /// When how much was taken; takings close together share a slot and leave with its latest.
    slots: VecDeque<Slot>,
}

#[derive(Debug)]
struct Slot {
    first: Instant,
    last: Instant,
    amount: u64,
}

impl Window {
    fn new(span: Duration, limit: u64) -> Self {
        Self { span, limit, used: 0, slots: VecDeque::new() }
    }

    /// How long until so much more may be taken. More than the limit counts as the limit: it would never fit.
    fn wait(&mut self, amount: u64, now: Instant) -> Duration {
        while let Some(slot) = self.slots.front().filter(|slot| slot.last + self.span <= now) {
            self.used -= slot.amount;
            self.slots.pop_front();
        }
        let room = self.limit - amount.min(self.limit);
        let mut used = self.used;
        for slot in &self.slots {
            if used <= room {
                break;
            }
            used -= slot.amount;
            if used <= room {
                return (slot.last + self.span).saturating_duration_since(now);
            }
        }
        // With a limit of nothing no slot is ever there to wait for.
        if self.limit == 0 { self.span } else { Duration::ZERO }
    }

    fn take(&mut self, amount: u64, now: Instant) {
        self.used += amount;
        match self.slots.back_mut() {
            Some(slot) if now.duration_since(slot.first) < self.span / 60 => {
                slot.last = now;
                slot.amount += amount;
            }
            _ => self.slots.push_back(Slot { first: now, last: now, amount }),
        }
    }

    /// Corrects an estimate.
    fn correct(&mut self, estimated: u64, real: u64, now: Instant) {
        if real > estimated {
            return self.take(real - estimated, now);
        }
        let mut over = estimated - real;
        for slot in self.slots.iter_mut().rev() {
            let part = over.min(slot.amount);
            slot.amount -= part;
            self.used -= part;
            over -= part;
        }
    }
}

/// The limits of one server and what was taken of them.
#[derive(Debug)]
pub(super) struct Meter {
    requests: Vec<Window>,
    tokens: Vec<Window>,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        let windows = |minute: Option<u64>, day: Option<u64>| {
            let minute = minute.map(|limit| Window::new(MINUTE, limit));
            minute.into_iter().chain(day.map(|limit| Window::new(DAY, limit))).collect()
        };
        Self {
            requests: windows(limits.requests_per_minute, limits.requests_per_day),
            tokens: windows(limits.tokens_per_minute, limits.tokens_per_day),
        }
    }

    /// How long until a request of this cost may be sent.
    pub(super) fn wait(&mut self, cost: Cost, now: Instant) -> Duration {
        let requests = self.requests.iter_mut().map(|w| w.wait(1, now));
        let tokens = self.tokens.iter_mut().map(|w| w.wait(cost.tokens, now));
        requests.chain(tokens).max().unwrap_or_default()
    }

    pub(super) fn take(&mut self, cost: Cost, now: Instant) {
        self.requests.iter_mut().for_each(|w| w.take(1, now));
        self.tokens.iter_mut().for_each(|w| w.take(cost.tokens, now));
    }

    pub(super) fn correct(&mut self, estimated: Cost, real: u64, now: Instant) {
        self.tokens.iter_mut().for_each(|w| w.correct(estimated.tokens, real, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn requests_of_a_minute() {
        let limits = Limits { requests_per_minute: Some(2), ..Limits::default() };
        let (mut meter, start, cost) = (Meter::new(limits), Instant::now(), Cost { tokens: 0 });
        for at in [0, 10] {
            assert_eq!(meter.wait(cost, start + seconds(at)), Duration::ZERO);
            meter.take(cost, start + seconds(at));
        }
        assert_eq!(meter.wait(cost, start + seconds(20)), seconds(40));
        assert_eq!(meter.wait(cost, start + seconds(60)), Duration::ZERO);
    }

    #[test]
    fn tokens_of_a_day_are_corrected_by_the_servers_count() {
        let limits = Limits { tokens_per_day: Some(100), ..Limits::default() };
        let (mut meter, now) = (Meter::new(limits), Instant::now());
        meter.take(Cost { tokens: 90 }, now);
        assert!(meter.wait(Cost { tokens: 50 }, now) > seconds(86_000));
        meter.correct(Cost { tokens: 90 }, 30, now);
        assert_eq!(meter.wait(Cost { tokens: 50 }, now), Duration::ZERO);
        meter.correct(Cost { tokens: 30 }, 60, now);
        assert!(meter.wait(Cost { tokens: 50 }, now) > Duration::ZERO);
    }

    #[test]
    fn a_request_above_the_limit_waits_for_an_empty_window_only() {
        let limits = Limits { tokens_per_minute: Some(10), ..Limits::default() };
        let (mut meter, now) = (Meter::new(limits), Instant::now());
        assert_eq!(meter.wait(Cost { tokens: 50 }, now), Duration::ZERO);
        meter.take(Cost { tokens: 50 }, now);
        assert_eq!(meter.wait(Cost { tokens: 1 }, now), seconds(60));
    }

    #[test]
    fn a_limit_of_nothing_lets_nothing_through() {
        let limits = Limits { requests_per_day: Some(0), ..Limits::default() };
        assert!(Meter::new(limits).wait(Cost { tokens: 1 }, Instant::now()) > seconds(1));
    }

    proptest! {
        #[test]
        fn no_window_ever_holds_more_than_the_limit(
            limit in 1u64..50,
            wishes in prop::collection::vec((1u64..20, 0u64..8_000), 1..120),
        ) {
            let mut window = Window::new(MINUTE, limit);
            let mut now = Instant::now();
            let mut taken: Vec<(Instant, u64)> = Vec::new();
            for (amount, pause) in wishes {
                now += Duration::from_millis(pause);
                let amount = amount.min(limit);
                now += window.wait(amount, now);
                prop_assert_eq!(window.wait(amount, now), Duration::ZERO);
                window.take(amount, now);
                taken.push((now, amount));
                let within: u64 =
                    taken.iter().filter(|t| t.0 + MINUTE > now).map(|t| t.1).sum();
                prop_assert!(within <= limit, "{within} of {limit}");
            }
        }
    }
}
