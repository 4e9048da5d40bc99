//! A* (Hart, Nilsson & Raphael 1968) with a closed set and bounds; ties go to what was found first.

use super::{Bounds, Domain, NoPlan};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// A state that was come to.
struct Reached<W> {
    world: W,
    cost: u32,
    steps: usize,
    /// From where, and by which step; the first by none.
    by: Option<(usize, usize)>,
    is_closed: bool,
}

pub(super) fn cheapest<D: Domain>(
    domain: &D,
    from: &D::World,
    done: &impl Fn(&D::World) -> bool,
    bounds: Bounds,
) -> Result<Vec<usize>, NoPlan> {
    let count = domain.steps().len();
    let mut reached: Vec<Reached<D::World>> = Vec::new();
    let mut best: BTreeMap<D::Key, usize> = BTreeMap::new();
    // By what the whole way will cost at the least, then by the order in which states were found.
    let mut open = BinaryHeap::new();
    best.insert(domain.key(from), 0);
    reached.push(Reached { world: from.clone(), cost: 0, steps: 0, by: None, is_closed: false });
    open.push(Reverse((domain.at_least(from), 0)));
    let mut cut = false;
    while let Some(Reverse((_, at))) = open.pop() {
        if std::mem::replace(&mut reached[at].is_closed, true) {
            continue;
        }
        if done(&reached[at].world) {
            return Ok(way(&reached, at));
        }
        if reached[at].steps >= bounds.steps {
            cut = true;
            continue;
        }
        for step in 0..count {
            let Some(world) = domain.after(&reached[at].world, step) else { continue };
            let key = domain.key(&world);
            let cost = reached[at].cost.saturating_add(domain.cost(step).max(1));
            match best.get(&key) {
                Some(known) if reached[*known].cost <= cost => continue,
                _ => {}
            }
            if reached.len() >= bounds.states {
                cut = true;
                continue;
            }
            let number = reached.len();
            let total = cost.saturating_add(domain.at_least(&world));
            // The dearer way to the same state is not gone on from any more.
            if let Some(dearer) = best.insert(key, number) {
                reached[dearer].is_closed = true;
            }
            let steps = reached[at].steps + 1;
            reached.push(Reached { world, cost, steps, by: Some((at, step)), is_closed: false });
            open.push(Reverse((total, number)));
        }
    }
    Err(if cut { NoPlan::Bounded(bounds) } else { NoPlan::Unreachable })
}

fn way<W>(reached: &[Reached<W>], mut at: usize) -> Vec<usize> {
    let mut steps = Vec::new();
    while let Some((from, step)) = reached[at].by {
        steps.push(step);
        at = from;
    }
    steps.reverse();
    steps
}
