//! All states that a story can come to, by the rules of the session itself: from each state, everything that the player
//! can do (one move, two where the first closes the second, or nothing) and everything that chance can bring.

use super::Limits;
use super::digest::{Digest, Frozen, digest, fits, hash, settle};
use super::outlook::Outlooks;
use super::tells::{Leak, Tells};
use crate::pack::RUNGS;
use crate::session::rehearsal::{Fate, Performed, Rehearsal, opened, played, spoken};
use crate::{Beat, Event, Pack, State};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Instant;

/// What the player does in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Input {
    /// Nothing that is a move of the beat.
    Nothing,
    /// A move of the open beat, by its number.
    Move(u16),
    /// Two moves in one line.
    Both(u16, u16),
}

/// From one state to another.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) input: Input,
    /// How chance fell.
    pub(super) fate: Option<Box<[u32]>>,
}

/// Where something was seen to happen: in which step.
pub(super) type At = usize;

/// Outcomes of chance that are tried for one input.
const OUTCOMES: usize = 512;
/// Places that are kept for each finding: of these, the nearest is told.
const KEPT: usize = 64;

/// All that was found.
pub(super) struct Explored {
    pub(super) pack: Arc<Pack>,
    pub(super) outlooks: Arc<Outlooks>,
    /// What the player has switched off.
    pub(super) avoided: BTreeSet<String>,
    /// The beat of each state; none where the story is over.
    pub(super) beats: Vec<u16>,
    pub(super) steps: Vec<Step>,
    /// States that were gone on from, and states that are over.
    pub(super) closed: Vec<bool>,
    /// States in which the story is over: ending, whether it fits.
    pub(super) over: BTreeMap<u32, (String, bool)>,
    /// Endings that are reached by who has switched something off.
    pub(super) ended_elsewhere: BTreeSet<String>,
    /// How often each beat began, asides too.
    pub(super) begun: BTreeMap<String, usize>,
    /// From which beat to which, how often: endings as `ending keep`.
    pub(super) ways: BTreeMap<(String, String), usize>,
    /// Moves that were made, and those that were refused.
    pub(super) made: BTreeSet<(String, String)>,
    pub(super) refused: BTreeSet<(String, String)>,
    /// Moves of a beat, by its number, that are open at the same time.
    pub(super) together: BTreeSet<(u16, u16, u16)>,
    pub(super) acted: BTreeSet<(String, String)>,
    pub(super) leaks: BTreeMap<Leak, Vec<At>>,
    /// Beats that did not begin again in a silent turn, since they had ended by themselves too often.
    pub(super) circles: BTreeMap<String, Vec<At>>,
    /// How many values each name was seen with.
    pub(super) values: BTreeMap<usize, usize>,
    /// What was left out, in words.
    pub(super) bounded: Vec<String>,
    #[cfg(test)]
    pub(super) known: HashMap<Digest, u32>,
}

/// The number of a beat in a state that is over.
pub(super) const NOWHERE: u16 = u16::MAX;

pub(super) struct Explorer<'l> {
    pack: Arc<Pack>,
    outlooks: Arc<Outlooks>,
    tells: &'l Tells,
    limits: &'l Limits,
    began: Instant,
    known: HashMap<Digest, u32>,
    /// What was seen of each beat: the value of a name.
    seen: HashSet<u64>,
    /// States with something new in them, then the others.
    fresh: VecDeque<(u32, Frozen)>,
    rest: VecDeque<(u32, Frozen)>,
    out: Explored,
}

impl<'l> Explorer<'l> {
    pub(super) fn new(
        pack: Arc<Pack>,
        outlooks: Outlooks,
        tells: &'l Tells,
        limits: &'l Limits,
    ) -> Self {
        let outlooks = Arc::new(outlooks);
        let out = Explored {
            pack: pack.clone(),
            outlooks: outlooks.clone(),
            avoided: BTreeSet::new(),
            beats: Vec::new(),
            steps: Vec::new(),
            closed: Vec::new(),
            over: BTreeMap::new(),
            ended_elsewhere: BTreeSet::new(),
            begun: BTreeMap::new(),
            ways: BTreeMap::new(),
            made: BTreeSet::new(),
            refused: BTreeSet::new(),
            together: BTreeSet::new(),
            acted: BTreeSet::new(),
            leaks: BTreeMap::new(),
            circles: BTreeMap::new(),
            values: BTreeMap::new(),
            bounded: Vec::new(),
            #[cfg(test)]
            known: HashMap::new(),
        };
        Self {
            pack,
            outlooks,
            tells,
            limits,
            began: Instant::now(),
            known: HashMap::new(),
            seen: HashSet::new(),
            fresh: VecDeque::new(),
            rest: VecDeque::new(),
            out,
        }
    }

    /// For a player who has switched that off.
    pub(super) fn avoiding(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.out.avoided = notes.into_iter().collect();
        self
    }

