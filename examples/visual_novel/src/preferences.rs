//! What the player has chosen, for all plays: kept in a file, and put to work at once.

use crate::Arguments;
use crate::controls::{Controls, Wish};
use crate::overlay::Tell;
use crate::saves::SaveFolder;
use crate::words::{Language, Word};
use bevy::prelude::*;
use bevy::window::{MonitorSelection, PrimaryWindow, WindowMode};
use bevy_dramaturg_ui::{DialogueSystems, Motion, Pace, Skip};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

pub struct PreferencesPlugin;

impl Plugin for PreferencesPlugin {
    fn build(&self, app: &mut App) {
        let folder = app.world_mut().get_resource_or_init::<SaveFolder>().clone();
        let mut preferences = read(&folder.preferences());
        // What is said on the command line counts.
        let locale = app.world().get_resource::<Arguments>().and_then(|a| a.locale.clone());
        if let Some(locale) = locale {
            preferences.language = Some(Language::of(&locale));
        }
        app.insert_resource(preferences)
            .add_systems(Startup, complain)
            .add_systems(Update, (keys, apply, keep).chain().before(DialogueSystems));
    }
}

/// Everything that can be chosen.
#[derive(Resource, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// 0 slow, 1 normal, 2 fast, 3 at once.
    pub text_speed: u8,
    pub auto: bool,
    /// Seconds beside the time that a page takes to read.
    pub auto_wait_s: u8,
    /// 0 off, 1 what was read, 2 everything.
    pub skip: u8,
    /// Percent.
    pub text_size: u16,
    pub dyslexic: bool,
    pub contrast: bool,
    pub less_motion: bool,
    pub weather: bool,
    pub full_screen: bool,
    /// As chosen in the game; else what the program was started with.
    pub language: Option<Language>,
    /// Of 10.
    pub music: u8,
    /// Of 10.
    pub sounds: u8,
    pub voice: bool,
    pub menu_only: bool,
    /// Name of the model that finds the words, of those that [`Models`](crate::models::Models) has.
    pub model: Option<String>,
    /// Content notes that the player does not want to meet; none where nothing was ever chosen.
    pub avoids: Option<BTreeSet<String>>,
    /// Why the file could not be read.
    #[serde(skip)]
    trouble: Option<String>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            text_speed: 1,
            auto: false,
            auto_wait_s: 1,
            skip: 0,
            text_size: 100,
            dyslexic: false,
            contrast: false,
            less_motion: false,
            weather: true,
            full_screen: false,
            language: None,
            music: 5,
            sounds: 6,
            voice: false,
            menu_only: false,
            model: None,
            avoids: None,
            trouble: None,
        }
    }
}

fn read(file: &Path) -> Preferences {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Preferences::default();
        }
        Err(error) => return broken(file, &error),
    };
    ron::from_str::<Preferences>(&text)
        .map_or_else(|error| broken(file, &error), Preferences::sound)
}

fn broken(file: &Path, error: &dyn std::fmt::Display) -> Preferences {
    // What can't be read is kept beside the new one: somebody may have written it by hand.
    let _ = std::fs::rename(file, file.with_extension("broken"));
    let trouble = format!("The preferences can't be read ({error}); these are the usual ones.");
    Preferences { trouble: Some(trouble), ..Preferences::default() }
}

/// One thing that can be chosen.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    TextSpeed,
    Auto,
    AutoWait,
    Skip,
    TextSize,
    Typeface,
    Contrast,
    Motion,
    Weather,
    FullScreen,
    Language,
    Music,
    Sounds,
    Voice,
    MenuOnly,
}

impl Setting {
    pub const ALL: [Self; 15] = [
        Self::Language,
        Self::TextSpeed,
        Self::Auto,
        Self::AutoWait,
        Self::Skip,
        Self::MenuOnly,
        Self::TextSize,
        Self::Typeface,
        Self::Contrast,
        Self::Motion,
        Self::Weather,
        Self::FullScreen,
        Self::Music,
        Self::Sounds,
        Self::Voice,
    ];
    pub fn word(self) -> Word {
        match self {
            Self::TextSpeed => Word::TextSpeed,
            Self::Auto => Word::Auto,
            Self::AutoWait => Word::AutoWait,
            Self::Skip => Word::Skip,
            Self::TextSize => Word::TextSize,
            Self::Typeface => Word::Typeface,
            Self::Contrast => Word::Contrast,
            Self::Motion => Word::Motion,
            Self::Weather => Word::Weather,
            Self::FullScreen => Word::FullScreen,
            Self::Language => Word::InterfaceLanguage,
            Self::Music => Word::Music,
            Self::Sounds => Word::Sounds,
            Self::Voice => Word::Voice,
            Self::MenuOnly => Word::MenuOnly,
        }
    }
}

