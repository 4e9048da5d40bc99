//! Each kind of mistake is found where it is: small packs that have exactly that one, its place marked with `«`.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use dramaturg_story::{Code, Diagnostic, Limits, Pack, Report, check, unreadable};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Writes a pack without its mark and checks it; says where the mark was.
fn checked(
    logic: &str,
    words: &[(&str, &str)],
    limits: &Limits,
) -> (Report, Option<(String, usize, usize)>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut marked = None;
    for (name, text) in [("pack.ron", logic)].iter().chain(words) {
        if let Some(at) = text.find('«') {
            let before = &text[..at];
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            marked = Some(((*name).to_owned(), before.matches('\n').count() + 1, column));
        }
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text.replace('«', "")).unwrap();
    }
    let report = match Pack::load(folder.path()) {
        Ok(pack) => check(&Arc::new(pack), limits),
        Err(error) => unreadable(&error),
    };
    (report, marked, folder)
}

fn place(found: &Diagnostic, folder: &Path) -> (String, usize, usize) {
    let file = found.place.file.strip_prefix(folder).unwrap_or(&found.place.file);
    (file.display().to_string(), found.place.line, found.place.column)
}

/// The pack has this mistake at its mark, and no other.
fn has(code: Code, logic: &str, words: &str) -> Diagnostic {
    has_in(code, logic, &[("en/story.md", words)])
}

fn has_in(code: Code, logic: &str, words: &[(&str, &str)]) -> Diagnostic {
    let (report, marked, folder) = checked(logic, words, &Limits::default());
    let codes: Vec<Code> = report.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(codes, [code], "{report}");
    let found = report.diagnostics[0].clone();
    assert_eq!(Some(place(&found, folder.path())), marked, "{report}");
    assert!(!found.help.is_empty() && !found.message.is_empty());
    found
}

/// A beat with one move, `go`, that ends it.
fn beat(id: &str) -> String {
    format!("# beat {id}\n## open\n> {id}\n## move go\n- I go on\n### reply\n> You go.\n")
}

fn story(beats: &[&str], rest: &str) -> String {
    let beats: String = beats.iter().map(|id| beat(id)).collect();
    format!("# cast ann\nYou are Ann.\n{beats}{rest}\n")
}

const END: &str = "# ending e\n> The end.";
const GO: &str = "(id: \"go\", done: true)";

#[test]
fn what_cannot_be_read() {
    let found = has(
        Code::Unreadable,
        "(beats: [(id: \"a\", next: [\"«b\"], moves: [(id: \"go\", done: true)])], endings: [(id: \"e\")])",
        &story(&["a"], END),
    );
    assert!(found.message.contains("there is no beat 'b'"));
}

#[test]
fn a_line_of_nobody() {
    let words = story(&["a"], "## hint\n«bob (sad): Well?\n# ending e\n> The end.");
    let found = has(Code::NoSpeaker, "()", &words);
    assert_eq!(found.width, 3);
}

#[test]
fn a_heading_of_nothing() {
    has(Code::StrayHeading, "()", &story(&["a"], "«## hnt\n- Well?\n# ending e\n> The end."));
}

#[test]
fn a_comparison_that_never_holds() {
    let logic = "(facts: {\"c\": Enum(initial: \"x\", values: [\"x\", \"y\"])}, beats: [(id: \"a\", moves: [(id: \"go\", done: true, effects: [Set(\"c\", Enum(\"y\"))])])],\n endings: [(id: \"f\", when: \"c is 'x'\"), (id: \"e\", when: \"c is 'x' or c is not «'z'\")])";
    has(Code::NeverEqual, logic, &story(&["a"], "# ending f\n> F.\n# ending e\n> The end."));
}

