//! What characters think while the player reads: it is bounded, gives way, stands in what was said, and a replay asks nobody.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use dramaturg_journal::{Journal, Stored};
use dramaturg_llm::{
    CompletionRequest, CompletionStream, Kind, LanguageModel, ModelError, PendingScores, Priority,
    ScoreRequest, Scoring, StreamEvent, channel,
};
use dramaturg_story::{
    Autonomy, Cue, Event, ModelSlot, Pack, Persona, Session, Stage, StageSettings, State, replay,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const LOGIC: &str = r#"(
    clock: "18:00", minutes_per_turn: 5, facts: {"told": Bool(false)},
    cast: {"marta": ()}, secrets: {"jun": (holders: ["marta"], unlocked_when: "told")},
    beats: [(id: "talk", speaker: "marta", patience: 250, moves: [(id: "leave", done: true)])],
)"#;
const WORDS: &str = "# story\nAn inn on the quay.\n# cast marta\nname: Marta\nYou are Marta, who keeps the inn.\n## deflect\n- (neutral) The stove wants wood.\n- (neutral) It is late for that.\n- (neutral) Who knows.\n# secret jun\nYour brother Jun lives.\n## tells\n- Jun Varga\n# beat talk\n## move leave\n- Good night, I am leaving.\n### reply\nmarta (neutral): Good night.\n# ending night\n> The lamp goes out.\n";

fn pack() -> Arc<Pack> {
    let files = BTreeMap::from([(PathBuf::from("en/story.md"), WORDS.to_owned())]);
    Arc::new(Pack::from_files(Path::new("inn"), LOGIC, &files).unwrap_or_else(|e| panic!("{e}")))
}

/// Says the same thing each time it is asked to speak, and another when it is asked to think.
struct Thinks {
    thought: String,
    /// A thought that never comes to its end.
    stuck: bool,
    asked: Mutex<Vec<CompletionRequest>>,
    cancelled: Mutex<Vec<Arc<AtomicBool>>>,
    open: Mutex<Vec<crossbeam_channel::Sender<StreamEvent>>>,
}

impl Thinks {
    fn new(thought: &str) -> Self {
        Self {
            thought: thought.into(),
            stuck: false,
            asked: Mutex::default(),
            cancelled: Mutex::default(),
            open: Mutex::default(),
        }
    }
    fn asked(&self, kind: Kind) -> Vec<CompletionRequest> {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .filter(|request| request.work.kind == kind)
            .cloned()
            .collect()
    }
}

impl LanguageModel for Thinks {
    fn name(&self) -> &str {
        "thinks"
    }
    fn scoring(&self) -> Scoring {
        Scoring::No
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        let thinks = request.work.priority == Priority::Background;
        self.asked.lock().unwrap().push(request);
        let (stream, sender, cancelled) = channel();
        let said = if thinks {
            self.thought.clone()
        } else {
            "The fog is thick over the roofs tonight.".into()
        };
        let _ = sender.send(StreamEvent::Text(said));
        if thinks && self.stuck {
            self.cancelled.lock().unwrap().push(cancelled);
            self.open.lock().unwrap().push(sender);
        } else {
            let _ = sender.send(StreamEvent::Done);
        }
        stream
    }
    fn score(&self, _: ScoreRequest) -> PendingScores {
        PendingScores::ready(Err(ModelError::Unsupported("score".into())))
    }
}

struct Play {
    pack: Arc<Pack>,
    session: Session,
    journal: Journal<Event>,
}

impl Play {
    fn new(autonomy: Autonomy) -> Self {
        Self::of(pack(), autonomy)
    }
    fn of(pack: Arc<Pack>, autonomy: Autonomy) -> Self {
        let mut session = Session::resume(pack.clone(), []);
        session.set_autonomy(autonomy);
        let mut journal = Journal::in_memory().unwrap();
        journal.append_turn(&session.open("en", 1, &mut |_| {})).unwrap();
        Self { pack, session, journal }
    }
    /// The player says a line, reads the answer, and characters have all the time that they want.
    fn say(&mut self, line: &str, model: Option<&dyn LanguageModel>) -> Vec<Event> {
        let events = self.session.player_says(line, model, &mut |_| {});
        self.journal.append_turn(&events).unwrap();
        while self.session.muse(model) {}
        events
    }
    fn talk(&mut self, turns: usize) {
        for turn in 0..turns {
            self.say(
                &format!("The {} gull sat on the {} post.", ORDER[turn % 7], ORDER[turn / 7 % 7]),
                None,
            );
        }
    }
    fn entries(&self) -> Vec<Stored<Event>> {
        self.journal.entries().unwrap()
    }
    fn thoughts(&self) -> Vec<Event> {
        let all = self.entries().into_iter().map(|stored| stored.entry);
        all.filter(|event| matches!(event, Event::SummedUp { .. } | Event::Reflected { .. }))
            .collect()
    }
    /// The journal alone gives the same minds and, played again without a model, the same journal.
    fn is_repeatable(&self) {
        let entries = self.entries();
        replay(self.pack.clone(), &entries).unwrap_or_else(|difference| panic!("{difference}"));
        let mut state = State::new(&self.pack);
        entries.iter().for_each(|stored| state.apply(&stored.entry));
        assert_eq!(&state, self.session.state());
    }
}

