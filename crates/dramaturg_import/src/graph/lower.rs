//! From a graph to beats: a menu is a beat with moves, what lies between is interludes, what has no way on is an ending.

use super::tidy::{settled, ways_to};
use super::{Choice, Exit, Game, Node, Said, Words, id_of};
use dramaturg_story::{Effect, Emotion, FactKind, Value};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The fact that says which way was chosen at the last menu, until the next begins.
const CHOSEN: &str = "chosen";
/// The fact that says which end was come to.
const ENDING: &str = "ending";
const NONE: &str = "none";

pub(super) struct Beat {
    pub(super) id: String,
    pub(super) speaker: Option<String>,
    pub(super) when: Option<String>,
    pub(super) scene: Option<String>,
    pub(super) next: Vec<String>,
    pub(super) moves: Vec<Move>,
    pub(super) on_begin: Vec<Effect>,
    pub(super) on_forced: Vec<Effect>,
    pub(super) open: Vec<Said>,
    pub(super) authored: Vec<Said>,
}

pub(super) struct Move {
    pub(super) id: String,
    pub(super) text: Words,
    pub(super) when: Option<String>,
    pub(super) once: bool,
    pub(super) effects: Vec<Effect>,
    pub(super) reply: Vec<Said>,
}

pub(super) struct Ending {
    pub(super) id: String,
    pub(super) said: Vec<Said>,
    /// For where nothing else fits.
    pub(super) is_last_resort: bool,
}

pub(super) struct Story {
    pub(super) game: Game,
    pub(super) beats: Vec<Beat>,
    pub(super) endings: Vec<Ending>,
}

/// Gives out names, each once.
#[derive(Default)]
pub(crate) struct Ids(BTreeSet<String>);

impl Ids {
    pub(crate) fn fresh(&mut self, wanted: &str) -> String {
        let wanted = id_of(wanted);
        let numbered = (2..).map(|number| format!("{wanted}_{number}"));
        let free = std::iter::once(wanted.clone()).chain(numbered).find(|id| !self.0.contains(id));
        let id = free.unwrap_or(wanted);
        self.0.insert(id.clone());
        id
    }
}

pub(super) fn lower(mut game: Game) -> Story {
    open_menus(&mut game);
    let hoisted = hoist(&mut game);
    // What was hoisted may leave nothing behind but a way on.
    let ends: Vec<usize> = (0..game.nodes.len()).map(|at| through(&game, at)).collect();
    game.nodes.iter_mut().for_each(|node| node.exit.each_target(|to| *to = ends[*to]));
    Lowering::new(game, hoisted).run()
}

fn through(game: &Game, from: usize) -> usize {
    let mut at = from;
    for _ in 0..game.nodes.len() {
        match &game.nodes[at] {
            Node { effects, said, scene: None, exit: Exit::Go(to), .. }
                if effects.is_empty() && said.is_empty() =>
            {
                at = *to;
            }
            _ => return at,
        }
    }
    from
}

/// A menu of which nothing may be open is only gone to when something is.
fn open_menus(game: &mut Game) {
    for at in 0..game.nodes.len() {
        let Exit::Menu(choices, after) = &game.nodes[at].exit else { continue };
        let conditions: Option<Vec<&String>> = choices.iter().map(|c| c.when.as_ref()).collect();
        let Some(conditions) = conditions.filter(|c| !c.is_empty()) else { continue };
        let any: Vec<String> = conditions.iter().map(|when| format!("({when})")).collect();
        let (any, after) = (any.join(" or "), *after);
        let menu = Node {
            exit: game.nodes[at].exit.clone(),
            ..Node::new(&format!("{}_menu", game.nodes[at].label))
        };
        game.nodes.push(menu);
        let menu = game.nodes.len() - 1;
        game.nodes[at].exit = Exit::If(vec![(any, menu)], after);
    }
}

