//! What of a state can still make a difference: the names that conditions may read from here on, and numbers only as far
//! as conditions can tell them apart. States that differ in nothing else are one to the checker.

use super::bands::{Bounds, bounds};
use super::bits::Bits;
use super::silence::rungs;
use super::tells::Tells;
use crate::condition::{Condition, clock_minutes};
use crate::fact::{CLOCK, Effect, item, timer};
use crate::pack::heard;
use crate::state::Waiting;
use crate::{Beat, Pack, State, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Something that states can differ in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trait {
    /// A name in conditions.
    Named(String),
    /// How often a beat ended by itself since the player's last move.
    Forced(String),
    /// What was drawn of a bag.
    Bag(String),
}

/// What may matter while a beat is open.
#[derive(Clone, Debug, Default)]
pub(super) struct Outlook {
    /// Numbers of the traits that may be read from here on.
    live: Bits,
    /// Tension, and how often what was done or heard, make no difference but when the beat ends by itself.
    is_timeless: bool,
    /// Something that goes on with each turn may be read from here on.
    is_timed: bool,
    /// What is said on the rungs of its ladder.
    rungs: BTreeSet<String>,
    /// Moves, the first of which may close the second: one line can still make both.
    pub(super) twice: Vec<(usize, usize)>,
}

/// The outlook of all beats.
pub(super) struct Outlooks {
    traits: Vec<Trait>,
    /// The trait of each fact, in the order of the pack; the traits that are no facts.
    of_facts: Vec<Option<usize>>,
    others: Bits,
    bounds: Vec<Bounds>,
    beats: BTreeMap<String, (usize, Outlook)>,
    /// Names that some condition reads.
    pub(super) read: BTreeSet<String>,
    /// Names that something changes.
    pub(super) written: BTreeSet<String>,
}

/// All effects in a list, those that chance may choose among them.
pub(super) fn each_effect<'e>(effects: &'e [Effect], visit: &mut impl FnMut(&'e Effect)) {
    for effect in effects {
        visit(effect);
        if let Effect::Choose(_, ways) = effect {
            ways.iter().for_each(|way| each_effect(way, visit));
        }
    }
}

/// The lists of effects of a beat.
pub(super) fn lists(beat: &Beat) -> impl Iterator<Item = &[Effect]> {
    let moves = beat.moves.iter().map(|m| m.effects.as_slice());
    [beat.on_begin.as_slice(), beat.on_forced.as_slice()].into_iter().chain(moves)
}

/// The facts that an effect may change, and whether they may rise and fall by a step.
fn changes(effect: &Effect) -> Vec<(String, bool, bool)> {
    match effect {
        Effect::Set(fact, _) => vec![(fact.clone(), false, false)],
        Effect::Add(fact, by) => vec![(fact.clone(), *by > 0, *by < 0)],
        Effect::Give(name) => vec![(item(name), true, false)],
        Effect::Take(name) => vec![(item(name), false, true)],
        Effect::Start(name) => timer(name).map(|fact| (fact, true, false)).to_vec(),
        Effect::Stop(name) => timer(name).map(|fact| (fact, false, false)).to_vec(),
        Effect::Clock(_) => vec![(CLOCK.to_owned(), true, false)],
        Effect::Mood(..) | Effect::Enter(_) | Effect::Choose(..) => Vec::new(),
    }
}

/// What effects may begin: sub-stories and bags.
#[derive(Default)]
struct Begins {
    entered: BTreeSet<String>,
    bags: BTreeSet<String>,
}

impl Begins {
    fn of<'e>(lists: impl Iterator<Item = &'e [Effect]>) -> Self {
        let mut begins = Self::default();
        for list in lists {
            each_effect(list, &mut |effect| match effect {
                Effect::Enter(beat) => {
                    begins.entered.insert(beat.clone());
                }
                Effect::Choose(bag, _) => {
                    begins.bags.insert(bag.clone());
                }
                _ => {}
            });
        }
        begins
    }
}

/// What is needed while the outlooks are made.
struct Making<'p> {
    pack: &'p Pack,
    constant: BTreeMap<&'p str, Value>,
    everywhere: Begins,
    /// Names that hang on lines that may be spoken in any beat.
    told_anywhere: BTreeSet<String>,
    tells: &'p Tells,
    /// Whether a beat's scene is the one that is open: after a sub-story it need not be.
    scenes_stay: bool,
}

