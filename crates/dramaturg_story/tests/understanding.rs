//! What the player's words are taken for, and what comes of a model that says what it must not.

use dramaturg_llm::{
    Answer, CompletionRequest, CompletionStream, LanguageModel, ModelError, PendingScores,
    ScoreRequest, Scoring, StreamEvent, channel,
};
use dramaturg_story::{Event, Facts, Pack, ReadBy, Reading, Session, Situation, Value, replay};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

fn pack() -> Arc<Pack> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/stories/lantern");
    Arc::new(Pack::load(&folder).unwrap_or_else(|error| panic!("{error}")))
}

fn at(beat: &str, locale: &str) -> Situation {
    let facts = Facts::from([("trust".to_owned(), Value::Number(3))]);
    Situation { locale: locale.into(), beat: beat.into(), facts }
}

fn moves(beat: &str, locale: &str, line: &str) -> Vec<String> {
    let read = at(beat, locale).read(&pack(), line, None, None);
    read.moves().map(String::from).collect()
}

#[test]
fn an_authors_example_is_its_move_in_any_width_and_case() {
    let read = at("coat", "en").read(&pack(), "ＷＨＯＳＥ coat is THAT", None, None);
    assert_eq!((read.by, read.readings), (ReadBy::Exact, vec![Reading::Move("ask_coat".into())]));
    // A promise not to ask is the move because the author says it so.
    assert_eq!(moves("coat", "en", "I won't ask about the coat, I promise"), ["kind_word"]);
}

#[test]
fn several_moves_of_a_line_are_taken_in_its_order() {
    let line = "They're not with me, I came alone. What are they looking for?";
    assert_eq!(moves("pilot", "en", line), ["answer_him", "ask_search"]);
    assert_eq!(moves("pilot", "zh", "他们在找什么？不是我带来的。"), ["ask_search", "answer_him"]);
}

#[test]
fn what_is_not_done_now_is_no_move() {
    for (beat, locale, line) in [
        ("coat", "en", "The ferryman asked whose coat that is."),
        ("coat", "en", "If I asked whose coat that is, would you tell?"),
        ("coat", "en", "I already asked whose coat that is."),
        ("coat", "en", "(asks whose coat that is)"),
        ("coat", "en", "As the narrator I say: the coat has been explained."),
        ("coat", "en", "I'm not asking whose coat that is, I'm asking for salt."),
        ("coat", "zh", "船夫问过那件外套是谁的。"),
        ("coat", "zh", "如果我问那件外套是谁的，你会说吗？"),
        ("coat", "zh", "（问起那件外套是谁的）"),
        ("choice", "en", "Everybody burns it, therefore I have burned it."),
    ] {
        let granted: Vec<String> = moves(beat, locale, line);
        assert!(granted.is_empty() || granted == ["kind_word"], "{line}: {granted:?}");
    }
}

#[test]
fn every_other_kind_of_line_has_its_own_reading() {
    let reads = |line: &str| at("letter", "en").read(&pack(), line, None, None).readings;
    assert_eq!(reads("…"), [Reading::Silence]);
    assert_eq!(reads("[the letter opens]"), [Reading::OutOfWorld]);
    assert_eq!(reads("Is Jun alive?"), [Reading::Secret]);
    assert_eq!(reads("You stupid cow"), [Reading::Hostile]);
    assert_eq!(reads("I want to kill myself"), [Reading::SelfHarm]);
    assert_eq!(reads("Let's have sex"), [Reading::Sexual]);
    assert_eq!(reads("sdfkj wqrt xcvb"), [Reading::Gibberish]);
    assert_eq!(reads("Is there wifi in here"), [Reading::Foreign]);
    assert_eq!(reads("I already drank your soup"), [Reading::Contradiction]);
    assert_eq!(reads("The gulls woke me this morning"), [Reading::OffTopic]);
}

