//! Plays of the pack `rumour`, which are kept.

#![allow(dead_code, reason = "each test file uses its part")]

use dramaturg_journal::{Journal, Stored};
use dramaturg_llm::{
    CompletionRequest, CompletionStream, LanguageModel, PendingScores, ScoreRequest, Scoring,
    StreamEvent, channel,
};
use dramaturg_story::{Autonomy, Event, Pack, Session, State, Value, replay};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/rumour")
}

pub fn pack() -> Arc<Pack> {
    Arc::new(Pack::load(&folder()).unwrap_or_else(|error| panic!("{error}")))
}

/// The pack with another `pack.ron`.
pub fn changed(change: impl Fn(&str) -> String) -> Arc<Pack> {
    let logic = std::fs::read_to_string(folder().join("pack.ron")).unwrap();
    let other = change(&logic);
    assert_ne!(logic, other);
    let words = std::fs::read_to_string(folder().join("en/story.md")).unwrap();
    let files = BTreeMap::from([(PathBuf::from("en/story.md"), words)]);
    let pack = Pack::from_files(&folder(), &other, &files);
    Arc::new(pack.unwrap_or_else(|error| panic!("{error}")))
}

/// What was spoken, without narration.
pub fn said(events: &[Event]) -> Vec<String> {
    spoken(events).into_iter().map(|(_, text)| text).collect()
}

/// Who spoke, and what.
pub fn spoken(events: &[Event]) -> Vec<(String, String)> {
    let of = |event: &Event| match event {
        Event::Spoke { npc: Some(npc), text, .. } => Some((npc.clone(), text.clone())),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

/// A play that is kept.
pub struct Play {
    pub session: Session,
    pack: Arc<Pack>,
    journal: Journal<Event>,
}

impl Play {
    pub fn new() -> Self {
        Self::of(pack())
    }
    pub fn of(pack: Arc<Pack>) -> Self {
        let mut play = Self::unopened(pack);
        play.session.set_autonomy(Autonomy::USUAL);
        play.open();
        play
    }
    pub fn unopened(pack: Arc<Pack>) -> Self {
        let session = Session::resume(pack.clone(), []);
        Self { session, pack, journal: Journal::in_memory().unwrap() }
    }
    /// As [`Self::of`], but nobody does anything by themselves.
    pub fn tame(pack: Arc<Pack>) -> Self {
        let mut play = Self::unopened(pack);
        play.open();
        play
    }
    pub fn open(&mut self) {
        let events = self.session.open("en", 3, &mut |_| {});
        self.journal.append_turn(&events).unwrap();
    }
    pub fn say(&mut self, text: &str) -> Vec<Event> {
        self.say_to(text, None)
    }
    pub fn say_to(&mut self, text: &str, model: Option<&dyn LanguageModel>) -> Vec<Event> {
        let events = self.session.player_says(text, model, &mut |_| {});
        self.journal.append_turn(&events).unwrap();
        events
    }
    pub fn whisper(&mut self, to: &str, text: &str) -> Vec<Event> {
        let events = self.session.player_whispers(to, text, None, &mut |_| {});
        self.journal.append_turn(&events).unwrap();
        events
    }
    pub fn state(&self) -> &State {
        self.session.state()
    }
    pub fn fact(&self, name: &str) -> Option<Value> {
        self.state().facts.get(name).cloned()
    }
    pub fn heard_by(&self, npc: &str, text: &str) -> bool {
        self.state().memories[npc].lines().iter().any(|line| line.text == text)
    }
    /// The journal plays again entry by entry, and the state is a fold over it.
    pub fn is_repeatable(&self) {
        let recorded: Vec<Stored<Event>> = self.journal.entries().unwrap();
        let compared = replay(self.pack.clone(), &recorded).unwrap_or_else(|d| panic!("{d}"));
        assert_eq!(compared, recorded.len());
        let folded =
            Session::resume(self.pack.clone(), recorded.iter().map(|stored| &stored.entry));
        assert_eq!(folded.state(), self.state());
    }
}

/// Says what it is told to, one thing after the other, and remembers what it was asked.
#[derive(Default)]
pub struct Echo {
    says: Vec<String>,
    asked: Mutex<Vec<CompletionRequest>>,
}

impl Echo {
    pub fn saying(says: &[&str]) -> Self {
        Self { says: says.iter().map(|say| (*say).to_owned()).collect(), ..Self::default() }
    }
    pub fn prompts(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let whole = |request: &CompletionRequest| {
            request.messages.iter().map(|message| format!("{}\n", message.text)).collect()
        };
        asked.iter().map(whole).collect()
    }
    pub fn last_prompt(&self) -> String {
        self.prompts().pop().unwrap()
    }
}

impl LanguageModel for Echo {
    fn name(&self) -> &str {
        "echo"
    }
    fn scoring(&self) -> Scoring {
        Scoring::No
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        let mut asked = self.asked.lock().unwrap();
        let said = self.says.get(asked.len()).cloned();
        let said = said.unwrap_or_else(|| "The rain will stop some day, they say.".into());
        asked.push(request);
        let (stream, sender, _) = channel();
        let events = [StreamEvent::Lead(0), StreamEvent::Text(said), StreamEvent::Done];
        events.into_iter().for_each(|event| drop(sender.send(event)));
        stream
    }
    fn score(&self, _: ScoreRequest) -> PendingScores {
        PendingScores::ready(Err(dramaturg_llm::ModelError::Unsupported("score".into())))
    }
}
