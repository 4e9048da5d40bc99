//! A small app without a window, and patience.

use bevy_app::prelude::*;
use bevy_asset::AssetPlugin;
use bevy_dramaturg::llm::ModelChoice;
use bevy_dramaturg::prelude::*;
use bevy_ecs::message::MessageCursor;
use bevy_ecs::prelude::*;
use std::path::Path;
use std::time::{Duration, Instant};

/// An app that plays with `model`; with an asset folder, where one is given.
pub fn app(model: ModelChoice, assets: Option<&Path>) -> App {
    let mut app = App::new();
    app.add_plugins(TaskPoolPlugin::default());
    if let Some(folder) = assets {
        app.add_plugins(AssetPlugin {
            file_path: folder.to_string_lossy().into_owned(),
            watch_for_changes_override: Some(true),
            ..Default::default()
        });
    }
    app.add_plugins(DramaturgPlugins).insert_resource(ActiveModel::new(model));
    app
}

/// Runs frames until `done` says so; panics after a time in which everything should have happened.
pub fn frames_until<T>(
    app: &mut App,
    what: &str,
    mut done: impl FnMut(&mut App) -> Option<T>,
) -> T {
    let began = Instant::now();
    loop {
        app.update();
        if let Some(found) = done(app) {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "this never happened: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The play, once its opening is over.
#[allow(dead_code, reason = "each test file uses what it needs of this")]
pub fn play(app: &mut App) -> Entity {
    let mut turns = app.world().resource::<Messages<TurnEnded>>().get_cursor();
    frames_until(app, "a play begins", |app| Some(read(app, &mut turns).pop()?.play))
}

/// All messages of a kind since the last call.
pub fn read<M: Message + Clone>(app: &App, cursor: &mut MessageCursor<M>) -> Vec<M> {
    cursor.read(app.world().resource::<Messages<M>>()).cloned().collect()
}

/// Says a line and returns everything that was answered.
pub fn say(app: &mut App, play: Entity, text: &str) -> Vec<String> {
    let mut spoken = app.world().resource::<Messages<NpcSpeaks>>().get_cursor_current();
    let mut turns = app.world().resource::<Messages<TurnEnded>>().get_cursor_current();
    app.world_mut().write_message(PlayerSays::to(play, text));
    let mut lines = Vec::new();
    frames_until(app, "the turn ends", |app| {
        let spoken = read(app, &mut spoken).into_iter().filter(|spoken| spoken.play == play);
        lines.extend(spoken.filter_map(|spoken| Some(spoken.line()?.to_owned())));
        read(app, &mut turns).iter().any(|turn| turn.play == play).then_some(())
    });
    lines
}
