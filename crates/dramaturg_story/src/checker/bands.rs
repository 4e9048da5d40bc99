//! How far numbers count: conditions compare them with a few, and beyond those one is as good as another.

use super::outlook::Trait;
use crate::condition::Condition;
use crate::fact::CLOCK;
use crate::{Pack, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The numbers beyond which nothing changes any more.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    pub(super) floor: Option<i32>,
    pub(super) cap: Option<i32>,
}

/// The numbers that conditions can tell apart, and the names that they read.
pub(super) fn bounds(
    pack: &Pack,
    traits: &[Trait],
    steps: &BTreeMap<String, (bool, bool)>,
    latest: Option<i32>,
) -> (Vec<Bounds>, BTreeSet<String>) {
    let mut compared: BTreeMap<String, Option<(i32, i32)>> = BTreeMap::new();
    let mut note = |condition: &Condition| {
        for (name, value) in condition.comparisons() {
            let entry = compared.entry(name.to_owned()).or_insert(Some((i32::MAX, i32::MIN)));
            match (value, &mut *entry) {
                (Some(Value::Number(n)), Some((low, high))) => {
                    *low = n.min(*low);
                    *high = n.max(*high);
                }
                (Some(_), _) => {}
                // What is compared with another name is told apart at every number.
                (None, _) => *entry = None,
            }
        }
    };
    for beat in &pack.beats {
        note(&beat.when);
        for a_move in &beat.moves {
            note(&a_move.requires);
            a_move.only_when.iter().for_each(&mut note);
        }
    }
    pack.endings.iter().filter_map(|ending| ending.when.as_ref()).for_each(&mut note);
    for character in pack.cast.values() {
        character.actions().iter().for_each(|action| note(&action.when));
        for goal in character.goals() {
            note(&goal.when);
            note(&goal.desire);
        }
    }
    for secret in pack.secrets.values() {
        note(&secret.unlocked_when);
        secret.knows.values().for_each(&mut note);
    }
    for written in pack.conditions() {
        let derived = written.owner.starts_with("derived ") || written.owner.starts_with("quest.");
        if !derived {
            note(&written.condition);
        }
    }
    let of = |t: &Trait| {
        let Trait::Named(name) = t else { return Bounds::default() };
        let of_timers = latest.filter(|_| name == CLOCK && !compared.contains_key(name));
        if let Some(latest) = of_timers {
            return Bounds { floor: None, cap: Some(latest) };
        }
        let Some(Some((low, high))) = compared.get(name) else {
            // A storylet that comes once is asked for only whether it came.
            let cap = (name.starts_with("seen.") && !compared.contains_key(name)).then_some(1);
            return Bounds { floor: None, cap };
        };
        if low > high {
            return Bounds::default();
        }
        let high = match latest.filter(|_| name == CLOCK) {
            // What the clock is set to counts for timers of minutes, up to the latest time that is set.
            Some(latest) => latest.max(*high),
            None => *high,
        };
        let counts = name == "turn" || name.starts_with("seen.") || name.starts_with("made.");
        let (up, down) =
            if counts { (true, false) } else { steps.get(name).copied().unwrap_or_default() };
        Bounds {
            floor: (!up).then(|| low.saturating_sub(1)),
            cap: (!down).then(|| high.saturating_add(1)),
        }
    };
    let bounds = traits.iter().map(of).collect();
    (bounds, compared.into_keys().collect())
}