#[test]
fn a_beat_that_nothing_leads_to() {
    let logic = format!(
        "(beats: [(id: \"a\", next: [\"b\", \"c\"], moves: [{GO}]), (id: \"b\", moves: [{GO}]),\n (id: \"«c\", moves: [{GO}])], endings: [(id: \"e\")])"
    );
    let found = has(Code::UnreachableBeat, &logic, &story(&["a", "b", "c"], END));
    assert!(found.notes[0].contains("stands behind 'b'"), "{found}");
    // One that waits for what never comes about.
    let logic = format!(
        "(facts: {{\"k\": Bool(false)}}, beats: [(id: \"a\", next: [\"b\", \"c\"], moves: [{GO}]),\n (id: \"«b\", when: \"k and seen.c\", moves: [(id: \"go\", done: true, effects: [Set(\"k\", Bool(true))])]), (id: \"c\", moves: [{GO}])], endings: [(id: \"e\")])"
    );
    let found = has(Code::UnreachableBeat, &logic, &story(&["a", "b", "c"], END));
    assert!(found.notes[0].contains("`k and seen.c` does not hold"), "{found}");
}

const SHUT: &str = "(facts: {\"open\": Bool(true)}, beats: [(id: \"a\", next: [\"b\"], moves: [(id: \"go\", done: true), (id: \"shut\", done: true, effects: [Set(\"open\", Bool(false))])]),\n (id: \"«b\", moves: [(id: \"go\", done: true)])],\n endings: [(id: \"e\", when: \"open and beat is 'b'\")])";

fn shut() -> String {
    let shut = "## move shut\n- close the door now\n### reply\n> Shut.\n";
    let words = story(&["a"], &format!("{shut}{}{END}", beat("b")));
    words.replace("# ending", "\n# ending")
}

#[test]
fn a_state_without_a_way_out() {
    let (report, marked, folder) = checked(SHUT, &[("en/story.md", &shut())], &Limits::default());
    let stuck = report.errors().find(|found| found.code == Code::NoWayOut).unwrap();
    assert_eq!(Some(place(stuck, folder.path())), marked);
    assert_eq!(stuck.path.len(), 2, "{stuck}");
    assert!(
        stuck.path[1].contains("makes 'shut'") && stuck.path[1].contains("not open"),
        "{stuck}"
    );
    assert!(report.errors().any(|found| found.code == Code::UnfitEnding));
    assert_eq!(report.errors().count(), 2, "{report}");
}

#[test]
fn an_ending_that_does_not_fit() {
    let logic = "(facts: {\"done\": Bool(false)}, beats: [(id: \"a\", moves: [(id: \"go\", done: true, effects: [Set(\"done\", Bool(true))])])], endings: [(id: \"«e\", when: \"done\")])";
    let found = has(Code::UnfitEnding, logic, &story(&["a"], END));
    assert!(found.path.last().unwrap().contains("'a' ends by itself"), "{found}");
}

#[test]
fn silence_goes_in_a_circle() {
    let logic = format!(
        "(beats: [(id: \"«a\", next: [\"b\"], patience: 0, moves: [{GO}]), (id: \"b\", next: [\"a\"], moves: [{GO}])], endings: [(id: \"e\")])"
    );
    let found = has(Code::SilentCircle, &logic, &story(&["a", "b"], END));
    assert_eq!(found.path.len(), 4, "{found}");
    assert!(found.path[2].contains("so it goes on"), "{found}");
}

#[test]
fn a_secret_that_comes_out_too_early() {
    let logic = format!(
        "(facts: {{\"told\": Bool(false)}}, secrets: {{\"jun\": (holders: [\"ann\"], unlocked_when: \"told\")}}, beats: [(id: \"a\", moves: [{GO}, (id: \"tell\", once: true, effects: [Set(\"told\", Bool(true))])])], endings: [(id: \"e\")])"
    );
    let tell = "## move tell\n- whose coat is this\n### reply\nann (sad): Jun's.\n";
    let secret = "# secret jun\nJun lives.\n## tells\n- Jun\n";
    let good = story(&["a"], &format!("{tell}{END}\n{secret}"));
    let (report, ..) = checked(&logic, &[("en/story.md", &good)], &Limits::default());
    assert!(report.diagnostics.is_empty(), "effects come before the reply: {report}");
    let bad = story(
        &["a"],
        &format!(
            "{tell}## ask\n- (sad) It was «Jun who wore it.\n# ending e\n> The end.\n{secret}"
        ),
    );
    let found = has(Code::Leak, &logic, &bad);
    assert_eq!((found.width, found.path.is_empty()), (3, false), "{found}");
    // With a condition that unlocks it, the line is in its place.
    let later = bad.replace("## ask\n", "## ask when told\n").replace('«', "");
    let (report, ..) = checked(&logic, &[("en/story.md", &later)], &Limits::default());
    assert!(report.diagnostics.is_empty(), "{report}");
}

