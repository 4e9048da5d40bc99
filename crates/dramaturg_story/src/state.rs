//! The state of a play: a fold over its events, nothing else.

mod fold;

use crate::Pack;
use crate::condition::Condition;
use crate::cue::HistoryLine;
use crate::fact::{CLOCK, Facts, Value};
use crate::hearsay::Hearsay;
use dramaturg_mind::action::Repertoire;
use dramaturg_mind::{Day, Memory, Mood, Promised, Settled};
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
    /// What characters know through one another.
    pub(crate) hearsay: Hearsay,
    /// To whom alone the player spoke in this turn.
    pub(crate) aside: Option<String>,
    /// Whether characters begin to talk by themselves.
    pub(crate) autonomous: bool,
    /// Who began to talk by itself, and because of what.
    pub(crate) approached: BTreeSet<(String, String)>,
    /// How often somebody did since the beat began.
    pub(crate) starts: u8,
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
    use crate::Event;

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
        state.apply(&Event::PlayerSaid { text: "x".into(), model: false, to: None });
        state.apply(&Event::FactSet("clock".into(), number(1350)));
        let value = |name: &str| state.value(name);
        assert_eq!((value("turns.a"), value("minutes.a")), (Some(number(1)), Some(number(30))));
        assert_eq!((value("turns.b"), value("minutes.b")), (Some(number(-1)), Some(number(-1))));
        assert_eq!(value("nobody"), None);
    }
}
