//! Laws that hold in every pack and for every line that a player may say.

use super::course::DEEPEST;
use crate::director::{ReadBy, Reading};
use crate::{Event, Pack, Session};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Choices that a test case is made of.
pub(crate) struct Choices<'b>(pub(crate) std::iter::Cycle<std::slice::Iter<'b, u8>>);

impl Choices<'_> {
    pub(crate) fn below(&mut self, of: usize) -> usize {
        usize::from(*self.0.next().unwrap_or(&0)) % of
    }
    fn of<'s>(&mut self, all: &[&'s str]) -> &'s str {
        all[self.below(all.len())]
    }
    fn list(&mut self, most: usize, mut one: impl FnMut(&mut Self) -> String) -> String {
        let count = self.below(most + 1);
        (0..count).map(|_| one(self)).collect::<Vec<_>>().join(", ")
    }
    fn condition(&mut self) -> &'static str {
        self.of(&[
            "true",
            "false",
            "n >= 2",
            "not b",
            "has.key",
            "a.b is 'high'",
            "a.b < 'mid'",
            "turns.t >= 1",
            "minutes.t > 20",
            "clock >= 23:00",
            "tension >= 2",
            "seen.b0 >= 2",
            "made.b0.m0",
            "here.a",
            "scene is 'two'",
            "turn > 3",
            "beat is 'b1'",
            "d",
            "heard.g.c",
        ])
    }
    fn effect(&mut self, beats: usize, depth: usize) -> String {
        match self.below(if depth > 2 { 9 } else { 11 }) {
            0 => "Add(\"n\", 3)".into(),
            1 => "Add(\"n\", -2000000000)".into(),
            2 => "Set(\"b\", Bool(true))".into(),
            3 => "Give(\"key\")".into(),
            4 => "Take(\"key\")".into(),
            5 => "Add(\"a.b\", 70)".into(),
            6 => "Start(\"t\")".into(),
            7 => "Stop(\"t\")".into(),
            8 => "Clock(\"23:30\")".into(),
            9 => format!("Enter(\"b{}\")", self.below(beats)),
            _ => {
                let ways: Vec<String> = (0..=self.below(3))
                    .map(|_| format!("[{}]", self.effects(beats, depth + 1)))
                    .collect();
                format!("Choose(\"bag{}\", [{}])", self.below(2), ways.join(", "))
            }
        }
    }
    fn effects(&mut self, beats: usize, depth: usize) -> String {
        self.list(2, |choices| choices.effect(beats, depth))
    }
}

const MOST_PATIENCE: usize = 4;

/// A pack of chance: how many beats and storylets it has, too.
pub(crate) fn pack(choices: &mut Choices) -> (Pack, usize) {
    let (logic, words, all) = written(choices);
    let files = BTreeMap::from([(PathBuf::from("en/story.md"), words)]);
    let pack = Pack::from_files(Path::new("chance"), &logic, &files);
    (pack.unwrap_or_else(|error| panic!("{error}\n{logic}")), all)
}

