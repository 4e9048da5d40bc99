//! Any server that speaks the OpenAI chat protocol.

use crate::{
    CompletionRequest, CompletionStream, LanguageModel, ModelError, PendingScores, ScoreRequest,
    Scoring, StreamEvent, channel,
};
use crossbeam_channel::Sender;
use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Where the server is and what it runs.
#[derive(Clone)]
pub struct RemoteSettings {
    /// Up to and without `/chat/completions`, for example `http://127.0.0.1:8080/v1`.
    pub base_url: String,
    /// The server's name of the model.
    pub model: String,
    /// Bearer key. Never printed, logged or journaled.
    pub key: Option<String>,
    /// Longest silence before the request is given up.
    pub timeout: Duration,
}

impl RemoteSettings {
    /// Settings from `DRAMATURG_BASE_URL`, `DRAMATURG_REMOTE_MODEL` and `DRAMATURG_API_KEY`; none without the first.
    pub fn from_env() -> Option<Self> {
        Some(Self {
            base_url: std::env::var("DRAMATURG_BASE_URL").ok()?,
            model: std::env::var("DRAMATURG_REMOTE_MODEL").unwrap_or_else(|_| "default".into()),
            key: std::env::var("DRAMATURG_API_KEY").ok(),
            timeout: Duration::from_secs(20),
        })
    }
}

type Job = (CompletionRequest, Sender<StreamEvent>, Arc<AtomicBool>);

/// An OpenAI-compatible server, with streaming. It has a tokio runtime of its own on one thread, so the host needs none.
pub struct Remote {
    model: String,
    jobs: UnboundedSender<Job>,
}

impl Remote {
    /// Prepares a client; nothing is sent before the first request.
    ///
    /// # Errors
    /// When the thread, the runtime or the HTTP client can't be made.
    pub fn new(settings: RemoteSettings) -> Result<Self, ModelError> {
        let unreachable = |e: &dyn std::fmt::Display| ModelError::Unreachable(e.to_string());
        let (jobs, inbox) = unbounded_channel();
        let model = settings.model.clone();
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(settings.timeout)
            .build()
            .map_err(|e| unreachable(&e))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| unreachable(&e))?;
        std::thread::Builder::new()
            .name("dramaturg-remote".into())
            .spawn(move || runtime.block_on(serve(client, settings, inbox)))
            .map_err(|e| unreachable(&e))?;
        Ok(Self { model, jobs })
    }
}

async fn serve(
    client: reqwest::Client,
    settings: RemoteSettings,
    mut inbox: UnboundedReceiver<Job>,
) {
    let settings = Arc::new(settings);
    while let Some((request, events, cancel)) = inbox.recv().await {
        let (client, settings) = (client.clone(), settings.clone());
        // Each request runs beside the others: a slow one holds up nobody.
        tokio::spawn(async move {
            let answer = pin!(stream(&client, &settings, &request, &events));
            let given_up = pin!(cancelled(&cancel));
            let end = match select(answer, given_up).await {
                Either::Left((Ok(()), _)) => StreamEvent::Done,
                Either::Left((Err(error), _)) => StreamEvent::Failed(error),
                Either::Right(_) => StreamEvent::Failed(ModelError::Cancelled),
            };
            let _ = events.send(end);
        });
    }
}

/// Done when nobody waits for the answer any more, however much or little the server sends.
async fn cancelled(cancel: &AtomicBool) {
    while !cancel.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn body(settings: &RemoteSettings, request: &CompletionRequest) -> serde_json::Value {
    serde_json::json!({
        "model": settings.model,
        "messages": request.messages,
        "stream": true,
        "max_tokens": request.max_tokens,
        "temperature": request.sampling.temperature,
        "top_p": request.sampling.top_p,
        "seed": request.sampling.seed,
        "stop": request.stop,
    })
}

async fn stream(
    client: &reqwest::Client,
    settings: &RemoteSettings,
    request: &CompletionRequest,
    events: &Sender<StreamEvent>,
) -> Result<(), ModelError> {
    let unreachable = |e: reqwest::Error| {
        if e.is_timeout() {
            ModelError::TimedOut
        } else {
            ModelError::Unreachable(e.without_url().to_string())
        }
    };
    let url = format!("{}/chat/completions", settings.base_url.trim_end_matches('/'));
    let mut post = client.post(url).json(&body(settings, request));
    if let Some(key) = &settings.key {
        post = post.bearer_auth(key);
    }
    let response = post.send().await.map_err(unreachable)?;
    let status = response.status();
    if !status.is_success() {
        return Err(ModelError::Unreachable(format!("the server said {status}")));
    }
    let mut lines = response.bytes_stream().eventsource();
    let mut finished = false;
    while let Some(event) = lines.next().await {
        let event = event.map_err(|e| ModelError::Garbage(e.to_string()))?;
        if event.data.trim() == "[DONE]" {
            return Ok(());
        }
        let json: serde_json::Value =
            serde_json::from_str(&event.data).map_err(|e| ModelError::Garbage(e.to_string()))?;
        let choice = json
            .get("choices")
            .and_then(|choices| choices.get(0))
            .ok_or_else(|| ModelError::Garbage("an event without choices".into()))?;
        if let Some(text) = choice["delta"]["content"].as_str().filter(|t| !t.is_empty()) {
            let _ = events.send(StreamEvent::Text(text.to_owned()));
        }
        finished |= choice["finish_reason"].is_string();
    }
    if finished { Ok(()) } else { Err(ModelError::Garbage("the stream broke off".into())) }
}

impl LanguageModel for Remote {
    fn name(&self) -> &str {
        &self.model
    }
    fn scoring(&self) -> Scoring {
        Scoring::No
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        let (stream, events, cancel) = channel();
        let _ = self.jobs.send((request, events, cancel));
        stream
    }
    fn score(&self, _: ScoreRequest) -> PendingScores {
        PendingScores::ready(Err(ModelError::Unsupported("score a closed set".into())))
    }
}
