//! Servers that speak the OpenAI protocol: one, or a fleet of them.
//!
//! [`Remote`] works on a thread of its own with a runtime of its own, so the host needs none and waits for nothing.
//!
//! - **Choice.** Among the servers of the lowest tier that can be asked, the one with the lowest product of requests
//!   in flight and measured time to first token. A server that failed several times in a row is left alone for a while.
//! - **Tries.** A request is sent again, here or to the next server, as long as nothing of its answer was shown; a
//!   server's `Retry-After` and the request's deadline are kept.
//! - **Form.** JSON by schema falls back to JSON of any shape and then to a sentence in the prompt; fields that a
//!   server doesn't know are left out once it has said so.
//! - **Keys** are read from the environment or the system's key ring and are in no error, log or debug print. Nothing
//!   is ever sent to another host than the one in the settings, and plain http only to this machine unless
//!   [`RemoteSettings::allow_plain_http`] is set.

mod address;
mod answer;
mod breaker;
mod embed;
mod endpoint;
mod error;
mod failure;
mod key;
mod lead;
mod learn;
mod limits;
mod ping;
mod pool;
mod score;
mod settings;
mod sse;
mod stream;
mod wire;

pub(crate) use address::{address, shown};
pub use breaker::BreakerState;
pub use embed::PendingEmbeddings;
pub use endpoint::EndpointState;
pub use error::RemoteError;
pub use key::Key;
pub use ping::Ping;
pub use settings::{
    BreakerSettings, Capabilities, EndpointSettings, Limits, RemoteSettings, Retry, Timeouts,
};

use crate::{
    CompletionRequest, CompletionStream, LanguageModel, ModelError, PendingScores, ScoreRequest,
    ScoreSender, Scoring, StreamEvent, channel,
};
use crossbeam_channel::Sender;
pub(crate) use embed::EmbeddingSender;
use limits::Cost;
use pool::Pool;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use stream::Patience;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinSet, LocalSet};

/// How long after its stream is dropped a request may go on.
const CANCEL_TICK: Duration = Duration::from_millis(20);

struct Job {
    /// When it was asked for.
    asked: Instant,
    cancel: Arc<AtomicBool>,
    work: JobWork,
}

enum JobWork {
    Complete(Box<CompletionRequest>, Sender<StreamEvent>),
    Score(ScoreRequest, ScoreSender),
    Embed(Vec<String>, EmbeddingSender),
}

/// OpenAI-compatible servers as one model.
///
/// ```no_run
/// use dramaturg_llm::{CompletionRequest, LanguageModel, Message, Remote, RemoteSettings, StreamEvent};
/// use std::time::Duration;
///
/// let model = Remote::new(RemoteSettings::new("http://127.0.0.1:8080/v1", "qwen2.5-7b"))?;
/// let stream = model.complete(CompletionRequest::new(vec![Message::user("Who keeps the light?")]));
/// while let StreamEvent::Text(words) = stream.next(Duration::from_secs(20)) {
///     print!("{words}");
/// }
/// # Ok::<(), dramaturg_llm::RemoteError>(())
/// ```
pub struct Remote {
    name: String,
    scoring: Scoring,
    pool: Arc<Pool>,
    jobs: UnboundedSender<Job>,
}

impl Remote {
    /// Prepares the clients; nothing is sent before the first request. Reads keys, which may ask the system's key ring.
    ///
    /// # Errors
    /// When an address can't be used, a key is missing, or no thread, runtime or client can be made.
    pub fn new(settings: RemoteSettings) -> Result<Self, RemoteError> {
        let pool = Arc::new(Pool::new(settings)?);
        let first = pool.endpoints.first().ok_or(RemoteError::NoEndpoint)?;
        let name = first.settings.model.clone();
        let scores = pool.endpoints.iter().any(|one| one.settings.capabilities.logprobs);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (jobs, inbox) = unbounded_channel();
        let served = pool.clone();
        std::thread::Builder::new()
            .name("dramaturg-remote".into())
            .spawn(move || LocalSet::new().block_on(&runtime, serve(served, inbox)))?;
        Ok(Self { name, scoring: if scores { Scoring::Both } else { Scoring::No }, pool, jobs })
    }

    /// Vectors that are near each other where the texts mean the like, in the order of the texts.
    pub fn embed(&self, texts: Vec<String>) -> PendingEmbeddings {
        let (pending, sender, cancel) = PendingEmbeddings::channel();
        self.start(cancel, JobWork::Embed(texts, sender));
        pending
    }

    /// What is known of each server now.
    pub fn endpoints(&self) -> Vec<EndpointState> {
        self.pool.endpoints.iter().map(|endpoint| endpoint.inspect()).collect()
    }