const ORDER: [&str; 7] = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"];

fn text(event: &Event) -> &str {
    match event {
        Event::SummedUp { summary, .. } => &summary.text,
        Event::Reflected { reflection, .. } => &reflection.text,
        other => panic!("{other:?} is no thought"),
    }
}

#[test]
fn off_is_off_and_is_how_a_play_begins() {
    assert_eq!(Autonomy::default(), Autonomy::Off);
    let model = Thinks::new("The guest spoke of gulls.");
    let mut play = Play::new(Autonomy::idle(false));
    play.talk(20);
    assert!(!play.session.muse(Some(&model)));
    assert!(play.thoughts().is_empty() && model.asked.lock().unwrap().is_empty());
    // What was being thought is let go of when it is switched off.
    play.session.set_autonomy(Autonomy::idle(true));
    assert!(play.session.muse(None) && !play.session.thoughts().is_empty());
    play.session.set_autonomy(Autonomy::Off);
    assert!(play.session.thoughts().is_empty());
}

#[test]
fn what_left_the_prompt_is_summed_up_and_a_replay_asks_nobody() {
    let model = Thinks::new("The guest told you of gulls that sat on posts.");
    let mut play = Play::new(Autonomy::Off);
    play.say("My sister keeps bees on the hill.", None);
    play.talk(15);
    play.session.set_autonomy(Autonomy::idle(true));
    while play.session.muse(Some(&model)) {}
    let asked = model.asked(Kind::Summarise);
    assert!(!asked.is_empty() && asked.iter().all(|request| request.tools.is_empty()));
    play.say("The eighth gull sat on the roof.", None);
    let thoughts = play.thoughts();
    let model_written =
        thoughts.iter().find(|event| text(event).starts_with("The guest told you of gulls"));
    let Some(Event::SummedUp { npc, summary }) = model_written else { panic!("{thoughts:?}") };
    assert_eq!((npc.as_str(), summary.until - summary.from), ("marta", 11));
    play.is_repeatable();

    // It stands for its stretch in a prompt, and what is asked for is quoted all the same; the lines stay in the memory.
    let speaks = Thinks::new("");
    play.say("Which posts did gulls number two and three like?", Some(&speaks));
    let asked = speaks.asked(Kind::Speak);
    let prompt = &asked.first().unwrap().messages.last().unwrap().text;
    assert!(prompt.contains("The guest told you of gulls that sat on posts."), "{prompt}");
    assert!(play.session.state().memories["marta"].lines().len() > 30);
    play.is_repeatable();
}

#[test]
fn a_model_that_makes_things_up_is_not_believed() {
    for unfit in [
        "The guest knows that Jun Varga lives and sat on the gull post.",
        "The guest is the long-lost prince of Novgorod and wants revenge.",
        "The first gull sat on the post with 77 others.",
        "As an AI, I sum up: the gull sat on the post.",
        "客人说海鸥落在第一根柱子上。",
        "The gull sat on the post, and then",
        "You: The first gull sat on the post.",
        "",
    ] {
        let model = Thinks::new(unfit);
        let mut play = Play::new(Autonomy::Off);
        play.talk(16);
        play.session.set_autonomy(Autonomy::idle(true));
        while play.session.muse(Some(&model)) {}
        play.say("x", None);
        let thoughts = play.thoughts();
        assert!(!thoughts.is_empty() && !model.asked(Kind::Summarise).is_empty());
        for thought in &thoughts {
            // In its place stand the lines that matter most.
            assert!(unfit.is_empty() || !text(thought).contains(unfit), "{thought:?}");
            assert!(text(thought).contains("The guest: The "), "{thought:?}");
        }
        play.is_repeatable();
    }
}

#[test]
fn no_more_than_the_budget_is_thought_or_asked() {
    let model = Thinks::new("The guest spoke of a gull on a post.");
    let (thoughts, turns) = (1, 4);
    let mut play = Play::new(Autonomy::Idle { thoughts, turns });
    play.talk(40);
    for _ in 0..20 {
        play.say("The gull sat on the post again and again.", Some(&model));
    }
    let entries = play.entries();
    let made_in: Vec<u32> = entries
        .iter()
        .filter(|stored| matches!(stored.entry, Event::SummedUp { .. } | Event::Reflected { .. }))
        .map(|stored| stored.turn.0)
        .collect();
    assert!(made_in.len() >= 5, "{made_in:?}");
    assert!(made_in.windows(2).all(|pair| pair[1] - pair[0] >= turns), "{made_in:?}");
    let asked = model.asked(Kind::Summarise).len() + model.asked(Kind::Reflect).len();
    assert!(asked <= 20 / turns as usize + 1, "{asked}");
    play.is_repeatable();
}

