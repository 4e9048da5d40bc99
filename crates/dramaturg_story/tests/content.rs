//! What a player has switched off is not met: not in an authored line, not in a prompt, not in what a model writes; and the
//! story still ends.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use dramaturg_llm::{
    CompletionRequest, CompletionStream, LanguageModel, PendingScores, ScoreRequest, Scoring,
    StreamEvent, channel,
};
use dramaturg_story::{
    Cue, Event, Limits, Pack, Session, Stage, StageSettings, Value, check, replay,
};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

static PACK: LazyLock<Arc<Pack>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/cellar");
    Arc::new(Pack::load(&folder).unwrap_or_else(|error| panic!("{error}")))
});

const NOTES: [&str; 3] = ["spiders", "alcohol", "drowning"];
/// What would name each of them, in both languages.
const NAMED: [&[&str]; 3] = [
    &["spider", "cobweb", "蜘蛛", "蛛网"],
    &["brandy", "bottle", "白兰地", "酒"],
    &["drown", "fell into", "淹死", "掉进了运河"],
];

struct Play {
    session: Session,
    turns: Vec<Vec<Event>>,
}

impl Play {
    fn avoiding(notes: &[&str], locale: &str, seed: u64) -> Self {
        let mut session = Session::resume(PACK.clone(), []);
        session.avoid(notes.iter().map(|note| (*note).to_owned()));
        let turns = vec![session.open(locale, seed, &mut |_| {})];
        Self { session, turns }
    }
    fn say(&mut self, line: &str) -> String {
        self.say_to(line, None)
    }
    fn say_to(&mut self, line: &str, model: Option<&dyn LanguageModel>) -> String {
        self.turns.push(self.session.player_says(line, model, &mut |_| {}));
        lines(self.turns.last().unwrap()).join(" / ")
    }
    fn heard(&self) -> Vec<String> {
        self.turns.iter().flat_map(|turn| lines(turn)).collect()
    }
    /// The state is the fold of the events, and a replay comes to the same.
    fn check(&self) {
        let again = Session::resume(PACK.clone(), self.turns.iter().flatten());
        assert_eq!(again.state(), self.session.state());
        let mut journal = dramaturg_journal::Journal::in_memory().unwrap();
        for turn in self.turns.iter().filter(|turn| !turn.is_empty()) {
            journal.append_turn(turn).unwrap();
        }
        let entries = journal.entries().unwrap();
        assert_eq!(replay(PACK.clone(), &entries), Ok(entries.len()));
    }
}

fn lines(events: &[Event]) -> Vec<String> {
    let said = events.iter().filter_map(|event| match event {
        Event::Spoke { text, .. } => Some(text.clone()),
        _ => None,
    });
    said.collect()
}

fn named(text: &str, note: &str) -> bool {
    let at = NOTES.iter().position(|other| *other == note).unwrap();
    NAMED[at].iter().any(|word| text.to_lowercase().contains(word))
}

#[test]
fn without_settings_the_story_is_as_written() {
    let mut play = Play::avoiding(&[], "en", 1);
    assert!(play.heard().iter().any(|line| line.contains("spider in your hat")));
    assert!(!play.turns[0].iter().any(|event| matches!(event, Event::Avoids(_))));
    assert!(play.say("It is cold.").contains("lets itself down"), "the storylet begins");
    assert!(play.say("Have you any family?").contains("into the canal"));
    assert!(play.say("Let me help you find the key.").contains("cobwebs"));
    assert!(play.say("I look behind the barrel.").contains("from the bottle"));
    play.say("Good night, Ann.");
    assert_eq!(play.session.state().ended.as_deref(), Some("keys"));
    play.check();
}

