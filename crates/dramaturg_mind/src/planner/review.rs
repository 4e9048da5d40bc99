//! What somebody else proposes to do, a model for instance: taken as it is, mended, or refused with the reason.

use super::{Bounds, Domain, NoPlan, plan};
use serde::{Deserialize, Serialize};

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reviewed {
    /// It leads to the goal as it is.
    Accepted(Vec<String>),
    /// Some of it does, and the planner found the rest.
    Repaired {
        /// The whole plan.
        steps: Vec<String>,
        /// What was wrong with the proposal.
        why: String,
    },
    /// There is no way.
    Refused(String),
}

impl Reviewed {
    /// The plan, if there is one.
    pub fn steps(&self) -> Option<&[String]> {
        match self {
            Self::Accepted(steps) | Self::Repaired { steps, .. } => Some(steps),
            Self::Refused(_) => None,
        }
    }
}

/// Walks through `proposed`, and asks the planner where it does not lead to the goal. What comes after the goal is left
/// out. The first steps are kept as long as they can be done and the goal can be reached from there; a step that comes back
/// to a state of the world that was there before is a circle, and ends what is kept.
pub fn review<D: Domain>(
    domain: &D,
    world: &D::World,
    done: impl Fn(&D::World) -> bool,
    proposed: &[String],
    bounds: Bounds,
) -> Reviewed {
    let ids = domain.steps();
    let name = |steps: &[usize]| -> Vec<String> {
        steps.iter().filter_map(|step| Some((*ids.get(*step)?).to_owned())).collect()
    };
    let (mut kept, mut worlds) = (Vec::new(), vec![world.clone()]);
    let mut keys = vec![domain.key(world)];
    let mut why = String::from("it ends before the goal is reached");
    for wanted in proposed {
        let here = &worlds[worlds.len() - 1];
        if done(here) {
            break;
        }
        if kept.len() >= bounds.steps {
            why = format!("it is longer than {} steps", bounds.steps);
            break;
        }
        let Some(step) = ids.iter().position(|id| id == wanted) else {
            why = format!("nobody can do '{wanted}'");
            break;
        };
        let Some(next) = domain.after(here, step) else {
            why = format!("'{wanted}' can't be done then");
            break;
        };
        let key = domain.key(&next);
        if keys.contains(&key) {
            why = format!("'{wanted}' leads back to where it was before");
            break;
        }
        kept.push(step);
        worlds.push(next);
        keys.push(key);
    }
    if done(&worlds[worlds.len() - 1]) {
        return Reviewed::Accepted(name(&kept));
    }
    let mut last = NoPlan::Unreachable;
    while let Some(here) = worlds.pop() {
        match plan(domain, &here, &done, bounds) {
            Ok(rest) => {
                kept.extend(rest);
                return Reviewed::Repaired { steps: name(&kept), why };
            }
            Err(error) => last = error,
        }
        kept.pop();
    }
    Reviewed::Refused(format!("{why}, and {last}"))
}