impl<'p> Making<'p> {
    fn known(&self, beat: &Beat) -> impl Fn(&str) -> Option<Value> {
        move |name: &str| match name {
            "beat" => Some(Value::Enum(beat.id.clone())),
            "scene" => beat.scene.clone().filter(|_| self.scenes_stay).map(Value::Enum),
            name => self.constant.get(name).cloned(),
        }
    }
    /// The names that a condition hangs on while that beat is open.
    fn names(&self, beat: &Beat, condition: &Condition) -> Result<bool, BTreeSet<String>> {
        let open = condition.settle(&self.known(beat));
        open.map_err(|names| names.into_iter().map(str::to_owned).collect())
    }

    /// The names that are read while the beat is open, the beats that may begin, and whether turns without the player
    /// can bring something.
    fn beat(&self, beat: &'p Beat) -> (BTreeSet<Trait>, BTreeSet<String>, bool) {
        let mut names: BTreeSet<String> = self.told_anywhere.clone();
        let mut follow: BTreeSet<String> = self.everywhere.entered.clone();
        let mut read = |condition: &Condition| match self.names(beat, condition) {
            Ok(truth) => truth,
            Err(open) => {
                names.extend(open);
                true
            }
        };
        for a_move in &beat.moves {
            read(&a_move.requires);
            a_move.only_when.iter().for_each(|when| {
                read(when);
            });
        }
        for id in &beat.next {
            // The condition is read when this beat is over but still the open one.
            if let Some(next) = self.pack.beat(id) {
                read(&next.when);
                follow.insert(id.clone());
            }
        }
        self.pack.endings.iter().filter_map(|ending| ending.when.as_ref()).for_each(|when| {
            read(when);
        });
        let mut stirs = false;
        if !beat.is_storylet() {
            for storylet in self.pack.beats.iter().filter(|b| b.is_storylet()) {
                if read(&storylet.when) {
                    stirs = true;
                    follow.insert(storylet.id.clone());
                }
            }
        }
        let storylets: Vec<String> = follow
            .iter()
            .filter(|id| self.pack.beat(id).is_some_and(|b| b.is_storylet() && !b.repeat))
            .map(|id| format!("seen.{id}"))
            .collect();
        let (heard, when) = gossip(self.pack);
        stirs |= !heard.is_empty();
        when.into_iter().for_each(|when| {
            read(when);
        });
        let mut acting = heard;
        for (npc, character) in &self.pack.cast {
            let wanted = character
                .goals()
                .iter()
                .any(|goal| read(&goal.when) && self.names(beat, &goal.desire) != Ok(true));
            if wanted {
                stirs = true;
                character.goals().iter().for_each(|goal| {
                    read(&goal.desire);
                });
                character.actions().iter().for_each(|action| {
                    read(&action.when);
                });
            }
            if !character.actions().is_empty() {
                acting.push(format!("here.{npc}"));
            }
        }
        names.extend(acting);
        names.extend(storylets);
        names.extend(self.tells.names_in(&beat.id).cloned());
        let begins = Begins::of(lists(beat));
        follow.extend(begins.entered);
        let mut traits: BTreeSet<Trait> = names.into_iter().map(Trait::Named).collect();
        traits.extend(begins.bags.into_iter().map(Trait::Bag));
        traits.extend(self.everywhere.bags.iter().cloned().map(Trait::Bag));
        (traits, follow, stirs)
    }
}

