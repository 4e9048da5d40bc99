//! Reads a JSON object while it is still being written: text of one field piece by piece, each field when it closes.

mod unescape;

use serde_json::Value;
use unescape::Unescape;

/// What has become known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// More of the spoken field, escapes decoded.
    Text(String),
    /// A field of the outermost object is whole.
    Field(String, Value),
    /// An element of the list field is whole. The list itself is no [`Part::Field`].
    Item(Value),
}

/// Reads one object. Whatever surrounds it (a Markdown fence, a remark) is passed over.
pub(crate) struct Fields {
    spoken: Option<String>,
    list: Option<String>,
    state: State,
    /// The JSON text of what is being read: a key or a value.
    raw: String,
    name: String,
    /// Brackets that are open within the value.
    depth: usize,
    in_list: bool,
    speech: Unescape,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Before the object.
    Before,
    /// A key; or the end, when `first`.
    Key {
        first: bool,
    },
    InKey {
        escaped: bool,
    },
    Colon,
    /// A value; in a list that has just begun, or its end.
    Value {
        first: bool,
    },
    /// A number, `true`, `false` or `null`.
    Scalar,
    /// Brackets, or a string outside or within them.
    Nested {
        string: bool,
        escaped: bool,
    },
    Spoken,
    /// A comma, or the end of the object or list.
    After,
    Done,
    Broken,
}

impl Fields {
    /// Of the string field `spoken` the text is given as it comes, of the array field `list` the elements as they close.
    pub(crate) fn new(spoken: Option<String>, list: Option<String>) -> Self {
        Self {
            spoken,
            list,
            state: State::Before,
            raw: String::new(),
            name: String::new(),
            depth: 0,
            in_list: false,
            speech: Unescape::default(),
        }
    }

    /// Takes more of the text.
    ///
    /// # Errors
    /// What is wrong with it, when it is no JSON. Later text is passed over.
    pub(crate) fn push(&mut self, text: &str) -> Result<Vec<Part>, String> {
        let mut parts = Vec::new();
        for c in text.chars() {
            if let Err(reason) = self.step(c, &mut parts) {
                self.state = State::Broken;
                return Err(reason);
            }
        }
        parts.extend(self.speech.fresh().map(Part::Text));
        Ok(parts)
    }

    /// True when the object has closed.
    pub(crate) fn is_whole(&self) -> bool {
        self.state == State::Done
    }

    fn step(&mut self, c: char, parts: &mut Vec<Part>) -> Result<(), String> {
        let blank = matches!(c, ' ' | '\t' | '\n' | '\r');
        match self.state {
            State::Before if c == '{' => self.state = State::Key { first: true },
            State::Before | State::Done | State::Broken => {}
            State::InKey { escaped } => {
                self.raw.push(c);
                if c == '"' && !escaped {
                    self.name = read(&self.raw)?;
                    self.state = State::Colon;
                } else {
                    self.state = State::InKey { escaped: c == '\\' && !escaped };
                }
            }
            State::Nested { string, escaped } => self.nested(c, string, escaped, parts)?,
            State::Spoken if self.speech.push(c)? => {
                parts.extend(self.speech.fresh().map(Part::Text));
                let said = std::mem::take(&mut self.speech).into_text();
                parts.push(Part::Field(self.name.clone(), Value::String(said)));
                self.state = State::After;
            }
            State::Spoken => {}
            State::Scalar if blank || matches!(c, ',' | '}' | ']') => {
                self.close(parts)?;
                self.step(c, parts)?;
            }
            State::Scalar => self.raw.push(c),
            _ if blank => {}
            State::Key { .. } if c == '"' => {
                self.begin(c);
                self.state = State::InKey { escaped: false };
            }
            State::Key { first: true } if c == '}' => self.state = State::Done,
            State::Colon if c == ':' => self.state = State::Value { first: false },
            State::Value { first: true } if c == ']' => self.end_list(),
            State::Value { .. } => self.value(c),
            State::After if c == ',' && self.in_list => self.state = State::Value { first: false },
            State::After if c == ',' => self.state = State::Key { first: false },
            State::After if c == ']' && self.in_list => self.end_list(),
            State::After if c == '}' && !self.in_list => self.state = State::Done,
            State::Key { .. } | State::Colon | State::After => {
                return Err(format!("'{c}' where none can be, after the field '{}'", self.name));
            }
        }
        Ok(())
    }

    fn begin(&mut self, c: char) {
        self.raw.clear();
        self.raw.push(c);
    }

    /// The first character of a value.
    fn value(&mut self, c: char) {
        let is = |wanted: &Option<String>| wanted.as_ref() == Some(&self.name);
        match c {
            '[' if !self.in_list && is(&self.list) => {
                self.in_list = true;
                self.state = State::Value { first: true };
            }
            '"' if !self.in_list && is(&self.spoken) => {
                self.speech = Unescape::default();
                self.state = State::Spoken;
            }
            '"' | '{' | '[' => {
                self.begin(c);
                self.depth = usize::from(c != '"');
                self.state = State::Nested { string: c == '"', escaped: false };
            }
            _ => {
                self.begin(c);
                self.state = State::Scalar;
            }
        }
    }

    fn nested(
        &mut self,
        c: char,
        string: bool,
        escaped: bool,
        parts: &mut Vec<Part>,
    ) -> Result<(), String> {
        self.raw.push(c);
        self.state = State::Nested {
            string: string != (c == '"' && !escaped),
            escaped: string && c == '\\' && !escaped,
        };
        match c {
            '{' | '[' if !string => self.depth += 1,
            // What closes here needn't fit what was opened: the whole is parsed in the end.
            '}' | ']' if !string => self.depth -= 1,
            _ => {}
        }
        let open = matches!(self.state, State::Nested { string: true, .. });
        if self.depth == 0 && !open { self.close(parts) } else { Ok(()) }
    }

    fn close(&mut self, parts: &mut Vec<Part>) -> Result<(), String> {
        let value = read(&self.raw)?;
        parts.push(match self.in_list {
            true => Part::Item(value),
            false => Part::Field(self.name.clone(), value),
        });
        self.state = State::After;
        Ok(())
    }

    fn end_list(&mut self) {
        self.in_list = false;
        self.state = State::After;
    }
}

fn read<T: serde::de::DeserializeOwned>(raw: &str) -> Result<T, String> {
    serde_json::from_str(raw).map_err(|error| {
        let shown: String = raw.chars().take(60).collect();
        format!("{error}: {shown}")
    })
}

#[cfg(test)]
mod tests;
