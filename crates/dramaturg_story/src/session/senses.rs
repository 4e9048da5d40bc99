//! What a play hears by, and what characters are reminded of by it.

use super::reading::consulted;
use super::request::reminded;
use super::{Session, Turn};
use crate::director::{Ear, Hearing, Likened, Secrets, Sense};
use crate::{Event, Pack, State};
use dramaturg_llm::PendingEmbeddings;
use dramaturg_mind::Index;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// From these rules on what is recalled may hang on vectors, and is journaled then.
const RECALLING: u16 = 2;
/// Lines that are embedded at a time, and passages of the library.
const AT_A_TIME: usize = 64;
const PASSAGES_AT_A_TIME: u32 = 8;
/// Passages that get vectors; of a larger library the rest is found by words.
const MOST_PASSAGES: u32 = 4096;

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
    shelf: Option<Shelf>,
}

/// The library with vectors, as far as they were computed.
struct Shelf {
    /// Of which text and language it is.
    of: (String, String),
    index: Arc<Index>,
    next: u32,
    order: Option<(u32, PendingEmbeddings)>,
}

/// What comes to a character's mind where an ear had a part in it; else it follows from the words.
#[derive(Clone, Debug, Default)]
pub(super) struct Reminded {
    /// Numbers of lines in its memory.
    pub(super) lines: Option<Vec<u32>>,
    /// Numbers of passages in the library.
    pub(super) passages: Option<Vec<u32>>,
}

/// What came of an ear in one turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeardThen {
    pub(crate) likened: Option<Vec<Likened>>,
    pub(crate) recalled: VecDeque<Vec<u32>>,
    pub(crate) consulted: VecDeque<Vec<u32>>,
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
    shelf: Option<Arc<Index>>,
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

impl Senses {
    /// Has vectors made of the library, some passages at a time, and puts them in.
    fn read_on(&mut self, pack: &Pack, locale: &str) {
        let Some(ear) = &self.ear else { return };
        let library = pack.library(locale);
        let of = (pack.digest.clone(), locale.to_owned());
        if library.passages().is_empty() || locale.is_empty() {
            self.shelf = None;
            return;
        }
        if self.shelf.as_ref().is_none_or(|shelf| shelf.of != of) {
            let index = Arc::new(library.index().clone());
            self.shelf = Some(Shelf { of, index, next: 0, order: None });
        }
        let Some(shelf) = &mut self.shelf else { return };
        if let Some((first, vectors)) = &shelf.order {
            let done = match vectors.wait(Duration::ZERO) {
                Err(dramaturg_llm::ModelError::TimedOut) => return,
                done => done.unwrap_or_default(),
            };
            let index = Arc::make_mut(&mut shelf.index);
            for (passage, vector) in (*first..).zip(done) {
                index.set_vector(passage, &vector);
            }
            shelf.order = None;
        }
        let until = (shelf.next + PASSAGES_AT_A_TIME).min(MOST_PASSAGES);
        let texts: Vec<String> =
            (shelf.next..until).map_while(|passage| library.embedding_text(passage)).collect();
        if let Some(vectors) = Some(texts).filter(|t| !t.is_empty()).and_then(|t| ear.remember(t)) {
            shelf.order = Some((shelf.next, vectors));
            shelf.next = until;
        }
    }
}

impl Session {
    /// While nothing else happens: goes on making vectors of the pack's library. Returns at once.
    pub(crate) fn read_on(&mut self) {
        self.senses.read_on(&self.pack, &self.state.locale);
    }
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
        self.read_on();
        if let (Some(ear), Some(beat)) = (&self.senses.ear, self.pack.beat(&self.state.beat)) {
            ear.prepare(&self.pack, &self.state.locale, beat);
        }
    }
    /// What the next turn hears by.
    pub(super) fn heard(&mut self) -> Heard {
        self.senses.settle(&mut self.state);
        let shelf = self.senses.shelf.as_ref().map(|shelf| shelf.index.clone());
        Heard { ear: self.senses.ear.clone(), past: self.senses.past.take(), shelf }
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

    /// What comes back to the character's mind at these words, by their meaning too; nothing where words alone must do.
    pub(super) fn recall(&mut self, npc: &str, text: &str) -> Reminded {
        if self.state.rules < RECALLING {
            return Reminded::default();
        }
        let (lines, passages) = match &mut self.heard.past {
            Some(past) => (past.recalled.pop_front(), past.consulted.pop_front()),
            None => {
                let ear = self.heard.ear.as_ref();
                let Some(vector) = ear.and_then(|ear| ear.question(text)) else {
                    return Reminded::default();
                };
                let lines = reminded(&self.pack, self.state, npc, text, Some(&vector));
                let shelf = self.heard.shelf.as_deref();
                let read =
                    |index| consulted(&self.pack, self.state, npc, index, (text, Some(&vector)));
                (Some(lines), shelf.map(read))
            }
        };
        if let Some(lines) = lines.clone() {
            self.push(Event::Recalled { npc: npc.to_owned(), lines });
        }
        if let Some(passages) = passages.clone() {
            self.push(Event::Consulted { npc: npc.to_owned(), passages });
        }
        Reminded { lines, passages }
    }
}
