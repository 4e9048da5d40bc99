//! JSON schemas: of Rust types, and whether a value fits one.

mod check;

use crate::{Tool, ToolCall, ToolError};
pub(crate) use check::check;
use serde_json::{Map, Value};

/// Names of the field that is spoken, the likeliest first.
pub(crate) const SPEECH: [&str; 3] = ["say", "text", "speech"];

/// The JSON schema of a Rust type, for [`CompletionRequest::schema`](crate::CompletionRequest::schema). Local models
/// write the fields in this order, but a field `say`, `text` or `speech` first, so that it can be shown while the
/// rest is written.
///
/// ```
/// #[derive(schemars::JsonSchema, serde::Deserialize)]
/// struct Reaction {
///     say: String,
///     trust: i8,
/// }
/// let schema = dramaturg_llm::schema_of::<Reaction>();
/// assert_eq!(schema["properties"]["say"]["type"], "string");
/// ```
pub fn schema_of<T: schemars::JsonSchema>() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Whether a value is of a schema, for whoever fills in a call's arguments later than the model made it.
///
/// # Errors
/// The first thing that is wrong with it, and where.
pub fn fits_schema(schema: &Value, value: &Value) -> Result<(), String> {
    check(schema, value)
}

/// The field whose text is spoken: `say`, `text` or `speech`, else the first that is a string.
pub(crate) fn speech(schema: &Map<String, Value>) -> Option<String> {
    let fields = schema.get("properties")?.as_object()?;
    // A closed set of words is a string, too, but nothing to say.
    let spoken = |field: &Value| {
        field.get("enum").is_none()
            && field.get("const").is_none()
            && match field.get("type") {
                Some(Value::String(name)) => name == "string",
                Some(Value::Array(names)) => names.iter().any(|name| name == "string"),
                _ => false,
            }
    };
    SPEECH
        .iter()
        .find(|name| fields.get(**name).is_some_and(spoken))
        .map(|name| (*name).to_owned())
        .or_else(|| Some(fields.iter().find(|(_, field)| spoken(field))?.0.clone()))
}

/// A call as the model made it, if there is such a tool and it takes these arguments.
///
/// # Errors
/// What the caller, and perhaps the model, is to be told.
pub(crate) fn tool_call(
    tools: &[Tool],
    id: String,
    name: String,
    arguments: Value,
) -> Result<ToolCall, ToolError> {
    let Some(tool) = tools.iter().find(|tool| tool.name == name) else {
        return Err(ToolError::Unknown(name));
    };
    // A tool without a schema takes anything.
    if !tool.parameters.is_null()
        && let Err(reason) = check(&tool.parameters, &arguments)
    {
        return Err(ToolError::Invalid { name, reason });
    }
    Ok(ToolCall { id, name, arguments })
}

#[cfg(test)]
mod tests;
