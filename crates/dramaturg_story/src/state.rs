//! The state of a play: a fold over its events, nothing else.

use crate::condition::Condition;
use crate::cue::HistoryLine;
use crate::fact::{Facts, Value};
use crate::{Event, Pack, Reading};
use dramaturg_mind::{ActionKind, Emotion, Memory, Mood};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is true now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub(crate) locale: String,
    pub(crate) seed: u64,
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
    /// Turns of the player since the beat made progress.
    pub unproductive: u32,
    /// How often each move was made since the beat began.
    pub(crate) made: BTreeMap<String, u32>,
    /// The ending that was reached.
    pub ended: Option<String>,
    /// Turns of the player.
    pub turn: u32,
}

impl State {
    /// The state before the curtain.
    pub fn new(pack: &Pack) -> Self {
        let facts = pack.facts.iter().map(|(id, kind)| (id.clone(), kind.initial())).collect();
        let mut state = Self { facts, ..Self::default() };
        for (id, character) in &pack.cast {
            state.moods.insert(id.clone(), Mood::new(character.temperament));
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
            Event::Opened { locale, seed, .. } => {
                self.locale.clone_from(locale);
                self.seed = *seed;
            }
            Event::PlayerSaid { text, .. } => {
                self.turn += 1;
                self.moods.values_mut().for_each(Mood::decay);
                self.heard(Some("player"), text, Emotion::Neutral);
            }
            Event::Read { reading: Reading::Move(id), .. } => {
                *self.made.entry(id.clone()).or_default() += 1;
            }
            Event::Answered { .. } | Event::Read { .. } => {}
            Event::FactSet(fact, value) => {
                self.facts.insert(fact.clone(), value.clone());
            }
            Event::MoodPushed(npc, by) => {
                if let Some(mood) = self.moods.get_mut(npc) {
                    mood.push(*by);
                }
            }
            Event::BeatBegan(beat) => {
                self.beat.clone_from(beat);
                self.made.clear();
                self.unproductive = 0;
            }
            Event::BeatReached { .. } => self.unproductive = 0,
            Event::Climbed(unproductive) => self.unproductive = *unproductive,
            Event::Spoke { npc, emotion, text, .. } => {
                if let Some(mood) = npc.as_ref().and_then(|npc| self.moods.get_mut(npc)) {
                    mood.feel(*emotion);
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

    fn heard(&mut self, speaker: Option<&str>, text: &str, emotion: Emotion) {
        if text.is_empty() {
            return;
        }
        if let Some(who) = speaker {
            for npc in &self.present {
                if let Some(memory) = self.memories.get_mut(npc) {
                    memory.remember(self.turn, who, text, emotion);
                }
            }
        }
        let line = HistoryLine { speaker: speaker.map(Into::into), text: text.into(), emotion };
        self.history.push(line);
    }

    /// Whether a condition holds now.
    pub fn holds(&self, condition: &Condition) -> bool {
        condition.holds(&|name| match name {
            "beat" => Some(Value::Enum(self.beat.clone())),
            name => self.facts.get(name).cloned(),
        })
    }

    /// What would give away what is still locked for `npc` (for anybody, if none): lower case.
    pub fn locked_tells(&self, pack: &Pack, npc: Option<&str>) -> Vec<String> {
        let prose = pack.prose(&self.locale);
        let locked = pack.secrets.iter().filter(|(_, secret)| {
            let holder = npc.is_none_or(|npc| secret.holders.iter().any(|h| h == npc));
            !(holder && self.holds(&secret.unlocked_when))
        });
        locked
            .flat_map(|(id, _)| prose.bullets(&format!("secret {id}/tells")))
            .map(|(_, tell)| tell.to_lowercase())
            .collect()
    }
}
