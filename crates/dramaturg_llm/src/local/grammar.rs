//! Answers of a fixed form: which tokens may come next, and which must.
//!
//! A JSON schema is compiled by llguidance, which walks a trie of the model's tokens beside a lexer whose states are
//! cached. A grammar of our own, or llama.cpp's GBNF, tries each of 150,000 tokens by itself: several milliseconds
//! a token where this takes a tenth of one. llguidance 1.9 with default features off stands on 25 crates, of which
//! five were not in the workspace before (anyhow, derivre, strum and its macros, toktrie). Its `lark` and `referencing`
//! features are not needed: schemas are given as such, and `$ref` only leads into the schema itself.

mod prepare;
mod tokens;
mod tools;

use llguidance::api::TopLevelGrammar;
use llguidance::{JsonCompileOptions, Matcher, ParserFactory};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokens::Tokens;
use toktrie::{InferenceCapabilities, SimpleVob, TokEnv, TokRxInfo, TokTrie};

/// Compiled grammars that are kept: a game has few forms of answers, and asks for each again and again.
const KEPT: usize = 8;

/// Tokens that all may come inside of a string, unless it is near its greatest length: they are not looked at one by
/// one. Each of these costs a tenth of a second when the vocabulary is read. llguidance has one more, for whitespace.
const SLICES: [&str; 3] =
    [r#"[^"\\\x00-\x1F\x7F]{1,10}"#, r#"[^"\\\x00-\x1F\x7F]{1,30}"#, r#"[^"\\\x00-\x1F\x7F]+"#];

/// Why an answer can't be held to its form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum GrammarError {
    /// No grammar comes of this schema.
    #[error("this JSON schema can't shape an answer ({0}); make it simpler")]
    Schema(String),
    /// The vocabulary can't write JSON.
    #[error("this model's tokens can't write JSON ({0}); ask it for plain text")]
    Vocabulary(String),
    /// The token is none of those that may come.
    #[error("token {token} can't come here in the answer ({reason})")]
    Refused {
        /// The token.
        token: u32,
        /// What llguidance said.
        reason: String,
    },
}

/// What all grammars of a model share: its tokens as bytes. Cheap to clone.
#[derive(Clone)]
pub(super) struct Grammars(Arc<Shared>);

struct Shared {
    factory: ParserFactory,
    end: Vec<u32>,
    kept: Mutex<VecDeque<Kept>>,
}

/// A grammar at its beginning. Clones of the matcher share the states of its lexer, so that they are computed once
/// for all answers of this form.
struct Kept {
    /// The schema's text: two that differ only in the order of their fields are two.
    schema: String,
    lenient: bool,
    matcher: Matcher,
    broken: Arc<AtomicBool>,
}

impl Grammars {
    /// `pieces[i]` are the bytes of token i (special and control tokens: none), `end` the end-of-turn tokens. Takes
    /// some tenths of a second for a vocabulary of 150,000.
    ///
    /// # Errors
    /// [`GrammarError::Vocabulary`] when the tokens can't write any JSON, or there is no token for the end.
    pub(super) fn new(pieces: Vec<Vec<u8>>, end: &[u32]) -> Result<Self, GrammarError> {
        let fault = |what: String| GrammarError::Vocabulary(what);
        let size = u32::try_from(pieces.len()).map_err(|_| fault("too many tokens".into()))?;
        let first = *end.first().ok_or_else(|| fault("no token ends a turn".into()))?;
        if let Some(end) = end.iter().find(|end| **end >= size) {
            return Err(fault(format!("the end token {end} is not in the vocabulary")));
        }
        let mut single = [false; 256];
        for piece in &pieces {
            if let [byte] = piece[..] {
                single[usize::from(byte)] = true;
            }
        }
        // Bytes of other characters may be missing, small models have no tokens for all; schemas are looked at for them.
        if let Some(byte) = (b' '..=b'~').find(|byte| !single[usize::from(*byte)]) {
            return Err(fault(format!("there is no token for '{}'", char::from(byte))));
        }
        let trie = TokTrie::from(&TokRxInfo::new(size, first), &pieces).with_eos_tokens(end);
        let tokens: TokEnv = Arc::new(Tokens(trie));
        let slices = SLICES.map(str::to_owned);
        let mut factory = ParserFactory::new(&tokens, InferenceCapabilities::default(), &slices)
            .map_err(|e| fault(sentence(&e)))?;
        factory.quiet();
        let limits = factory.limits_mut();
        limits.verbose_errors = false;
        // A form of answer uses some hundreds of states of one or two kilobytes; kept grammars keep theirs.
        limits.max_lexer_states = 20_000;
        Ok(Self(Arc::new(Shared { factory, end: end.to_vec(), kept: Mutex::default() })))
    }

    /// A grammar for answers of this JSON schema, compact and with the [spoken field](crate::schema::speech) first.
    ///
    /// # Errors
    /// [`GrammarError::Schema`] when the schema is no object's, uses what can't be compiled, or is too large.
    pub(super) fn start(&self, schema: &Value) -> Result<Grammar, GrammarError> {
        self.compiled(prepare::prepare(schema)?, false)
    }