const SPEEDS: [Word; 4] = [Word::Slow, Word::Normal, Word::Fast, Word::AtOnce];
const SKIPS: [Word; 3] = [Word::Off, Word::SkipRead, Word::SkipAll];

/// Goes on in a ring of so many.
fn ring(now: u8, by: i32, of: usize) -> u8 {
    (i32::from(now) + by).rem_euclid(of as i32) as u8
}

impl Preferences {
    /// What a file says, within what there is.
    fn sound(mut self) -> Self {
        self.text_speed = self.text_speed.min(3);
        self.auto_wait_s = self.auto_wait_s.min(9);
        self.skip = self.skip.min(2);
        self.text_size = self.text_size.clamp(80, 180);
        self.music = self.music.min(10);
        self.sounds = self.sounds.min(10);
        self
    }
    /// Changes one by a step.
    pub fn adjust(&mut self, setting: Setting, by: i32, language: Language) {
        let step = |now: u8, most: i32| (i32::from(now) + by).clamp(0, most) as u8;
        match setting {
            Setting::TextSpeed => self.text_speed = ring(self.text_speed, by, SPEEDS.len()),
            Setting::Auto => self.auto = !self.auto,
            Setting::AutoWait => self.auto_wait_s = step(self.auto_wait_s, 9),
            Setting::Skip => self.skip = ring(self.skip, by, SKIPS.len()),
            Setting::TextSize => {
                let wanted = i32::from(self.text_size) + 10 * by;
                self.text_size = wanted.clamp(80, 180) as u16;
            }
            Setting::Typeface => self.dyslexic = !self.dyslexic,
            Setting::Contrast => self.contrast = !self.contrast,
            Setting::Motion => self.less_motion = !self.less_motion,
            Setting::Weather => self.weather = !self.weather,
            Setting::FullScreen => self.full_screen = !self.full_screen,
            Setting::Language => self.language = Some(language.other()),
            Setting::Music => self.music = step(self.music, 10),
            Setting::Sounds => self.sounds = step(self.sounds, 10),
            Setting::Voice => self.voice = !self.voice,
            Setting::MenuOnly => self.menu_only = !self.menu_only,
        }
    }
    /// How one is shown.
    pub fn shown(&self, setting: Setting, language: Language) -> String {
        let say = |word: Word| language.say(word).to_owned();
        let switch = |on: bool| say(if on { Word::On } else { Word::Off });
        let volume = |of_ten: u8| {
            format!("{}{}", "●".repeat(of_ten.into()), "○".repeat(10 - usize::from(of_ten.min(10))))
        };
        match setting {
            Setting::TextSpeed => say(SPEEDS[usize::from(self.text_speed.min(3))]),
            Setting::Auto => switch(self.auto),
            Setting::AutoWait => format!("{} s", self.auto_wait_s),
            Setting::Skip => say(SKIPS[usize::from(self.skip.min(2))]),
            Setting::TextSize => format!("{} %", self.text_size),
            Setting::Typeface => say(if self.dyslexic { Word::Dyslexic } else { Word::Serif }),
            Setting::Contrast => switch(self.contrast),
            Setting::Motion => switch(self.less_motion),
            Setting::Weather => switch(self.weather),
            Setting::FullScreen => switch(self.full_screen),
            Setting::Language => match language {
                Language::English => "English".into(),
                Language::Chinese => "中文".into(),
            },
            Setting::Music => volume(self.music),
            Setting::Sounds => volume(self.sounds),
            Setting::Voice => switch(self.voice),
            Setting::MenuOnly => switch(self.menu_only),
        }
    }
    /// How fast lines are told.
    pub fn pace(&self) -> Pace {
        let times = [0.5, 1.0, 2.2, 1.0][usize::from(self.text_speed.min(3))];
        let usual = Pace::default();
        Pace {
            latin: usual.latin * times,
            han: usual.han * times,
            at_once: self.text_speed == 3,
            auto_s: self.auto.then(|| f32::from(self.auto_wait_s)),
            skip: [Skip::Off, Skip::Read, Skip::All][usize::from(self.skip.min(2))],
            ..usual
        }
    }
}

fn complain(preferences: Res<Preferences>, mut tell: MessageWriter<Tell>) {
    if let Some(trouble) = &preferences.trouble {
        warn!("{trouble}");
        tell.write(Tell(trouble.clone()));
    }
}

/// What has a key of its own.
fn keys(controls: Res<Controls>, language: Res<Language>, mut preferences: ResMut<Preferences>) {
    let keys = [
        (Wish::FullScreen, Setting::FullScreen),
        (Wish::Auto, Setting::Auto),
        (Wish::Skip, Setting::Skip),
    ];
    for (wish, setting) in keys {
        if controls.wants(wish) {
            preferences.adjust(setting, 1, *language);
        }
    }
}

