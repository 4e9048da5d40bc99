//! llama.cpp on a thread of its own.

mod answer;
mod cells;
mod form;
mod grammar;
mod judge;
mod load;
mod prefix_tree;
mod prompt;
mod queue;
mod sampler;
mod speak;
mod step;
mod words;
mod worker;

pub use cells::CacheFigures;

use crate::{
    CompletionRequest, CompletionStream, LanguageModel, ModelError, PendingScores, Priority,
    ScoreRequest, ScoreSender, Scoring, StreamEvent, Warm, channel,
};
use crossbeam_channel::{Receiver, Sender};
use queue::Urgency;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How a local model is run.
#[derive(Clone, Debug)]
pub struct LocalSettings {
    /// Cells of the cache: tokens over all sequences, those that are shared counted once.
    pub context_tokens: u32,
    /// Threads that decode; by default what `DRAMATURG_THREADS` says, else one fewer than the machine has cores. The
    /// threads wait for each other many times a token: with fewer free cores than threads the model gets many times
    /// slower, so leave out the cores that the game itself keeps busy.
    pub threads: u32,
    /// Answers that are written at the same time.
    pub parallel: u32,
    /// Host memory for sequences that had to leave the cache, in bytes; 0 keeps none.
    pub parked_bytes: usize,
    /// Treats the model as one that can't cut a sequence short, as recurrent and hybrid models can't. Found out by
    /// itself; this is how tests make such a model.
    pub never_trim: bool,
}

impl Default for LocalSettings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, |n| n.get());
        let wanted =
            std::env::var("DRAMATURG_THREADS").ok().and_then(|threads| threads.parse().ok());
        // With two cores both are used: fastest as long as nothing else runs.
        let threads = if cores <= 2 { cores } else { (cores - 1).min(8) };
        let threads = wanted.unwrap_or(threads).clamp(1, 64);
        Self {
            context_tokens: 8192,
            threads: threads as u32,
            parallel: 8,
            parked_bytes: 256 << 20,
            never_trim: false,
        }
    }
}

/// What a local model is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalFigures {
    /// The cache.
    pub cache: CacheFigures,
    /// Requests that wait.
    pub waiting: usize,
    /// Answers on their way.
    pub speaking: usize,
    /// Batches that were evaluated since the start.
    pub steps: u64,
}

/// Why a model file could not be used. The story then plays with authored lines.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// No such file.
    #[error("there is no model file at {0}; `cargo xtask play` fetches one")]
    NotFound(PathBuf),
    /// Some other kind of file.
    #[error(
        "{path} is not a GGUF model (it begins with {found:02x?}); delete it and fetch it again"
    )]
    NotAModel {
        /// The file.
        path: PathBuf,
        /// Its first bytes.
        found: Vec<u8>,
    },
    /// The file is a model but can't be loaded.
    #[error(
        "the model {path} can't be loaded ({reason}); it may be cut short: delete it and fetch it again"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What llama.cpp said.
        reason: String,
    },
    /// Reading failed.
    #[error("can't read the model {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

enum Job {
    Complete(Box<CompletionRequest>, Sender<StreamEvent>, Arc<AtomicBool>),
    Score(ScoreRequest, ScoreSender, Arc<AtomicBool>),
    Warm(Warm),
    Save(PathBuf, Sender<std::io::Result<usize>>),
    Load(PathBuf, Sender<std::io::Result<usize>>),
    Close,
}

impl Job {
    fn urgency(&self) -> Urgency {
        match self {
            Self::Complete(request, ..) => Urgency::Asked(request.work.priority),
            // A closed set is judged while the player waits for it.
            Self::Score(..) => Urgency::Asked(Priority::PlayerWaits),
            Self::Warm(_) | Self::Save(..) | Self::Load(..) | Self::Close => Urgency::Warm,
        }
    }
    fn character(&self) -> &str {
        match self {
            Self::Complete(request, ..) => &request.work.character,
            _ => "",
        }
    }
    fn deadline(&self) -> Option<Duration> {
        match self {
            Self::Complete(request, ..) => request.work.deadline,
            _ => None,
        }
    }
    fn is_cancelled(&self) -> bool {
        match self {
            Self::Complete(_, _, cancel) | Self::Score(_, _, cancel) => cancel.load(Relaxed),
            _ => false,
        }
    }
    /// Answers that it is not done.
    fn refuse(self, error: ModelError) {
        match self {
            Self::Complete(_, events, _) => drop(events.send(StreamEvent::Failed(error))),
            Self::Score(_, answer, _) => drop(answer.send(Err(error))),
            Self::Warm(_) | Self::Close => {}
            Self::Save(_, answer) | Self::Load(_, answer) => {
                drop(answer.send(Err(std::io::Error::other(error.to_string()))));
            }
        }
    }
}

