//! Type: a serif for Latin, a brush-like face for Chinese, one that is easier for dyslexic readers, and the fallback
//! between them.

use crate::preferences::Preferences;
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
    dyslexic: Handle<Font>,
    dyslexic_italic: Handle<Font>,
    han: Handle<Font>,
}

impl FromWorld for Fonts {
    fn from_world(world: &mut World) -> Self {
        let assets = world.resource::<AssetServer>();
        Self {
            latin: assets.load("fonts/eb-garamond.otf"),
            italic: assets.load("fonts/eb-garamond-italic.otf"),
            dyslexic: assets.load("fonts/saltreach-legible.otf"),
            dyslexic_italic: assets.load("fonts/saltreach-legible-italic.otf"),
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

/// What a text is for: with the language and the preferences it decides the face and the size.
#[derive(Component, Clone, Copy, PartialEq)]
#[require(TextFont)]
pub struct Face {
    /// Logical pixels, at a text size of 100 %.
    pub size: f32,
    /// Set apart from the rest.
    pub italic: bool,
    /// Grows with the player's text size: the words of the story do, those of titles and menus only a little.
    pub is_read: bool,
}

impl Face {
    pub fn upright(size: f32) -> Self {
        Self { size, italic: false, is_read: false }
    }
    pub fn italic(size: f32) -> Self {
        Self { size, italic: true, is_read: false }
    }
    pub fn read(self) -> Self {
        Self { is_read: true, ..self }
    }
}

/// Chinese has larger bodies than a Garamond of the same size, and so has the legible face.
const HAN_SIZE: f32 = 0.9;
const DYSLEXIC_SIZE: f32 = 0.74;

fn follow_language(
    language: Res<Language>,
    preferences: Res<Preferences>,
    fonts: Res<Fonts>,
    mut texts: Query<(Ref<Face>, &mut TextFont)>,
) {
    let all = language.is_changed() || preferences.is_changed();
    for (face, mut text) in &mut texts {
        if !face.is_changed() && !all {
            continue;
        }
        let (font, size) = match (*language, preferences.dyslexic, face.italic) {
            (Language::Chinese, ..) => (&fonts.han, face.size * HAN_SIZE),
            (Language::English, true, false) => (&fonts.dyslexic, face.size * DYSLEXIC_SIZE),
            (Language::English, true, true) => (&fonts.dyslexic_italic, face.size * DYSLEXIC_SIZE),
            (Language::English, false, false) => (&fonts.latin, face.size),
            (Language::English, false, true) => (&fonts.italic, face.size),
        };
        let chosen = f32::from(preferences.text_size) / 100.0;
        let grown = if face.is_read { chosen } else { 1.0 + (chosen - 1.0) * 0.35 };
        let wanted = (FontSource::Handle(font.clone()), FontSize::Px(size * grown));
        if (&text.font, text.font_size) != (&wanted.0, wanted.1) {
            (text.font, text.font_size) = wanted;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_and_size_follow_the_language_and_the_preferences() {
        let made = Assets::<Font>::default();
        let new = || made.reserve_handle();
        let (latin, dyslexic, han) = (new(), new(), new());
        let fonts = Fonts {
            latin: latin.clone(),
            italic: new(),
            dyslexic: dyslexic.clone(),
            dyslexic_italic: new(),
            han: han.clone(),
        };
        let mut app = App::new();
        app.insert_resource(fonts)
            .insert_resource(Language::English)
            .insert_resource(Preferences::default())
            .add_systems(Update, follow_language);
        let spawn = |app: &mut App, face: Face| app.world_mut().spawn(face).id();
        let (read, menu) =
            (spawn(&mut app, Face::upright(20.0).read()), spawn(&mut app, Face::upright(20.0)));
        let shown = |app: &mut App, text: Entity| {
            app.update();
            let font = app.world().get::<TextFont>(text).unwrap();
            (font.font.clone(), font.font_size)
        };
        let is = |font: &Handle<Font>, size| (FontSource::Handle(font.clone()), FontSize::Px(size));
        assert_eq!(shown(&mut app, read), is(&latin, 20.0));
        app.world_mut().resource_mut::<Preferences>().text_size = 150;
        assert_eq!(shown(&mut app, read), is(&latin, 30.0));
        let FontSize::Px(of_menu) = shown(&mut app, menu).1 else { panic!("a size in pixels") };
        assert!(20.0 < of_menu && of_menu < 30.0);
        app.world_mut().resource_mut::<Preferences>().dyslexic = true;
        assert_eq!(shown(&mut app, read).0, FontSource::Handle(dyslexic));
        *app.world_mut().resource_mut::<Language>() = Language::Chinese;
        assert_eq!(shown(&mut app, read).0, FontSource::Handle(han));
    }
}
