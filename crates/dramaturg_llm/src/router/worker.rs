//! The router's thread: hands requests to tiers and passes on what comes, as soon as it comes.

use super::completing::Completing;
use super::desk::{Desk, Facts};
use super::judging::Judging;
use super::moment::Moment;
use crate::{CompletionRequest, ScoreRequest, ScoreSender, StreamEvent, Warm};
use crossbeam_channel::{Receiver, Select, Sender, TryRecvError};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Who hangs up is noticed within this time; words never wait for it.
const TICK: Duration = Duration::from_millis(10);

pub(super) type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

pub(super) enum Job {
    Complete(Box<CompletionRequest>, (Sender<StreamEvent>, Arc<AtomicBool>), Facts, Moment),
    Score(ScoreRequest, (ScoreSender, Arc<AtomicBool>), Facts, Moment),
    Warm(Facts, Warm),
}

/// Runs until the router is gone and all that was asked is answered.
pub(super) fn run(inbox: &Receiver<Job>, desk: &Mutex<Desk>, clock: &Clock) {
    let (mut completing, mut judging) = (Vec::<Completing>::new(), Vec::<Judging>::new());
    let mut open = true;
    loop {
        if completing.is_empty() && judging.is_empty() {
            // Nothing is under way, so there is nothing to look after.
            match inbox.recv() {
                Ok(job) => start(job, &mut completing, &mut judging, desk, clock),
                Err(_) => return,
            }
        } else {
            let mut select = Select::new();
            if open {
                select.recv(inbox);
            }
            completing.iter().filter_map(Completing::events).for_each(|events| {
                select.recv(events);
            });
            judging.iter().filter_map(Judging::scores).for_each(|scores| {
                select.recv(scores);
            });
            // Ready or not: what has come is taken below, and cancelled work is noticed.
            let _ = select.ready_timeout(TICK);
        }
        loop {
            match inbox.try_recv() {
                Ok(job) => start(job, &mut completing, &mut judging, desk, clock),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    open = false;
                    break;
                }
            }
        }
        let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
        completing.retain_mut(|one| one.pump(&mut desk, clock.as_ref()));
        judging.retain_mut(|one| one.pump(&mut desk, clock.as_ref()));
    }
}

fn start(
    job: Job,
    completing: &mut Vec<Completing>,
    judging: &mut Vec<Judging>,
    desk: &Mutex<Desk>,
    clock: &Clock,
) {
    let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
    match job {
        Job::Complete(request, ends, facts, asked) => {
            completing.extend(Completing::begin(*request, ends, facts, asked, &mut desk));
        }
        Job::Score(request, ends, facts, asked) => {
            judging.extend(Judging::begin(request, ends, facts, asked, &mut desk));
        }
        Job::Warm(facts, what) => {
            if let Some(model) = desk.warmed(&facts, clock()) {
                model.warm(what);
            }
        }
    }
}
