//! Ren'Py games as packs: what they become, what is named as left out, and that they end as they did.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use dramaturg_import::{Draft, Options, renpy};
use dramaturg_story::{Event, Limits, Pack, Session, check};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn game(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/games").join(name)
}

fn written(script: &str) -> Draft {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("script.rpy"), script).unwrap();
    renpy(folder.path(), &Options { id: "game".into(), ..Options::default() }).unwrap()
}

fn pack(draft: &Draft) -> Arc<Pack> {
    let logic = &draft.files[Path::new("pack.ron")];
    let pack = Pack::from_files(Path::new("game"), logic, &draft.files);
    Arc::new(pack.unwrap_or_else(|error| panic!("{error}\n{logic}")))
}

/// What is heard when that is said, and the ending.
fn play(pack: &Arc<Pack>, locale: &str, said: &[&str]) -> (Vec<String>, Option<String>) {
    let mut session = Session::resume(pack.clone(), []);
    let mut events = session.open(locale, 1, &mut |_| {});
    for text in said {
        events.extend(session.player_says(text, None, &mut |_| {}));
    }
    let spoken = events.into_iter().filter_map(|event| match event {
        Event::Spoke { text, .. } => Some(text),
        _ => None,
    });
    (spoken.collect(), session.state().ended.clone())
}

#[test]
fn a_game_is_carried_over_with_all_its_ways() {
    let draft = renpy(&game("harbour"), &Options::default()).unwrap();
    let figures = &draft.figures;
    assert_eq!((figures.labels, figures.menus, figures.choices), (5, 1, 3));
    assert_eq!(figures.facts, 4, "coins, met, mood, seen_map");
    assert_eq!(figures.endings, 2);
    let played = draft.played.clone().unwrap();
    assert!(
        played.paths > 10 && played.same == played.paths,
        "{played}\n{}",
        draft.files[Path::new("pack.ron")]
    );

    let pack = pack(&draft);
    assert_eq!((pack.title("en"), pack.display_name("zh", "a")), ("The Harbour", "艾达"));
    let report = check(&pack, &Limits::default());
    assert_eq!(report.errors().count(), 0, "{report}");

    let (lines, ending) = play(&pack, "en", &["I want to buy the map", "let's sail out"]);
    assert!(ending.is_some(), "{lines:?}");
    assert!(lines.contains(&"You have 2 coins. Spend them well.".to_owned()), "{lines:?}");
    assert!(lines.contains(&"You have a map, and it is a good one.".to_owned()), "{lines:?}");
    let (lines, ending) = play(&pack, "en", &["Sail out"]);
    assert_eq!(
        (lines.last().map(String::as_str), ending.as_deref()),
        (Some("Nobody has seen you since."), Some("lost"))
    );
    // In Chinese, with what was translated, by a choice of that language.
    let (lines, ending) = play(&pack, "zh", &["问问大海的事", "出海"]);
    assert!(
        lines.contains(&"海鸥。清晨的码头。".to_owned()) && lines.contains(&"去哪儿？".to_owned()),
        "{lines:?}"
    );
    assert!(ending.is_some());
}

#[test]
fn who_says_nothing_comes_to_an_end_too() {
    let pack = pack(&renpy(&game("harbour"), &Options::default()).unwrap());
    let (_, ending) = play(&pack, "en", &[""; 20]);
    assert_eq!(ending.as_deref(), Some("lost"));
}

#[test]
fn what_is_left_out_is_named_with_its_line() {
    let draft = renpy(&game("harbour"), &Options::default()).unwrap();
    let told: Vec<(usize, &str)> =
        draft.left_out.iter().map(|l| (l.line, l.text.as_str())).collect();
    assert_eq!(
        told,
        [
            (11, "python"),
            (66, "$ renpy.movie_cutscene(\"storm.webm\")"),
            (67, "frobnicate the boat"),
        ],
        "{:#?}",
        draft.left_out
    );
    assert_eq!(draft.figures.set_aside.get("screens"), Some(&1));
}

#[test]
fn conditions_that_are_not_understood_are_left_to_chance_and_named() {
    let draft = written(
        "label start:\n    if persistent.wins[0] > 3:\n        \"Again.\"\n    \"Go.\"\n    menu:\n        \"Left\":\n            \"A wall.\"\n        \"Right\" if renpy.variant('pc'):\n            \"A door.\"\n",
    );
    let why: Vec<(usize, bool)> =
        draft.left_out.iter().map(|l| (l.line, l.why.contains("condition"))).collect();
    assert_eq!(why, [(2, true), (8, true)], "{:#?}", draft.left_out);
    let report = check(&pack(&draft), &Limits::default());
    assert_eq!(report.errors().count(), 0, "{report}");
}