#[test]
fn effects_that_disagree() {
    let logic = "(facts: {\"c\": Enum(initial: \"x\", values: [\"x\", \"y\"])}, beats: [(id: \"a\", moves: [(id: \"go\", done: true, effects: [\n  Set(\"c\", Enum(\"y\")),\n  «Set(\"c\", Enum(\"x\")),\n])])], endings: [(id: \"f\", when: \"c is 'y'\"), (id: \"e\")])";
    let (report, marked, folder) = checked(
        logic,
        &[("en/story.md", &story(&["a"], "# ending f\n> F.\n# ending e\n> The end."))],
        &Limits::default(),
    );
    let found = report.errors().next().unwrap();
    assert_eq!((found.code, report.errors().count()), (Code::Disagreement, 1), "{report}");
    assert_eq!(Some(place(found, folder.path())), marked);
    assert_eq!(found.related[0].place.line, 2);
    // Chance takes one of them.
    let chance = logic
        .replace('«', "")
        .replace("Set(\"c\", Enum(\"y\")),", "Choose(\"k\", [[Set(\"c\", Enum(\"y\"))], [")
        .replace("Set(\"c\", Enum(\"x\")),", "Set(\"c\", Enum(\"x\"))]]),");
    let words = story(&["a"], "# ending f\n> F.\n# ending e\n> The end.");
    let (report, ..) = checked(&chance, &[("en/story.md", &words)], &Limits::default());
    assert!(report.diagnostics.is_empty(), "{report}");
}

#[test]
fn moves_that_are_too_like() {
    let logic = "(beats: [(id: \"a\", moves: [(id: \"coat\", done: true), (id: \"door\", done: true)])], endings: [(id: \"e\")])";
    let words = "# cast ann\n# beat a\n## move coat\n- Whose coat is that by the door?\n- Is that your coat over there?\n- Does somebody own this coat?\n- «What is behind that little door?\n### reply\n> Hm.\n## move door\n- What is behind the little door?\n- What lies behind that door?\n- Where does the little door lead?\n- What's behind the door?\n### reply\n> Hm.\n# ending e\n> The end.\n";
    let (report, marked, folder) = checked(logic, &[("en/story.md", words)], &Limits::default());
    let (line, column) = marked.map(|m| (m.1, m.2)).unwrap();
    let found = report.warnings().find(|found| found.code == Code::Neighbours).unwrap();
    assert_eq!(place(found, folder.path()), ("en/story.md".into(), line, column - 2), "{report}");
    assert_eq!(
        (report.is_ok(), report.diagnostics.len(), found.related.len()),
        (true, 1, 1),
        "{report}"
    );
}

#[test]
fn one_example_of_two_moves() {
    let words = "# cast ann\n# beat a\n## move stay\n- I can't do this\n### reply\n> Hm.\n## move leave\n«- I can't do this!\n### reply\n> Hm.\n# ending e\n> The end.\n";
    has(Code::SameWords, "()", words);
    // Not if they are never open together.
    let logic = "(facts: {\"k\": Bool(false)}, beats: [(id: \"a\", on_forced: [Set(\"k\", Bool(true))], moves: [(id: \"stay\", only_when: \"turn < 3\", done: true), (id: \"leave\", only_when: \"turn >= 3\", done: true)])], endings: [(id: \"e\", when: \"k or not k\")])";
    let (report, ..) =
        checked(logic, &[("en/story.md", &words.replace('«', ""))], &Limits::default());
    assert!(report.is_ok(), "{report}");
}

#[test]
fn a_language_that_lacks_something() {
    let words = story(&["a"], "«## hint\n- Well?\n# ending e\n> The end.");
    let chinese = story(&["a"], END);
    let found = has_in(
        Code::Untranslated,
        "(locales: [\"en\", \"zh\"])",
        &[("en/story.md", &words), ("zh/story.md", &chinese)],
    );
    assert!(found.message.contains("'zh'"));
}