#[test]
fn who_thinks_gives_way_to_who_speaks() {
    let model = Thinks { stuck: true, ..Thinks::new("The guest") };
    let mut play = Play::new(Autonomy::Off);
    play.talk(16);
    play.session.set_autonomy(Autonomy::idle(true));
    // It is asked, and then asked whether it has done: each time at once.
    for _ in 0..50 {
        assert!(play.session.muse(Some(&model)));
    }
    let flags = model.cancelled.lock().unwrap().clone();
    assert_eq!(flags.len(), 1);
    assert!(!flags[0].load(Ordering::Relaxed));
    let events = play.session.player_says("Good evening.", None, &mut |_| {});
    assert!(flags[0].load(Ordering::Relaxed));
    assert!(!events.iter().any(|event| matches!(event, Event::SummedUp { .. })));
}

#[test]
fn what_is_told_otherwise_is_noticed_with_its_lines() {
    let mut play = Play::new(Autonomy::idle(true));
    play.say("I live in Porto.", None);
    play.talk(12);
    play.say("I live in Lisbon.", None);
    play.say("x", None);
    let thoughts = play.thoughts();
    let changed = thoughts.iter().find(|event| text(event).contains("Lisbon"));
    let Some(Event::Reflected { npc, reflection }) = changed else { panic!("{thoughts:?}") };
    assert_eq!(reflection.text, "The guest first said 'Porto', and later 'Lisbon'.");
    let memory = &play.session.state().memories[npc];
    let lines: Vec<&str> =
        reflection.evidence.iter().map(|line| memory.line(*line).unwrap().text.as_str()).collect();
    assert_eq!(lines, ["I live in Porto.", "I live in Lisbon."]);
    play.is_repeatable();
    // It comes to mind when that is spoken of.
    let speaks = Thinks::new("");
    play.say("The boats of Lisbon and Porto are both white, I think.", Some(&speaks));
    let asked = speaks.asked(Kind::Speak);
    let prompt = &asked.first().unwrap().messages.last().unwrap().text;
    assert!(prompt.contains("(You have thought: The guest first said"), "{prompt}");
}

/// What was said five hundred turns ago is in the prompt when it is asked for, with and without thoughts; nothing else of those turns
/// is, but what is said of them in sum.
#[test]
fn a_memory_from_five_hundred_turns_ago_is_used() {
    for autonomy in [Autonomy::Off, Autonomy::USUAL] {
        let marta = Persona {
            name: "Marta".into(),
            description: "You are Marta, who keeps an inn.".into(),
        };
        let mut play = Play::of(Arc::new(Pack::conversation("marta", &marta)), autonomy);
        play.say("My sister Odile keeps bees at Vell.", None);
        play.talk(500);
        let speaks = Thinks::new("");
        play.session.set_autonomy(Autonomy::Off);
        play.say("Do you remember what my sister keeps?", Some(&speaks));
        let asked = speaks.asked(Kind::Speak);
        let request = asked.first().unwrap();
        let prompt = &request.messages.last().unwrap().text;
        assert!(prompt.contains("My sister Odile keeps bees at Vell."), "{prompt}");
        let tokens: usize =
            request.messages.iter().map(|m| dramaturg_mind::estimate_tokens(&m.text)).sum();
        assert!(tokens <= 900, "{tokens}");
        assert!(play.session.state().turn > 500);
        assert_eq!(play.thoughts().is_empty(), autonomy == Autonomy::Off);
        play.is_repeatable();
    }
}

/// The stage thinks when nobody says anything, and does not while it is off.
#[test]
fn a_stage_thinks_while_the_player_reads() {
    for autonomy in [Autonomy::USUAL, Autonomy::Off] {
        let stage = Stage::raise(StageSettings {
            pack: pack(),
            locale: "en".into(),
            seed: 1,
            save: None,
            avoid: None,
            model: ModelSlot::default(),
            ear: None,
            autonomy,
        });
        let say = |line: &str| {
            stage.say(line);
            loop {
                match stage.wait_cue(Duration::from_secs(60)) {
                    Some(Cue::TurnEnded { turn, report }) if turn > 0 => return report.thoughts,
                    Some(_) => {}
                    None => panic!("the stage fell silent"),
                }
            }
        };
        for turn in 0..14 {
            assert!(say(&format!("The {} gull sat on the post.", ORDER[turn % 7])).is_empty());
        }
        std::thread::sleep(Duration::from_millis(3500));
        let thoughts = say("Good evening.");
        match autonomy {
            Autonomy::Off => assert!(thoughts.is_empty()),
            _ => assert!(thoughts[0].starts_with("marta sums up: The guest: "), "{thoughts:?}"),
        }
    }
}
