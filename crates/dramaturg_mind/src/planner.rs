//! A will of its own: goals, actions with conditions and effects, and the cheapest plan that joins them.
//!
//! Goal-oriented action planning (Orkin 2006, "Three States and a Plan"): A* over what actions change, deterministic,
//! within [`Bounds`]. The world is whatever a [`Domain`] says it is, so a plan is found by the same code that will carry it
//! out. No state of the world
//! is gone to twice, so that no plan goes in a circle.

mod review;
mod search;

pub use review::{Reviewed, review};

use crate::emotion::Stance;
use serde::{Deserialize, Serialize};

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
    /// What it takes, 1 at the least: of several plans the cheapest is followed.
    #[serde(default = "one")]
    pub cost: u32,
    /// What kind of thing it is to do: whoever is not in the mood for it leaves it.
    #[serde(default)]
    pub stance: Option<Stance>,
}

fn one() -> u32 {
    1
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

/// What can be done in some world.
pub trait Domain {
    /// A state of it.
    type World: Clone;
    /// What tells two states apart.
    type Key: Ord;
    /// Of that state.
    fn key(&self, world: &Self::World) -> Self::Key;
    /// Ids of all that can be done, in their order: of equally cheap plans, the one whose steps come first is taken.
    fn steps(&self) -> Vec<&str>;
    /// What a step takes.
    fn cost(&self, step: usize) -> u32;
    /// The world after a step; none where it can't be done.
    fn after(&self, world: &Self::World, step: usize) -> Option<Self::World>;
    /// What a plan from there surely costs at least; 0 where nobody knows.
    fn at_least(&self, _world: &Self::World) -> u32 {
        0
    }
}

/// How far a planner looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The longest plan, in steps.
    pub steps: usize,
    /// The most states of the world that are looked at.
    pub states: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { steps: 12, states: 2_000 }
    }
}

/// Why there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlan {
    /// All was looked at.
    #[error("nothing that can be done leads there")]
    Unreachable,
    /// Not all was looked at.
    #[error("no way there was found within {states} states and {steps} steps", states = .0.states, steps = .0.steps)]
    Bounded(Bounds),
}

/// The cheapest way from `world` to where it is `done`: the steps, by their numbers.
///
/// # Errors
/// [`NoPlan`].
pub fn plan<D: Domain>(
    domain: &D,
    world: &D::World,
    done: impl Fn(&D::World) -> bool,
    bounds: Bounds,
) -> Result<Vec<usize>, NoPlan> {
    search::cheapest(domain, world, &done, bounds)
}

#[cfg(test)]
mod tests;
