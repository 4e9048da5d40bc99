//! Going back and forward through a play, and what is kept over the end of a program.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use dramaturg_story::{Cue, ModelSlot, Pack, Stage, StageSettings};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

struct Opened {
    turn: u32,
    newest: u32,
    said: Vec<String>,
}

fn raise(save: &Path) -> Stage {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/stories/lantern");
    Stage::raise(StageSettings {
        pack: Arc::new(Pack::load(&folder).unwrap()),
        locale: "en".into(),
        seed: 1,
        save: Some(save.to_owned()),
        avoid: Default::default(),
        model: ModelSlot::default(),
        ear: None,
        autonomy: Default::default(),
    })
}

fn next<T>(stage: &Stage, mut wanted: impl FnMut(Cue) -> Option<T>) -> T {
    loop {
        let cue = stage.wait_cue(Duration::from_secs(60)).expect("the play goes on");
        if let Some(found) = wanted(cue) {
            return found;
        }
    }
}

fn opened(stage: &Stage) -> Opened {
    next(stage, |cue| match cue {
        Cue::Opened { turn, newest, history, .. } => {
            let player = history.iter().filter(|l| l.speaker.as_deref() == Some("player"));
            Some(Opened { turn, newest, said: player.map(|line| line.text.clone()).collect() })
        }
        _ => None,
    })
}

fn say(stage: &Stage, text: &str) {
    stage.say(text);
    next(stage, |cue| matches!(cue, Cue::TurnEnded { turn: 1.., .. }).then_some(()));
}

fn copy(stage: &Stage, path: PathBuf) {
    stage.save_as(path);
    next(stage, |cue| matches!(cue, Cue::Saved(_)).then_some(()));
}

#[test]
fn what_was_rolled_back_is_kept_until_something_new_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let save = dir.path().join("play.journal");
    let stage = raise(&save);
    opened(&stage);
    for line in ["Good evening.", "Whose coat is that?", "I came alone."] {
        say(&stage, line);
    }
    stage.roll_back_to(1);
    let back = opened(&stage);
    assert_eq!((back.turn, back.newest, back.said.len()), (1, 3, 1));
    // A copy holds what the player sees.
    copy(&stage, dir.path().join("copy.journal"));
    stage.close();

    // The program ended: the play stands where the player left it, and the way forward is still there.
    let stage = raise(&save);
    let again = opened(&stage);
    assert_eq!((again.turn, again.newest), (1, 3));
    stage.roll_back_to(3);
    let forward = opened(&stage);
    assert_eq!((forward.turn, forward.newest), (3, 3));
    assert_eq!(forward.said.last().map(String::as_str), Some("I came alone."));
    stage.roll_back_to(1);
    opened(&stage);
    say(&stage, "That's a fine coat.");
    stage.close();

    let stage = raise(&save);
    let new = opened(&stage);
    assert_eq!((new.turn, new.newest), (2, 2));
    assert_eq!(new.said, ["Good evening.", "That's a fine coat."]);
    stage.load_from(dir.path().join("copy.journal"));
    let loaded = opened(&stage);
    assert_eq!((loaded.turn, loaded.newest), (1, 1));
    stage.close();
}

#[test]
fn a_suggestion_makes_its_move() {
    let dir = tempfile::tempdir().unwrap();
    for locale in ["en", "zh"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/stories/lantern");
        let stage = Stage::raise(StageSettings {
            pack: Arc::new(Pack::load(&folder).unwrap()),
            locale: locale.into(),
            seed: 1,
            save: Some(dir.path().join(locale)),
            avoid: Default::default(),
            model: ModelSlot::default(),
            ear: None,
            autonomy: Default::default(),
        });
        let mut offered = next(&stage, |cue| match cue {
            Cue::TurnEnded { report, .. } => Some(report.suggestions),
            _ => None,
        });
        for turn in 0..40 {
            let Some(pick) = offered.get(turn % offered.len().max(1)).cloned() else { break };
            stage.say(pick.text.clone());
            let report = next(&stage, |cue| match cue {
                Cue::TurnEnded { report, .. } => Some(report),
                _ => None,
            });
            assert!(report.chosen.contains(&pick.makes), "{pick:?} was read as {}", report.chosen);
            offered = report.suggestions;
        }
        assert!(offered.is_empty(), "the story is over, and offers {offered:?}");
        stage.close();
    }
}