/// What a choice does and says at once.
#[derive(Clone, Default)]
struct Hoisted {
    effects: Vec<Effect>,
    said: Vec<Said>,
}

/// Takes the beginnings of what follows choices out of the graph: they become the replies of moves.
fn hoist(game: &mut Game) -> BTreeMap<(usize, usize), Hoisted> {
    let ways = ways_to(game);
    let mut chosen: Vec<((usize, usize), usize)> = Vec::new();
    for (at, node) in game.nodes.iter().enumerate() {
        if let Exit::Menu(choices, _) = &node.exit {
            chosen.extend(choices.iter().enumerate().map(|(n, choice)| ((at, n), choice.to)));
        }
    }
    let mut hoisted = BTreeMap::new();
    for (choice, to) in chosen {
        let Some(node) = game.nodes.get_mut(to) else { continue };
        if ways[to] != 1 || node.scene.is_some() || to == game.start {
            continue;
        }
        let mut said = std::mem::take(&mut node.said);
        // An ending needs a last word of its own.
        if node.exit == Exit::End {
            let last = said.iter().rposition(|said| matches!(said, Said::Line { .. }));
            node.said = said.split_off(last.unwrap_or(said.len()));
        }
        // A menu's own words are repeated when it is come back to; there is no coming back to this one.
        hoisted.insert(choice, Hoisted { effects: std::mem::take(&mut node.effects), said });
    }
    hoisted
}

struct Lowering {
    game: Game,
    hoisted: BTreeMap<(usize, usize), Hoisted>,
    ids: Vec<String>,
    names: Ids,
    entries: Vec<usize>,
    /// The condition on which a node is gone to, where only one way leads there.
    when: BTreeMap<usize, String>,
    far: Vec<usize>,
    speakers: Vec<Option<String>>,
    beats: Vec<Beat>,
    gates: Vec<Beat>,
    endings: Vec<Ending>,
    most_ways: usize,
}

impl Lowering {
    fn new(game: Game, hoisted: BTreeMap<(usize, usize), Hoisted>) -> Self {
        let mut names = Ids::default();
        // A word in `next` with a meaning of its own.
        names.fresh("return");
        let ids = game.nodes.iter().map(|node| names.fresh(&node.label)).collect();
        let entries = entries(&game);
        let far = far(&game);
        let speakers = speakers(&game);
        Self {
            ids,
            names,
            entries,
            when: BTreeMap::new(),
            far,
            speakers,
            game,
            hoisted,
            beats: Vec::new(),
            gates: Vec::new(),
            endings: Vec::new(),
            most_ways: 0,
        }
    }

    fn run(mut self) -> Story {
        // Only what can still be reached is told.
        let reached: Vec<bool> = self.entries.iter().map(|ways| *ways > 0).collect();
        let order = std::iter::once(self.game.start)
            .chain((0..self.game.nodes.len()).filter(|at| *at != self.game.start));
        for at in order.collect::<Vec<_>>() {
            if reached[at] {
                self.beat(at);
            }
        }
        let numbers = self.ids.iter().cloned().zip(0..).collect::<BTreeMap<String, usize>>();
        for beat in &mut self.beats {
            let at = numbers.get(&beat.id);
            beat.when = at.and_then(|at| self.when.get(at)).cloned();
        }
        self.beats.append(&mut self.gates);
        if self.endings.is_empty() {
            self.endings.push(Ending { id: "end".into(), said: Vec::new(), is_last_resort: true });
        }
        self.declare();
        Story { game: self.game, beats: self.beats, endings: self.endings }
    }

