//! Whether a value is of a schema.

use serde_json::{Map, Value};
use std::cell::Cell;

/// How deep a value and its schema may be nested.
const DEPTH: usize = 100;
/// How many schemas one value is held against; only one that refers to itself in circles needs more.
const STEPS: u32 = 100_000;

/// Whether a value is of this schema. Keywords that are not known here (`pattern`, `format`, …) demand nothing.
///
/// # Errors
/// The first thing that is wrong with it, and where.
pub(crate) fn check(schema: &Value, value: &Value) -> Result<(), String> {
    Check { root: schema, steps: Cell::new(0) }.value(schema, value, "", 0)
}

struct Check<'s> {
    root: &'s Value,
    steps: Cell<u32>,
}

type Checked = Result<(), String>;

fn wrong(at: &str, what: impl std::fmt::Display) -> Checked {
    Err(if at.is_empty() { what.to_string() } else { format!("{at}: {what}") })
}

impl Check<'_> {
    fn value(&self, schema: &Value, value: &Value, at: &str, depth: usize) -> Checked {
        self.steps.set(self.steps.get() + 1);
        if depth > DEPTH || self.steps.get() > STEPS {
            return wrong(at, "it is nested too deep");
        }
        let keys = match schema {
            Value::Bool(true) => return Ok(()),
            Value::Object(keys) => keys,
            _ => return wrong(at, "nothing may be here"),
        };
        if let Some(to) = keys.get("$ref").and_then(Value::as_str) {
            match to.strip_prefix('#').and_then(|path| self.root.pointer(path)) {
                Some(target) => self.value(target, value, at, depth + 1)?,
                None => return wrong(at, format!("the schema has no '{to}'")),
            }
        }
        if let Some(types) = keys.get("type")
            && !names(types).any(|name| is(name, value))
        {
            return wrong(at, format!("{} is not of type {}", shown(value), shown(types)));
        }
        if let Some(set) = keys.get("enum")
            && !list(keys, "enum").iter().any(|member| same(member, value))
        {
            return wrong(at, format!("{} is none of {}", shown(value), shown(set)));
        }
        if let Some(wanted) = keys.get("const")
            && !same(wanted, value)
        {
            return wrong(at, format!("{} is not {}", shown(value), shown(wanted)));
        }
        self.branches(keys, value, at, depth)?;
        match value {
            Value::Number(number) => in_range(keys, number.as_f64().unwrap_or(f64::NAN), at),
            Value::String(text) => {
                let length = text.chars().count();
                counted(keys, "minLength", "maxLength", length, "characters", at)
            }
            Value::Array(items) => self.array(keys, items, at, depth),
            Value::Object(fields) => self.object(keys, fields, at, depth),
            _ => Ok(()),
        }
    }

    fn branches(
        &self,
        keys: &Map<String, Value>,
        value: &Value,
        at: &str,
        depth: usize,
    ) -> Checked {
        for branch in list(keys, "allOf") {
            self.value(branch, value, at, depth + 1)?;
        }
        // oneOf means exactly one; but an untagged Rust enum takes the first that fits, and so does a grammar.
        for key in ["anyOf", "oneOf"] {
            let mut last = Ok(());
            for branch in list(keys, key) {
                last = self.value(branch, value, at, depth + 1);
                if last.is_ok() {
                    break;
                }
            }
            if last.is_err() && list(keys, key).len() > 1 {
                return wrong(at, format!("{} is none of what it may be", shown(value)));
            }
            last?;
        }
        Ok(())
    }

    fn array(&self, keys: &Map<String, Value>, items: &[Value], at: &str, depth: usize) -> Checked {
        counted(keys, "minItems", "maxItems", items.len(), "elements", at)?;
        let first = list(keys, "prefixItems");
        for (i, item) in items.iter().enumerate() {
            if let Some(schema) = first.get(i).or(keys.get("items")) {
                self.value(schema, item, &format!("{at}[{i}]"), depth + 1)?;
            }
        }
        Ok(())
    }

    fn object(
        &self,
        keys: &Map<String, Value>,
        fields: &Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> Checked {
        let missing = |name: &&str| !fields.contains_key(*name);
        if let Some(name) = list(keys, "required").iter().filter_map(Value::as_str).find(missing) {
            return wrong(at, format!("the field '{name}' is missing"));
        }
        let known = keys.get("properties").and_then(Value::as_object);
        let patterns = keys.contains_key("patternProperties");
        for (name, value) in fields {
            let inner = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            match (known.and_then(|known| known.get(name)), keys.get("additionalProperties")) {
                (Some(schema), _) => self.value(schema, value, &inner, depth + 1)?,
                (None, Some(Value::Bool(false))) if !patterns => {
                    return wrong(at, format!("there is no field '{name}'"));
                }
                (None, Some(schema)) if !patterns => {
                    self.value(schema, value, &inner, depth + 1)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn list<'s>(keys: &'s Map<String, Value>, key: &str) -> &'s [Value] {
    keys.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn names(types: &Value) -> impl Iterator<Item = &str> {
    let one = std::slice::from_ref(types);
    types.as_array().map_or(one, Vec::as_slice).iter().filter_map(Value::as_str)
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => false,
    }
}

/// 1 and 1.0 are the same number.
fn same(a: &Value, b: &Value) -> bool {
    a == b || (a.is_number() && b.is_number() && a.as_f64() == b.as_f64())
}

fn in_range(keys: &Map<String, Value>, number: f64, at: &str) -> Checked {
    let bound = |key: &str| keys.get(key).and_then(Value::as_f64);
    let out = bound("minimum").is_some_and(|low| number < low)
        || bound("maximum").is_some_and(|high| number > high)
        || bound("exclusiveMinimum").is_some_and(|low| number <= low)
        || bound("exclusiveMaximum").is_some_and(|high| number >= high);
    if out { wrong(at, format!("{number} is out of range")) } else { Ok(()) }
}

fn counted(
    keys: &Map<String, Value>,
    least: &str,
    most: &str,
    count: usize,
    what: &str,
    at: &str,
) -> Checked {
    let bound = |key: &str| keys.get(key).and_then(Value::as_u64);
    let count = count as u64;
    if let Some(low) = bound(least).filter(|low| count < *low) {
        return wrong(at, format!("it has {count} {what}, at least {low} are wanted"));
    }
    if let Some(high) = bound(most).filter(|high| count > *high) {
        return wrong(at, format!("it has {count} {what}, at most {high} are allowed"));
    }
    Ok(())
}

/// A value in a sentence.
fn shown(value: &Value) -> String {
    let json = value.to_string();
    match json.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &json[..cut]),
        None => json,
    }
}
