//! What the player has switched off: for a new play, and for one that runs.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod stage;

use bevy_asset::AssetServer;
use bevy_dramaturg::llm::ModelChoice;
use bevy_dramaturg::prelude::*;
use bevy_ecs::prelude::*;
use stage::{app, frames_until, play, read, say};
use std::path::Path;

#[test]
fn settings_reach_a_new_play_and_one_that_runs() {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dramaturg_story/tests/packs");
    let mut app = app(ModelChoice::None, Some(&packs));
    let mut settings = ContentSettings::default();
    assert_eq!(settings.all(), None);
    settings.set("spiders", true);
    app.insert_resource(settings);
    let mut spoken = app.world().resource::<Messages<NpcSpeaks>>().get_cursor();
    let pack = app.world().resource::<AssetServer>().load::<StoryPack>("cellar/pack.ron");
    app.world_mut().spawn(Story::new(pack));
    let play = play(&mut app);
    let opening: Vec<String> =
        read(&app, &mut spoken).iter().filter_map(|s| Some(s.line()?.to_owned())).collect();
    assert_eq!(opening, ["Mind the step. I can't find the key."]);

    // A preferences screen lists the notes in the player's language.
    let notes = app.world().get::<Play>(play).unwrap().pack().content_notes("zh");
    let names: Vec<&str> = notes.iter().map(|note| note.name.as_str()).collect();
    assert_eq!(names, ["蜘蛛", "酒", "溺水"]);

    app.world_mut().resource_mut::<ContentSettings>().set("spiders", false);
    frames_until(&mut app, "the change is told", |_| Some(()));
    let lines = say(&mut app, play, "Let me help you find the key.");
    assert!(lines.iter().any(|line| line.contains("cobwebs")), "{lines:?}");
    let settings = app.world().resource::<ContentSettings>();
    assert!(settings.all().is_some_and(|all| all.is_empty()) && !settings.avoids("spiders"));
}
