//! What sharing, throwing out and fetching back may change: nothing at all, to the last bit, as long as the same kernels
//! compute it.
//!
//! llama.cpp's attention takes another way through batches of 64 tokens and more, where sums round otherwise, and weights
//! of four bits spread that to some hundredths of a nat. So a beginning is compared here with one whose slices were on
//! the same side of that. What is left is what the cache itself does: copy, cut, write out, read back.

use crate::FOR_EVER;
use dramaturg_llm::{
    CompletionRequest, LanguageModel, Local, LocalSettings, Message, ScoreRequest,
};
use std::path::PathBuf;

const WORLD: &str = "Night and fog over Saltreach, a harbour town. The Lantern is the last tavern on the quay. \
    The last ferry has gone. Everybody knows everybody, and nobody says so. The soup is hot.";

fn open(settings: LocalSettings) -> Option<Local> {
    let Some(file) = std::env::var_os("DRAMATURG_TEST_MODEL") else {
        eprintln!("DRAMATURG_TEST_MODEL is not set: nothing was tested");
        return None;
    };
    Some(Local::open(&PathBuf::from(file), settings).unwrap())
}

/// How likely a line is after a beginning, and how many tokens of that were evaluated for it.
fn judge(model: &Local, beginning: &str) -> (f32, u64) {
    let before = model.figures().cache.evaluated;
    let line = "Sit down and eat your soup.".to_owned();
    let scores = model.score(ScoreRequest::channel([beginning], line));
    let score = scores.wait(FOR_EVER).unwrap()[0];
    (score, model.figures().cache.evaluated - before)
}

/// Each beginning in an empty cache.
fn alone(model: &Local, beginning: &str) -> f32 {
    model.clear_cache().recv_timeout(FOR_EVER).unwrap();
    judge(model, beginning).0
}

/// Everything that is held goes to host memory: this is evaluated alone in an empty cache.
fn park_all(model: &Local) {
    let mut request = CompletionRequest::new(vec![Message::user("Hm?")]);
    request.max_tokens = 1;
    request.work.deterministic = true;
    crate::listen(model.complete(request), crate::Patience::Listens);
}

/// Beginnings of less than 64 tokens, and of more than a slice.
fn beginnings(world: &str) -> Vec<String> {
    ["Marta", "Tobin", "Ada"]
        .map(|who| format!("{world} {who} keeps the tavern. {who} says:"))
        .into()
}

fn worlds() -> [String; 2] {
    [WORLD.to_owned(), [WORLD; 4].join(" ")]
}

#[test]
fn a_model_that_is_not_trimmed_says_just_what_one_says_that_is() {
    let Some(trims) = open(LocalSettings::default()) else { return };
    let whole = open(LocalSettings { never_trim: true, ..LocalSettings::default() }).unwrap();
    for world in worlds() {
        for beginning in beginnings(&world) {
            assert_eq!(alone(&trims, &beginning), alone(&whole, &beginning), "in an empty cache");
        }
        // The world first, by itself: then both go on from it, the one within a longer sequence that it cuts, the other
        // behind a copy of the world as a whole.
        let said = |model: &Local| -> Vec<f32> {
            model.clear_cache().recv_timeout(FOR_EVER).unwrap();
            judge(model, &world);
            let judged = beginnings(&world).into_iter().map(|beginning| judge(model, &beginning));
            judged
                .map(|(score, evaluated)| {
                    assert!(evaluated < 40, "the world was evaluated again");
                    score
                })
                .collect()
        };
        assert_eq!(said(&trims), said(&whole), "behind the world");
    }
}

#[test]
fn what_was_parked_is_what_it_was() {
    let Some(model) = open(LocalSettings::default()) else { return };
    for beginning in worlds().iter().flat_map(|world| beginnings(world)) {
        let score = alone(&model, &beginning);
        park_all(&model);
        assert!(model.figures().cache.parked_bytes > 0);
        let (back, evaluated) = judge(&model, &beginning);
        assert_eq!((back, evaluated), (score, 0), "it is other, or was evaluated again");
    }
}

#[test]
fn what_was_thrown_out_is_evaluated_to_the_same() {
    let Some(model) = open(LocalSettings { parked_bytes: 0, ..LocalSettings::default() }) else {
        return;
    };
    for beginning in worlds().iter().flat_map(|world| beginnings(world)) {
        let score = alone(&model, &beginning);
        park_all(&model);
        let (again, evaluated) = judge(&model, &beginning);
        assert!(evaluated > 40, "it was still there");
        assert_eq!(again, score);
    }
}

#[test]
fn a_beginning_may_be_evaluated_in_two_slices() {
    let Some(model) = open(LocalSettings::default()) else { return };
    for (world, most) in worlds().iter().zip([0.0, 0.06]) {
        for beginning in beginnings(world) {
            let in_one = alone(&model, &beginning);
            model.clear_cache().recv_timeout(FOR_EVER).unwrap();
            judge(&model, WORLD);
            let (in_two, _) = judge(&model, &beginning);
            println!("{in_one} {in_two}");
            // Where all slices are short there is no other way.
            assert!((in_one - in_two).abs() <= most, "{in_one} {in_two}");
        }
    }
}
