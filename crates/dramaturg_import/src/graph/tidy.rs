//! What can be reached, in as few nodes as it takes.

use super::{Exit, Game, Node, Said};
use dramaturg_story::{Effect, Value};
use std::collections::{BTreeMap, VecDeque};

pub(super) fn tidy(game: Game) -> Game {
    let mut game = apart(game);
    skip_empty(&mut game);
    // Ways from what is skipped now are none.
    let mut game = apart(game);
    join(&mut game);
    let mut game = apart(game);
    game.nodes
        .iter_mut()
        .for_each(|node| node.effects = settled(std::mem::take(&mut node.effects)));
    game
}

impl Exit {
    /// Where it may go.
    pub(super) fn targets(&self) -> Vec<usize> {
        match self {
            Self::Go(to) => vec![*to],
            Self::If(ways, other) => ways.iter().map(|way| way.1).chain([*other]).collect(),
            Self::Menu(choices, after) => choices.iter().map(|c| c.to).chain([*after]).collect(),
            Self::Call(part, after) => vec![*part, *after],
            Self::Return | Self::End => Vec::new(),
        }
    }
    pub(super) fn each_target(&mut self, mut change: impl FnMut(&mut usize)) {
        match self {
            Self::Go(to) => change(to),
            Self::If(ways, other) => {
                ways.iter_mut().for_each(|way| change(&mut way.1));
                change(other);
            }
            Self::Menu(choices, after) => {
                choices.iter_mut().for_each(|choice| change(&mut choice.to));
                change(after);
            }
            Self::Call(part, after) => {
                change(part);
                change(after);
            }
            Self::Return | Self::End => {}
        }
    }
}

/// Only what can be reached, and what is both gone to and called, twice: in the story itself a return is its end.
fn apart(game: Game) -> Game {
    let Game { nodes: old, start, .. } = &game;
    let mut numbers: BTreeMap<(usize, bool), usize> = BTreeMap::new();
    let mut waiting = VecDeque::from([(*start, false)]);
    let mut nodes: Vec<Node> = Vec::new();
    numbers.insert((*start, false), 0);
    while let Some((at, called)) = waiting.pop_front() {
        let mut node = old.get(at).cloned().unwrap_or_else(|| Node::new("end"));
        if node.exit == Exit::Return && !called {
            node.exit = Exit::End;
        }
        let part = match &node.exit {
            Exit::Call(part, _) => Some(*part),
            _ => None,
        };
        let mut first = part.is_some();
        node.exit.each_target(|to| {
            let of = (*to, called || std::mem::take(&mut first));
            let next = numbers.len();
            *to = *numbers.entry(of).or_insert_with(|| {
                waiting.push_back(of);
                next
            });
        });
        nodes.push(node);
    }
    Game { nodes, start: 0, ..game }
}

/// Who goes to a node in which nothing is, goes on to the next.
fn skip_empty(game: &mut Game) {
    let through = |nodes: &[Node], from: usize| {
        let mut at = from;
        for _ in 0..nodes.len() {
            match nodes.get(at) {
                Some(Node { effects, said, scene: None, exit: Exit::Go(to), .. })
                    if effects.is_empty() && said.is_empty() =>
                {
                    at = *to;
                }
                _ => return at,
            }
        }
        // A circle in which nothing happens.
        from
    };
    let ends: Vec<usize> = (0..game.nodes.len()).map(|at| through(&game.nodes, at)).collect();
    for node in &mut game.nodes {
        node.exit.each_target(|to| *to = ends.get(*to).copied().unwrap_or(*to));
    }
    game.start = ends.get(game.start).copied().unwrap_or(game.start);
}

/// How many ways lead to each node.
pub(super) fn ways_to(game: &Game) -> Vec<usize> {
    let mut ways = vec![0; game.nodes.len()];
    let targets = game.nodes.iter().flat_map(|node| node.exit.targets());
    for to in targets.chain([game.start]) {
        if let Some(count) = ways.get_mut(to) {
            *count += 1;
        }
    }
    ways
}

