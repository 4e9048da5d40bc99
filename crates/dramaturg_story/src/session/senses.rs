//! What a play hears by, and what characters are reminded of by it.

use super::request::reminded;
use super::{Session, Turn};
use crate::director::{Ear, Hearing, Likened, Secrets, Sense};
use crate::{Event, State};
use dramaturg_llm::PendingEmbeddings;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// From these rules on what is recalled may hang on vectors, and is journaled then.
const RECALLING: u16 = 2;
/// Lines that are embedded at a time.
const AT_A_TIME: usize = 64;

/// What comes from outside to understand and to remember by.
#[derive(Default)]
pub(super) struct Senses {
    ear: Option<Arc<Ear>>,
    /// In a replay, what came of the ear when the next line was said.
    past: Option<HeardThen>,
    /// Vectors of remembered lines that are being computed.
    orders: Vec<Order>,
    /// Up to which line each character's memory was ordered.
    ordered: BTreeMap<String, u32>,
}

/// What came of an ear in one turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeardThen {
    pub(crate) likened: Option<Vec<Likened>>,
    pub(crate) recalled: VecDeque<Vec<u32>>,
    pub(crate) sensed: VecDeque<Vec<bool>>,
}

struct Order {
    npc: String,
    first: u32,
    vectors: PendingEmbeddings,
}

/// What one turn hears by.
#[derive(Default)]
pub(super) struct Heard {
    ear: Option<Arc<Ear>>,
    past: Option<HeardThen>,
}

impl Heard {
    pub(super) fn hearing(&self) -> Hearing<'_> {
        match (&self.past, &self.ear) {
            (Some(HeardThen { likened: Some(past), .. }), _) => Hearing::Past(past),
            (None, Some(ear)) => Hearing::Ear(ear),
            _ => Hearing::Words,
        }
    }
}

impl Senses {
    /// Has vectors made of what was said since.
    fn order(&mut self, state: &State) {
        let Some(ear) = &self.ear else { return };
        for (npc, memory) in &state.memories {
            let first = self.ordered.get(npc).copied().unwrap_or_default();
            let count = (memory.lines().len() as u32).saturating_sub(first).min(AT_A_TIME as u32);
            if count == 0 || self.orders.iter().any(|order| order.npc == *npc) {
                continue;
            }
            let texts = (first..first + count).map(|line| memory.embedding_text(line)).collect();
            let Some(vectors) = ear.remember(texts) else { return };
            self.ordered.insert(npc.clone(), first + count);
            self.orders.push(Order { npc: npc.clone(), first, vectors });
        }
    }

    /// Puts what is done into the memories.
    fn settle(&mut self, state: &mut State) {
        self.orders.retain(|order| match order.vectors.wait(Duration::ZERO) {
            Err(dramaturg_llm::ModelError::TimedOut) => true,
            done => {
                if let Some(memory) = state.memories.get_mut(&order.npc) {
                    for (line, vector) in (order.first..).zip(done.unwrap_or_default()) {
                        memory.set_vector(line, &vector);
                    }
                }
                false
            }
        });
    }
}

impl Session {
    /// Hears the player, and finds what is remembered, by this from now on. What it makes of a line is journaled.
    pub fn listen(&mut self, ear: Arc<Ear>) {
        self.senses.ear = Some(ear);
        self.prick_up();
    }
    /// In a replay: what came of the ear when the next line was said.
    pub(crate) fn listen_to_past(&mut self, past: HeardThen) {
        self.senses.past = Some(past);
    }
    /// Has the ear learn, aside, what may be said next and what was said.
    pub(crate) fn prick_up(&mut self) {
        self.senses.settle(&mut self.state);
        self.senses.order(&self.state);
        if let (Some(ear), Some(beat)) = (&self.senses.ear, self.pack.beat(&self.state.beat)) {
            ear.prepare(&self.pack, &self.state.locale, beat);
        }
    }
    /// What the next turn hears by.
    pub(super) fn heard(&mut self) -> Heard {
        self.senses.settle(&mut self.state);
        Heard { ear: self.senses.ear.clone(), past: self.senses.past.take() }
    }
}

impl Turn<'_> {
    /// What listens, beside the words, for `secrets` in the next line that a model writes.
    pub(super) fn sense(&mut self, secrets: &Secrets) -> Sense {
        match &mut self.heard.past {
            Some(past) => past.sensed.pop_front().map(Sense::past).unwrap_or_default(),
            None => self.heard.ear.clone().map_or_else(Sense::default, |ear| {
                Sense::listening(ear, secrets, &self.state.locale)
            }),
        }
    }

    /// The lines that come back to the character's mind at these words, by their meaning too; none where words alone must do.
    pub(super) fn recall(&mut self, npc: &str, text: &str) -> Option<Vec<u32>> {
        if self.state.rules < RECALLING {
            return None;
        }
        let lines = match &mut self.heard.past {
            Some(past) => past.recalled.pop_front()?,
            None => {
                let vector = self.heard.ear.as_ref()?.question(text)?;
                reminded(&self.pack, self.state, npc, text, Some(&vector))
            }
        };
        self.push(Event::Recalled { npc: npc.to_owned(), lines: lines.clone() });
        Some(lines)
    }
}
