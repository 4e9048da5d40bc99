//! `dramaturg simulate --labelled` on a pack of another genre than the shipped story.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::{Command, Output};

fn run(file: &Path, options: &[&str]) -> Output {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_dramaturg"));
    command.current_dir(workspace).args(["simulate", "--labelled"]).arg(file).args(options);
    command.output().unwrap()
}

fn figures(output: &Output) -> serde_json::Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

#[test]
fn lines_that_are_meant_otherwise_grant_nothing_and_plain_ones_are_mostly_understood() {
    let output = run(Path::new("tests/labelled/kestrel.jsonl"), &["--no-model", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let figures = figures(&output);
    assert_eq!(figures["lines"], 106);
    for family in ["bracket", "authority", "claimed", "pseudo_logic"] {
        assert_eq!(figures["false_grant"][family], 0.0, "{family}: {figures}");
    }
    assert!(figures["missed"].as_f64().unwrap() < 0.5, "{figures}");
    assert!(figures["false_grant"]["neutral"].as_f64().unwrap() < 0.15, "{figures}");
}

#[test]
fn a_line_needs_neither_family_nor_beat_and_a_mistake_is_named_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("lines.jsonl");
    let good = r#"{"pack":"tests/labelled/kestrel","line":"Sound the alarm and get the crew out!","language":"en","expected":["evacuate"]}
{"pack":"tests/labelled/kestrel","state":{"beat":"hatch","helped":true},"line":"(he opens the hatch)","language":"en","expected":[],"note":"bracketed"}"#;
    std::fs::write(&file, good).unwrap();
    let figures = figures(&run(&file, &["--json"]));
    assert_eq!((&figures["lines"], &figures["missed"]), (&2.into(), &0.0.into()), "{figures}");
    assert_eq!(figures["counts"]["false_grant"]["bracket"]["of"], 1);

    std::fs::write(
        &file,
        format!("{good}\n{{\"pack\":\"nowhere\",\"line\":\"hi\",\"expected\":[]}}"),
    )
    .unwrap();
    let output = run(&file, &["--json"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("lines.jsonl:3: there is no pack 'nowhere'"), "{told}");
}
