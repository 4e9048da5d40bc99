//! A game as a graph: what is said, what is done, and where it goes from there. All importers come to this, and
//! `write` makes a pack of it.

mod lower;
mod ron;
mod tidy;
mod write;

use dramaturg_story::{Effect, Emotion, FactKind};
pub(crate) use lower::Ids;
use std::collections::BTreeMap;

/// A text by language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) BTreeMap<String, String>);

impl Words {
    pub(crate) fn new(locale: &str, text: impl Into<String>) -> Self {
        Self(BTreeMap::from([(locale.to_owned(), text.into())]))
    }
    pub(crate) fn get(&self, locale: &str) -> Option<&str> {
        self.0.get(locale).map(String::as_str)
    }
}

/// What is heard or seen on the way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    /// A line; narration where nobody speaks it.
    Line { who: Option<String>, emotion: Emotion, text: Words },
    /// A stage direction, which stays in the pack's text as a note.
    Note(String),
}

/// Where it goes from a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Exit {
    Go(usize),
    /// The first whose condition holds, else the last.
    If(Vec<(String, usize)>, usize),
    /// What the player may choose, and where it goes if nothing of it is open.
    Menu(Vec<Choice>, usize),
    /// A part that comes back, and what follows then.
    Call(usize, usize),
    /// Back to where it was called; the end where it was not.
    Return,
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) text: Words,
    pub(crate) when: Option<String>,
    pub(crate) once: bool,
    pub(crate) to: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// What beats and endings are named after.
    pub(crate) label: String,
    pub(crate) scene: Option<String>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) said: Vec<Said>,
    pub(crate) exit: Exit,
}

impl Node {
    pub(crate) fn new(label: &str) -> Self {
        Self {
            label: label.to_owned(),
            scene: None,
            effects: Vec::new(),
            said: Vec::new(),
            exit: Exit::End,
        }
    }
    #[cfg(test)]
    fn lines(&self) -> usize {
        self.said.iter().filter(|said| matches!(said, Said::Line { .. })).count()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Character {
    pub(crate) id: String,
    pub(crate) name: Words,
}

/// A whole game.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Game {
    pub(crate) id: String,
    pub(crate) title: Words,
    /// The first is the writer's.
    pub(crate) locales: Vec<String>,
    pub(crate) cast: Vec<Character>,
    pub(crate) facts: BTreeMap<String, FactKind>,
    /// The background of each scene.
    pub(crate) scenes: BTreeMap<String, String>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) start: usize,
}

impl Game {
    pub(crate) fn language(&self) -> &str {
        self.locales.first().map_or("en", String::as_str)
    }
    /// The pack's files, and how many endings it has.
    pub(crate) fn into_files(self) -> (BTreeMap<std::path::PathBuf, String>, usize) {
        let story = lower::lower(tidy::tidy(self));
        let endings = story.endings.len();
        (write::files(&story), endings)
    }
}

/// A name that packs can use: letters, digits and underscores, beginning with a letter.
pub(crate) fn id_of(text: &str) -> String {
    let mut id = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            id.push(c.to_ascii_lowercase());
        } else if c.is_alphanumeric() {
            // Letters of other scripts have no place in ids; their numbers tell them apart.
            id.push_str(&format!("u{:x}", u32::from(c)));
        } else if !id.ends_with('_') && !id.is_empty() {
            id.push('_');
        }
    }
    let id = id.trim_end_matches('_').to_owned();
    let named = id.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    if named { id } else { format!("x{id}") }
}
