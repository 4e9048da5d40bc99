//! What went wrong with one try, and what to do about it.

use crate::ModelError;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// Whether a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// It would fail again.
    Never,
    /// Another server may do better.
    Elsewhere,
    /// The same server may do better, after so long if it said so.
    Later(Option<Duration>),
    /// The same server is asked in another way, at once.
    Otherwise,
}

/// A try that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub error: ModelError,
    pub again: Again,
    /// Does it speak against the server (and not against the request)?
    pub blame: bool,
}

impl Failure {
    pub(super) fn new(error: ModelError, again: Again) -> Self {
        Self { error, again, blame: true }
    }

    /// The server can't be reached, or broke off.
    pub(super) fn of_transport(error: &reqwest::Error) -> Self {
        if error.is_timeout() && !error.is_connect() {
            return Self::new(ModelError::TimedOut, Again::Elsewhere);
        }
        Self::new(ModelError::Unreachable(cause(error)), Again::Later(None))
    }

    /// The server answered with something else than success.
    pub(super) fn of_status(
        status: StatusCode,
        headers: &HeaderMap,
        url: &Url,
        body: &str,
    ) -> Self {
        let said = message(body);
        let with_said = |what: String| {
            ModelError::Unreachable(if said.is_empty() { what } else { format!("{what}: {said}") })
        };
        if status.is_redirection() {
            let to = headers.get(LOCATION).and_then(|to| to.to_str().ok());
            let to = to.and_then(|to| url.join(to).ok());
            let host = to.as_ref().and_then(Url::host_str).unwrap_or("nowhere").to_owned();
            let what = format!("it redirects to {host}, where nothing is sent; set that address");
            return Self::new(ModelError::Unreachable(what), Again::Elsewhere);
        }
        match status.as_u16() {
            401 | 403 => {
                let what = "the server refuses the key, or misses one; check DRAMATURG_API_KEY";
                Self::new(with_said(what.into()), Again::Elsewhere)
            }
            404 => {
                let what = "the server knows no such model, or its address is another one";
                Self::new(with_said(what.into()), Again::Elsewhere)
            }
            429 => {
                let error = with_said("the server has too many requests".into());
                Self { error, again: Again::Later(retry_after(headers)), blame: false }
            }
            408 | 409 | 500..=599 => Self::new(
                with_said(format!("the server said {status}")),
                Again::Later(retry_after(headers)),
            ),
            _ => {
                let error = too_long(body)
                    .unwrap_or_else(|| with_said(format!("the server said {status}")));
                Self { error, again: Again::Never, blame: false }
            }
        }
    }
}

/// The innermost reason, without the URL.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let kind = if error.is_connect() { "no connection" } else { "the connection broke" };
    shortened(&format!("{kind}: {cause}"))
}

/// How long a server asks to wait: seconds or a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// What a server says of an error, in the places where servers say it.
pub(super) fn message(body: &str) -> String {
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    let places = ["/error/message", "/message", "/detail", "/error"];
    let said = places.iter().find_map(|place| json.pointer(place)?.as_str());
    // A page of HTML says nothing to a player.
    shortened(said.unwrap_or_default())
}

/// A text of a server, fit for one line.
pub(super) fn shortened(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
        .collect();
    let text = words.join(" ");
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Does the server say that the prompt does not fit, and in which numbers?
fn too_long(body: &str) -> Option<ModelError> {
    let json: Value = serde_json::from_str(body).ok()?;
    let number = |name: &str| Some(json.pointer(name)?.as_u64()? as usize);
    // llama.cpp says it in fields.
    if let (Some(tokens), Some(limit)) = (number("/error/n_prompt_tokens"), number("/error/n_ctx"))
    {
        return Some(ModelError::TooLong { tokens, limit });
    }
    let said = message(body);
    if !said.to_lowercase().contains("context") {
        return None;
    }
    // OpenAI, vLLM and llama-cpp-python say it in words, the length and the limit in either order.
    let digits = said.split(|c: char| !c.is_ascii_digit());
    let numbers: Vec<usize> =
        digits.filter_map(|n| n.parse().ok()).filter(|n| *n > 9).take(2).collect();
    match numbers[..] {
        [a, b] => Some(ModelError::TooLong { tokens: a.max(b), limit: a.min(b) }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn wait(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
        retry_after(&headers)
    }

    #[test]
    fn waits_in_seconds_and_as_a_date() {
        assert_eq!(wait("3"), Some(Duration::from_secs(3)));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("-3"), None);
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        let later = SystemTime::now() + Duration::from_secs(100);
        let asked = wait(&httpdate::fmt_http_date(later)).unwrap();
        assert!((95..=100).contains(&asked.as_secs()), "{asked:?}");
    }

    #[test]
    fn lengths_are_read_from_what_servers_say() {
        let expected = Some(ModelError::TooLong { tokens: 5000, limit: 4096 });
        for body in [
            r#"{"error":{"code":400,"type":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":4096}}"#,
            r#"{"error":{"message":"This model's maximum context length is 4096 tokens. However, you requested 5000"}}"#,
            r#"{"error":{"message":"Requested tokens (5000) exceed context window of 4096"}}"#,
        ] {
            assert_eq!(too_long(body), expected, "{body}");
        }
        assert_eq!(too_long(r#"{"error":{"message":"no 4096 here, 5000"}}"#), None);
    }

    #[test]
    fn what_servers_say_is_one_short_line() {
        assert_eq!(message(r#"{"detail":"no\n such  thing"}"#), "no such thing");
        assert_eq!(message("<html>"), "");
        assert_eq!(message(&format!("{{\"error\":\"{}\"}}", "x".repeat(999))).chars().count(), 201);
    }
}
