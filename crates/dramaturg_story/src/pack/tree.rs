//! Where each thing stands in a RON file: serde tells the values, this tells the places.

use crate::PackError;
use std::path::{Path, PathBuf};

/// A place in a file of a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A RON file with the places of its parts.
pub(super) struct Written {
    pub(super) file: PathBuf,
    pub(super) source: String,
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    /// Byte at which it begins; of a text, its first character.
    at: usize,
    kind: Kind,
}

#[derive(Debug, Default)]
enum Kind {
    Text(String),
    /// A map, or the fields of a struct: byte of the name, the name, the value.
    Named(Vec<(usize, String, Node)>),
    /// A list, or the parts of a variant.
    Parts(Vec<Node>),
    #[default]
    Other,
}

/// A part of a file, or nothing where the file has no such part.
#[derive(Clone, Copy)]
pub(super) struct Spot<'t>(Option<&'t Node>);

impl<'t> Spot<'t> {
    /// The value of a field or key.
    pub(super) fn get(self, name: &str) -> Self {
        Self(self.named().iter().find(|n| n.1 == name).map(|n| &n.2))
    }
    /// The part of that number.
    pub(super) fn nth(self, index: usize) -> Self {
        match self.0.map(|node| &node.kind) {
            Some(Kind::Parts(parts)) => Self(parts.get(index)),
            _ => Self(None),
        }
    }
    /// The text in it, which may be the only part of a variant.
    pub(super) fn is_in_some(self) -> Self {
        match self.0.map(|node| &node.kind) {
            Some(Kind::Parts(parts)) if parts.len() == 1 => Self(parts.first()),
            _ => self,
        }
    }
    pub(super) fn at(self) -> usize {
        self.0.map_or(0, |node| node.at)
    }
    /// Where the name of a field or key stands.
    pub(super) fn name_at(self, name: &str) -> usize {
        self.named().iter().find(|n| n.1 == name).map_or(self.at(), |n| n.0)
    }
    /// Its fields or keys with their bytes.
    pub(super) fn names(self) -> impl Iterator<Item = (usize, &'t str)> {
        self.named().iter().map(|n| (n.0, n.1.as_str()))
    }
    /// Byte of the first text in it that is `text`; of itself where there is none.
    pub(super) fn text_at(self, text: &str) -> usize {
        fn find(node: &Node, wanted: &str) -> Option<usize> {
            match &node.kind {
                Kind::Text(text) => (text == wanted).then_some(node.at),
                Kind::Named(named) => named.iter().find_map(|n| find(&n.2, wanted)),
                Kind::Parts(parts) => parts.iter().find_map(|part| find(part, wanted)),
                Kind::Other => None,
            }
        }
        self.0.and_then(|node| find(node, text)).unwrap_or(self.at())
    }
    fn named(self) -> &'t [(usize, String, Node)] {
        match self.0.map(|node| &node.kind) {
            Some(Kind::Named(named)) => named,
            _ => &[],
        }
    }
}

impl Written {
    /// A file whose text serde understood, or will.
    pub(super) fn new(file: &Path, source: &str) -> Self {
        let mut reader = Reader { source, at: 0 };
        reader.attributes();
        let root = reader.value(0).unwrap_or_default();
        Self { file: file.into(), source: source.into(), root }
    }
    pub(super) fn root(&self) -> Spot<'_> {
        Spot(Some(&self.root))
    }
    pub(super) fn place(&self, at: usize) -> Place {
        let before = self.source.get(..at).unwrap_or_default();
        Place {
            file: self.file.clone(),
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
        }
    }
    pub(super) fn error(
        &self,
        at: usize,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> PackError {
        let place = self.place(at);
        PackError::at(place.file, &self.source, place.line, place.column, message, help)
    }
    /// A key or field that stands twice in one map: serde would keep the last.
    pub(super) fn twice(&self) -> Option<(usize, &str)> {
        fn find(node: &Node) -> Option<(usize, &str)> {
            match &node.kind {
                Kind::Named(named) => {
                    let again = named
                        .iter()
                        .enumerate()
                        .find(|(i, name)| named[..*i].iter().any(|other| other.1 == name.1));
                    again
                        .map(|(_, name)| (name.0, name.1.as_str()))
                        .or_else(|| named.iter().find_map(|n| find(&n.2)))
                }
                Kind::Parts(parts) => parts.iter().find_map(find),
                Kind::Text(_) | Kind::Other => None,
            }
        }
        find(&self.root)
    }
}

/// How deep values may be nested.
const DEEPEST: u32 = 64;

