//! The interface behind which every backend stands.

use crate::{CompletionRequest, ScoreRequest, Warm};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Why a model gave no answer. Never ends a conversation: the caller speaks an authored line instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ModelError {
    /// Nothing came within the deadline.
    #[error("the model gave no answer in time; the story goes on with authored lines")]
    TimedOut,
    /// The caller cancelled.
    #[error("the request was cancelled")]
    Cancelled,
    /// The backend is gone or refused.
    #[error(
        "the model can't be reached ({0}); check that it runs, the story goes on with authored lines"
    )]
    Unreachable(String),
    /// The backend answered, but not in its protocol.
    #[error("the model's answer makes no sense ({0}); the story goes on with authored lines")]
    Garbage(String),
    /// The backend can't do this.
    #[error("this model can't {0}")]
    Unsupported(String),
    /// So much was waiting already that this was not taken on.
    #[error("too much is waiting already ({0} requests); the story goes on with authored lines")]
    Busy(usize),
    /// A router may ask none of its tiers, each for the reason given.
    #[error("no model may be asked ({0}); the story goes on with authored lines")]
    NoTier(String),
    /// The prompt does not fit.
    #[error("the prompt has {tokens} tokens, the model takes {limit}")]
    TooLong {
        /// Tokens of the prompt.
        tokens: usize,
        /// Tokens that fit.
        limit: usize,
    },
    /// The journal holds no answer to this request: today's code asks something else than the recorded code.
    #[error("no recorded answer to request {0}")]
    NotRecorded(String),
}

/// A call of a tool, valid by the tool's schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The server's id of the call, or its number.
    pub id: String,
    /// Which tool.
    pub name: String,
    /// Its arguments.
    pub arguments: serde_json::Value,
}

/// Why a call can't be carried out. It is told to the caller, who may tell the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum ToolError {
    /// Nobody offered such a tool.
    #[error("there is no tool '{0}'")]
    Unknown(String),
    /// The arguments are not what the tool takes.
    #[error("the arguments of '{name}' are wrong: {reason}")]
    Invalid {
        /// Which tool.
        name: String,
        /// What is wrong with them.
        reason: String,
    },
}

/// What an answer cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// How many of them were in a cache.
    pub cached_tokens: u32,
    /// Tokens that were written.
    pub completion_tokens: u32,
}

/// What arrives on a completion's channel.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamEvent {
    /// How long the prompt is, where the backend knows it. Comes first.
    Prompt {
        /// Tokens of it.
        tokens: usize,
        /// How many of them did not have to be evaluated again.
        cached: usize,
    },
    /// Which of the request's leads was chosen (an index into them).
    Lead(usize),
    /// More words.
    Text(String),
    /// A field of the request's schema is whole: its name (of the outermost object) and its value.
    Field(String, serde_json::Value),
    /// The model calls a tool, or tried to.
    Tool(Result<ToolCall, ToolError>),
    /// What it cost. Comes at most once, before the end.
    Usage(Usage),
    /// The answer is whole.
    Done,
    /// No (more) answer.
    Failed(ModelError),
}

/// A running completion. Dropping it cancels the work.
#[derive(Debug)]
pub struct CompletionStream {
    events: Receiver<StreamEvent>,
    cancel: Arc<AtomicBool>,
}

/// A fresh stream and the two ends that a backend works with.
pub fn channel() -> (CompletionStream, Sender<StreamEvent>, Arc<AtomicBool>) {
    let (sender, events) = crossbeam_channel::unbounded();
    let cancel = Arc::new(AtomicBool::new(false));
    (CompletionStream { events, cancel: cancel.clone() }, sender, cancel)
}

impl CompletionStream {
    /// The next event, waiting up to `deadline`.
    pub fn next(&self, deadline: Duration) -> StreamEvent {
        match self.events.recv_timeout(deadline) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => StreamEvent::Failed(ModelError::TimedOut),
            Err(RecvTimeoutError::Disconnected) => {
                StreamEvent::Failed(ModelError::Unreachable("its thread has ended".into()))
            }
        }
    }
    /// The channel itself, for who waits for several at once.
    pub(crate) fn events(&self) -> &Receiver<StreamEvent> {
        &self.events
    }
    /// Stops the work at the next token.
    pub fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

impl Drop for CompletionStream {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Where a backend sends its scores.
pub type ScoreSender = Sender<Result<Vec<f32>, ModelError>>;

/// Scores that are being computed, one per member of the closed set. Dropping it cancels the work.
#[derive(Debug)]
pub struct PendingScores {
    scores: Receiver<Result<Vec<f32>, ModelError>>,
    cancel: Arc<AtomicBool>,
}

impl PendingScores {
    /// Scores to come, and the two ends that a backend works with.
    pub fn channel() -> (Self, ScoreSender, Arc<AtomicBool>) {
        let (sender, scores) = crossbeam_channel::bounded(1);
        let cancel = Arc::new(AtomicBool::new(false));
        (Self { scores, cancel: cancel.clone() }, sender, cancel)
    }
    /// Scores known at once.
    pub fn ready(result: Result<Vec<f32>, ModelError>) -> Self {
        let (pending, sender, _) = Self::channel();
        // The receiver lives in this very function, so the send can't fail.
        let _ = sender.send(result);
        pending
    }
    /// The channel itself, for who waits for several at once.
    pub(crate) fn scores(&self) -> &Receiver<Result<Vec<f32>, ModelError>> {
        &self.scores
    }
    /// Waits up to `deadline`.
    pub fn wait(&self, deadline: Duration) -> Result<Vec<f32>, ModelError> {
        self.scores.recv_timeout(deadline).unwrap_or(Err(ModelError::TimedOut))
    }
}

impl Drop for PendingScores {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

/// Which closed sets a backend can score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scoring {
    /// None.
    No,
    /// Both directions of a [`ClosedSet`](crate::ClosedSet).
    Both,
}

/// A language model, wherever it runs.
pub trait LanguageModel: Send + Sync {
    /// A name for people and journals.
    fn name(&self) -> &str;
    /// What [`Self::score`] can do.
    fn scoring(&self) -> Scoring;
    /// Starts a completion.
    fn complete(&self, request: CompletionRequest) -> CompletionStream;
    /// Starts scoring a closed set.
    fn score(&self, request: ScoreRequest) -> PendingScores;
    /// Evaluates ahead what will probably be asked, as long as nothing else is. Does nothing where nothing is cached.
    fn warm(&self, _: Warm) {}
    /// Stops all work and waits for it to end, `longest` at the most. For the end of a program: a backend that computes
    /// while the program is torn down around it may crash it.
    fn close(&self, _longest: Duration) {}
}