    /// Goes everywhere, as far as the limits allow.
    pub(super) fn run(mut self) -> Explored {
        self.open();
        while let Some((at, frozen)) = self.fresh.pop_front().or_else(|| self.rest.pop_front()) {
            if self.out.beats.len() >= self.limits.states
                || self.began.elapsed() >= self.limits.time
            {
                let open = 1 + self.fresh.len() + self.rest.len();
                self.out.bounded.push(self.reason(open));
                break;
            }
            let state = frozen.thaw(&self.pack);
            self.go_on(at, state);
            self.out.closed[at as usize] = true;
        }
        #[cfg(test)]
        {
            self.out.known = std::mem::take(&mut self.known);
        }
        self.out
    }

    fn rehearsal(&self, script: Vec<u32>) -> Rehearsal {
        Rehearsal { fate: Fate::of(script), watched: self.tells.watched(), ..Rehearsal::default() }
    }

    fn open(&mut self) {
        let locale = self.pack.locales.first().cloned().unwrap_or_default();
        let mut script = Some(Vec::new());
        let mut tried = 0;
        while let Some(next) = script.take().filter(|_| tried < OUTCOMES) {
            tried += 1;
            let mut rehearsal = self.rehearsal(next);
            let state = opened(&self.pack, &locale, &self.out.avoided, &mut rehearsal);
            if self.out.beats.is_empty() {
                // The curtain is a state of its own: what chance does to the opening are steps from it.
                self.add_node(hash(b"curtain"), NOWHERE);
                self.out.closed[0] = true;
            }
            script = rehearsal.fate.next();
            self.arrive(0, Input::Nothing, "", state, rehearsal);
        }
    }

    /// Everything that can come of a state.
    fn go_on(&mut self, at: u32, mut state: State) {
        let pack = self.pack.clone();
        let Some(beat) = pack.beat(&state.beat) else { return };
        let timeless = self.outlooks.is_timeless(&state);
        self.turn_aside(at, beat, &state);
        spoken(&pack, &mut state);
        for input in self.inputs(beat, &state) {
            let moves = moves_of(beat, input);
            let mut script = Some(Vec::new());
            let mut tried = 0;
            while let Some(next) = script.take() {
                tried += 1;
                if tried > OUTCOMES {
                    let told = format!("of what chance does in '{}', {OUTCOMES} outcomes", beat.id);
                    if !self.out.bounded.contains(&told) {
                        self.out.bounded.push(told);
                    }
                    break;
                }
                let mut rehearsal = self.rehearsal(next);
                let mut after = state.clone();
                if timeless && input == Input::Nothing {
                    hasten(beat, &mut after);
                    self.skipped_rungs(beat, &after, &mut rehearsal);
                }
                played(&pack, &mut after, &moves, &mut rehearsal);
                script = rehearsal.fate.next();
                self.arrive(at, input, &beat.id, after, rehearsal);
            }
        }
    }

    fn inputs(&mut self, beat: &Beat, state: &State) -> Vec<Input> {
        let open: Vec<u16> = beat
            .moves
            .iter()
            .zip(0..)
            .filter(|(m, _)| m.only_when.as_ref().is_none_or(|when| state.holds(when)))
            .map(|(_, number)| number)
            .collect();
        let number = u16::try_from(self.outlooks.number(&beat.id)).unwrap_or(NOWHERE);
        for (index, first) in open.iter().enumerate() {
            for second in &open[index + 1..] {
                self.out.together.insert((number, *first, *second));
            }
        }
        let outlooks = self.outlooks.clone();
        let twice = outlooks.beat(&beat.id).map(|own| own.twice.as_slice()).unwrap_or_default();
        let twice = twice
            .iter()
            .filter_map(|(a, b)| Some((u16::try_from(*a).ok()?, u16::try_from(*b).ok()?)));
        let twice = twice.filter(|(a, b)| open.contains(a) && open.contains(b));
        let both: Vec<Input> = twice.map(|(a, b)| Input::Both(a, b)).collect();
        [Input::Nothing].into_iter().chain(open.into_iter().map(Input::Move)).chain(both).collect()
    }

    /// The rungs before the last one are spoken, too, though nobody waits for them here.
    fn skipped_rungs(&self, beat: &Beat, state: &State, rehearsal: &mut Rehearsal) {
        for rung in &RUNGS[..RUNGS.len() - 1] {
            let section = format!("beat {}/{rung}", beat.id);
            if rehearsal.watched.contains(&section) {
                let (speaker, state) = (beat.speaker.clone(), state.clone());
                rehearsal.performed.push(Performed { section, speaker, state });
            }
        }
    }

    /// What is turned aside is answered by the beat's speaker, in any state.
    fn turn_aside(&mut self, at: u32, beat: &Beat, state: &State) {
        let sections: Vec<String> = self.tells.ways(&beat.speaker).cloned().collect();
        for section in sections {
            let leaks = self.tells.leaks(&self.pack, state, &section, &beat.speaker);
            // The step that led here, nearly: the nearest is chosen by where it begins.
            let step = self.out.steps.iter().rposition(|step| step.to == at).unwrap_or_default();
            self.note_leaks(leaks, step);
        }
    }

