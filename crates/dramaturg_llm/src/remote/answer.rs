//! Puts an answer together from the pieces of a stream.

use super::lead::{LeadReader, Stops};
use super::wire::{CallDelta, Chunk, Delta};
use crate::fields::{Fields, Part};
use crate::schema::{self, check, tool_call};
use crate::{CompletionRequest, ModelError, StreamEvent, Tool, ToolCall, ToolError, Usage};
use crossbeam_channel::Sender;
use serde_json::{Map, Value};

/// More text than any `max_tokens` of this game allows; a server that ignores it is stopped here.
const LONGEST: usize = 8 << 20;

/// An answer that is coming in.
pub(super) struct Answer<'a> {
    request: &'a CompletionRequest,
    events: &'a Sender<StreamEvent>,
    lead: LeadReader,
    stops: Stops,
    json: Option<Json<'a>>,
    calls: Vec<PartialCall>,
    length: usize,
    /// Something reached the caller: from here on nothing may be tried again.
    pub shown: bool,
    /// The model has begun to answer, or to think about it.
    pub begun: bool,
    /// The server said that the answer is whole.
    pub finished: bool,
    /// What the server counted.
    pub usage: Option<Usage>,
}

/// JSON of a schema that is coming in.
struct Json<'a> {
    schema: &'a Value,
    reader: Fields,
    fields: Map<String, Value>,
    /// A brace was seen: it may be JSON.
    begun: bool,
}

#[derive(Default)]
struct PartialCall {
    index: usize,
    id: String,
    name: String,
    arguments: String,
}

impl<'a> Answer<'a> {
    pub(super) fn new(request: &'a CompletionRequest, events: &'a Sender<StreamEvent>) -> Self {
        let json = request.schema.as_ref().map(|schema| {
            let spoken = schema.as_object().and_then(schema::speech);
            let reader = Fields::new(spoken, None);
            Json { schema, reader, fields: Map::new(), begun: false }
        });
        let leads = if json.is_some() { Vec::new() } else { request.lead.clone() };
        Self {
            lead: LeadReader::new(leads),
            stops: Stops::new(request.stop.clone()),
            json,
            calls: Vec::new(),
            length: 0,
            shown: false,
            begun: false,
            finished: false,
            usage: None,
            request,
            events,
        }
    }

    /// Did a stop end the text, with nothing more to come?
    pub(super) fn has_stopped(&self) -> bool {
        self.stops.has_stopped() && self.request.tools.is_empty()
    }

    fn tell(&mut self, event: StreamEvent) {
        self.shown = true;
        // Nobody may be listening any more; the request is cancelled then, within moments.
        let _ = self.events.send(event);
    }

    /// Takes one event. True when it brought something of the answer.
    pub(super) fn take(&mut self, chunk: Chunk) -> Result<bool, ModelError> {
        if let Some(usage) = chunk.usage {
            self.usage = Some(usage.into());
        }
        let Some(choices) = chunk.choices else {
            // An event with nothing but the usage.
            return match self.usage {
                Some(_) => Ok(false),
                None => Err(ModelError::Garbage("an event without choices".into())),
            };
        };
        let mut alive = false;
        for choice in choices.into_iter().take(1) {
            alive |= self.delta(choice.delta.unwrap_or_default())?;
            match choice.finish_reason.as_deref() {
                None | Some("") => {}
                Some("content_filter") if !self.shown => {
                    let why = "the server's content filter stopped the answer".to_owned();
                    return Err(ModelError::Unreachable(why));
                }
                Some(_) => (self.finished, alive) = (true, true),
            }
        }
        self.begun |= alive;
        Ok(alive)
    }

    fn delta(&mut self, delta: Delta) -> Result<bool, ModelError> {
        let mut alive = match delta.reasoning_content {
            Some(Value::String(thought)) => !thought.is_empty(),
            _ => false,
        };
        if let Some(text) = delta.content.filter(|text| !text.is_empty()) {
            alive = true;
            self.grow(text.len())?;
            self.content(&text)?;
        }
        for call in delta.tool_calls.into_iter().flatten() {
            alive = true;
            self.call(call)?;
        }
        Ok(alive)
    }

    fn grow(&mut self, more: usize) -> Result<(), ModelError> {
        self.length += more;
        if self.length > LONGEST {
            return Err(ModelError::Garbage(format!("an answer of more than {LONGEST} bytes")));
        }
        Ok(())
    }

    fn content(&mut self, text: &str) -> Result<(), ModelError> {
        let Some(json) = &mut self.json else {
            let (lead, words) = self.lead.feed(text);
            if let Some(lead) = lead {
                self.tell(StreamEvent::Lead(lead));
            }
            return self.words(&words);
        };
        json.begun |= text.contains('{');
        let parts = json.reader.push(text).map_err(ModelError::Garbage)?;
        for part in parts {
            if let Some(event) = self.part(part)? {
                self.tell(event);
            }
        }
        Ok(())
    }

