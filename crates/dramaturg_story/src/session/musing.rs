//! What characters make of what happened while nobody waits for them: summaries of what left the prompt, and reflections.
//!
//! A thought is made aside, kept until the player speaks next, and journaled at the beginning of that turn: a replay asks nobody. A
//! model may word it; what it words has to stand in the lines that it is about, and to tell nothing that is locked. Without a model
//! a summary is made of the lines that matter most, and a reflection of what can be seen without one.

mod thought;

use super::Session;
use crate::{Event, Pack, State};
use dramaturg_llm::{CompletionStream, LanguageModel, ModelError, StreamEvent};
use dramaturg_mind::Memory;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use thought::Thought;
pub(super) use thought::fitting;

/// How far characters may think, and begin to talk, by themselves while nothing is asked of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Autonomy {
    /// Not at all. What they thought before is kept, and what they tell each other out of the player's hearing is the story's.
    #[default]
    Off,
    /// At most `thoughts` within any `turns` turns of the player, all characters together; so many times a model is asked, too.
    /// They begin to talk as often as the pack's `company` lets them.
    Idle {
        /// How many thoughts.
        thoughts: u32,
        /// Within how many turns.
        turns: u32,
    },
}

impl Autonomy {
    /// The usual measure: two thoughts in five turns.
    pub const USUAL: Self = Self::Idle { thoughts: 2, turns: 5 };
    /// The usual measure, or none: one switch.
    pub fn idle(on: bool) -> Self {
        if on { Self::USUAL } else { Self::Off }
    }
}

impl Musing {
    pub(super) fn autonomy(&self) -> Autonomy {
        self.autonomy
    }
}

/// What a session does when it has nothing to do.
#[derive(Default)]
pub(super) struct Musing {
    autonomy: Autonomy,
    /// What is to be journaled with the next turn.
    thoughts: Vec<Event>,
    /// What a model is wording.
    wording: Option<Wording>,
    /// The turns in which a model was asked.
    asked: Vec<u32>,
    /// What came to nothing, and is not tried again in this run: whose, and its first and last line.
    given_up: BTreeSet<(String, u32, u32)>,
    /// There was nothing more to think in this turn.
    done_in: Option<u32>,
}

struct Wording {
    thought: Thought,
    stream: CompletionStream,
    text: String,
    since: Instant,
}

/// The longest that a model may word one thought.
const LONGEST: Duration = Duration::from_secs(60);
/// The longest text of a model that is listened to, in bytes.
const LONGEST_TEXT: usize = 1200;

impl Session {
    /// From now on characters think in idle time and begin to talk by themselves, or do not; from the beginning they do not. Whether
    /// they begin to talk is journaled with the next turn, so that a replay does the same.
    pub fn set_autonomy(&mut self, autonomy: Autonomy) {
        self.musing.autonomy = autonomy;
        self.musing.done_in = None;
        if autonomy == Autonomy::Off {
            self.musing.wording = None;
            self.musing.thoughts.clear();
        }
    }

    /// One step of idle thinking, to be called again and again while the player reads. Returns at once, and whether there is more to
    /// do. Without a model, and where a model fails, thoughts are made by rule.
    ///
    /// Nothing of it is in the state before the player's next turn, which journals it.
    pub fn muse(&mut self, model: Option<&dyn LanguageModel>) -> bool {
        if self.musing.wording.is_some() {
            self.listen_to_wording();
            return true;
        }
        if self.musing.autonomy == Autonomy::Off || self.musing.done_in == Some(self.state.turn) {
            return false;
        }
        let Some(thought) = self.musing.next(&self.pack, &self.state) else {
            self.musing.done_in = Some(self.state.turn);
            return false;
        };
        let may_ask = self.musing.may_ask(self.state.turn);
        match model.filter(|_| may_ask && self.state.ended.is_none()) {
            Some(model) => {
                self.musing.asked.push(self.state.turn);
                let stream = model.complete(thought.request(&self.pack, &self.state));
                let (text, since) = (String::new(), Instant::now());
                self.musing.wording = Some(Wording { thought, stream, text, since });
            }
            None => self.take_up(&thought, None),
        }
        true
    }

    /// Thoughts that wait for the player's next turn.
    pub fn thoughts(&self) -> &[Event] {
        &self.musing.thoughts
    }

    /// In a replay: what was thought before the next line was said.
    pub(crate) fn think_as_then(&mut self, thoughts: Vec<Event>) {
        self.musing.thoughts = thoughts;
    }

    /// The player speaks: what is being worded is let go of, what is done is to be journaled.
    pub(super) fn thought_meanwhile(&mut self) -> Vec<Event> {
        self.musing.wording = None;
        std::mem::take(&mut self.musing.thoughts)
    }

    fn listen_to_wording(&mut self) {
        let Some(mut wording) = self.musing.wording.take() else { return };
        loop {
            match wording.stream.next(Duration::ZERO) {
                StreamEvent::Text(more) if wording.text.len() < LONGEST_TEXT => {
                    wording.text.push_str(&more);
                }
                StreamEvent::Failed(ModelError::TimedOut) if wording.since.elapsed() < LONGEST => {
                    self.musing.wording = Some(wording);
                    return;
                }
                StreamEvent::Done => {
                    let Wording { thought, text, .. } = wording;
                    return self.take_up(&thought, Some(&text));
                }
                StreamEvent::Failed(_) => return self.take_up(&wording.thought, None),
                _ => {}
            }
        }
    }

    /// Keeps a thought in a model's words if they are fit, else in words of its own, if it has some.
    fn take_up(&mut self, thought: &Thought, worded: Option<&str>) {
        let kept = worded.and_then(|text| thought.worded(&self.pack, &self.state, text));
        if let (Some(text), None) = (worded, &kept) {
            tracing::debug!("a thought in a model's words is not kept: {text:?}");
        }
        match kept.or_else(|| thought.by_rule(&self.pack, &self.state)) {
            Some(event) => self.musing.thoughts.push(event),
            None => drop(self.musing.given_up.insert(thought.key())),
        }
    }
}

impl Musing {
    /// What there is to think, within the budget; the oldest stretch of the first character first.
    fn next(&self, pack: &Pack, state: &State) -> Option<Thought> {
        let Autonomy::Idle { thoughts, turns } = self.autonomy else { return None };
        let lately =
            state.thought_in.iter().rev().take_while(|turn| is_within(**turn, state, turns));
        if lately.count() + self.thoughts.len() >= thoughts as usize || state.ended.is_some() {
            return None;
        }
        let waits = |npc: &str| self.thoughts.iter().any(|event| is_of(event, npc));
        let mut minds = state.memories.iter().filter(|(npc, _)| !waits(npc));
        let each = |(npc, memory): (&String, &Memory)| {
            let all = Thought::all(pack, state, npc, memory);
            all.into_iter().find(|thought| !self.given_up.contains(&thought.key()))
        };
        minds.find_map(each)
    }

    fn may_ask(&self, turn: u32) -> bool {
        let Autonomy::Idle { thoughts, turns } = self.autonomy else { return false };
        let lately =
            self.asked.iter().rev().take_while(|asked| turn.saturating_sub(**asked) < turns);
        lately.count() < thoughts as usize
    }
}

fn is_within(thought_in: u32, state: &State, turns: u32) -> bool {
    state.turn.saturating_sub(thought_in) < turns
}

fn is_of(event: &Event, npc: &str) -> bool {
    match event {
        Event::SummedUp { npc: who, .. } | Event::Reflected { npc: who, .. } => who == npc,
        _ => false,
    }
}
