//! Documents that `pack.ron` names come through the asset server, and characters think while nobody says anything.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod stage;

use bevy_asset::{AssetServer, Assets};
use bevy_dramaturg::IdleThinking;
use bevy_dramaturg::engine::Autonomy;
use bevy_dramaturg::llm::ModelChoice;
use bevy_dramaturg::prelude::*;
use std::time::Duration;

const LOGIC: &str = r#"(
    locales: ["en"], library: ["library/tides.md", "library/broken.pdf", "library/missing.txt"],
    beats: [(id: "talk", patience: 90, moves: [(id: "leave", done: true)])],
)"#;
const WORDS: &str = "# cast marta\nYou are Marta.\n# beat talk\n## move leave\n- Good night, I am leaving.\n### reply\nmarta (neutral): Good night.\n# ending night\n> Night.\n";

#[test]
fn named_documents_are_loaded_and_idle_time_is_used() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("inn/pack.ron", LOGIC),
        ("inn/en/story.md", WORDS),
        ("inn/library/tides.md", "# Tides\nHigh water is at four."),
        ("inn/library/broken.pdf", "no PDF"),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut app = stage::app(ModelChoice::None, Some(folder.path()));
    app.insert_resource(IdleThinking(Autonomy::idle(true)));
    let pack = app.world().resource::<AssetServer>().load::<StoryPack>("inn/pack.ron");
    app.world_mut().spawn(Story::new(pack.clone()));
    let play = stage::play(&mut app);
    let loaded = app.world().resource::<Assets<StoryPack>>().get(&pack).unwrap();
    let passages: Vec<String> =
        loaded.0.library("en").passages().iter().map(|passage| passage.source()).collect();
    assert_eq!(passages, ["library/tides.md, Tides"]);
    assert_eq!(loaded.0.left_out().len(), 1, "{:?}", loaded.0.left_out());

    for number in 0..14 {
        stage::say(&mut app, play, &format!("It rained for {number} days."));
    }
    std::thread::sleep(Duration::from_millis(3500));
    let mut turns =
        app.world().resource::<bevy_ecs::message::Messages<TurnEnded>>().get_cursor_current();
    stage::say(&mut app, play, "And it rains still.");
    let ended = stage::read(&app, &mut turns).pop().unwrap();
    assert!(ended.report.thoughts[0].starts_with("marta sums up: "), "{:?}", ended.report.thoughts);
}
