//! Who has the floor: of several characters who heard a line, who answers it.
//!
//! ```
//! use dramaturg_mind::{Because, Listener, floor};
//! let marta = Listener { id: "marta", names: &["Marta"], leads: true, ..Listener::default() };
//! let piet = Listener { id: "piet", names: &["Piet", "皮特"], knows: &["The lock of the mill"], ..Listener::default() };
//! let all = [marta, piet];
//! assert_eq!(floor("Good evening", &all, 0)[0].because, Because::Leads);
//! assert_eq!(floor("What happened at the mill?", &all, 0)[0].npc, "piet");
//! assert_eq!(floor("皮特，你怎么看？", &all, 0)[0].because, Because::Addressed);
//! ```

mod address;

use crate::memory::terms;
use address::{Address, address, is_to_all};
use std::collections::{BTreeMap, BTreeSet};

/// Somebody who heard the line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listener<'l> {
    /// A character's id.
    pub id: &'l str,
    /// By which names it is called, in all languages.
    pub names: &'l [&'l str],
    /// What it knows, was asked, and wants, in words.
    pub knows: &'l [&'l str],
    /// Reserved to outgoing, in thousandths: -1000 to 1000.
    pub outgoing: i32,
    /// Lines that others spoke since it last did.
    pub silent: u32,
    /// Whether the talk is its own: it answers where nobody else has more reason to.
    pub leads: bool,
    /// Whether it was the last to speak, and asked something.
    pub asked: bool,
}

/// What speaks most for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The line calls it by name.
    Addressed,
    /// The line is about it.
    Named,
    /// It asked, and this is the answer.
    Asked,
    /// It knows of what was said.
    Knows,
    /// The talk is its own.
    Leads,
    /// It is one who speaks up.
    Outgoing,
    /// It has not spoken for long.
    Silent,
}

impl Because {
    /// In a word, for reports.
    pub fn label(self) -> &'static str {
        match self {
            Self::Addressed => "addressed",
            Self::Named => "named",
            Self::Asked => "asked",
            Self::Knows => "knows",
            Self::Leads => "leads",
            Self::Outgoing => "outgoing",
            Self::Silent => "silent",
        }
    }
}

/// How much somebody has reason to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bid {
    /// Who.
    pub npc: String,
    /// All reasons together; only good for comparing.
    pub weight: i32,
    /// The strongest of them.
    pub because: Because,
    /// How much of what was said it knows of and the others do not, from 0 to 900.
    pub relevance: i32,
    /// Whether it speaks before the one who is meant to.
    pub cuts_in: bool,
}

/// Who is called by name comes before all others; the rest is weighed against one another.
const CALLED: i32 = 10_000;
const NAMED: i32 = 400;
const ASKED: i32 = 700;
const LEADS: i32 = 600;
/// What one word of the line is worth that nobody else knows of, and all words together.
const WORD: i32 = 700;
const WORDS: i32 = 900;
/// What being wholly outgoing is worth.
const OUTGOING: i32 = 200;
/// What each line is worth through which somebody was silent, and how many count.
const SILENT: i32 = 50;
const LINES: u32 = 6;
/// From which weight on somebody adds something to what another answers.
const CHIMES: i32 = 1_000;
/// Who is so outgoing does not let others speak about it in its hearing.
const FORWARD: i32 = 300;

/// Who speaks to a line, in their order: the one with the best reason, and `others` more at the most, who are called too or have
/// good reason of their own. Somebody outgoing of whom the line speaks, though it calls another, cuts in. One at least speaks, where
/// anybody listens.
pub fn floor(line: &str, listeners: &[Listener], others: usize) -> Vec<Bid> {
    let mut all = bids(line, listeners).into_iter();
    let mut order: Vec<Bid> = all.next().into_iter().collect();
    for mut bid in
        all.filter(|bid| bid.weight >= CHIMES || bid.because == Because::Named).take(others)
    {
        let outgoing = listeners.iter().find(|one| one.id == bid.npc).map_or(0, |one| one.outgoing);
        bid.cuts_in = bid.because == Because::Named && outgoing >= FORWARD;
        match bid.cuts_in {
            true => order.insert(0, bid),
            false if bid.weight >= CHIMES => order.push(bid),
            false => {}
        }
    }
    order
}

/// The bids of all listeners, the best first. Of equal ones the talk's leader comes first, then the order of ids decides, so the
/// same line to the same company is always answered by the same character.
fn bids(line: &str, listeners: &[Listener]) -> Vec<Bid> {
    let known = relevance(line, listeners);
    let to_all = is_to_all(line);
    let mut bids: Vec<(usize, bool, Bid)> = Vec::new();
    for (listener, relevance) in listeners.iter().zip(known) {
        let address = address(line, listener.names);
        let (called, at) = match address {
            Address::Called(at) => (CALLED, at),
            _ => (0, usize::MAX),
        };
        let named = address == Address::Named;
        let lines = i32::try_from(listener.silent.min(LINES)).unwrap_or_default();
        let reasons = [
            (Because::Addressed, called),
            (Because::Named, if named { NAMED } else { 0 }),
            (Because::Asked, if listener.asked { ASKED } else { 0 }),
            (Because::Knows, relevance),
            // What is said to all is nobody's in particular: it goes round.
            (Because::Leads, if listener.leads && !to_all { LEADS } else { 0 }),
            (Because::Outgoing, listener.outgoing.clamp(-1000, 1000) * OUTGOING / 1000),
            (Because::Silent, lines * SILENT * if to_all { 3 } else { 1 }),
        ];
        let weight = reasons.iter().map(|(_, weight)| weight).sum();
        let strongest = reasons.iter().filter(|(_, weight)| *weight > 0).rev();
        let strongest = strongest.max_by_key(|(_, weight)| *weight);
        let because = strongest.map_or(Because::Silent, |(because, _)| *because);
        let npc = listener.id.to_owned();
        bids.push((at, listener.leads, Bid { npc, weight, because, relevance, cuts_in: false }));
    }
    // Who is called first answers first.
    bids.sort_by(|(a_at, a_leads, a), (b_at, b_leads, b)| {
        let weight = b.weight.cmp(&a.weight);
        a_at.cmp(b_at).then(weight).then(b_leads.cmp(a_leads)).then(a.npc.cmp(&b.npc))
    });
    bids.into_iter().map(|(.., bid)| bid).collect()
}

/// How much of the line each of them knows of: a word that all know of tells them not apart.
fn relevance(line: &str, listeners: &[Listener]) -> Vec<i32> {
    let names: BTreeSet<String> =
        listeners.iter().flat_map(|listener| listener.names).flat_map(|name| terms(name)).collect();
    // Single characters, of Chinese too, are in everything.
    let telling = |term: &String| term.chars().count() > 1 && !names.contains(term);
    let said: BTreeSet<String> = terms(line).into_iter().filter(telling).collect();
    let know = |listener: &Listener| -> BTreeSet<String> {
        let known = listener.knows.iter().flat_map(|text| terms(text));
        known.filter(|term| said.contains(term)).collect()
    };
    let known: Vec<BTreeSet<String>> = listeners.iter().map(know).collect();
    let mut count: BTreeMap<&String, i32> = BTreeMap::new();
    known.iter().flatten().for_each(|term| *count.entry(term).or_default() += 1);
    let all = i32::try_from(listeners.len()).unwrap_or(i32::MAX);
    let worth = |term: &String| match count.get(term) {
        Some(many) if *many < all => WORD / many,
        _ => 0,
    };
    known.iter().map(|terms| terms.iter().map(worth).sum::<i32>().min(WORDS)).collect()
}

#[cfg(test)]
mod tests;
