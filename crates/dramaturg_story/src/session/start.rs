//! Characters begin to talk with the player by themselves: of a promise that is due, of what they heard, of what they want.

use super::Turn;
use crate::Event;
use crate::director::contains_word;
use crate::pack::{Line, Pack, is_chinese};
use dramaturg_mind::Emotion;

const PLAYER: &str = "player";

/// What is said where the author wrote nothing, in English and Chinese.
const REMIND: [&str; 2] = ["You gave your word, remember? \"{}\".", "你答应过的，还记得吗？“{}”。"];
const CONFRONT: [&str; 2] =
    ["{from} tells me something about you. \"{}\"", "我听{from}说起你来着：“{}”"];

/// A reason to begin.
struct Reason {
    npc: String,
    because: String,
    line: Line,
}

impl Turn<'_> {
    /// In a quiet turn one of those who are there begins to talk with the player, if one has a reason that it had not before: a
    /// promise of the player's that is due, what it heard of the player, a goal. Of several the most outgoing.
    pub(super) fn start_talk(&mut self) {
        if !self.may_start() || self.state.aside.is_some() {
            return;
        }
        let pack = self.pack.clone();
        let mut there: Vec<&str> =
            pack.cast().filter(|npc| self.state.present.contains(*npc)).collect();
        there.sort_by_key(|npc| (-self.outgoing(npc), *npc));
        let kinds: [fn(&Self, &Pack, &str) -> Option<Reason>; 3] =
            [Self::promised, Self::heard_of_player, Self::wants];
        let reason =
            kinds.iter().find_map(|kind| there.iter().find_map(|npc| kind(self, &pack, npc)));
        if let Some(Reason { npc, because, line }) = reason {
            self.direct(&format!("{npc} begins to talk: {because}"));
            self.push(Event::Approached { npc, because });
            self.perform(&line);
            self.quiet = false;
        }
    }

    /// The player promised something, and its time has come.
    fn promised(&self, pack: &Pack, npc: &str) -> Option<Reason> {
        let now = self.state.minute();
        let open = self.state.promises.iter().enumerate().filter(|(_, promise)| {
            let due = promise.promised.due.is_some_and(|due| due.from <= now);
            promise.by == PLAYER && promise.to == npc && promise.settled.is_none() && due
        });
        open.into_iter().find_map(|(number, promise)| {
            let id = promise.id.as_ref().filter(|id| pack.promises.contains_key(*id))?;
            let made = || self.made_up(npc, &REMIND, &promise.promised.what, "");
            self.reason(npc, format!("promise {number}"), &format!("promise {id}/remind"), made)
        })
    }

    /// It was told something of the player.
    fn heard_of_player(&self, pack: &Pack, npc: &str) -> Option<Reason> {
        self.state.hearsay.of(npc).find_map(|(matter, heard)| {
            let written = pack.gossip.matters.get(matter);
            if written.is_some_and(|written| written.about != PLAYER) || heard.text.is_empty() {
                return None;
            }
            let from = pack.display_name(&self.state.locale, heard.through.first()?);
            let made = || self.made_up(npc, &CONFRONT, &heard.text, from);
            self.reason(npc, format!("gossip {matter}"), &format!("gossip {matter}/confront"), made)
        })
    }

    /// It wants something: only the author has words for that.
    fn wants(&self, pack: &Pack, npc: &str) -> Option<Reason> {
        let goals = pack.cast.get(npc).map(|c| c.goals()).unwrap_or_default();
        let open = goals
            .iter()
            .filter(|goal| self.state.holds(&goal.when) && !self.state.holds(&goal.desire));
        open.into_iter().find_map(|goal| {
            let section = format!("cast {npc}/want {}", goal.id);
            self.reason(npc, format!("goal {}", goal.id), &section, || None)
        })
    }

    /// A reason that there was not before, with the author's words, or those that are made up.
    fn reason(
        &self,
        npc: &str,
        because: String,
        section: &str,
        made: impl FnOnce() -> Option<Line>,
    ) -> Option<Reason> {
        if self.state.approached.contains(&(npc.to_owned(), because.clone())) {
            return None;
        }
        let written = self.pack.prose(&self.state.locale).can_perform(section);
        let line = if written { self.own_way(npc, section)? } else { made()? };
        Some(Reason { npc: npc.to_owned(), because, line })
    }

    /// Words by rule; none where they would hold what is locked for the speaker, or what the player has switched off.
    fn made_up(&self, npc: &str, words: &[&str; 2], what: &str, from: &str) -> Option<Line> {
        let words = words[usize::from(is_chinese(&self.state.locale))];
        let text = words.replace("{from}", from).replace("{}", what.trim());
        let lower = text.to_lowercase();
        let locked = self.state.locked_tells(&self.pack, Some(npc));
        let fit =
            !locked.iter().any(|tell| contains_word(&lower, tell)) && !self.avoided().is_in(&text);
        fit.then(|| Line { npc: Some(npc.to_owned()), emotion: Emotion::Neutral, text })
    }
}
