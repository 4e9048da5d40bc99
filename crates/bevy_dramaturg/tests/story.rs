//! A story pack as an asset: played, observed, reloaded while it runs, saved, loaded and rolled back.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod stage;

use bevy_app::prelude::*;
use bevy_asset::{AssetEvent, AssetServer};
use bevy_dramaturg::llm::ModelChoice;
use bevy_dramaturg::prelude::*;
use bevy_dramaturg::{ForgetPerson, PlaySaved, RollBackPlay};
use bevy_ecs::prelude::*;
use stage::{app, frames_until, play, read, say};
use std::path::Path;

fn copy_pack(to: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/stories/lantern");
    let words = ["story.md", "two.md", "three.md", "words.ftl", "lore/teeth.md", "lore/fever.md"];
    let words = ["en", "zh"].iter().flat_map(|l| words.map(|file| format!("{l}/{file}")));
    let logic = ["pack.ron", "acts/two.ron", "acts/three.ron"].map(String::from);
    for file in logic.into_iter().chain(words) {
        let target = to.join("lantern").join(&file);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(from.join(&file), target).unwrap();
    }
}

fn lantern(folder: &Path) -> (App, Entity) {
    let mut app = app(ModelChoice::None, Some(folder));
    let pack = app.world().resource::<AssetServer>().load::<StoryPack>("lantern/pack.ron");
    app.world_mut().spawn(Story::new(pack));
    let play = play(&mut app);
    (app, play)
}

#[derive(Resource, Default)]
struct Observed(Vec<String>);

#[test]
fn a_story_brings_its_cast_and_a_character_acts_of_its_own_will() {
    let dir = tempfile::tempdir().unwrap();
    copy_pack(dir.path());
    let (mut app, play) = lantern(dir.path());
    app.init_resource::<Observed>().add_observer(
        |acts: On<NpcActs>, personas: Query<&Persona>, mut observed: ResMut<Observed>| {
            let who = &personas.get(acts.npc).unwrap().name;
            observed.0.push(format!("{who} {}", acts.action));
        },
    );
    let mut reached = app.world().resource::<Messages<BeatReached>>().get_cursor();
    for (line, beat) in
        [("Good evening, I'm from the harbour office.", "arrival"), ("Whose coat is that?", "coat")]
    {
        say(&mut app, play, line);
        let beats = read(&app, &mut reached);
        let beats: Vec<_> = beats.iter().map(|r| (r.beat.as_str(), r.earned)).collect();
        assert_eq!(beats, [(beat, true)]);
    }
    let observed = &app.world().resource::<Observed>().0;
    assert!(observed.iter().any(|what| what == "Tobin walk_in"), "{observed:?}");
    let tobin = app.world().get::<Play>(play).unwrap().npc("tobin").unwrap();
    assert!(app.world().get::<Planner>(tobin).unwrap().present);
}

#[test]
fn a_play_tells_the_background_of_its_scene_forth_and_back() {
    let dir = tempfile::tempdir().unwrap();
    copy_pack(dir.path());
    let logic = dir.path().join("lantern/pack.ron");
    let text = std::fs::read_to_string(&logic).unwrap();
    let moved = text.replace(r#"id: "coat", "#, r#"id: "coat", scene: "quay", "#);
    assert_ne!(text, moved);
    std::fs::write(&logic, moved).unwrap();
    let (mut app, play) = lantern(dir.path());
    let shown = |app: &App| app.world().get::<Play>(play).unwrap().background().to_owned();
    assert_eq!(shown(&app), "tavern");
    say(&mut app, play, "Good evening, I'm from the harbour office.");
    assert_eq!(shown(&app), "quay");
    let mut opened = app.world().resource::<Messages<PlayOpened>>().get_cursor_current();
    app.world_mut().write_message(RollBackPlay { play, turn: 0 });
    frames_until(&mut app, "it is opened again", |app| read(app, &mut opened).pop());
    assert_eq!(shown(&app), "tavern");
}

#[test]
fn a_changed_pack_is_played_at_the_next_turn_and_a_broken_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    copy_pack(dir.path());
    let (mut app, play) = lantern(dir.path());
    let file = dir.path().join("lantern/en/story.md");
    let text = std::fs::read_to_string(&file).unwrap();
    let line = "- (neutral) Quiet's free here. It's the soup that costs.\n";
    let start = text.find("## silence").unwrap();
    let end = start + text[start..].find("\n\n").unwrap();
    let reload = |new: &str| {
        let changed = format!("{}## silence\n{new}{}", &text[..start], &text[end..]);
        std::fs::write(&file, changed).unwrap();
    };
    assert!(text.contains(line));
    reload("- (glad) The new line.\n");
    let mut changes = app.world().resource::<Messages<AssetEvent<StoryPack>>>().get_cursor();
    frames_until(&mut app, "the pack is loaded again", |app| {
        let changed = read(app, &mut changes);
        changed.iter().any(|change| matches!(change, AssetEvent::Modified { .. })).then_some(())
    });
    assert_eq!(say(&mut app, play, "")[0], "The new line.");
    let mut notices = app.world().resource::<Messages<Notice>>().get_cursor();
    reload("no list any more\n");
    let notice =
        frames_until(&mut app, "the mistake is reported", |app| read(app, &mut notices).pop());
    assert!(notice.text.contains("cast marta/silence"), "{}", notice.text);
    assert_eq!(say(&mut app, play, "")[0], "The new line.");
}

