//! Parts of the director can be taken away to measure them; nothing is taken away unless somebody asks.

use dramaturg_story::{Ablation, Event, Pack, Reading, Session};
use std::path::Path;
use std::sync::Arc;

/// Silent turns until the story ends, 120 at the most, and all that happened in them.
fn silent_turns(seed: u64, ablation: Option<Ablation>) -> (bool, Vec<Event>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/stories/lantern");
    let pack = Arc::new(Pack::load(&folder).unwrap_or_else(|error| panic!("{error}")));
    let mut session = Session::resume(pack, []);
    if let Some(ablation) = ablation {
        session.ablate(ablation);
    }
    let mut events = session.open("en", seed, &mut |_| {});
    for _ in 0..120 {
        events.extend(session.player_says("…", None, &mut |_| {}));
    }
    (session.state().ended.is_some(), events)
}

#[test]
fn without_the_ladder_nothing_moves_by_itself() {
    let (ended, events) = silent_turns(1, Some(Ablation::NoLadder));
    assert!(!ended && silent_turns(1, None).0);
    assert!(!events.iter().any(|event| matches!(event, Event::Climbed(_))));
}

#[test]
fn a_drawing_director_grants_moves_to_silence_and_draws_by_the_seed() {
    let readings = |seed, ablation| -> Vec<_> {
        let events = silent_turns(seed, ablation).1.into_iter();
        events
            .filter_map(|event| match event {
                Event::Read { reading, .. } => Some(reading),
                _ => None,
            })
            .collect()
    };
    let random = Some(Ablation::RandomDirector);
    assert!(readings(1, random).iter().any(|reading| matches!(reading, Reading::Move(_))));
    assert_eq!(readings(1, random), readings(1, random));
    assert_ne!(readings(1, random), readings(2, random));
    assert!(readings(1, None).iter().all(|reading| *reading == Reading::Silence));
}

#[test]
fn without_a_model_there_is_nothing_to_guard() {
    let whole = silent_turns(1, None).1;
    for part in [Ablation::NoGuard, Ablation::SecretsInPrompt] {
        assert_eq!(silent_turns(1, Some(part)).1, whole);
    }
}