/// Puts the choices to work. What concerns type and colours is read where those are made.
fn apply(
    preferences: Res<Preferences>,
    mut language: ResMut<Language>,
    mut pace: ResMut<Pace>,
    mut motion: ResMut<Motion>,
    mut windows: Query<&mut Window, With<PrimaryWindow>>,
) {
    if !preferences.is_changed() {
        return;
    }
    if let Some(chosen) = preferences.language {
        language.set_if_neq(chosen);
    }
    pace.set_if_neq(preferences.pace());
    motion.set_if_neq(Motion { reduced: preferences.less_motion });
    for mut window in &mut windows {
        let is_full = window.mode != WindowMode::Windowed;
        if is_full != preferences.full_screen {
            window.mode = if preferences.full_screen {
                WindowMode::BorderlessFullscreen(MonitorSelection::Current)
            } else {
                WindowMode::Windowed
            };
        }
    }
}

fn keep(
    preferences: Res<Preferences>,
    folder: Res<SaveFolder>,
    mut kept: Local<Option<Preferences>>,
    mut tell: MessageWriter<Tell>,
) {
    let before = kept.get_or_insert_with(|| preferences.clone());
    if *before == *preferences {
        return;
    }
    before.clone_from(&preferences);
    let pretty = ron::ser::PrettyConfig::default();
    let text = ron::ser::to_string_pretty(&*preferences, pretty).unwrap_or_default();
    if let Err(error) = folder.write("preferences.ron", text.as_bytes()) {
        tell.write(Tell(format!("The preferences can't be kept: {error}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_changes_something_that_is_shown_and_comes_back_from_the_file() {
        for setting in Setting::ALL {
            for language in [Language::English, Language::Chinese] {
                let before = Preferences { language: Some(language), ..Preferences::default() };
                let mut after = before.clone();
                after.adjust(setting, 1, language);
                assert_ne!(before, after, "{setting:?}");
                let now = after.language.unwrap_or(language);
                assert_ne!(
                    before.shown(setting, language),
                    after.shown(setting, now),
                    "{setting:?}"
                );
                let text = ron::to_string(&after).unwrap();
                assert_eq!(ron::from_str::<Preferences>(&text).unwrap().sound(), after);
            }
        }
    }

    #[test]
    fn a_broken_file_gives_the_usual_preferences_and_says_so() {
        let dir = std::env::temp_dir().join(format!("preferences-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let file = dir.join("preferences.ron");
        std::fs::write(&file, "(text_speed: 300").unwrap();
        let read_back = read(&file);
        assert!(read_back.trouble.is_some());
        assert_eq!(Preferences { trouble: None, ..read_back }, Preferences::default());
        assert!(file.with_extension("broken").is_file());
        std::fs::write(&file, "(text_speed: 200, music: 77)").unwrap();
        let clamped = read(&file);
        assert_eq!((clamped.text_speed, clamped.music), (3, 10));
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn the_pace_follows_the_preferences() {
        let pace = |p: Preferences| p.pace();
        let usual = pace(Preferences::default());
        assert_eq!(usual, Pace::default());
        assert!(pace(Preferences { text_speed: 0, ..default() }).latin < usual.latin);
        assert!(pace(Preferences { text_speed: 2, ..default() }).han > usual.han);
        assert!(pace(Preferences { text_speed: 3, ..default() }).at_once);
        assert_eq!(pace(Preferences { auto: true, auto_wait_s: 4, ..default() }).auto_s, Some(4.0));
        assert_eq!(pace(Preferences { skip: 2, ..default() }).skip, Skip::All);
    }

    #[test]
    fn the_choices_are_put_to_work_at_once() {
        let mut app = App::new();
        app.insert_resource(Preferences::default())
            .insert_resource(Language::English)
            .insert_resource(Pace::default())
            .insert_resource(Motion::default())
            .add_systems(Update, apply);
        let window = app.world_mut().spawn((Window::default(), PrimaryWindow)).id();
        app.update();
        assert!(!app.world().resource::<Motion>().reduced);
        let mode = |app: &App| app.world().get::<Window>(window).map(|window| window.mode);
        assert_eq!(mode(&app), Some(WindowMode::Windowed));
        let mut preferences = app.world_mut().resource_mut::<Preferences>();
        for setting in [Setting::Motion, Setting::FullScreen, Setting::Language, Setting::Auto] {
            preferences.adjust(setting, 1, Language::English);
        }
        app.update();
        assert!(app.world().resource::<Motion>().reduced);
        assert_ne!(mode(&app), Some(WindowMode::Windowed));
        assert_eq!(*app.world().resource::<Language>(), Language::Chinese);
        assert!(app.world().resource::<Pace>().auto_s.is_some());
        app.world_mut().resource_mut::<Preferences>().full_screen = false;
        app.update();
        assert_eq!(mode(&app), Some(WindowMode::Windowed));
    }
}
