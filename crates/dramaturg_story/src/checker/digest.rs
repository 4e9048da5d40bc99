//! One number for each state that differs in what matters, and states with nothing else in them.

use super::outlook::Outlooks;
use crate::pack::RUNGS;
use crate::{Line, Pack, State, Value};
use std::collections::BTreeMap;

/// A digest of 128 bits: two states of one have the same future.
pub(super) type Digest = u128;

/// Takes out of a state what makes no difference.
pub(super) fn settle(pack: &Pack, outlooks: &Outlooks, state: &mut State) {
    state.bags.retain(|bag, _| outlooks.draws_from(bag));
    let read = &outlooks.read;
    state.ever_made.retain(|made, _| read.contains(&format!("made.{made}")));
    state.begun.retain(|beat, _| {
        read.contains(&format!("seen.{beat}"))
            || pack.beat(beat).is_some_and(|b| b.is_storylet() && !b.repeat)
    });
    let seen_once = |made: &mut BTreeMap<String, u32>| {
        made.retain(|_, count| *count > 0);
        made.values_mut().for_each(|count| *count = 1);
    };
    seen_once(&mut state.made);
    state.waiting.iter_mut().for_each(|waiting| seen_once(&mut waiting.made));
    outlooks.forget(state);
    if outlooks.is_timeless(state) {
        state.unproductive = 0;
        state.made.clear();
        state.since = state.history.len();
    }
    for at in 0..state.waiting.len() {
        if outlooks.is_bygone(state, at) {
            let end = state.history.len();
            let waiting = &mut state.waiting[at];
            waiting.unproductive = 0;
            waiting.made.clear();
            waiting.since = end;
        }
    }
    let from = state.waiting.iter().map(|waiting| waiting.since).chain([state.since]).min();
    let from = from.unwrap_or_default().min(state.history.len());
    state.history.drain(..from);
    let length = state.history.len();
    let later = |since: &mut usize| *since = since.saturating_sub(from).min(length);
    later(&mut state.since);
    state.waiting.iter_mut().for_each(|waiting| later(&mut waiting.since));
}

/// The digest of a settled state.
pub(super) fn digest(pack: &Pack, outlooks: &Outlooks, state: &State) -> Digest {
    let mut bytes: Vec<u8> = Vec::with_capacity(256);
    let mut add = |part: &[u8]| {
        bytes.extend((part.len() as u32).to_le_bytes());
        bytes.extend(part);
    };
    if let Some(ending) = &state.ended {
        add(b"ended");
        add(ending.as_bytes());
        add(&[u8::from(fits(pack, state, ending))]);
        return hash(&bytes);
    }
    add(state.beat.as_bytes());
    add(state.scene.as_bytes());
    for (at, waiting) in state.waiting.iter().enumerate() {
        add(waiting.beat.as_bytes());
        add(waiting.scene.as_bytes());
        add(&[u8::from(waiting.over)]);
        if outlooks.is_bygone(state, at) {
            continue;
        }
        add(&waiting.unproductive.to_le_bytes());
        waiting.made.keys().for_each(|made| add(made.as_bytes()));
        add(&heard(pack, state, &waiting.beat, waiting.since));
    }
    outlooks.each_value(state, |at, value| {
        add(&(at as u32).to_le_bytes());
        add(value);
    });
    if !outlooks.is_timeless(state) {
        add(&state.unproductive.to_le_bytes());
        state.made.keys().for_each(|made| add(made.as_bytes()));
        add(&heard(pack, state, &state.beat, state.since));
    }
    hash(&bytes)
}

pub(super) fn hash(bytes: &[u8]) -> Digest {
    let hash = blake3::hash(bytes);
    hash.as_bytes().first_chunk().copied().map_or(0, u128::from_le_bytes)
}

/// Of how many alternatives of each rung were heard: which of them it was makes no difference.
fn heard(pack: &Pack, state: &State, beat: &str, since: usize) -> Vec<u8> {
    let prose = pack.prose(&state.locale);
    let lines = state.history.get(since..).unwrap_or_default();
    let count = |rung: &&str| {
        let (_, said, bullets) = prose.performed(&format!("beat {beat}/{rung}"), state);
        let is_heard = |text: &str| {
            let said = pack.say(state, text);
            lines.iter().any(|line| line.speaker.as_deref() != Some("player") && line.text == said)
        };
        let bullets = bullets.iter().filter(|b| is_heard(&Line::of_bullet(b, "").text)).count();
        let first = said.first().is_some_and(|line| is_heard(&line.text));
        bullets as u8 * 2 + u8::from(first)
    };
    RUNGS.iter().map(count).collect()
}

/// Whether the ending that was reached is one that can be: the last one stands in where none can.
pub(super) fn fits(pack: &Pack, state: &State, ending: &str) -> bool {
    let found = pack.endings.iter().find(|e| e.id == ending);
    found.is_some_and(|e| e.when.as_ref().is_none_or(|when| state.holds(when)))
}

/// A state that waits to be gone on from, small: facts as numbers, in the order of the pack.
pub(super) struct Frozen {
    facts: Box<[i32]>,
    rest: State,
}

impl Frozen {
    pub(super) fn of(pack: &Pack, mut state: State) -> Self {
        let facts = std::mem::take(&mut state.facts);
        let number = |(kind, value): (&crate::FactKind, &Value)| match (kind, value) {
            (_, Value::Number(number)) => *number,
            (_, Value::Bool(truth)) => i32::from(*truth),
            (crate::FactKind::Enum { values, .. }, Value::Enum(word)) => values
                .iter()
                .position(|v| v == word)
                .and_then(|at| i32::try_from(at).ok())
                .unwrap_or_default(),
            (_, Value::Enum(_)) => 0,
        };
        // A state has all facts of its pack, in their order.
        let facts = pack.facts.values().zip(facts.values()).map(number);
        Self { facts: facts.collect(), rest: state }
    }
    pub(super) fn thaw(self, pack: &Pack) -> State {
        let mut state = self.rest;
        let value = |(kind, number): (&crate::FactKind, i32)| match kind {
            crate::FactKind::Bool(_) => Value::Bool(number != 0),
            crate::FactKind::Number { .. } => Value::Number(number),
            crate::FactKind::Enum { values, .. } => {
                let word = usize::try_from(number).ok().and_then(|at| values.get(at));
                Value::Enum(word.cloned().unwrap_or_default())
            }
        };
        let facts = pack.facts.iter().zip(self.facts);
        state.facts = facts.map(|((name, kind), n)| (name.clone(), value((kind, n)))).collect();
        state
    }
}
