//! Actions as a planner takes them: with all their arguments, over facts.

use super::{ActionDefinition, Change, Facts, Requirement};
use crate::planner::{Bounds, Domain, NoPlan, Reviewed, plan, review};
use serde_json::{Map, Value as Json};

/// The most ways of doing one action that a planner tries.
const WAYS: usize = 64;

/// An action with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Operator {
    /// As plans name it: the action and its arguments, `give_item {"item":"key"}`.
    pub id: String,
    /// The action.
    pub action: String,
    /// What it is called with.
    pub arguments: Json,
    /// What must be so.
    pub requires: Vec<Requirement>,
    /// What it changes.
    pub changes: Vec<Change>,
    /// What a plan pays for it.
    pub cost: u32,
}

impl Operator {
    /// How plans name an action with these arguments.
    pub fn id_of(action: &str, arguments: &Json) -> String {
        match arguments {
            Json::Object(fields) if !fields.is_empty() => format!("{action} {arguments}"),
            _ => action.to_owned(),
        }
    }
}

/// What one character can do to the world of facts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operators(Vec<Operator>);

impl FromIterator<Operator> for Operators {
    fn from_iter<I: IntoIterator<Item = Operator>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl Operators {
    pub(super) fn of<'d>(actions: impl Iterator<Item = &'d ActionDefinition>) -> Self {
        let mut all = Vec::new();
        for action in actions.filter(|action| !action.effects.is_empty()) {
            for arguments in ways(&action.parameters) {
                let ground = (action.requirements(&arguments), action.changes(&arguments));
                let (Ok(requires), Ok(changes)) = ground else { continue };
                all.push(Operator {
                    id: Operator::id_of(&action.name, &arguments),
                    action: action.name.clone(),
                    arguments,
                    requires,
                    changes,
                    cost: action.cost,
                });
            }
        }
        Self(all)
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Operator> {
        self.0.iter()
    }
    /// Without those that are barred, because they failed a moment ago for instance.
    #[must_use]
    pub fn without(mut self, barred: impl Fn(&Operator) -> bool) -> Self {
        self.0.retain(|operator| !barred(operator));
        self
    }
    /// The cheapest plan from these facts to where all of `goal` holds: ids of operators.
    ///
    /// # Errors
    /// [`NoPlan`].
    pub fn plan(&self, facts: &Facts, goal: &[Requirement]) -> Result<Vec<String>, NoPlan> {
        let world = Towards { operators: self, goal };
        let steps = plan(&world, facts, |facts| reached(facts, goal), Bounds::default())?;
        Ok(steps.iter().filter_map(|step| Some(self.0.get(*step)?.id.clone())).collect())
    }
    /// What becomes of steps that somebody proposes for `goal`.
    pub fn review(&self, facts: &Facts, goal: &[Requirement], proposed: &[String]) -> Reviewed {
        let world = Towards { operators: self, goal };
        review(&world, facts, |facts| reached(facts, goal), proposed, Bounds::default())
    }
}

fn reached(facts: &Facts, goal: &[Requirement]) -> bool {
    goal.iter().all(|wanted| wanted.holds(|fact| facts.get(fact).cloned()))
}

/// The way to one goal.
struct Towards<'a> {
    operators: &'a Operators,
    goal: &'a [Requirement],
}

impl Domain for Towards<'_> {
    type World = Facts;
    type Key = Facts;
    fn key(&self, facts: &Facts) -> Facts {
        facts.clone()
    }
    fn steps(&self) -> Vec<&str> {
        self.operators.0.iter().map(|operator| operator.id.as_str()).collect()
    }
    fn cost(&self, step: usize) -> u32 {
        self.operators.0.get(step).map_or(1, |operator| operator.cost)
    }
    fn after(&self, facts: &Facts, step: usize) -> Option<Facts> {
        let operator = self.operators.0.get(step)?;
        if !reached(facts, &operator.requires) {
            return None;
        }
        let mut after = facts.clone();
        operator.changes.iter().for_each(|change| change.apply(&mut after));
        Some(after)
    }
    /// Each wanted thing that is not so takes at least the cheapest step that touches its fact.
    fn at_least(&self, facts: &Facts) -> u32 {
        let open = self.goal.iter().filter(|wanted| !wanted.holds(|fact| facts.get(fact).cloned()));
        let cheapest = open.map(|wanted| {
            let touching = self.operators.0.iter().filter(|operator| {
                operator.changes.iter().any(|change| change.fact == wanted.fact)
            });
            touching.map(|operator| operator.cost.max(1)).min().unwrap_or(u32::MAX / 4)
        });
        cheapest.max().unwrap_or_default()
    }
}

