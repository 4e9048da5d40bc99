//! What the player does not want to meet: a row in the preferences for each of the story's content notes.

use crate::fonts::Face;
use crate::look::PAPER;
use crate::menu::{Adjusted, MenuSystems, Pressed};
use crate::overlay::Overlay;
use crate::preferences::Preferences;
use crate::words::{Language, Word};
use bevy::prelude::*;
use bevy_dramaturg::engine::ContentNote;
use bevy_dramaturg::{ContentSettings, StoryPack};

pub struct ContentPlugin;

impl Plugin for ContentPlugin {
    fn build(&self, app: &mut App) {
        let avoided = app.world().get_resource::<Preferences>().and_then(|p| p.avoids.clone());
        if let Some(avoided) = avoided {
            app.insert_resource(ContentSettings::avoiding(avoided));
        }
        app.add_systems(
            Update,
            (switch, show).chain().after(MenuSystems).run_if(in_state(Overlay::Preferences)),
        );
    }
}

/// The row of a note, by its id.
#[derive(Component, Clone)]
pub struct ContentRow(pub String);

/// The two texts of such a row.
#[derive(Component)]
struct Named(String);
#[derive(Component)]
struct Shown(String);

/// The ids of the notes of the story that is there to be played.
pub fn notes(packs: &Assets<StoryPack>) -> Vec<String> {
    in_words(packs, "en").into_iter().map(|note| note.id).collect()
}

fn in_words(packs: &Assets<StoryPack>, locale: &str) -> Vec<ContentNote> {
    let notes = packs.iter().next().map(|(_, StoryPack(pack))| pack.content_notes(locale));
    notes.unwrap_or_default()
}

/// What stands in a note's row: its name, and whether it is left out.
pub fn texts(id: &str) -> impl Bundle {
    let text = || (Text::default(), Face::upright(22.0), TextColor(PAPER.with_alpha(0.72)));
    children![(Named(id.to_owned()), text()), (Shown(id.to_owned()), text())]
}

fn switch(
    rows: Query<&ContentRow>,
    mut settings: ResMut<ContentSettings>,
    mut preferences: ResMut<Preferences>,
    mut pressed: MessageReader<Pressed>,
    mut adjusted: MessageReader<Adjusted>,
) {
    let pressed = pressed.read().map(|Pressed(entity)| *entity);
    let adjusted = adjusted.read().map(|adjusted| adjusted.entity);
    for entity in pressed.chain(adjusted) {
        if let Ok(ContentRow(id)) = rows.get(entity) {
            let avoids = settings.avoids(id);
            settings.set(id, !avoids);
            preferences.avoids = settings.all().cloned();
        }
    }
}

fn show(
    settings: Res<ContentSettings>,
    language: Res<Language>,
    packs: Res<Assets<StoryPack>>,
    mut named: Query<(&Named, &mut Text), Without<Shown>>,
    mut shown: Query<(&Shown, &mut Text)>,
) {
    let notes = in_words(&packs, language.locale());
    for (Named(id), mut text) in &mut named {
        let name = notes.iter().find(|note| note.id == *id).map_or(id.as_str(), |note| &note.name);
        let wanted = format!("{}{name}", language.say(Word::LeaveOut));
        if text.0 != wanted {
            text.0 = wanted;
        }
    }
    for (Shown(id), mut text) in &mut shown {
        let word = if settings.avoids(id) { Word::On } else { Word::Off };
        let wanted = format!("‹ {} ›", language.say(word));
        if text.0 != wanted {
            text.0 = wanted;
        }
    }
}
