//! What a pack does about talk that not everybody wants, and what in it a player may switch off.

use super::Pack;
use serde::Deserialize;

/// What is done when the player talks of something in a way that the pack has a policy for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Treatment {
    /// The character turns it aside in a way of its own. It makes no move, whatever examples say.
    TurnAside,
    /// As that, and the story waits: nothing is steered, nothing begins, nobody acts in that turn.
    Care,
    /// It is talk like any other.
    Allow,
}

/// What a pack does about each kind of talk; where it says nothing the engine's own way is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Advances and obscenities.
    pub sexual: Option<Treatment>,
    /// Somebody may be in need.
    pub self_harm: Option<Treatment>,
    /// Threats and insults.
    pub insult: Option<Treatment>,
    /// Bodies torn and cut.
    pub gore: Option<Treatment>,
    /// Slurs.
    pub hate: Option<Treatment>,
}

/// Something that a player may not want to meet, and can switch off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentNote {
    /// Its name in the pack: `spiders`.
    pub id: String,
    /// As a player reads it.
    pub name: String,
    /// What that means in this story; may be empty.
    pub about: String,
}

/// The section of a content note in the words.
pub(crate) fn section(note: &str) -> String {
    format!("content {note}")
}

impl Pack {
    /// What a player can switch off in this story, in the writer's order: for a preferences screen.
    pub fn content_notes(&self, locale: &str) -> Vec<ContentNote> {
        let prose = self.prose(locale);
        let note = |id: &String| {
            let section = section(id);
            ContentNote {
                id: id.clone(),
                name: prose.field(&section, "name").unwrap_or(id).to_owned(),
                about: prose.text(&section),
            }
        };
        self.content.iter().map(note).collect()
    }

    /// What this pack does about some kinds of talk.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}
