//! What was asked of whom, why, and what it cost.

use super::moment::date;
use super::price::Tokens;
use super::why::{Outcome, Why};
use crate::Kind;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::time::Duration;

/// One request at one tier. A request that went on to another tier has an entry for each, with the same number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Number of the request within the ledger, from 1.
    pub request: u64,
    /// The day, as the router's clock counts them.
    pub day: u32,
    /// For whom; empty for nobody in particular.
    pub character: String,
    /// What for.
    pub kind: Kind,
    /// Who was asked; none when no tier could be.
    pub tier: Option<String>,
    /// Which server did the work, by host, port and path; none for what was done here, or by nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Why that one.
    pub why: Why,
    /// What it took.
    pub tokens: Tokens,
    /// Whether the tokens are a guess, because the backend said nothing of them.
    pub estimated: bool,
    /// What it cost, in the prices' millionths.
    pub cost: u64,
    /// How long the first word took, where one came.
    pub first_word: Option<Duration>,
    /// How long all of it took.
    pub whole: Duration,
    /// How it ended.
    pub outcome: Outcome,
}

/// What many entries come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// How many entries.
    pub entries: u64,
    /// How many of them did not end with the answer that was used: failed, unsure, cancelled or refused.
    pub unanswered: u64,
    /// How many of them have guessed tokens.
    pub estimated: u64,
    /// Tokens of the prompts.
    pub prompt: u64,
    /// How many of those were cached.
    pub cached: u64,
    /// Tokens of the answers.
    pub completion: u64,
    /// The cost, in the prices' millionths.
    pub cost: u64,
    /// How many entries have a first word.
    pub spoken: u64,
    /// The time that first words took, together.
    pub first_word: Duration,
    /// The time that all took, together.
    pub whole: Duration,
}

impl Sum {
    fn add(&mut self, entry: &LedgerEntry) {
        self.entries += 1;
        self.unanswered += u64::from(entry.outcome != Outcome::Answered);
        self.estimated += u64::from(entry.estimated);
        self.prompt += u64::from(entry.tokens.prompt);
        self.cached += u64::from(entry.tokens.cached);
        self.completion += u64::from(entry.tokens.completion);
        self.cost = self.cost.saturating_add(entry.cost);
        self.whole = self.whole.saturating_add(entry.whole);
        if let Some(first) = entry.first_word {
            self.spoken += 1;
            self.first_word = self.first_word.saturating_add(first);
        }
    }
}

/// The account of all requests: the latest one by one, all of them in exact sums. A router that was opened with a folder
/// writes it there entry by entry, and the next session goes on with what the day has spent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    capacity: usize,
    requests: u64,
    entries: VecDeque<LedgerEntry>,
    total: Sum,
    characters: BTreeMap<String, Sum>,
    kinds: BTreeMap<Kind, Sum>,
    tiers: BTreeMap<String, Sum>,
    #[serde(default)]
    endpoints: BTreeMap<String, Sum>,
    days: BTreeMap<u32, Sum>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self::keeping(1024)
    }
}

impl Ledger {
    /// An empty ledger that keeps the latest `capacity` entries; the sums are of all.
    pub fn keeping(capacity: usize) -> Self {
        Self {
            capacity,
            requests: 0,
            entries: VecDeque::new(),
            total: Sum::default(),
            characters: BTreeMap::new(),
            kinds: BTreeMap::new(),
            tiers: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            days: BTreeMap::new(),
        }
    }

