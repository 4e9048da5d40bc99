//! Recorded sessions play again as they were recorded; a changed story says where it differs; a save of the first format can
//! be gone on with.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use dramaturg_journal::{Journal, JournalReader, Stored};
use dramaturg_story::{Answering, Cue, Event, Pack, Session, Stage, StageSettings, again, replay};
use dramaturg_tests::{copy_folder, story, workspace};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

fn pack(folder: &Path) -> Arc<Pack> {
    Arc::new(Pack::load(folder).unwrap_or_else(|error| panic!("{error}")))
}

fn journals() -> Vec<PathBuf> {
    let folder = workspace().join("tests/replays");
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let files = files.filter_map(|entry| Some(entry.ok()?.path()));
    let mut journals: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|e| e == "journal")).collect();
    journals.sort();
    journals
}

/// Reads a copy: SQLite would leave files beside the one that it reads.
fn read(journal: &Path) -> Vec<Stored<Event>> {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy.journal");
    std::fs::copy(journal, &copy).unwrap();
    let entries = JournalReader::<Event>::open(&copy).and_then(|reader| reader.entries());
    entries.unwrap_or_else(|error| panic!("{}: {error}", journal.display()))
}

/// A session that is recorded here, so that the test of differences hangs on no file.
fn recorded() -> Vec<Stored<Event>> {
    let mut session = Session::resume(pack(&story()), []);
    let mut journal = Journal::in_memory().unwrap();
    journal.append_turn(&session.open("en", 1, &mut |_| {})).unwrap();
    for line in ["It smells of fish", "Good evening, I'm from the harbour office"] {
        journal.append_turn(&session.player_says(line, None, &mut |_| {})).unwrap();
    }
    journal.entries().unwrap()
}

#[test]
fn every_recorded_session_plays_again() {
    let journals = journals();
    if journals.is_empty() {
        eprintln!("tests/replays is empty: nothing was tested");
    }
    for journal in journals {
        let entries = read(&journal);
        assert!(entries.len() > 1, "{} is empty", journal.display());
        let played = entries.iter().find_map(|stored| match &stored.entry {
            Event::Opened { pack, .. } => Some(pack.clone()),
            _ => None,
        });
        let folder = story().with_file_name(played.expect("the session says what was played"));
        let compared = replay(pack(&folder), &entries)
            .unwrap_or_else(|difference| panic!("{}: {difference}", journal.display()));
        assert_eq!(compared, entries.len());
    }
}

#[test]
fn a_changed_effect_is_told_with_its_turn_and_the_players_line() {
    let dir = tempfile::tempdir().unwrap();
    copy_folder(&story(), dir.path()).unwrap();
    let logic = dir.path().join("pack.ron");
    let before = std::fs::read_to_string(&logic).unwrap();
    let after = before.replacen("Add(\"trust\", 1)", "Add(\"trust\", 2)", 1);
    assert_ne!(before, after);
    std::fs::write(&logic, after).unwrap();

    let entries = recorded();
    assert_eq!(replay(pack(&story()), &entries).ok(), Some(entries.len()));
    let difference = replay(pack(dir.path()), &entries).unwrap_err();
    assert_eq!(
        difference.to_string(),
        "turn 2 differs (the player said \"Good evening, I'm from the harbour office\")\n  \
         expected: FactSet(\"trust\", Number(1))\n  \
         got:      FactSet(\"trust\", Number(2))"
    );
}

