//! The pack language: a story that uses all of it, one that leaves all out, and what is said of mistakes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use dramaturg_story::{Event, Pack, QuestStatus, Session, Value, replay};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs").join(name)
}

fn pack(name: &str) -> Arc<Pack> {
    Arc::new(Pack::load(&folder(name)).unwrap_or_else(|error| panic!("{error}")))
}

/// A play with each turn's lines.
struct Play {
    session: Session,
    pack: Arc<Pack>,
    turns: Vec<Vec<Event>>,
}

impl Play {
    fn of(name: &str, locale: &str, seed: u64) -> Self {
        let pack = pack(name);
        let mut session = Session::resume(pack.clone(), []);
        let turns = vec![session.open(locale, seed, &mut |_| {})];
        Self { session, pack, turns }
    }
    fn say(&mut self, line: &str) -> String {
        self.turns.push(self.session.player_says(line, None, &mut |_| {}));
        self.heard()
    }
    fn heard(&self) -> String {
        let lines = self.turns.last().into_iter().flatten().filter_map(|event| match event {
            Event::Spoke { text, .. } => Some(text.as_str()),
            _ => None,
        });
        lines.collect::<Vec<_>>().join(" / ")
    }
    fn number(&self, name: &str) -> i32 {
        match self.session.state().value(name) {
            Some(Value::Number(number)) => number,
            other => panic!("{name} is {other:?}"),
        }
    }
    fn quest(&self) -> QuestStatus {
        self.pack.quests(self.session.state())[0].1
    }
    /// The state is the fold of the events, and a replay comes to the same.
    fn check(&self) {
        let again = Session::resume(self.pack.clone(), self.turns.iter().flatten());
        assert_eq!(again.state(), self.session.state());
        let mut journal = dramaturg_journal::Journal::in_memory().unwrap();
        for turn in self.turns.iter().filter(|turn| !turn.is_empty()) {
            journal.append_turn(turn).unwrap();
        }
        let entries = journal.entries().unwrap();
        assert_eq!(replay(self.pack.clone(), &entries), Ok(entries.len()));
    }
}

#[test]
fn a_small_story_leaves_everything_out() {
    let mut play = Play::of("door", "en", 1);
    assert_eq!(play.pack.title("en"), "The Door");
    assert!(play.heard().contains("Who is it?"));
    assert!(play.say("Good evening").contains("Sugar?"));
    play.say("I was worried about you");
    assert!(play.say("I'll change it").contains("who you are"));
    assert_eq!(play.session.state().ended.as_deref(), Some("light"));
    play.check();
    let mut silent = Play::of("door", "en", 2);
    let turns = (0..100).take_while(|_| !silent.say("").is_empty()).count();
    assert!((15..=21).contains(&turns), "{turns}");
    silent.check();
}

#[test]
fn moves_are_refused_until_their_time() {
    let mut play = Play::of("ferry", "en", 3);
    let first = play.say("I go on board.");
    assert!(first.contains("A man with a bottle"), "a quiet turn: {first}");
    play.say("Leave her alone.");
    let early = [first, play.say("I go on board.")];
    assert_ne!(early[0], early[1]);
    assert!(early.iter().any(|said| said.contains("Two coins")), "{early:?}");
    assert_eq!(play.number("made.quay.board"), 0);
    assert_eq!(play.quest(), QuestStatus::Open);
    assert!(play.say("I look for a coin.").contains("You have one coin now."));
    assert!(play.say("I look for a coin.").contains("You have 2 coins now."));
    assert_eq!(play.quest(), QuestStatus::Done);
    // One thing is still missing: the ticket.
    let said = play.say("I go on board.");
    assert!(!said.contains("Mind the step"), "{said}");
    while play.session.state().beat != "quay" {
        play.say("Leave her alone.");
    }
    play.say("Here is my ticket.");
    assert_eq!(play.pack.derived(play.session.state(), "may_board"), Some(true));
    let said = play.say("I go on board.");
    assert!(said.contains("Mind the step") && said.contains("The deck moves"), "{said}");
    assert_eq!((play.number("has.coin"), play.number("turns.ferry")), (0, -1));
    assert_eq!(play.session.state().scene, "boat");
    assert_eq!(play.pack.background_of("boat"), "boat");
    assert!(play.session.state().present.contains("tobin"));
    assert!(play.number("clock") >= 1410);
    play.check();
}

#[test]
fn tension_falls_with_relief_and_once_is_once() {
    let mut play = Play::of("ferry", "en", 5);
    play.say("(nothing)");
    while play.session.state().beat != "quay" {
        play.say("Leave her alone.");
    }
    let before = play.number("tension");
    play.say("Here is my ticket.");
    assert_eq!(play.number("tension"), (before - 2).max(0));
    play.say("Here is my ticket.");
    assert_eq!(play.number("made.quay.show_ticket"), 1, "it is open once");
    play.check();
}

