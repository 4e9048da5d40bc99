//! The state of a play: a fold over its events, nothing else.

use crate::condition::Condition;
use crate::cue::HistoryLine;
use crate::fact::{CLOCK, Facts, Value};
use crate::{Event, Pack, Reading};
use dramaturg_mind::action::{Operator, Outcome, Repertoire, Step};
use dramaturg_mind::emotion::Felt;
use dramaturg_mind::{ActionKind, Day, Emotion, Memory, Mood, Promised, Remembered, Settled};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is true now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub(crate) locale: String,
    pub(crate) seed: u64,
    /// The director's rules by which the play goes.
    pub(crate) rules: u16,
    /// The move about which the speaker asked when the player spoke last.
    pub(crate) asked: Option<String>,
    /// Whether the speaker held that move out by itself, to steer.
    pub(crate) invited: bool,
    /// Moves of the open beat about which was asked.
    pub(crate) asked_before: BTreeSet<String>,
    /// The facts.
    pub facts: Facts,
    /// The open beat.
    pub beat: String,
    /// Who is on the stage.
    pub present: BTreeSet<String>,
    /// How each character feels.
    pub moods: BTreeMap<String, Mood>,
    /// What each character heard and said.
    pub memories: BTreeMap<String, Memory>,
    /// All that was said, in order.
    pub history: Vec<HistoryLine>,
    /// The scene; empty before the first.
    pub scene: String,
    /// The open beat's tension: turns of the player without progress, less what moves took away.
    pub unproductive: u32,
    /// How often each move was made since the beat began.
    pub(crate) made: BTreeMap<String, u32>,
    /// How often each move was made in the whole play, as `beat.move`.
    pub(crate) ever_made: BTreeMap<String, u32>,
    /// How often each beat began.
    pub(crate) begun: BTreeMap<String, u32>,
    /// How often each beat ended by itself since the player last made a move.
    pub(crate) forced: BTreeMap<String, u32>,
    /// Length of the history when the open beat began.
    pub(crate) since: usize,
    /// The beats that wait for the end of a sub-story, the innermost last.
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) bags: BTreeMap<String, Bag>,
    /// What characters can do in the game's world.
    pub(crate) repertoire: Repertoire,
    /// Content notes that the player has switched off.
    pub(crate) avoided: BTreeSet<String>,
    /// The turns in which thoughts were journaled.
    pub(crate) thought_in: Vec<u32>,
    /// When each character last did each of its actions, as `marta/give_item`, by [`Self::minute`].
    pub(crate) done: BTreeMap<String, Vec<i32>>,
    /// In which turn a step of a plan last failed, as `marta/give_item {"item":"key"}`.
    pub(crate) failed: BTreeMap<String, u32>,
    /// All promises, in the order in which they were made.
    pub promises: Vec<Promise>,
    /// The ending that was reached.
    pub ended: Option<String>,
    /// Turns of the player.
    pub turn: u32,
}

/// A promise that was made in talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// A character's id, or `player`.
    pub by: String,
    /// To whom.
    pub to: String,
    /// Which of the pack's promises it is, if it is one.
    pub id: Option<String>,
    /// The words, and when it is due.
    pub promised: Promised,
    /// How it ended; none while it is open.
    pub settled: Option<Settled>,
}

/// Minutes that a turn of the player takes for feelings: in a story without a clock, and in one with a clock, which counts
/// beside them.
const TURN: u32 = 5;
const TURN_BY_CLOCK: u32 = 1;

/// So many times of one action are kept.
const TIMES: usize = 64;

/// A beat that waits for the end of a sub-story.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Waiting {
    pub(crate) beat: String,
    pub(crate) scene: String,
    pub(crate) over: bool,
    pub(crate) unproductive: u32,
    pub(crate) made: BTreeMap<String, u32>,
    pub(crate) since: usize,
}

/// What was drawn of several: none comes again before all came, and none twice running.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bag {
    pub(crate) used: BTreeSet<u32>,
    pub(crate) last: Option<u32>,
    draws: u32,
}

impl Bag {
    /// What can be drawn next of so many.
    pub(crate) fn open(&self, of: u32) -> Vec<u32> {
        let fresh: Vec<u32> = (0..of).filter(|i| !self.used.contains(i)).collect();
        let all = if fresh.is_empty() { (0..of).collect() } else { fresh };
        let other: Vec<u32> = all.iter().copied().filter(|i| Some(*i) != self.last).collect();
        if other.is_empty() { all } else { other }
    }
    pub(crate) fn draws(&self) -> u32 {
        self.draws
    }
    fn drawn(&mut self, pick: u32, of: u32) {
        if (0..of).all(|i| self.used.contains(&i)) {
            self.used.clear();
        }
        self.used.insert(pick);
        self.last = Some(pick);
        self.draws = self.draws.wrapping_add(1);
    }
}

impl State {
    /// The state before the curtain.
    pub fn new(pack: &Pack) -> Self {
        let facts = pack.facts.iter().map(|(id, kind)| (id.clone(), kind.initial())).collect();
        let mut state = Self { facts, ..Self::default() };
        for (id, character) in &pack.cast {
            let mood = match character.personality {
                Some(personality) => Mood::of(personality),
                None => Mood::new(character.temperament),
            };
            state.moods.insert(id.clone(), mood);
            state.memories.insert(id.clone(), Memory::default());
            if character.present {
                state.present.insert(id.clone());
            }
        }
        state
    }

