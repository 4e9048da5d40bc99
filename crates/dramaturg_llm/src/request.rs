//! What a model is asked.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Who speaks a message of the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The standing instructions.
    System,
    /// The player's side.
    User,
    /// The character's side.
    Assistant,
}

/// One message of the prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said. Treated as data: control tokens written in it are never parsed as such.
    #[serde(rename = "content")]
    pub text: String,
}

impl Message {
    /// A system message.
    pub fn system(text: impl Into<String>) -> Self {
        Self { role: Role::System, text: text.into() }
    }
    /// A message of the player's side.
    pub fn user(text: impl Into<String>) -> Self {
        Self { role: Role::User, text: text.into() }
    }
    /// A message of the character's side.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self { role: Role::Assistant, text: text.into() }
    }
}

/// How the next token is chosen. The same settings and seed give the same text on the same model and machine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 is greedy; useful range 0.0 to 1.5.
    pub temperature: f32,
    /// Share of probability kept, 0 to 1; 1 is off.
    pub top_p: f32,
    /// Tokens less likely than this share of the likeliest are never drawn, 0 to 1; 0 is off.
    pub min_p: f32,
    /// Divides the logits of tokens already spoken; 1 is off.
    pub repeat_penalty: f32,
    /// Taken from the logits of tokens already spoken, once for each time; 0 is off, useful to 2.
    pub frequency_penalty: f32,
    /// Taken from the logits of tokens already spoken, once; 0 is off, useful to 2.
    pub presence_penalty: f32,
    /// Against whole phrases that come again; none is off.
    pub dry: Option<Dry>,
    /// Seed of the draw.
    pub seed: u32,
}

/// 'Don't repeat yourself': a token that would continue a sequence as it was continued before is made less likely, the
/// more so the longer the sequence is (the sampler of that name, p-e-w 2024).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dry {
    /// Strength, 0 to 2; 0.8 is usual.
    pub multiplier: f32,
    /// How fast the penalty grows with the length, from 1; 1.75 is usual.
    pub base: f32,
    /// Sequences of up to this many tokens may come again.
    pub allowed: u32,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_p: 0.9,
            min_p: 0.0,
            repeat_penalty: 1.1,
            frequency_penalty: 0.0,
            presence_penalty: 0.0,
            dry: None,
            seed: 1,
        }
    }
}

/// Who waits for an answer. The order is that in which work is done.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Priority {
    /// The player has pressed Enter and waits.
    #[default]
    PlayerWaits,
    /// The player sees it happen, but does not wait for it.
    PlayerSees,
    /// Thinking that nobody sees.
    Background,
}

/// What the work is for; routes, prices and budgets go by it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    Interpret,
    #[default]
    Speak,
    Reflect,
    Plan,
    Summarise,
}

/// How a request is to be treated. It is no part of the request's identity: the answer is the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Who waits.
    pub priority: Priority,
    /// What for.
    pub kind: Kind,
    /// For whom; requests of one character get a fair share beside those of others.
    pub character: String,
    /// After so long in the queue it is not worth doing any more.
    pub deadline: Option<Duration>,
    /// The same text whatever else runs beside it. Costs the batch: the request is evaluated alone.
    pub deterministic: bool,
}

/// Something that the model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON schema of its arguments, an object.
    pub parameters: serde_json::Value,
}

/// A request for words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompletionRequest {
    /// The prompt, most stable first, so that its prefix stays cached.
    pub messages: Vec<Message>,
    /// When not empty, the answer begins with one of these in round brackets (a closed set, chosen by the model).
    pub lead: Vec<String>,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// Upper bound of new tokens.
    pub max_tokens: u32,
    /// The answer ends before any of these.
    pub stop: Vec<String>,
    /// The answer is a JSON text of this schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<serde_json::Value>,
    /// What the model may call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// How it is to be treated.
    #[serde(skip)]
    pub work: Work,
}

impl CompletionRequest {
    /// A request with the default sampling and 64 tokens at the most.
    pub fn new(messages: Vec<Message>) -> Self {
        Self {
            messages,
            lead: Vec::new(),
            sampling: Sampling::default(),
            max_tokens: 64,
            stop: vec!["\n".into()],
            schema: None,
            tools: Vec::new(),
            work: Work::default(),
        }
    }
    /// The request's identity in a journal.
    pub fn hash(&self) -> RequestHash {
        RequestHash::of("complete", self)
    }
}

/// A request for judgement over a closed set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ScoreRequest {
    /// Mean log-probability per token of each continuation after one prefix.
    Continuations {
        /// What comes before.
        prefix: String,
        /// The closed set.
        options: Vec<String>,
    },
    /// Mean log-probability per token of one line after each of the prefixes: the noisy channel
    /// (Min et al. 2022, "Noisy Channel Language Model Prompting for Few-Shot Text Classification").
    Channel {
        /// One hypothesis each; unchanged within a scene, so that each stays cached.
        prefixes: Vec<String>,
        /// What the player said.
        line: String,
    },
}

impl ScoreRequest {
    /// The request's identity in a journal.
    pub fn hash(&self) -> RequestHash {
        RequestHash::of("score", self)
    }
}

/// What will probably be asked soon: a backend with a cache evaluates it while nobody waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warm {
    /// The next prompt; everything before the text of its last message is evaluated.
    pub messages: Vec<Message>,
    /// What the player has typed of that text so far; its whole words are evaluated, too.
    pub typed: String,
    /// The hypotheses of the next [`ScoreRequest::Channel`].
    pub prefixes: Vec<String>,
}

/// Identity of a request: the first 16 bytes of BLAKE3 over its JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestHash([u8; 16]);

impl RequestHash {
    fn of(kind: &str, request: &impl Serialize) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(kind.as_bytes());
        // A request holds only strings and numbers, which always serialise.
        hasher.update(&serde_json::to_vec(request).unwrap_or_default());
        let mut out = [0; 16];
        out.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(out)
    }
}

impl fmt::Display for RequestHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
impl fmt::Debug for RequestHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for RequestHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for RequestHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bad = || serde::de::Error::custom("a request hash is 32 hexadecimal digits");
        if text.len() != 32 || !text.is_ascii() {
            return Err(bad());
        }
        let mut out = [0; 16];
        for (i, byte) in out.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| bad())?;
        }
        Ok(Self(out))
    }
}