/// All arguments of closed sets; none where a field that must be given is open.
fn ways(schema: &Json) -> Vec<Json> {
    let none = Map::new();
    let fields = schema.get("properties").and_then(Json::as_object).unwrap_or(&none);
    let required = schema.get("required").and_then(Json::as_array);
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|r| r == name));
    let mut ways = vec![Map::new()];
    for (name, field) in fields.iter().filter(|(name, _)| is_required(name)) {
        let values = closed_set(field);
        let mut next = Vec::new();
        for way in &ways {
            for value in &values {
                let mut way: Map<String, Json> = way.clone();
                way.insert(name.clone(), value.clone());
                next.push(way);
            }
        }
        next.truncate(WAYS);
        ways = next;
    }
    ways.into_iter().map(Json::Object).collect()
}

/// The values that a field may have, if they can be counted.
fn closed_set(field: &Json) -> Vec<Json> {
    if let Some(values) = field.get("enum").and_then(Json::as_array) {
        return values.clone();
    }
    if let Some(value) = field.get("const") {
        return vec![value.clone()];
    }
    if field.get("type").is_some_and(|kind| kind == "boolean") {
        return vec![Json::Bool(false), Json::Bool(true)];
    }
    // An enum whose variants are documented is written as alternatives.
    let alternatives = field.get("oneOf").or(field.get("anyOf")).and_then(Json::as_array);
    alternatives.into_iter().flatten().flat_map(closed_set).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;
    use crate::action::{Comparison, Manner, Term};
    use serde_json::json;

    fn action(
        name: &str,
        requires: &[(&str, i32)],
        effects: &[(&str, i32)],
        cost: u32,
    ) -> ActionDefinition {
        let number = |n: &i32| Term::Value(Value::Number(*n));
        ActionDefinition {
            name: name.into(),
            description: String::new(),
            parameters: json!({"type": "object", "properties": {}}),
            requires: requires
                .iter()
                .map(|(fact, n)| Requirement {
                    fact: (*fact).into(),
                    is: Comparison::AtLeast,
                    value: number(n),
                })
                .collect(),
            effects: effects
                .iter()
                .map(|(fact, n)| Change {
                    fact: (*fact).into(),
                    how: Manner::Add,
                    value: number(n),
                })
                .collect(),
            cost,
            roles: vec![],
            scenes: vec![],
            limit: None,
        }
    }

    fn bakery() -> Operators {
        let actions = [
            action("bake", &[("flour", 1), ("fire", 1)], &[("bread", 1), ("flour", -1)], 2),
            action("buy_flour", &[("gold", 2)], &[("flour", 1), ("gold", -2)], 1),
            action("fetch_wood", &[], &[("wood", 1)], 1),
            action("light", &[("wood", 1)], &[("fire", 1), ("wood", -1)], 1),
            action("buy_bread", &[("gold", 5)], &[("bread", 1), ("gold", -5)], 9),
        ];
        Operators::of(actions.iter())
    }

    #[test]
    fn the_cheapest_way_is_taken_and_another_where_it_is_barred() {
        let facts = Facts::from([("gold".into(), Value::Number(5))]);
        let goal = [Requirement {
            fact: "bread".into(),
            is: Comparison::AtLeast,
            value: Value::Number(1),
        }];
        let steps = bakery().plan(&facts, &goal).unwrap();
        assert_eq!(steps.len(), 4, "{steps:?}");
        assert_eq!(steps.last().unwrap(), "bake");
        let barred = bakery().without(|operator| operator.action == "light");
        assert_eq!(barred.plan(&facts, &goal), Ok(vec!["buy_bread".to_owned()]));
        let broke = barred.plan(&Facts::new(), &goal);
        assert!(broke.is_err(), "{broke:?}");
    }

    #[test]
    fn arguments_of_closed_sets_are_tried_and_open_ones_are_for_the_model() {
        let schema = json!({"properties": {
            "item": {"enum": ["key", "lamp"]}, "gladly": {"type": "boolean"}, "note": {"type": "string"},
            "to": {"oneOf": [{"const": "guest"}, {"const": "tobin"}]},
        }, "required": ["item", "gladly", "to"]});
        assert_eq!(ways(&schema).len(), 8);
        let open = json!({"properties": {"note": {"type": "string"}}, "required": ["note"]});
        assert!(ways(&open).is_empty());
        let many = json!({"properties": {"a": {"enum": (0..50).collect::<Vec<_>>()}, "b": {"enum": (0..50).collect::<Vec<_>>()}}, "required": ["a", "b"]});
        assert_eq!(ways(&many).len(), WAYS);
    }
}