#[test]
fn a_storylet_that_never_begins() {
    let logic = format!(
        "(beats: [(id: \"a\", moves: [{GO}])], storylets: [(id: \"«gull\", when: \"seen.a >= 2\", moves: [])], endings: [(id: \"e\")])"
    );
    let words = story(&["a"], "# beat gull\n## open\n> A gull.\n# ending e\n> The end.");
    has(Code::UnreachableStorylet, &logic, &words);
}

#[test]
fn an_ending_that_is_never_reached() {
    let logic = format!(
        "(beats: [(id: \"a\", moves: [{GO}])], endings: [(id: \"e\"), (id: \"«f\", when: \"turn > 20\")])"
    );
    has(Code::UnreachableEnding, &logic, &story(&["a"], "# ending e\n> E.\n# ending f\n> F."));
}

#[test]
fn a_move_that_is_never_made() {
    let logic = format!(
        "(items: {{\"key\": (max: 1)}}, beats: [(id: \"a\", next: [\"b\"], moves: [{GO}, (id: \"«unlock\", requires: \"has.key\")]), (id: \"b\", moves: [(id: \"go\", done: true, effects: [Give(\"key\")])])], endings: [(id: \"e\")])"
    );
    let unlock =
        format!("## move unlock\n- open the iron chest\n### reply\n> Click.\n{}{END}", beat("b"));
    let found = has(Code::DeadMove, &logic, &story(&["a"], &unlock));
    assert!(found.message.contains("always refused"));
}

#[test]
fn an_action_that_is_never_done() {
    let logic = format!(
        "(cast: {{\"ann\": (actions: [(id: \"«wave\", kind: BringUp, when: \"true\")], goals: [(id: \"g\", when: \"true\", desire: \"turn > 3\")])}}, beats: [(id: \"a\", moves: [{GO}])], endings: [(id: \"e\")])"
    );
    has(Code::DeadAction, &logic, &story(&["a"], END));
}

#[test]
fn a_secret_that_is_never_unlocked() {
    let logic = format!(
        "(secrets: {{\"«jun\": (holders: [\"ann\"], unlocked_when: \"made.a.sing\")}}, beats: [(id: \"a\", moves: [{GO}, (id: \"sing\", only_when: \"turn > 500\")])], endings: [(id: \"e\")])"
    );
    let words = story(
        &["a"],
        "## move sing\n- sing me a song\n### reply\n> La.\n# ending e\n> The end.\n# secret jun\nJun lives.\n## tells\n- Jun",
    );
    let (report, marked, folder) = checked(&logic, &[("en/story.md", &words)], &Limits::default());
    let found = report.warnings().find(|found| found.code == Code::DeadSecret).unwrap();
    assert_eq!(Some(place(found, folder.path())), marked);
}

#[test]
fn a_fact_of_no_use() {
    let logic = format!(
        "(facts: {{\"«warned\": Bool(false)}}, beats: [(id: \"a\", moves: [{GO}])], endings: [(id: \"e\")])"
    );
    has(Code::IdleFact, &logic, &story(&["a"], END));
}

#[test]
fn what_was_left_out_is_told() {
    let logic = "(facts: {\"n\": Number(initial: 0, min: 0, max: 1000), \"m\": Number(initial: 0, min: 0, max: 1000)}, beats: [(id: \"«a\", moves: [(id: \"go\", done: true), (id: \"up\", effects: [Add(\"n\", 1)]), (id: \"down\", effects: [Add(\"n\", -1), Add(\"m\", 1)])])], endings: [(id: \"f\", when: \"n > 900 and m > 900\"), (id: \"e\")])";
    let words = story(
        &["a"],
        "## move up\n- climb the ladder\n### reply\n> Up.\n## move down\n- descend again\n### reply\n> Down.\n# ending f\n> F.\n# ending e\n> The end.",
    );
    let limits = Limits { states: 500, time: Duration::from_secs(60) };
    let (report, marked, folder) = checked(logic, &[("en/story.md", &words)], &limits);
    let codes: Vec<Code> = report.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!((codes, report.is_ok()), (vec![Code::Bounded], true), "{report}");
    assert_eq!(Some(place(&report.diagnostics[0], folder.path())), marked);
    assert!(
        report.to_string().contains("n (") && report.bounded[0].contains("after 5"),
        "{report}"
    );
}