    /// The facts that hold the course of the story.
    fn declare(&mut self) {
        let one_of = |values: Vec<String>| FactKind::Enum { initial: NONE.into(), values };
        if self.most_ways > 1 {
            let ways = (0..self.most_ways).map(way).collect::<Vec<_>>();
            let values = std::iter::once(NONE.to_owned()).chain(ways).collect();
            self.game.facts.insert(CHOSEN.into(), one_of(values));
        }
        let ends = self.endings.iter().filter(|end| !end.is_last_resort);
        let ends: Vec<String> = ends.map(|end| end.id.clone()).collect();
        if !ends.is_empty() {
            let values = std::iter::once(NONE.to_owned()).chain(ends).collect();
            self.game.facts.insert(ENDING.into(), one_of(values));
        }
    }

    fn beat(&mut self, at: usize) {
        let node = self.game.nodes[at].clone();
        let mut beat = Beat {
            id: self.ids[at].clone(),
            speaker: None,
            when: None,
            scene: node.scene,
            next: Vec::new(),
            moves: Vec::new(),
            on_begin: node.effects,
            on_forced: Vec::new(),
            open: node.said,
            authored: Vec::new(),
        };
        match node.exit {
            Exit::Go(to) => beat.next = vec![self.ids[to].clone()],
            Exit::If(ways, other) => {
                let ways = ways.into_iter().map(|(when, to)| (Some(when), to));
                for (when, to) in ways.chain([(None, other)]) {
                    let next = self.gate(to, when);
                    beat.next.push(next);
                }
            }
            Exit::Menu(choices, _) => self.menu(at, &mut beat, choices),
            Exit::Call(part, after) => {
                beat.on_begin.push(Effect::Enter(self.ids[part].clone()));
                beat.next = vec![self.ids[after].clone()];
            }
            Exit::Return => beat.next = vec!["return".into()],
            Exit::End => {
                let last = beat.open.iter().rposition(|said| matches!(said, Said::Line { .. }));
                let said = last.map(|last| beat.open.split_off(last)).unwrap_or_default();
                let id = beat.id.clone();
                beat.on_begin.push(Effect::Set(ENDING.into(), Value::Enum(id.clone())));
                self.endings.push(Ending { id, said, is_last_resort: false });
            }
        }
        beat.on_begin = settled(beat.on_begin);
        self.beats.push(beat);
    }

    /// What stands in `next` for going there on a condition.
    fn gate(&mut self, to: usize, when: Option<String>) -> String {
        let Some(when) = when else { return self.ids[to].clone() };
        if self.entries[to] == 1 && !self.when.contains_key(&to) {
            self.when.insert(to, when);
            return self.ids[to].clone();
        }
        let id = self.names.fresh(&format!("to_{}", self.ids[to]));
        self.gates.push(Beat {
            id: id.clone(),
            speaker: None,
            when: Some(when),
            scene: None,
            next: vec![self.ids[to].clone()],
            moves: Vec::new(),
            on_begin: Vec::new(),
            on_forced: Vec::new(),
            open: Vec::new(),
            authored: Vec::new(),
        });
        id
    }

