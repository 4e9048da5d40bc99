//! Several calls of one answer, run one after the other: a later one may take what an earlier one gave.

use super::{Actor, Repertoire};
use dramaturg_llm::{ToolCall, ToolError, fits_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::VecDeque;

/// The most calls of one answer that are run.
const LONGEST: usize = 8;
/// The largest result that is kept and told, in bytes of JSON.
const LARGEST: usize = 4_000;

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was done, and gave this.
    Done(Json),
    /// The game could not do it, for that reason.
    Failed(String),
    /// It was not even tried, for that reason.
    Refused(String),
}

impl Outcome {
    /// Why it was not done.
    pub fn why_not(&self) -> Option<&str> {
        match self {
            Self::Done(_) => None,
            Self::Failed(why) | Self::Refused(why) => Some(why),
        }
    }
    /// A result of the game, cut down to what can be kept.
    pub fn of(result: Result<Json, String>) -> Self {
        match result {
            Ok(value) if value.to_string().len() > LARGEST => {
                Self::Failed("its result is too large to be told".into())
            }
            Ok(value) => Self::Done(value),
            Err(why) => Self::Failed(why.chars().take(400).collect()),
        }
    }
}

/// A call and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The call, its references filled in.
    pub call: ToolCall,
    /// What came of it.
    pub outcome: Outcome,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// This call is the game's to carry out; tell the result with [`Chain::done`].
    Run(ToolCall),
    /// Nothing more.
    Over,
}

/// The calls of one answer on their way.
///
/// The chain ends with the first step that is not done: what comes after it may have counted on it.
#[derive(Clone, Debug)]
pub struct Chain {
    waiting: VecDeque<Result<ToolCall, ToolError>>,
    steps: Vec<Step>,
    running: Option<ToolCall>,
    left_out: usize,
}

/// What a step is checked by.
pub struct Rules<'r> {
    /// All actions.
    pub repertoire: &'r Repertoire,
    /// Names of those that were offered in the request: no other counts.
    pub offered: &'r [String],
    /// Who acts.
    pub actor: Actor<'r>,
}

impl Chain {
    /// The calls as the model's tool channel gave them.
    pub fn new(calls: impl IntoIterator<Item = Result<ToolCall, ToolError>>) -> Self {
        let waiting: VecDeque<_> = calls.into_iter().collect();
        Self { waiting, steps: Vec::new(), running: None, left_out: 0 }
    }

    /// The next call, checked: it was offered, its references name earlier results, its arguments fit the schema, the actor
    /// may do it here, and `allowed` (limits and requirements) says so, too.
    pub fn next(
        &mut self,
        rules: &Rules,
        allowed: impl Fn(&ToolCall) -> Result<(), String>,
    ) -> Next {
        let failed = self.steps.last().is_some_and(|step| step.outcome.why_not().is_some());
        if failed || self.running.is_some() || self.steps.len() >= LONGEST {
            self.left_out += self.waiting.len();
            self.waiting.clear();
            return Next::Over;
        }
        let Some(call) = self.waiting.pop_front() else { return Next::Over };
        let checked = call.map_err(unreadable).and_then(|call| self.check(call, rules, &allowed));
        match checked {
            Ok(call) => {
                self.running = Some(call.clone());
                Next::Run(call)
            }
            Err(step) => {
                self.steps.push(*step);
                self.left_out += self.waiting.len();
                self.waiting.clear();
                Next::Over
            }
        }
    }

    /// What came of the call that [`Self::next`] gave.
    pub fn done(&mut self, result: Result<Json, String>) {
        if let Some(call) = self.running.take() {
            self.steps.push(Step { call, outcome: Outcome::of(result) });
        }
    }

    /// All steps so far.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The step that ended the chain before its time, and how many calls after it were left out.
    pub fn failure(&self) -> Option<(&Step, usize)> {
        let last = self.steps.last()?;
        last.outcome.why_not().map(|_| (last, self.left_out))
    }

