//! The player's turn: each move that was made in the line, then the steering.

use super::{Ablation, Turn};
use crate::director::{ReadBy, Reading, answers, quotable, waits};
use crate::pack::{Line, RUNGS};
use crate::{Beat, Event, Move};
use dramaturg_llm::LanguageModel;

/// What came of one reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing that brings the story on.
    Nothing,
    /// The player did something, and the beat goes on.
    Progress,
    /// Another beat is open, or the story is over.
    Over,
}

/// The section of a move in which it is held out.
const INVITE: &str = "invite";
/// The rules from which on steering holds out a move.
const INVITING: u16 = 2;
/// From how many thousandths a move is held out before the others, since the player's line came near it.
const NEAR: u16 = 100;

/// The last rung ends the beat.
const LAST: usize = RUNGS.len() - 1;

impl Turn<'_> {
    /// All that the player's line was read for, in its order, up to the move that ends the beat; then what others do.
    pub(super) fn play(
        &mut self,
        readings: &[(Reading, ReadBy)],
        text: &str,
        model: Option<&dyn LanguageModel>,
    ) {
        let pack = self.pack.clone();
        let Some(beat) = pack.beat(&self.state.beat) else {
            let read = readings.iter().cloned();
            read.for_each(|(reading, by)| self.push(Event::Read { reading, by }));
            self.end();
            return;
        };
        let mut outcome = Outcome::Nothing;
        for (reading, by) in readings {
            self.push(Event::Read { reading: reading.clone(), by: *by });
            match self.answer(beat, reading, text, model) {
                Outcome::Nothing => {}
                Outcome::Progress => outcome = Outcome::Progress,
                Outcome::Over => {
                    outcome = Outcome::Over;
                    break;
                }
            }
        }
        if waits(&pack, self.state, readings.iter().map(|(reading, _)| reading)) {
            self.settle_promises();
            return;
        }
        self.quiet = outcome == Outcome::Nothing;
        if outcome == Outcome::Nothing {
            self.steer(beat);
        }
        if self.state.ended.is_none() && self.act() {
            self.quiet = false;
        }
        self.settle_promises();
        if self.state.ended.is_none() && self.quiet {
            self.begin_storylet();
        }
    }

    fn answer(
        &mut self,
        beat: &Beat,
        reading: &Reading,
        text: &str,
        model: Option<&dyn LanguageModel>,
    ) -> Outcome {
        match reading {
            Reading::Move(id) => match beat.moves.iter().find(|m| m.id == *id) {
                Some(a_move) if self.state.holds(&a_move.requires) => self.make(beat, a_move),
                Some(a_move) => self.refuse(beat, a_move),
                None => {
                    self.deflect(&beat.speaker, reading);
                    Outcome::Nothing
                }
            },
            Reading::OffTopic => {
                if !self.ask_back(beat) {
                    self.improvise(beat, text, model);
                }
                Outcome::Nothing
            }
            reading => {
                self.deflect(&beat.speaker, reading);
                Outcome::Nothing
            }
        }
    }

    fn make(&mut self, beat: &Beat, a_move: &Move) -> Outcome {
        let id = &a_move.id;
        self.effects(&a_move.effects);
        self.direct(&format!("play the reply of move '{id}'"));
        self.perform_section(&format!("beat {}/move {id}/reply", beat.id));
        if a_move.done {
            self.reached(&beat.id, true);
            return Outcome::Over;
        }
        if self.enter_asked(false) {
            return Outcome::Over;
        }
        // What the player does is progress, but only once: else a story could be held up for ever.
        if self.state.made.get(id) != Some(&1) {
            return Outcome::Nothing;
        }
        let mut eased = self.state.unproductive.saturating_sub(a_move.relief);
        if self.state.rules >= INVITING {
            // Who did something is not pressed in the next turn already.
            eased = eased.min(u32::from(beat.patience).saturating_sub(1));
        }
        if eased != self.state.unproductive {
            self.push(Event::Climbed(eased));
        }
        Outcome::Progress
    }

    /// What the player tries too early has its own answer, and no effect.
    fn refuse(&mut self, beat: &Beat, a_move: &Move) -> Outcome {
        let id = &a_move.id;
        self.push(Event::Refused(id.clone()));
        let section = format!("beat {}/move {id}/refuse", beat.id);
        if self.pack.prose(&self.state.locale).can_perform(&section) {
            self.direct(&format!("refuse the move '{id}'"));
            self.perform_section(&section);
        } else {
            self.deflect(&beat.speaker, &Reading::Move(id.clone()));
        }
        Outcome::Nothing
    }

    /// Asks whether the move is meant that the line comes near: once for each move while its beat is open.
    fn ask_back(&mut self, beat: &Beat) -> bool {
        let Some(a_move) = self.near.take().and_then(|id| beat.moves.iter().find(|m| m.id == id))
        else {
            return false;
        };
        let id = &a_move.id;
        let fit = self.state.rules > 0
            && !beat.speaker.is_empty()
            && !self.state.asked_before.contains(id)
            && self.state.holds(&a_move.requires);
        fit && self.offer(beat, id, "ask")
    }

    /// Has the speaker say the move in words that a yes answers: the author's in the section `way` of the move, else one of the
    /// ways that belong to everybody, with an example quoted. False where there are no words for it.
    fn offer(&mut self, beat: &Beat, id: &str, way: &str) -> bool {
        let (event, directive): (fn(String) -> Event, _) = match way {
            "ask" => (Event::AskedBack, format!("ask whether the move '{id}' is meant")),
            _ => (Event::Invited, format!("hold out the move '{id}'")),
        };
        let own = format!("beat {}/move {id}/{way}", beat.id);
        let pack = self.pack.clone();
        let prose = pack.prose(&self.state.locale);
        // What was said of it once is not said again: then the author's example is quoted.
        let said = way == INVITE && self.is_exhausted(&own);
        if prose.can_perform(&own) && !said {
            self.push(event(id.to_owned()));
            self.direct(&directive);
            self.perform_section(&own);
            return true;
        }
        let Some(quoted) = quotable(&pack, self.state, beat, id) else { return false };
        let quoted = quoted.trim_end_matches(['.', '。', '!', '！']);
        let ways = answers(prose, &self.state.locale, &beat.speaker, way);
        // A story in a language without such ways would quote in the wrong one.
        let pick = (self.state.seed as usize).wrapping_add(self.state.turn as usize);
        let Some((emotion, said)) = ways.get(pick.checked_rem(ways.len()).unwrap_or_default())
        else {
            return false;
        };
        if !said.contains("{}") {
            return false;
        }
        self.push(event(id.to_owned()));
        self.direct(&directive);
        let text = said.replace("{}", quoted);
        self.perform(&Line { npc: Some(beat.speaker.clone()), emotion: *emotion, text });
        true
    }

    /// Steering ends in something that can be taken up with a word: of the moves that can be made, one that was not held out
    /// yet, that the last line came near, that brings the story on.
    ///
    /// False where there is none, or no words for it.
    fn invite(&mut self, beat: &Beat) -> bool {
        if self.state.rules < INVITING || beat.speaker.is_empty() {
            return false;
        }
        let odds = |id: &str| {
            let near = self.report.interpretation.iter().find(|(of, _)| of == id);
            near.map_or(0, |(_, odds)| *odds)
        };
        let open = beat.open_moves(self.state).filter(|a_move| {
            self.state.holds(&a_move.requires)
                && (a_move.done || !self.state.made.contains_key(&a_move.id))
        });
        let mut open: Vec<&Move> = open.collect();
        open.sort_by_key(|a_move| {
            let near = odds(&a_move.id);
            let far = near < NEAR;
            let stale = self.state.asked_before.contains(&a_move.id);
            (stale, far, !a_move.done, 1000 - near)
        });
        let ids: Vec<String> = open.into_iter().map(|a_move| a_move.id.clone()).collect();
        ids.iter().any(|id| self.offer(beat, id, INVITE))
    }

    /// Says in the report what is asked of the speaker.
    fn direct(&mut self, directive: &str) {
        let report = &mut self.report.directive;
        if !report.is_empty() {
            report.push_str("; ");
        }
        report.push_str(directive);
    }

    /// A turn without progress: the tension rises, and chooses the rung. A rung that has nothing new to say is skipped.
    fn steer(&mut self, beat: &Beat) {
        if !beat.is_steered() || self.ablation == Some(Ablation::NoLadder) {
            return;
        }
        let patience = u32::from(beat.patience);
        let mut tension = self.state.unproductive.saturating_add(1);
        let section = |rung: usize| format!("beat {}/{}", beat.id, RUNGS[rung]);
        let mut rung = tension.checked_sub(patience).map(|rung| (rung as usize).min(LAST));
        // Who came back to a rung by doing something gets their time, though it has nothing new to say.
        if rung.is_some_and(|rung| rung < LAST && self.is_exhausted(&section(rung)))
            && self.invite(beat)
        {
            self.push(Event::Climbed(tension));
            self.quiet = false;
            return;
        }
        if let Some(rung) = &mut rung {
            while *rung < LAST && self.is_exhausted(&section(*rung)) {
                *rung += 1;
                tension = patience + *rung as u32;
            }
        }
        self.push(Event::Climbed(tension));
        let Some(rung) = rung else { return };
        self.quiet = false;
        self.direct(&format!("steer with the rung '{}'", RUNGS[rung]));
        if rung == LAST {
            self.effects(&beat.on_forced);
        }
        self.perform_section(&section(rung));
        if rung == LAST {
            self.reached(&beat.id, false);
        } else {
            let _ = self.invite(beat);
        }
    }

    /// An authored way of turning something aside, another one each time.
    pub(super) fn deflect(&mut self, npc: &str, reading: &Reading) {
        let way = reading.section();
        let ways = answers(self.pack.prose(&self.state.locale), &self.state.locale, npc, way);
        if ways.is_empty() {
            return;
        }
        let ways = self.fit_ways(ways);
        if ways.is_empty() {
            return self.perform(&self.left_out());
        }
        let pick = (self.state.seed as usize).wrapping_add(self.state.turn as usize) % ways.len();
        let (emotion, text) = ways[pick].clone();
        self.direct(&format!("turn it aside: {way}"));
        self.perform(&Line { npc: Some(npc.to_owned()), emotion, text });
    }
}
