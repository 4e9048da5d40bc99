//! The policy: which tiers there are, what they cost, and who is asked for what. Data, in RON.

use super::budget::{Budgets, Limit};
use super::error::{PolicyError, find};
use super::place::{self, Place};
use super::price::Price;
use crate::{Kind, Priority};
use ron::extensions::Extensions;
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;

/// Optional values and places need no wrapping in policies.
const EXTENSIONS: Extensions = Extensions::IMPLICIT_SOME.union(Extensions::UNWRAP_VARIANT_NEWTYPES);

/// Which models may be asked, for what, in which order and for how much.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The models.
    pub tiers: Vec<Tier>,
    /// The first whose conditions hold says who is asked; where none holds, all tiers in their order.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// What may be spent.
    #[serde(default)]
    pub budgets: Budgets,
    /// When a tier that fails is left alone.
    #[serde(default)]
    pub health: Health,
    /// How long who waits may wait, for requests that name no deadline.
    #[serde(default)]
    pub latency_ms: Latency,
}

/// A model that may be asked.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// What rules call it.
    pub name: String,
    /// The model's id: in the catalogue, and at servers that name no other.
    pub model: String,
    /// Where it runs; here, unless said.
    #[serde(default)]
    pub runs: Place,
    /// What its tokens cost. Unless said, what the catalogue says for servers, else nothing.
    #[serde(default)]
    pub price: Option<Price>,
    /// The longest prompt and answer together, where there is a limit. Unless said, the catalogue's.
    #[serde(default)]
    pub context_tokens: Option<u32>,
    /// Whether it calls tools.
    #[serde(default = "yes")]
    pub tools: bool,
    /// Whether it answers in the form of a schema.
    #[serde(default = "yes")]
    pub schema: bool,
    /// How long its first word usually takes, until that has been measured.
    #[serde(default)]
    pub first_word_ms: Option<u64>,
    /// Without a word for so long, the next tier is asked.
    #[serde(default)]
    pub give_up_ms: Option<u64>,
}

impl Tier {
    /// What its tokens cost.
    pub fn price(&self) -> Price {
        self.price.unwrap_or_default()
    }
}

fn yes() -> bool {
    true
}

/// Who is asked for a certain sort of request.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What the ledger calls it.
    pub name: String,
    /// All of these hold.
    #[serde(default)]
    pub when: When,
    /// Names of tiers. The first is asked; the next when it can't be, fails, or is not sure.
    pub take: Vec<String>,
    /// When a tier's own answer sends the request up to the next one; never, unless said.
    #[serde(default)]
    pub cascade: Option<Cascade>,
}

/// The conditions of a rule; what is left out always holds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// What the work is for, any of these.
    pub kinds: Vec<Kind>,
    /// Who waits, any of these.
    pub priorities: Vec<Priority>,
    /// How hard it is, 0 to 1000.
    pub difficulty: Bounds,
    /// How soon the first word is wanted.
    pub latency_ms: Bounds,
}

/// A range, open where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// The smallest that is in it.
    pub at_least: Option<u64>,
    /// The largest that is in it.
    pub at_most: Option<u64>,
}

impl Bounds {
    fn holds(&self, value: u64) -> bool {
        self.at_least.is_none_or(|least| value >= least)
            && self.at_most.is_none_or(|most| value <= most)
    }
}

/// When the cheap answer is not good enough.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cascade {
    /// The best of a closed set must be so far above the second, in nats for each token.
    pub margin: f32,
    /// A shorter answer is no answer.
    pub least_chars: usize,
    /// Hold words back until the answer is whole, also where somebody waits for them; background work always is.
    pub hold: bool,
}

impl Default for Cascade {
    fn default() -> Self {
        Self { margin: 0.1, least_chars: 2, hold: false }
    }
}

/// When a tier that fails is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Health {
    /// After so many failures in a row.
    pub failures: u32,
    /// For so long; then one more try.
    pub pause_ms: u64,
}

impl Default for Health {
    fn default() -> Self {
        Self { failures: 3, pause_ms: 30_000 }
    }
}

/// How long each may wait for the first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Latency {
    /// The player has pressed Enter.
    pub player_waits: u64,
    /// The player sees it happen.
    pub player_sees: u64,
    /// Nobody sees it.
    pub background: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self { player_waits: 2_000, player_sees: 6_000, background: 60_000 }
    }
}

impl Latency {
    pub(super) fn wanted(&self, priority: Priority) -> Duration {
        Duration::from_millis(match priority {
            Priority::PlayerWaits => self.player_waits,
            Priority::PlayerSees => self.player_sees,
            Priority::Background => self.background,
        })
    }
}

