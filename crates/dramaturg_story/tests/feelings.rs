//! Characters that feel: what happens moves them, it shows, it fades in the story's time, and a journal holds all of it.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use dramaturg_journal::{Journal, Stored};
use dramaturg_llm::{
    CompletionRequest, CompletionStream, LanguageModel, PendingScores, ScoreRequest, Scoring,
    StreamEvent, channel,
};
use dramaturg_story::emotion::{Occ, VoiceStyle};
use dramaturg_story::{
    Cue, Emotion, Event, Limits, MoodCurves, Pack, Session, State, Value, check, replay,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const INSULT: &str = "You cook like a pig, woman";
const HELP: &str = "I'll chop the onions for you";
const SOUP: &str = "Could I have some soup?";
const NIGHT: &str = "I'm going up to bed";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/grudge")
}

fn pack() -> Arc<Pack> {
    Arc::new(Pack::load(&folder()).unwrap_or_else(|error| panic!("{error}")))
}

/// A play that is kept.
struct Play {
    session: Session,
    journal: Journal<Event>,
}

impl Play {
    fn new() -> Self {
        let mut session = Session::resume(pack(), []);
        let mut journal = Journal::in_memory().unwrap();
        journal.append_turn(&session.open("en", 3, &mut |_| {})).unwrap();
        Self { session, journal }
    }
    fn say(&mut self, text: &str) -> Vec<Event> {
        self.say_to(text, None, &mut |_| {})
    }
    fn say_to(
        &mut self,
        text: &str,
        model: Option<&dyn LanguageModel>,
        cues: &mut dyn FnMut(Cue),
    ) -> Vec<Event> {
        let events = self.session.player_says(text, model, cues);
        self.journal.append_turn(&events).unwrap();
        events
    }
    fn state(&self) -> &State {
        self.session.state()
    }
    fn attitude(&self) -> i16 {
        self.state().moods["rosa"].attitude("player")
    }
    fn fed(&self) -> bool {
        self.state().value("fed") == Some(Value::Bool(true))
    }
    fn recorded(&self) -> Vec<Stored<Event>> {
        self.journal.entries().unwrap()
    }
}

