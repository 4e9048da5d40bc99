//! What characters do in the game's world: calls of a model or steps of a plan, checked, carried out by the game, journaled.

use super::Turn;
use super::request::actor;
use crate::{Event, FactKind, Pack, State, Value};
use dramaturg_llm::{ToolCall, ToolError};
use dramaturg_mind::action::{Chain, Change, Next, Operator, Outcome, Repertoire, Rules, Step};

/// Carries out what a character does: the character's id and the call. An error is a sentence for the model.
pub type Performer = Box<dyn FnMut(&str, &ToolCall) -> Result<serde_json::Value, String> + Send>;

impl Turn<'_> {
    /// What characters can do has changed.
    pub(super) fn equip(&mut self, repertoire: Option<Repertoire>) {
        repertoire.into_iter().for_each(|repertoire| self.push(Event::Equipped(repertoire)));
    }

    /// Runs the calls of one answer in their order. Only what was `offered` in the request counts.
    pub(super) fn run_calls(
        &mut self,
        npc: &str,
        calls: Vec<Result<ToolCall, ToolError>>,
        offered: &[String],
    ) -> Chain {
        let (pack, repertoire) = (self.pack.clone(), self.state.repertoire.clone());
        let mut chain = Chain::new(calls);
        let mut told = 0;
        loop {
            let scene = self.state.scene.clone();
            let actor =
                dramaturg_mind::action::Actor { scene: &scene, ..actor(&pack, self.state, npc) };
            let rules = Rules { repertoire: &repertoire, offered, actor };
            let next = chain.next(&rules, |call| allowed(self.state, npc, call));
            if let Next::Run(call) = &next {
                let none = || Err("nobody is there to carry it out".to_owned());
                let result =
                    self.performer.as_mut().map_or_else(none, |perform| perform(npc, call));
                chain.done(result);
            }
            for step in &chain.steps()[told..] {
                self.take_note(npc, step);
            }
            told = chain.steps().len();
            if next == Next::Over {
                return chain;
            }
        }
    }

    /// Journals a step, and what it changed.
    fn take_note(&mut self, npc: &str, step: &Step) {
        self.push(Event::Called { npc: npc.to_owned(), step: step.clone() });
        if !matches!(step.outcome, Outcome::Done(_)) {
            return;
        }
        let pack = self.pack.clone();
        let action = self.state.repertoire.get(&step.call.name);
        let changes = action.and_then(|action| action.changes(&step.call.arguments).ok());
        for change in changes.unwrap_or_default() {
            if let Some(value) = changed(&pack, self.state, &change) {
                self.push(Event::FactSet(change.fact, value));
            }
        }
    }

    /// One step of a plan is done by the game.
    pub(super) fn do_operator(&mut self, npc: &str, operator: &Operator) -> bool {
        let (name, arguments) = (operator.action.clone(), operator.arguments.clone());
        let call = ToolCall { id: "plan".into(), name: name.clone(), arguments };
        let chain = self.run_calls(npc, vec![Ok(call)], &[name]);
        chain.failure().is_none()
    }
}

/// What a fact is after a change; none where the pack has it and it can't be that.
pub(super) fn changed(pack: &Pack, state: &State, change: &Change) -> Option<Value> {
    let after = change.of(state.facts.get(&change.fact));
    match (pack.facts.get(&change.fact), after) {
        (Some(FactKind::Number { min, max, .. }), Value::Number(n)) => {
            Some(Value::Number(n.min(*max).max(*min)))
        }
        (Some(kind), after) => kind.admits(&after).then_some(after),
        (None, after) => Some(after),
    }
}

/// Whether a call may be made now: what it requires is so, and it is not made too often.
pub(super) fn allowed(state: &State, npc: &str, call: &ToolCall) -> Result<(), String> {
    let Some(action) = state.repertoire.get(&call.name) else { return Ok(()) };
    for requirement in action.requirements(&call.arguments)? {
        if !requirement.holds(|fact| state.value(fact)) {
            return Err(format!("'{}' can't be done: it needs {requirement}", call.name));
        }
    }
    let times = state.done.get(&format!("{npc}/{}", call.name));
    action.within_limit(times.map(Vec::as_slice).unwrap_or_default(), state.minute())
}

/// What the model is told of its calls.
pub(super) fn report(chain: &Chain, chinese: bool) -> String {
    let each = chain.steps().iter().map(|step| match &step.outcome {
        Outcome::Done(result) if result.is_null() => format!("{}: done", step.call.name),
        Outcome::Done(result) => format!("{}: done, {result}", step.call.name),
        Outcome::Failed(why) | Outcome::Refused(why) => {
            format!("{}: not done, {why}", step.call.name)
        }
    });
    let mut each: Vec<String> = each.collect();
    if let Some((_, left @ 1..)) = chain.failure() {
        each.push(format!("{left} more: not tried"));
    }
    let each = each.join("; ");
    match chinese {
        true => format!("（你刚才做的事的结果：{each}。用一句话对客人说。）"),
        false => format!("(What came of what you did: {each}. Say one sentence to the guest.)"),
    }
}
