//! A person who is forgotten is in no byte of the save file.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use dramaturg_journal::{Journal, JournalReader, Stored};
use dramaturg_story::{Autonomy, Cue, Event, Pack, Session, Stage, StageSettings, State};
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
        autonomy: Default::default(),
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

/// Whether a file of the folder holds the word.
fn is_held(folder: &Path, word: &str) -> bool {
    let files = std::fs::read_dir(folder).unwrap();
    files.flatten().any(|file| {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        bytes.windows(word.len()).any(|window| window == word.as_bytes())
    })
}

/// What characters felt about the player, thought of them and promised or heard promised goes with the words.
#[test]
fn thoughts_feelings_and_promises_about_the_player_leave_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let save = folder.path().join("play.journal");
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/grudge");
    let pack = Arc::new(Pack::load(&pack).unwrap());
    {
        let mut session = Session::resume(pack.clone(), []);
        session.set_autonomy(Autonomy::idle(true));
        let mut journal = Journal::create(&save).unwrap();
        journal.append_turn(&session.open("en", 3, &mut |_| {})).unwrap();
        let mut lines =
            vec!["You cook like a pig, woman", "I live in Zanzibar.", "I live in Timbuktu."];
        lines.push("I will bring you the wood tomorrow, by Xanthippe.");
        lines.extend(["The Quagga crossed the field."; 30]);
        for line in lines {
            journal.append_turn(&session.player_says(line, None, &mut |_| {})).unwrap();
            while session.muse(None) {}
        }
    }
    let entries = || -> Vec<Stored<Event>> {
        JournalReader::<Event>::open(&save).unwrap().entries().unwrap()
    };
    let any = |wanted: fn(&Event) -> bool| entries().iter().any(|stored| wanted(&stored.entry));
    let feels = |event: &Event| match event {
        Event::Appraised { about, because, felt, .. } => {
            about == "player" || !(because.starts_with("goal ") || felt.is_empty())
        }
        _ => false,
    };
    let sums_up = |event: &Event| matches!(event, Event::SummedUp { summary, .. } if !summary.text.is_empty());
    let thinks = |event: &Event| matches!(event, Event::Reflected { reflection, .. } if !reflection.text.is_empty());
    let promises = |event: &Event| matches!(event, Event::Promised { promised, .. } if !promised.what.is_empty());
    assert!(any(feels) && any(sums_up) && any(thinks) && any(promises));
    let words = ["Zanzibar", "Timbuktu", "Xanthippe", "Quagga", "like a pig"];
    assert!(words.iter().all(|word| is_held(folder.path(), word)));

    let stage = Stage::raise(StageSettings {
        pack: pack.clone(),
        locale: "en".into(),
        seed: 3,
        save: Some(save.clone()),
        avoid: Default::default(),
        model: Default::default(),
        ear: None,
        autonomy: Autonomy::Off,
    });
    until(&stage, |cue| matches!(cue, Cue::Opened { .. }));
    stage.forget("player");
    until(&stage, |cue| matches!(cue, Cue::Opened { .. }));
    stage.close();

    for word in words {
        assert!(!is_held(folder.path(), word), "{word}");
    }
    assert!(!any(feels) && !any(sums_up) && !any(thinks) && !any(promises));
    let mut state = State::new(&pack);
    entries().iter().for_each(|stored| state.apply(&stored.entry));
    assert_eq!(state.moods["rosa"].attitude("player"), 0);
    assert!(state.moods["rosa"].felt().is_empty());
    for memory in state.memories.values() {
        assert!(memory.summaries().is_empty() && memory.reflections().is_empty());
        assert!(memory.facts().all().is_empty());
        assert!(memory.lines().iter().all(|line| line.speaker != "player"));
    }
}