impl Outlooks {
    pub(super) fn new(pack: &Pack, tells: &Tells) -> Self {
        let scenes = || pack.scenes.values().map(|scene| scene.on_enter.as_slice());
        let actions =
            || pack.cast.values().flat_map(|c| c.actions().iter().map(|a| a.effects.as_slice()));
        let mut steps: BTreeMap<String, (bool, bool)> = BTreeMap::new();
        let (mut latest, mut written) = (None, BTreeSet::new());
        for list in pack.beats.iter().flat_map(lists).chain(scenes()).chain(actions()) {
            each_effect(list, &mut |effect| {
                if let Effect::Clock(to) = effect {
                    latest = latest.max(clock_minutes(to));
                }
                for (fact, up, down) in changes(effect) {
                    written.insert(fact.clone());
                    let step = steps.entry(fact).or_default();
                    *step = (step.0 || up, step.1 || down);
                }
            });
        }
        written.extend(gossip(pack).0);
        if pack.minutes_per_turn > 0 {
            written.insert(CLOCK.to_owned());
            steps.entry(CLOCK.to_owned()).or_default().0 = true;
        }
        let constant = pack.facts.iter().filter(|(name, _)| !written.contains(*name));
        let lists_of_all = || pack.beats.iter().flat_map(lists).chain(scenes()).chain(actions());
        let making = Making {
            pack,
            constant: constant.map(|(name, kind)| (name.as_str(), kind.initial())).collect(),
            everywhere: Begins::of(scenes().chain(actions())),
            told_anywhere: tells.names_anywhere(),
            tells,
            scenes_stay: Begins::of(lists_of_all()).entered.is_empty(),
        };
        let own: Vec<_> = pack.beats.iter().map(|beat| making.beat(beat)).collect();
        let index = |id: &str| pack.beats.iter().position(|beat| beat.id == id);
        let follow: Vec<Vec<usize>> = own
            .iter()
            .map(|(_, follow, _)| follow.iter().filter_map(|id| index(id)).collect())
            .collect();

        let forced = pack.beats.iter().map(|beat| Trait::Forced(beat.id.clone()));
        let mut all: BTreeSet<Trait> =
            own.iter().flat_map(|(traits, ..)| traits).cloned().collect();
        all.extend(forced);
        all.insert(Trait::Named(CLOCK.to_owned()));
        let traits: Vec<Trait> = all.into_iter().collect();
        let named = |name: &str| traits.binary_search(&Trait::Named(name.to_owned())).ok();
        let bits = |own: &BTreeSet<Trait>| {
            let mut bits = Bits::default();
            own.iter().filter_map(|t| traits.binary_search(t).ok()).for_each(|at| {
                bits.insert(at);
            });
            bits
        };
        let own_bits: Vec<Bits> = own.iter().map(|(traits, ..)| bits(traits)).collect();
        let forced: Vec<Option<usize>> = pack
            .beats
            .iter()
            .map(|beat| traits.binary_search(&Trait::Forced(beat.id.clone())).ok())
            .collect();
        let passes = pack.minutes_per_turn > 0;
        let is = |at: usize, prefix: &str| matches!(&traits[at], Trait::Named(name) if name.starts_with(prefix));
        let again = again(pack, &follow);
        let mut beats = BTreeMap::new();
        for (at, beat) in pack.beats.iter().enumerate() {
            // What may be read later is read through all beats before.
            let mut live = own_bits[at].clone();
            for later in reachable(&follow, at).iter() {
                live.unite(&own_bits[later]);
                if again.holds(later) {
                    forced[later].into_iter().for_each(|forced| {
                        live.insert(forced);
                    });
                }
            }
            // A timer of minutes goes on by what the clock is set to.
            let clock =
                named(CLOCK).filter(|_| latest.is_some() && live.iter().any(|t| is(t, "minutes.")));
            clock.into_iter().for_each(|clock| {
                live.insert(clock);
            });
            // These are compared in any case.
            for name in ["beat", "scene", "tension"] {
                named(name).into_iter().for_each(|at| live.remove(at));
            }
            let is_timed = live.iter().any(|t| {
                is(t, "turns.")
                    || named("turn") == Some(t)
                    || (passes && (named(CLOCK) == Some(t) || is(t, "minutes.")))
            });
            let reads_tension = own[at].0.contains(&Trait::Named("tension".to_owned()));
            let is_timeless = !is_timed && !own[at].2 && !reads_tension;
            let outlook = Outlook {
                live,
                is_timeless,
                is_timed,
                twice: closing(beat),
                rungs: rungs(pack, &beat.id),
            };
            beats.insert(beat.id.clone(), (at, outlook));
        }
        let of_facts: Vec<Option<usize>> = pack.facts.keys().map(|fact| named(fact)).collect();
        let mut others = Bits::default();
        for at in (0..traits.len()).filter(|at| !of_facts.contains(&Some(*at))) {
            others.insert(at);
        }
        let (bounds, read) = bounds(pack, &traits, &steps, latest);
        Self { traits, of_facts, others, bounds, beats, read, written }
    }

