//! Type: a serif for Latin, a brush-like face for Chinese, and the fallback between them.

use crate::words::Language;
use bevy::prelude::*;
use bevy::text::{FontCx, FontSource};
use parley::fontique::Script;

pub struct FontsPlugin;

impl Plugin for FontsPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Fonts>()
            .add_systems(PreUpdate, fall_back)
            .add_systems(Update, follow_language);
    }
}

#[derive(Resource)]
pub struct Fonts {
    latin: Handle<Font>,
    italic: Handle<Font>,
    han: Handle<Font>,
}

impl FromWorld for Fonts {
    fn from_world(world: &mut World) -> Self {
        let assets = world.resource::<AssetServer>();
        Self {
            latin: assets.load("fonts/eb-garamond.otf"),
            italic: assets.load("fonts/eb-garamond-italic.otf"),
            han: assets.load("fonts/wenkai.ttf"),
        }
    }
}

impl Fonts {
    /// The face for Chinese.
    pub fn chinese(&self) -> Handle<Font> {
        self.han.clone()
    }
}

/// What a text is for: with the language it decides the face and the size.
#[derive(Component, Clone, Copy, PartialEq)]
#[require(TextFont)]
pub struct Face {
    /// Logical pixels.
    pub size: f32,
    /// Set apart from the rest.
    pub italic: bool,
}

impl Face {
    pub fn upright(size: f32) -> Self {
        Self { size, italic: false }
    }
    pub fn italic(size: f32) -> Self {
        Self { size, italic: true }
    }
}

/// Chinese has larger bodies than a Garamond of the same size.
const HAN_SIZE: f32 = 0.9;

fn follow_language(
    language: Res<Language>,
    fonts: Res<Fonts>,
    mut texts: Query<(Ref<Face>, &mut TextFont)>,
) {
    for (face, mut text) in &mut texts {
        if !face.is_changed() && !language.is_changed() {
            continue;
        }
        let (font, size) = match *language {
            Language::Chinese => (&fonts.han, face.size * HAN_SIZE),
            Language::English if face.italic => (&fonts.italic, face.size),
            Language::English => (&fonts.latin, face.size),
        };
        text.font = FontSource::Handle(font.clone());
        text.font_size = FontSize::Px(size);
    }
}

/// Chinese and Japanese in a Latin text are drawn with the Chinese face. The layout engine has to be told for each
/// script, and again whenever its collection was rebuilt.
fn fall_back(
    fonts: Res<Fonts>,
    loaded: Res<Assets<Font>>,
    mut context: ResMut<FontCx>,
    mut registered: Local<Option<usize>>,
    mut texts: Query<&mut TextFont>,
) {
    let Some(han) = loaded.get(&fonts.han) else { return };
    if han.alias.is_empty() || *registered == Some(loaded.len()) {
        return;
    }
    let Some(family) = context.collection.family_id(&han.alias) else { return };
    for script in [b"Hani", b"Hira", b"Kana", b"Hang", b"Bopo"] {
        context.collection.append_fallbacks(Script::from_bytes(*script), [family].into_iter());
    }
    *registered = Some(loaded.len());
    // What was laid out before is laid out again.
    texts.iter_mut().for_each(|mut text| text.set_changed());
}
