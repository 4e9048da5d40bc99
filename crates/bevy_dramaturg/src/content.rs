//! What the player does not want to meet, for all plays.

use crate::play::Play;
use bevy_ecs::prelude::*;
use std::collections::BTreeSet;

/// The player's content settings: what they have switched off of the content notes of stories. A change reaches all plays, each
/// from its next turn on, and is kept in their saves; a new play begins with it.
///
/// For a preferences screen: [`Pack::content_notes`](dramaturg_story::Pack::content_notes) has the notes of a story with their
/// names, [`Self::avoids`] and [`Self::set`] are its check boxes. Where nothing was ever set, a continued play keeps what is in its
/// save.
///
/// ```
/// use bevy_dramaturg::ContentSettings;
/// let mut settings = ContentSettings::default();
/// settings.set("spiders", true);
/// assert!(settings.avoids("spiders") && !settings.avoids("drowning"));
/// ```
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct ContentSettings(Option<BTreeSet<String>>);

impl ContentSettings {
    /// With these switched off, and no others.
    pub fn avoiding(notes: impl IntoIterator<Item = String>) -> Self {
        Self(Some(notes.into_iter().collect()))
    }
    /// Whether a note is switched off.
    pub fn avoids(&self, note: &str) -> bool {
        self.0.as_ref().is_some_and(|notes| notes.contains(note))
    }
    /// Switches a note off, or on again.
    pub fn set(&mut self, note: &str, avoid: bool) {
        let notes = self.0.get_or_insert_default();
        if avoid {
            notes.insert(note.to_owned());
        } else {
            notes.remove(note);
        }
    }
    /// All that is switched off, to be kept with a game's other preferences; none where nothing was ever set.
    pub fn all(&self) -> Option<&BTreeSet<String>> {
        self.0.as_ref()
    }
}

/// Tells a change to all plays.
pub(crate) fn tell(settings: Res<ContentSettings>, plays: Query<&Play>) {
    if let (true, Some(notes)) = (settings.is_changed(), settings.all()) {
        plays.iter().for_each(|play| play.stage().avoid(notes.iter().cloned()));
    }
}
