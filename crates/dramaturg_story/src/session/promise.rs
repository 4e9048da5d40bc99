//! Promises made in talk: heard where the pack says what may be promised, kept or broken when their time has come.

use super::Turn;
use crate::{Event, PromiseKind};
use dramaturg_mind::{Due, Settled, promise_in};

const PLAYER: &str = "player";

impl Turn<'_> {
    /// Hears what the player (without `npc`) or a character promised in its words.
    pub(super) fn hear_promise(&mut self, npc: Option<&str>, text: &str) {
        let pack = self.pack.clone();
        if pack.promises.is_empty() || self.rehearsal.is_some() {
            return;
        }
        let Some(promised) = promise_in(text, self.state.minute()) else { return };
        let by = npc.unwrap_or(PLAYER);
        let lower = promised.what.to_lowercase();
        let meant = |(_, kind): &(&String, &PromiseKind)| {
            kind.by == by && kind.words.iter().any(|word| lower.contains(&word.to_lowercase()))
        };
        let kind = pack.promises.iter().find(meant);
        let is_open = |id: &str| {
            let same = |p: &&crate::Promise| p.id.as_deref() == Some(id) && p.settled.is_none();
            self.state.promises.iter().any(|promise| same(&promise))
        };
        // What is so already, or was promised before, is no news.
        if kind.is_some_and(|(id, kind)| self.state.holds(&kind.kept_when) || is_open(id)) {
            return;
        }
        let speaker = pack.beat(&self.state.beat).map(|beat| self.answerer(beat).to_owned());
        self.push(Event::Promised {
            by: by.to_owned(),
            to: if npc.is_some() { PLAYER.into() } else { speaker.unwrap_or_default() },
            promise: kind.map(|(id, _)| id.clone()),
            promised,
        });
    }

    /// Promises that are kept by now, and those whose time is over.
    pub(super) fn settle_promises(&mut self) {
        let pack = self.pack.clone();
        let now = self.state.minute();
        for number in 0..self.state.promises.len() {
            let promise = &self.state.promises[number];
            if promise.settled.is_some() {
                continue;
            }
            let kind = promise.id.as_ref().and_then(|id| pack.promises.get(id));
            let is_over = promise.promised.due.is_some_and(|due| due.until < now);
            let how = match kind {
                Some(kind) if self.state.holds(&kind.kept_when) => Settled::Kept,
                Some(_) if is_over => Settled::Broken,
                None if is_over => Settled::Lapsed,
                _ => continue,
            };
            self.push(Event::PromiseSettled { number, how });
            match (how, kind) {
                (Settled::Kept, Some(kind)) => self.effects(&kind.on_kept),
                (Settled::Broken, Some(kind)) => self.effects(&kind.on_broken),
                _ => {}
            }
        }
    }

    /// The promises that a character has to keep by now, with their ids, the first one due first.
    pub(super) fn to_keep(&self, npc: &str) -> Vec<String> {
        let now = self.state.minute();
        let mut open: Vec<(i32, &String)> = Vec::new();
        for promise in self.state.promises.iter().filter(|p| p.by == npc && p.settled.is_none()) {
            let due = promise.promised.due.unwrap_or(Due { from: now, until: i32::MAX });
            if let Some(id) = promise.id.as_ref().filter(|_| due.from <= now) {
                open.push((due.until, id));
            }
        }
        open.sort();
        open.into_iter().map(|(_, id)| id.clone()).collect()
    }
}