#[test]
fn a_play_is_saved_loaded_and_rolled_back() {
    let dir = tempfile::tempdir().unwrap();
    copy_pack(dir.path());
    let (mut app, play) = lantern(dir.path());
    say(&mut app, play, "Good evening.");
    let path = dir.path().join("a.journal");
    let mut saved = app.world().resource::<Messages<PlaySaved>>().get_cursor();
    app.world_mut().write_message(SavePlay { play, path: path.clone() });
    frames_until(&mut app, "it is saved", |app| (!read(app, &mut saved).is_empty()).then_some(()));
    say(&mut app, play, "Whose coat is that?");
    let marta = app.world().get::<Play>(play).unwrap().npc("marta").unwrap();
    let lines = |app: &App| app.world().get::<Memory>(marta).unwrap().lines.clone();
    let mut opened = app.world().resource::<Messages<PlayOpened>>().get_cursor_current();
    let mut again =
        |app: &mut App| frames_until(app, "it is opened again", |app| read(app, &mut opened).pop());
    app.world_mut().write_message(LoadPlay { play, path });
    let history = again(&mut app).history;
    assert!(history.iter().any(|line| line.text == "Good evening."));
    assert!(!history.iter().any(|line| line.text == "Whose coat is that?"));
    assert!(!lines(&app).iter().any(|line| line.text == "Whose coat is that?"));
    app.world_mut().write_message(RollBackPlay { play, turn: 0 });
    let opened = again(&mut app);
    assert_eq!((opened.turn, opened.newest), (0, 1));
    assert!(!opened.history.iter().any(|line| line.text == "Good evening."));
    app.world_mut().write_message(RollBackPlay { play, turn: 1 });
    let opened = again(&mut app);
    assert_eq!((opened.turn, opened.newest), (1, 1));
    assert!(opened.history.iter().any(|line| line.text == "Good evening."));
    app.world_mut().write_message(RollBackPlay { play, turn: 0 });
    again(&mut app);
    // Something new takes the place of what came after.
    assert!(say(&mut app, play, "Good evening to you.").len() > 1);
    assert_eq!(app.world().get::<Play>(play).unwrap().newest_turn(), 1);
    assert!(lines(&app).iter().all(|line| line.text != "Good evening."));
}

#[test]
fn a_player_who_asks_for_it_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    copy_pack(dir.path());
    let (mut app, play) = lantern(dir.path());
    say(&mut app, play, "Good evening. My name is Zebulon.");
    let marta = app.world().get::<Play>(play).unwrap().npc("marta").unwrap();
    let remembers = |app: &App| {
        let lines = &app.world().get::<Memory>(marta).unwrap().lines;
        lines.iter().any(|line| line.text.contains("Zebulon"))
    };
    assert!(remembers(&app));
    let mut opened = app.world().resource::<Messages<PlayOpened>>().get_cursor_current();
    app.world_mut().write_message(ForgetPerson { play, who: "player".into() });
    let again = frames_until(&mut app, "it is opened again", |app| read(app, &mut opened).pop());
    assert_eq!(again.turn, 1);
    assert!(again.history.iter().all(|line| !line.text.contains("Zebulon")));
    assert!(!remembers(&app));
    assert!(!say(&mut app, play, "Whose coat is that?").is_empty());
}