/// Where no model and no ear took part, another play without them is the same; where a model did, none of its answers is in it.
#[test]
fn the_players_lines_are_played_to_nobody_as_well() {
    let nobody = || Answering::Anew { model: None, ear: None };
    let entries = recorded();
    let mut turns = 0;
    for turn in again(pack(&story()), &entries, nobody()) {
        assert_eq!(turn.difference(), None);
        turns += 1;
    }
    assert_eq!(turns, 3);
    let asked = read(&workspace().join("tests/replays/en_blunt_report.journal"));
    let answered = |event: &Event| matches!(event, Event::Answered { .. });
    assert!(asked.iter().any(|stored| answered(&stored.entry)));
    let anew: Vec<_> = again(pack(&story()), &asked, nobody()).collect();
    assert!(anew.iter().all(|turn| !turn.events.iter().any(answered)));
    assert!(anew.iter().any(|turn| turn.difference().is_some()));
    let said = |turn: u32| anew.iter().find(|again| again.number() == turn).unwrap().player();
    assert!(said(0).is_empty() && !said(1).is_empty());
}

/// A request that is other than then has no answer, which is told and not passed over.
#[test]
fn what_was_not_asked_then_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    copy_folder(&story(), dir.path()).unwrap();
    let words = dir.path().join("en/story.md");
    let text = std::fs::read_to_string(&words).unwrap();
    std::fs::write(&words, text.replace("Marta", "Berta")).unwrap();
    let asked = read(&workspace().join("tests/replays/en_blunt_report.journal"));
    let unanswered = |pack| again(pack, &asked, Answering::Recorded).map(|turn| turn.unanswered());
    assert_eq!(unanswered(pack(&story())).sum::<usize>(), 0);
    assert!(unanswered(pack(dir.path())).sum::<usize>() > 0);
}

/// `tests/saves/first.journal` was written by the first version that had journals. It is never recorded anew.
#[test]
fn a_save_of_the_first_format_goes_on_and_can_be_rolled_back() {
    let dir = tempfile::tempdir().unwrap();
    let save = dir.path().join("first.journal");
    std::fs::copy(workspace().join("tests/saves/first.journal"), &save).unwrap();
    let before = read(&save);
    let raise = || {
        Stage::raise(StageSettings {
            pack: pack(&story()),
            locale: "en".into(),
            seed: 7,
            save: Some(save.clone()),
            avoid: Default::default(),
            model: Default::default(),
            ear: None,
            autonomy: Default::default(),
        })
    };
    let wait = |stage: &Stage, wanted: &dyn Fn(&Cue) -> bool| loop {
        let cue = stage.wait_cue(Duration::from_secs(60)).expect("the stage goes on");
        if let Cue::Notice(notice) = &cue {
            panic!("{notice}");
        }
        if wanted(&cue) {
            return cue;
        }
    };
    let opened = |cue: &Cue| matches!(cue, Cue::Opened { .. });
    let stage = raise();
    let Cue::Opened { resumed, history, turn, ended, .. } = wait(&stage, &opened) else {
        unreachable!()
    };
    let spoken = before.iter().filter(|stored| match &stored.entry {
        Event::Spoke { text, .. } | Event::PlayerSaid { text, .. } => !text.is_empty(),
        _ => false,
    });
    assert!(resumed && ended.as_deref() == Some("keep"));
    assert_eq!((turn, history.len()), (before.last().unwrap().turn.0, spoken.count()));
    stage.roll_back_to(3);
    let Cue::Opened { turn, suggestions, .. } = wait(&stage, &opened) else { unreachable!() };
    assert_eq!(turn, 3);
    let said = suggestions.first().expect("something can be said").text.clone();
    stage.say(said.clone());
    wait(&stage, &|cue| matches!(cue, Cue::TurnEnded { turn: 4, .. }));
    stage.close();
    let after = read(&save);
    let kept = before.iter().filter(|stored| stored.turn.0 <= 3).count();
    assert_eq!(after[..kept], before[..kept]);
    let new = |stored: &Stored<Event>| matches!(&stored.entry, Event::PlayerSaid { text, .. } if *text == said);
    assert!(after[kept..].iter().any(new) && after[kept..].iter().all(|new| new.turn.0 == 4));
    let stage = raise();
    let Cue::Opened { turn, .. } = wait(&stage, &opened) else { unreachable!() };
    assert_eq!(turn, 4);
}
