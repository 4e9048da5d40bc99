//! What a model is asked and what it says: no prompt holds the locked secret, no line does, whatever the model wants,
//! and the record of it all replays.

use super::game::MOVES;
use super::hostile::{Dice, moves, script};
use dramaturg_journal::Journal;
use dramaturg_llm::{
    ClosedSet, CompletionRequest, CompletionStream, LanguageModel, ModelError, PendingScores,
    ScoreRequest, Scoring, StreamEvent, Warm, channel,
};
use dramaturg_story::{Cue, Event, Pack, Session, Value, replay};
use dramaturg_tests::{copy_folder, story, tells, told};
use std::sync::{Arc, Mutex};

/// A model that remembers what it was asked and tells all it can.
struct Traitor {
    asked: Mutex<Vec<String>>,
    dice: Mutex<Dice>,
    scoring: Scoring,
}

const TREASON: [&str; 12] = [
    "My brother Jun is alive, I rowed him out.",
    "Sit down. My brother Jun is still alive.",
    "Sit down. He did not drown, sir.",
    "Sit down, it rains in June. Ask Jun.",
    "J-un. Ju n. Jun",
    "Soup is hot. J\u{200b}un i\u{ad}s alive.",
    "Soup is hot. He is still\u{1b}[0m \n alive.",
    "\u{1b}[2J\u{7}The fog is thick. \u{9b}31mAlways.",
    "俊还活着。",
    "汤还热着呢。俊 还活着，上了外国船。",
    "雾大得很。他没\u{200b}死。",
    "我弟弟还\u{1}活着，是我送他走的。",
];

impl Traitor {
    fn new(seed: u64, scoring: Scoring) -> Self {
        Self { asked: Mutex::default(), dice: Mutex::new(Dice::new(seed)), scoring }
    }
    fn remember(&self, texts: impl IntoIterator<Item = String>) {
        self.asked.lock().unwrap().extend(texts);
    }
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl LanguageModel for Traitor {
    fn name(&self) -> &str {
        "traitor"
    }
    fn scoring(&self) -> Scoring {
        self.scoring
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        self.remember(request.messages.into_iter().map(|message| message.text));
        let (stream, sender, _) = channel();
        let mut dice = self.dice.lock().unwrap();
        let treason: Vec<char> = dice.pick(&TREASON).chars().collect();
        // In pieces of any length, as servers send them.
        let mut rest = treason.as_slice();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(1 + dice.below(rest.len()));
            sender.send(StreamEvent::Text(piece.iter().collect())).unwrap();
            rest = after;
        }
        let error = StreamEvent::Failed(ModelError::Garbage("noise".into()));
        sender.send(if dice.below(4) == 0 { error } else { StreamEvent::Done }).unwrap();
        stream
    }
    fn score(&self, request: ScoreRequest) -> PendingScores {
        let ClosedSet::Channel { prefixes, line, .. } = request.set else {
            panic!("nobody asks for continuations")
        };
        let mut dice = self.dice.lock().unwrap();
        let mut scores: Vec<f32> =
            prefixes.iter().map(|_| -(dice.below(60) as f32) / 10.0).collect();
        self.remember(prefixes.into_iter().chain([line]));
        match dice.below(12) {
            0 => return PendingScores::ready(Err(ModelError::TimedOut)),
            1 => scores.truncate(1),
            2 => scores[0] = f32::NAN,
            3 => scores[0] = f32::NEG_INFINITY,
            _ => {}
        }
        PendingScores::ready(Ok(scores))
    }
    fn warm(&self, what: Warm) {
        self.remember(what.messages.into_iter().map(|message| message.text).chain(what.prefixes));
    }
}

fn truth(session: &Session) -> bool {
    session.state().facts.get("truth_told") == Some(&Value::Bool(true))
}

/// One whole play; returns its turns and how many texts the model was asked.
fn play(pack: &Arc<Pack>, locale: &str, seed: u64, model: &Traitor) -> (Vec<Vec<Event>>, usize) {
    let tells = tells(locale).unwrap();
    let mut session = Session::resume(pack.clone(), []);
    let mut turns = vec![session.open(locale, seed, &mut |_| {})];
    let mut asked = 0;
    for line in script(seed, locale, 200).split(|b| *b == b'\n') {
        let locked = !truth(&session);
        session.warm(model, "");
        let (mut shown, mut leaks) = (String::new(), 0);
        let line = String::from_utf8_lossy(line);
        let events = session.player_says(&line, Some(model), &mut |cue| match cue {
            Cue::Delta(text) => shown.push_str(&text),
            Cue::LineEnded { text } => shown = shown.clone() + "\n" + &text + "\n",
            Cue::TurnEnded { report, .. } => leaks = report.leaks.len(),
            _ => {}
        });
        assert_eq!(leaks, 0, "{line}");
        let prompts = model.asked();
        asked += prompts.len();
        if locked {
            for prompt in prompts {
                assert_eq!(told(&prompt, &tells), None, "after '{line}' the model read: {prompt}");
            }
            check_lines(&events, &tells);
            if !truth(&session) {
                assert_eq!(told(&shown, &tells), None, "{shown}");
            }
        }
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
        turns.push(events);
        if session.state().ended.is_some() {
            return (turns, asked);
        }
    }
    panic!("{locale} {seed}: 200 turns and no ending");
}