/// What such a pack's files say.
pub(crate) fn written(choices: &mut Choices) -> (String, String, usize) {
    let beats = 1 + choices.below(4);
    let storylets = choices.below(3);
    let all = beats + storylets;
    let mut logic = String::from(
        "(clock: \"22:00\", minutes_per_turn: 7, facts: {\"n\": Number(initial: 1, min: 0, max: 4), \"b\": Bool(false)}, \
         derived: {\"d\": \"n >= 1 and not has.key\"}, items: {\"key\": (max: 2)}, timers: [\"t\"], \
         relations: {\"a.b\": (bands: {\"low\": -100, \"mid\": 0, \"high\": 50})}, \
         scenes: {\"one\": (), \"two\": (background: \"x\", present: [\"a\"])}, cast: {\"a\": (personality: (agreeableness: -0.4, neuroticism: 0.6)), \"c\": (present: false, \
         personality: (extraversion: 0.5), ",
    );
    let effects = choices.effects(all, 0);
    let _ = write!(
        logic,
        "actions: [(id: \"do\", stance: {}, kind: {}, when: \"{}\", effects: [{effects}])], goals: [(id: \"g\", when: \"true\", desire: \"{}\")])}}, ",
        choices.of(&["None", "Kind", "Harsh", "Bold"]),
        choices.of(&["Enter", "BringUp", "Leave"]),
        choices.condition(),
        choices.condition(),
    );
    let _ = write!(
        logic,
        "gossip: (matters: {{\"g\": (after: [\"b0.m0\"], when: \"{}\", about: \"{}\")}}, ties: [(who: \"a\", tells: [\"c\"], when: \"{}\", after: {}, between_scenes: {}, aside: {})]), ",
        choices.condition(),
        choices.of(&["", "player"]),
        choices.condition(),
        choices.below(3),
        choices.of(&["true", "false"]),
        choices.of(&["true", "false"]),
    );
    if choices.below(2) == 0 {
        logic.push_str("company: (), ");
    }
    let mut words = String::from("# cast a\n# cast c\n# gossip g\n- psst\n");
    for (list, from, to) in [("beats", 0, beats), ("storylets", beats, all)] {
        let _ = write!(logic, "{list}: [");
        for id in from..to {
            let next = choices.list(2, |c| match c.below(beats + 1) {
                0 => "\"return\"".into(),
                beat => format!("\"b{}\"", beat - 1),
            });
            let scene = choices.of(&["", "scene: \"one\", ", "scene: \"two\", "]);
            let _ = write!(
                logic,
                "(id: \"b{id}\", speaker: \"{}\", when: \"{}\", {scene}next: [{next}], patience: {}, on_begin: [{}], on_forced: [{}], ",
                choices.of(&["a", "c"]),
                choices.condition(),
                choices.below(MOST_PATIENCE + 1),
                choices.effects(all, 0),
                choices.effects(all, 0),
            );
            if list == "storylets" {
                let _ =
                    write!(logic, "salience: {}, repeat: {}, ", id, choices.of(&["true", "false"]));
            }
            // The first beat has a move in any case: conditions speak of it.
            let moves = choices.below(3).max(usize::from(id == 0));
            if list == "beats" && moves == 0 {
                let _ = write!(logic, "interlude: {}, ", choices.of(&["true", "false"]));
            }
            let _ = write!(logic, "moves: [");
            let _ = writeln!(words, "# beat b{id}\n## open\n> b{id}\n## hint\n- one\n- two");
            for number in 0..moves {
                let _ = write!(
                    logic,
                    "(id: \"m{number}\", requires: \"{}\", once: {}, relief: {}, done: {}, effects: [{}]), ",
                    choices.condition(),
                    choices.of(&["true", "false"]),
                    choices.below(4),
                    choices.of(&["true", "false"]),
                    choices.effects(all, 0),
                );
                let _ = writeln!(
                    words,
                    "## move m{number}\n- do {number}\n### reply\n- x\n- > y {{ $n }}"
                );
            }
            let _ = write!(logic, "]), ");
        }
        let _ = write!(logic, "], ");
    }
    let when = choices.condition();
    let _ = write!(logic, "endings: [(id: \"e\", when: \"{when}\"), (id: \"f\")])");
    words.push_str("# ending e\n> e\n# ending f\n> f\n");
    (logic, words, all)
}

/// What must be true of every state.
fn check_state(session: &Session) {
    let (pack, state) = (&session.pack, &session.state);
    for (name, kind) in &pack.facts {
        assert!(kind.admits(&state.facts[name]), "{name} is {}", state.facts[name]);
    }
    assert_eq!(pack.facts.len(), state.facts.len());
    assert!(state.waiting.len() <= DEEPEST);
    assert!(pack.beat(&state.beat).is_some());
}

fn readings(choices: &mut Choices) -> Vec<(Reading, ReadBy)> {
    let one = |choices: &mut Choices| match choices.below(6) {
        0 => Reading::OffTopic,
        1 => Reading::Secret,
        2 => Reading::Silence,
        _ => Reading::Move(format!("m{}", choices.below(3))),
    };
    (0..=choices.below(3)).map(|_| (one(choices), ReadBy::Exact)).collect()
}