    fn start(&self, cancel: Arc<AtomicBool>, work: JobWork) {
        // When the thread is gone, the sender is dropped with the job and the receiver says so.
        let _ = self.jobs.send(Job { asked: Instant::now(), cancel, work });
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").field("settings", &self.pool.settings).finish_non_exhaustive()
    }
}

async fn serve(pool: Arc<Pool>, mut inbox: UnboundedReceiver<Job>) {
    let mut running = JoinSet::new();
    while let Some(job) = inbox.recv().await {
        while running.try_join_next().is_some() {}
        // Each request runs beside the others: a slow one holds up nobody.
        running.spawn_local(perform(pool.clone(), job));
    }
    // The model was changed; who still listens to an answer of the old one hears it to its end.
    while running.join_next().await.is_some() {}
}

async fn perform(pool: Arc<Pool>, Job { asked, cancel, work }: Job) {
    match work {
        JobWork::Complete(request, events) => {
            let end = match unless(&cancel, complete(&pool, &request, &events, asked)).await {
                Some(Ok(())) => StreamEvent::Done,
                Some(Err(error)) => StreamEvent::Failed(error),
                None => StreamEvent::Failed(ModelError::Cancelled),
            };
            let _ = events.send(end);
        }
        JobWork::Score(request, scores) => {
            let end = unless(&cancel, score(&pool, &request, asked)).await;
            let _ = scores.send(end.unwrap_or(Err(ModelError::Cancelled)));
        }
        JobWork::Embed(texts, embeddings) => {
            let end = unless(&cancel, embed(&pool, &texts, asked)).await;
            let _ = embeddings.send(end.unwrap_or(Err(ModelError::Cancelled)));
        }
    }
}

/// Works until it is done or cancelled; the connection is closed in either case.
async fn unless<T>(cancel: &AtomicBool, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    loop {
        match tokio::time::timeout(CANCEL_TICK, work.as_mut()).await {
            Ok(done) => return Some(done),
            Err(_) if cancel.load(Ordering::Relaxed) => return None,
            Err(_) => {}
        }
    }
}

async fn complete(
    pool: &Pool,
    request: &CompletionRequest,
    events: &Sender<StreamEvent>,
    asked: Instant,
) -> Result<(), ModelError> {
    let timeouts = pool.settings.timeouts;
    let total = asked + timeouts.total;
    let deadline = request.work.deadline.map_or(total, |limit| total.min(asked + limit));
    let patience = Patience { timeouts, deadline, total };
    let cost = Cost { tokens: wire::estimate(request) };
    pool.ask(cost, deadline, async |attempt| {
        request.work.done_by.tell(&attempt.endpoint.name);
        stream::complete(attempt, request, events, patience).await
    })
    .await
}

async fn embed(pool: &Pool, texts: &[String], asked: Instant) -> Result<Vec<Vec<f32>>, ModelError> {
    let deadline = asked + pool.settings.timeouts.total;
    let cost = Cost { tokens: texts.iter().map(|text| text.len() as u64 / 4 + 1).sum() };
    let work = pool.ask(cost, deadline, async |attempt| embed::embed(attempt, texts).await);
    tokio::time::timeout_at(deadline.into(), work).await.unwrap_or(Err(ModelError::TimedOut))
}

async fn score(
    pool: &Pool,
    request: &ScoreRequest,
    asked: Instant,
) -> Result<Vec<f32>, ModelError> {
    let pairs = request.set.pairs();
    let total = asked + pool.settings.timeouts.total;
    let deadline = request.work.deadline.map_or(total, |limit| total.min(asked + limit));
    // One after the other: the first leaves the prefix in the server's cache, where the others find it.
    let work = async {
        let mut scores = Vec::with_capacity(pairs.len());
        for (prefix, line) in pairs {
            let cost = Cost { tokens: (prefix.len() + line.len()) as u64 / 4 + 1 };
            let one = pool.ask(cost, deadline, async |attempt| {
                request.work.done_by.tell(&attempt.endpoint.name);
                score::score(attempt, prefix, line).await
            });
            scores.push(one.await?);
        }
        Ok(request.set.combine(scores))
    };
    tokio::time::timeout_at(deadline.into(), work).await.unwrap_or(Err(ModelError::TimedOut))
}

impl LanguageModel for Remote {
    fn name(&self) -> &str {
        &self.name
    }
    fn scoring(&self) -> Scoring {
        self.scoring
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        let (stream, events, cancel) = channel();
        self.start(cancel, JobWork::Complete(Box::new(request), events));
        stream
    }
    fn score(&self, request: ScoreRequest) -> PendingScores {
        if self.scoring == Scoring::No {
            return PendingScores::ready(Err(ModelError::Unsupported("score a closed set".into())));
        }
        let (pending, sender, cancel) = PendingScores::channel();
        self.start(cancel, JobWork::Score(request, sender));
        pending
    }
}