struct Reader<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Reader<'s> {
    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }
    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }
    /// Past blanks and comments; block comments may be nested.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            if blank > 0 {
                self.at += blank;
            } else if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                let mut depth = 0;
                loop {
                    let rest = self.rest();
                    if rest.starts_with("/*") {
                        depth += 1;
                        self.at += 2;
                    } else if rest.starts_with("*/") {
                        depth -= 1;
                        self.at += 2;
                    } else if let Some(c) = rest.chars().next() {
                        self.at += c.len_utf8();
                    } else {
                        return;
                    }
                    if depth == 0 {
                        break;
                    }
                }
            } else {
                return;
            }
        }
    }
    /// Past `#![enable(…)]`.
    fn attributes(&mut self) {
        self.blanks();
        while self.rest().starts_with("#!") {
            self.at += self.rest().find(']').map_or(self.rest().len(), |end| end + 1);
            self.blanks();
        }
    }
    fn take(&mut self, c: char) -> bool {
        self.blanks();
        let found = self.next() == Some(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }
    fn word(&mut self) -> Option<String> {
        let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.');
        let length = self.rest().find(|c| !part(c)).unwrap_or(self.rest().len());
        let word = self.rest().get(..length).filter(|word| !word.is_empty())?.to_owned();
        self.at += length;
        Some(word)
    }
    /// A text with its first byte.
    fn text(&mut self) -> Option<(usize, String)> {
        let rest = self.rest();
        let raw = rest.strip_prefix('r').map(|r| r.len() - r.trim_start_matches('#').len());
        if let Some(hashes) = raw
            && rest.get(1 + hashes..).is_some_and(|rest| rest.starts_with('"'))
        {
            let start = self.at + hashes + 2;
            let close = format!("\"{}", "#".repeat(hashes));
            let length = self.source.get(start..)?.find(&close)?;
            self.at = start + length + close.len();
            return Some((start, self.source[start..start + length].to_owned()));
        }
        let start = self.at + 1;
        let mut text = String::new();
        let mut chars = rest.strip_prefix('"')?.char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + i + 1;
                    return Some((start, text));
                }
                // What an escape stands for does not matter here: no name has one.
                '\\' => text.extend(chars.next().map(|c| c.1)),
                c => text.push(c),
            }
        }
        None
    }
    fn value(&mut self, depth: u32) -> Option<Node> {
        self.blanks();
        let at = self.at;
        if depth > DEEPEST {
            return None;
        }
        if let Some((at, text)) = self.text() {
            return Some(Node { at, kind: Kind::Text(text) });
        }
        match self.next()? {
            '[' => {
                self.at += 1;
                let parts = self.parts(']', depth)?;
                Some(Node { at, kind: Kind::Parts(parts) })
            }
            '{' => {
                self.at += 1;
                let mut named = Vec::new();
                while !self.take('}') {
                    self.blanks();
                    let (key_at, key) = match self.text() {
                        Some(key) => key,
                        None => (self.at, self.word()?),
                    };
                    if !self.take(':') {
                        return None;
                    }
                    named.push((key_at, key, self.value(depth + 1)?));
                    self.take(',');
                }
                Some(Node { at, kind: Kind::Named(named) })
            }
            '(' => {
                self.at += 1;
                self.brackets(at, depth)
            }
            '\'' => {
                let rest = self.rest().get(1..)?;
                let from = if rest.starts_with('\\') { 2 } else { 1 };
                self.at += 2 + from.min(rest.len()) - 1;
                self.at += self.rest().find('\'')? + 1;
                Some(Node { at, kind: Kind::Other })
            }
            _ => {
                self.word()?;
                if self.take('(') {
                    return self.brackets(at, depth);
                }
                Some(Node { at, kind: Kind::Other })
            }
        }
    }
    /// After `(`: named fields, or parts.
    fn brackets(&mut self, at: usize, depth: u32) -> Option<Node> {
        self.blanks();
        let start = self.at;
        let is_named = self.word().is_some() && self.take(':');
        self.at = start;
        if !is_named {
            let parts = self.parts(')', depth)?;
            return Some(Node { at, kind: Kind::Parts(parts) });
        }
        let mut named = Vec::new();
        while !self.take(')') {
            self.blanks();
            let name_at = self.at;
            let name = self.word()?;
            if !self.take(':') {
                return None;
            }
            named.push((name_at, name, self.value(depth + 1)?));
            self.take(',');
        }
        Some(Node { at, kind: Kind::Named(named) })
    }
    fn parts(&mut self, close: char, depth: u32) -> Option<Vec<Node>> {
        let mut parts = Vec::new();
        while !self.take(close) {
            parts.push(self.value(depth + 1)?);
            self.take(',');
        }
        Some(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tells_where_things_stand() {
        let source = "#![enable(implicit_some)]\n( // c (\n  id: \"a\", list: [(id: \"b\", when: Some(\"x == 'y'\")), (id: r#\"c\"#)],\n  /* { */ facts: {\"t\": Number(initial: -1), \"é\": Bool(true), \"t\": Bool(false)}, c: '\"',\n)";
        let written = Written::new(Path::new("pack.ron"), source);
        let root = written.root();
        let place = |at: usize| (written.place(at).line, written.place(at).column);
        assert_eq!(place(root.get("id").at()), (3, 8));
        assert_eq!(place(root.get("list").nth(0).get("when").is_in_some().at()), (3, 41));
        assert_eq!(place(root.get("list").nth(1).get("id").at()), (3, 62));
        assert_eq!(root.get("facts").names().count(), 3);
        assert_eq!(written.twice().map(|(at, name)| (place(at), name)), Some(((4, 63), "t")));
        assert_eq!(root.get("nobody").get("x").nth(3).at(), 0);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(source in "[ ()\\[\\]{}:,\"'#r/*a\\\\1é\n-]{0,60}") {
            let written = Written::new(Path::new("pack.ron"), &source);
            let _ = written.twice();
            let _ = written.place(source.len() + 5);
        }
    }
}
