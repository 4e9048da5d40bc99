//! What a pack does about some kinds of talk, and about the dead of its world.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use dramaturg_story::{Event, Pack, Reading, Session, State};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn pack(policy: &str) -> Arc<Pack> {
    let logic = format!(
        r#"({policy} beats: [(id: "talk", patience: 1, moves: [
            (id: "insult", done: true), (id: "despair", done: true), (id: "flirt", done: true), (id: "go", done: true),
        ])], endings: [(id: "e")])"#
    );
    let words = "# cast ann\nYou are Ann.\n# canon\n## dead\n- Tom | the captain\n## never\n- Ann has left this house.\n# beat talk\n## open\n> A kitchen.\n\
        ## move insult\n- You are a liar and an idiot.\n### reply\n> Insulted.\n\
        ## move despair\n- I want to die.\n### reply\n> Despaired.\n\
        ## move flirt\n- Sleep with me.\n### reply\n> Flirted.\n\
        ## move go\n- I go now.\n### reply\n> Gone.\n\
        ## hint\n- (neutral) A push.\n# ending e\n> The end.\n";
    let files = BTreeMap::from([(PathBuf::from("en/story.md"), words.to_owned())]);
    let pack = Pack::from_files(Path::new("policy"), &logic, &files);
    Arc::new(pack.unwrap_or_else(|error| panic!("{error}")))
}

/// One line in a new play: what it was read for, and what was said.
fn said(policy: &str, line: &str) -> (Reading, String, State) {
    let mut session = Session::resume(pack(policy), []);
    session.open("en", 1, &mut |_| {});
    let events = session.player_says(line, None, &mut |_| {});
    let reading = events.iter().find_map(|event| match event {
        Event::Read { reading, .. } => Some(reading.clone()),
        _ => None,
    });
    let said = events.iter().filter_map(|event| match event {
        Event::Spoke { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let said = said.collect::<Vec<_>>().join(" / ");
    (reading.unwrap(), said, session.state().clone())
}

fn reads(policy: &str, line: &str) -> Reading {
    said(policy, line).0
}

#[test]
fn the_defaults_are_safe_and_leave_the_authors_words_alone() {
    assert_eq!(reads("", "I'm going to kill myself tonight"), Reading::SelfHarm);
    assert_eq!(reads("", "Take off your clothes"), Reading::Sexual);
    assert_eq!(reads("", "Shut your mouth, old cow"), Reading::Hostile);
    assert_eq!(reads("", "They are all faggots in this town"), Reading::Hate);
    assert_eq!(reads("", "I want to die."), Reading::Move("despair".into()));
    assert_eq!(reads("", "You are a liar and an idiot."), Reading::Move("insult".into()));
    // Blood is for the author to forbid.
    assert_ne!(reads("", "I will gouge his eyes out"), Reading::Gore);
}

#[test]
fn a_policy_to_turn_aside_grants_nothing() {
    let policy = "policy: (insult: TurnAside, sexual: TurnAside, self_harm: TurnAside, gore: TurnAside, hate: TurnAside),";
    for (line, reading) in [
        ("You are a liar and an idiot.", Reading::Hostile),
        ("Sleep with me.", Reading::Sexual),
        ("I want to die.", Reading::SelfHarm),
        ("I will gouge his eyes out.", Reading::Gore),
        ("They are all faggots.", Reading::Hate),
        ("I go now, you idiot.", Reading::Hostile),
    ] {
        let (read, said, state) = said(policy, line);
        assert_eq!(read, reading, "{line}");
        assert!(!said.is_empty() && state.ended.is_none(), "{line}: {said}");
        assert!(said.contains("A push."), "the ladder goes on: {said}");
    }
    assert_eq!(reads(policy, "I go now."), Reading::Move("go".into()));
}

#[test]
fn what_is_allowed_is_talk_like_any_other() {
    let policy = "policy: (insult: Allow, sexual: Allow, self_harm: Allow, hate: Allow),";
    assert_eq!(reads(policy, "I want to die."), Reading::Move("despair".into()));
    for line in ["I'm going to kill myself tonight", "Take off your clothes", "Shut your mouth"] {
        let read = reads(policy, line);
        let plain = matches!(read, Reading::OffTopic | Reading::Move(_));
        assert!(plain, "{line}: {read:?}");
    }
}

#[test]
fn who_may_be_in_need_is_answered_and_nothing_is_pushed() {
    let mut session = Session::resume(pack(""), []);
    session.open("en", 1, &mut |_| {});
    for _ in 0..8 {
        let events = session.player_says("I don't want to live any more", None, &mut |_| {});
        let spoken = events.iter().filter(|e| matches!(e, Event::Spoke { .. })).count();
        assert_eq!(spoken, 1, "{events:#?}");
        assert!(!events.iter().any(|e| matches!(e, Event::Climbed(_))), "{events:#?}");
    }
    assert_eq!(session.state().unproductive, 0);
    // The story is where it was.
    let events = session.player_says("I go now.", None, &mut |_| {});
    assert!(events.iter().any(|e| matches!(e, Event::Ended(_))));
}

#[test]
fn the_dead_stay_dead_and_what_never_was_is_contradicted() {
    for line in
        ["Tom is in the next room.", "I saw the captain this morning.", "The captain isn't dead."]
    {
        let (read, said, _) = said("", line);
        assert_eq!(read, Reading::Dead, "{line}");
        assert!(said.contains("dead") || said.contains("gone"), "{said}");
    }
    assert_ne!(reads("", "Is Tom alive?"), Reading::Dead);
    assert_ne!(reads("", "Tom was a good man."), Reading::Dead);
    assert_eq!(reads("", "Everybody knows that Ann has left this house."), Reading::Contradiction);
}

#[test]
fn an_unknown_kind_or_treatment_is_named_with_its_place() {
    for (policy, word) in
        [("policy: (sexul: Allow),", "sexul"), ("policy: (sexual: Maybe),", "Maybe")]
    {
        let logic = format!("({policy})");
        let words = "# cast ann\n# beat a\n## move go\n- go\n### reply\n> x\n# ending e\n> e\n";
        let files = BTreeMap::from([(PathBuf::from("en/story.md"), words.to_owned())]);
        let error = Pack::from_files(Path::new("x"), &logic, &files).unwrap_err();
        assert!(error.to_string().contains(word) && error.line == 1, "{error}");
    }
}
