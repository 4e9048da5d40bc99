//! The Lantern at Saltreach: a visual novel in which the player says anything.

mod about;
mod chronicle;
mod content;
mod controls;
mod dialogue;
mod fonts;
mod history;
mod input;
mod look;
mod menu;
mod models;
mod overlay;
mod pause;
mod people;
mod preferences;
mod saves;
mod scene;
mod settings_panel;
mod slots;
mod sound;
mod stage_picture;
mod suggestions;
mod svg;
mod title;
mod voice;
mod weather;
mod words;

use bevy::asset::{AssetPlugin, UnapprovedPathMode};
use bevy::prelude::*;
use bevy::window::{PresentMode, WindowResolution};
use bevy_dramaturg::llm::ModelChoice;
use bevy_dramaturg::prelude::*;
use bevy_dramaturg_inspector::{InspectorFont, InspectorPlugin};
use bevy_dramaturg_ui::DramaturgUiPlugin;
use clap::Parser;
use std::path::PathBuf;

/// A visual novel in which the player says anything.
#[derive(Parser, Resource, Clone, Debug)]
#[command(version, about)]
struct Arguments {
    /// The folder of the story pack.
    #[arg(long, default_value = "assets/stories/lantern")]
    story: PathBuf,
    /// The language, en or zh, instead of the one that was chosen in the game.
    #[arg(long)]
    locale: Option<String>,
    /// A GGUF model file. Without one, DRAMATURG_MODEL or DRAMATURG_BASE_URL are asked, and authored lines always work.
    #[arg(long)]
    model_file: Option<PathBuf>,
    /// Play with authored lines only.
    #[arg(long)]
    no_model: bool,
    /// The folder of the saved plays.
    #[arg(long)]
    saves: Option<PathBuf>,
    /// Seeds every draw of a new play.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Continue or begin at once, without the title screen.
    #[arg(long)]
    straight_in: bool,
    /// The window's width and height in pixels, as 1280x720.
    #[arg(long, default_value = "1280x720", value_parser = size)]
    window: UVec2,
}

/// Smaller than this nothing can be read, larger is no screen.
const SIDES: std::ops::RangeInclusive<u32> = 240..=16_384;

fn size(text: &str) -> Result<UVec2, String> {
    let side = |side: &str| side.parse().ok().filter(|side| SIDES.contains(side));
    let sides =
        text.split_once('x').and_then(|(wide, tall)| Some(UVec2::new(side(wide)?, side(tall)?)));
    sides.ok_or_else(|| "a width and a height in pixels, such as 1280x720".into())
}

/// Where the player is.
#[derive(States, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Screen {
    #[default]
    Title,
    Stage,
}

fn main() -> AppExit {
    bevy_dramaturg::llm::answer_probe();
    let arguments = Arguments::parse();
    let window = Window {
        title: "The Lantern at Saltreach".into(),
        name: Some("dramaturg.visual_novel".into()),
        resolution: WindowResolution::new(arguments.window.x, arguments.window.y),
        // A wait for the screen must not hold up the frame in which the player types.
        present_mode: PresentMode::AutoVsync,
        ..default()
    };
    let assets = AssetPlugin {
        file_path: asset_folder().to_string_lossy().into_owned(),
        // A writer's story may lie anywhere; it is asked for by name.
        unapproved_path_mode: UnapprovedPathMode::Deny,
        ..default()
    };
    let mut model = ActiveModel::new(ModelChoice::None);
    if let Some(embedder) = models::embedder(&arguments) {
        model = model.hearing_by(embedder);
    }
    App::new()
        .add_plugins(
            DefaultPlugins
                .set(WindowPlugin { primary_window: Some(window), ..default() })
                .set(assets),
        )
        .insert_resource(ClearColor(look::INK))
        .insert_resource(model)
        .insert_resource(words::Language::of(arguments.locale.as_deref().unwrap_or("en")))
        .insert_resource(arguments)
        .init_state::<Screen>()
        .add_plugins((DramaturgPlugins, DramaturgUiPlugin, InspectorPlugin))
        .add_plugins((
            saves::SavesPlugin,
            svg::SvgPlugin,
            preferences::PreferencesPlugin,
            content::ContentPlugin,
            models::ModelsPlugin,
            controls::ControlsPlugin,
            fonts::FontsPlugin,
            look::LookPlugin,
            menu::MenuPlugin,
            overlay::OverlayPlugin,
        ))
        .add_plugins((
            title::TitlePlugin,
            scene::ScenePlugin,
            weather::WeatherPlugin,
            dialogue::DialoguePlugin,
            input::InputPlugin,
            suggestions::SuggestionsPlugin,
            sound::SoundPlugin,
            voice::VoicePlugin,
        ))
        .add_plugins((
            pause::PausePlugin,
            history::HistoryPlugin,
            slots::SlotsPlugin,
            stage_picture::StagePicturePlugin,
            settings_panel::SettingsPanelPlugin,
            chronicle::ChroniclePlugin,
            people::PeoplePlugin,
            about::AboutPlugin,
        ))
        .add_systems(Startup, |mut commands: Commands, fonts: Res<fonts::Fonts>| {
            commands.insert_resource(InspectorFont(fonts.chinese()));
        })
        .run()
}

/// The assets beside the program, or in the project when it runs from there.
fn asset_folder() -> PathBuf {
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("assets")));
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    let here = PathBuf::from("assets");
    let found = [Some(here), beside, Some(project)];
    let folder = found.into_iter().flatten().find(|folder| folder.is_dir());
    let folder = folder.unwrap_or_else(|| PathBuf::from("assets"));
    folder.canonicalize().unwrap_or(folder)
}
