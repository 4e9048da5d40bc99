//! `dramaturg replay` as its users see it: expectations, acceptance, JUnit's XML, other models.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod program;

use program::{Run, root};
use std::path::{Path, PathBuf};

fn replay(arguments: &[&str]) -> Run {
    program::run(&[&["replay"], arguments].concat(), &[])
}

/// A folder with copies of recorded plays, each with these expectations beside it. SQLite would leave files beside the
/// journals themselves.
fn plays(of: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, expected) in of {
        let file = format!("{name}.journal");
        std::fs::copy(root().join("tests/replays").join(&file), folder.path().join(&file)).unwrap();
        if !expected.is_empty() {
            std::fs::write(folder.path().join(format!("{name}.expect")), expected).unwrap();
        }
    }
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What was printed for people.
fn people(run: &Run, folder: &Path) -> String {
    let lines: Vec<_> = run.out.lines().filter(|line| !line.starts_with('{')).collect();
    lines.join("\n").replace(text(folder), "DIR")
}

/// A copy of the tavern's story in which the first push of trust is stronger: old journals differ.
fn changed_story(folder: &Path) -> PathBuf {
    let story = folder.join("lantern");
    copy(&root().join("assets/stories/lantern"), &story);
    let logic = story.join("pack.ron");
    let before = std::fs::read_to_string(&logic).unwrap();
    let after = before.replacen("Add(\"trust\", 1)", "Add(\"trust\", 2)", 1);
    assert_ne!(before, after);
    std::fs::write(&logic, after).unwrap();
    story
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn what_is_expected_is_checked_beside_the_bytes() {
    let of = [
        (
            "zh_no_model",
            "ending keep\nfact choice == keep\nsays not \"AI\"\nturn 5 says tobin \"一个人\"\n",
        ),
        (
            "en_silent_no_model",
            "# nobody spoke\nending report\n\nreached coat earned\nturn 99 calls == 0\n",
        ),
        ("dead_pledge_zh_cooperative", "reached\nending\n"),
        ("en_fisher", ""),
    ];
    let folder = plays(&of);
    std::fs::write(folder.path().join("broken.journal"), "no journal").unwrap();
    let xml = folder.path().join("out.xml");
    let run = replay(&[text(folder.path()), "--json", "--junit", text(&xml)]);
    assert_eq!(run.code, Some(1), "{}", run.err);
    insta::assert_snapshot!("expectations", people(&run, folder.path()));
    let json = run.json();
    assert_eq!((json["passed"].as_u64(), json["failed"].as_u64()), (Some(1), Some(4)));
    assert!(json["entries"].as_u64().unwrap() > 400);
    let silent = &json["replays"][3];
    assert_eq!((&silent["held"], &silent["expectations"]), (&0.into(), &3.into()));
    assert_eq!(silent["failures"][0]["expected"], "ending report");
    assert!(
        silent["failures"][0]["place"].as_str().unwrap().ends_with("en_silent_no_model.expect:2")
    );

    let xml = std::fs::read_to_string(xml).unwrap().replace(text(folder.path()), "DIR");
    let untimed: Vec<_> =
        xml.split(" time=\"")
            .map(|part| {
                part.split_once('"').map_or(part, |(time, rest)| {
                    if time.parse::<f64>().is_ok() { rest } else { part }
                })
            })
            .collect();
    insta::assert_snapshot!("junit", untimed.concat());
}

#[test]
fn all_recorded_plays_are_the_same_on_several_threads() {
    let alone = plays(&[
        ("en_hostile", ""),
        ("zh_report", ""),
        ("en_blunt_report", ""),
        ("zh_gentle_keep", ""),
    ]);
    let run = |jobs| replay(&[text(alone.path()), "--json", "--jobs", jobs]);
    let (one, four) = (run("1"), run("4"));
    assert_eq!((one.code, four.code), (Some(0), Some(0)), "{}", one.out);
    assert_eq!(one.out, four.out);
    assert_eq!(one.json()["passed"], 4);
}

#[test]
fn the_projects_own_expectations_hold() {
    for name in ["en_gentle_keep", "dead_pledge_en_hostile"] {
        let file = root().join(format!("tests/replays/{name}.expect"));
        let expected = std::fs::read_to_string(file).unwrap();
        let folder = plays(&[(name, &expected)]);
        let run = replay(&[text(folder.path()), "--json"]);
        assert_eq!(run.code, Some(0), "{}", run.out);
        let json = run.json();
        assert!(
            json["held"].as_u64().unwrap() >= 8 && json["held"] == json["expectations"],
            "{json}"
        );
    }
}

#[test]
fn a_changed_story_is_accepted_after_the_difference_was_shown() {
    let folder = plays(&[("zh_no_model", "ending keep\n"), ("en_silent_no_model", "")]);
    let story = changed_story(folder.path());
    let journal = folder.path().join("zh_no_model.journal");
    let other = std::fs::read(folder.path().join("en_silent_no_model.journal")).unwrap();
    let with = |more: &[&str]| {
        replay(&[&[text(&journal), "--story", text(&story), "--json"], more].concat())
    };
    let differs = with(&[]);
    assert_eq!(differs.code, Some(1));
    assert!(differs.out.contains("expected: FactSet(\"trust\", Number(1))"), "{}", differs.out);
    assert!(differs.out.contains("1 of 1 expectations hold"), "{}", differs.out);

    // Not over an expectation that fails.
    let expect = folder.path().join("zh_no_model.expect");
    std::fs::write(&expect, "fact trust < 0\n").unwrap();
    let before = std::fs::read(&journal).unwrap();
    let refused = with(&["--accept"]);
    assert!(refused.code == Some(1) && refused.out.contains("not accepted"), "{}", refused.out);
    assert_eq!(std::fs::read(&journal).unwrap(), before);
    assert_eq!(std::fs::read_to_string(&expect).unwrap(), "fact trust < 0\n");

    std::fs::write(&expect, "ending keep\n").unwrap();
    let accepted = with(&["--accept"]);
    assert_eq!(accepted.code, Some(0), "{}", accepted.out);
    let at =
        |what: &str| accepted.out.find(what).unwrap_or_else(|| panic!("{what}: {}", accepted.out));
    assert!(at("got:      FactSet(\"trust\", Number(2))") < at("accepted, with"));
    assert_eq!(accepted.json()["accepted"].as_array().map(Vec::len), Some(1));
    assert_eq!(with(&[]).code, Some(0));
    // Neither another journal was touched nor anything left behind.
    assert_eq!(std::fs::read(folder.path().join("en_silent_no_model.journal")).unwrap(), other);
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| text(Path::new(name)).ends_with(".lock")), "{left:?}");
}

