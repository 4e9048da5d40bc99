//! The shortest way to a state, told as what the player does and what comes of it.

use super::explore::{At, Explored, Input, Step, moves_of};
use crate::session::rehearsal::{Fate, Rehearsal, opened, played, spoken};
use crate::{Event, State, Value};
use std::collections::VecDeque;

/// Silent turns that are waited for a beat to end by itself.
const PATIENCE: u32 = 300;
/// Values that are told of one step.
const TOLD: usize = 4;

/// The shortest ways from the curtain to each state.
pub(super) struct Paths<'e> {
    explored: &'e Explored,
    /// How many steps away a state is.
    far: Vec<u32>,
    /// The step by which it is reached.
    by: Vec<Option<At>>,
}

impl<'e> Paths<'e> {
    pub(super) fn new(explored: &'e Explored) -> Self {
        let count = explored.beats.len();
        let mut leaving: Vec<Vec<u32>> = vec![Vec::new(); count];
        for (at, step) in explored.steps.iter().enumerate() {
            leaving[step.from as usize].push(at as u32);
        }
        let (mut far, mut by) = (vec![u32::MAX; count], vec![None; count]);
        let mut queue = VecDeque::new();
        if count > 0 {
            far[0] = 0;
            queue.push_back(0_usize);
        }
        while let Some(at) = queue.pop_front() {
            for step in &leaving[at] {
                let to = explored.steps[*step as usize].to as usize;
                if far[to] == u32::MAX {
                    far[to] = far[at] + 1;
                    by[to] = Some(*step as usize);
                    queue.push_back(to);
                }
            }
        }
        Self { explored, far, by }
    }

    /// How many steps away a state is.
    pub(super) fn far(&self, state: u32) -> u32 {
        self.far[state as usize]
    }
    /// Of several steps the one that begins nearest.
    pub(super) fn nearest(&self, steps: &[At]) -> Option<At> {
        let steps = steps.iter().copied().filter(|at| self.explored.steps.get(*at).is_some());
        steps.min_by_key(|at| self.far(self.explored.steps[*at].from))
    }
    /// The way to a state.
    pub(super) fn to_state(&self, state: u32) -> Vec<String> {
        match self.by[state as usize] {
            Some(step) => self.through(step),
            None => Vec::new(),
        }
    }
    /// The way to the beginning of a step, and that step.
    pub(super) fn through(&self, step: At) -> Vec<String> {
        let steps = &self.explored.steps;
        let mut way = vec![&steps[step]];
        while let Some(before) = way.last().and_then(|first| self.by[first.from as usize]) {
            way.push(&steps[before]);
        }
        way.reverse();
        self.told(&way)
    }

    fn told(&self, way: &[&Step]) -> Vec<String> {
        let pack = &self.explored.pack;
        let locale = pack.locales.first().cloned().unwrap_or_default();
        let mut told = Told::default();
        let mut state = State::default();
        let mut silent = 0;
        for step in way {
            let script = step.fate.as_deref().map(<[u32]>::to_vec).unwrap_or_default();
            let mut rehearsal = Rehearsal { fate: Fate::of(script), ..Rehearsal::default() };
            if told.0.is_empty() && silent == 0 && state.beat.is_empty() {
                state = opened(pack, &locale, &self.explored.avoided, &mut rehearsal);
                told.done(format!("the story opens{}", came_of(&rehearsal.events, &[])));
                continue;
            }
            let before = state.clone();
            let timeless = self.explored.outlooks.is_timeless(&state);
            let beat = pack.beat(&state.beat).cloned();
            let moves = beat.as_ref().map(|beat| moves_of(beat, step.input)).unwrap_or_default();
            let mut turns = 0;
            loop {
                turns += 1;
                spoken(pack, &mut state);
                played(pack, &mut state, &moves, &mut rehearsal);
                let waits = timeless && step.input == Input::Nothing && rehearsal.events.is_empty();
                if !waits || turns >= PATIENCE {
                    break;
                }
            }
            let changes = changes(&before, &state);
            if step.input == Input::Nothing {
                silent += turns;
                if rehearsal.events.is_empty() && changes.is_empty() {
                    continue;
                }
                told.silent(silent, &came_of(&rehearsal.events, &changes));
            } else {
                if silent > 0 {
                    told.silent(silent, "");
                }
                let names: Vec<String> = moves.iter().map(|id| format!("'{id}'")).collect();
                let what = format!("the player makes {}", names.join(" and "));
                told.done(format!("{what}{}", came_of(&rehearsal.events, &changes)));
            }
            silent = 0;
        }
        if silent > 0 {
            told.silent(silent, "");
        }
        told.lines()
    }
}

/// The steps of a way in words; of those in which nothing was said, for how many turns.
#[derive(Default)]
struct Told(Vec<(Option<u32>, String)>);

/// So many silent steps in a row are told one by one.
const SHORT: usize = 4;

impl Told {
    fn done(&mut self, what: String) {
        self.0.push((None, what));
    }
    fn silent(&mut self, turns: u32, came_of: &str) {
        self.0.push((Some(turns), format!("{}{came_of}", silence(turns))));
    }
    /// A long silence is told by its beginning and its end.
    fn lines(self) -> Vec<String> {
        let mut lines = Vec::new();
        for run in self.0.chunk_by(|a, b| a.0.is_some() && b.0.is_some()) {
            match run {
                [first, between @ .., last] if run.len() > SHORT => {
                    let turns: u32 = between.iter().filter_map(|step| step.0).sum();
                    let so = format!("{}: so it goes on, {} times", silence(turns), between.len());
                    lines.extend([first.1.clone(), so, last.1.clone()]);
                }
                run => lines.extend(run.iter().map(|step| step.1.clone())),
            }
        }
        lines
    }
}

fn silence(turns: u32) -> String {
    match turns {
        1 => "nothing is said for a turn".into(),
        turns => format!("nothing is said for {turns} turns"),
    }
}

fn came_of(events: &[Event], changes: &[String]) -> String {
    let told = events.iter().filter_map(|event| match event {
        Event::BeatBegan(beat) => Some(format!("'{beat}' begins")),
        Event::BeatReached { beat, earned: false } => Some(format!("'{beat}' ends by itself")),
        Event::Acted { npc, action, .. } => Some(format!("{npc} does '{action}'")),
        Event::AskedBack(id) => Some(format!("'{id}' is asked about")),
        Event::Invited(id) => Some(format!("'{id}' is held out")),
        Event::Refused(id) => Some(format!("'{id}' is refused")),
        Event::Returned => Some("the sub-story is over".into()),
        Event::Ended(ending) => Some(format!("the story ends with '{ending}'")),
        _ => None,
    });
    let all: Vec<String> = told.chain(changes.iter().cloned()).collect();
    if all.is_empty() { String::new() } else { format!(": {}", all.join(", ")) }
}

/// Facts that have another value now; those that go on by themselves are not told.
fn changes(before: &State, after: &State) -> Vec<String> {
    let own = |name: &str| {
        !name.starts_with("turns.") && !name.starts_with("minutes.") && name != "clock"
    };
    let changed = after
        .facts
        .iter()
        .filter(|(name, value)| own(name) && before.facts.get(*name) != Some(value));
    let told = changed.map(|(name, value)| match value {
        Value::Bool(true) => name.clone(),
        Value::Bool(false) => format!("not {name}"),
        value => format!("{name} is {value}"),
    });
    told.take(TOLD).collect()
}
