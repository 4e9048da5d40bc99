//! A will of its own: goals, actions with conditions and effects, and the shortest plan that joins them.
//!
//! The world is whatever the caller says it is: the planner only asks whether conditions hold and what an action
//! changes, so a plan is validated by the same code that will carry it out. Search is breadth first to a depth of four.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What an action does on the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionKind {
    /// The character comes in.
    Enter,
    /// The character goes.
    Leave,
    /// The character brings something up.
    BringUp,
}

/// Something that a character can do. `C` is a condition, `E` an effect, both the caller's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action<C, E> {
    /// Its name within the character.
    pub id: String,
    /// What it does on the stage.
    pub kind: ActionKind,
    /// When it can be done.
    pub when: C,
    /// What it changes.
    #[serde(default = "Vec::new")]
    pub effects: Vec<E>,
}

/// Something that a character wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal<C> {
    /// Its name within the character.
    pub id: String,
    /// When the character begins to want it.
    pub when: C,
    /// What is true when it has it.
    pub desire: C,
    /// The higher goes first.
    #[serde(default)]
    pub priority: i16,
}

/// What a character is about to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The goal that it serves.
    pub goal: String,
    /// Ids of the actions, first one first.
    pub steps: Vec<String>,
}

/// A character's goals and what it can do about them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planner<C, E> {
    /// What it can do.
    pub actions: Vec<Action<C, E>>,
    /// What it may want.
    pub goals: Vec<Goal<C>>,
}

impl<C, E> Planner<C, E> {
    const DEPTH: usize = 4;

    /// The shortest plan for the most urgent goal that can be reached from `world`; none when nothing is wanted.
    pub fn plan<W: Clone + PartialEq>(
        &self,
        world: &W,
        holds: impl Fn(&W, &C) -> bool,
        after: impl Fn(&W, &Action<C, E>) -> W,
    ) -> Option<Plan> {
        let mut wanted: Vec<_> = self
            .goals
            .iter()
            .filter(|goal| holds(world, &goal.when) && !holds(world, &goal.desire))
            .collect();
        wanted.sort_by_key(|goal| -i32::from(goal.priority));
        wanted.into_iter().find_map(|goal| {
            let mut queue = VecDeque::from([(world.clone(), Vec::new())]);
            while let Some((world, steps)) = queue.pop_front() {
                if holds(&world, &goal.desire) {
                    return Some(Plan { goal: goal.id.clone(), steps });
                }
                if steps.len() == Self::DEPTH {
                    continue;
                }
                for action in self.actions.iter().filter(|action| holds(&world, &action.when)) {
                    let next = after(&world, action);
                    if next != world {
                        let mut steps = steps.clone();
                        steps.push(action.id.clone());
                        queue.push_back((next, steps));
                    }
                }
            }
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_in_before_it_speaks() {
        let action = |id: &str, kind, when, effect| Action {
            id: id.into(),
            kind,
            when,
            effects: vec![effect],
        };
        let planner = Planner {
            actions: vec![
                action("warn", ActionKind::BringUp, 1, 2),
                action("walk_in", ActionKind::Enter, 0, 1),
            ],
            goals: vec![Goal { id: "warn".into(), when: 0, desire: 2, priority: 0 }],
        };
        let plan = planner.plan(&0, |world, least| world >= least, |_, action| action.effects[0]);
        assert_eq!(plan.map(|p| p.steps), Some(vec!["walk_in".to_owned(), "warn".to_owned()]));
        assert_eq!(planner.plan(&2, |w, c| w >= c, |_, a| a.effects[0]), None);
    }
}
