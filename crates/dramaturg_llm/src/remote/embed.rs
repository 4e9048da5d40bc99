//! Embeddings.

use super::endpoint::Attempt;
use super::failure::{Again, Failure};
use crate::ModelError;
use crossbeam_channel::{Receiver, Sender};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// More than a thousand embeddings of the largest models take.
const LONGEST: usize = 64 << 20;

/// Embeddings that are being computed, one per text, in the order of the texts. Dropping it cancels the work.
#[derive(Debug)]
pub struct PendingEmbeddings {
    embeddings: Receiver<Result<Vec<Vec<f32>>, ModelError>>,
    cancel: Arc<AtomicBool>,
}

pub(crate) type EmbeddingSender = Sender<Result<Vec<Vec<f32>>, ModelError>>;

impl PendingEmbeddings {
    pub(crate) fn channel() -> (Self, EmbeddingSender, Arc<AtomicBool>) {
        let (sender, embeddings) = crossbeam_channel::bounded(1);
        let cancel = Arc::new(AtomicBool::new(false));
        (Self { embeddings, cancel: cancel.clone() }, sender, cancel)
    }
    /// Waits up to `deadline`.
    ///
    /// # Errors
    /// When there are none in time, or none at all.
    pub fn wait(&self, deadline: Duration) -> Result<Vec<Vec<f32>>, ModelError> {
        self.embeddings.recv_timeout(deadline).unwrap_or(Err(ModelError::TimedOut))
    }
}

impl Drop for PendingEmbeddings {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

#[derive(Deserialize)]
struct Embeddings {
    data: Vec<Embedding>,
}

#[derive(Deserialize)]
struct Embedding {
    #[serde(default)]
    index: Option<usize>,
    embedding: Vector,
}

/// One vector, or one for each token from servers whose model knows no way to pool them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Vector {
    Pooled(Vec<f32>),
    Tokens(Vec<Vec<f32>>),
}

impl Vector {
    /// Vectors of tokens are pooled by their mean, the usual way for models that were not trained for another.
    fn pooled(self) -> Option<Vec<f32>> {
        let tokens = match self {
            Self::Pooled(vector) => return Some(vector),
            Self::Tokens(tokens) => tokens,
        };
        let mut sum = vec![0.0; tokens.first()?.len()];
        for token in &tokens {
            sum.iter_mut().zip(token).for_each(|(sum, x)| *sum += x / tokens.len() as f32);
        }
        Some(sum)
    }
}

/// One try.
pub(super) async fn embed(attempt: &Attempt, texts: &[String]) -> Result<Vec<Vec<f32>>, Failure> {
    let endpoint = &attempt.endpoint;
    if !endpoint.capabilities().embeddings {
        return Err(unsupported("embed texts"));
    }
    let model = endpoint.settings.embedding_model.as_ref().unwrap_or(&endpoint.settings.model);
    let body = json!({"model": model, "input": texts, "encoding_format": "float"});
    let answer: Embeddings = match ask(attempt, "embeddings", &body).await {
        Err(failure) if lacks_the_path(&failure) => {
            attempt.unable(|can| can.embeddings = false);
            return Err(unsupported("embed texts"));
        }
        answer => answer?,
    };
    let mut ordered: Vec<Option<Vec<f32>>> = vec![None; texts.len()];
    for (place, one) in answer.data.into_iter().enumerate() {
        if let Some(slot) = ordered.get_mut(one.index.unwrap_or(place)) {
            *slot = one.embedding.pooled();
        }
    }
    let all: Option<Vec<_>> = ordered.into_iter().collect();
    all.ok_or_else(|| garbage(format!("fewer than {} embeddings", texts.len())))
}

pub(super) async fn ask<T: DeserializeOwned>(
    attempt: &Attempt,
    path: &str,
    body: &Value,
) -> Result<T, Failure> {
    let mut response = attempt.post(path, body).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|e| Failure::of_transport(&e))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > LONGEST {
            return Err(garbage(format!("an answer of more than {LONGEST} bytes")));
        }
    }
    serde_json::from_slice(&bytes).map_err(|error| garbage(error.to_string()))
}

fn lacks_the_path(failure: &Failure) -> bool {
    failure.again == Again::Elsewhere
        && matches!(&failure.error, ModelError::Unreachable(why) if why.contains("no such model"))
}

pub(super) fn garbage(why: String) -> Failure {
    Failure::new(ModelError::Garbage(why), Again::Elsewhere)
}

pub(super) fn unsupported(what: &str) -> Failure {
    let error = ModelError::Unsupported(what.into());
    Failure { error, again: Again::Elsewhere, blame: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_tokens_are_pooled() {
        let pooled = |text: &str| serde_json::from_str::<Vector>(text).unwrap().pooled();
        assert_eq!(pooled("[1, 2]"), Some(vec![1.0, 2.0]));
        assert_eq!(pooled("[[1, 2], [3, 6]]"), Some(vec![2.0, 4.0]));
        assert_eq!(pooled("[[1, 2]]"), Some(vec![1.0, 2.0]));
    }
}