#[test]
fn a_sub_story_returns_to_the_beat_that_waits() {
    let mut play = Play::of("ferry", "en", 7);
    let said = play.say("I lie down on the bench.");
    assert!(said.ends_with("You are under water, and it is warm."), "{said}");
    assert_eq!(play.session.state().beat, "dream");
    play.say("I wake up.");
    assert_eq!(play.session.state().beat, "deeper");
    let said = play.say("I wake up.");
    assert!(said.ends_with("You are on the quay again."), "{said}");
    assert_eq!(play.session.state().beat, "quay");
    assert_eq!(play.session.state().facts["dreamt"], Value::Bool(true));
    play.check();
}

#[test]
fn storylets_come_in_quiet_turns_and_hold_nothing_up() {
    let mut play = Play::of("ferry", "en", 1);
    let said = play.say("It smells of tar");
    assert!(said.contains("A man with a bottle"), "the highest salience: {said}");
    play.say("Leave her alone.");
    assert_eq!(play.session.state().beat, "quay");
    assert_eq!(play.pack.band(play.session.state(), "marta.player"), Some("guest"));
    let mut turns = 0;
    while play.session.state().ended.is_none() {
        play.say("It smells of tar");
        turns += 1;
        assert!(turns < 20);
    }
    let begun = |id: &str| {
        play.turns.iter().flatten().filter(|e| **e == Event::BeatBegan(id.into())).count()
    };
    assert_eq!((begun("drunk"), begun("boat")), (1, 1));
    assert!(begun("gull") <= 1);
    play.check();
}

#[test]
fn chance_hangs_on_the_seed_alone() {
    let weather = |seed| Play::of("ferry", "en", seed).session.state().facts["weather"].to_string();
    let all: Vec<String> = (0..20).map(weather).collect();
    assert_eq!(all, (0..20).map(weather).collect::<Vec<_>>());
    assert!(all.contains(&"wind".to_owned()) && all.contains(&"rain".to_owned()), "{all:?}");
    for seed in 0..20 {
        let play = Play::of("ferry", "en", seed);
        let rain = play.session.state().facts["weather"] == Value::Enum("rain".into());
        assert_eq!(play.heard().contains("Out of the rain"), rain, "the opening says what is true");
    }
}

#[test]
fn what_is_not_translated_falls_back_and_is_told() {
    let pack = pack("ferry");
    assert!(pack.missing("en").is_empty());
    let missing: Vec<&str> = pack.missing("zh").iter().map(|m| m.section.as_str()).collect();
    for section in [
        "cast tobin",
        "beat quay/hint",
        "beat quay/move board/reply",
        "beat quay/open when weather is 'rain'",
        "boat-name",
        "lore teeth",
        "ending left",
    ] {
        assert!(missing.contains(&section), "{section}: {missing:?}");
    }
    assert!(!missing.contains(&"beat quay/open") && !missing.contains(&"fare"), "{missing:?}");
    let place = &pack.missing("zh").iter().find(|m| m.section == "beat quay/hint").unwrap().place;
    assert!(place.file.ends_with("en/story.md") && place.line > 50, "{place:?}");
    let mut play = Play::of("ferry", "zh", 4);
    assert!(play.say("我找找铜钱。").contains("你现在有1枚铜钱。"));
    play.check();
}

#[test]
fn a_checker_finds_what_it_needs() {
    let pack = pack("ferry");
    let condition = |owner: &str, role: &str| {
        let found = pack.conditions().iter().find(|c| c.owner == owner && c.role == role);
        found.unwrap_or_else(|| panic!("{owner} {role}"))
    };
    let board = condition("beat quay/move board", "requires");
    assert_eq!(board.condition.source(), "may_board");
    assert!(board.condition.names().contains(&"has.coin"));
    let source = std::fs::read_to_string(&board.place.file).unwrap();
    let line = source.lines().nth(board.place.line - 1).unwrap();
    assert!(
        line.chars().skip(board.place.column - 1).collect::<String>().starts_with("may_board\"")
    );
    condition("secret wreck/marta", "knows");
    condition("derived trusted", "is");
    condition("quest.fare.done", "is");
    condition("beat quay/open", "when");
    condition("lore teeth", "when");
    let dream = pack.place("beat deeper").unwrap();
    assert!(dream.file.ends_with("acts/dream.ron") && dream.line == 5, "{dream:?}");
    for beat in pack.beats() {
        assert!(pack.place(&format!("beat {}", beat.id)).is_some());
    }
    assert!(pack.beat("gull").unwrap().is_storylet() && !pack.beat("quay").unwrap().is_storylet());
    assert_eq!(pack.endings()[0].id, "friends", "the highest priority is tried first");
    assert_eq!(pack.canon("zh").dead, ["the old king"]);
    assert_eq!(pack.canon("en").absent, ["telephone"]);
    assert_eq!(pack.prose("en").bullets("beat quay/move find_coin/not")[0].1, "I have no coin.");
    assert_eq!(pack.lore("en")[0].keys, ["teeth", "rocks"]);
}

