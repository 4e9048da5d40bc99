//! What a character can do to the game's world: one definition is the model's tool and the planner's operator.
//!
//! ```
//! use dramaturg_mind::action::{NpcAction, Repertoire, Actor};
//! use dramaturg_mind::Facts;
//!
//! /// Gives the guest something.
//! #[derive(NpcAction, serde::Deserialize, schemars::JsonSchema)]
//! #[action(crate = dramaturg_mind, roles("keeper"), scenes("tavern"), limit(2, minutes = 60))]
//! #[action(requires("has.{item}" >= 1), effects("has.{item}" -= 1, "guest.{item}" += 1))]
//! struct GiveItem {
//!     item: Item,
//! }
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(rename_all = "snake_case")]
//! enum Item { Key, Lamp }
//!
//! let mut repertoire = Repertoire::default();
//! repertoire.add(GiveItem::definition());
//! let marta = Actor { id: "marta", roles: &["keeper".into()], scene: "tavern" };
//! assert_eq!(repertoire.tools(&marta)[0].name, "give_item");
//! assert_eq!(repertoire.operators(&marta).len(), 2);
//! assert!(repertoire.tools(&Actor { scene: "quay", ..marta }).is_empty());
//! ```

mod chain;
mod operators;

pub use crate::world::{Change, Comparison, Facts, Manner, Requirement, Term, Value};
pub use chain::{Chain, Next, Outcome, Rules, Step};
pub use dramaturg_derive::NpcAction;
pub use dramaturg_llm::schema_of;
pub use operators::{Operator, Operators};

use dramaturg_llm::Tool;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A Rust type that a character can do. Its fields are the parameters; derive it with what the planner and the rules need:
///
/// | `#[action(…)]` | is | without it |
/// |---|---|---|
/// | `requires("has.key" >= 1, !"angry", "door" == "open")` | when it can be done | always |
/// | `effects("has.key" -= 1, "door" = "open")` | what it changes | nothing, and no plan needs it |
/// | `cost = 2` | what a plan pays for it | 1 |
/// | `roles("keeper", "marta")` | who may: roles, or ids of characters | everybody |
/// | `scenes("tavern")` | where | everywhere |
/// | `limit(2, minutes = 60)` | how often at the most, in story time | no limit |
/// | `name = "give"` | what the model calls it | the type's name in snake case |
/// | `crate = dramaturg_mind` | who re-exports this module | `bevy_dramaturg` |
///
/// `"has.{item}"` names a fact by what the field `item` holds, and a field's name stands for its value: `"gold" -= amount`.
/// The planner tries all values of fields that are enums or `bool`; an action with another field that it needs is only for
/// the model.
pub trait NpcAction:
    serde::de::DeserializeOwned + schemars::JsonSchema + Send + Sync + 'static
{
    /// What it is.
    fn definition() -> ActionDefinition;
}

/// How often something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// So many times at the most…
    pub times: u32,
    /// …in so many minutes of story time.
    pub minutes: u32,
}

/// Something that a character can do, as data: it is kept in journals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActionDefinition {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON schema of its arguments, an object.
    pub parameters: serde_json::Value,
    /// What must be so.
    pub requires: Vec<Requirement<Term>>,
    /// What it changes.
    pub effects: Vec<Change<Term>>,
    /// What a plan pays for it, 1 at the least.
    pub cost: u32,
    /// Who may: roles or ids of characters; everybody where there are none.
    pub roles: Vec<String>,
    /// Where; everywhere if there are none.
    pub scenes: Vec<String>,
    /// How often.
    pub limit: Option<Limit>,
}

/// Who wants to do something, and where.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// A character's id.
    pub id: &'a str,
    /// Its roles.
    pub roles: &'a [String],
    /// The scene that it is in.
    pub scene: &'a str,
}

impl ActionDefinition {
    /// Whether that one may do it there.
    ///
    /// # Errors
    /// Why not.
    pub fn permits(&self, actor: &Actor) -> Result<(), String> {
        let is = |role: &String| role == actor.id || actor.roles.contains(role);
        if !self.roles.is_empty() && !self.roles.iter().any(is) {
            return Err(format!("{} may not do '{}'", actor.id, self.name));
        }
        if !self.scenes.is_empty() && !self.scenes.iter().any(|scene| scene == actor.scene) {
            return Err(format!("'{}' can't be done here", self.name));
        }
        Ok(())
    }