fn fills_in(said: &[Said]) -> bool {
    said.iter().any(
        |said| matches!(said, Said::Line { text, .. } if text.0.values().any(|text| text.contains('{'))),
    )
}

/// A node that is only gone to from one other becomes part of it.
fn join(game: &mut Game) {
    let ways = ways_to(game);
    for at in 0..game.nodes.len() {
        while let Exit::Go(to) = game.nodes[at].exit {
            let Some(next) = game.nodes.get(to) else { break };
            let here = &game.nodes[at];
            let same_place = next.scene.is_none()
                || next.scene == here.scene
                || (here.said.is_empty() && here.scene.is_none());
            // Effects come before lines: a line that tells a number must not tell a later one.
            let keeps_order = next.effects.is_empty() || !fills_in(&here.said);
            if to == at || to == game.start || ways[to] != 1 || !same_place || !keeps_order {
                break;
            }
            let next = std::mem::replace(&mut game.nodes[to], Node::new(""));
            let here = &mut game.nodes[at];
            here.scene = next.scene.or(here.scene.take());
            here.effects.extend(next.effects);
            here.said.extend(next.said);
            here.exit = next.exit;
        }
    }
}

/// The facts that an effect changes, whatever chance brings.
fn changes(effect: &Effect) -> Vec<&str> {
    match effect {
        Effect::Set(fact, _) | Effect::Add(fact, _) => vec![fact],
        Effect::Choose(_, ways) => ways.iter().flatten().flat_map(changes).collect(),
        _ => Vec::new(),
    }
}

/// What a list of effects comes to: of several that set the same fact, the last counts.
pub(super) fn settled(effects: Vec<Effect>) -> Vec<Effect> {
    let mut out: Vec<Effect> = Vec::new();
    for effect in effects {
        match &effect {
            Effect::Set(fact, _) => out.retain(
                |e| !matches!(e, Effect::Set(other, _) | Effect::Add(other, _) if other == fact),
            ),
            Effect::Choose(..) => {
                let set: Vec<String> = changes(&effect).into_iter().map(str::to_owned).collect();
                out.retain(|e| !matches!(e, Effect::Set(other, _) if set.contains(other)));
            }
            Effect::Add(fact, by) => {
                let last = out.iter_mut().rev().find(|e| changes(e).contains(&fact.as_str()));
                if let Some(Effect::Set(_, Value::Number(n)) | Effect::Add(_, n)) = last {
                    *n = n.saturating_add(*by);
                    continue;
                }
            }
            _ => {}
        }
        out.push(effect);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Words;

    fn line(text: &str) -> Said {
        Said::Line { who: None, emotion: Default::default(), text: Words::new("en", text) }
    }
    fn node(label: &str, said: &[&str], exit: Exit) -> Node {
        Node { said: said.iter().map(|text| line(text)).collect(), exit, ..Node::new(label) }
    }

    #[test]
    fn what_follows_alone_is_joined_and_what_is_called_is_apart() {
        let nodes = vec![
            node("start", &["a"], Exit::Go(1)),
            node("start", &[], Exit::Go(2)),
            node("start", &["b"], Exit::Call(3, 4)),
            node("part", &["c"], Exit::Return),
            node("start", &["d"], Exit::Go(3)),
            node("nowhere", &["e"], Exit::End),
        ];
        let game = tidy(Game { nodes, ..Game::default() });
        let told: Vec<(usize, &Exit)> = game.nodes.iter().map(|n| (n.lines(), &n.exit)).collect();
        // The part that is called returns; gone to, it is the end, and joined.
        assert_eq!(told, [(2, &Exit::Call(1, 2)), (1, &Exit::Return), (2, &Exit::End)]);
    }

    #[test]
    fn the_last_of_several_settings_counts() {
        let set = |n| Effect::Set("x".into(), Value::Number(n));
        let add = |n| Effect::Add("x".into(), n);
        assert_eq!(settled(vec![set(1), add(2), add(3)]), [set(6)]);
        assert_eq!(settled(vec![add(2), set(1)]), [set(1)]);
        assert_eq!(settled(vec![add(2), add(-5)]), [add(-3)]);
    }
}