fn turn(session: &mut Session, readings: &[(Reading, ReadBy)]) -> Vec<Event> {
    if session.state.ended.is_some() {
        return Vec::new();
    }
    let mut cues = |_| {};
    let mut turn = session.turn(&mut cues);
    turn.push(Event::PlayerSaid { text: "x".into(), model: false, to: None });
    turn.pass_time();
    turn.play(readings, "x", None);
    turn.finish()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn any_pack_stays_legal_and_ends_in_silence(bytes in prop::collection::vec(any::<u8>(), 1..400), lines in 0..30_usize) {
        let mut choices = Choices(bytes.iter().cycle());
        let (pack, beats) = pack(&mut choices);
        let pack = Arc::new(pack);
        let mut session = Session::resume(pack.clone(), []);
        let mut events = session.open("en", 1, &mut |_| {});
        check_state(&session);
        for _ in 0..lines {
            events.extend(turn(&mut session, &readings(&mut choices)));
            check_state(&session);
        }
        // Each beat ends by itself a few times at most, and each time after a few turns.
        let most = beats * (3 + DEEPEST) * (MOST_PATIENCE + 5);
        let mut silent = 0;
        while session.state.ended.is_none() {
            events.extend(turn(&mut session, &[(Reading::Silence, ReadBy::Rule)]));
            check_state(&session);
            silent += 1;
            prop_assert!(silent <= most, "not over after {} turns", silent);
        }
        let folded = Session::resume(pack, &events);
        prop_assert_eq!(folded.state(), session.state());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]
    /// Whatever a player has switched off: the story stays legal, names none of it, and an ending is reached.
    #[test]
    fn any_pack_ends_for_who_has_switched_something_off(
        bytes in prop::collection::vec(any::<u8>(), 1..400),
        notes in prop::collection::btree_set(prop::sample::select(vec!["one", "x", "b"]), 0..3),
        lines in 0..20_usize,
    ) {
        let mut choices = Choices(bytes.iter().cycle());
        let (logic, mut words, beats) = written(&mut choices);
        let logic = logic
            .replacen('(', "(content: [\"one\", \"x\", \"b\"], ", 1)
            .replace("(id: \"b0\",", "(id: \"b0\", content: [\"b\"],")
            .replace("(id: \"b2\",", "(id: \"b2\", content: [\"b\", \"x\"],");
        // The replies, a hint, an ending.
        words.push_str("# content one\n## words\n- one\n# content x\n## words\n- x\n- f\n");
        let files = BTreeMap::from([(PathBuf::from("en/story.md"), words)]);
        let pack = Pack::from_files(Path::new("chance"), &logic, &files);
        let pack = Arc::new(pack.unwrap_or_else(|error| panic!("{error}\n{logic}")));
        let mut session = Session::resume(pack.clone(), []);
        session.avoid(notes.iter().map(|note| (*note).to_owned()));
        let mut events = session.open("en", 1, &mut |_| {});
        for _ in 0..lines {
            events.extend(turn(&mut session, &readings(&mut choices)));
            check_state(&session);
        }
        let most = beats * (3 + DEEPEST) * (MOST_PATIENCE + 5);
        for _ in 0..=most {
            events.extend(turn(&mut session, &[(Reading::Silence, ReadBy::Rule)]));
            check_state(&session);
        }
        prop_assert!(session.state.ended.is_some(), "not over after {} turns", most);
        for event in &events {
            if let Event::Spoke { text, .. } = event {
                prop_assert!(!notes.contains("one") || text != "one");
                prop_assert!(!notes.contains("x") || (text != "x" && text != "f"));
            }
        }
        let folded = Session::resume(pack, &events);
        prop_assert_eq!(folded.state(), session.state());
    }
}

#[test]
fn several_moves_of_one_line_are_made_in_their_order() {
    let logic = r#"(facts: {"n": Number(initial: 0, min: 0, max: 9)}, beats: [(id: "b", moves: [
        (id: "one", effects: [Set("n", Number(1))]), (id: "two", effects: [Add("n", 1)], done: true), (id: "three", effects: [Set("n", Number(9))]),
    ])], endings: [(id: "e")])"#;
    let moves = ["one", "two", "three"].map(|m| format!("## move {m}\n- {m}\n### reply\n> {m}\n"));
    let words = format!("# cast a\n# beat b\n{}# ending e\n> e\n", moves.concat());
    let files = BTreeMap::from([(PathBuf::from("en/story.md"), words)]);
    let pack = Arc::new(Pack::from_files(Path::new("x"), logic, &files).unwrap());
    let mut session = Session::resume(pack, []);
    session.open("en", 1, &mut |_| {});
    let made = ["one", "two", "three"].map(|m| (Reading::Move(m.into()), ReadBy::Exact));
    let events = turn(&mut session, &made);
    let said: Vec<&str> = events
        .iter()
        .filter_map(
            |event| if let Event::Spoke { text, .. } = event { Some(text.as_str()) } else { None },
        )
        .collect();
    assert_eq!(said, ["one", "two", "e"], "the first that ends the beat is the last");
    assert_eq!(session.state.value("n"), Some(crate::Value::Number(2)));
}
