//! `/to NAME words` in a play: said to one alone.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod program;

const RUMOUR: &str = "crates/dramaturg_story/tests/packs/rumour";

#[test]
fn what_is_said_to_one_alone_is_answered_by_that_one() {
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("script");
    let lines = "/to old piet, is the tide with us\n/to Tess psst\n/to nobody psst\nI'll go up to my room\nGood night\n";
    std::fs::write(&script, lines).unwrap();
    let script = script.to_str().unwrap();
    let arguments = [
        "play",
        "--story",
        RUMOUR,
        "--no-model",
        "--script",
        script,
        "--pace",
        "0",
        "--why",
        "--json",
    ];
    let run = program::run(&arguments, &[]);
    let answer = run.out.split("> /to Tess").next().unwrap();
    assert!(answer.contains("Piet (") && answer.matches("Marta (").count() == 1, "{}", run.out);
    assert!(run.err.contains("[Tess is not here]"), "{}", run.err);
    // What is no name is said aloud, as it is.
    assert_eq!((run.json()["turns"].as_u64(), run.code), (Some(4), Some(0)), "{}", run.out);
    assert!(!run.err.contains("told ona of said 1"), "{}", run.err);
}