#[test]
fn a_marked_line_a_storylet_and_a_beat_give_way() {
    for (locale, said) in [
        ("en", ["It is cold.", "Let me help you find the key.", "I lift the flower pot."]),
        ("zh", ["真冷啊。", "我帮你找。", "我把花盆搬开。"]),
    ] {
        let mut play = Play::avoiding(&["spiders"], locale, 1);
        let opening = play.heard();
        assert_eq!(opening.len(), 1, "{opening:?}");
        let quiet = play.say(said[0]);
        let other = quiet.contains("The tap drips") || quiet.contains("水龙头滴着水");
        assert!(other, "the storylet without spiders begins: {quiet}");
        play.say(said[1]);
        assert_eq!(play.session.state().beat, "yard");
        play.say(said[2]);
        assert_eq!(play.session.state().value("key_found"), Some(Value::Bool(true)));
        play.check();
    }
}

#[test]
fn what_can_not_be_got_around_is_gentler() {
    let mut play = Play::avoiding(&["alcohol"], "en", 1);
    play.say("Let me help you find the key.");
    let lamp = play.say("I look behind the barrel.");
    assert!(lamp.contains("cup of cocoa") && !lamp.contains("bottle"), "{lamp}");
    play.check();
    let mut play = Play::avoiding(&["drowning"], "zh", 1);
    assert_eq!(play.say("你家里还有人吗？").split(" / ").next(), Some("有过一个弟弟。"));
    play.check();
}

#[test]
fn it_can_be_switched_while_playing_and_is_journaled() {
    let mut play = Play::avoiding(&[], "en", 1);
    play.session.avoid(["spiders".to_owned(), "nothing of this pack".to_owned()]);
    play.say("It is cold.");
    let told = play.turns[1].iter().find_map(|event| match event {
        Event::Avoids(notes) => Some(notes.clone()),
        _ => None,
    });
    assert_eq!(told, Some(BTreeSet::from(["spiders".to_owned()])));
    assert!(play.session.state().avoids("spiders"));
    play.session.avoid([]);
    play.say("Let me help you find the key.");
    assert_eq!(play.session.state().beat, "cellar");
    play.check();
}

#[test]
fn a_preferences_screen_has_the_names() {
    let names = |locale| -> Vec<String> {
        PACK.content_notes(locale).into_iter().map(|note| note.name).collect()
    };
    assert_eq!(names("en"), ["Spiders", "Alcohol", "Drowning"]);
    assert_eq!(names("zh"), ["蜘蛛", "酒", "溺水"]);
    assert!(PACK.content_notes("en")[0].about.contains("harmless"));
}

/// Says what it is given, and keeps what it was asked.
struct Speaks {
    says: Mutex<Vec<&'static str>>,
    asked: Mutex<Vec<String>>,
}

impl LanguageModel for Speaks {
    fn name(&self) -> &str {
        "speaks"
    }
    fn scoring(&self) -> Scoring {
        Scoring::No
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        let asked: Vec<_> = request.messages.iter().map(|m| m.text.clone()).collect();
        self.asked.lock().unwrap().push(asked.join("\n"));
        let (stream, sender, _) = channel();
        let said = self.says.lock().unwrap().pop().unwrap_or("I see.");
        let _ = sender.send(StreamEvent::Text(said.to_owned()));
        let _ = sender.send(StreamEvent::Done);
        stream
    }
    fn score(&self, _: ScoreRequest) -> PendingScores {
        unreachable!("it can't score")
    }
}

#[test]
fn no_prompt_names_it_and_the_guard_refuses_it() {
    let says =
        vec!["The tap again, that's all it was.", "Look, the ｓｐｉｄｅｒｓ are out tonight."];
    let model = Speaks { says: Mutex::new(says), asked: Mutex::default() };
    let mut play = Play::avoiding(&["spiders", "alcohol"], "en", 1);
    let said = play.say_to("What was that noise on the shelf?", Some(&model));
    assert!(said.contains("that's all it was") && !named(&said, "spiders"), "{said}");
    let asked = model.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2, "it was asked once more");
    for prompt in &asked {
        assert!(!named(prompt, "spiders") && !named(prompt, "alcohol"), "{prompt}");
        assert!(!prompt.contains("doctor forbade"), "{prompt}");
        assert!(prompt.contains("lets rooms") && prompt.contains("narrow house"), "{prompt}");
    }
    // Who names it gets an authored line, and no prompt has it.
    let said = play.say_to("Do spiders bite?", Some(&model));
    assert!(!said.is_empty() && !named(&said, "spiders"), "{said}");
    assert_eq!(model.asked.lock().unwrap().len(), 2);
    // Without the setting both are there.
    let model = Speaks { says: Mutex::default(), asked: Mutex::default() };
    let mut play = Play::avoiding(&[], "en", 1);
    play.say_to("What was that noise on the shelf?", Some(&model));
    let asked = model.asked.lock().unwrap()[0].clone();
    assert!(named(&asked, "spiders") && named(&asked, "alcohol") && asked.contains("forbade"));
}