    /// The latest entries, the oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &LedgerEntry> {
        self.entries.iter()
    }
    /// All entries ever.
    pub fn total(&self) -> Sum {
        self.total
    }
    /// By character; the empty name is work for nobody in particular.
    pub fn characters(&self) -> &BTreeMap<String, Sum> {
        &self.characters
    }
    /// By what the work was for.
    pub fn kinds(&self) -> &BTreeMap<Kind, Sum> {
        &self.kinds
    }
    /// By tier; what was refused is at none.
    pub fn tiers(&self) -> &BTreeMap<String, Sum> {
        &self.tiers
    }
    /// By server; what was done on this machine is at none.
    pub fn endpoints(&self) -> &BTreeMap<String, Sum> {
        &self.endpoints
    }
    /// By day.
    pub fn days(&self) -> &BTreeMap<u32, Sum> {
        &self.days
    }

    /// The number of a new request.
    pub(super) fn number(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    pub(super) fn enter(&mut self, entry: LedgerEntry) {
        // One from a file was numbered by an earlier session.
        self.requests = self.requests.max(entry.request);
        self.total.add(&entry);
        self.characters.entry(entry.character.clone()).or_default().add(&entry);
        self.kinds.entry(entry.kind).or_default().add(&entry);
        self.days.entry(entry.day).or_default().add(&entry);
        if let Some(tier) = &entry.tier {
            self.tiers.entry(tier.clone()).or_default().add(&entry);
        }
        if let Some(endpoint) = &entry.endpoint {
            self.endpoints.entry(endpoint.clone()).or_default().add(&entry);
        }
        self.entries.push_back(entry);
        // A ledger from a file may have been written with a larger ring.
        while self.entries.len() > self.capacity {
            self.entries.pop_front();
        }
    }

    /// The sums as a table for people. Costs are whole units of the currency with six decimals.
    pub fn summary(&self) -> String {
        let mut text = format!(
            "{:<24}{:>8}{:>10}{:>10}{:>10}{:>10}{:>14}{:>12}{:>10}\n",
            "",
            "requests",
            "no answer",
            "prompt",
            "cached",
            "written",
            "cost",
            "first word",
            "whole"
        );
        let mut line = |name: String, sum: &Sum| {
            let mean = |time: Duration, of: u64| {
                let mean = time.as_millis().checked_div(u128::from(of));
                mean.map_or_else(|| "-".to_owned(), |mean| format!("{mean} ms"))
            };
            let guessed = if sum.estimated > 0 { "~" } else { "" };
            // Writing to a string can't fail.
            let _ = writeln!(
                text,
                "{name:<24}{:>8}{:>10}{:>10}{:>10}{:>10}{:>14}{:>12}{:>10}",
                sum.entries,
                sum.unanswered,
                format!("{guessed}{}", sum.prompt),
                sum.cached,
                format!("{guessed}{}", sum.completion),
                format!("{}.{:06}", sum.cost / 1_000_000, sum.cost % 1_000_000),
                mean(sum.first_word, sum.spoken),
                mean(sum.whole, sum.entries),
            );
        };
        let shown =
            |name: &str| if name.is_empty() { "nobody".to_owned() } else { name.to_owned() };
        line("all".into(), &self.total);
        self.tiers.iter().for_each(|(name, sum)| line(format!("tier {name}"), sum));
        self.endpoints.iter().for_each(|(name, sum)| line(format!("at {name}"), sum));
        self.kinds.iter().for_each(|(kind, sum)| line(format!("{kind:?}").to_lowercase(), sum));
        self.characters.iter().for_each(|(name, sum)| line(format!("for {}", shown(name)), sum));
        self.days.iter().for_each(|(day, sum)| line(date(*day), sum));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry() -> impl Strategy<Value = LedgerEntry> {
        let kind = prop::sample::select(vec![Kind::Interpret, Kind::Speak, Kind::Reflect]);
        let tier = prop::option::of(prop::sample::select(vec!["small", "big"]));
        let outcome = prop::sample::select(vec![Outcome::Answered, Outcome::Cancelled]);
        let numbers = (0_u32..4, 0_u32..9999, 0_u32..999, 0_u64..99_999, 0_u64..9999);
        ("[ab]?", kind, tier, outcome, numbers, any::<bool>()).prop_map(
            |(character, kind, tier, outcome, (day, prompt, completion, cost, ms), estimated)| {
                LedgerEntry {
                    request: 1,
                    day,
                    character,
                    kind,
                    tier: tier.map(Into::into),
                    endpoint: tier.filter(|tier| *tier == "big").map(|_| "llm.example/v1".into()),
                    why: Why::default(),
                    tokens: Tokens { prompt, cached: prompt / 2, completion },
                    estimated,
                    cost,
                    first_word: (ms % 3 > 0).then(|| Duration::from_millis(ms / 2)),
                    whole: Duration::from_millis(ms),
                    outcome,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn sums_are_those_of_the_entries_however_few_are_kept(
            entries in prop::collection::vec(entry(), 0..60),
            capacity in 0_usize..50,
        ) {
            let mut ledger = Ledger::keeping(capacity);
            entries.iter().for_each(|entry| ledger.enter(entry.clone()));
            let sum = |which: &dyn Fn(&LedgerEntry) -> bool| {
                let mut sum = Sum::default();
                entries.iter().filter(|entry| which(entry)).for_each(|entry| sum.add(entry));
                sum
            };
            prop_assert_eq!(ledger.total(), sum(&|_| true));
            let cost: u64 = entries.iter().map(|entry| entry.cost).sum();
            prop_assert_eq!(ledger.total().cost, cost);
            prop_assert_eq!(ledger.days().values().map(|sum| sum.cost).sum::<u64>(), cost);
            prop_assert_eq!(ledger.kinds().values().map(|sum| sum.cost).sum::<u64>(), cost);
            for (name, found) in ledger.characters() {
                prop_assert_eq!(*found, sum(&|entry| entry.character == *name));
            }
            for (name, found) in ledger.tiers() {
                prop_assert_eq!(*found, sum(&|entry| entry.tier.as_ref() == Some(name)));
            }
            for (name, found) in ledger.endpoints() {
                prop_assert_eq!(*found, sum(&|entry| entry.endpoint.as_ref() == Some(name)));
            }
            let kept: Vec<_> = ledger.entries().cloned().collect();
            prop_assert!(entries.ends_with(&kept));
            prop_assert_eq!(kept.len(), entries.len().min(capacity));

            let json = serde_json::to_string(&ledger).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Ledger>(&json).unwrap(), &ledger);
            let ron = ron::to_string(&ledger).unwrap();
            prop_assert_eq!(&ron::from_str::<Ledger>(&ron).unwrap(), &ledger);
            prop_assert!(ledger.summary().lines().count() >= 2);
        }
    }
}
