//! What an ear makes of a play: lines are understood by what they mean, characters are reminded by it, and a replay needs none.
//! With the embedding model of DRAMATURG_TEST_EMBEDDER; without it only what needs none is tested.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use dramaturg_journal::{Journal, Stored};
use dramaturg_llm::{
    CompletionRequest, CompletionStream, LanguageModel, ModelError, PendingScores, ScoreRequest,
    Scoring, StreamEvent, channel,
};
use dramaturg_story::{Ear, Event, Pack, ReadBy, Reading, Session, replay};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn pack() -> Arc<Pack> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/stories/lantern");
    Arc::new(Pack::load(&folder).unwrap())
}

fn ear() -> Option<Arc<Ear>> {
    let Some(file) = std::env::var_os("DRAMATURG_TEST_EMBEDDER") else {
        eprintln!("DRAMATURG_TEST_EMBEDDER is not set: nothing is heard");
        return None;
    };
    let patience = Duration::from_secs(60);
    let ear = Ear::open_with(file.into(), 1, patience);
    ear.wait(patience).unwrap();
    Some(ear)
}

/// Says the same thing each time.
struct Speaks {
    says: &'static str,
    asked: Mutex<Vec<String>>,
}

impl Speaks {
    fn new(says: &'static str) -> Self {
        Self { says, asked: Mutex::default() }
    }
}

impl LanguageModel for Speaks {
    fn name(&self) -> &str {
        "speaks"
    }
    fn scoring(&self) -> Scoring {
        Scoring::No
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        let prompt: Vec<_> = request.messages.iter().map(|m| m.text.clone()).collect();
        self.asked.lock().unwrap().push(prompt.join("\n"));
        let (stream, sender, _) = channel();
        let _ = sender.send(StreamEvent::Text(self.says.into()));
        let _ = sender.send(StreamEvent::Done);
        stream
    }
    fn score(&self, _: ScoreRequest) -> PendingScores {
        PendingScores::ready(Err(ModelError::Unsupported("score".into())))
    }
}

/// Plays the lines; all that was journaled.
fn play(
    ear: Option<Arc<Ear>>,
    lines: &[&str],
    model: Option<&dyn LanguageModel>,
) -> Vec<Stored<Event>> {
    let mut journal = Journal::in_memory().unwrap();
    let mut session = Session::resume(pack(), []);
    ear.into_iter().for_each(|ear| session.listen(ear));
    let opening = session.open("en", 1, &mut |_| {});
    journal.append_turn(&opening).unwrap();
    for line in lines {
        let events = session.player_says(line, model, &mut |_| {});
        journal.append_turn(&events).unwrap();
        // A player reads meanwhile, and what was said is embedded.
        std::thread::sleep(Duration::from_millis(if model.is_some() { 100 } else { 0 }));
    }
    journal.entries().unwrap()
}

#[test]
fn a_line_without_an_examples_words_is_heard_and_a_replay_needs_no_ear() {
    let Some(ear) = ear() else { return };
    let line = "well met, landlady";
    let deaf = play(None, &[line], None);
    let entries = play(Some(ear), &[line], None);
    let moves = |entries: &[Stored<Event>]| {
        entries.iter().find_map(|stored| match &stored.entry {
            Event::Read { reading: Reading::Move(id), .. } => Some(id.clone()),
            _ => None,
        })
    };
    assert!(
        entries
            .iter()
            .any(|stored| matches!(&stored.entry, Event::Likened(heard) if heard.len() == 1))
    );
    assert_eq!(moves(&deaf), None, "{deaf:#?}");
    assert_eq!(moves(&entries).as_deref(), Some("introduce"), "{entries:#?}");
    assert_eq!(replay(pack(), &entries).ok(), Some(entries.len()));
}

#[test]
fn what_comes_back_while_there_is_an_ear_is_journaled_and_replayed() {
    let Some(ear) = ear() else { return };
    let model = Speaks::new("The fog is thick over the roofs tonight.");
    // The same beat all the while: who hears the question has heard of the bees.
    let lines = [
        "My sister keeps bees on a hill above the town.",
        "It rains a lot these days.",
        "The ferry was late, they say.",
        "I never could sleep on a boat.",
        "Do you like honey?",
    ];
    let entries = play(Some(ear), &lines, Some(&model));
    let recalled = entries.iter().rev().find_map(|stored| match &stored.entry {
        Event::Recalled { lines, .. } => Some(lines.clone()),
        _ => None,
    });
    assert!(!recalled.unwrap_or_default().is_empty(), "{entries:#?}");
    let prompts = model.asked.lock().unwrap();
    assert!(prompts.last().is_some_and(|prompt| prompt.contains("keeps bees")), "{prompts:?}");
    assert_eq!(replay(pack(), &entries).ok(), Some(entries.len()));
}

#[test]
fn a_secret_in_other_words_is_heard_and_not_spoken() {
    let Some(ear) = ear() else { return };
    let model = Speaks::new("A steamer from abroad took him aboard.");
    let line = "My sister keeps bees on a hill above the town.";
    let spoke = |entries: &[Stored<Event>]| {
        entries.iter().any(
            |stored| matches!(&stored.entry, Event::Spoke { text, .. } if text.contains("steamer")),
        )
    };
    let entries = play(Some(ear), &[line], Some(&model));
    assert!(!spoke(&entries), "{entries:#?}");
    // Once more with the reason, and both times it was weighed.
    let sensed = |stored: &&Stored<Event>| matches!(&stored.entry, Event::Sensed(all) if all.contains(&true));
    assert_eq!(entries.iter().filter(sensed).count(), 2, "{entries:#?}");
    assert_eq!(replay(pack(), &entries).ok(), Some(entries.len()));
    // By its words alone nobody knows it.
    assert!(spoke(&play(None, &[line], Some(&model))));
}

#[test]
fn steering_ends_in_something_that_a_yes_takes_up() {
    let mut session = Session::resume(pack(), []);
    session.open("en", 1, &mut |_| {});
    let mut held_out = None;
    for _ in 0..6 {
        let events = session.player_says("", None, &mut |_| {});
        held_out = events.iter().find_map(|event| match event {
            Event::Invited(id) => Some(id.clone()),
            _ => None,
        });
        if held_out.is_some() {
            break;
        }
    }
    let held_out = held_out.unwrap();
    assert_eq!(session.state().asked(), Some(held_out.as_str()));
    assert!(session.state().is_invited());
    let events = session.player_says("Yes. And be quick about it.", None, &mut |_| {});
    let read = Event::Read { reading: Reading::Move(held_out), by: ReadBy::Confirmed };
    assert!(events.contains(&read), "{events:#?}");
}

#[test]
fn small_talk_is_answered_where_a_model_can_and_not_asked_about() {
    let Some(ear) = ear() else { return };
    let model = Speaks::new("The fog is thick over the roofs tonight.");
    let lines =
        ["I'm from the harbour office.", "My sister keeps bees on a hill, she'd like it here."];
    let entries = play(Some(ear), &lines, Some(&model));
    let asked = entries.iter().find(|stored| matches!(stored.entry, Event::AskedBack(_)));
    assert_eq!(asked, None);
    let answered =
        |stored: &Stored<Event>| matches!(&stored.entry, Event::Spoke { improvised: true, .. });
    assert!(entries.iter().any(answered), "{entries:#?}");
}
