//! Reads an answer of a fixed form while it is generated, and tells what has become known.

use crate::fields::{Fields, Part};
use crate::{ModelError, StreamEvent, Tool, schema};
use serde_json::Value;

/// An answer that is being generated under a [grammar](super::grammar::Grammar).
pub(super) struct Answer {
    fields: Fields,
    /// Bytes of a character that is not whole yet.
    bytes: Vec<u8>,
    tools: Vec<Tool>,
    /// The field `say` that no schema asked for: its text is all there is to it.
    bare: bool,
    calls: usize,
}

impl Answer {
    /// To a request with this schema, with these tools, or with both. The arguments are those that the grammar was
    /// started with.
    pub(super) fn new(tools: &[Tool], schema: Option<&Value>) -> Self {
        let spoken = match schema {
            Some(schema) => schema.as_object().and_then(schema::speech),
            None => Some("say".to_owned()),
        };
        let list = (!tools.is_empty()).then(|| "calls".to_owned());
        Self {
            fields: Fields::new(spoken, list),
            bytes: Vec::new(),
            tools: tools.to_vec(),
            bare: schema.is_none(),
            calls: 0,
        }
    }

    /// Takes the bytes of a token.
    ///
    /// # Errors
    /// [`ModelError::Garbage`] when they make no JSON, which can't be under the grammar, or a value nested so deep
    /// that nobody would read it.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<Vec<StreamEvent>, ModelError> {
        self.bytes.extend_from_slice(piece);
        let whole = match std::str::from_utf8(&self.bytes) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => self.bytes.len(),
        };
        let parts = self.fields.push(&String::from_utf8_lossy(&self.bytes[..whole]));
        self.bytes.drain(..whole);
        let parts = parts.map_err(ModelError::Garbage)?;
        Ok(parts.into_iter().filter_map(|part| self.event(part)).collect())
    }

    /// At the end of the generation.
    ///
    /// # Errors
    /// [`ModelError::Garbage`] when the answer is not whole: its tokens ran out.
    pub(super) fn finish(&self) -> Result<(), ModelError> {
        match self.fields.is_whole() {
            true => Ok(()),
            false => Err(ModelError::Garbage("it broke off before its end".into())),
        }
    }

    fn event(&mut self, part: Part) -> Option<StreamEvent> {
        match part {
            Part::Text(text) => Some(StreamEvent::Text(text)),
            Part::Field(name, _) if self.bare && name == "say" => None,
            Part::Field(name, value) => Some(StreamEvent::Field(name, value)),
            Part::Item(mut call) => {
                let id = self.calls.to_string();
                self.calls += 1;
                let name = call["name"].as_str().unwrap_or_default().to_owned();
                let arguments = call.get_mut("arguments").map_or(Value::Null, Value::take);
                Some(StreamEvent::Tool(schema::tool_call(&self.tools, id, name, arguments)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ToolCall, ToolError};
    use proptest::prelude::*;
    use serde_json::json;

    fn tools() -> Vec<Tool> {
        let parameters = json!({
            "type": "object",
            "properties": {"to": {"type": "string"}, "coins": {"type": "integer", "minimum": 1}},
            "required": ["to", "coins"],
        });
        vec![Tool { name: "give".into(), description: "Gives coins.".into(), parameters }]
    }

    fn events(
        tools: &[Tool],
        schema: Option<&Value>,
        bytes: &[u8],
        cuts: &[usize],
    ) -> Vec<StreamEvent> {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| *cut.min(&bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut answer = Answer::new(tools, schema);
        let mut events: Vec<StreamEvent> = Vec::new();
        for pair in cuts.windows(2) {
            for event in answer.push(&bytes[pair[0]..pair[1]]).unwrap() {
                match (events.last_mut(), event) {
                    (Some(StreamEvent::Text(all)), StreamEvent::Text(more)) => all.push_str(&more),
                    (_, event) => events.push(event),
                }
            }
        }
        assert_eq!(answer.finish(), Ok(()));
        events
    }

    #[test]
    fn calls_come_as_they_close_and_wrong_ones_as_errors() {
        let text = r#"{"say":"Here.","calls":[{"name":"give","arguments":{"to":"Ada","coins":2}},
            {"name":"take","arguments":{}},{"name":"give","arguments":{"to":"Ada","coins":0}}]}"#;
        let wanted = [
            StreamEvent::Text("Here.".into()),
            StreamEvent::Tool(Ok(ToolCall {
                id: "0".into(),
                name: "give".into(),
                arguments: json!({"to": "Ada", "coins": 2}),
            })),
            StreamEvent::Tool(Err(ToolError::Unknown("take".into()))),
            StreamEvent::Tool(Err(ToolError::Invalid {
                name: "give".into(),
                reason: "coins: 0 is out of range".into(),
            })),
        ];
        assert_eq!(events(&tools(), None, text.as_bytes(), &[]), wanted);
        let mut answer = Answer::new(&tools(), None);
        let closed = text.find("}},").unwrap() + 2;
        assert_eq!(answer.push(&text.as_bytes()[..closed]).unwrap().len(), 2);
        assert!(answer.finish().is_err());
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_events(
            say in "[a-z\"\\\\\né雾😀]{0,12}",
            trust in any::<i32>(),
            coins in prop::collection::vec(0..3i32, 0..4),
            cuts in prop::collection::vec(0usize..300, 0..12),
        ) {
            let schema = json!({"type": "object", "properties": {
                "say": {"type": "string"}, "trust": {"type": "integer"},
            }});
            let calls: Vec<Value> = coins.iter().map(|coins| {
                json!({"name": "give", "arguments": {"to": "Ada", "coins": coins}})
            }).collect();
            let text = json!({"say": say, "trust": trust, "calls": calls}).to_string();
            let got = events(&tools(), Some(&schema), text.as_bytes(), &cuts);
            prop_assert_eq!(&got, &events(&tools(), Some(&schema), text.as_bytes(), &[]));
            let fields = [
                StreamEvent::Field("say".into(), json!(say)),
                StreamEvent::Field("trust".into(), json!(trust)),
            ];
            let from = usize::from(!say.is_empty());
            prop_assert_eq!(&got[from..from + 2], &fields);
            prop_assert_eq!(got.len(), from + 2 + coins.len());
        }
    }
}
