//! Where the servers are, what they can, and how patient one is with them.

use super::address::shown;
use super::key::Key;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Which servers there are and how they are treated.
///
/// ```
/// use dramaturg_llm::{EndpointSettings, RemoteSettings};
/// let mut settings = RemoteSettings::new("http://127.0.0.1:8080/v1", "qwen2.5-7b");
/// // A second machine of the same kind, and one to fall back to when neither answers.
/// settings.endpoints.push(EndpointSettings::new("http://127.0.0.1:8081/v1", "qwen2.5-7b"));
/// settings.endpoints.push(EndpointSettings { tier: 1, ..EndpointSettings::new("https://llm.example/v1", "big") });
/// ```
#[derive(Clone, Debug)]
pub struct RemoteSettings {
    /// The servers, at least one. Those of the lowest tier share the work by measured load.
    pub endpoints: Vec<EndpointSettings>,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// How often a request is tried.
    pub retry: Retry,
    /// When a server is left alone.
    pub breaker: BreakerSettings,
    /// Allows plain http to other machines: keys and all that players say can be read on the way.
    pub allow_plain_http: bool,
}

impl RemoteSettings {
    /// One server without a key.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            endpoints: vec![EndpointSettings::new(base_url, model)],
            timeouts: Timeouts::default(),
            retry: Retry::default(),
            breaker: BreakerSettings::default(),
            allow_plain_http: false,
        }
    }

    /// Settings from `DRAMATURG_BASE_URL` (several servers with spaces or commas between them),
    /// `DRAMATURG_REMOTE_MODEL`, `DRAMATURG_API_KEY` and `DRAMATURG_ALLOW_PLAIN_HTTP=1`; none without the first.
    pub fn from_env() -> Option<Self> {
        let urls = std::env::var("DRAMATURG_BASE_URL").ok()?;
        let model = std::env::var("DRAMATURG_REMOTE_MODEL").unwrap_or_else(|_| "default".into());
        let key = match std::env::var_os(KEY_VARIABLE) {
            Some(_) => Key::Env(KEY_VARIABLE.into()),
            None => Key::None,
        };
        let word = std::env::var("DRAMATURG_ALLOW_PLAIN_HTTP");
        let allow_plain_http = word.is_ok_and(|word| matches!(word.as_str(), "1" | "true" | "yes"));
        let endpoints: Vec<_> = split(&urls)
            .map(|url| EndpointSettings { key: key.clone(), ..EndpointSettings::new(url, &model) })
            .collect();
        let settings = Self { endpoints, allow_plain_http, ..Self::new("", "") };
        (!settings.endpoints.is_empty()).then_some(settings)
    }
}

const KEY_VARIABLE: &str = "DRAMATURG_API_KEY";

fn split(urls: &str) -> impl Iterator<Item = &str> {
    urls.split(|c: char| c == ',' || c.is_whitespace()).filter(|url| !url.is_empty())
}

/// One server.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointSettings {
    /// Up to and without `/chat/completions`, for example `http://127.0.0.1:8080/v1`.
    pub base_url: String,
    /// The server's name of the model.
    pub model: String,
    /// The server's name of the model that embeds; the same as `model` when there is none.
    #[serde(default)]
    pub embedding_model: Option<String>,
    /// Where the key is.
    #[serde(default)]
    pub key: Key,
    /// A server of a higher tier is asked only when none of a lower one can be.
    #[serde(default)]
    pub tier: u8,
    /// What it can. What it turns out not to can is learned while it is used.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// What may be asked of it.
    #[serde(default)]
    pub limits: Limits,
}

impl EndpointSettings {
    /// A server without a key and without limits, of the first tier.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            model: model.into(),
            embedding_model: None,
            key: Key::None,
            tier: 0,
            capabilities: Capabilities::default(),
            limits: Limits::default(),
        }
    }
}

impl fmt::Debug for EndpointSettings {
    /// Leaves out the parts of the URL in which some people put a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointSettings")
            .field("base_url", &shown(&self.base_url))
            .field("model", &self.model)
            .field("embedding_model", &self.embedding_model)
            .field("key", &self.key)
            .field("tier", &self.tier)
            .field("capabilities", &self.capabilities)
            .field("limits", &self.limits)
            .finish()
    }
}