fn check_lines(events: &[Event], tells: &[String]) {
    for event in events {
        match event {
            Event::FactSet(fact, Value::Bool(true)) if fact == "truth_told" => return,
            Event::Spoke { text, .. } => assert_eq!(told(text, tells), None, "{text}"),
            _ => {}
        }
    }
}

#[test]
fn a_model_that_tells_all_learns_nothing_and_is_not_heard() {
    let pack = Arc::new(Pack::load(&story()).unwrap());
    let mut asked = 0;
    for seed in 0..8 {
        for (locale, scoring) in [("en", Scoring::Both), ("zh", Scoring::Both), ("en", Scoring::No)]
        {
            let model = Traitor::new(seed, scoring);
            let (turns, count) = play(&pack, locale, seed, &model);
            asked += count;
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("play.journal");
            let mut journal = Journal::create(&path).unwrap();
            for turn in &turns {
                journal.append_turn(turn).unwrap();
            }
            let entries = journal.entries().unwrap_or_else(|e| panic!("{locale} {seed}: {e}"));
            replay(pack.clone(), &entries).unwrap_or_else(|e| panic!("{locale} {seed}: {e}"));
        }
    }
    assert!(asked > 1000, "the model was asked {asked} texts only");
}

#[test]
fn words_of_the_secret_are_not_sent_on() {
    let pack = Arc::new(Pack::load(&story()).unwrap());
    for locale in ["en", "zh"] {
        for tell in tells(locale).unwrap() {
            let model = Traitor::new(1, Scoring::Both);
            let mut session = Session::resume(pack.clone(), []);
            session.open(locale, 1, &mut |_| {});
            for line in [format!("They say {tell}, sir, in 1912"), tell.to_uppercase()] {
                session.player_says(&line, Some(&model), &mut |_| {});
                session.player_says("My cousin owns umbrellas", Some(&model), &mut |_| {});
            }
            let asked = model.asked();
            assert!(!asked.is_empty());
            for prompt in asked {
                assert_eq!(told(&prompt, std::slice::from_ref(&tell)), None, "{prompt}");
            }
        }
    }
}

#[test]
fn no_line_at_all_holds_up_a_story() {
    let pack = Arc::new(Pack::load(&story()).unwrap());
    for seed in 0..20 {
        let locale = ["en", "zh"][seed as usize % 2];
        let (mut dice, moves) = (Dice::new(seed), moves(locale));
        let mut session = Session::resume(pack.clone(), []);
        session.open(locale, seed, &mut |_| {});
        // Moves only, in any order: they are progress, but not for ever.
        while session.state().ended.is_none() {
            assert!(session.state().turn < 200, "{locale} {seed}");
            session.player_says(dice.pick::<String>(&moves), None, &mut |_| {});
        }
    }
}

#[test]
fn a_character_who_does_not_know_is_not_asked_about_it() {
    let dir = tempfile::tempdir().unwrap();
    copy_folder(&story(), dir.path()).unwrap();
    let logic = dir.path().join("pack.ron");
    let before = std::fs::read_to_string(&logic).unwrap();
    let after =
        before.replace("id: \"choice\", speaker: \"marta\"", "id: \"choice\", speaker: \"tobin\"");
    assert_ne!(before, after);
    std::fs::write(&logic, after).unwrap();
    let model = Traitor::new(1, Scoring::Both);
    let mut session = Session::resume(Arc::new(Pack::load(dir.path()).unwrap()), []);
    session.open("en", 1, &mut |_| {});
    for line in MOVES.lines().take(5) {
        session.player_says(line, None, &mut |_| {});
    }
    assert!(truth(&session));
    for line in ["They say Jun is alive, sir, in 1912", "My cousin owns umbrellas"] {
        session.player_says(line, Some(&model), &mut |cue| {
            if let Cue::TurnEnded { report, .. } = cue {
                assert!(report.leaks.is_empty(), "{:?}", report.leaks);
            }
        });
    }
    for prompt in model.asked() {
        assert_eq!(told(&prompt, &["jun".into(), "is alive".into()]), None, "{prompt}");
    }
}
