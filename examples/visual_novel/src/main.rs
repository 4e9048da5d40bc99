//! The Lantern at Saltreach: a visual novel in which the player says anything.

mod dialogue;
mod fonts;
mod history;
mod input;
mod look;
mod overlay;
mod saves;
mod scene;
mod svg;
mod title;
mod words;

use bevy::asset::{AssetPlugin, UnapprovedPathMode};
use bevy::prelude::*;
use bevy::render::renderer::RenderAdapterInfo;
use bevy::window::{PresentMode, WindowResolution};
use bevy_dramaturg::llm::{LocalSettings, ModelChoice, RemoteSettings};
use bevy_dramaturg::prelude::*;
use bevy_dramaturg_inspector::{InspectorFont, InspectorPlugin};
use clap::Parser;
use std::path::PathBuf;

/// A visual novel in which the player says anything.
#[derive(Parser, Resource, Clone, Debug)]
#[command(version, about)]
struct Arguments {
    /// The folder of the story pack.
    #[arg(long, default_value = "assets/stories/lantern")]
    story: PathBuf,
    /// The language, en or zh; it can be changed on the title screen.
    #[arg(long, default_value = "en")]
    locale: String,
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
}

/// Where the player is.
#[derive(States, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Screen {
    #[default]
    Title,
    Stage,
}

fn main() -> AppExit {
    let arguments = Arguments::parse();
    let window = Window {
        title: "The Lantern at Saltreach".into(),
        name: Some("dramaturg.visual_novel".into()),
        resolution: WindowResolution::new(1280, 720),
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
    App::new()
        .add_plugins(
            DefaultPlugins
                .set(WindowPlugin { primary_window: Some(window), ..default() })
                .set(assets),
        )
        .insert_resource(ClearColor(look::INK))
        .insert_resource(ActiveModel::new(ModelChoice::None))
        .insert_resource(words::Language::of(&arguments.locale))
        .insert_resource(arguments)
        .init_state::<Screen>()
        .add_plugins((DramaturgPlugins, InspectorPlugin))
        .add_plugins((
            svg::SvgPlugin,
            fonts::FontsPlugin,
            look::LookPlugin,
            overlay::OverlayPlugin,
            title::TitlePlugin,
            scene::ScenePlugin,
            dialogue::DialoguePlugin,
            input::InputPlugin,
            history::HistoryPlugin,
            saves::SavesPlugin,
        ))
        .add_systems(Startup, open_model)
        .add_systems(Startup, |mut commands: Commands, fonts: Res<fonts::Fonts>| {
            commands.insert_resource(InspectorFont(fonts.chinese()));
        })
        .run()
}

/// Opens the model in the background. Where the processor draws, it leaves a core to the picture: threads that wait for
/// each other on busy cores are slower than one.
fn open_model(
    arguments: Res<Arguments>,
    adapter: Option<Res<RenderAdapterInfo>>,
    model: Res<ActiveModel>,
) {
    let file = std::env::var_os("DRAMATURG_MODEL").map(PathBuf::from);
    let choice = match arguments.model_file.clone().or(file) {
        _ if arguments.no_model => ModelChoice::None,
        Some(file) => {
            let mut settings = LocalSettings::default();
            if look::is_drawn_in_software(adapter.as_deref()) {
                settings.threads = settings.threads.saturating_sub(1).max(1);
            }
            ModelChoice::Tuned(file, settings)
        }
        None => RemoteSettings::from_env().map_or(ModelChoice::None, ModelChoice::Remote),
    };
    model.change(choice);
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