/// What a server can, as a catalogue of models states it.
///
/// A server that refuses a request and names the field it doesn't know (HTTP 400 or 422) is asked once more without it,
/// and the capability is off from then on, so the default is to take a server for able.
///
/// ```
/// let caps: dramaturg_llm::Capabilities = ron::from_str("(json_schema: false, logprobs: true)").unwrap();
/// assert!(!caps.json_schema && caps.json_object && caps.logprobs);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Capabilities {
    /// `response_format` of type `json_schema`.
    pub json_schema: bool,
    /// `response_format` of type `json_object`; used where there is no `json_schema`.
    pub json_object: bool,
    /// `tools`; without it requests are sent without them, and the model only talks.
    pub tools: bool,
    /// `seed`.
    pub seed: bool,
    /// `stream_options` with `include_usage`.
    pub usage: bool,
    /// `/completions` with `echo` and `logprobs`, for scores of closed sets. Off unless stated: few servers have it.
    /// Whether they are right is tried once, with a text whose continuation is certain.
    pub logprobs: bool,
    /// `/embeddings`.
    pub embeddings: bool,
    /// `temperature` and `top_p`; models that think before they answer often refuse these.
    pub temperature: bool,
    /// `min_p`, `repeat_penalty` and the DRY sampler, which llama.cpp and vLLM know beyond OpenAI's protocol.
    pub penalties: bool,
    /// `max_tokens`; without it `max_completion_tokens` is sent.
    pub max_tokens: bool,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            json_schema: true,
            json_object: true,
            tools: true,
            seed: true,
            usage: true,
            logprobs: false,
            embeddings: true,
            temperature: true,
            penalties: true,
            max_tokens: true,
        }
    }
}

/// What may be asked of one server, so that a provider's limits are kept instead of run into. None is no limit.
///
/// Counted from the start of the program over sliding windows of a minute and of 24 hours. Tokens are estimated before
/// a request (a quarter of its characters, plus `max_tokens`) and corrected by the server's own count afterwards. A
/// request that no server may take now waits for up to [`Retry::longest_wait`], else it fails as busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Limits {
    pub requests_per_minute: Option<u64>,
    pub tokens_per_minute: Option<u64>,
    pub requests_per_day: Option<u64>,
    pub tokens_per_day: Option<u64>,
}

/// How long to wait for what. A request's own deadline counts besides, until its first token is there.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For the connection, TLS included.
    pub connect: Duration,
    /// From sending the request to the first token.
    pub first_token: Duration,
    /// Between tokens. Bytes that make no token don't count: a server may drip keep-alives for hours.
    pub stall: Duration,
    /// For the whole answer.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_token: Duration::from_secs(20),
            stall: Duration::from_secs(10),
            total: Duration::from_secs(180),
        }
    }
}

/// How often a request is tried, as long as nothing of its answer was shown.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// The most tries, over all servers; 1 is no second try.
    pub tries: u32,
    /// The pause before the second try of the same server is a random part of this; it doubles with each further one.
    pub first_pause: Duration,
    /// The longest pause, and the longest wait that a server may ask for or that a limit may cause.
    pub longest_wait: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            tries: 4,
            first_pause: Duration::from_millis(250),
            longest_wait: Duration::from_secs(8),
        }
    }
}

/// When a server is left alone.
#[derive(Clone, Copy, Debug)]
pub struct BreakerSettings {
    /// After so many requests that failed in a row.
    pub failures: u32,
    /// For so long; then one request tries it again.
    pub pause: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures: 3, pause: Duration::from_secs(15) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_data() {
        let text = r#"(base_url: "https://llm.example/v1", model: "m", key: Env("SOME_KEY"), tier: 1,
            capabilities: (json_schema: false), limits: (requests_per_minute: Some(60)))"#;
        let endpoint: EndpointSettings = ron::from_str(text).unwrap();
        assert!(!endpoint.capabilities.json_schema && endpoint.capabilities.tools);
        assert_eq!((endpoint.tier, endpoint.limits.requests_per_minute), (1, Some(60)));
        assert!(matches!(endpoint.key, Key::Env(name) if name == "SOME_KEY"));
    }

    #[test]
    fn several_urls_may_be_given() {
        let urls: Vec<_> = split(" http://a/v1, http://b/v1  http://c/v1 ").collect();
        assert_eq!(urls, ["http://a/v1", "http://b/v1", "http://c/v1"]);
    }

    #[test]
    fn keys_in_urls_are_not_printed() {
        for url in ["https://me:hush@host/v1", "https://host/v1?api_key=hush"] {
            assert!(!format!("{:?}", RemoteSettings::new(url, "m")).contains("hush"));
        }
    }
}
