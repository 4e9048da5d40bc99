//! The OpenAI chat protocol as it is sent and as it comes back.

use super::settings::Capabilities;
use crate::{CompletionRequest, Message, Role, Usage};
use serde::Deserialize;
use serde_json::{Value, json};

/// In which way a server is asked for JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// It writes by the schema.
    Schema,
    /// It writes some JSON object; the schema is in the prompt.
    Object,
    /// The schema is in the prompt.
    Prompt,
}

impl Form {
    pub(super) fn of(capabilities: &Capabilities) -> Self {
        match (capabilities.json_schema, capabilities.json_object) {
            (true, _) => Self::Schema,
            (false, true) => Self::Object,
            (false, false) => Self::Prompt,
        }
    }
}

/// The body of `/chat/completions`.
pub(super) fn body(model: &str, request: &CompletionRequest, can: &Capabilities) -> Value {
    let sampling = &request.sampling;
    let form = request.schema.as_ref().map(|schema| (Form::of(can), schema));
    let tools = can.tools && !request.tools.is_empty();
    let mut body = json!({"model": model, "messages": messages(request, form), "stream": true});
    let limit = if can.max_tokens { "max_tokens" } else { "max_completion_tokens" };
    body[limit] = request.max_tokens.into();
    if can.temperature {
        body["temperature"] = number(sampling.temperature);
        body["top_p"] = number(sampling.top_p);
    }
    if can.seed {
        body["seed"] = sampling.seed.into();
    }
    if can.usage {
        body["stream_options"] = json!({"include_usage": true});
    }
    // A line break is a stop to a line of speech, but not to JSON or the notation of a call, nor between the lead and
    // the line. There it is looked for in the text that comes back.
    if request.schema.is_none() && !tools && request.lead.is_empty() && !request.stop.is_empty() {
        body["stop"] = json!(request.stop);
    }
    for (name, value) in [
        ("frequency_penalty", sampling.frequency_penalty),
        ("presence_penalty", sampling.presence_penalty),
    ] {
        if can.temperature && value != 0.0 {
            body[name] = number(value);
        }
    }
    if can.penalties {
        if sampling.repeat_penalty != 1.0 {
            // llama.cpp and vLLM each have a name of their own for it, and pass over the other's.
            body["repeat_penalty"] = number(sampling.repeat_penalty);
            body["repetition_penalty"] = number(sampling.repeat_penalty);
        }
        if sampling.min_p != 0.0 {
            body["min_p"] = number(sampling.min_p);
        }
        if let Some(dry) = sampling.dry {
            body["dry_multiplier"] = number(dry.multiplier);
            body["dry_base"] = number(dry.base);
            body["dry_allowed_length"] = dry.allowed.into();
        }
    }
    match form {
        Some((Form::Schema, schema)) => {
            let strict = is_strict(schema);
            let named = json!({"name": "answer", "strict": strict, "schema": schema});
            body["response_format"] = json!({"type": "json_schema", "json_schema": named});
        }
        // llama.cpp holds the model to a schema that stands here.
        Some((Form::Object, schema)) => {
            body["response_format"] = json!({"type": "json_object", "schema": schema});
        }
        Some((Form::Prompt, _)) | None => {}
    }
    if tools {
        let tools = request.tools.iter().map(|tool| json!({"type": "function", "function": tool}));
        body["tools"] = tools.collect();
        body["tool_choice"] = "auto".into();
        body["parallel_tool_calls"] = true.into();
    }
    body
}

