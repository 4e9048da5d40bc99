//! The form of an answer that may call tools.

use super::GrammarError;
use super::prepare::measure;
use crate::Tool;
use serde_json::{Map, Value, json};

/// More calls than this in one answer are a model that has lost its way.
const CALLS: usize = 8;

/// One schema of the words and the calls.
pub(super) fn with_tools(tools: &[Tool], schema: Option<&Value>) -> Result<Value, GrammarError> {
    let fault = |what: String| Err(GrammarError::Schema(what));
    let mut shared = Map::new();
    let mut calls = Vec::with_capacity(tools.len());
    for (i, tool) in tools.iter().enumerate() {
        measure(&tool.parameters)?;
        if tools[..i].iter().any(|other| other.name == tool.name) {
            return fault(format!("two tools are called '{}'", tool.name));
        }
        let mut arguments = match &tool.parameters {
            Value::Null => json!({"type": "object", "properties": {}}),
            given @ (Value::Object(_) | Value::Bool(_)) => given.clone(),
            _ => return fault(format!("the parameters of '{}' are no schema", tool.name)),
        };
        move_to(&mut arguments, &format!("tool{i}"), &mut shared);
        calls.push(json!({
            "type": "object",
            "properties": {"name": {"const": tool.name}, "arguments": arguments},
            "required": ["name", "arguments"],
            "additionalProperties": false,
        }));
    }
    let list = match calls.is_empty() {
        true => json!({"type": "array", "maxItems": 0}),
        false => json!({"type": "array", "items": {"anyOf": calls}, "maxItems": CALLS}),
    };
    let (mut fields, mut required) = match schema {
        None => {
            let say = Map::from_iter([("say".to_owned(), json!({"type": "string"}))]);
            (say, vec![json!("say")])
        }
        Some(schema) => {
            measure(schema)?;
            let mut schema = schema.clone();
            move_to(&mut schema, "answer", &mut shared);
            let Some(Value::Object(fields)) = schema.get_mut("properties").map(Value::take) else {
                return fault("beside tools it has to have properties".into());
            };
            let mixed = ["anyOf", "oneOf", "allOf", "patternProperties"];
            if let Some(key) = mixed.iter().find(|key| schema.get(**key).is_some()) {
                return fault(format!("beside tools it can't have {key} at the top"));
            }
            let required = schema.get("required").and_then(Value::as_array).cloned();
            (fields, required.unwrap_or_default())
        }
    };
    if fields.contains_key("calls") {
        return fault("beside tools no field can be called 'calls'".into());
    }
    fields.insert("calls".into(), list);
    required.push(json!("calls"));
    Ok(json!({
        "type": "object",
        "properties": fields,
        "required": required,
        "additionalProperties": false,
        "$defs": shared,
    }))
}

/// Makes a schema part of a larger one: what it refers to in itself moves under `$defs/name`.
fn move_to(schema: &mut Value, name: &str, shared: &mut Map<String, Value>) {
    if rebase(schema, name) {
        shared.insert(name.to_owned(), schema.clone());
    }
    if let Value::Object(keys) = schema {
        for key in ["$schema", "$id", "$defs", "definitions"] {
            keys.shift_remove(key);
        }
    }
}

/// True when there was anything to rewrite.
fn rebase(value: &mut Value, name: &str) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().fold(false, |any, item| rebase(item, name) | any),
        Value::Object(keys) => keys.iter_mut().fold(false, |any, (key, value)| match value {
            Value::String(to) if key == "$ref" && to.starts_with('#') => {
                *to = format!("#/$defs/{name}{}", &to[1..]);
                true
            }
            value => rebase(value, name) | any,
        }),
        _ => false,
    }
}
