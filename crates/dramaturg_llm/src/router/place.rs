//! Where a tier's model runs, as a policy says it, and what a catalogue adds.

use super::policy::Tier;
use super::price::Price;
use crate::{
    BreakerSettings, Capabilities, EndpointSettings, Key, Limits, LocalSettings, RemoteSettings,
    Retry, Timeouts,
};
use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a tier's model runs.
///
/// ```
/// use dramaturg_llm::{Policy, router::Place};
/// let policy = Policy::parse("policy.ron".as_ref(), r#"(tiers: [
///     (name: "here", model: "qwen2.5-coder-1.5b", runs: Local(threads: 4)),
///     (name: "hosted", model: "qwen3-8b", runs: Remote(endpoints: [
///         (url: "https://llm.example/v1", key: Env("LLM_EXAMPLE_KEY"), limits: (requests_per_minute: 60)),
///     ])),
/// ])"#)?;
/// assert!(matches!(&policy.tiers[0].runs, Place::Local(here) if here.threads == Some(4)));
/// assert!(matches!(&policy.tiers[1].runs, Place::Remote(servers) if servers.endpoints.len() == 1));
/// # Ok::<(), dramaturg_llm::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Place {
    /// On this machine. This is where a model runs of which nothing is said.
    Local(Here),
    /// On one server, or on a fleet of them.
    Remote(Servers),
    /// The program has it already: a recording, a model of its own. [`RouterSettings::given`](super::RouterSettings)
    /// holds it by the tier's name.
    Given,
    /// Nowhere: the tier is there to be named, and is always passed over.
    Nowhere,
}

impl Default for Place {
    fn default() -> Self {
        Self::Local(Here::default())
    }
}

/// How a model is run on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Here {
    /// Its GGUF file, by its path from the policy's folder; unless said, the catalogue's file of the tier's `model`.
    pub file: Option<PathBuf>,
    /// [`LocalSettings::threads`], 1 to 64.
    pub threads: Option<u32>,
    /// [`LocalSettings::context_tokens`]: the cache's cells for all characters together, 256 or more.
    pub context_tokens: Option<u32>,
    /// [`LocalSettings::parallel`], 1 to 64.
    pub parallel: Option<u32>,
}

impl Here {
    pub(super) fn settings(&self) -> LocalSettings {
        let usual = LocalSettings::default();
        LocalSettings {
            threads: self.threads.unwrap_or(usual.threads),
            context_tokens: self.context_tokens.unwrap_or(usual.context_tokens),
            parallel: self.parallel.unwrap_or(usual.parallel),
            ..usual
        }
    }
}

/// The servers of a tier, and how they are treated. What is not said is as in [`RemoteSettings`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Servers {
    /// The servers, at least one; several share the work by measured load.
    pub endpoints: Vec<Server>,
    /// Allows plain http to other machines: keys and all that players say can be read on the way.
    pub plain_http: bool,
    /// What they can, where they don't say it themselves; it stands in the place of all that the catalogue says.
    pub capabilities: Option<Capabilities>,
    /// What may be asked of each, where it doesn't say that itself; in the place of what the catalogue says.
    pub limits: Option<Limits>,
    /// How long to wait for what.
    pub timeouts_ms: Patience,
    /// The most tries of a request, over all servers.
    pub tries: Option<u32>,
    /// A server that failed so often in a row is left alone.
    pub failures: Option<u32>,
    /// For so long.
    pub pause_ms: Option<u64>,
}

/// How long to wait for what, in milliseconds; see [`Timeouts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the fields of Timeouts")]
pub struct Patience {
    pub connect: Option<u64>,
    pub first_token: Option<u64>,
    pub stall: Option<u64>,
    pub total: Option<u64>,
}

/// A server.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Up to and without `/chat/completions`, for example `http://127.0.0.1:8080/v1`.
    pub url: String,
    /// Where its key is: `Env("VARIABLE")` or `Ring(service: "…", user: "…")`. Never the key itself.
    #[serde(default)]
    pub key: Key,
    /// Its name of the model, where that is not the tier's `model`.
    #[serde(default)]
    pub model: Option<String>,
    /// Its name of the model that embeds.
    #[serde(default)]
    pub embedding_model: Option<String>,
    /// A server of a higher rank is asked only when none of a lower one can be.
    #[serde(default)]
    pub rank: u8,
    /// What it can.
    #[serde(default)]
    pub capabilities: Option<Capabilities>,
    /// What may be asked of it.
    #[serde(default)]
    pub limits: Option<Limits>,
}

impl fmt::Debug for Server {
    /// Leaves out the parts of the URL in which some people put a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("url", &crate::remote::shown(&self.url))
            .field("key", &self.key)
            .field("model", &self.model)
            .field("rank", &self.rank)
            .finish_non_exhaustive()
    }
}

/// What a catalogue says of a model; what a tier says wins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelFacts {
    /// What a server of it can.
    pub capabilities: Option<Capabilities>,
    /// What may be asked of a server of it.
    pub limits: Option<Limits>,
    /// What its tokens cost at a server.
    pub price: Option<Price>,
    /// The longest prompt and answer together.
    pub context_tokens: Option<u32>,
}

/// A catalogue of models, for who opens tiers. `()` is an empty one: tiers then say all themselves.
pub trait KnownModels: Send + Sync {
    /// What is known of the model with this id, or of this name at servers. Called once for each tier.
    fn facts(&self, model: &str) -> Option<ModelFacts>;
    /// Its file on this machine. Called on a thread that may wait: the file may be checked first.
    ///
    /// # Errors
    /// A sentence that says why there is none, and what to do.
    fn file(&self, model: &str) -> Result<PathBuf, String>;
}

