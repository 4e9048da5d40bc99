//! Documents that a game's author drops into a pack: Markdown, plain text, PDF. They are cut into passages, and the few that fit
//! what the player says come into a prompt, marked as what they are: something written, with its source.
//!
//! A document is never more than text. It names no tools, opens no lock and changes nobody; a passage that would give away what is
//! locked stays out like a line that would.

mod chunk;
mod document;
mod pdf;

pub(crate) use document::most_bytes;
pub use document::{LeftOut, PdfFault};

use crate::State;
use crate::pack::Lore;
use document::Part;
use dramaturg_mind::{Index, Item, Query};
use std::path::Path;

/// The folder of documents, of a pack and of a language.
pub(crate) const FOLDER: &str = "library";
/// The most documents of a language.
pub(crate) const MOST_DOCUMENTS: usize = 500;
/// The most passages of a language: about two million words.
const MOST_PASSAGES: usize = 20_000;
/// From which share of what the player's words ask for, rare words counting more, a passage answers to them.
const COVERS: f32 = 0.34;
/// The same where a passage is also the nearest in meaning.
const NEAR_COVERS: f32 = 0.12;

/// A piece of a document: short enough for a prompt, whole enough to be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The document's file, as it lies in the pack: `library/almanac.pdf`.
    pub document: String,
    /// The headings under which it stands, the innermost last; empty where there are none.
    pub heading: String,
    /// The page, from 1, of a document that has pages.
    pub page: Option<u32>,
    /// The words, in one line, without marks that steer a terminal or a model.
    pub text: String,
}

impl Passage {
    /// Where it stands, for people: `library/almanac.pdf, page 3`, `en/library/harbour.md, Tides`.
    pub fn source(&self) -> String {
        let mut source = self.document.clone();
        if !self.heading.is_empty() {
            source.push_str(&format!(", {}", self.heading));
        }
        if let Some(page) = self.page {
            source.push_str(&format!(", page {page}"));
        }
        source
    }
}

/// The documents of one language, cut into passages and indexed.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// Who knows each document and when: its front matter.
    documents: Vec<Lore>,
    passages: Vec<Passage>,
    /// Of which document each passage is.
    of: Vec<usize>,
    index: Index,
}

impl Library {
    /// Adds a document. `front` is its front matter, or what stands for it.
    ///
    /// # Errors
    /// When the library is full.
    pub(crate) fn add(&mut self, name: &str, front: Lore, parts: &[Part]) -> Result<(), LeftOut> {
        let passages: Vec<Passage> = parts
            .iter()
            .flat_map(|part| {
                chunk::chunks(&part.text).into_iter().map(|text| Passage {
                    document: name.to_owned(),
                    heading: part.heading.clone(),
                    page: part.page,
                    text,
                })
            })
            .collect();
        if self.passages.len() + passages.len() > MOST_PASSAGES {
            return Err(LeftOut::Full { file: name.into(), most: MOST_PASSAGES });
        }
        if passages.is_empty() {
            return Err(LeftOut::Empty { file: name.into() });
        }
        for passage in passages {
            self.index.insert(&item(&words(&passage), self.documents.len()), None);
            self.of.push(self.documents.len());
            self.passages.push(passage);
        }
        self.documents.push(front);
        Ok(())
    }

    /// All passages, in the order of their documents.
    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }
    /// How many documents there are.
    pub(crate) fn len(&self) -> usize {
        self.documents.len()
    }
    /// The index, for whoever has vectors to add.
    pub(crate) fn index(&self) -> &Index {
        &self.index
    }
    /// What is embedded for a passage.
    pub(crate) fn embedding_text(&self, number: u32) -> Option<String> {
        self.passages.get(number as usize).map(words)
    }

    /// The passages that answer to what is said, the best first: by `index`, which is the library's own or a copy of it with vectors,
    /// of documents that `npc` knows now, and only those that are `fit`.
    pub(crate) fn consult(
        &self,
        (npc, state): (&str, &State),
        index: &Index,
        (said, vector): (&str, Option<&[f32]>),
        count: usize,
        fit: impl Fn(&Passage) -> bool,
    ) -> Vec<u32> {
        let query = Query { text: said, asker: "", asked: "", now: state.day(), vector };
        let known: Vec<bool> =
            self.documents.iter().map(|document| document.known_to(npc, state)).collect();
        let allowed = |number: u32| {
            let at = number as usize;
            let known = self.of.get(at).and_then(|of| known.get(*of)).copied().unwrap_or_default();
            known && self.passages.get(at).is_some_and(&fit)
        };
        let found = index.search(&query, count, allowed);
        let near = if vector.is_some() { NEAR_COVERS } else { COVERS };
        let touched = found.into_iter().enumerate().filter(|(place, found)| {
            // What is nearest by meaning, too, needs fewer words.
            let enough = if *place == 0 { near } else { COVERS };
            index.covers(found.item, said) >= enough
        });
        touched.map(|(_, found)| found.item).collect()
    }
}

/// A heading is part of what a passage is about.
fn words(passage: &Passage) -> String {
    match passage.heading.as_str() {
        "" => passage.text.clone(),
        heading => format!("{heading}: {}", passage.text),
    }
}

fn item(text: &str, document: usize) -> Item<'_> {
    // Each document is a conversation of its own: only within it do passages stand beside each other.
    Item { text, thread: document as u32, importance: 10, ..Item::default() }
}

/// Whether a file's ending says that it is a document.
pub(crate) fn is_document(file: &Path) -> bool {
    document::Format::of(file).is_some()
}

/// The text and the front matter of a document, whatever its bytes are.
///
/// # Errors
/// Why it is left out.
pub(crate) fn read(name: &Path, bytes: Vec<u8>) -> Result<(Option<Lore>, Vec<Part>), LeftOut> {
    document::read(name, bytes)
}

#[cfg(test)]
mod tests;
