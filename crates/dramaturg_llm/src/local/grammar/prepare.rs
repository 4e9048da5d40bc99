//! Makes a schema fit for compiling: bounded, closed, speech first.

use super::GrammarError;
use serde_json::{Map, Value, json};

/// How deep a schema may be nested. The compiler recurses, on the stack of the model's thread.
const DEPTH: usize = 48;
/// How many values a schema may have.
const SIZE: usize = 10_000;
/// Largest integer that a 64-bit float holds exactly; the compiler keeps bounds as such.
const INTEGER: i64 = 9_007_199_254_740_991;
/// Bounds of numbers that have none, so that no answer is a number that can't be read.
const NUMBER: f64 = 1e15;

/// A schema of which every answer is an object that can be read, and whose spoken field comes first.
pub(super) fn prepare(schema: &Value) -> Result<Value, GrammarError> {
    let fault = |what: &str| Err(GrammarError::Schema(what.to_owned()));
    let merges = measure(schema)?;
    let Value::Object(keys) = schema else { return fault("it is no JSON object") };
    let object = ["properties", "anyOf", "oneOf", "allOf", "$ref"];
    if keys.get("type").map_or(!object.iter().any(|key| keys.contains_key(*key)), |t| t != "object")
    {
        return fault("the answer has to be an object, with named fields");
    }
    let mut schema = schema.clone();
    if let Value::Object(keys) = &mut schema {
        // Options of the compiler are not for those who write schemas.
        keys.shift_remove("x-guidance");
        speech_first(keys);
    }
    walk(&mut schema, !merges);
    Ok(schema)
}

/// Refuses what is too large to go through. True when schemas are merged somewhere in it.
pub(super) fn measure(schema: &Value) -> Result<bool, GrammarError> {
    let fault = |what: &str| Err(GrammarError::Schema(what.to_owned()));
    let mut values = vec![(schema, 1)];
    let (mut size, mut merges) = (0, false);
    while let Some((value, depth)) = values.pop() {
        size += 1;
        if depth > DEPTH {
            return fault(&format!("it is nested more than {DEPTH} deep"));
        }
        match value {
            Value::Array(items) => values.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(keys) => {
                merges |= keys.contains_key("allOf")
                    || (keys.contains_key("$ref") && keys.contains_key("properties"));
                values.extend(keys.values().map(|value| (value, depth + 1)));
            }
            _ => {}
        }
        if size > SIZE || values.len() > SIZE {
            return fault(&format!("it has more than {SIZE} parts"));
        }
    }
    Ok(merges)
}

/// Keys are generated in the schema's order.
fn speech_first(keys: &mut Map<String, Value>) {
    let speech =
        crate::schema::speech(keys).filter(|name| crate::schema::SPEECH.contains(&name.as_str()));
    let Some(Value::Object(fields)) = keys.get_mut("properties") else { return };
    let Some(spoken) = speech.and_then(|name| fields.shift_remove_entry(&name)) else { return };
    let rest = std::mem::take(fields);
    *fields = std::iter::once(spoken).chain(rest).collect();
}

/// Goes through the schemas in a schema. `closed`: objects have no fields but those named, unless the schema says so;
/// with what is merged from several schemas that can't be said of one of them.
fn walk(schema: &mut Value, closed: bool) {
    let Value::Object(keys) = schema else { return };
    let alternatives = keys.contains_key("anyOf") || keys.contains_key("oneOf");
    let fields = keys.contains_key("properties");
    bounds(keys);
    if closed && fields && !alternatives && !keys.contains_key("patternProperties") {
        keys.entry("additionalProperties").or_insert(Value::Bool(false));
    }
    for (key, value) in keys.iter_mut() {
        match (key.as_str(), value) {
            (
                "properties" | "patternProperties" | "$defs" | "definitions",
                Value::Object(inner),
            ) => {
                inner.values_mut().for_each(|schema| walk(schema, closed));
            }
            ("anyOf" | "oneOf", Value::Array(inner)) => {
                inner.iter_mut().for_each(|schema| walk(schema, closed && !fields));
            }
            ("allOf" | "prefixItems", Value::Array(inner)) => {
                inner.iter_mut().for_each(|schema| walk(schema, closed));
            }
            ("items" | "additionalProperties", inner) => walk(inner, closed),
            _ => {}
        }
    }
}

/// Bounds for numbers that have none: those of the Rust type where the schema names it.
fn bounds(keys: &mut Map<String, Value>) {
    let is = |wanted: &str| match keys.get("type") {
        Some(Value::String(name)) => name == wanted,
        Some(Value::Array(names)) => names.iter().any(|name| name == wanted),
        _ => false,
    };
    let (integer, number) = (is("integer"), is("number"));
    if !(integer || number) || keys.contains_key("multipleOf") {
        return;
    }
    let (low, high) = match keys.get("format").and_then(Value::as_str) {
        Some("int32") => (json!(i32::MIN), json!(i32::MAX)),
        Some("uint32") => (json!(0), json!(u32::MAX)),
        Some("uint64" | "uint" | "uint128") => (json!(0), json!(INTEGER)),
        _ if number => (json!(-NUMBER), json!(NUMBER)),
        _ => (json!(-INTEGER), json!(INTEGER)),
    };
    if !keys.contains_key("minimum") && !keys.contains_key("exclusiveMinimum") {
        keys.insert("minimum".into(), low);
    }
    if !keys.contains_key("maximum") && !keys.contains_key("exclusiveMaximum") {
        keys.insert("maximum".into(), high);
    }
}
