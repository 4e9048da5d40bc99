//! `dramaturg play --avoid`: what is not to be met.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod program;

const CELLAR: &str = "crates/dramaturg_story/tests/packs/cellar";

fn play(options: &[&str]) -> program::Run {
    let mut arguments = vec!["play", "--story", CELLAR, "--no-model", "--script", "/dev/null"];
    arguments.extend(options);
    program::run(&arguments, &[])
}

#[test]
fn what_is_avoided_is_not_played_and_a_wrong_name_is_told() {
    let run = play(&["--json"]);
    assert!(run.out.contains("spider in your hat") && run.json()["leaks"] == 0, "{}", run.err);
    for options in [["--avoid", "spiders"], ["--avoid", "all"]] {
        let run = play(&options);
        assert!(run.out.contains("Mind the step") && !run.out.contains("spider"), "{}", run.out);
    }
    let run = play(&["--avoid", "spider"]);
    assert!(run.err.contains("the story has spiders, alcohol, drowning"), "{}", run.err);
    assert_ne!(run.code, Some(0));
}
