//! `dramaturg simulate` as its users see it.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod program;

use program::{Run, root};
use serde_json::Value;

/// A story of one beat.
const TINY: &str = "crates/dramaturg_cli/tests/simulate/tiny";

fn dramaturg(arguments: &[&str]) -> Run {
    program::run(arguments, &[])
}

/// Without a model, as JSON.
fn simulate(arguments: &[&str]) -> Run {
    dramaturg(&[&["simulate", "--no-model", "--json"], arguments].concat())
}

/// The form of the report. `UPDATE_SNAPSHOTS=1` writes it anew.
#[test]
fn the_report_is_readable() {
    let run = dramaturg(&[
        "simulate",
        TINY,
        "--no-model",
        "--players",
        "menu,silent",
        "--runs",
        "2",
        "--ablation",
        "no-ladder",
    ]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let file = root().join("crates/dramaturg_cli/tests/simulate/report.md");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&file, &run.out).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap();
    assert_eq!(run.out, expected, "UPDATE_SNAPSHOTS=1 writes {} anew", file.display());
}

#[test]
fn the_figures_have_their_names_and_need_no_order() {
    let players = ["--players", "wanderer,hostile,silent", "--runs", "3", "--seed", "5"];
    let with = |more: &[&str]| simulate(&[&players[..], more].concat()).json();
    let one = with(&["--jobs", "1"]);
    let fields = [
        "runs",
        "reach",
        "earned",
        "forced",
        "turns",
        "turns_ratio",
        "leaks",
        "ignored",
        "calls_per_turn",
    ];
    for player in ["menu", "wanderer", "hostile", "silent"] {
        for field in fields {
            assert!(one["players"][player][field].is_number(), "{player} {field}: {one}");
        }
        assert_eq!(one["players"][player]["runs"], 6);
        assert_eq!(one["locales"]["zh"]["players"][player]["runs"], 3);
        assert_eq!(one["players"][player]["reach"], 1.0);
    }
    assert_eq!(one["players"]["menu"]["turns_ratio"], 1.0);
    assert_eq!(one["players"]["silent"]["earned"], 0.0, "nothing is not a move");
    assert_eq!(one["players"]["silent"]["forced"], 1.0);
    assert_eq!(one["ok"], true);
    assert_eq!(one, with(&["--jobs", "3"]));
    let other = simulate(&["--players", "wanderer,hostile,silent", "--runs", "3", "--seed", "6"]);
    assert_ne!(one["worst"], other.json()["worst"]);
}

#[test]
fn the_worst_runs_replay() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("worst");
    let worst = kept.to_str().unwrap();
    let many = ["--players", "gibberish,wanderer", "--runs", "3", "--save-worst", "4", worst];
    let run = simulate(&many);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let saved = run.json()["worst"].clone();
    assert_eq!(saved.as_array().unwrap().len(), 4);
    let replayed = dramaturg(&["replay", worst, "--json"]);
    assert_eq!(replayed.json()["passed"], 4, "{}", replayed.out);
    assert_eq!(replayed.code, Some(0));
    // The worst one again, by its number alone.
    let first = &saved[0];
    let number = first["number"].to_string();
    let again = simulate(&[
        "--players",
        first["player"].as_str().unwrap(),
        "--locale",
        first["locale"].as_str().unwrap(),
        "--only",
        &number,
    ]);
    let again = again.json()["worst"].as_array().unwrap().clone();
    let same = again.iter().find(|run| run["player"] == first["player"]).unwrap();
    assert_eq!((&same["seed"], &same["turns"]), (&first["seed"], &first["turns"]));
    let twice = simulate(&many);
    assert_eq!(twice.code, Some(2), "nothing is overwritten");
    assert!(twice.err.contains("empty folder"), "{}", twice.err);
}

#[test]
fn each_part_is_worth_something() {
    let run = simulate(&[
        "--players",
        "silent",
        "--runs",
        "3",
        "--ablation",
        "no-ladder",
        "--ablation",
        "random-director",
        "--turn-limit",
        "90",
    ]);
    assert_eq!(run.code, Some(0), "a missing part is no fault of the story: {}", run.err);
    let figures = run.json();
    let of = |part: &str| figures["ablations"][part]["players"]["silent"].clone();
    assert_eq!(of("no-ladder")["reach"], 0.0);
    assert_eq!(of("no-ladder")["turns"], Value::Null);
    assert!(of("random-director")["false_grants"].as_u64().unwrap() > 0);
    assert_eq!(figures["players"]["silent"]["false_grants"], 0);
}

#[test]
fn a_run_that_never_ends_is_a_failure() {
    let run = simulate(&["--players", "silent", "--runs", "1", "--turn-limit", "3"]);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.json()["players"]["silent"]["reach"], 0.0);
    assert_eq!(run.json()["ok"], false);
}

#[test]
fn wrong_use_says_what_to_do() {
    let run = simulate(&["--players", "menu,pirate"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("no player 'pirate'") && run.err.contains("wanderer"), "{}", run.err);
    let run = simulate(&["--locale", "fr"]);
    assert!(run.code == Some(2) && run.err.contains("en and zh"), "{}", run.err);
    let run = simulate(&["--players", "cooperative-model"]);
    assert!(run.code == Some(2) && run.err.contains("--model"), "{}", run.err);
    let run = simulate(&["--lines", "nowhere"]);
    assert!(run.code == Some(2) && run.err.contains("assets/players"), "{}", run.err);
    let run = dramaturg(&["simulate", "--model", "no-such-model"]);
    assert_eq!(run.code, Some(2), "figures without a model are not passed off as others");
}

/// The watch of the simulation finds by itself what the ablation lets through.
#[test]
fn secrets_in_the_prompt_are_seen() {
    let Ok(model) = std::env::var("DRAMATURG_TEST_MODEL") else { return };
    let run = dramaturg(&[
        "simulate",
        "--model-file",
        &model,
        "--json",
        "--players",
        "wanderer",
        "--runs",
        "1",
        "--locale",
        "en",
        "--turn-limit",
        "4",
        "--ablation",
        "secrets-in-prompt",
    ]);
    let figures = run.json();
    let with = &figures["players"]["wanderer"];
    let without = &figures["ablations"]["secrets-in-prompt"]["players"]["wanderer"];
    assert_eq!(with["leaks"], 0, "{}", run.out);
    assert!(with["calls_per_turn"].as_f64().unwrap() > 0.0);
    assert!(without["leaks_in_prompts"].as_u64().unwrap() > 0, "{}", run.out);
}