/// The shortest decimal of an `f32`: 0.7 as 0.7, not as 0.699999988079071.
fn number(value: f32) -> Value {
    value.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

fn messages(request: &CompletionRequest, form: Option<(Form, &Value)>) -> Vec<Message> {
    let mut messages = request.messages.clone();
    let wish = match form {
        Some((Form::Schema, _)) => return messages,
        Some((_, schema)) => {
            format!(
                "[Answer with one JSON object of this JSON schema, and with nothing else: {schema}]"
            )
        }
        None if request.lead.is_empty() => return messages,
        // Servers can't hold a model to the first words of its answer, so it is asked.
        None => {
            let leads: Vec<String> = request.lead.iter().map(|lead| format!("({lead})")).collect();
            format!("[Begin your answer with one of: {}]", leads.join(" "))
        }
    };
    match messages.last_mut().filter(|last| last.role == Role::User) {
        Some(last) => last.text = format!("{}\n{wish}", last.text),
        None => messages.push(Message::user(wish)),
    }
    messages
}

/// Servers that offer `strict` take only schemas whose objects have no optional and no further fields.
fn is_strict(schema: &Value) -> bool {
    match schema {
        Value::Array(parts) => parts.iter().all(is_strict),
        Value::Object(rules) => {
            let closed = rules.get("properties").and_then(Value::as_object).is_none_or(|fields| {
                let required = rules.get("required").and_then(Value::as_array);
                rules.get("additionalProperties") == Some(&Value::Bool(false))
                    && fields.keys().all(|name| {
                        required.is_some_and(|list| list.iter().any(|n| n == name.as_str()))
                    })
            });
            closed && rules.values().all(is_strict)
        }
        _ => true,
    }
}

/// One event of an answer.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk {
    #[serde(default)]
    pub choices: Option<Vec<Choice>>,
    #[serde(default)]
    pub usage: Option<Counts>,
    #[serde(default)]
    pub error: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    pub delta: Option<Delta>,
    #[serde(default)]
    pub finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Delta {
    #[serde(default)]
    pub content: Option<String>,
    /// What a model thinks before it answers. It is never shown, but it shows that the server works.
    #[serde(default, alias = "reasoning")]
    pub reasoning_content: Option<Value>,
    #[serde(default)]
    pub tool_calls: Option<Vec<CallDelta>>,
}

/// A piece of a call.
#[derive(Debug, Default, Deserialize)]
pub(super) struct CallDelta {
    #[serde(default)]
    pub index: Option<usize>,
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub function: Option<FunctionDelta>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct FunctionDelta {
    #[serde(default)]
    pub name: Option<String>,
    /// Text in pieces; some servers send the object itself.
    #[serde(default)]
    pub arguments: Option<Value>,
}

/// What a server counted.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Counts {
    #[serde(default)]
    prompt_tokens: Option<u32>,
    #[serde(default)]
    completion_tokens: Option<u32>,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Debug, Default, Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<u32>,
}

impl From<Counts> for Usage {
    fn from(counts: Counts) -> Self {
        let cached = counts.prompt_tokens_details.and_then(|details| details.cached_tokens);
        Self {
            prompt_tokens: counts.prompt_tokens.unwrap_or_default(),
            cached_tokens: cached.unwrap_or_default(),
            completion_tokens: counts.completion_tokens.unwrap_or_default(),
        }
    }
}

/// About how many tokens a request takes: English has some four characters to a token.
pub(super) fn estimate(request: &CompletionRequest) -> u64 {
    let characters: usize = request.messages.iter().map(|message| message.text.len()).sum();
    (characters / 4) as u64 + u64::from(request.max_tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tool;

    fn request() -> CompletionRequest {
        CompletionRequest::new(vec![Message::system("Be Mara."), Message::user("Hello.")])
    }

    #[test]
    fn a_plain_request() {
        let body = body("m", &request(), &Capabilities::default());
        let expected = json!({
            "model": "m",
            "messages": [
                {"role": "system", "content": "Be Mara."}, {"role": "user", "content": "Hello."}
            ],
            "stream": true, "max_tokens": 64, "temperature": 0.7, "top_p": 0.9, "seed": 1, "stop": ["\n"],
            "repeat_penalty": 1.1, "repetition_penalty": 1.1, "stream_options": {"include_usage": true},
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn what_a_server_can_not_is_left_out() {
        let none: Capabilities = serde_json::from_value(json!({
            "tools": false, "seed": false, "usage": false, "temperature": false, "penalties": false,
            "max_tokens": false, "json_schema": false, "json_object": false,
        }))
        .unwrap();
        let tool = Tool { name: "t".into(), description: String::new(), parameters: json!({}) };
        let request = CompletionRequest { tools: vec![tool], ..request() };
        let body = body("m", &request, &none);
        let mut names: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["max_completion_tokens", "messages", "model", "stop", "stream"]);
    }

    #[test]
    fn a_schema_in_three_ways() {
        let schema = json!({"type": "object", "properties": {"a": {}}});
        let request = CompletionRequest { schema: Some(schema.clone()), ..request() };
        let mut can = Capabilities::default();
        let by_schema = body("m", &request, &can);
        assert_eq!(by_schema["response_format"]["json_schema"]["schema"], schema);
        assert_eq!(by_schema["response_format"]["json_schema"]["strict"], json!(false));
        assert_eq!(by_schema["messages"][1]["content"], "Hello.");
        assert!(by_schema.get("stop").is_none());
        can.json_schema = false;
        let by_object = body("m", &request, &can);
        assert_eq!(by_object["response_format"]["type"], "json_object");
        can.json_object = false;
        let by_prompt = body("m", &request, &can);
        assert!(by_prompt.get("response_format").is_none());
        assert!(by_prompt["messages"][1]["content"].as_str().unwrap().contains("\"properties\""));
    }

    #[test]
    fn strict_needs_closed_objects() {
        assert!(is_strict(&json!({
            "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"],
            "additionalProperties": false,
        })));
        assert!(!is_strict(&json!({"properties": {"a": {}}, "additionalProperties": false})));
        assert!(!is_strict(&json!({"items": {"properties": {}}})));
    }

    #[test]
    fn a_lead_is_asked_for_in_the_last_message() {
        let request =
            CompletionRequest { lead: vec!["neutral".into(), "glad".into()], ..request() };
        let body = body("m", &request, &Capabilities::default());
        let last = body["messages"][1]["content"].as_str().unwrap();
        assert_eq!(last, "Hello.\n[Begin your answer with one of: (neutral) (glad)]");
    }

    #[test]
    fn usage_without_details() {
        let counts: Counts =
            serde_json::from_str(r#"{"prompt_tokens": 5, "prompt_tokens_details": null}"#).unwrap();
        assert_eq!(Usage::from(counts), Usage { prompt_tokens: 5, ..Usage::default() });
    }
}