    /// The next state.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Opened { locale, seed, rules, .. } => {
                self.locale.clone_from(locale);
                self.seed = *seed;
                self.rules = *rules;
            }
            Event::PlayerSaid { text, .. } => {
                self.turn += 1;
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
            Event::Read { .. } => {
                self.asked = None;
                self.invited = false;
            }
            Event::Answered { .. }
            | Event::Likened(_)
            | Event::Recalled { .. }
            | Event::Consulted { .. }
            | Event::Sensed(_) => {}
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
            Event::FactSet(fact, value) => {
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

    /// As far as conditions read it: whoever tries out what would be needs no memories and no history.
    pub(crate) fn without_past(&self) -> Self {
        Self {
            facts: self.facts.clone(),
            beat: self.beat.clone(),
            present: self.present.clone(),
            scene: self.scene.clone(),
            unproductive: self.unproductive,
            ever_made: self.ever_made.clone(),
            begun: self.begun.clone(),
            turn: self.turn,
            avoided: self.avoided.clone(),
            ..Self::default()
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

    /// Story time in minutes: the clock, or the player's turns where the pack has none.
    pub(crate) fn minute(&self) -> i32 {
        match self.facts.get(CLOCK) {
            Some(Value::Number(minutes)) => *minutes,
            _ => i32::try_from(self.turn).unwrap_or(i32::MAX),
        }
    }

    /// The day of the story, from 0; always 0 in a story without a clock.
    pub(crate) fn day(&self) -> Day {
        match self.facts.get(CLOCK) {
            Some(Value::Number(minutes)) => Day(minutes.div_euclid(24 * 60)),
            _ => Day(0),
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
            for npc in &self.present {
                if let Some(memory) = self.memories.get_mut(npc) {
                    let (speaker, place) = (who.to_owned(), self.scene.clone());
                    let (turn, text) = (self.turn, text.to_owned());
                    let line = Remembered { turn, speaker, text, emotion, day, place, stirred: 0 };
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

    /// The value of a name in a condition: a fact; `beat`, `scene`, `turn`, `tension`; `here.NPC` for who is on the
    /// stage; `avoid.NOTE` for what the player has switched off; `seen.BEAT` and `made.BEAT.MOVE` for how often a beat began and a move was made.
    pub fn value(&self, name: &str) -> Option<Value> {
        let count = |count: Option<&u32>| {
            let count = count.copied().unwrap_or_default();
            Some(Value::Number(i32::try_from(count).unwrap_or(i32::MAX)))
        };
        if name == "beat" {
            return Some(Value::Enum(self.beat.clone()));
        }
        if let Some(value) = self.facts.get(name) {
            return Some(value.clone());
        }
        match name.split_once('.') {
            Some(("avoid", note)) => Some(Value::Bool(self.avoids(note))),
            Some(("here", npc)) => Some(Value::Bool(self.present.contains(npc))),
            Some(("seen", beat)) => count(self.begun.get(beat)),
            Some(("made", made)) => count(self.ever_made.get(made)),
            Some(_) => None,
            None => match name {
                "scene" => Some(Value::Enum(self.scene.clone())),
                "turn" => count(Some(&self.turn)),
                "tension" => count(Some(&self.unproductive)),
                _ => None,
            },
        }
    }

    /// The move about which the speaker asked last, whether it is meant; none when the player has answered.
    pub fn asked(&self) -> Option<&str> {
        self.asked.as_deref()
    }

    /// Whether the speaker did not ask what the player meant, but held the move out by itself.
    pub fn is_invited(&self) -> bool {
        self.invited
    }

    /// Whether the player has switched a content note off.
    pub fn avoids(&self, note: &str) -> bool {
        self.avoided.contains(note)
    }

    /// Whether a condition holds now.
    pub fn holds(&self, condition: &Condition) -> bool {
        condition.holds(&|name| self.value(name))
    }

    /// What would give away what is still locked for `npc` (for anybody, if none), in every language of the pack:
    /// lower case.
    pub fn locked_tells(&self, pack: &Pack, npc: Option<&str>) -> Vec<String> {
        let locked = pack.secrets.iter().filter(|(_, secret)| !secret.is_open(npc, self));
        let mut tells = BTreeSet::new();
        for (id, _) in locked {
            let section = format!("secret {id}/tells");
            for locale in &pack.locales {
                let bullets = pack.prose(locale).bullets(&section).iter();
                tells.extend(bullets.map(|(_, tell)| tell.to_lowercase()));
            }
        }
        tells.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bag_gives_each_once_and_none_twice_running() {
        let mut bag = Bag::default();
        let mut drawn = Vec::new();
        for turn in 0..12_usize {
            let open = bag.open(4);
            let pick = open[turn * 7 % open.len()];
            bag.drawn(pick, 4);
            drawn.push(pick);
        }
        for round in drawn.chunks(4) {
            assert_eq!(round.iter().collect::<BTreeSet<_>>().len(), 4, "{drawn:?}");
        }
        assert!(drawn.windows(2).all(|pair| pair[0] != pair[1]), "{drawn:?}");
        assert_eq!(Bag::default().open(1), [0]);
    }

    #[test]
    fn timers_count_turns_and_story_time() {
        let number = |n| Value::Number(n);
        let mut state = State::default();
        state.facts.insert("clock".into(), number(1320));
        for (name, n) in [("turns.a", 0), ("minutes.a", 0), ("turns.b", -1), ("minutes.b", -1)] {
            state.facts.insert(name.into(), number(n));
        }
        state.apply(&Event::PlayerSaid { text: "x".into(), model: false });
        state.apply(&Event::FactSet("clock".into(), number(1350)));
        let value = |name: &str| state.value(name);
        assert_eq!((value("turns.a"), value("minutes.a")), (Some(number(1)), Some(number(30))));
        assert_eq!((value("turns.b"), value("minutes.b")), (Some(number(-1)), Some(number(-1))));
        assert_eq!(value("nobody"), None);
    }
}