    fn of(&self, beat: &str) -> Option<&(usize, Outlook)> {
        self.beats.get(beat)
    }
    /// The beat's own outlook.
    pub(super) fn beat(&self, beat: &str) -> Option<&Outlook> {
        self.of(beat).map(|found| &found.1)
    }
    /// Whether tension makes no difference in that state.
    pub(super) fn is_timeless(&self, state: &State) -> bool {
        self.is_timeless_over(&state.beat, &state.waiting)
    }
    /// Whether it makes none in a beat while others wait. What is heard on its rungs counts for a beat that waits and says
    /// the same on its own.
    fn is_timeless_over(&self, beat: &str, waiting: &[Waiting]) -> bool {
        let Some(own) = self.beat(beat).filter(|own| own.is_timeless) else { return false };
        waiting.iter().all(|waiting| {
            let apart =
                |w: &Outlook| !w.is_timed && (waiting.over || w.rungs.is_disjoint(&own.rungs));
            self.beat(&waiting.beat).is_none_or(apart)
        })
    }
    /// Whether it makes none how far a beat was that waits: it is over, or tension makes no difference in it.
    pub(super) fn is_bygone(&self, state: &State, at: usize) -> bool {
        let below = state.waiting.get(..at).unwrap_or_default();
        let waiting = state.waiting.get(at);
        waiting.is_some_and(|w| w.over || self.is_timeless_over(&w.beat, below))
    }
    /// The traits that may make a difference.
    fn live(&self, state: &State) -> Bits {
        let mut live = self.beat(&state.beat).map(|own| own.live.clone()).unwrap_or_default();
        for waiting in &state.waiting {
            self.beat(&waiting.beat).into_iter().for_each(|w| live.unite(&w.live));
        }
        live
    }
    /// All traits that may make a difference, with their values in a state as bytes.
    pub(super) fn each_value(&self, state: &State, mut visit: impl FnMut(usize, &[u8])) {
        let live = self.live(state);
        let mut bytes = Vec::with_capacity(32);
        // A state has all facts of its pack, in their order.
        for (value, at) in state.facts.values().zip(&self.of_facts) {
            if let Some(at) = at.filter(|at| live.holds(*at)) {
                bytes.clear();
                self.add(at, value, &mut bytes);
                visit(at, &bytes);
            }
        }
        for at in live.iter().filter(|at| self.others.holds(*at)) {
            bytes.clear();
            self.other(state, at, &mut bytes);
            visit(at, &bytes);
        }
    }
    /// A value as bytes: of a number, as far as conditions can tell it apart.
    fn add(&self, at: usize, value: &Value, bytes: &mut Vec<u8>) {
        match value {
            Value::Bool(truth) => bytes.push(u8::from(*truth)),
            Value::Number(number) => {
                let Bounds { floor, cap } = self.bounds[at];
                let number = *number.max(&floor.unwrap_or(i32::MIN));
                bytes.extend(number.min(cap.unwrap_or(i32::MAX)).to_le_bytes());
            }
            Value::Enum(word) => bytes.extend(word.as_bytes()),
        }
    }
    /// The value of what is no fact.
    fn other(&self, state: &State, at: usize, bytes: &mut Vec<u8>) {
        match &self.traits[at] {
            Trait::Named(name) => {
                if let Some(value) = state.value(name) {
                    self.add(at, &value, bytes);
                }
            }
            Trait::Forced(beat) => {
                let count = state.forced.get(beat).copied().unwrap_or_default();
                bytes.push(count.min(crate::session::ROUNDS) as u8);
            }
            Trait::Bag(bag) => {
                if let Some(bag) = state.bags.get(bag) {
                    bytes.extend(bag.last.map_or([255; 4], u32::to_le_bytes));
                    bytes.extend(bag.used.iter().flat_map(|way| way.to_le_bytes()));
                }
            }
        }
    }
    /// Whether effects draw from that bag.
    pub(super) fn draws_from(&self, bag: &str) -> bool {
        self.traits.binary_search(&Trait::Bag(bag.to_owned())).is_ok()
    }
    /// Forgets how often beats ended by themselves that can't begin again.
    pub(super) fn forget(&self, state: &mut State) {
        if state.forced.is_empty() {
            return;
        }
        let live = self.live(state);
        state.forced.retain(|beat, _| {
            let at = self.traits.binary_search(&Trait::Forced(beat.clone()));
            at.is_ok_and(|at| live.holds(at))
        });
    }
    /// The name of a trait, for people; none for what has none.
    pub(super) fn name(&self, at: usize) -> Option<&str> {
        match &self.traits[at] {
            Trait::Named(name) => Some(name),
            Trait::Forced(_) | Trait::Bag(_) => None,
        }
    }
    /// In how many beats it counts what a name's value is, the most first.
    pub(super) fn longest(&self) -> Vec<(usize, &str)> {
        let mut counts = vec![0_usize; self.traits.len()];
        for (_, outlook) in self.beats.values() {
            outlook.live.iter().for_each(|at| counts[at] += 1);
        }
        let named =
            counts.into_iter().enumerate().filter_map(|(at, count)| Some((count, self.name(at)?)));
        let mut named: Vec<_> = named.filter(|(count, _)| *count > 0).collect();
        named.sort_by_key(|(count, name)| (std::cmp::Reverse(*count), *name));
        named
    }
    /// The number of a beat.
    pub(super) fn number(&self, beat: &str) -> usize {
        self.of(beat).map_or(usize::MAX, |found| found.0)
    }
}

