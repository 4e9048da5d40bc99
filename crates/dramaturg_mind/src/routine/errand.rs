//! What somebody does about a need, and how they come back from it.

use super::drift::FULL;
use super::life::Life;
use super::moment::{MINUTE, Moment, Spot};
use super::plan::{ActivityId, PlaceId};
use super::schedule::{Doing, Schedule, Stretch};
use crate::action::{Operator, Operators};
use crate::world::{Change, Manner, Value};
use serde_json::json;

/// Walks back after which somebody stays and waits for the day to come by.
const TRIES: usize = 8;

/// The cheapest errand for a need, with the way there and back: the planner's. None where nothing meets it.
pub(super) fn for_need(
    life: &Life,
    schedule: &Schedule,
    need: usize,
    from: Spot,
    begins: Moment,
) -> Option<Vec<Stretch>> {
    let plan = schedule.plan();
    let name = &plan.needs().get(need)?.name;
    let goal = life.goals(schedule, begins).into_iter().find(|goal| goal.id == *name)?;
    let meets = |way: &Way| plan.rate(Some(way.activity), need) > 0;
    let ways = Some(ways(schedule, need, from)).filter(|ways| ways.iter().any(meets))?;
    let operators = Operators::from_iter(ways.iter().map(|way| way.operator.clone()));
    let steps = operators.plan(&life.facts(schedule, begins), &goal.desire).ok()?;
    let (mut at, mut spot) = (begins, from);
    let mut stretches = Vec::new();
    for step in steps {
        let way = ways.iter().find(|way| way.operator.id == step)?;
        go(schedule, &mut stretches, &mut at, &mut spot, plan.spot(way.place));
        let ends = at.after(i64::from(plan.activity(way.activity)?.minutes) * MINUTE);
        stretches.push(stay(spot, at, ends, Doing::Active(way.activity)));
        at = ends;
    }
    stretches.extend(way_back(schedule, spot, at));
    Some(stretches)
}

/// Something to do somewhere.
struct Way {
    activity: ActivityId,
    place: PlaceId,
    operator: Operator,
}

/// All that can be done as an errand. It costs its minutes and those of the way there from where somebody is now.
fn ways(schedule: &Schedule, need: usize, from: Spot) -> Vec<Way> {
    let plan = schedule.plan();
    let mut all = Vec::new();
    for (id, activity) in (0..).map(ActivityId).zip(plan.activities()) {
        let rate = plan.rate(Some(id), need).max(0);
        let percent = rate * i64::from(activity.minutes) * 100 / FULL;
        let mut changes = activity.changes.clone();
        if let Some(need) = plan.needs().get(need).filter(|_| percent > 0) {
            let value = Value::Number(percent.min(100) as i32);
            changes.push(Change { fact: need.fact(), how: Manner::Add, value });
        }
        if changes.is_empty() {
            continue;
        }
        for place in activity.at.iter().filter_map(|name| plan.place_named(name)) {
            let walk = schedule.walk(from, plan.spot(place)) / MINUTE;
            let arguments = json!({ "place": plan.place(place).map(|place| &place.name) });
            all.push(Way {
                activity: id,
                place,
                operator: Operator {
                    id: Operator::id_of(&activity.name, &arguments),
                    action: activity.name.clone(),
                    arguments,
                    requires: activity.requires.clone(),
                    changes: changes.clone(),
                    cost: activity.minutes.saturating_add(u32::try_from(walk).unwrap_or(u32::MAX)),
                },
            });
        }
    }
    all
}

fn stay(spot: Spot, begins: Moment, ends: Moment, doing: Doing) -> Stretch {
    Stretch { begins, ends, from: spot, to: spot, doing }
}

fn go(schedule: &Schedule, way: &mut Vec<Stretch>, at: &mut Moment, spot: &mut Spot, to: Spot) {
    let ends = at.after(schedule.walk(*spot, to));
    if *at < ends {
        way.push(Stretch { begins: *at, ends, from: *spot, to, doing: Doing::Walking });
    }
    (*at, *spot) = (ends, to);
}

/// From a spot to where the schedule has somebody by the time they are there.
pub(super) fn way_back(schedule: &Schedule, spot: Spot, begins: Moment) -> Vec<Stretch> {
    let mut way = Vec::new();
    let (mut at, mut spot) = (begins, spot);
    for _ in 0..TRIES {
        let leg = schedule.stretch(at);
        if leg.to != spot {
            go(schedule, &mut way, &mut at, &mut spot, leg.to);
        } else if leg.doing == Doing::Walking && leg.ends > at {
            way.push(stay(spot, at, leg.ends, Doing::Waiting));
            at = leg.ends;
        } else {
            return way;
        }
    }
    // Stays that are shorter than the ways between them are run after in vain: the day comes by here again.
    let mut comes = at;
    for _ in 0..=schedule.ways().count() {
        let leg = schedule.stretch(comes);
        if leg.to == spot && leg.doing != Doing::Walking {
            break;
        }
        comes = leg.ends;
    }
    if at < comes {
        way.push(stay(spot, at, comes, Doing::Waiting));
    }
    way
}
