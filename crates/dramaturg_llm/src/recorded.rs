//! A model that says again what was said.

use crate::{
    CompletionRequest, CompletionStream, LanguageModel, ModelError, PendingScores, RequestHash,
    ScoreRequest, Scoring, StreamEvent, ToolCall, ToolError, channel,
};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// What a model once answered, as a journal keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// Words, and which lead was chosen.
    Text {
        /// Index of the chosen lead.
        lead: Option<usize>,
        /// The words.
        text: String,
    },
    /// Words, and what the model called.
    Calls {
        /// Index of the chosen lead.
        lead: Option<usize>,
        /// The words; empty where it only called.
        text: String,
        /// The calls, in order.
        calls: Vec<Result<ToolCall, ToolError>>,
    },
    /// Scores of a closed set.
    Scores(Vec<f32>),
    /// Words up to a failure.
    Failed {
        /// Index of the chosen lead.
        lead: Option<usize>,
        /// What had come before it failed.
        text: String,
        /// Why.
        error: ModelError,
    },
}

/// Answers from a journal, keyed by the request's hash. The same request asked twice gets its answers in order.
pub struct Recorded {
    answers: Mutex<HashMap<RequestHash, VecDeque<Answer>>>,
}

impl Recorded {
    /// A model that knows these answers and no others.
    pub fn new(answers: impl IntoIterator<Item = (RequestHash, Answer)>) -> Self {
        let mut map: HashMap<_, VecDeque<_>> = HashMap::new();
        for (hash, answer) in answers {
            map.entry(hash).or_default().push_back(answer);
        }
        Self { answers: Mutex::new(map) }
    }

    fn take(&self, hash: RequestHash) -> Option<Answer> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get_mut(&hash)?.pop_front()
    }
}

impl LanguageModel for Recorded {
    fn name(&self) -> &str {
        "recorded"
    }
    fn scoring(&self) -> Scoring {
        Scoring::Both
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        let (stream, sender, _) = channel();
        let hash = request.hash();
        let mut called = Vec::new();
        let (lead, text, end) = match self.take(hash) {
            Some(Answer::Text { lead, text }) => (lead, text, StreamEvent::Done),
            Some(Answer::Calls { lead, text, calls }) => {
                called = calls;
                (lead, text, StreamEvent::Done)
            }
            Some(Answer::Failed { lead, text, error }) => (lead, text, StreamEvent::Failed(error)),
            _ => {
                let missing = ModelError::NotRecorded(hash.to_string());
                (None, String::new(), StreamEvent::Failed(missing))
            }
        };
        let lead = lead.map(StreamEvent::Lead);
        let text = (!text.is_empty()).then_some(StreamEvent::Text(text));
        let called = called.into_iter().map(StreamEvent::Tool);
        for event in lead.into_iter().chain(text).chain(called).chain([end]) {
            let _ = sender.send(event);
        }
        stream
    }
    fn score(&self, request: ScoreRequest) -> PendingScores {
        let hash = request.hash();
        PendingScores::ready(match self.take(hash) {
            Some(Answer::Scores(scores)) => Ok(scores),
            Some(Answer::Failed { error, .. }) => Err(error),
            _ => Err(ModelError::NotRecorded(hash.to_string())),
        })
    }
}