/// The ferry with one text changed.
fn changed(file: &str, from: &str, to: &str) -> Result<Pack, dramaturg_story::PackError> {
    let folder = folder("ferry");
    let logic = std::fs::read_to_string(folder.join("pack.ron")).unwrap();
    let mut files: BTreeMap<PathBuf, String> = Pack::files(&folder, &logic)
        .unwrap()
        .into_iter()
        .filter_map(|name| Some((name.clone(), std::fs::read_to_string(folder.join(name)).ok()?)))
        .collect();
    files.insert("pack.ron".into(), logic);
    let text = files.get_mut(Path::new(file)).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    *text = text.replacen(from, to, 1);
    let logic = files.remove(Path::new("pack.ron")).unwrap();
    Pack::from_files(&folder, &logic, &files)
}

#[test]
fn a_mistake_is_named_with_its_place() {
    let cases = [
        ("pack.ron", "dramaturg: 1", "dramaturg: 2", "format 2", "2, id"),
        (
            "pack.ron",
            "requires: \"may_board\"",
            "requires: \"may_bord\"",
            "no fact 'may_bord'",
            "may_bord\"",
        ),
        (
            "pack.ron",
            "marta.player is 'friend'",
            "marta.player is 'frend'",
            "no band 'frend'",
            "frend'",
        ),
        (
            "pack.ron",
            "\"trusted and has.coin >= 2\"",
            "\"may_board\"",
            "derived from itself",
            "may_board\"",
        ),
        (
            "pack.ron",
            "\"trusted and has.coin >= 2\"",
            "\"trusted == 2\"",
            "is derived",
            "trusted ==",
        ),
        ("pack.ron", "Give(\"coin\")", "Give(\"coins\")", "no item 'coins'", "coins\")"),
        ("pack.ron", "Stop(\"ferry\")", "Stop(\"fery\")", "no timer 'fery'", "fery\")"),
        ("pack.ron", "Enter(\"dream\")", "Enter(\"dreem\")", "no beat 'dreem'", "dreem\")"),
        ("pack.ron", "Clock(\"23:30\")", "Clock(\"23:70\")", "'23:70' is no time", "23:70"),
        (
            "pack.ron",
            "present: [\"marta\"], effects",
            "present: [\"marte\"], effects",
            "no character 'marte'",
            "marte\"], e",
        ),
        ("pack.ron", "scene: \"boat\"", "scene: \"bout\"", "no scene 'bout'", "bout\""),
        ("pack.ron", "here.marta", "here.mart", "nothing is called 'here.mart'", "here.mart\""),
        ("pack.ron", "(id: \"gull\"", "(id: \"quay\"", "two of 'beat quay'", "quay\", sal"),
        ("pack.ron", "Enum(\"wind\")", "Enum(\"hail\")", "can't be hail", "weather\", Enum"),
        ("acts/dream.ron", "\"return\"", "\"retrun\"", "no beat 'retrun'", "retrun\""),
        ("acts/dream.ron", "facts: {", "version: 3, facts: {", "can't say 'version'", "version: 3"),
        (
            "en/story.md",
            "## ask\nmarta (neutral): Are you going or not?",
            "## ask",
            "has no lines",
            "## ask",
        ),
        ("en/story.md", "open when weather", "open when wether", "no fact 'wether'", "wether"),
        ("en/story.md", "before { $clock }", "before { $clok }", "$clok", "sell a ticket"),
        ("en/story.md", "You have { fare", "You have { fair", "fair", "You have"),
        ("en/lore/teeth.md", "not dreamt", "not dremt", "no fact 'dremt'", "dremt"),
        ("en/lore/teeth.md", "knows: marta", "knows: martha", "no character 'martha'", "---"),
    ];
    for (file, from, to, message, at) in cases {
        let error = changed(file, from, to).expect_err(to);
        let shown = error.to_string();
        assert!(shown.contains(message), "{to}: {shown}");
        assert!(error.file.ends_with(file), "{to}: {shown}");
        let rest: String = error.text.chars().skip(error.column - 1).collect();
        assert!(rest.starts_with(at), "{to}: '{rest}' of {shown}");
    }
}