    /// Whether it may be done once more at `now`, after it was done at those `times`, all in minutes of story time.
    ///
    /// # Errors
    /// Why not.
    pub fn within_limit(&self, times: &[i32], now: i32) -> Result<(), String> {
        let Some(limit) = self.limit else { return Ok(()) };
        let since = now.saturating_sub(i32::try_from(limit.minutes).unwrap_or(i32::MAX));
        let done = times.iter().filter(|time| **time > since && **time <= now).count();
        if u32::try_from(done).is_ok_and(|done| done < limit.times) {
            return Ok(());
        }
        let Limit { times, minutes } = limit;
        Err(format!("'{}' may be done {times} times in {minutes} minutes", self.name))
    }

    /// What must be so for these arguments.
    ///
    /// # Errors
    /// Which field is missing.
    pub fn requirements(&self, arguments: &serde_json::Value) -> Result<Vec<Requirement>, String> {
        let each = self.requires.iter().map(|r| {
            let (fact, value) = (filled(&r.fact, arguments)?, term(&r.value, arguments)?);
            Ok(Requirement { fact, is: r.is, value })
        });
        each.collect()
    }

    /// What it changes with these arguments.
    ///
    /// # Errors
    /// Which field is missing.
    pub fn changes(&self, arguments: &serde_json::Value) -> Result<Vec<Change>, String> {
        let each = self.effects.iter().map(|c| {
            let (fact, value) = (filled(&c.fact, arguments)?, term(&c.value, arguments)?);
            Ok(Change { fact, how: c.how, value })
        });
        each.collect()
    }
}

/// A template with what the fields hold.
fn filled(template: &str, arguments: &serde_json::Value) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (field, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        match arguments.get(field) {
            Some(serde_json::Value::String(text)) => out.push_str(text),
            Some(value @ (serde_json::Value::Bool(_) | serde_json::Value::Number(_))) => {
                out.push_str(&value.to_string());
            }
            _ => return Err(format!("the field '{field}' names nothing")),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn term(term: &Term, arguments: &serde_json::Value) -> Result<Value, String> {
    let field = match term {
        Term::Value(Value::Enum(word)) => return Ok(Value::Enum(filled(word, arguments)?)),
        Term::Value(value) => return Ok(value.clone()),
        Term::Field(field) => field,
    };
    let whole = |number: &serde_json::Number| i32::try_from(number.as_i64()?).ok();
    match arguments.get(field) {
        Some(serde_json::Value::Bool(is)) => Ok(Value::Bool(*is)),
        Some(serde_json::Value::String(word)) => Ok(Value::Enum(word.clone())),
        Some(serde_json::Value::Number(number)) => {
            whole(number).map(Value::Number).ok_or_else(|| format!("'{field}' is too large"))
        }
        _ => Err(format!("the field '{field}' holds no value")),
    }
}

/// All actions that a game knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Repertoire(BTreeMap<String, ActionDefinition>);

impl Repertoire {
    /// Adds an action. One of the same name is replaced.
    pub fn add(&mut self, definition: ActionDefinition) {
        self.0.insert(definition.name.clone(), definition);
    }
    /// The action of that name.
    pub fn get(&self, name: &str) -> Option<&ActionDefinition> {
        self.0.get(name)
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// All that this one may do where it is, by name.
    pub fn permitted(&self, actor: &Actor) -> impl Iterator<Item = &ActionDefinition> {
        self.0.values().filter(|action| action.permits(actor).is_ok())
    }
    /// The same, as a model is offered it. Where a later call may take what an earlier one gave, an argument may be a
    /// reference such as `$1.field`.
    pub fn tools(&self, actor: &Actor) -> Vec<Tool> {
        let tool = |action: &ActionDefinition| Tool {
            name: action.name.clone(),
            description: action.description.clone(),
            parameters: chain::referable(&action.parameters),
        };
        self.permitted(actor).map(tool).collect()
    }
    /// The same, as a planner takes it: each action with all arguments of closed sets.
    pub fn operators(&self, actor: &Actor) -> Operators {
        Operators::of(self.permitted(actor))
    }
}
