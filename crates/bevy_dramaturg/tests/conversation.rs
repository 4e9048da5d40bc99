//! A character that stands alone, and a backend that stalls.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod stage;

use bevy_app::prelude::*;
use bevy_dramaturg::llm::{
    CompletionRequest, CompletionStream, LanguageModel, ModelChoice, PendingScores, ScoreRequest,
    Scoring, StreamEvent, channel,
};
use bevy_dramaturg::prelude::*;
use bevy_ecs::prelude::*;
use crossbeam_channel::Sender;
use stage::{app, frames_until, play, read, say};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Stalled {
    asked: Mutex<Vec<Sender<StreamEvent>>>,
}

impl LanguageModel for Stalled {
    fn name(&self) -> &str {
        "stalled"
    }
    fn scoring(&self) -> Scoring {
        Scoring::No
    }
    fn complete(&self, _: CompletionRequest) -> CompletionStream {
        let (stream, sender, _) = channel();
        self.asked.lock().unwrap().push(sender);
        stream
    }
    fn score(&self, _: ScoreRequest) -> PendingScores {
        unreachable!("it can't score")
    }
}

fn marta(app: &mut App) -> Entity {
    app.world_mut().spawn(Persona::new("Marta", "You are Marta. You keep a tavern."));
    play(app)
}

#[test]
fn a_persona_alone_answers_without_a_model() {
    let mut app = app(ModelChoice::None, None);
    let marta = marta(&mut app);
    let lines = say(&mut app, marta, "Good evening. Cold out there.");
    assert_eq!(lines.len(), 1, "{lines:?}");
    let memory = app.world().get::<Memory>(marta).unwrap();
    let speakers: Vec<_> = memory.lines.iter().map(|line| line.speaker.as_str()).collect();
    assert_eq!(speakers, ["player", "marta"]);
}

#[test]
fn a_stalled_backend_costs_no_frame() {
    let model = Arc::new(Stalled::default());
    let mut app = app(ModelChoice::Given(model.clone()), None);
    let marta = marta(&mut app);
    let mut turns = app.world().resource::<Messages<TurnEnded>>().get_cursor_current();
    app.world_mut().write_message(PlayerSays::to(marta, "Are you there?"));
    frames_until(&mut app, "the model is asked", |_| {
        (!model.asked.lock().unwrap().is_empty()).then_some(())
    });
    // A frame that waited for the model would wait for its whole patience, and the turn would be over.
    for _ in 0..1_000 {
        app.update();
        assert!(read(&app, &mut turns).is_empty());
    }
    // The model comes back in the middle of the stall, and the conversation with it.
    let sender = model.asked.lock().unwrap().remove(0);
    sender.send(StreamEvent::Text("Yes. Sit down.".into())).unwrap();
    // Who has heard enough may be gone already.
    let _ = sender.send(StreamEvent::Done);
    frames_until(&mut app, "the turn ends", |app| {
        (!read(app, &mut turns).is_empty()).then_some(())
    });
    let memory = app.world().get::<Memory>(marta).unwrap();
    assert_eq!(memory.lines.last().unwrap().text, "Yes. Sit down.");
}

#[test]
fn the_model_changes_while_the_game_runs() {
    let mut app = app(ModelChoice::None, None);
    let marta = marta(&mut app);
    say(&mut app, marta, "Hello.");
    let missing = ModelChoice::File("no-such-model.gguf".into());
    app.world().resource::<ActiveModel>().change(missing);
    assert_eq!(say(&mut app, marta, "Hello again.").len(), 1);
}