    fn note_leaks(&mut self, leaks: Vec<Leak>, at: At) {
        for leak in leaks {
            let places = self.out.leaks.entry(leak).or_default();
            if places.len() < KEPT {
                places.push(at);
            }
        }
    }

    fn add_node(&mut self, digest: Digest, beat: u16) -> u32 {
        let number = self.out.beats.len() as u32;
        self.known.insert(digest, number);
        self.out.beats.push(beat);
        self.out.closed.push(false);
        number
    }

    fn arrive(
        &mut self,
        from: u32,
        input: Input,
        beat: &str,
        mut state: State,
        rehearsal: Rehearsal,
    ) {
        let step = self.out.steps.len();
        self.note_events(input, beat, &rehearsal, step);
        for performed in &rehearsal.performed {
            let Performed { section, speaker, state } = performed;
            let leaks = self.tells.leaks(&self.pack, state, section, speaker);
            self.note_leaks(leaks, step);
        }
        settle(&self.pack, &self.outlooks, &mut state);
        let digest = digest(&self.pack, &self.outlooks, &state);
        let to = match self.known.get(&digest) {
            Some(to) => *to,
            None => self.discover(digest, state),
        };
        let fate = rehearsal.fate.script();
        let fate = (!fate.is_empty()).then(|| fate.into_boxed_slice());
        self.out.steps.push(Step { from, to, input, fate });
    }

    fn discover(&mut self, digest: Digest, state: State) -> u32 {
        let pack = self.pack.clone();
        if let Some(ending) = state.ended.clone() {
            let number = self.add_node(digest, NOWHERE);
            self.out.closed[number as usize] = true;
            let fits = fits(&pack, &state, &ending);
            self.out.over.insert(number, (ending, fits));
            return number;
        }
        let beat = self.outlooks.number(&state.beat);
        let number = self.add_node(digest, u16::try_from(beat).unwrap_or(NOWHERE));
        // A state in which something is true for the first time in its beat goes before others: where not everything
        // can be looked at, that is the better half.
        let mut is_new = false;
        let outlooks = self.outlooks.clone();
        outlooks.each_value(&state, |at, value| {
            is_new |= self.seen.insert(short(&(beat, at, value)));
            if self.seen.insert(short(&(at, value))) {
                *self.out.values.entry(at).or_default() += 1;
            }
        });
        let queue = if is_new { &mut self.fresh } else { &mut self.rest };
        queue.push_back((number, Frozen::of(&pack, state)));
        number
    }

    fn note_events(&mut self, input: Input, beat: &str, rehearsal: &Rehearsal, step: At) {
        let pack = self.pack.clone();
        let mut open = beat.to_owned();
        let mut refused: Vec<&String> = Vec::new();
        for event in &rehearsal.events {
            match event {
                Event::BeatBegan(beat) => {
                    *self.out.begun.entry(beat.clone()).or_default() += 1;
                    let from = std::mem::replace(&mut open, beat.clone());
                    *self.out.ways.entry((from, beat.clone())).or_default() += 1;
                }
                Event::Ended(ending) => {
                    let way = (open.clone(), format!("ending {ending}"));
                    *self.out.ways.entry(way).or_default() += 1;
                }
                Event::Refused(id) => refused.push(id),
                Event::Acted { npc, action, .. } => {
                    self.out.acted.insert((npc.clone(), action.clone()));
                }
                _ => {}
            }
        }
        if input == Input::Nothing {
            for barred in &rehearsal.barred {
                let places = self.out.circles.entry(barred.clone()).or_default();
                if places.len() < KEPT {
                    places.push(step);
                }
            }
        }
        let Some(beat) = pack.beat(beat) else { return };
        for id in moves_of(beat, input) {
            let made = (beat.id.clone(), id.to_owned());
            if refused.iter().any(|refused| *refused == id) {
                self.out.refused.insert(made);
            } else {
                self.out.made.insert(made);
            }
        }
    }

    /// Why not everything was looked at.
    fn reason(&self, open: usize) -> String {
        let states = self.out.beats.len();
        let limit = if states >= self.limits.states {
            format!("after {states} states")
        } else {
            format!("after {} seconds, at {states} states", self.limits.time.as_secs())
        };
        format!("stopped {limit}, {open} of which were not gone on from")
    }
}

/// A number for something that need not be told apart for sure.
fn short(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// The moves of an input.
pub(super) fn moves_of(beat: &Beat, input: Input) -> Vec<&str> {
    let id = |number: u16| beat.moves.get(usize::from(number)).map(|m| m.id.as_str());
    match input {
        Input::Nothing => Vec::new(),
        Input::Move(a) => id(a).into_iter().collect(),
        Input::Both(a, b) => id(a).into_iter().chain(id(b)).collect(),
    }
}

/// Where tension makes no difference, nothing happens until the last rung: it is the next.
fn hasten(beat: &Beat, state: &mut State) {
    state.unproductive = u32::from(beat.patience) + RUNGS.len() as u32;
}
