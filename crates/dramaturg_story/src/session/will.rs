//! What characters do of their own will.

use super::Turn;
use super::request::actor;
use crate::condition::Condition;
use crate::cue::Cue;
use crate::fact::{Effect, changed};
use crate::pack::Pack;
use crate::{Event, Facts, State};
use dramaturg_mind::action::Operator;
use dramaturg_mind::emotion::Stance;
use dramaturg_mind::{Action, ActionKind, Bounds, Domain, Goal, Plan, plan};
use std::collections::BTreeSet;

/// What one character can do, over the state of the play.
struct Will<'w> {
    pack: &'w Pack,
    npc: &'w str,
    actions: &'w [Action<Condition, Effect>],
    /// What it can do in the game's world, after the actions.
    operators: Vec<Operator>,
    /// What it is not in the mood for.
    unwilling: &'w [Stance],
}

/// A step that failed is not tried again for so many turns.
const BARRED: u32 = 5;

impl Will<'_> {
    fn operator(&self, step: usize) -> Option<&Operator> {
        self.operators.get(step.checked_sub(self.actions.len())?)
    }
}

impl Domain for Will<'_> {
    type World = State;
    /// Actions change nothing else.
    type Key = (Facts, BTreeSet<String>);
    fn key(&self, world: &State) -> Self::Key {
        (world.facts.clone(), world.present.clone())
    }
    fn steps(&self) -> Vec<&str> {
        let operators = self.operators.iter().map(|operator| operator.id.as_str());
        self.actions.iter().map(|action| action.id.as_str()).chain(operators).collect()
    }
    fn cost(&self, step: usize) -> u32 {
        let operator = self.operator(step).map_or(1, |operator| operator.cost);
        self.actions.get(step).map_or(operator, |action| action.cost)
    }
    fn after(&self, world: &State, step: usize) -> Option<State> {
        if let Some(operator) = self.operator(step) {
            if !operator.requires.iter().all(|wanted| wanted.holds(|fact| world.value(fact))) {
                return None;
            }
            let mut after = world.clone();
            for change in &operator.changes {
                let value = super::call::changed(self.pack, &after, change)?;
                after.facts.insert(change.fact.clone(), value);
            }
            return Some(after);
        }
        let action = self.actions.get(step)?;
        let unwilling = |stance: Stance| self.unwilling.contains(&stance);
        if action.stance.is_some_and(unwilling)
            || !world.holds(&action.when)
            || !possible(world, self.npc, action.kind)
        {
            return None;
        }
        let mut after = world.clone();
        let (npc, id) = (self.npc.to_owned(), action.id.clone());
        after.apply(&Event::Acted { npc, action: id, kind: action.kind });
        for effect in &action.effects {
            for (fact, value) in changed(effect, &self.pack.facts, &after.facts) {
                after.facts.insert(fact, value);
            }
        }
        Some(after)
    }
}

impl Turn<'_> {
    /// A character follows its own goal: one validated step of its plan. Whether one did.
    pub(super) fn act(&mut self) -> bool {
        let pack = self.pack.clone();
        for (npc, character) in &pack.cast {
            let actions = character.actions();
            let promised = self.to_keep(npc).into_iter().filter_map(|id| {
                let desire = pack.promises.get(&id)?.kept_when.clone();
                let id = format!("promise {id}");
                Some(Goal { id, when: Condition::always(), desire, priority: i16::MAX })
            });
            let goals: Vec<_> = promised.chain(character.goals().iter().cloned()).collect();
            let unwilling = self.unwilling(npc, character, &goals);
            // Another way is taken where a step fails; each failure bars one, so this ends.
            while let Some((will, goal, steps)) =
                self.chosen(&pack, npc, actions, &goals, &unwilling)
            {
                let ids = will.steps();
                let names = steps.iter().filter_map(|step| Some((*ids.get(*step)?).to_owned()));
                self.plans.insert(npc.clone(), Plan { goal, steps: names.collect() });
                let operator = steps.first().and_then(|step| will.operator(*step)).cloned();
                let Some(operator) = operator else { break };
                if self.do_operator(npc, &operator) {
                    return true;
                }
                self.plans.remove(npc);
            }
            let first = self.plans.get(npc).and_then(|plan| plan.steps.first());
            let action = first.and_then(|id| actions.iter().find(|action| action.id == *id));
            if let Some(action) =
                action.filter(|a| possible(self.state, npc, a.kind) && self.state.holds(&a.when))
            {
                self.carry_out(npc, action);
                self.enter_asked(false);
                return true;
            }
        }
        false
    }

    /// The most urgent goal that can be reached, and the way there.
    fn chosen<'w>(
        &self,
        pack: &'w Pack,
        npc: &'w str,
        actions: &'w [Action<Condition, Effect>],
        goals: &[Goal<Condition>],
        unwilling: &'w [Stance],
    ) -> Option<(Will<'w>, String, Vec<usize>)> {
        let wanted = goals
            .iter()
            .filter(|goal| self.state.holds(&goal.when) && !self.state.holds(&goal.desire));
        let mut wanted: Vec<_> = wanted.collect();
        wanted.sort_by_key(|goal| -i32::from(goal.priority));
        if wanted.is_empty() {
            return None;
        }
        let will = Will { pack, npc, actions, operators: self.operators(npc), unwilling };
        let world = self.state.without_past();
        let (goal, steps) = wanted.into_iter().find_map(|goal| {
            let there = |world: &State| world.holds(&goal.desire);
            let steps = plan(&will, &world, there, Bounds::default()).ok()?;
            Some((goal.id.clone(), steps))
        })?;
        Some((will, goal, steps))
    }

    /// What a character may do in the game's world now, without what failed a moment ago or was done often enough.
    fn operators(&self, npc: &str) -> Vec<Operator> {
        let state = &*self.state;
        let all = state.repertoire.operators(&actor(&self.pack, state, npc));
        let open = |operator: &&Operator| {
            let failed = state.failed.get(&format!("{npc}/{}", operator.id));
            let times = state.done.get(&format!("{npc}/{}", operator.action));
            let times = times.map(Vec::as_slice).unwrap_or_default();
            failed.is_none_or(|turn| state.turn >= turn.saturating_add(BARRED))
                && state
                    .repertoire
                    .get(&operator.action)
                    .is_some_and(|action| action.within_limit(times, state.minute()).is_ok())
        };
        all.iter().filter(open).cloned().collect()
    }

    pub(super) fn carry_out(&mut self, npc: &str, action: &Action<Condition, Effect>) {
        self.acted(npc, &action.id, action.kind);
        self.effects(&action.effects);
        self.perform_by(&format!("action {}", action.id), npc);
    }

    pub(super) fn acted(&mut self, npc: &str, action: &str, kind: ActionKind) {
        self.push(Event::Acted { npc: npc.into(), action: action.into(), kind });
        (self.cues)(Cue::Acted { npc: npc.into(), action: action.into(), kind });
    }
}

/// Whether the stage allows it: nobody comes twice, nobody speaks from outside.
fn possible(state: &State, npc: &str, kind: ActionKind) -> bool {
    state.present.contains(npc) != (kind == ActionKind::Enter)
}