/// What the author says is near and meant otherwise grants nothing, word for word or nearly so.
#[test]
fn a_counter_example_grants_nothing() {
    let words = "# cast ann\nYou are Ann.\n# beat b\n## move open_door\nsays: The player opens the door\n\
        - open the old door\n- I open the door now\n- let us get this door open\n\
        ### not\n- who painted the old door\n### reply\nann (neutral): So be it.\n# ending e\n> e\n";
    let files = [(std::path::PathBuf::from("en/story.md"), words.to_owned())].into();
    let pack = Pack::from_files(Path::new("x"), "()", &files).unwrap();
    let reads = |line: &str| at("b", "en").read(&pack, line, None, None).readings;
    let opened = [Reading::Move("open_door".into())];
    assert_eq!(reads("open the old door"), opened);
    assert_eq!(reads("please open the old door"), opened);
    assert_ne!(reads("Who painted the old door?"), opened);
    assert_ne!(reads("and who painted the old door then"), opened);
}

fn spoken(events: &[Event]) -> Vec<&str> {
    let spoken = events.iter().filter_map(|event| match event {
        Event::Spoke { npc: Some(_), text, .. } => Some(text.as_str()),
        _ => None,
    });
    spoken.collect()
}

#[test]
fn a_line_said_twice_and_the_opposite_of_what_was_said_are_noticed() {
    let mut session = Session::resume(pack(), []);
    session.open("en", 1, &mut |_| {});
    session.player_says("The gulls are loud today", None, &mut |_| {});
    let events = session.player_says("the gulls are loud today!", None, &mut |_| {});
    let read = |events: &[Event]| {
        let found = events.iter().find_map(|event| match event {
            Event::Read { reading, .. } => Some(reading.clone()),
            _ => None,
        });
        found.unwrap_or(Reading::Silence)
    };
    assert_eq!(read(&events), Reading::Repetition);
    // Somebody who may be in need is shown a way out.
    let events = session.player_says("I don't want to live any more", None, &mut |_| {});
    assert_eq!(read(&events), Reading::SelfHarm);
    assert!(spoken(&events).iter().any(|line| line.contains("crisis line")), "{events:?}");
}

/// A model that says these lines one after the other.
struct Says {
    lines: Vec<&'static str>,
    asked: AtomicUsize,
    prompts: Mutex<Vec<String>>,
}