    fn check(
        &self,
        mut call: ToolCall,
        rules: &Rules,
        allowed: &impl Fn(&ToolCall) -> Result<(), String>,
    ) -> Result<ToolCall, Box<Step>> {
        let known = rules.repertoire.get(&call.name);
        let Some(action) = known.filter(|_| rules.offered.contains(&call.name)) else {
            let why = format!("there is no action '{}'", call.name);
            return Err(refused(call, why));
        };
        let mut arguments = call.arguments.clone();
        if let Err(why) = self.fill_in(&mut arguments, 0) {
            return Err(refused(call, why));
        }
        call.arguments = arguments;
        let fits = fits_schema(&action.parameters, &call.arguments)
            .map_err(|why| format!("the arguments of '{}' are wrong: {why}", call.name))
            .and_then(|()| action.permits(&rules.actor))
            .and_then(|()| allowed(&call));
        match fits {
            Ok(()) => Ok(call),
            Err(why) => Err(refused(call, why)),
        }
    }

    /// Replaces `$1.field` by what the first call gave.
    fn fill_in(&self, value: &mut Json, depth: usize) -> Result<(), String> {
        if depth > 16 {
            return Err("the arguments are nested too deep".into());
        }
        match value {
            Json::String(text) => {
                if let Some(found) = self.referred(text)? {
                    *value = found;
                }
                Ok(())
            }
            Json::Array(items) => items.iter_mut().try_for_each(|v| self.fill_in(v, depth + 1)),
            Json::Object(fields) => {
                fields.values_mut().try_for_each(|v| self.fill_in(v, depth + 1))
            }
            _ => Ok(()),
        }
    }

    /// What a reference stands for; none where the text is no reference. A price of `$5` is none unless five calls came
    /// before.
    fn referred(&self, text: &str) -> Result<Option<Json>, String> {
        let Some(rest) = text.strip_prefix('$') else { return Ok(None) };
        let (number, path) = rest.split_once('.').unwrap_or((rest, ""));
        let Ok(number) = number.parse::<usize>() else { return Ok(None) };
        let step = number.checked_sub(1).and_then(|at| self.steps.get(at));
        let Some(Step { outcome: Outcome::Done(found), .. }) = step else {
            return Err(format!("'{text}' names no result of an earlier call"));
        };
        let mut found = found;
        for key in path.split('.').filter(|key| !key.is_empty()) {
            let inner = match found {
                Json::Array(items) => key.parse().ok().and_then(|at: usize| items.get(at)),
                other => other.get(key),
            };
            found = inner.ok_or_else(|| format!("'{text}': the result has no '{key}'"))?;
        }
        Ok(Some(found.clone()))
    }
}

/// A call that could not be read, as a step.
fn unreadable(error: ToolError) -> Box<Step> {
    let name = match &error {
        ToolError::Unknown(name) | ToolError::Invalid { name, .. } => name.clone(),
    };
    refused(ToolCall { id: String::new(), name, arguments: Json::Null }, error.to_string())
}

fn refused(call: ToolCall, why: String) -> Box<Step> {
    Box::new(Step { call, outcome: Outcome::Refused(why) })
}

/// The schema with references allowed in the place of each argument that is no free text (there they are anyway).
pub(super) fn referable(schema: &Json) -> Json {
    let mut schema = schema.clone();
    let fields = schema.get_mut("properties").and_then(Json::as_object_mut);
    for field in fields.into_iter().flat_map(|fields| fields.values_mut()) {
        let free =
            field.get("type").is_some_and(|kind| kind == "string") && field.get("enum").is_none();
        if !free {
            let reference = json!({"type": "string", "pattern": r"^\$[1-8](\.[A-Za-z0-9_]+)*$"});
            *field = json!({"anyOf": [field.take(), reference]});
        }
    }
    schema
}

#[cfg(test)]
mod tests;
