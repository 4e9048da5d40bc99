//! A person who is forgotten is in no byte of the save file.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use dramaturg_story::{Cue, Pack, Stage, StageSettings};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn until(stage: &Stage, wanted: impl Fn(&Cue) -> bool) {
    while let Some(cue) = stage.wait_cue(Duration::from_secs(60)) {
        if wanted(&cue) {
            return;
        }
    }
    panic!("the stage fell silent");
}

#[test]
fn the_players_words_leave_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let save = folder.path().join("play.journal");
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/ferry");
    let settings = StageSettings {
        pack: Arc::new(Pack::load(&pack).unwrap()),
        locale: "en".into(),
        seed: 1,
        save: Some(save.clone()),
        avoid: Default::default(),
        model: Default::default(),
        ear: None,
    };
    let stage = Stage::raise(settings);
    for line in ["My name is Zebulon.", "My sister Xanthippe keeps bees.", "Good evening."] {
        stage.say(line);
        until(&stage, |cue| matches!(cue, Cue::TurnEnded { turn, .. } if *turn > 0));
    }
    let holds = |word: &str| {
        let files = std::fs::read_dir(folder.path()).unwrap();
        files.flatten().any(|file| {
            let bytes = std::fs::read(file.path()).unwrap_or_default();
            bytes.windows(word.len()).any(|window| window == word.as_bytes())
        })
    };
    assert!(holds("Zebulon") && holds("Xanthippe"));
    stage.forget("player");
    until(
        &stage,
        |cue| matches!(cue, Cue::Opened { history, .. } if history.iter().all(|line| line.speaker.as_deref() != Some("player"))),
    );
    assert!(!holds("Zebulon") && !holds("Xanthippe"));
    stage.say("Who am I?");
    until(&stage, |cue| matches!(cue, Cue::TurnEnded { .. }));
    assert!(holds("Who am I?"));
}