/// What hangs on gossip: names of who has heard and who is there, as far as a condition asks for them, and the conditions under
/// which something is told.
fn gossip(pack: &Pack) -> (Vec<String>, Vec<&Condition>) {
    let read: Vec<_> = pack.gossip.matters.iter().filter(|(_, matter)| matter.is_read).collect();
    if read.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let mut names: Vec<String> = pack.cast().map(|npc| format!("here.{npc}")).collect();
    let mut when: Vec<&Condition> = pack.gossip.ties.iter().map(|tie| &tie.when).collect();
    for (name, matter) in read {
        names.extend(pack.cast().map(|npc| heard(name, npc)));
        when.extend(matter.knows.values().chain([&matter.when]));
        let secret = matter.secret.as_ref().and_then(|secret| pack.secrets.get(secret));
        if let Some(secret) = secret {
            when.extend(secret.knows.values().chain([&secret.unlocked_when]));
        }
    }
    (names, when)
}

/// All that can be come to from a node.
fn reachable(follow: &[Vec<usize>], start: usize) -> Bits {
    let (mut seen, mut open) = (Bits::default(), follow[start].clone());
    while let Some(at) = open.pop() {
        if seen.insert(at) {
            open.extend(&follow[at]);
        }
    }
    seen
}

/// Beats that can begin more than once: those in a circle, storylets, sub-stories and what follows them.
fn again(pack: &Pack, follow: &[Vec<usize>]) -> Bits {
    let mut again = Bits::default();
    let entered = Begins::of(pack.beats.iter().flat_map(lists)).entered;
    let scenes = pack.scenes.values().map(|scene| scene.on_enter.as_slice());
    let actions = pack.cast.values().flat_map(|c| c.actions().iter().map(|a| a.effects.as_slice()));
    let anywhere = Begins::of(scenes.chain(actions)).entered;
    for (at, beat) in pack.beats.iter().enumerate() {
        let reached = reachable(follow, at);
        if beat.is_storylet() || entered.contains(&beat.id) || anywhere.contains(&beat.id) {
            again.insert(at);
            again.unite(&reached);
        } else if reached.holds(at) {
            again.insert(at);
        }
    }
    again
}

/// Pairs of moves that one line can make though the first closes the second.
fn closing(beat: &Beat) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (first, a) in beat.moves.iter().enumerate().filter(|(_, a)| !a.done) {
        let mut changed: BTreeSet<String> = BTreeSet::from([format!("made.{}.{}", beat.id, a.id)]);
        each_effect(&a.effects, &mut |effect| {
            changed.extend(changes(effect).into_iter().map(|c| c.0))
        });
        for (second, b) in beat.moves.iter().enumerate().filter(|(at, _)| *at != first) {
            let closes = |when: &Condition| when.names().iter().any(|name| changed.contains(*name));
            if b.only_when.as_ref().is_some_and(closes) {
                pairs.push((first, second));
            }
        }
    }
    pairs
}
