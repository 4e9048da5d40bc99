//! Writes a large story, to see how long the checker takes: `large FOLDER BEATS FACTS [LATE]`. Of the facts, `LATE` are
//! read at the very end; the others are read within some beats of where they are set.
//!
//! `cargo run --release --example large -- large 300 60`, then `dramaturg check large`.

use dramaturg_story::{Limits, Pack, check};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many beats later a fact is read.
const SOON: usize = 6;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "large".into()));
    let mut number = |least: usize| {
        arguments.next().and_then(|text| text.parse().ok()).unwrap_or(least).max(least)
    };
    let (beats, facts, late) = (number(4), number(1), number(0));
    let (logic, words) = story(beats, facts, late);
    std::fs::create_dir_all(folder.join("en"))?;
    std::fs::write(folder.join("pack.ron"), logic)?;
    std::fs::write(folder.join("en/story.md"), words)?;
    report(&folder)
}

fn report(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let pack = Arc::new(Pack::load(folder)?);
    let report = check(&pack, &Limits::default());
    print!("{report}");
    println!("{} beats, {} steps", pack.beats().len(), report.steps);
    Ok(())
}

/// A line of beats with short cuts; in each one move that ends it, one that sets a fact and one that is asked for it.
fn story(beats: usize, facts: usize, late: usize) -> (String, String) {
    let mut logic = String::from("(facts: {\"trust\": Number(initial: 0, min: 0, max: 5), ");
    for fact in 0..facts {
        let _ = write!(logic, "\"f{fact}\": Bool(false), ");
    }
    logic.push_str("}, cast: {\"a\": (), \"c\": (present: false)}, ");
    let _ =
        writeln!(logic, "secrets: {{\"s\": (holders: [\"a\"], unlocked_when: \"f0\")}}, beats: [");
    let mut words = String::from("# cast a\n# cast c\n# secret s\nIt.\n## tells\n- the well\n");
    // The fact that is set in a beat, if one is.
    let every = (beats / facts).max(1);
    let set_in =
        |beat: usize| (beat.is_multiple_of(every) && beat / every < facts).then_some(beat / every);
    for beat in 0..beats {
        let before = (1..=SOON).rev().find_map(|back| set_in(beat.checked_sub(back)?));
        let when = before.map_or("true".to_owned(), |fact| format!("f{fact}"));
        let next = match (beat + 1 < beats, beat + 2 < beats && beat.is_multiple_of(5)) {
            (false, _) => String::new(),
            (true, false) => format!("\"b{}\"", beat + 1),
            (true, true) => format!("\"b{}\", \"b{}\"", beat + 2, beat + 1),
        };
        let own = if beat % 5 == 2 { when.clone() } else { "true".into() };
        let speaker = if beat % 3 == 2 { "c" } else { "a" };
        let effects =
            set_in(beat).map_or(String::new(), |fact| format!("Set(\"f{fact}\", Bool(true))"));
        let _ = writeln!(
            logic,
            "(id: \"b{beat}\", speaker: \"{speaker}\", when: \"{own}\", next: [{next}], patience: 2, moves: [\
             (id: \"go\", done: true), (id: \"take\", once: true, relief: 1, effects: [{effects}]), \
             (id: \"ask\", requires: \"{when}\", effects: [Add(\"trust\", 1)])]),"
        );
        let _ = writeln!(
            words,
            "# beat b{beat}\n## open\na (neutral): Room {beat}.\n## move go\n- go on to {beat}\n### reply\n> You go.\n\
             ## move take\n- take the thing of {beat}\n### reply\n> You take it.\n## move ask\n- ask about {beat}\n\
             ### reply\na (glad): Yes.\n### refuse\na (neutral): No.\n## hint\n- Well?\n- And?"
        );
    }
    let read_late: Vec<String> = (0..late.min(facts)).map(|fact| format!("f{fact}")).collect();
    let when = if read_late.is_empty() { "trust >= 3".to_owned() } else { read_late.join(" and ") };
    let _ = write!(
        logic,
        "], endings: [(id: \"good\", when: \"{when} and beat is 'b{}'\"), (id: \"other\")])",
        beats - 1
    );
    words.push_str("# ending good\n> Well done.\n# ending other\n> The end.\n");
    (logic, words)
}
