//! What a server can't is learned from its refusals.

use super::settings::Capabilities;
use serde_json::Value;

/// How a capability is turned off.
type Off = fn(&mut Capabilities);

/// Fields that a server may not know, the words under which refusals speak of them, and what to do without.
const FIELDS: [(&[&str], &[&str], Off); 7] = [
    (
        &["response_format"],
        &["response_format", "json_schema", "json_object"],
        // One step down: schema, then object, then prompt.
        |can| if can.json_schema { can.json_schema = false } else { can.json_object = false },
    ),
    (
        &["tools"],
        // vLLM and llama.cpp name the switch that is missing.
        &["tools", "tool_choice", "tool choice", "parallel_tool_calls", "tool use", "tool calling"],
        |can| can.tools = false,
    ),
    (&["seed"], &["seed"], |can| can.seed = false),
    (&["stream_options"], &["stream_options", "include_usage"], |can| can.usage = false),
    (&["temperature"], &["temperature", "top_p", "frequency_penalty", "presence_penalty"], |can| {
        can.temperature = false
    }),
    (
        &["repeat_penalty", "min_p", "dry_multiplier"],
        &[
            "repeat_penalty",
            "repetition_penalty",
            "min_p",
            "dry_multiplier",
            "dry_base",
            "dry_allowed_length",
        ],
        |can| can.penalties = false,
    ),
    // Only with the other name: a value that is too large is refused under this one, too.
    (&["max_tokens"], &["max_completion_tokens"], |can| can.max_tokens = false),
];

/// Turns off the capability whose field a refusal names, if it was sent. True when the request is worth another try.
pub(super) fn learn(can: &mut Capabilities, sent: &Value, refusal: &str) -> bool {
    let refusal = refusal.to_lowercase();
    let json: Option<Value> = serde_json::from_str(&refusal).ok();
    let parameter = json.as_ref().and_then(|json| json.pointer("/error/param")?.as_str());
    // Some servers repeat the whole request behind the reason, so the word that comes first counts.
    let first = |text: &str| {
        let sent =
            FIELDS.iter().filter(|(fields, ..)| fields.iter().any(|f| sent.get(f).is_some()));
        let named = sent.filter_map(|(_, words, off)| {
            Some((words.iter().filter_map(|word| find_word(text, word)).min()?, off))
        });
        named.min_by_key(|(at, _)| *at).map(|(_, off)| off)
    };
    match parameter.and_then(first).or_else(|| first(&refusal)) {
        Some(off) => {
            off(can);
            true
        }
        None => false,
    }
}

/// Where a word stands that is no part of a longer one.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let inner = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        !inner(text[..at].chars().next_back()) && !inner(text[at + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sent() -> Value {
        json!({"seed": 1, "response_format": {}, "tools": [], "temperature": 1, "min_p": 0.1, "max_tokens": 9})
    }

    fn learned(refusal: &str) -> Option<Capabilities> {
        let mut can = Capabilities::default();
        learn(&mut can, &sent(), refusal).then_some(can)
    }

    #[test]
    fn refusals_of_real_servers() {
        let all = Capabilities::default();
        for (refusal, expected) in [
            (
                r#"{"error":{"message":"[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type')"}}"#,
                Capabilities { json_schema: false, ..all },
            ),
            (
                r#"{"error":{"message":"\"auto\" tool choice requires --enable-auto-tool-choice to be set"}}"#,
                Capabilities { tools: false, ..all },
            ),
            (
                r#"{"error":{"message":"Unrecognized request argument supplied: min_p"}}"#,
                Capabilities { penalties: false, ..all },
            ),
            (
                r#"{"error":{"message":"Unsupported value","param":"temperature"}}"#,
                Capabilities { temperature: false, ..all },
            ),
            (
                r#"{"error":{"message":"'max_tokens' is not supported. Use 'max_completion_tokens' instead."}}"#,
                Capabilities { max_tokens: false, ..all },
            ),
        ] {
            assert_eq!(learned(refusal), Some(expected), "{refusal}");
        }
    }

    #[test]
    fn json_goes_down_step_by_step() {
        let mut can = Capabilities::default();
        assert!(learn(&mut can, &sent(), "response_format?"));
        assert!(!can.json_schema && can.json_object);
        assert!(learn(&mut can, &sent(), "response_format?"));
        assert!(!can.json_schema && !can.json_object);
    }

    #[test]
    fn what_was_not_sent_or_is_another_word_teaches_nothing() {
        assert_eq!(learned("stream_options are unknown"), None);
        assert_eq!(learned("the seeds are bad"), None);
        assert_eq!(learned("max_tokens is too large"), None);
        assert_eq!(learned(""), None);
    }
}
