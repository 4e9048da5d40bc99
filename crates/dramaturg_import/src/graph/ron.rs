//! Values as `pack.ron` has them.

use serde::Serialize;

/// A text in quotes.
pub(super) fn text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

pub(super) fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

/// A value of the engine's own types, which are made of names, numbers and texts.
pub(super) fn value(value: &impl Serialize) -> String {
    ron::to_string(value).unwrap_or_default()
}