#[test]
fn a_report_reads_like_a_compilers() {
    let (report, _, folder) = checked(SHUT, &[("en/story.md", &shut())], &Limits::default());
    let stuck = report.errors().find(|found| found.code == Code::NoWayOut).unwrap();
    let text = stuck.to_string().replace(&format!("{}/", folder.path().display()), "");
    assert_eq!(
        text,
        "error[DR0006]: from here on, in 'b', no ending that fits can be reached
 --> pack.ron:2:8
  |
2 |  (id: \"b\", moves: [(id: \"go\", done: true)])],
  |        ^ no way to an ending from this beat
  |
  = why: whatever is done and whatever chance brings, the story ends where no ending's `when` holds
  = the shortest way there:
      1. the story opens: 'a' begins
      2. the player makes 'shut': 'b' begins, not open
  = help: add an ending without `when`, or a move that opens the way again
"
    );
}

#[test]
fn the_packs_of_the_tests_are_whole() {
    for (pack, whole) in [("ferry", true), ("door", true)] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs").join(pack);
        let limits = Limits { time: Duration::from_secs(200), ..Limits::default() };
        let report = check(&Arc::new(Pack::load(&folder).unwrap()), &limits);
        assert_eq!((report.is_ok(), report.bounded.is_empty()), (true, whole), "{report}");
        assert!(report.silent.unwrap().is_kept());
    }
}

#[test]
fn what_a_player_can_not_switch_off() {
    let logic = |content: &str| {
        format!(
            "(content: [\"spiders\"], beats: [(id: \"a\", next: [\"b\"], moves: [{GO}]), (id: \"«b\", {content} moves: [{GO}])], endings: [(id: \"e\")])"
        )
    };
    let words = story(&["a", "b"], END);
    has(Code::Unavoidable, &logic("content: [\"spiders\"],"), &words);
    let plain = logic("content: [\"spiders\"],").replace('«', "");
    let gentle = format!("{words}# beat b\n## open when avoid.spiders\n> Softly.\n");
    let (report, ..) = checked(&plain, &[("en/story.md", &gentle)], &Limits::default());
    assert!(report.diagnostics.is_empty(), "{report}");
    // A line that is marked, and nothing beside it.
    let marked = words.replace("> The end.", "> «The end, with eight legs. #spiders");
    has(Code::Unavoidable, &logic("").replace('«', ""), &marked);
    // One that only names it.
    let named = format!(
        "{}# content spiders\n## words\n- spider\n",
        words.replace("> The end.", "> «Spiders!")
    );
    has(Code::Unavoidable, &logic("").replace('«', ""), &named);
}

#[test]
fn an_ending_that_only_the_unwary_reach() {
    let logic = r#"(content: ["spiders"], facts: {"fed": Bool(false)},
        beats: [(id: "a", moves: [(id: "go", requires: "fed", done: true)])],
        storylets: [(id: "s", content: ["spiders"], when: "beat is 'a'", moves: [], on_begin: [Set("fed", Bool(true))])],
        endings: [(id: "e", when: "fed")])"#;
    let words =
        format!("# cast ann\nYou are Ann.\n{}# beat s\n## open\n> A spider.\n{END}\n", beat("a"));
    let (report, ..) = checked(logic, &[("en/story.md", &words)], &Limits::default());
    let stuck = report.diagnostics.iter().find(|found| found.code == Code::NoWayOut);
    let stuck = stuck.unwrap_or_else(|| panic!("{report}"));
    assert!(stuck.notes.iter().any(|note| note.contains("switched off spiders")), "{report}");
}

#[test]
fn an_example_against_the_policy() {
    let words = story(&["a"], END).replace("- I go on", "- I go on\n- «You liar, I go on");
    let logic = format!(
        "(policy: (insult: TurnAside), beats: [(id: \"a\", moves: [{GO}])], endings: [(id: \"e\")])"
    );
    has(Code::TurnedAside, &logic, &words);
}
