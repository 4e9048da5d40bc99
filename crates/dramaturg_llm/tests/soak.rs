//! Many requests of all kinds at random, cancelled at random: nothing leaks, nobody waits for ever, and each request has
//! one end. A short run is part of every test run; `DRAMATURG_SOAK=10000 cargo test -p dramaturg_llm --test soak` makes
//! it long. `DRAMATURG_SEED` repeats a run.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "soak/exact.rs"]
mod exact;
#[path = "soak/local.rs"]
mod local;
#[path = "soak/remote.rs"]
mod remote;
#[path = "soak/room.rs"]
mod room;
#[path = "remote/support.rs"]
#[allow(dead_code, reason = "the other tests of servers use the rest")]
mod support;

use dramaturg_llm::{CompletionStream, ModelError, StreamEvent};
use std::time::{Duration, Instant};

/// Whoever waits longer waits for ever: the whole short run takes less.
const FOR_EVER: Duration = Duration::from_secs(240);

/// How many requests are made.
fn count(short: usize) -> usize {
    let number = |text: String| text.parse().expect("DRAMATURG_SOAK is a number of requests");
    std::env::var("DRAMATURG_SOAK").map_or(short, number)
}

/// The seed of this run; it is shown when the test fails.
fn seed() -> u64 {
    let number = |text: String| text.parse().expect("DRAMATURG_SEED is a number");
    let seed = std::env::var("DRAMATURG_SEED").map_or_else(|_| fastrand::u64(..), number);
    println!("repeat with DRAMATURG_SEED={seed}");
    seed
}

/// When a caller loses interest.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Patience {
    /// Never.
    Listens,
    /// Cancels after so many events, or so soon, and listens on.
    Cancels(usize, Duration),
    /// Drops the stream after so many events, or so soon; 0 is before it began.
    Leaves(usize, Duration),
}

impl Patience {
    fn any(rng: &mut fastrand::Rng) -> Self {
        let (events, soon) = (rng.usize(0..6), Duration::from_millis(rng.u64(0..300)));
        match rng.u8(0..6) {
            0 => Self::Cancels(events, soon),
            1 => Self::Leaves(events, soon),
            _ => Self::Listens,
        }
    }
}

/// What came of a completion: the events up to its end, and the end, if somebody waited for it.
#[derive(Debug)]
struct Heard {
    events: Vec<StreamEvent>,
    end: Option<Result<(), ModelError>>,
}

impl Heard {
    fn text(&self) -> String {
        support::text(&self.events)
    }
}

/// Listens to a completion. A hang, an event behind the end and a stream without an end are failures.
fn listen(stream: CompletionStream, patience: Patience) -> Heard {
    let begun = Instant::now();
    let mut heard = Heard { events: Vec::new(), end: None };
    let mut cancelled = false;
    let gone = StreamEvent::Failed(ModelError::Unreachable("its thread has ended".into()));
    loop {
        let until = match patience {
            Patience::Leaves(events, _) if heard.events.len() >= events => return heard,
            Patience::Cancels(events, _) if !cancelled && heard.events.len() >= events => {
                stream.cancel();
                cancelled = true;
                continue;
            }
            Patience::Leaves(_, soon) => soon,
            Patience::Cancels(_, soon) if !cancelled => soon,
            _ => FOR_EVER,
        };
        let asked = Instant::now();
        let event = stream.next(until);
        if event == StreamEvent::Failed(ModelError::TimedOut) && asked.elapsed() >= until {
            match patience {
                Patience::Leaves(..) => return heard,
                Patience::Cancels(..) if !cancelled => {
                    stream.cancel();
                    cancelled = true;
                    continue;
                }
                _ => panic!("no end after {:?}: {heard:?}", begun.elapsed()),
            }
        }
        // The backend's own word of a deadline may come in the very moment in which patience ends, and was taken for that.
        if event == gone && cancelled {
            heard.end = Some(Err(ModelError::TimedOut));
            return heard;
        }
        heard.end = match event {
            StreamEvent::Done => Some(Ok(())),
            StreamEvent::Failed(error) => Some(Err(error)),
            event => {
                heard.events.push(event);
                continue;
            }
        };
        // The sender goes away behind the end, and nothing comes before it has gone.
        let behind = stream.next(FOR_EVER);
        assert_eq!(behind, gone, "something came behind the end: {heard:?}");
        return heard;
    }
}

/// Waits until `done`; a failure names what did not come.
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < FOR_EVER, "this did not come: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
