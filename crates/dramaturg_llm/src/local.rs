//! llama.cpp on a thread of its own.

mod sampler;
mod worker;

use crate::{
    CompletionRequest, CompletionStream, LanguageModel, ModelError, PendingScores, ScoreRequest,
    ScoreSender, Scoring, StreamEvent, Warm, channel,
};
use crossbeam_channel::Sender;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How a local model is run.
#[derive(Clone, Copy, Debug)]
pub struct LocalSettings {
    /// Tokens of context over all cached sequences.
    pub context_tokens: u32,
    /// Threads that decode; one core fewer than the machine has leaves room for the game.
    pub threads: u32,
}

impl Default for LocalSettings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, |n| n.get());
        // With two cores both are used, the game's frame thread wins by priority of the scheduler.
        let threads = if cores <= 2 { cores } else { (cores - 1).min(8) };
        Self { context_tokens: 6144, threads: threads as u32 }
    }
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
    Complete(CompletionRequest, Sender<StreamEvent>, Arc<AtomicBool>),
    Score(ScoreRequest, ScoreSender, Arc<AtomicBool>),
    Warm(Warm),
}

/// A GGUF model run by llama.cpp. Jobs are served in order; a dropped stream is cancelled at the next token or
/// prompt slice. The chat template is the model file's own.
pub struct Local {
    name: String,
    jobs: Sender<Job>,
}

impl Local {
    /// Loads a model; takes 0.1 to 3 seconds, so never call it from a frame.
    ///
    /// # Errors
    /// [`LocalError`] when there is no usable model in `path`.
    pub fn open(path: &Path, settings: LocalSettings) -> Result<Self, LocalError> {
        check_magic(path)?;
        let (jobs, inbox) = crossbeam_channel::unbounded();
        let (ready, loaded) = crossbeam_channel::bounded(1);
        let file = path.to_owned();
        std::thread::Builder::new()
            .name("dramaturg-llama".into())
            .spawn(move || worker::run(&file, settings, &inbox, &ready))
            .map_err(|source| LocalError::Io { path: path.to_owned(), source })?;
        match loaded.recv() {
            Ok(Ok(())) => {
                let name =
                    path.file_stem().map_or("local".into(), |s| s.to_string_lossy().into_owned());
                Ok(Self { name, jobs })
            }
            Ok(Err(reason)) => Err(LocalError::Damaged { path: path.to_owned(), reason }),
            Err(_) => Err(LocalError::Damaged {
                path: path.to_owned(),
                reason: "its thread ended".into(),
            }),
        }
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
        let _ = self.jobs.send(Job::Complete(request, sender, cancel));
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
}