#[test]
fn loops_calls_in_calls_and_jumps_into_the_middle_keep_their_order() {
    let draft = written(
        "default n = 0\nlabel start:\n    \"Begin.\"\n    call one\n    call one from x\nlabel again:\n    $ n += 1\n    \"Round [n].\"\n    menu:\n        \"On\" if n < 3:\n            jump again\n        \"Off\":\n            pass\n    if n > 1:\n        jump late\n    \"Early.\"\n    return\nlabel late:\n    \"Late.\"\n    $ renpy.full_restart()\nlabel one:\n    \"One.\"\n    call two\n    return\nlabel two:\n    \"Two.\"\n    return\n",
    );
    let played = draft.played.clone().unwrap();
    assert_eq!(
        (played.paths, played.same, &played.difference),
        (3, 3, &None),
        "{}",
        draft.files[Path::new("pack.ron")]
    );
    assert_eq!(draft.left_out, []);
}

#[test]
fn a_folder_without_a_game_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let message = renpy(folder.path(), &Options::default()).unwrap_err().to_string();
    assert!(message.contains("no .rpy file") && message.contains("help:"), "{message}");
    std::fs::write(folder.path().join("a.rpy"), "label begin:\n    \"Hi\"\n").unwrap();
    let message = renpy(folder.path(), &Options::default()).unwrap_err().to_string();
    assert!(message.contains("no label 'start'"), "{message}");
}

#[test]
fn nothing_is_overwritten() {
    let draft = written("label start:\n    \"Hi.\"\n");
    let folder = tempfile::tempdir().unwrap();
    draft.write(&folder.path().join("new")).unwrap();
    let report = std::fs::read_to_string(folder.path().join("new/IMPORT.md")).unwrap();
    assert!(report.contains("1 labels") && report.contains("side by side"), "{report}");
    assert!(
        draft.write(&folder.path().join("new")).unwrap_err().to_string().contains("there already")
    );
}

/// A real game, which the project does not hold: `DRAMATURG_GAME=folder`.
#[test]
#[ignore = "needs a game"]
fn a_real_game_gives_a_pack() {
    let folder = std::env::var("DRAMATURG_GAME").unwrap();
    let draft = renpy(Path::new(&folder), &Options::default()).unwrap();
    println!("{}", draft.report());
    let report = check(&pack(&draft), &Limits::default());
    println!(
        "{} errors, {} warnings, {} states",
        report.errors().count(),
        report.warnings().count(),
        report.states
    );
    if let Ok(out) = std::env::var("DRAMATURG_OUT") {
        draft.write(Path::new(&out)).unwrap();
    }
    assert_eq!(report.errors().count(), 0, "{report}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    /// Whatever a script is made of, there is a pack that can be read, or an error.
    #[test]
    fn any_script_gives_a_pack_or_an_error(lines in prop::collection::vec((0..4_usize, prop::sample::select(vec![
        "label a:", "label b:", "menu:", "\"Go\":", "\"Stay\" if x > 2:", "jump a", "call b", "return", "if x == 1:",
        "elif not y:", "else:", "while x < 2:", "$ x += 1", "$ y = not y", "$ x = z", "e \"Hi {b}[x]{/b} {{x}}\"",
        "\"# > - (sad): \\\"x\\\" {\"", "scene bg y", "show e sad", "default x = 0", "default y = False", "pass",
        "python:", "\"Ann\" \"Hm\"", "extend \"more\"", "$ z = renpy.random.randint(1, 3)", "frob", "return 3", "\"", "(",
    ])), 0..40)) {
        let mut script = String::from("label start:\n    \"Begin.\"\n");
        for (depth, line) in lines {
            script.push_str(&format!("{}{line}\n", "    ".repeat(depth)));
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("script.rpy"), &script).unwrap();
        let draft = renpy(folder.path(), &Options::default()).unwrap();
        let logic = &draft.files[Path::new("pack.ron")];
        let pack = Pack::from_files(Path::new("game"), logic, &draft.files);
        prop_assert!(pack.is_ok(), "{}\n{script}\n{logic}", pack.unwrap_err());
    }
}
