//! One try of a completion.

use super::answer::Answer;
use super::endpoint::Attempt;
use super::failure::{Again, Failure, message, shortened};
use super::settings::Timeouts;
use super::sse::Events;
use super::wire::{Chunk, body};
use crate::{CompletionRequest, ModelError, StreamEvent};
use crossbeam_channel::Sender;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use std::time::{Duration, Instant};
use tokio::time::{timeout, timeout_at};

/// How long a server gets to count and to say goodbye when the answer is whole.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long the end of a connection may take that has nothing more to bring.
const FAREWELL: Duration = Duration::from_millis(60);

/// Until when a try waits.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    pub timeouts: Timeouts,
    /// The request's own deadline.
    pub deadline: Instant,
    /// The end of everything.
    pub total: Instant,
}

/// Sends a request and passes on what comes.
pub(super) async fn complete(
    attempt: &Attempt,
    request: &CompletionRequest,
    events: &Sender<StreamEvent>,
    patience: Patience,
) -> Result<(), Failure> {
    let mut answer = Answer::new(request, events);
    let ended = receive(attempt, request, &mut answer, patience).await;
    match (answer.usage, &ended) {
        (Some(usage), _) => {
            attempt.correct(u64::from(usage.prompt_tokens) + u64::from(usage.completion_tokens));
        }
        // A refusal costs a request, but no tokens.
        (None, Err(_)) if !answer.begun => attempt.correct(0),
        _ => {}
    }
    let ended = match ended {
        Ok(()) if answer.ignored_the_form() && attempt.ask_for_json_otherwise() => {
            // It took `response_format` and did as if it were not there.
            let error = ModelError::Garbage("the answer holds no JSON".into());
            Err(Failure { error, again: Again::Otherwise, blame: false })
        }
        Ok(()) => {
            // The model's fault, not the server's; with the same seed it would write the same again.
            let again = |error| Failure { error, again: Again::Elsewhere, blame: false };
            answer.finish().map_err(again)
        }
        failed => failed,
    };
    match ended {
        Ok(()) => {
            if let Some(usage) = answer.usage {
                let _ = events.send(StreamEvent::Usage(usage));
            }
            Ok(())
        }
        // What was shown can't be taken back.
        Err(failure) if answer.shown => Err(Failure { again: Again::Never, ..failure }),
        Err(failure) => Err(failure),
    }
}

async fn receive(
    attempt: &Attempt,
    request: &CompletionRequest,
    answer: &mut Answer<'_>,
    patience: Patience,
) -> Result<(), Failure> {
    let body = body(&attempt.endpoint.settings.model, request, &attempt.endpoint.capabilities());
    let first = attempt.begun + patience.timeouts.first_token;
    let first = first.min(patience.deadline).min(patience.total);
    let mut limit = first;
    let head = timeout_at(limit.into(), attempt.post("chat/completions", &body)).await;
    let mut response = head.map_err(|_| too_late(attempt, false, patience))??;
    check_content_type(&response)?;
    let mut events = Events::default();
    loop {
        let piece = match timeout_at(limit.into(), response.chunk()).await {
            Ok(piece) => piece.map_err(|error| Failure::of_transport(&error)),
            // Whoever has the whole answer needs no goodbye.
            Err(_) if answer.finished => return Ok(()),
            Err(_) => return Err(too_late(attempt, answer.begun, patience)),
        };
        let piece = match piece {
            Err(_) if answer.finished => return Ok(()),
            piece => piece?,
        };
        let mut complete = Vec::new();
        let read = match &piece {
            Some(bytes) => events.feed(bytes, &mut complete),
            None => {
                // Half an event is no event: the stream was cut within it.
                let last = events.finish().ok().flatten();
                complete.extend(last.filter(|data| is_whole(data)));
                Ok(())
            }
        };
        for data in complete {
            if data.trim() == "[DONE]" {
                return said_done(answer, &mut response).await;
            }
            let begun = answer.begun;
            if take(answer, &data)? {
                if !begun {
                    attempt.measure_first_token();
                }
                let wait = patience.timeouts.stall;
                let wait = if answer.finished { wait.min(GOODBYE) } else { wait };
                limit = (Instant::now() + wait).min(patience.total);
            }
        }
        if answer.has_stopped() {
            return Ok(());
        }
        read.map_err(|why| Failure::new(ModelError::Garbage(why), Again::Elsewhere))?;
        if piece.is_none() {
            return match answer.finished {
                true => Ok(()),
                false => {
                    let error = ModelError::Unreachable("the stream broke off".into());
                    Err(Failure::new(error, Again::Later(None)))
                }
            };
        }
    }
}

/// The server says that this was all.
async fn said_done(answer: &Answer<'_>, response: &mut Response) -> Result<(), Failure> {
    if !answer.begun && !answer.finished {
        // llama-cpp-python says so to a request that it drops for another one.
        let error = ModelError::Unreachable("the stream ended before it began".into());
        return Err(Failure::new(error, Again::Later(None)));
    }
    // A connection whose end was read is kept for the next request. It mostly is there already.
    while let Ok(Ok(Some(_))) = timeout(FAREWELL, response.chunk()).await {}
    Ok(())
}

fn is_whole(data: &str) -> bool {
    data.trim() == "[DONE]" || serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok()
}

/// Reads one event. True when it brought something of the answer.
fn take(answer: &mut Answer<'_>, data: &str) -> Result<bool, Failure> {
    let chunk: Chunk = serde_json::from_str(data).map_err(|error| {
        let why = format!("an event that is not JSON of the protocol ({error})");
        Failure::new(ModelError::Garbage(why), Again::Elsewhere)
    })?;
    if chunk.error.as_ref().is_some_and(|error| !error.is_null()) {
        let said = message(data);
        let why = format!("the server broke off: {said}");
        return Err(Failure::new(ModelError::Unreachable(why), Again::Later(None)));
    }
    answer.take(chunk).map_err(|error| Failure { error, again: Again::Elsewhere, blame: false })
}

/// Nothing came in time.
fn too_late(attempt: &Attempt, begun: bool, patience: Patience) -> Failure {
    if !begun {
        attempt.measure_first_token();
    }
    let now = Instant::now();
    let over = now >= patience.total || (!begun && now >= patience.deadline);
    // A caller in a hurry says nothing about the server.
    let blame = now >= attempt.begun + patience.timeouts.first_token || begun;
    let again = if over { Again::Never } else { Again::Elsewhere };
    Failure { error: ModelError::TimedOut, again, blame }
}

fn check_content_type(response: &Response) -> Result<(), Failure> {
    let Some(kind) = response.headers().get(CONTENT_TYPE) else { return Ok(()) };
    let kind = String::from_utf8_lossy(kind.as_bytes());
    if kind.trim().to_lowercase().starts_with("text/event-stream") {
        return Ok(());
    }
    let why = format!("{} came instead of a stream of events", shortened(&kind));
    Err(Failure::new(ModelError::Garbage(why), Again::Elsewhere))
}