impl Rule {
    pub(super) fn holds(
        &self,
        kind: Kind,
        who: Priority,
        difficulty: u16,
        wanted: Duration,
    ) -> bool {
        let wanted = u64::try_from(wanted.as_millis()).unwrap_or(u64::MAX);
        (self.when.kinds.is_empty() || self.when.kinds.contains(&kind))
            && (self.when.priorities.is_empty() || self.when.priorities.contains(&who))
            && self.when.difficulty.holds(difficulty.into())
            && self.when.latency_ms.holds(wanted)
    }
}

impl Policy {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn load(file: &Path) -> Result<Self, PolicyError> {
        let source = std::fs::read_to_string(file).map_err(|error| {
            let help = "a policy is a RON file with `tiers` and `rules`";
            PolicyError::at(file, "", (1, 1), format!("can't read the file: {error}"), help)
        })?;
        Self::parse(file, &source)
    }

    /// Reads and checks a text; `file` only names it in errors.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(file: &Path, source: &str) -> Result<Self, PolicyError> {
        let options = ron::Options::default().with_default_extension(EXTENSIONS);
        let policy: Self = options.from_str(source).map_err(|error| {
            let at = (error.span.start.line, error.span.start.col);
            let help = "prices are whole millionths for a million tokens; names are as in the docs of Policy";
            PolicyError::at(file, source, at, error.code.to_string(), help)
        })?;
        match policy.check() {
            Ok(()) => Ok(policy),
            Err(wrong) => {
                let path: Vec<&str> = wrong.path.iter().map(String::as_str).collect();
                Err(PolicyError::at(file, source, find(source, &path), wrong.what, wrong.help))
            }
        }
    }

    /// What a policy says of tiers and limits must make sense.
    fn check(&self) -> Result<(), Wrong> {
        let quoted = |name: &str| format!("\"{name}\"");
        if self.tiers.is_empty() {
            return Err(Wrong::new(["tiers"], "there is no tier", "add one to `tiers`"));
        }
        for (index, tier) in self.tiers.iter().enumerate() {
            if self.tiers[..index].iter().any(|other| other.name == tier.name) {
                let name = quoted(&tier.name);
                let what = format!("two tiers are called '{}'", tier.name);
                return Err(Wrong::new([&name, &name], what, "give one another name"));
            }
            place::check(tier).map_err(|(path, what, help)| Wrong { path, what, help })?;
        }
        for rule in &self.rules {
            let at = |word: &str| ["rules".to_owned(), quoted(&rule.name), word.to_owned()];
            if rule.take.is_empty() {
                let what = format!("rule '{}' takes no tier", rule.name);
                return Err(Wrong::new(at("take"), what, "name at least one"));
            }
            for name in &rule.take {
                if !self.tiers.iter().any(|tier| tier.name == *name) {
                    let known: Vec<_> = self.tiers.iter().map(|t| t.name.as_str()).collect();
                    let help = format!("there are {}", known.join(", "));
                    return Err(Wrong::new(
                        at(&quoted(name)),
                        format!("there is no tier '{name}'"),
                        help,
                    ));
                }
            }
            for (what, bounds) in
                [("difficulty", rule.when.difficulty), ("latency_ms", rule.when.latency_ms)]
            {
                if matches!(bounds, Bounds { at_least: Some(a), at_most: Some(b) } if a > b) {
                    let help = "at_least must not be above at_most";
                    return Err(Wrong::new(at(what), format!("no {what} is in this range"), help));
                }
            }
            if rule.cascade.is_some_and(|cascade| !cascade.margin.is_finite()) {
                return Err(Wrong::new(at("margin"), "the margin is no number", "0.1 is usual"));
            }
        }
        let Budgets { character, session, day } = self.budgets;
        for (name, limit) in [("character", character), ("session", session), ("day", day)] {
            if matches!(limit, Limit { soft: Some(soft), hard: Some(hard) } if soft > hard) {
                let what = format!("the soft limit of the {name} is above the hard one");
                return Err(Wrong::new(["budgets", name, "soft"], what, "lower it"));
            }
        }
        if self.health.failures == 0 {
            let what = "a tier would be left alone before it fails";
            return Err(Wrong::new(["health", "failures"], what, "3 is usual"));
        }
        Ok(())
    }
}

/// What is wrong, and the words that lead to it.
struct Wrong {
    path: Vec<String>,
    what: String,
    help: String,
}

impl Wrong {
    fn new<W: Into<String>>(
        path: impl IntoIterator<Item = W>,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let path = path.into_iter().map(Into::into).collect();
        Self { path, what: what.into(), help: help.into() }
    }
}