    /// A grammar for answers that may call tools: `{"say": …, "calls": [{"name": …, "arguments": …}, …]}`; with a
    /// schema its fields instead of `say`, and `calls` after them.
    ///
    /// # Errors
    /// As [`Self::start`]; also when a name is there twice.
    pub(super) fn start_with_tools(
        &self,
        tools: &[crate::Tool],
        schema: Option<&Value>,
    ) -> Result<Grammar, GrammarError> {
        // What the compiler does not know of a tool's schema is checked when the call has closed.
        self.compiled(prepare::prepare(&tools::with_tools(tools, schema)?)?, true)
    }

    fn compiled(&self, schema: Value, lenient: bool) -> Result<Grammar, GrammarError> {
        let end = self.0.end.clone();
        let text = schema.to_string();
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| !kept.broken.load(Ordering::Relaxed));
        if let Some(at) = kept.iter().position(|k| k.lenient == lenient && k.schema == text)
            && let Some(known) = kept.remove(at)
        {
            let grammar = Grammar {
                matcher: known.matcher.clone(),
                broken: known.broken.clone(),
                end,
                done: false,
            };
            kept.push_back(known);
            return Ok(grammar);
        }
        let trie = self.0.factory.tok_env().tok_trie();
        if trie.decode_raw(&trie.greedy_tokenize(text.as_bytes())) != text.as_bytes() {
            let what = "the model has no tokens for some of its characters";
            return Err(GrammarError::Schema(what.into()));
        }
        let matcher = self.compile(schema, lenient)?;
        let broken = Arc::new(AtomicBool::new(false));
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(Kept {
            schema: text,
            lenient,
            matcher: matcher.clone(),
            broken: broken.clone(),
        });
        Ok(Grammar { matcher, broken, end, done: false })
    }

    fn compile(&self, mut schema: Value, lenient: bool) -> Result<Matcher, GrammarError> {
        let options = JsonCompileOptions {
            whitespace_flexible: false,
            coerce_one_of: true,
            lenient,
            // No \u: a character is shorter than its number.
            json_allowed_escapes: Some("nrbtf\\\"".into()),
            ..JsonCompileOptions::default()
        };
        options.apply_to(&mut schema);
        let parser = self
            .0
            .factory
            .create_parser(TopLevelGrammar::from_json_schema(schema))
            .map_err(|e| GrammarError::Schema(sentence(&e)))?;
        Ok(Matcher::new(Ok(parser)))
    }
}

/// The form of one answer, and how far it has come.
pub(super) struct Grammar {
    matcher: Matcher,
    broken: Arc<AtomicBool>,
    end: Vec<u32>,
    done: bool,
}

impl Grammar {
    /// Sets the logits of tokens that may not come to minus infinity. When the answer is complete, or the grammar
    /// can't go on, only the tokens that end the turn remain.
    pub(super) fn mask(&mut self, logits: &mut [f32]) {
        match self.matcher.compute_mask_or_eos() {
            Ok(mask) => apply(&mask, logits),
            Err(error) => {
                self.fail(&error);
                let kept: Vec<(usize, f32)> = self
                    .end
                    .iter()
                    .filter_map(|&end| Some((end as usize, *logits.get(end as usize)?)))
                    .collect();
                logits.fill(f32::NEG_INFINITY);
                for (end, logit) in kept {
                    logits[end] = logit;
                }
            }
        }
    }

    /// Tokens that must come now, whatever the model thinks; they need no sampling. Empty most of the time. Each is
    /// to be told to [`Self::accept`].
    pub(super) fn forced(&mut self) -> Vec<u32> {
        if self.done || self.matcher.is_stopped() {
            return Vec::new();
        }
        self.matcher.compute_ff_tokens()
    }

    /// Takes a token; true when the answer is complete and nothing more may come.
    ///
    /// # Errors
    /// [`GrammarError::Refused`] when the token may not come here; the grammar is of no use afterwards.
    pub(super) fn accept(&mut self, token: u32) -> Result<bool, GrammarError> {
        if self.done && self.end.contains(&token) {
            return Ok(true);
        }
        if let Err(error) = self.matcher.consume_token(token) {
            self.fail(&error);
            return Err(GrammarError::Refused { token, reason: sentence(&error) });
        }
        self.done = self.matcher.is_stopped();
        Ok(self.done)
    }

    /// After a fault inside llguidance the shared lexer may be of no use to later answers.
    fn fail(&self, error: &dyn std::fmt::Display) {
        tracing::debug!("a grammar went wrong: {error}");
        self.broken.store(true, Ordering::Relaxed);
    }
}

/// A word of 32 tokens at a time: inside of a string nearly all may come, elsewhere nearly none.
fn apply(mask: &SimpleVob, logits: &mut [f32]) {
    let words = mask.as_slice();
    for (i, logits) in logits.chunks_mut(32).enumerate() {
        match words.get(i).copied().unwrap_or(0) {
            u32::MAX => {}
            0 => logits.fill(f32::NEG_INFINITY),
            word => {
                for (bit, logit) in logits.iter_mut().enumerate() {
                    if word & (1 << bit) == 0 {
                        *logit = f32::NEG_INFINITY;
                    }
                }
            }
        }
    }
}

/// What llguidance says, in one line and not too long.
fn sentence(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(200).collect()
}

#[cfg(test)]
mod real;
#[cfg(test)]
mod tests;