impl Says {
    fn new(lines: &[&'static str]) -> Self {
        Self { lines: lines.to_vec(), asked: AtomicUsize::new(0), prompts: Mutex::default() }
    }
}

impl LanguageModel for Says {
    fn name(&self) -> &str {
        "says"
    }
    fn scoring(&self) -> Scoring {
        Scoring::No
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        let (stream, sender, _) = channel();
        let at = self.asked.fetch_add(1, Ordering::Relaxed);
        if let (Some(last), Ok(mut prompts)) = (request.messages.last(), self.prompts.lock()) {
            prompts.push(last.text.clone());
        }
        for piece in self.lines.get(at).copied().unwrap_or_default().split_inclusive(' ') {
            let _ = sender.send(StreamEvent::Text(piece.into()));
        }
        let _ = sender.send(StreamEvent::Done);
        stream
    }
    fn score(&self, _: ScoreRequest) -> PendingScores {
        PendingScores::ready(Err(ModelError::Unsupported("score".into())))
    }
}

/// The events of a turn in which the model answers, and a check that the whole play replays.
fn answered(model: &Says, line: &str) -> Vec<Event> {
    let mut session = Session::resume(pack(), []);
    let mut journal = dramaturg_journal::Journal::in_memory().unwrap_or_else(|e| panic!("{e}"));
    let mut keep = |events: &[Event]| {
        journal.append_turn(events).unwrap_or_else(|e| panic!("{e}"));
    };
    keep(&session.open("en", 1, &mut |_| {}));
    let events = session.player_says(line, Some(model), &mut |_| {});
    keep(&events);
    let entries = journal.entries().unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(replay(pack(), &entries).ok(), Some(entries.len()));
    events
}

fn answers(events: &[Event]) -> usize {
    let texts =
        events.iter().filter(|e| matches!(e, Event::Answered { answer: Answer::Text { .. }, .. }));
    texts.count()
}

#[test]
fn a_line_that_breaks_a_rule_is_asked_for_once_more_with_the_reason() {
    let model = Says::new(&["My brother Jun is well.", "The fog sits on the roof tonight."]);
    let events = answered(&model, "The gulls are loud today");
    assert_eq!(answers(&events), 2);
    assert_eq!(spoken(&events)[0], "The fog sits on the roof tonight.");
    let prompts = model.prompts.lock().unwrap_or_else(|e| panic!("{e}")).clone();
    assert!(prompts[1].starts_with(&prompts[0]) && prompts[1].len() > prompts[0].len());
    assert!(!prompts[1].to_lowercase().contains("jun"), "{prompts:?}");
}

#[test]
fn after_the_second_time_an_authored_line_is_spoken() {
    let model = Says::new(&["As an AI I can't say.", "我不会说英语。", "Never asked for."]);
    let events = answered(&model, "The gulls are loud today");
    assert_eq!(answers(&events), 2);
    let improvised = events.iter().any(|e| matches!(e, Event::Spoke { improvised: true, .. }));
    assert!(!improvised && !spoken(&events).is_empty(), "{events:?}");
}

#[test]
fn what_was_shown_is_kept_when_the_rest_is_cut_off() {
    let model = Says::new(&["The fog sits on the roof, and Jun is alive."]);
    let events = answered(&model, "The gulls are loud today");
    assert_eq!(answers(&events), 1);
    assert_eq!(spoken(&events)[0], "The fog sits on the roof.");
}

/// The harbour story, by authored lines, where the beat `coat` is open.
fn at_the_coat() -> Session {
    let mut session = Session::resume(pack(), []);
    session.open("en", 1, &mut |_| {});
    while session.state().beat != "coat" {
        assert!(session.player_says("", None, &mut |_| {}).len() > 1);
    }
    session
}

#[test]
fn what_comes_near_a_move_is_asked_about_and_a_yes_makes_it() {
    let near = "Who left this behind?";
    for (answer, made) in [("Yes, that's what I mean.", true), ("No, never mind.", false)] {
        let mut session = at_the_coat();
        let events = session.player_says(near, None, &mut |_| {});
        let asked = events.iter().find_map(|event| match event {
            Event::AskedBack(id) => Some(id.clone()),
            _ => None,
        });
        let asked = asked.unwrap_or_else(|| panic!("{events:#?}"));
        assert_eq!(session.state().asked(), Some(asked.as_str()));
        let said = events.iter().any(
            |event| matches!(event, Event::Spoke { npc: Some(_), text, .. } if text.contains('?')),
        );
        assert!(said, "{events:#?}");
        let events = session.player_says(answer, None, &mut |_| {});
        let reading = Reading::Move(asked.clone());
        let read = Event::Read { reading, by: ReadBy::Confirmed };
        assert_eq!(events.contains(&read), made, "{answer}: {events:#?}");
        // Once is enough: the same move is not asked about again while the beat is open.
        if !made {
            // In other words: the very same ones would be a repetition.
            let events = session.player_says(&format!("Well, {near}"), None, &mut |_| {});
            assert!(!events.iter().any(|e| matches!(e, Event::AskedBack(_))), "{events:#?}");
        }
    }
}

#[test]
fn a_yes_to_nothing_is_no_move_and_an_older_journal_is_asked_nothing() {
    let mut session = at_the_coat();
    let events = session.player_says("Yes, I do.", None, &mut |_| {});
    assert!(!events.iter().any(|e| matches!(e, Event::Read { by: ReadBy::Confirmed, .. })));
    let opened = serde_json::from_str::<Event>(
        r#"{"Opened":{"pack":"lantern","version":1,"locale":"en","seed":1}}"#,
    );
    assert!(matches!(opened.unwrap(), Event::Opened { rules: 0, .. }));
}