impl KnownModels for () {
    fn facts(&self, _: &str) -> Option<ModelFacts> {
        None
    }
    fn file(&self, model: &str) -> Result<PathBuf, String> {
        Err(format!(
            "there is no catalogue to look '{model}' up in; name its file: `runs: Local(file: \"…\")`"
        ))
    }
}

impl Tier {
    /// Adds what the catalogue says where the tier says nothing.
    pub(super) fn complete(&mut self, facts: Option<ModelFacts>) {
        let facts = facts.unwrap_or_default();
        self.context_tokens = self.context_tokens.or(facts.context_tokens);
        // A price is a server's: what runs here or is given costs what the tier says, or nothing.
        let Place::Remote(servers) = &mut self.runs else { return };
        self.price = self.price.or(facts.price);
        servers.capabilities = servers.capabilities.or(facts.capabilities);
        servers.limits = servers.limits.or(facts.limits);
        let usual = servers.capabilities.unwrap_or_default();
        let calls = |one: &Server| one.capabilities.unwrap_or(usual).tools;
        self.tools &= servers.endpoints.iter().any(calls);
    }
}

impl Servers {
    pub(super) fn settings(&self, model: &str) -> RemoteSettings {
        let ms = |said: Option<u64>, usual: Duration| said.map_or(usual, Duration::from_millis);
        let (timeouts, retry, breaker) =
            (Timeouts::default(), Retry::default(), BreakerSettings::default());
        let endpoint = |one: &Server| EndpointSettings {
            base_url: one.url.clone(),
            model: one.model.clone().unwrap_or_else(|| model.to_owned()),
            embedding_model: one.embedding_model.clone(),
            key: one.key.clone(),
            tier: one.rank,
            capabilities: one.capabilities.or(self.capabilities).unwrap_or_default(),
            limits: one.limits.or(self.limits).unwrap_or_default(),
        };
        RemoteSettings {
            endpoints: self.endpoints.iter().map(endpoint).collect(),
            timeouts: Timeouts {
                connect: ms(self.timeouts_ms.connect, timeouts.connect),
                first_token: ms(self.timeouts_ms.first_token, timeouts.first_token),
                stall: ms(self.timeouts_ms.stall, timeouts.stall),
                total: ms(self.timeouts_ms.total, timeouts.total),
            },
            retry: Retry { tries: self.tries.unwrap_or(retry.tries), ..retry },
            breaker: BreakerSettings {
                failures: self.failures.unwrap_or(breaker.failures),
                pause: ms(self.pause_ms, breaker.pause),
            },
            allow_plain_http: self.plain_http,
        }
    }
}

/// What is wrong with a place: the words of the file that lead to it, what, and what to do.
pub(super) type Fault = (Vec<String>, String, String);

/// What a tier says of its place must make sense, and must hold no key.
pub(super) fn check(tier: &Tier) -> Result<(), Fault> {
    let quoted = |text: &str| format!("\"{text}\"");
    let at = |word: &str| vec![quoted(&tier.name), word.to_owned()];
    match &tier.runs {
        Place::Local(here) => {
            let bounds = [
                ("threads", here.threads, 1, 64),
                ("context_tokens", here.context_tokens, 256, u32::MAX),
                ("parallel", here.parallel, 1, 64),
            ];
            for (name, value, least, most) in bounds {
                if value.is_some_and(|value| value < least || value > most) {
                    let help = if most == u32::MAX {
                        format!("{least} or more")
                    } else {
                        format!("{least} to {most}")
                    };
                    return Err((at(name), format!("{name} can't be that"), help));
                }
            }
            Ok(())
        }
        Place::Remote(servers) => {
            if servers.endpoints.is_empty() {
                let what = format!("tier '{}' names no server", tier.name);
                let help = "add one: `endpoints: [(url: \"http://127.0.0.1:8080/v1\")]`";
                return Err((at("Remote"), what, help.into()));
            }
            for server in &servers.endpoints {
                if let Err(error) = crate::remote::address(&server.url, servers.plain_http) {
                    let (what, help) = wrong_address(&error);
                    return Err((at(&quoted(&server.url)), what, help));
                }
                let what = match &server.key {
                    Key::Env(name) if !is_variable(name) => "this is no name of a variable",
                    Key::Ring { service, user } if service.is_empty() || user.is_empty() => {
                        "the key ring has no such entry"
                    }
                    _ => continue,
                };
                let help = "the key itself never stands here: name a variable of the environment in capital \
                     letters, `Env(\"LLM_KEY\")`, or an entry of the key ring, `Ring(service: \"…\", user: \"…\")`";
                return Err((at("key"), what.into(), help.into()));
            }
            Ok(())
        }
        Place::Given | Place::Nowhere => Ok(()),
    }
}

fn wrong_address(error: &crate::RemoteError) -> (String, String) {
    use crate::RemoteError::{BadUrl, KeyInUrl, PlainHttp};
    match error {
        PlainHttp(host) => (
            format!("http://{host} is another machine, and plain http can be read on the way, the key too"),
            "use https, or say `plain_http: true` beside `endpoints` if the network is yours".into(),
        ),
        KeyInUrl(host) => (
            format!("the address of {host} holds a user name or a password"),
            "take it out, put it into a variable of the environment, and say `key: Env(\"VARIABLE\")`".into(),
        ),
        BadUrl { reason, .. } => (
            format!("this is not the address of a server ({reason})"),
            "it looks like http://127.0.0.1:8080/v1".into(),
        ),
        other => (other.to_string(), "see the docs of Server".into()),
    }
}

/// Keys have small letters or signs in them; who writes one here is not shown it again in an error.
pub(super) fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The path of a file that a policy names.
pub(super) fn beside(policy: &Path, file: &Path) -> PathBuf {
    policy.parent().map_or_else(|| file.to_owned(), |folder| folder.join(file))
}