    fn menu(&mut self, at: usize, beat: &mut Beat, choices: Vec<Choice>) {
        let mut ways: Vec<usize> = Vec::new();
        for choice in &choices {
            if !ways.contains(&choice.to) {
                ways.push(choice.to);
            }
        }
        self.most_ways = self.most_ways.max(ways.len());
        let several = ways.len() > 1;
        beat.speaker =
            self.speakers[at].clone().or_else(|| Some(self.game.cast.first()?.id.clone()));
        if several {
            beat.on_begin.push(Effect::Set(CHOSEN.into(), Value::Enum(NONE.into())));
        }
        // A silent player is led to an end by the shortest way, if it may be gone.
        let shortest = choices
            .iter()
            .enumerate()
            .min_by_key(|(_, choice)| (choice.when.is_some() || choice.once, self.far[choice.to]));
        let shortest = shortest.map(|(number, _)| number);
        let mut names = Ids::default();
        for (number, choice) in choices.into_iter().enumerate() {
            let language = self.game.language();
            let words = choice.text.get(language).unwrap_or("choice");
            let short: Vec<&str> = words.split_whitespace().take(4).collect();
            let short = id_of(&short.join(" "));
            let named = !short.is_empty() && short.len() < 40;
            let id = names.fresh(if named { &short } else { "choice" });
            let Hoisted { mut effects, said: mut reply } =
                self.hoisted.get(&(at, number)).cloned().unwrap_or_default();
            if several {
                let way = way(ways.iter().position(|to| *to == choice.to).unwrap_or_default());
                effects.push(Effect::Set(CHOSEN.into(), Value::Enum(way)));
            }
            if !reply.iter().any(|said| matches!(said, Said::Line { .. })) {
                let text = Words::new(language, "…");
                reply.push(Said::Line { who: None, emotion: Emotion::Neutral, text });
            }
            let effects = settled(effects);
            if shortest == Some(number) {
                beat.on_forced.clone_from(&effects);
                beat.authored.clone_from(&reply);
            }
            let (text, when, once) = (choice.text, choice.when, choice.once);
            beat.moves.push(Move { id, text, when, once, effects, reply });
        }
        for (number, to) in ways.iter().enumerate() {
            let when = several.then(|| format!("{CHOSEN} is '{}'", way(number)));
            let next = self.gate(*to, when);
            beat.next.push(next);
        }
    }
}

/// How many ways lead to each node that can be reached, those of one menu's moves to the same node counted once.
fn entries(game: &Game) -> Vec<usize> {
    let mut entries = vec![0; game.nodes.len()];
    entries[game.start] = 1;
    let mut waiting = vec![game.start];
    while let Some(at) = waiting.pop() {
        let mut targets = match &game.nodes[at].exit {
            Exit::Menu(choices, _) => choices.iter().map(|c| c.to).collect(),
            exit => exit.targets(),
        };
        targets.sort_unstable();
        targets.dedup();
        for to in targets {
            entries[to] += 1;
            if entries[to] == 1 {
                waiting.push(to);
            }
        }
    }
    entries
}

/// The name of a way on from a menu.
fn way(number: usize) -> String {
    let letter = u8::try_from(number).ok().filter(|n| *n < 26).map(|n| char::from(b'a' + n));
    letter.map_or_else(|| format!("way{number}"), String::from)
}

/// How many steps it is from each node to an end.
fn far(game: &Game) -> Vec<usize> {
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); game.nodes.len()];
    for (at, node) in game.nodes.iter().enumerate() {
        let targets = match &node.exit {
            // What is called comes back.
            Exit::Call(_, after) => vec![*after],
            exit => exit.targets(),
        };
        targets.into_iter().for_each(|to| before[to].push(at));
    }
    let mut far = vec![usize::MAX; game.nodes.len()];
    let ends =
        (0..game.nodes.len()).filter(|at| matches!(game.nodes[*at].exit, Exit::End | Exit::Return));
    let mut waiting: VecDeque<usize> = ends.collect();
    waiting.iter().for_each(|at| far[*at] = 0);
    while let Some(at) = waiting.pop_front() {
        for from in &before[at] {
            if far[*from] == usize::MAX {
                far[*from] = far[at] + 1;
                waiting.push_back(*from);
            }
        }
    }
    far
}

/// Who spoke last when a node is over.
fn speakers(game: &Game) -> Vec<Option<String>> {
    let mut speakers: Vec<Option<String>> = vec![None; game.nodes.len()];
    let mut seen = vec![false; game.nodes.len()];
    let mut waiting = VecDeque::from([(game.start, None)]);
    while let Some((at, before)) = waiting.pop_front() {
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        let last = game.nodes[at].said.iter().rev().find_map(|said| match said {
            Said::Line { who, .. } => who.clone(),
            Said::Note(_) => None,
        });
        let now = last.or(before);
        speakers[at].clone_from(&now);
        waiting.extend(game.nodes[at].exit.targets().into_iter().map(|to| (to, now.clone())));
    }
    speakers
}
