//! The course of the story: which beat follows, scenes, sub-stories, storylets, the end.

use super::Turn;
use crate::Event;
use crate::cue::Cue;
use crate::pack::RETURN;
use dramaturg_mind::ActionKind;

/// How many beats may wait for the end of sub-stories.
pub(super) const DEEPEST: usize = 8;
/// How often a beat may end by itself, with no move of the player between: a story that goes in a circle ends instead.
pub(crate) const ROUNDS: u32 = 3;

impl Turn<'_> {
    pub(super) fn reached(&mut self, beat: &str, earned: bool) {
        if let Some(next) = self.over(beat, earned) {
            self.begin_beat(&next);
        }
    }

    /// A beat is over. What begins after it, if anything does.
    fn over(&mut self, beat: &str, earned: bool) -> Option<String> {
        self.push(Event::BeatReached { beat: beat.into(), earned });
        (self.cues)(Cue::BeatReached { beat: beat.into(), earned });
        self.asked(true).or_else(|| self.following(beat))
    }

    /// The beat that comes after one.
    fn following(&mut self, beat: &str) -> Option<String> {
        let pack = self.pack.clone();
        let mut endings = pack.endings.iter().filter_map(|ending| ending.when.as_ref());
        if endings.any(|when| self.state.holds(when)) {
            self.end();
            return None;
        }
        let next = pack.beat(beat).map(|b| b.next.as_slice()).unwrap_or_default();
        let is_ready = |id: &&String| {
            *id == RETURN || pack.beat(id).is_some_and(|b| self.state.holds(&b.when))
        };
        // Where no condition holds the first one follows: a story is never stuck.
        // What the player does not want to meet follows only where nothing else can.
        let is_wanted = |id: &&String| {
            pack.beat(id).is_none_or(|b| !b.content.iter().any(|note| self.state.avoids(note)))
        };
        let wanted = next.iter().find(|id| is_ready(id) && is_wanted(id));
        let chosen = wanted.or_else(|| next.iter().find(is_ready)).or(next.first());
        if let (Some(rehearsal), Some(id)) = (&mut self.rehearsal, chosen)
            && self.state.forced.get(id).is_some_and(|rounds| *rounds >= ROUNDS)
        {
            rehearsal.barred.push(id.clone());
        }
        match chosen {
            Some(id) if id != RETURN && self.rounds(id) < ROUNDS => Some(id.clone()),
            _ if self.state.waiting.is_empty() => {
                self.end();
                None
            }
            _ => self.return_from_sub_story(),
        }
    }

    fn rounds(&self, beat: &str) -> u32 {
        self.state.forced.get(beat).copied().unwrap_or_default()
    }

    /// Begins a beat. Those for which nothing is waited are over at once, so that several may follow one another.
    pub(super) fn begin_beat(&mut self, id: &str) {
        let mut next = Some(id.to_owned());
        while let Some(id) = next {
            next = self.begin_one(&id);
        }
    }

    /// Begins one beat; the one that begins at once after it, if one does.
    fn begin_one(&mut self, id: &str) -> Option<String> {
        self.push(Event::BeatBegan(id.into()));
        let pack = self.pack.clone();
        let beat = pack.beat(id)?;
        if let Some(scene) = &beat.scene {
            self.go_to(scene);
        }
        // Nobody leads an interlude: it may well play before its speaker comes.
        let is_led = !beat.speaker.is_empty() && !beat.interlude;
        if is_led && !self.state.present.contains(&beat.speaker) {
            self.come_in(&beat.speaker);
        }
        self.effects(&beat.on_begin);
        self.perform_section(&format!("beat {id}/open"));
        if beat.interlude {
            return self.over(id, false);
        }
        if let Some(sub) = self.asked(false) {
            return Some(sub);
        }
        // An aside: nothing can be done about it, so nothing is waited for.
        if beat.passes() { self.over(id, false) } else { None }
    }

    /// A character comes in by the action that it has for it, if there is one.
    fn come_in(&mut self, npc: &str) {
        let pack = self.pack.clone();
        let actions = pack.cast.get(npc).map(|c| c.actions()).unwrap_or_default();
        match actions.iter().find(|action| action.kind == ActionKind::Enter) {
            Some(action) => self.carry_out(npc, action),
            None => self.acted(npc, "enter", ActionKind::Enter),
        }
    }

    fn go_to(&mut self, scene: &str) {
        if self.state.scene == scene {
            return;
        }
        self.scene_began = true;
        if !self.state.scene.is_empty() {
            // What was told by now was told by those who were together until now.
            self.gossip(None);
        }
        let pack = self.pack.clone();
        self.push(Event::SceneBegan(scene.into()));
        let background = pack.background_of(scene).to_owned();
        (self.cues)(Cue::SceneBegan { scene: scene.into(), background });
        let Some(here) = pack.scenes.get(scene) else { return };
        if !here.present.is_empty() {
            let left: Vec<String> = self
                .state
                .present
                .iter()
                .filter(|npc| !here.present.contains(npc))
                .cloned()
                .collect();
            left.iter().for_each(|npc| self.acted(npc, "leave", ActionKind::Leave));
            for npc in &here.present {
                if !self.state.present.contains(npc) {
                    self.acted(npc, "enter", ActionKind::Enter);
                }
            }
        }
        self.effects(&here.on_enter);
        self.perform_section(&format!("scene {scene}/open"));
    }

    /// Begins the sub-story that an effect asked for, if one did and it may.
    pub(super) fn enter_asked(&mut self, over: bool) -> bool {
        let asked = self.asked(over);
        asked.iter().for_each(|beat| self.begin_beat(beat));
        asked.is_some()
    }

    /// The first beat of the sub-story that an effect asked for, if one did and it may begin.
    fn asked(&mut self, over: bool) -> Option<String> {
        let beat = self.entering.take()?;
        self.may_enter(&beat, over).then_some(beat)
    }

    /// Lets the open beat wait for the end of a sub-story that begins with that one, if it may.
    fn may_enter(&mut self, id: &str, over: bool) -> bool {
        let may = self.pack.beat(id).is_some_and(|beat| beat.is_steered())
            && self.state.ended.is_none()
            && self.state.waiting.len() < DEEPEST
            && self.rounds(id) < ROUNDS;
        if may {
            self.push(Event::Entered { over });
        }
        may
    }

    /// The beat that waited goes on where it was; one that was over is followed by what follows it.
    fn return_from_sub_story(&mut self) -> Option<String> {
        let waiting = self.state.waiting.last().cloned()?;
        let aside = self.pack.beat(&self.state.beat).is_some_and(crate::Beat::is_storylet);
        self.push(Event::Returned);
        if waiting.over {
            return self.following(&waiting.beat);
        }
        if waiting.scene != self.state.scene && !waiting.scene.is_empty() {
            self.go_to(&waiting.scene);
        }
        if !aside {
            self.perform_section(&format!("beat {}/return", waiting.beat));
        }
        self.asked(false)
    }

    /// In a quiet turn, the storylet of the highest salience among those that may begin.
    pub(super) fn begin_storylet(&mut self) {
        let pack = self.pack.clone();
        if pack.beat(&self.state.beat).is_none_or(|open| open.is_storylet() || !open.is_steered()) {
            return;
        }
        let ready = pack.beats.iter().filter(|beat| {
            beat.is_storylet()
                && (beat.repeat || !self.state.begun.contains_key(&beat.id))
                // One that nobody took up is not offered again before the player did something.
                && self.rounds(&beat.id) == 0
                && self.state.holds(&beat.when)
                && !self.is_left_out(&format!("beat {}/open", beat.id))
        });
        // Of equals, the first as it is written.
        let best = ready.min_by_key(|beat| i64::from(beat.salience).wrapping_neg());
        if let Some(beat) = best
            && self.may_enter(&beat.id, false)
        {
            self.begin_beat(&beat.id);
        }
    }

    /// The first ending that can be; the last one where none can.
    pub(super) fn end(&mut self) {
        if self.state.ended.is_some() {
            return;
        }
        let pack = self.pack.clone();
        let can_be = |ending: &&crate::Ending| {
            ending.when.as_ref().is_none_or(|when| self.state.holds(when))
        };
        if let Some(ending) = pack.endings.iter().find(can_be).or(pack.endings.last()) {
            self.perform_section(&format!("ending {}", ending.id));
            self.push(Event::Ended(ending.id.clone()));
            (self.cues)(Cue::Ended { ending: ending.id.clone() });
        }
    }
}