    /// Each field is checked before it is shown; the object as a whole is checked at its end.
    fn part(&mut self, part: Part) -> Result<Option<StreamEvent>, ModelError> {
        match (part, &mut self.json) {
            (Part::Text(text), _) => Ok(Some(StreamEvent::Text(text))),
            (Part::Field(name, value), Some(json)) => {
                check_field(json.schema, &name, &value)?;
                json.fields.insert(name.clone(), value.clone());
                Ok(Some(StreamEvent::Field(name, value)))
            }
            _ => Ok(None),
        }
    }

    fn words(&mut self, words: &str) -> Result<(), ModelError> {
        let words = self.stops.feed(words);
        if !words.is_empty() {
            self.tell(StreamEvent::Text(words));
        }
        // Calls may still follow; else nothing more is wanted, and the connection may end here.
        self.finished |= self.stops.has_stopped() && self.request.tools.is_empty();
        Ok(())
    }

    fn call(&mut self, piece: CallDelta) -> Result<(), ModelError> {
        let function = piece.function.unwrap_or_default();
        let id = piece.id.unwrap_or_default();
        let index = piece.index.unwrap_or_else(|| self.calls.last().map_or(0, |call| call.index));
        // Some servers number all calls 0 and tell them apart by their ids only.
        let same = self.calls.iter().rposition(|call| {
            call.index == index && (id.is_empty() || call.id.is_empty() || call.id == id)
        });
        let at = same.unwrap_or_else(|| {
            self.calls.push(PartialCall { index, ..PartialCall::default() });
            self.calls.len() - 1
        });
        let arguments = match function.arguments {
            Some(Value::String(text)) => text,
            Some(Value::Null) | None => String::new(),
            Some(object) => object.to_string(),
        };
        self.grow(arguments.len() + 1)?;
        let call = &mut self.calls[at];
        if call.id.is_empty() {
            call.id = id;
        }
        call.name.push_str(&function.name.unwrap_or_default());
        call.arguments.push_str(&arguments);
        Ok(())
    }

    /// The stream has ended: what is held is told, what is missing is an error.
    pub(super) fn finish(&mut self) -> Result<(), ModelError> {
        let rest = self.lead.finish();
        self.words(&rest)?;
        let rest = self.stops.finish();
        if !rest.is_empty() {
            self.tell(StreamEvent::Text(rest));
        }
        let calls = std::mem::take(&mut self.calls);
        let called = !calls.is_empty();
        for (number, call) in (0..).zip(calls) {
            let call = checked(call, number, &self.request.tools);
            self.tell(StreamEvent::Tool(call));
        }
        // A model that calls a tool owes no JSON in the same answer.
        if let Some(json) = self.json.take().filter(|_| !called) {
            if !json.reader.is_whole() {
                let what = if json.begun { "breaks off" } else { "holds no JSON" };
                return Err(ModelError::Garbage(format!("the answer {what}")));
            }
            check(json.schema, &Value::Object(json.fields)).map_err(ModelError::Garbage)?;
        }
        Ok(())
    }

    /// Was JSON asked for, and words came?
    pub(super) fn ignored_the_form(&self) -> bool {
        self.calls.is_empty() && self.json.as_ref().is_some_and(|json| !json.begun)
    }
}

fn check_field(schema: &Value, name: &str, value: &Value) -> Result<(), ModelError> {
    let Some(rules) = schema.get("properties").and_then(|fields| fields.get(name)) else {
        return Ok(());
    };
    // Definitions stand in the root, so that references from within a field find them.
    let mut rules = rules.clone();
    for place in ["$defs", "definitions"] {
        if let (Some(rules), Some(definitions)) = (rules.as_object_mut(), schema.get(place)) {
            rules.insert(place.into(), definitions.clone());
        }
    }
    check(&rules, value).map_err(|why| ModelError::Garbage(format!("{name}: {why}")))
}

fn checked(call: PartialCall, number: usize, tools: &[Tool]) -> Result<ToolCall, ToolError> {
    let PartialCall { id, name, arguments, .. } = call;
    let text = if arguments.trim().is_empty() { "{}" } else { &arguments };
    let id = if id.is_empty() { number.to_string() } else { id };
    match serde_json::from_str::<Value>(text) {
        Ok(arguments) => tool_call(tools, id, name, arguments),
        Err(error) if tools.iter().any(|tool| tool.name == name) => {
            Err(ToolError::Invalid { name, reason: error.to_string() })
        }
        Err(_) => Err(ToolError::Unknown(name)),
    }
}
