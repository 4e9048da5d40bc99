//! `dramaturg check`, `graph` and `new` as their users see them.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod program;

use program::Run;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn dramaturg(arguments: &[&str]) -> Run {
    program::run(arguments, &[])
}

/// A new story.
fn new(name: &str) -> (tempfile::TempDir, PathBuf, Run) {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join(name);
    let run = dramaturg(&["new", pack.to_str().unwrap()]);
    (folder, pack, run)
}

#[test]
fn a_new_story_is_whole_and_is_never_overwritten() {
    let (_folder, pack, run) = new("harbour");
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.contains("dramaturg check") && run.out.contains("dramaturg play"));
    let logic = std::fs::read_to_string(pack.join("pack.ron")).unwrap();
    assert!(logic.contains("id: \"harbour\"") && !logic.contains("STORY"));

    let pack = pack.to_str().unwrap();
    let checked = dramaturg(&["check", pack, "--json"]);
    let json = checked.json();
    assert_eq!(checked.code, Some(0), "{}", checked.out);
    assert_eq!(json["ok"], true);
    assert_eq!(json["errors"].as_array().map(Vec::len), Some(0));
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(0), "{}", checked.out);
    assert!(json["states"].as_u64().unwrap() > 5 && json["seconds"].as_f64().unwrap() < 30.0);

    let played = dramaturg(&[
        "simulate",
        pack,
        "--no-model",
        "--players",
        "menu,silent",
        "--runs",
        "3",
        "--json",
    ]);
    assert_eq!(played.code, Some(0), "{} {}", played.out, played.err);

    std::fs::write(Path::new(pack).join("pack.ron"), "mine").unwrap();
    let again = dramaturg(&["new", pack]);
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains("is there already"), "{}", again.err);
    assert_eq!(std::fs::read_to_string(Path::new(pack).join("pack.ron")).unwrap(), "mine");
}

#[test]
fn a_mistake_fails_the_check_and_says_where_it_is() {
    let (_folder, pack, _) = new("wrong");
    let file = pack.join("pack.ron");
    let logic = std::fs::read_to_string(&file).unwrap();
    // No ending is left for where Ada's lamp is not mended.
    std::fs::write(
        &file,
        logic.replace("(id: \"dark\"),", "(id: \"dark\", when: \"not fixed and trust > 3\"),"),
    )
    .unwrap();
    let run = dramaturg(&["check", pack.to_str().unwrap(), "--json"]);
    assert_eq!(run.code, Some(1), "{}", run.out);
    let json = run.json();
    assert_eq!(json["ok"], false);
    let errors = json["errors"].as_array().unwrap();
    let unfit = errors.iter().find(|error| error["code"] == "DR0007").unwrap();
    assert!(unfit["file"].as_str().unwrap().ends_with("pack.ron"));
    assert!(unfit["line"].as_u64().unwrap() > 30 && unfit["column"].as_u64().unwrap() > 1);
    for field in ["message", "help"] {
        assert!(!unfit[field].as_str().unwrap().is_empty(), "{field}");
    }
    assert!(run.out.contains("error[DR0007]") && run.out.contains("^^^^"), "{}", run.out);

    // What can't be read is a mistake like others.
    std::fs::write(&file, logic.replace("next: [\"lamp\"]", "next: [\"lmap\"]")).unwrap();
    let run = dramaturg(&["check", pack.to_str().unwrap(), "--json"]);
    let json = run.json();
    assert_eq!((run.code, &json["errors"][0]["code"]), (Some(1), &Value::from("DR0001")));
    assert!(json["errors"][0]["help"].as_str().unwrap().contains("lamp"), "{json}");
}

#[test]
fn wrong_use_is_told_from_a_failed_check() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = dramaturg(&["check", folder.path().to_str().unwrap()]);
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.err.contains("pack.ron"), "{}", nowhere.err);
    assert_eq!(dramaturg(&["check"]).code, Some(2));
    assert_eq!(dramaturg(&["check", "--explain", "DR9999"]).code, Some(2));
}

#[test]
fn every_code_is_explained() {
    let all = dramaturg(&["check", "--explain", "all"]);
    assert_eq!(all.code, Some(0), "{}", all.err);
    for number in 1..=20 {
        let code = format!("DR{number:04}");
        assert!(all.out.contains(&code), "{code}");
    }
    let one = dramaturg(&["check", "--explain", "dr0009"]);
    assert!(one.out.starts_with("DR0009 (Error)") && one.out.contains("tells"), "{}", one.out);
    assert!(!one.out.contains("DR0010"));
}

#[test]
fn a_story_is_drawn() {
    let (folder, pack, _) = new("drawn");
    let pack = pack.to_str().unwrap();
    let mermaid = dramaturg(&["graph", pack]);
    assert_eq!(mermaid.code, Some(0), "{}", mermaid.err);
    assert!(mermaid.out.contains("flowchart TD"), "{}", mermaid.out);
    for node in ["rain<br/>", "lamp<br/>", "ending light<br/>", "ending dark<br/>", " states"] {
        assert!(mermaid.out.contains(node), "{node}: {}", mermaid.out);
    }
    assert!(mermaid.out.contains("n0 --> n1") && mermaid.out.contains("fill:#"));
    let file = folder.path().join("story.svg");
    let svg = dramaturg(&["graph", pack, "--out", file.to_str().unwrap()]);
    assert_eq!(svg.code, Some(0), "{}", svg.err);
    let drawn = std::fs::read_to_string(file).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.trim_end().ends_with("</svg>"));
    assert_eq!(drawn.matches("<g>").count(), 5, "three beats, two endings");
}

#[test]
fn the_moods_of_a_play_are_a_table_or_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    // A copy: SQLite would leave files beside the one that it reads.
    let (play, picture) = (folder.path().join("play.journal"), folder.path().join("moods.svg"));
    std::fs::copy(program::root().join("tests/replays/en_gentle_keep.journal"), &play).unwrap();
    let (play, picture) = (play.to_str().unwrap(), picture.to_str().unwrap());
    let graph = |more: &[&str]| {
        dramaturg(&[&["graph", "assets/stories/lantern", "--mood", play], more].concat())
    };
    let table = graph(&[]);
    assert_eq!(table.code, Some(0), "{}", table.err);
    assert!(table.out.starts_with("npc,turn,minute,pleasure"), "{}", table.out);
    assert!(table.out.contains("\nmarta,0,") && table.out.contains("\ntobin,1,"), "{}", table.out);
    assert_eq!(graph(&["--out", picture]).code, Some(0));
    assert!(std::fs::read_to_string(picture).unwrap().contains("<polyline"));

    let wrong = graph(&["--format", "mermaid"]);
    assert!(wrong.code == Some(2) && wrong.err.contains("csv or svg"), "{}", wrong.err);
    let other = dramaturg(&["graph", "assets/stories/dead_pledge", "--mood", play]);
    assert!(other.code == Some(2) && other.err.contains("is a play of 'lantern'"), "{}", other.err);
}

#[test]
fn the_story_of_the_tavern_is_checked() {
    let run = dramaturg(&["check", "assets/stories/lantern", "--json", "--seconds", "60"]);
    let json = run.json();
    assert!(json["states"].as_u64().unwrap() > 100, "{}", run.out);
    assert_eq!(run.code, Some(if json["ok"] == true { 0 } else { 1 }));
}
