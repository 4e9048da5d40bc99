//! Endings whose condition and priority stand in the words.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use dramaturg_story::{Pack, PackError, Session};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const BEATS: &str = "# cast ann\nYou are Ann.\n# beat a\n## move stay\n- I stay\n### reply\n> You stay.\n\
    ## move go\n- I go\n### reply\n> You go.\n";

fn pack(logic: &str, words: &[(&str, &str)]) -> Result<Pack, PackError> {
    let file = |(locale, words): &(&str, &str)| {
        (PathBuf::from(format!("{locale}/story.md")), format!("{BEATS}{words}"))
    };
    let files: BTreeMap<PathBuf, String> = words.iter().map(file).collect();
    Pack::from_files(Path::new("x"), logic, &files)
}

const LOGIC: &str = r#"(facts: {"stays": Bool(false), "n": Number(initial: 1, min: 0, max: 3)}, derived: {"settled": "stays and n >= 1"},
    beats: [(id: "a", moves: [(id: "stay", done: true, effects: [Set("stays", Bool(true))]), (id: "go", done: true)])])"#;

fn ends(pack: &Arc<Pack>, line: &str) -> String {
    let mut session = Session::resume(pack.clone(), []);
    session.open("en", 1, &mut |_| {});
    session.player_says(line, None, &mut |_| {});
    session.state().ended.clone().unwrap()
}

#[test]
fn a_heading_says_when_and_how_gladly() {
    let words = "# ending away\n> Away.\n# ending home when settled\n> Home.\n# ending best when settled\npriority: 5\n> Best.\n";
    let pack = Arc::new(pack(LOGIC, &[("en", words), ("zh", words)]).unwrap());
    let order: Vec<&str> = pack.endings().iter().map(|ending| ending.id.as_str()).collect();
    assert_eq!(order, ["best", "away", "home"]);
    assert_eq!((ends(&pack, "I stay").as_str(), ends(&pack, "I go").as_str()), ("best", "away"));
    let written = pack.conditions().iter().find(|c| c.owner == "ending home").unwrap();
    assert_eq!((written.place.line, written.place.column), (14, 20));
    assert!(pack.missing("zh").is_empty());
}

#[test]
fn pack_ron_may_list_the_endings_and_leave_the_condition_to_the_words() {
    let logic = LOGIC.replacen(
        "facts:",
        "endings: [(id: \"away\"), (id: \"home\", priority: 2)], facts:",
        1,
    );
    let words = "# ending away\n> Away.\n# ending home when stays\n> Home.\n";
    let pack = Arc::new(pack(&logic, &[("en", words)]).unwrap());
    assert_eq!((ends(&pack, "I stay").as_str(), ends(&pack, "I go").as_str()), ("home", "away"));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let fails = |logic: &str, words: &[(&str, &str)]| pack(logic, words).unwrap_err();
    let good = "# ending home when stays\n> Home.\n# ending away\n> Away.\n";
    let error = fails(LOGIC, &[("en", "# ending home when stayed\n> Home.\n")]);
    assert!(error.message.contains("stayed") && (error.line, error.column) == (12, 20), "{error}");
    let error = fails(LOGIC, &[("en", "# ending home\npriority: high\n> Home.\n")]);
    assert!(error.message.contains("'high' is no priority") && error.line == 13, "{error}");
    let other = good.replace("when stays", "when not stays");
    let error = fails(LOGIC, &[("en", good), ("zh", &other)]);
    assert!(
        error.message.contains("another ending") && error.file.ends_with("zh/story.md"),
        "{error}"
    );
    let logic = LOGIC.replacen(
        "facts:",
        "endings: [(id: \"home\", when: \"stays\"), (id: \"away\")], facts:",
        1,
    );
    let error = fails(&logic, &[("en", good)]);
    assert!(
        error.message.contains("pack.ron says it of 'home', too") && error.line == 12,
        "{error}"
    );
}
