//! What a model is asked.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
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
    /// The same text whatever else runs beside it. Costs the batch: the request is evaluated alone. Scores are the same
    /// anyway, but for the last digits.
    pub deterministic: bool,
    /// Who did it, as far as a backend of several servers tells.
    pub done_by: DoneBy,
}

/// A place where a backend of several servers writes which of them works on a request. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct DoneBy(Arc<Mutex<Option<String>>>);

impl DoneBy {
    /// Host, port and path of the server that was asked last.
    pub fn name(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    pub(crate) fn tell(&self, name: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(name.to_owned());
    }
}

/// It is an answer, not a wish: requests don't differ by it.
impl PartialEq for DoneBy {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for DoneBy {}

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

/// The name under which an adapter is loaded (`LocalSettings::adapters`): a small difference of the model's weights, by
/// which a character talks in a way of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AdapterId(String);

impl<T: Into<String>> From<T> for AdapterId {
    fn from(name: T) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for AdapterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
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
    /// Whose way of talking the model takes on; the model's own without one. Only local models have adapters: a server
    /// speaks without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<AdapterId>,
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
            adapter: None,
            work: Work::default(),
        }
    }
    /// The request's identity in a journal.
    pub fn hash(&self) -> RequestHash {
        RequestHash::of("complete", self)
    }
}

/// A request for judgement over a closed set.
///
/// ```
/// use dramaturg_llm::{Kind, ScoreRequest};
/// let mut request = ScoreRequest::channel(["The player asks. The player says:"], "Whose coat is that?");
/// assert_eq!(request.work.kind, Kind::Interpret);
/// let hash = request.hash();
/// request.work.character = "marta".into();
/// assert_eq!(request.hash(), hash, "for whom it is asked changes nothing of what is asked");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScoreRequest {
    /// What is judged; its JSON is the request's.
    pub set: ClosedSet,
    /// How it is to be treated.
    #[serde(skip)]
    pub work: Work,
}

/// What is judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClosedSet {
    /// Mean log-probability per token of each continuation after one prefix.
    Continuations {
        /// What comes before.
        prefix: String,
        /// The closed set.
        options: Vec<String>,
        /// What is taken off each score: that of the continuation after this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        neutral: Option<String>,
    },
    /// Mean log-probability per token of one line after each of the prefixes: the noisy channel
    /// (Min et al. 2022, "Noisy Channel Language Model Prompting for Few-Shot Text Classification").
    Channel {
        /// One hypothesis each; unchanged within a scene, so that each stays cached.
        prefixes: Vec<String>,
        /// What the player said.
        line: String,
        /// What is taken off each score: that of the line after this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        neutral: Option<String>,
    },
}

impl ClosedSet {
    /// Prefix and line of each score that a backend has to find: those of the set, then those that are taken off.
    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Continuations { prefix, options, neutral } => {
                let plain = options.iter().map(|option| (prefix.as_str(), option.as_str()));
                let off = neutral.iter().flat_map(|neutral| {
                    options.iter().map(move |option| (neutral.as_str(), option.as_str()))
                });
                plain.chain(off).collect()
            }
            Self::Channel { prefixes, line, neutral } => {
                let plain = prefixes.iter().chain(neutral);
                plain.map(|prefix| (prefix.as_str(), line.as_str())).collect()
            }
        }
    }

    /// The scores of the set from those of its [pairs](Self::pairs).
    pub(crate) fn combine(&self, mut scores: Vec<f32>) -> Vec<f32> {
        match self {
            Self::Continuations { options, neutral: Some(_), .. } => {
                let off = scores.split_off(options.len().min(scores.len()));
                scores.iter_mut().zip(off).for_each(|(score, off)| *score -= off);
            }
            Self::Channel { neutral: Some(_), .. } => {
                if let Some(off) = scores.pop() {
                    scores.iter_mut().for_each(|score| *score -= off);
                }
            }
            _ => {}
        }
        scores
    }

    /// How many scores the answer has.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Continuations { options, .. } => options.len(),
            Self::Channel { prefixes, .. } => prefixes.len(),
        }
    }
}

impl ScoreRequest {
    /// Asks how likely each of the continuations is after the prefix. It is work to interpret, for nobody in particular.
    pub fn continuations<T: Into<String>>(
        prefix: impl Into<String>,
        options: impl IntoIterator<Item = T>,
    ) -> Self {
        let options = options.into_iter().map(Into::into).collect();
        Self::of(ClosedSet::Continuations { prefix: prefix.into(), options, neutral: None })
    }
    /// Asks how likely the line is after each of the prefixes. It is work to interpret, for nobody in particular.
    pub fn channel<T: Into<String>>(
        prefixes: impl IntoIterator<Item = T>,
        line: impl Into<String>,
    ) -> Self {
        let prefixes = prefixes.into_iter().map(Into::into).collect();
        Self::of(ClosedSet::Channel { prefixes, line: line.into(), neutral: None })
    }
    /// Calibrates against a context that says nothing (an empty one will do): from each score is taken what it would be
    /// there, so that words that are likely anywhere don't win everywhere (Holtzman et al. 2021, "Surface Form
    /// Competition"; Zhao et al. 2021, "Calibrate Before Use"). Of a channel it takes the same off all scores: the order
    /// stays, and 0 comes to mean that the hypothesis says nothing of the line.
    pub fn calibrated(mut self, against: impl Into<String>) -> Self {
        let (ClosedSet::Continuations { neutral, .. } | ClosedSet::Channel { neutral, .. }) =
            &mut self.set;
        *neutral = Some(against.into());
        self
    }
    /// Judging what the player means is what scores are for.
    fn of(set: ClosedSet) -> Self {
        Self { set, work: Work { kind: Kind::Interpret, ..Work::default() } }
    }
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
    /// The adapter of the next prompt.
    pub adapter: Option<AdapterId>,
    /// The hypotheses of the next [`ClosedSet::Channel`].
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Journals hold the hashes of requests that were asked when a request was the closed set and nothing else.
    #[test]
    fn how_it_is_treated_is_no_part_of_a_score_request() {
        let mut request = ScoreRequest::channel(["a", "b"], "hm");
        request.work.character = "marta".into();
        let json = r#"{"Channel":{"prefixes":["a","b"],"line":"hm"}}"#;
        assert_eq!(serde_json::to_string(&request).unwrap(), json);
        assert_eq!(serde_json::from_str::<ScoreRequest>(json).unwrap().set, request.set);
        assert_eq!(request.hash(), RequestHash::of("score", &request.set));
        let continuations = ScoreRequest::continuations("So", [" yes", " no"]);
        let json = r#"{"Continuations":{"prefix":"So","options":[" yes"," no"]}}"#;
        assert_eq!(serde_json::to_string(&continuations).unwrap(), json);
    }
}