/// What somebody felt in these events, and because of what.
fn felt(events: &[Event], who: &str) -> Vec<(String, Vec<Occ>)> {
    let of = |event: &Event| match event {
        Event::Appraised { npc, because, felt, .. } if npc == who => {
            Some((because.clone(), felt.iter().map(|felt| felt.emotion).collect()))
        }
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

fn face_of(events: &[Event], who: &str) -> Option<Emotion> {
    events.iter().rev().find_map(|event| match event {
        Event::Spoke { npc: Some(npc), emotion, .. } if npc == who => Some(*emotion),
        _ => None,
    })
}

#[test]
fn a_grudge_is_borne_for_days_and_fades() {
    let mut play = Play::new();
    let events = play.say(INSULT);
    assert_eq!(felt(&events, "rosa"), [("move insult".into(), vec![Occ::Anger])]);
    // Ned is sorry for Rosa, and finds fault with the player.
    let of_ned = felt(&events, "ned");
    assert_eq!(of_ned.iter().map(|f| f.1[0]).collect::<Vec<_>>(), [Occ::Pity, Occ::Reproach]);
    assert!(felt(&events, "tom").is_empty());
    // The writer gave the line no face: what she feels shows.
    assert_eq!(face_of(&events, "rosa"), Some(Emotion::Angry));
    let first = play.attitude();
    assert!(first < -200, "{first}");

    play.say(SOUP);
    assert!(!play.fed(), "she is not in the mood to be kind");
    let mut attitudes = vec![play.attitude()];
    let mut days = 0;
    let mut events = Vec::new();
    while !play.fed() {
        events = play.say(NIGHT);
        attitudes.push(play.attitude());
        days += 1;
        assert!(days < 10, "the grudge does not fade: {attitudes:?}");
    }
    assert!(days >= 2, "it is borne for more than a night: {attitudes:?}");
    assert_eq!(felt(&events, "rosa"), [("goal feed_guest".into(), vec![Occ::Gratification])]);
    assert!(attitudes.windows(2).all(|pair| pair[0] <= pair[1]), "{attitudes:?}");

    // The journal plays again entry by entry, and makes the same minds.
    let recorded = play.recorded();
    assert_eq!(replay(pack(), &recorded).unwrap_or_else(|d| panic!("{d}")), recorded.len());
    let folded = Session::resume(pack(), recorded.iter().map(|stored| &stored.entry));
    assert_eq!(folded.state().moods, play.state().moods);
    assert_eq!(folded.state(), play.state());
}

#[test]
fn without_the_insult_she_brings_the_soup_at_once_and_is_proud_of_it() {
    let mut play = Play::new();
    let events = play.say(SOUP);
    assert!(play.fed());
    // A goal that she had only since this turn is no wish come true.
    assert!(felt(&events, "rosa").is_empty(), "{events:?}");
}

#[test]
fn help_earns_gratitude_by_what_it_does_to_the_relationship() {
    let mut play = Play::new();
    let events = play.say(HELP);
    assert_eq!(felt(&events, "rosa"), [("move help".into(), vec![Occ::Gratitude])]);
    assert!(play.attitude() > 0);
    assert!(felt(&events, "ned").is_empty());
}

#[test]
fn a_wish_that_the_player_fulfils_earns_gratitude() {
    let mut play = Play::new();
    [INSULT, SOUP].iter().for_each(|line| drop(play.say(line)));
    let events = play.say("Then I'll ladle it out myself");
    assert_eq!(felt(&events, "rosa"), [("goal feed_guest".into(), vec![Occ::Gratitude])]);
}

#[test]
fn a_promise_kept_earns_gratitude_and_a_broken_one_anger() {
    let because = || "promise wood".to_owned();
    let mut kept = Play::new();
    kept.say("I'll bring you wood tomorrow");
    kept.say(NIGHT);
    let events = kept.say("Here are the logs I cut");
    assert_eq!(felt(&events, "rosa"), [(because(), vec![Occ::Gratitude])]);

    let mut broken = Play::new();
    broken.say("I'll bring you wood tomorrow");
    let mut events = broken.say(NIGHT);
    events.extend(broken.say(NIGHT));
    events.extend(broken.say(NIGHT));
    assert_eq!(felt(&events, "rosa"), [(because(), vec![Occ::Anger])]);
    assert!(broken.attitude() < 0);
}

#[test]
fn words_alone_move_whom_they_are_said_to() {
    let mut play = Play::new();
    let told = [
        ("You stupid liar!", "line insult", Occ::Anger),
        ("I'm sorry, I was wrong", "line apology", Occ::Gratitude),
        ("Thank you, Rosa", "line thanks", Occ::Gratitude),
    ];
    for (line, because, emotion) in told {
        let events = play.say(line);
        assert_eq!(felt(&events, "rosa"), [(because.to_owned(), vec![emotion])], "{line}");
        assert!(felt(&events, "ned").is_empty(), "it was not said to him");
    }
}

#[test]
fn what_moved_her_is_remembered_as_more_important() {
    let mut play = Play::new();
    play.say("The road was long today");
    play.say(INSULT);
    let lines = |who: &str| {
        let memory = play.state().memories[who].lines();
        memory.iter().filter(|l| l.speaker == "player").cloned().collect::<Vec<_>>()
    };
    let of_rosa = lines("rosa");
    assert!(of_rosa[1].importance() > of_rosa[0].importance() + 2, "{of_rosa:?}");
    assert_eq!((of_rosa[0].emotion, of_rosa[1].emotion), (Emotion::Neutral, Emotion::Angry));
    let of_tom = lines("tom");
    assert_eq!((of_tom[1].stirred, of_tom[1].emotion), (0, Emotion::Neutral));
}

/// Says something, with a tender face, to whatever it is asked.
#[derive(Default)]
struct Tender(Mutex<Vec<CompletionRequest>>);

impl LanguageModel for Tender {
    fn name(&self) -> &str {
        "tender"
    }
    fn scoring(&self) -> Scoring {
        Scoring::No
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        let tender = request.lead.iter().position(|label| label == "tender");
        let mut asked = self.0.lock().unwrap();
        let said = ["The rain will stop some day.", "Of the bridge, and who built it."];
        let said = said[asked.len() % said.len()];
        asked.push(request);
        let (stream, sender, _) = channel();
        let events =
            [StreamEvent::Lead(tender.unwrap()), StreamEvent::Text(said.into()), StreamEvent::Done];
        events.into_iter().for_each(|event| drop(sender.send(event)));
        stream
    }
    fn score(&self, _: ScoreRequest) -> PendingScores {
        PendingScores::ready(Err(dramaturg_llm::ModelError::Unsupported("score".into())))
    }
}

#[test]
fn a_prompt_says_what_she_does_and_never_a_number_and_the_models_face_moves_her() {
    let mut play = Play::new();
    let model = Tender::default();
    let talk = "Does it always rain in these hills";
    let mut voices = Vec::new();
    let mut directives = Vec::new();
    let mut cues = |cue: Cue| match cue {
        Cue::LineBegan { npc: Some(npc), voice, .. } if npc == "rosa" => voices.push(voice),
        Cue::TurnEnded { report, .. } => directives.push(report.directive.clone()),
        _ => {}
    };
    play.say_to(talk, Some(&model), &mut cues);
    assert!(play.state().moods["rosa"].felt().iter().any(|felt| felt.emotion == Occ::Liking));
    play.say_to(INSULT, Some(&model), &mut cues);
    play.say_to("What do travellers speak of here", Some(&model), &mut cues);
    let asked = model.0.lock().unwrap();
    let prompts: Vec<String> = asked
        .iter()
        .map(|request| request.messages.iter().map(|m| format!("{}\n", m.text)).collect())
        .collect();
    let [before, after] = prompts.as_slice() else { panic!("{}", prompts.len()) };
    assert!(!before.contains("angry:") && !before.contains("forgiven"), "{before}");
    assert!(after.contains("You are angry:") && after.contains("not forgiven"), "{after}");
    let angry = |prompt: &str| prompt.lines().any(|l| l.contains("pleasure") || l.contains("-0."));
    assert!(!angry(after), "{after}");
    assert_eq!((voices[1], voices[2]), (VoiceStyle::Sharp, VoiceStyle::Sharp));
    assert!(directives[2].contains("voice: sharp"), "{directives:?}");
}

#[test]
fn a_pack_without_personalities_has_no_feelings_in_its_journal() {
    let door = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/promise");
    let mut session = Session::resume(Arc::new(Pack::load(&door).unwrap()), []);
    session.open("en", 1, &mut |_| {});
    let mut events = Vec::new();
    for line in ["You idiot!", "Thank you", "Can I have the key of the locked room?"] {
        events.extend(session.player_says(line, None, &mut |_| {}));
    }
    assert!(!events.iter().any(|event| matches!(event, Event::Appraised { .. })));
    assert!(session.state().moods.values().all(|mood| mood.felt().is_empty()));
}

#[test]
fn curves_have_a_point_for_each_turn_and_are_a_table_and_a_picture() {
    let mut play = Play::new();
    for line in [INSULT, NIGHT, HELP, NIGHT] {
        play.say(line);
    }
    let curves = MoodCurves::of(&pack(), &play.recorded());
    let all: BTreeMap<&str, usize> =
        curves.iter().map(|(npc, points)| (npc, points.len())).collect();
    assert_eq!(all, BTreeMap::from([("ned", 5), ("rosa", 5), ("tom", 5)]));
    let rosa = curves.iter().find(|(npc, _)| *npc == "rosa").unwrap().1;
    assert_eq!(rosa[1].felt.unwrap().emotion, Occ::Anger);
    assert_eq!(rosa[4].mood, play.state().moods["rosa"].now());
    assert!(rosa[1].attitude < rosa[2].attitude && rosa[2].minute > rosa[1].minute + 1440);

    let csv = curves.csv();
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("npc,turn,minute,pleasure,arousal,dominance,attitude,face,emotion,intensity")
    );
    assert!(lines.all(|line| line.split(',').count() == 10), "{csv}");
    let svg = curves.svg();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert_eq!(svg.matches("<polyline").count(), 9);
}

#[test]
fn the_checker_finds_nothing_wrong_and_sees_her_refuse() {
    // Time enough for a machine with other things to do.
    let limits = Limits { time: Duration::from_secs(180), ..Limits::default() };
    let report = check(&pack(), &limits);
    assert!(report.is_ok() && report.warnings().count() == 0, "{report}");
}

fn mistake(from: &str, to: &str) -> String {
    let logic = std::fs::read_to_string(folder().join("pack.ron")).unwrap();
    let changed = logic.replacen(from, to, 1);
    assert_ne!(logic, changed, "{from}");
    let words = std::fs::read_to_string(folder().join("en/story.md")).unwrap();
    let files = BTreeMap::from([(PathBuf::from("en/story.md"), words)]);
    let error = Pack::from_files(Path::new("grudge"), &changed, &files).unwrap_err();
    assert!(error.line > 1, "{error}");
    format!("{}: {} ({})", error.line, error.message, error.help)
}

#[test]
fn mistakes_are_told_with_their_places() {
    let mistakes = [
        ("neuroticism: 0.3", "neuroticism: 1.3", "between -1 and 1"),
        ("desirability: -0.5", "desirability: -7", "between -1 and 1"),
        ("neuroticism: 0.3", "nervousness: 0.3", "nervousness"),
        (
            "\"rosa\": (\n            personality",
            "\"rosa\": (\n            temperament: (pleasure: 10),\n            personality",
            "'rosa' has a personality and a temperament (the temperament follows",
        ),
        (
            "\"ned\": (personality: (agreeableness: 0.5, extraversion: 0.4))",
            "\"ned\": (temperament: (pleasure: 10))",
            "'ned' appraises nothing",
        ),
        ("\"ned\": (praise", "\"nedd\": (praise", "no character 'nedd' (did you mean 'ned'?"),
        ("who: \"rosa\"", "who: \"rose\"", "no character 'rose' (did you mean 'rosa'?"),
        ("(desirability: -0.5, praiseworthiness: -0.9)", "()", "it says nothing"),
        ("desirability: -0.5, praise", "likelihood: 0.5, praise", "`desirability` is nought"),
        (
            "desirability: -0.5, praise",
            "desirability: -0.5, likelihood: 1.5, praise",
            "between 0 and 1",
        ),
        (
            "\"tom\": (temperament: (pleasure: 100))",
            "\"tom\": (actions: [(id: \"snore\", kind: BringUp, when: \"true\", stance: Bold)])",
            "'tom' is always in the mood",
        ),
    ];
    for (from, to, wanted) in mistakes {
        let told = mistake(from, to);
        assert!(told.contains(wanted), "{to}: {told}");
    }
}

/// Pinned, since all of it is arithmetic of integers: a machine on which this differs replays other minds.
#[test]
fn the_same_words_make_the_same_mood_on_every_machine() {
    let mut play = Play::new();
    for line in [INSULT, "I'm sorry, I was wrong", NIGHT, HELP, NIGHT] {
        play.say(line);
    }
    let csv = MoodCurves::of(&pack(), &play.recorded()).csv();
    let of_rosa: Vec<&str> = csv.lines().filter(|line| line.starts_with("rosa,")).collect();
    let pinned = [
        "rosa,0,1080,-0.015,0.171,0.188,0.000,neutral,,0.000",
        "rosa,1,1085,-0.015,0.171,0.188,-0.268,angry,anger,0.804",
        "rosa,2,1090,-0.136,0.274,0.203,-0.158,angry,anger,0.551",
        "rosa,3,2535,-0.017,0.174,0.187,-0.116,neutral,,0.000",
        "rosa,4,2540,-0.017,0.174,0.187,-0.006,tender,gratitude,0.329",
        "rosa,5,3985,-0.013,0.171,0.186,-0.004,neutral,,0.000",
    ];
    assert_eq!(of_rosa, pinned);
}
