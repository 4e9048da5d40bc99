//! How an event changes the state.

use super::{Promise, State, Waiting};
use crate::cue::HistoryLine;
use crate::fact::{CLOCK, Value};
use crate::{Event, Reading};
use dramaturg_mind::action::{Operator, Outcome, Step};
use dramaturg_mind::emotion::Felt;
use dramaturg_mind::{ActionKind, Emotion, Remembered};

/// Minutes that a turn of the player takes for feelings: in a story without a clock, and in one with a clock, which counts
/// beside them.
const TURN: u32 = 5;
const TURN_BY_CLOCK: u32 = 1;

/// So many times of one action are kept.
const TIMES: usize = 64;

impl State {
    /// The next state.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Opened { locale, seed, rules, .. } => {
                self.locale.clone_from(locale);
                self.seed = *seed;
                self.rules = *rules;
            }
            Event::PlayerSaid { text, to, .. } => {
                self.turn += 1;
                self.aside.clone_from(to);
                // A rehearsal has no memories, so nothing of what is said is told on in it.
                if !self.memories.is_empty() {
                    self.hearsay.player_spoke(self.turn, self.minute(), to.is_some());
                }
                self.timers("turns.", 1);
                let minutes = if self.facts.contains_key(CLOCK) { TURN_BY_CLOCK } else { TURN };
                self.moods.values_mut().for_each(|mood| mood.decay(minutes));
                self.heard(Some("player"), text, Emotion::Neutral);
            }
            Event::Read { reading: Reading::Move(id), .. } => {
                self.asked = None;
                self.invited = false;
                *self.made.entry(id.clone()).or_default() += 1;
                *self.ever_made.entry(format!("{}.{id}", self.beat)).or_default() += 1;
                self.forced.clear();
            }
            Event::Refused(id) => {
                let key = format!("{}.{id}", self.beat);
                for count in [self.made.get_mut(id), self.ever_made.get_mut(&key)] {
                    count.into_iter().for_each(|count| *count = count.saturating_sub(1));
                }
            }
            Event::AskedBack(id) | Event::Invited(id) => {
                self.asked = Some(id.clone());
                self.invited = matches!(event, Event::Invited(_));
                self.asked_before.insert(id.clone());
            }
            Event::Read { reading, .. } => {
                if !matches!(reading, Reading::OffTopic) {
                    self.hearsay.hush(self.turn);
                }
                self.asked = None;
                self.invited = false;
            }
            Event::Answered { .. }
            | Event::Likened(_)
            | Event::Recalled { .. }
            | Event::Sensed(_)
            | Event::Consulted { .. } => {}
            Event::SummedUp { npc, summary } => {
                if !summary.text.is_empty()
                    && self
                        .memories
                        .get_mut(npc)
                        .is_some_and(|memory| memory.sum_up(summary.clone()))
                {
                    self.thought_in.push(self.turn);
                }
            }
            Event::Reflected { npc, reflection } => {
                let memory = self.memories.get_mut(npc).filter(|_| !reflection.text.is_empty());
                if memory.is_some_and(|memory| memory.reflect(reflection.clone())) {
                    self.thought_in.push(self.turn);
                }
            }
            Event::Avoids(notes) => self.avoided.clone_from(notes),
            Event::Equipped(repertoire) => self.repertoire.clone_from(repertoire),
            Event::Called { npc, step } => self.called(npc, step),
            Event::Promised { by, to, promise, promised } => self.promises.push(Promise {
                by: by.clone(),
                to: to.clone(),
                id: promise.clone(),
                promised: promised.clone(),
                settled: None,
            }),
            Event::PromiseSettled { number, how } => {
                if let Some(promise) = self.promises.get_mut(*number) {
                    promise.settled = Some(*how);
                }
            }
            Event::Told { .. } => self.told(event),
            Event::Approached { npc, because } => {
                self.approached.insert((npc.clone(), because.clone()));
                self.starts = self.starts.saturating_add(1);
            }
            Event::Autonomous(on) => self.autonomous = *on,
            Event::FactSet(fact, value) => {
                self.hearsay.fact_set(fact, value, self.minute());
                let before = self.facts.insert(fact.clone(), value.clone());
                if let (CLOCK, Some(Value::Number(before)), Value::Number(now)) =
                    (fact.as_str(), before, value)
                {
                    let minutes = now.saturating_sub(before);
                    self.timers("minutes.", minutes);
                    let minutes = u32::try_from(minutes).unwrap_or_default();
                    self.moods.values_mut().for_each(|mood| mood.pass(minutes));
                }
            }
            Event::MoodPushed(npc, by) => {
                if let Some(mood) = self.moods.get_mut(npc) {
                    mood.push(*by);
                }
            }
            Event::Appraised { npc, about, felt, .. } => self.appraised(npc, about, felt),
            Event::BeatBegan(beat) => {
                self.beat.clone_from(beat);
                self.made.clear();
                self.asked = None;
                self.invited = false;
                self.asked_before.clear();
                self.unproductive = 0;
                self.starts = 0;
                self.since = self.history.len();
                *self.begun.entry(beat.clone()).or_default() += 1;
            }
            Event::BeatReached { beat, earned } => {
                self.unproductive = 0;
                if !earned {
                    *self.forced.entry(beat.clone()).or_default() += 1;
                }
            }
            Event::SceneBegan(scene) => self.scene.clone_from(scene),
            Event::Entered { over } => self.waiting.push(Waiting {
                beat: self.beat.clone(),
                scene: self.scene.clone(),
                over: *over,
                unproductive: self.unproductive,
                made: std::mem::take(&mut self.made),
                since: self.since,
            }),
            Event::Returned => {
                if let Some(waiting) = self.waiting.pop() {
                    self.beat = waiting.beat;
                    self.unproductive = waiting.unproductive;
                    self.made = waiting.made;
                    self.since = waiting.since;
                }
            }
            Event::Drawn { bag, pick, of } => {
                self.bags.entry(bag.clone()).or_default().drawn(*pick, *of);
            }
            Event::Climbed(unproductive) => self.unproductive = *unproductive,
            Event::Spoke { npc, emotion, text, improvised } => {
                if let Some(mood) = npc.as_ref().and_then(|npc| self.moods.get_mut(npc)) {
                    mood.feel(*emotion, *improvised);
                }
                self.heard(npc.as_deref(), text, *emotion);
            }
            Event::Acted { npc, kind, .. } => match kind {
                ActionKind::Enter => {
                    self.present.insert(npc.clone());
                }
                ActionKind::Leave => {
                    self.present.remove(npc);
                }
                ActionKind::BringUp => {}
            },
            Event::Ended(ending) => self.ended = Some(ending.clone()),
        }
    }

    fn called(&mut self, npc: &str, step: &Step) {
        let failed = format!("{npc}/{}", Operator::id_of(&step.call.name, &step.call.arguments));
        match &step.outcome {
            Outcome::Done(_) => {
                self.failed.remove(&failed);
                let now = self.minute();
                let times = self.done.entry(format!("{npc}/{}", step.call.name)).or_default();
                times.push(now);
                if times.len() > TIMES {
                    times.remove(0);
                }
            }
            Outcome::Failed(_) | Outcome::Refused(_) => {
                self.failed.insert(failed, self.turn);
            }
        }
    }

    /// What is felt about somebody also says how much their last words matter.
    fn appraised(&mut self, npc: &str, about: &str, felt: &[Felt]) {
        if let Some(mood) = self.moods.get_mut(npc) {
            mood.appraise(about, felt);
        }
        let strongest = felt.iter().max_by_key(|felt| felt.intensity);
        if let (Some(strongest), Some(memory)) = (strongest, self.memories.get_mut(npc)) {
            let strength = (1 + strongest.intensity / 200).min(5) as u8;
            memory.stir(about, strongest.emotion.face(), strength);
        }
    }

    fn heard(&mut self, speaker: Option<&str>, text: &str, emotion: Emotion) {
        if text.is_empty() {
            return;
        }
        let day = self.day();
        if let Some(who) = speaker {
            // What the player says to one alone, and that one's answer, nobody else hears.
            let aside = self.aside.as_deref().filter(|one| who == "player" || who == *one);
            for npc in self.present.iter().filter(|npc| aside.is_none_or(|one| one == *npc)) {
                if let Some(memory) = self.memories.get_mut(npc) {
                    let (speaker, place) = (who.to_owned(), self.scene.clone());
                    let (turn, text) = (self.turn, text.to_owned());
                    let line = Remembered {
                        turn,
                        speaker,
                        text,
                        emotion,
                        day,
                        place,
                        ..Remembered::default()
                    };
                    memory.add(line);
                }
            }
        }
        let line = HistoryLine {
            speaker: speaker.map(Into::into),
            text: text.into(),
            emotion,
            turn: self.turn,
        };
        self.history.push(line);
    }

    /// Timers that run go on.
    fn timers(&mut self, prefix: &str, by: i32) {
        let running = self.facts.iter_mut().filter(|(name, _)| name.starts_with(prefix));
        for (_, value) in running {
            if let Value::Number(n @ 0..) = value {
                *n = n.saturating_add(by.max(0));
            }
        }
    }
}
