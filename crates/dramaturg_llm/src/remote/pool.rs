//! Chooses a server for each request, tries again and goes over to the next one.

use super::RemoteError;
use super::endpoint::{Attempt, Endpoint, Readiness};
use super::failure::{Again, Failure};
use super::limits::Cost;
use super::settings::{RemoteSettings, Retry};
use crate::ModelError;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A server may refuse one field after another; more often than this it means something else.
const MOST_CHANGES: u32 = 10;

/// All servers.
pub(super) struct Pool {
    pub endpoints: Vec<Arc<Endpoint>>,
    pub settings: RemoteSettings,
    /// Where the search begins, so that equals take turns.
    turn: AtomicUsize,
}

/// What one request knows of the servers.
struct Tries {
    /// Not before this, by server.
    not_before: Vec<Option<Instant>>,
    /// Asked in vain; would fail again.
    barred: Vec<bool>,
    /// Its breaker has counted this request: a request that breaks a server is one failure, however often it is tried.
    blamed: Vec<bool>,
    made: u32,
    last: Option<ModelError>,
}

enum Pick {
    Now(usize),
    /// By a pause, a limit or a server's wish.
    At(Instant),
    Nobody,
}

impl Pool {
    pub(super) fn new(settings: RemoteSettings) -> Result<Self, RemoteError> {
        let endpoint = |one| Endpoint::new(one, &settings).map(Arc::new);
        let endpoints: Vec<_> =
            settings.endpoints.iter().cloned().map(endpoint).collect::<Result<_, _>>()?;
        if endpoints.is_empty() {
            return Err(RemoteError::NoEndpoint);
        }
        Ok(Self { endpoints, settings, turn: AtomicUsize::new(0) })
    }

    /// The least loaded server of the lowest tier that has one.
    fn pick(&self, tries: &Tries, cost: Cost, now: Instant) -> Pick {
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let count = self.endpoints.len();
        let mut best: Option<((u8, f64), usize)> = None;
        let mut soonest: Option<Instant> = None;
        for at in (0..count).map(|i| (first + i) % count).filter(|&at| !tries.barred[at]) {
            let endpoint = &self.endpoints[at];
            let free = match endpoint.readiness(cost, now) {
                Readiness::LeftAlone => continue,
                Readiness::Later(free) => free,
                Readiness::Ready(load) => match tries.not_before[at].filter(|free| *free > now) {
                    Some(free) => free,
                    None => {
                        let rank = (endpoint.settings.tier, load);
                        if best.is_none_or(|(other, _)| rank < other) {
                            best = Some((rank, at));
                        }
                        continue;
                    }
                },
            };
            soonest = Some(soonest.map_or(free, |other| other.min(free)));
        }
        match (best, soonest) {
            (Some((_, at)), _) => Pick::Now(at),
            (None, Some(free)) => Pick::At(free),
            (None, None) => Pick::Nobody,
        }
    }

    /// Asks until a server answers, the tries are used up, or it is too late.
    pub(super) async fn ask<T>(
        &self,
        cost: Cost,
        deadline: Instant,
        mut call: impl AsyncFnMut(&Attempt) -> Result<T, Failure>,
    ) -> Result<T, ModelError> {
        let count = self.endpoints.len();
        let mut tries = Tries {
            not_before: vec![None; count],
            barred: vec![false; count],
            blamed: vec![false; count],
            made: 0,
            last: None,
        };
        let (mut changes, mut same) = (0, None);
        loop {
            let now = Instant::now();
            if now >= deadline {
                return Err(tries.last.unwrap_or(ModelError::TimedOut));
            }
            let at = match same.take() {
                Some(at) => at,
                None => match self.pick(&tries, cost, now) {
                    Pick::Now(at) => at,
                    Pick::At(free) => {
                        let wait = free.saturating_duration_since(now);
                        if free >= deadline || wait > self.settings.retry.longest_wait {
                            return Err(tries.last.unwrap_or_else(|| self.busy()));
                        }
                        tokio::time::sleep(wait).await;
                        continue;
                    }
                    Pick::Nobody => return Err(tries.last.unwrap_or_else(left_alone)),
                },
            };
            let attempt = self.endpoints[at].begin(cost);
            let failure = match call(&attempt).await {
                Ok(answer) => {
                    attempt.succeeded();
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            let error = attempt.endpoint.without_key(failure.error);
            tracing::debug!(server = attempt.endpoint.name, %error, "a request to a model failed");
            let counted = tries.blamed[at];
            tries.blamed[at] |= failure.blame;
            attempt.failed(failure.blame, counted);
            if failure.again == Again::Never {
                return Err(error);
            }
            if failure.again == Again::Otherwise && changes < MOST_CHANGES {
                changes += 1;
                same = Some(at);
                tries.last = Some(error);
                continue;
            }
            tries.made += 1;
            if tries.made >= self.settings.retry.tries {
                return Err(error);
            }
            tries.last = Some(error);
            match failure.again {
                Again::Later(wish) => {
                    if let Some(wait) = wish {
                        self.endpoints[at].rest(wait);
                    }
                    tries.not_before[at] =
                        Some(Instant::now() + pause(&self.settings.retry, tries.made));
                }
                _ => tries.barred[at] = true,
            }
        }
    }

    fn busy(&self) -> ModelError {
        ModelError::Busy(self.endpoints.iter().map(|one| one.inspect().in_flight).sum())
    }
}

fn left_alone() -> ModelError {
    ModelError::Unreachable(
        "every server has failed lately; they are tried again in some seconds".into(),
    )
}

/// A random part of a pause that doubles with each try: requests that failed together don't come back together.
fn pause(retry: &Retry, tries: u32) -> Duration {
    let doubled = retry.first_pause.saturating_mul(1 << (tries - 1).min(16));
    doubled.min(retry.longest_wait).mul_f64(fastrand::f64())
}