#[test]
fn a_stage_begins_and_goes_on_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let save = folder.path().join("play.journal");
    let raise = |avoid: Option<BTreeSet<String>>| {
        Stage::raise(StageSettings {
            pack: PACK.clone(),
            locale: "en".into(),
            seed: 1,
            save: Some(save.clone()),
            avoid,
            ear: None,
            autonomy: Default::default(),
            model: Default::default(),
        })
    };
    let turn = |stage: &Stage| {
        let mut said = Vec::new();
        loop {
            match stage.wait_cue(Duration::from_secs(60)).expect("the stage goes on") {
                Cue::LineEnded { text } => said.push(text),
                Cue::Notice(notice) => panic!("{notice}"),
                Cue::TurnEnded { .. } => return said,
                _ => {}
            }
        }
    };
    let spiders = BTreeSet::from(["spiders".to_owned()]);
    let stage = raise(Some(spiders));
    assert_eq!(turn(&stage).len(), 1);
    stage.close();
    // Whoever says nothing of it keeps what is in the save.
    let stage = raise(None);
    stage.say("It is cold.");
    assert!(turn(&stage).iter().any(|line| line.contains("tap drips")));
    stage.avoid([]);
    stage.say("Let me help you find the key.");
    assert!(turn(&stage).iter().any(|line| line.contains("cobwebs")));
    stage.close();
}

#[test]
fn the_checker_finds_nothing_wrong_with_it() {
    let report = check(&PACK, &Limits::default());
    assert!(report.diagnostics.is_empty(), "{report}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    /// Whatever is switched off, at whatever time, and whatever is said: no line names it, and an ending is reached.
    #[test]
    fn nothing_switched_off_is_met_and_an_ending_is_reached(
        off in prop::collection::vec(any::<bool>(), 3),
        said in prop::collection::vec((0..12_usize, any::<bool>()), 0..20),
        chinese in any::<bool>(),
        seed in any::<u64>(),
    ) {
        const LINES: [&str; 12] = [
            "It is cold.", "Have you any family?", "Let me help you find the key.", "I look behind the barrel.",
            "I lift the flower pot.", "Good night, Ann.", "Do spiders bite?", "你家里还有人吗？", "我帮你找。",
            "我看看桶后面。", "有蜘蛛吗？", "",
        ];
        let notes: Vec<&str> =
            NOTES.iter().zip(&off).filter(|(_, off)| **off).map(|(note, _)| *note).collect();
        let mut play = Play::avoiding(&notes, if chinese { "zh" } else { "en" }, seed);
        for (line, model) in &said {
            let says = vec!["The spiders drank the brandy and drowned. 蜘蛛喝了酒。"; 2];
            let model = model.then(|| Speaks { says: Mutex::new(says), asked: Mutex::default() });
            play.say_to(LINES[*line], model.as_ref().map(|model| model as &dyn LanguageModel));
        }
        for _ in 0..60 {
            if play.session.state().ended.is_some() {
                break;
            }
            play.say("");
        }
        prop_assert!(play.session.state().ended.is_some(), "never over");
        for line in play.heard() {
            for note in &notes {
                prop_assert!(!named(&line, note), "{note}: {line}");
            }
        }
        play.check();
    }
}