#[test]
fn what_was_never_answered_is_not_accepted() {
    let folder = plays(&[("en_gentle_keep", "")]);
    let story = changed_story(folder.path());
    // Another persona is another prompt.
    let words = story.join("en/story.md");
    let before = std::fs::read_to_string(&words).unwrap();
    let after = before.replace("Marta", "Berta");
    assert_ne!(before, after);
    std::fs::write(&words, after).unwrap();
    let journal = folder.path().join("en_gentle_keep.journal");
    let bytes = std::fs::read(&journal).unwrap();
    let run = replay(&[text(&journal), "--story", text(&story), "--accept"]);
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(run.out.contains("the model is asked something else in turn"), "{}", run.out);
    assert_eq!(std::fs::read(&journal).unwrap(), bytes);
}

#[test]
fn wrong_use_is_told_from_a_failed_replay() {
    let folder = plays(&[("en_fisher", "")]);
    let all = replay(&[text(folder.path()), "--accept"]);
    assert!(all.code == Some(2) && all.err.contains("name the journals"), "{}", all.err);
    let nowhere = replay(&["nowhere.journal"]);
    assert!(nowhere.code == Some(2) && nowhere.err.contains("there is no nowhere.journal"));
    let journal = folder.path().join("en_fisher.journal");
    for wrong in [&["--accept", "--against", "none"][..], &["--embedder", "none"], &["--jobs", "0"]]
    {
        assert_eq!(replay(&[&[text(&journal)], wrong].concat()).code, Some(2), "{wrong:?}");
    }
    let unknown = replay(&[text(&journal), "--against", "gpt-0"]);
    assert!(
        unknown.code == Some(2) && unknown.err.contains("no model is called `gpt-0`"),
        "{}",
        unknown.err
    );
    let server = replay(&[text(&journal), "--against", "server"]);
    assert!(server.code == Some(2) && server.err.contains("DRAMATURG_BASE_URL"), "{}", server.err);
}

#[test]
fn another_model_is_held_to_the_same_expectations() {
    let gentle = "turn 3 reached coat\nending keep\nimprovised > 0\nsays not \"AI\"\n";
    let folder = plays(&[("en_gentle_keep", gentle), ("zh_no_model", "ending keep\n")]);
    let run = replay(&[text(folder.path()), "--against", "none", "--against", "none", "--json"]);
    // Without a model nothing is improvised: that is drift.
    assert_eq!(run.code, Some(1), "{}", run.err);
    insta::assert_snapshot!("against", people(&run, folder.path()));
    let json = run.json();
    assert_eq!(json["failed"], 0, "what was recorded still replays");
    let [first, second] = [0, 1].map(|column| json["against"][column].clone());
    assert_eq!(first, second, "the same model plays the same");
    // Recorded without a model, played without one.
    assert_eq!(first["replays"][1]["held"], first["replays"][1]["expectations"]);
}
