//! Scores of closed sets, from servers that tell the log-probabilities of a prompt.

use super::embed::{ask, unsupported};
use super::endpoint::Attempt;
use super::failure::Failure;
use serde::Deserialize;
use serde_json::json;

/// Any language model counts on, so each number of the second part is likely.
const COUNTING: [&str; 2] = ["1 2 3 4 5 6 7 8", " 9 10 11 12"];
/// The least mean log-probability for that.
const LIKELY: f32 = -2.5;

/// Mean log-probability per token of a continuation, in one try.
pub(super) async fn score(
    attempt: &Attempt,
    prefix: &str,
    continuation: &str,
) -> Result<f32, Failure> {
    if !attempt.endpoint.capabilities().logprobs {
        return Err(unsupported("score a closed set"));
    }
    // Some servers tell probabilities that are off by one token (llama-cpp-python 0.3 does): worse than none.
    if !attempt.endpoint.scores_are_checked() {
        let counting = request(attempt, COUNTING[0], COUNTING[1]).await?;
        if counting.is_none_or(|mean| mean < LIKELY) {
            return Err(unable(attempt));
        }
        attempt.endpoint.scores_were_checked();
    }
    request(attempt, prefix, continuation).await?.ok_or_else(|| unable(attempt))
}

fn unable(attempt: &Attempt) -> Failure {
    tracing::warn!(
        server = attempt.endpoint.name,
        "tells no usable log-probabilities; it is not asked for scores"
    );
    attempt.unable(|can| can.logprobs = false);
    unsupported("score a closed set")
}

async fn request(
    attempt: &Attempt,
    prefix: &str,
    continuation: &str,
) -> Result<Option<f32>, Failure> {
    // One token has to be written by some servers; it stands behind the continuation and doesn't count.
    let body = json!({
        "model": attempt.endpoint.settings.model, "prompt": format!("{prefix}{continuation}"),
        "max_tokens": 1, "echo": true, "logprobs": 1, "temperature": 0.0,
    });
    let answer: Completions = ask(attempt, "completions", &body).await?;
    let probabilities = answer.choices.into_iter().next().and_then(|choice| choice.logprobs);
    Ok(probabilities.and_then(|all| mean(&all, prefix, continuation)))
}

#[derive(Deserialize)]
struct Completions {
    choices: Vec<Completion>,
}

#[derive(Deserialize)]
struct Completion {
    logprobs: Option<LogProbs>,
}

#[derive(Deserialize)]
struct LogProbs {
    tokens: Vec<String>,
    token_logprobs: Vec<Option<f32>>,
}

/// The mean over the tokens that lie in the continuation, wholly or in part.
fn mean(all: &LogProbs, prefix: &str, continuation: &str) -> Option<f32> {
    let end = prefix.len() + continuation.len();
    let (mut at, mut sum, mut count) = (0, 0.0, 0);
    for (token, probability) in all.tokens.iter().zip(&all.token_logprobs) {
        let begin = at;
        at += token.len();
        if at > prefix.len() && begin < end {
            sum += (*probability)?;
            count += 1;
        }
    }
    // Without echo only the one written token comes back.
    (count > 0 && at >= end).then(|| sum / count as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_of_the_continuation_count() {
        let all = LogProbs {
            tokens: ["I ", "am", " gl", "ad", "!"].map(String::from).to_vec(),
            token_logprobs: vec![None, Some(-9.0), Some(-1.0), Some(-3.0), Some(-50.0)],
        };
        assert_eq!(mean(&all, "I am", " glad"), Some(-2.0));
        assert_eq!(mean(&all, "I am", " glad and old"), None);
        assert_eq!(mean(&all, "", "I am"), None);
    }
}
