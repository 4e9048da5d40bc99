//! llama.cpp on a thread of its own.

mod adapters;
mod answer;
mod brief;
mod cells;
mod embed;
mod form;
mod free;
mod gguf;
mod grammar;
mod judge;
mod load;
mod memory;
mod prefix_tree;
mod processor;
mod prompt;
mod queue;
mod sampler;
mod speak;
mod step;
mod turns;
mod weights;
mod words;
mod worker;
#[cfg(test)]
#[path = "../tests/gguf/mod.rs"]
mod written;

pub use adapters::{Adapter, AdapterFault};
pub use cells::CacheFigures;
pub use embed::{Embedder, Purpose};
pub use memory::{MemoryLimit, MemoryPlan, Smaller};
pub use processor::{answer_probe, processor_libraries, processor_variant};

use crate::{
    AdapterId, CompletionRequest, CompletionStream, LanguageModel, ModelError, PendingScores,
    ScoreRequest, ScoreSender, Scoring, StreamEvent, Warm, channel,
};
use crossbeam_channel::{Receiver, Sender};
use gguf::{Header, HeaderError};
use memory::Gigabytes;
use queue::Urgency;
use std::collections::BTreeMap;
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
    /// Layers that a graphics card computes; more than there are is all of them. By default all where the program is built
    /// with one of the features `cuda`, `vulkan` and `metal` (always on Macs with Apple's processors), else none.
    pub gpu_layers: u32,
    /// The adapters, by the names under which [`CompletionRequest::adapter`] asks for them. All are loaded at once.
    pub adapters: BTreeMap<AdapterId, Adapter>,
    /// How much memory the model may take; what would take more is refused before it is loaded.
    pub memory: MemoryLimit,
    /// Models to be named where this one does not fit.
    pub smaller: Vec<Smaller>,
    /// Treats the model as one that can't cut a sequence short, as recurrent and hybrid models can't. Found out by
    /// itself; this is how tests make such a model.
    pub never_trim: bool,
}

/// Whether llama.cpp is built for a graphics card. On Macs with Apple's processors its Rust crate always builds Metal in.
const ON_GPU: bool = cfg!(any(
    feature = "cuda",
    feature = "vulkan",
    feature = "metal",
    all(target_os = "macos", target_arch = "aarch64")
));

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
            gpu_layers: if ON_GPU { u32::MAX } else { 0 },
            adapters: BTreeMap::new(),
            memory: MemoryLimit::default(),
            smaller: Vec::new(),
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
    /// None of llama.cpp's code runs on this processor.
    #[error("no local model can run here: {0}; a server can be used instead")]
    Processor(String),
    /// It would take more memory than there is.
    #[error(
        "the model {} needs {plan}; {} are free. {}", path.display(), Gigabytes(*free_bytes),
        smaller.as_ref().map_or_else(
            || "Close other programs, or take a smaller model".to_owned(),
            |id| format!("Take the model `{id}`, which would fit, or close other programs"),
        )
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What it would take.
        plan: MemoryPlan,
        /// What it may take.
        free_bytes: u64,
        /// The largest of [`LocalSettings::smaller`] that would fit.
        smaller: Option<String>,
    },
    /// An adapter is missing, damaged, or made for another model.
    #[error("the adapter `{id}` ({path}) can't be used: {fault}")]
    Adapter {
        /// Its name.
        id: AdapterId,
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        fault: AdapterFault,
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
    Score(Box<ScoreRequest>, ScoreSender, Arc<AtomicBool>),
    Warm(Box<Warm>),
    Save(PathBuf, Sender<std::io::Result<usize>>),
    Load(PathBuf, Sender<std::io::Result<usize>>),
    Clear(Sender<CacheFigures>),
    Audit(Sender<Vec<String>>),
    Close,
}

impl Job {
    fn urgency(&self) -> Urgency {
        match self {
            Self::Complete(request, ..) => Urgency::Asked(request.work.priority),
            Self::Score(request, ..) => Urgency::Asked(request.work.priority),
            Self::Warm(_)
            | Self::Save(..)
            | Self::Load(..)
            | Self::Clear(_)
            | Self::Audit(_)
            | Self::Close => Urgency::Warm,
        }
    }
    fn character(&self) -> &str {
        match self {
            Self::Complete(request, ..) => &request.work.character,
            Self::Score(request, ..) => &request.work.character,
            _ => "",
        }
    }
    fn deadline(&self) -> Option<Duration> {
        match self {
            Self::Complete(request, ..) => request.work.deadline,
            Self::Score(request, ..) => request.work.deadline,
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
            Self::Warm(_) | Self::Clear(_) | Self::Audit(_) | Self::Close => {}
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
    /// [`LocalError`] when there is no usable model in `path`, when it or an adapter does not fit.
    pub fn open(path: &Path, settings: LocalSettings) -> Result<Self, LocalError> {
        check(path, &settings)?;
        processor::prepare(path).map_err(LocalError::Processor)?;
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
            Ok(Err(error)) => Err(error),
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

    /// Forgets whatever nobody works with just now, in the cache and in host memory: for the end of a scene whose
    /// characters won't come back. The answer is what is held afterwards; nothing, unless an answer is on its way.
    pub fn clear_cache(&self) -> Receiver<CacheFigures> {
        let (sender, receiver) = crossbeam_channel::bounded(1);
        let _ = self.jobs.send(Job::Clear(sender));
        receiver
    }

    /// Where the books of the cache differ from what llama.cpp holds, in words; for tests.
    #[doc(hidden)]
    pub fn audit(&self) -> Receiver<Vec<String>> {
        let (sender, receiver) = crossbeam_channel::bounded(1);
        let _ = self.jobs.send(Job::Audit(sender));
        receiver
    }
}

/// The header of a model's file.
fn header(path: &Path) -> Result<Header, LocalError> {
    let path = path.to_owned();
    Header::read(&path).map_err(|error| match error {
        HeaderError::Io(source) if source.kind() == std::io::ErrorKind::NotFound => {
            LocalError::NotFound(path)
        }
        HeaderError::Io(source) => LocalError::Io { path, source },
        HeaderError::NotGguf(found) => LocalError::NotAModel { path, found },
        other => LocalError::Damaged { path, reason: other.to_string() },
    })
}

/// Whether the file and its adapters are what they should be, and fit into the memory.
fn check(path: &Path, settings: &LocalSettings) -> Result<(), LocalError> {
    let plan = MemoryPlan::of(path, settings)?;
    match settings.memory.bytes() {
        Some(free_bytes) if !plan.fits(free_bytes) => {
            let smaller = plan.smaller(&settings.smaller, free_bytes);
            let smaller = smaller.map(|model| model.id.clone());
            Err(LocalError::TooLarge { path: path.to_owned(), plan, free_bytes, smaller })
        }
        _ => Ok(()),
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
        let _ = self.jobs.send(Job::Score(Box::new(request), sender, cancel));
        pending
    }
    fn warm(&self, what: Warm) {
        let _ = self.jobs.send(Job::Warm(Box::new(what)));
    }
    fn close(&self, longest: Duration) {
        let _ = self.jobs.send(Job::Close);
        let _ = self.ended.recv_timeout(longest);
    }
}

/// How long letting go of a model waits for what it is just computing.
const LETTING_GO: Duration = Duration::from_secs(3);

/// A program that ends while llama.cpp computes takes its libraries away under its feet, and may crash.
impl Drop for Local {
    fn drop(&mut self) {
        self.close(LETTING_GO);
    }
}
