//! Turns that nobody hears: the rules of a play without its words, for whoever wants to know where a story can go.
//!
//! Chance is decided by the caller, so that all of its outcomes can be tried one after the other.

use super::Turn;
use crate::cue::TurnReport;
use crate::director::{ReadBy, Reading};
use crate::{Event, Pack, State};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// How chance falls: as the script says, and the first way where the script is over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fate {
    script: Vec<u32>,
    drawn: Vec<(u32, u32)>,
}

impl Fate {
    pub(crate) fn of(script: Vec<u32>) -> Self {
        Self { script, drawn: Vec::new() }
    }
    fn choose(&mut self, from: &[u32]) -> Option<u32> {
        let width = from.len() as u32;
        let pick = self.script.get(self.drawn.len()).copied().unwrap_or_default();
        let pick = pick.min(width.checked_sub(1)?);
        self.drawn.push((pick, width));
        from.get(pick as usize).copied()
    }
    /// What was drawn.
    pub(crate) fn script(&self) -> Vec<u32> {
        self.drawn.iter().map(|draw| draw.0).collect()
    }
    /// The script of the next outcome; none when all were tried.
    pub(crate) fn next(&self) -> Option<Vec<u32>> {
        let last = self.drawn.iter().rposition(|(pick, width)| pick + 1 < *width)?;
        let mut script = self.script();
        script.truncate(last + 1);
        script[last] += 1;
        Some(script)
    }
}

/// A watched section that was performed, and what was true then.
#[derive(Clone, Debug)]
pub(crate) struct Performed {
    pub(crate) section: String,
    pub(crate) speaker: String,
    pub(crate) state: State,
}

/// What a rehearsed turn needs and leaves behind.
#[derive(Default)]
pub(crate) struct Rehearsal {
    pub(crate) fate: Fate,
    /// Sections of which it is noted when they are performed.
    pub(crate) watched: Arc<BTreeSet<String>>,
    pub(crate) performed: Vec<Performed>,
    /// Beats that began and ended, moves refused, what characters did, the end.
    pub(crate) events: Vec<Event>,
    /// Beats that did not begin again because they had ended by themselves too often.
    pub(crate) barred: Vec<String>,
}

impl Rehearsal {
    pub(super) fn note(&mut self, event: Event) {
        let told = matches!(
            event,
            Event::BeatBegan(_)
                | Event::BeatReached { .. }
                | Event::Refused(_)
                | Event::Acted { .. }
                | Event::Returned
                | Event::Ended(_)
        );
        if told {
            self.events.push(event);
        }
    }
    pub(super) fn performs(&mut self, section: &str, speaker: &str, state: &State) {
        if self.watched.contains(section) {
            self.performed.push(Performed {
                section: section.into(),
                speaker: speaker.into(),
                state: state.clone(),
            });
        }
    }
    pub(super) fn choose(&mut self, from: &[u32]) -> Option<u32> {
        self.fate.choose(from)
    }
}

fn turn<'t>(
    pack: &Arc<Pack>,
    state: &'t mut State,
    cues: &'t mut dyn FnMut(crate::Cue),
    rehearsal: &'t mut Rehearsal,
) -> Turn<'t> {
    Turn {
        pack: pack.clone(),
        state,
        events: Vec::new(),
        cues,
        report: TurnReport::default(),
        began: Instant::now(),
        plans: BTreeMap::new(),
        ablation: None,
        entering: None,
        near: None,
        floor: Vec::new(),
        scene_began: false,
        heard: super::senses::Heard::default(),
        quiet: false,
        performer: None,
        calling: Vec::new(),
        before: BTreeMap::new(),
        rehearsal: Some(rehearsal),
    }
}

/// The state when the curtain is up, for a player who has switched that off. Moods and memories are left out: no condition reads them.
pub(crate) fn opened(
    pack: &Arc<Pack>,
    locale: &str,
    avoided: &BTreeSet<String>,
    rehearsal: &mut Rehearsal,
) -> State {
    let mut state = State::new(pack);
    state.moods.clear();
    state.memories.clear();
    state.locale = locale.into();
    // A play that begins now goes by the newest rules.
    state.rules = crate::event::RULES;
    state.avoided.clone_from(avoided);
    turn(pack, &mut state, &mut |_| {}, rehearsal).begin_beat(&pack.start);
    state
}

/// The player spoke: time goes on, and by what is true then the words are understood.
pub(crate) fn spoken(pack: &Arc<Pack>, state: &mut State) {
    let mut rehearsal = Rehearsal::default();
    let mut cues = |_| {};
    let mut turn = turn(pack, state, &mut cues, &mut rehearsal);
    turn.push(Event::PlayerSaid { text: String::new(), model: false, to: None });
    turn.pass_time();
}

/// What follows when the words were taken for these moves; for none of them, if there is none.
pub(crate) fn played(
    pack: &Arc<Pack>,
    state: &mut State,
    moves: &[&str],
    rehearsal: &mut Rehearsal,
) {
    let made = moves.iter().map(|id| (Reading::Move((*id).to_owned()), ReadBy::Exact));
    let mut readings: Vec<_> = made.collect();
    if readings.is_empty() {
        readings.push((Reading::Silence, ReadBy::Rule));
    }
    turn(pack, state, &mut |_| {}, rehearsal).play(&readings, "", None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_outcomes_of_chance_are_tried_once() {
        let (mut script, mut seen) = (Some(Vec::new()), BTreeSet::new());
        while let Some(next) = script {
            let mut fate = Fate::of(next);
            let first = fate.choose(&[0, 1, 2]);
            let second = if first == Some(1) { fate.choose(&[5, 7]) } else { None };
            assert!(seen.insert((first, second)));
            script = fate.next();
        }
        assert_eq!(seen.len(), 4);
    }
}
