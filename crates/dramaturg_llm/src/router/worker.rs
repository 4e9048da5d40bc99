//! The router's thread: hands requests to tiers and passes on what comes, as soon as it comes.

use super::book::Book;
use super::completing::Completing;
use super::desk::{Desk, Facts};
use super::judging::Judging;
use super::moment::Moment;
use super::news::News;
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
    /// Breaks off all that is under way, and ends.
    Close,
}

/// Runs until the router is closed, or gone and all that was asked answered. The ledger is written between requests,
/// never while the desk is locked: a disk that stalls holds up no frame.
pub(super) fn run(
    inbox: &Receiver<Job>,
    desk: &Mutex<Desk>,
    clock: &Clock,
    mut book: Option<Book>,
) {
    let mut fails = false;
    let (mut completing, mut judging) = (Vec::<Completing>::new(), Vec::<Judging>::new());
    let mut open = true;
    loop {
        if completing.is_empty() && judging.is_empty() {
            // Nothing is under way, so there is nothing to look after.
            match inbox.recv() {
                Ok(Job::Close) | Err(_) => return,
                Ok(job) => start(job, &mut completing, &mut judging, desk, clock),
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
        while open {
            match inbox.try_recv() {
                Ok(Job::Close) => {
                    completing.iter().for_each(Completing::cancel);
                    judging.iter().for_each(Judging::cancel);
                    open = false;
                    break;
                }
                Ok(job) => start(job, &mut completing, &mut judging, desk, clock),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    open = false;
                    break;
                }
            }
        }
        let ended = {
            let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
            completing.retain_mut(|one| one.pump(&mut desk, clock.as_ref()));
            judging.retain_mut(|one| one.pump(&mut desk, clock.as_ref()));
            desk.unwritten.as_mut().map(std::mem::take).unwrap_or_default()
        };
        if let Some(book) = &mut book {
            for entry in ended {
                let written = book.write(&entry);
                if let Err(error) = &written
                    && !fails
                {
                    tracing::warn!("{error}");
                    let desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
                    desk.news.put(News::Ledger(error.to_string()));
                }
                // Told once, however many entries are lost.
                fails = written.is_err();
            }
        }
        if !open && completing.is_empty() && judging.is_empty() {
            return;
        }
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
        // Taken where jobs are received.
        Job::Close => {}
    }
}