/// A GGUF model run by llama.cpp, with continuous batching: requests join and leave between steps, those that begin
/// alike share what was evaluated, the most urgent go first. A dropped stream is cancelled within a slice of a prompt.
/// The chat template is the model file's own.
pub struct Local {
    name: String,
    jobs: Sender<Job>,
    figures: Arc<Mutex<LocalFigures>>,
    /// Breaks off when the thread has ended.
    ended: Receiver<()>,
}

/// Sequences of the cache. Each character and each hypothesis holds one; those not used for longest make room.
const SEQUENCES: i32 = 64;
/// How many of them a saved cache keeps, the longest first.
const SAVED_SEQUENCES: usize = 16;

impl Local {
    /// Loads a model; takes 0.1 to 3 seconds, so never call it from a frame.
    ///
    /// # Errors
    /// [`LocalError`] when there is no usable model in `path`.
    pub fn open(path: &Path, settings: LocalSettings) -> Result<Self, LocalError> {
        check_magic(path)?;
        let (jobs, inbox) = crossbeam_channel::unbounded();
        let (ready, loaded) = crossbeam_channel::bounded(1);
        let figures = Arc::new(Mutex::new(LocalFigures::default()));
        let (file, told) = (path.to_owned(), figures.clone());
        let (alive, ended) = crossbeam_channel::bounded(0);
        std::thread::Builder::new()
            .name("dramaturg-llama".into())
            .spawn(move || {
                load::run(&file, &settings, &inbox, told, &ready);
                drop::<Sender<()>>(alive);
            })
            .map_err(|source| LocalError::Io { path: path.to_owned(), source })?;
        match loaded.recv() {
            Ok(Ok(())) => {
                let name =
                    path.file_stem().map_or("local".into(), |s| s.to_string_lossy().into_owned());
                Ok(Self { name, jobs, figures, ended })
            }
            Ok(Err(reason)) => Err(LocalError::Damaged { path: path.to_owned(), reason }),
            Err(_) => Err(LocalError::Damaged {
                path: path.to_owned(),
                reason: "its thread ended".into(),
            }),
        }
    }

    /// What the model is doing.
    pub fn figures(&self) -> LocalFigures {
        *self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what the cache holds into a folder, so that a saved game is warm again after a restart. The answer, how
    /// many sequences were written, comes on the channel.
    pub fn save_cache(&self, folder: &Path) -> Receiver<std::io::Result<usize>> {
        let (sender, receiver) = crossbeam_channel::bounded(1);
        let _ = self.jobs.send(Job::Save(folder.to_owned(), sender));
        receiver
    }

    /// Reads what [`Self::save_cache`] wrote. A file of another model is left out.
    pub fn load_cache(&self, folder: &Path) -> Receiver<std::io::Result<usize>> {
        let (sender, receiver) = crossbeam_channel::bounded(1);
        let _ = self.jobs.send(Job::Load(folder.to_owned(), sender));
        receiver
    }
}

fn check_magic(path: &Path) -> Result<(), LocalError> {
    let io = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => LocalError::NotFound(path.to_owned()),
        _ => LocalError::Io { path: path.to_owned(), source },
    };
    let mut found = Vec::new();
    std::fs::File::open(path).map_err(io)?.take(4).read_to_end(&mut found).map_err(io)?;
    if found == b"GGUF" {
        Ok(())
    } else {
        Err(LocalError::NotAModel { path: path.to_owned(), found })
    }
}

impl LanguageModel for Local {
    fn name(&self) -> &str {
        &self.name
    }
    fn scoring(&self) -> Scoring {
        Scoring::Both
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        let (stream, sender, cancel) = channel();
        // When the thread is gone the sender is dropped with the job and the stream says so.
        let _ = self.jobs.send(Job::Complete(Box::new(request), sender, cancel));
        stream
    }
    fn score(&self, request: ScoreRequest) -> PendingScores {
        let (pending, sender, cancel) = PendingScores::channel();
        let _ = self.jobs.send(Job::Score(request, sender, cancel));
        pending
    }
    fn warm(&self, what: Warm) {
        let _ = self.jobs.send(Job::Warm(what));
    }
    fn close(&self, longest: Duration) {
        let _ = self.jobs.send(Job::Close);
        let _ = self.ended.recv_timeout(longest);
    }
}
