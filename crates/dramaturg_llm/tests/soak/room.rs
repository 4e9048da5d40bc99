//! What the long runs found, each by itself.

use crate::{FOR_EVER, Heard, Patience, listen, wait_until};
use dramaturg_llm::{
    CompletionRequest, LanguageModel, Local, LocalSettings, Message, ModelError, Priority,
    Sampling, ScoreRequest, StreamEvent, Warm,
};
use serde_json::json;
use std::path::PathBuf;

fn open(settings: LocalSettings) -> Option<Local> {
    let Some(file) = std::env::var_os("DRAMATURG_TEST_MODEL") else {
        eprintln!("DRAMATURG_TEST_MODEL is not set: nothing was tested");
        return None;
    };
    Some(Local::open(&PathBuf::from(file), settings).unwrap())
}

/// A request whose answer is as long as it may be.
fn long(number: usize, tokens: u32) -> CompletionRequest {
    let line = format!("Number {number}. Tell me a long story about a ship.");
    let mut request = CompletionRequest::new(vec![Message::user(line)]);
    request.sampling = Sampling { temperature: 0.0, ..Sampling::default() };
    request.max_tokens = tokens;
    request.stop.clear();
    request
}

/// A form that says these words.
fn fixed(line: &str) -> serde_json::Value {
    json!({"type": "object", "required": ["say"], "additionalProperties": false,
        "properties": {"say": {"type": "string", "enum": [line]}}})
}

fn hear(model: &Local, request: CompletionRequest) -> Heard {
    listen(model.complete(request), Patience::Listens)
}

/// Nothing is left when nobody asks for anything.
fn is_empty(model: &Local) {
    wait_until("an empty cache", || {
        let cache = model.clear_cache().recv_timeout(FOR_EVER).unwrap();
        (cache.cells, cache.sequences, cache.parked_bytes) == (0, 0, 0)
    });
    assert_eq!(model.audit().recv_timeout(FOR_EVER).unwrap(), Vec::<String>::new());
}

#[test]
fn a_newer_wish_to_warm_leaves_nothing_of_the_older_one() {
    let Some(model) = open(LocalSettings::default()) else { return };
    // More often than there are sequences.
    for number in 0..70 {
        let prefix = format!("Guest number {number} {} says:", "asks for soup and ".repeat(8));
        let steps = model.figures().steps;
        model.warm(Warm { prefixes: vec![prefix], ..Warm::default() });
        wait_until("a step", || model.figures().steps > steps);
    }
    assert_eq!(hear(&model, long(0, 4)).end, Some(Ok(())));
    is_empty(&model);
}

#[test]
fn a_closed_set_that_does_not_fit_stops_nobody() {
    let settings = LocalSettings { context_tokens: 1024, ..LocalSettings::default() };
    let Some(model) = open(settings) else { return };
    let speaking = model.complete(long(0, 60));
    let too_long = ScoreRequest::channel(["on and ".repeat(700)], "Sit down.");
    let scores = model.score(too_long).wait(FOR_EVER);
    assert!(matches!(scores, Err(ModelError::TooLong { .. })), "{scores:?}");
    assert_eq!(listen(speaking, Patience::Listens).end, Some(Ok(())));
    // Each member fits, but not all of them at once; the player waits for what is spoken beside it.
    let speaking = model.complete(long(1, 60));
    let many = ScoreRequest::channel(
        (0..20).map(|i| format!("{i} {}", "on and ".repeat(60))),
        "Sit down.",
    );
    let scores = model.score(many).wait(FOR_EVER);
    assert!(matches!(scores, Err(ModelError::Busy(_))), "{scores:?}");
    assert_eq!(listen(speaking, Patience::Listens).end, Some(Ok(())));
    is_empty(&model);
}

#[test]
fn where_there_is_no_room_for_all_the_least_urgent_ends() {
    let settings = LocalSettings { context_tokens: 512, parallel: 4, ..LocalSettings::default() };
    let Some(model) = open(settings) else { return };
    let streams: Vec<_> = (0..4)
        .map(|number| {
            let mut request = long(number, 200);
            if number != 2 {
                request.work.priority = Priority::Background;
            }
            model.complete(request)
        })
        .collect();
    let ends: Vec<_> =
        streams.into_iter().map(|stream| listen(stream, Patience::Listens).end).collect();
    assert_eq!(ends[2], Some(Ok(())), "{ends:?}");
    let whole = ends.iter().filter(|end| **end == Some(Ok(()))).count();
    let busy = ends.iter().filter(|end| matches!(end, Some(Err(ModelError::Busy(_))))).count();
    assert!(whole >= 2 && busy >= 1 && whole + busy == 4, "{ends:?}");
    is_empty(&model);
}

#[test]
fn what_a_grammar_forces_may_be_more_than_a_batch() {
    let Some(model) = open(LocalSettings::default()) else { return };
    // Five hundred tokens at once, more or less, beside others who speak: some of them fit with the others, some don't.
    let spoken: Vec<_> = (1..4).map(|number| model.complete(long(number, 120))).collect();
    let forced: Vec<_> = (48..72)
        .step_by(3)
        .map(|times| {
            let line = "one bell, and all is well. ".repeat(times);
            let mut request = long(times, 900);
            request.schema = Some(fixed(&line));
            (model.complete(request), line)
        })
        .collect();
    let mut whole = 0;
    for (stream, line) in forced {
        let heard = listen(stream, Patience::Listens);
        match &heard.end {
            Some(Ok(())) => {
                assert!(heard.events.contains(&StreamEvent::Field("say".into(), line.into())));
                whole += 1;
            }
            Some(Err(ModelError::Unsupported(_))) => {}
            end => panic!("{end:?}"),
        }
    }
    assert!(whole > 3, "{whole}");
    for stream in spoken {
        assert_eq!(listen(stream, Patience::Listens).end, Some(Ok(())));
    }
    // One that is longer than a batch by itself comes whole, in parts, or is refused by itself.
    let beside = model.complete(long(0, 40));
    let mut request = long(1, 2000);
    let line = "one bell, and all is well. ".repeat(120);
    request.schema = Some(fixed(&line));
    let heard = hear(&model, request);
    match &heard.end {
        Some(Ok(())) => {
            assert!(heard.events.contains(&StreamEvent::Field("say".into(), line.into())));
        }
        Some(Err(ModelError::Unsupported(_))) => {}
        end => panic!("{end:?}"),
    }
    assert_eq!(listen(beside, Patience::Listens).end, Some(Ok(())));
    is_empty(&model);
}

#[test]
fn a_sequence_too_large_for_host_memory_pushes_out_no_other() {
    // Room for some hundred tokens of this model.
    let parked_bytes = 2_500_000;
    let settings = LocalSettings { context_tokens: 512, parked_bytes, ..LocalSettings::default() };
    let Some(model) = open(settings) else { return };
    let judged = |beginning: String| {
        let line = "Sit down.".to_owned();
        model.score(ScoreRequest::channel([beginning], line)).wait(FOR_EVER)
    };
    judged("rope and lamp, ".repeat(15)).unwrap();
    judged("salt and fog, ".repeat(40)).unwrap();
    // Evaluated alone in an empty cache: all others have to leave it.
    let mut alone = long(0, 2);
    alone.work.deterministic = true;
    hear(&model, alone.clone());
    let first = model.figures().cache.parked_bytes;
    assert!(first > 0, "nothing was parked");
    judged("coat and ferry, ".repeat(40)).unwrap();
    hear(&model, alone);
    assert_eq!(model.figures().cache.parked_bytes, first);
}

/// An answer is not heard twice, and not from another's stream.
#[test]
fn an_unread_answer_holds_up_nobody() {
    let Some(model) = open(LocalSettings::default()) else { return };
    let unread = model.complete(long(0, 20));
    let score = model.score(ScoreRequest::continuations("The capital of France is", ["Paris."]));
    assert_eq!(hear(&model, long(1, 4)).end, Some(Ok(())));
    let heard = listen(unread, Patience::Listens);
    assert!(heard.events.iter().any(|event| matches!(event, StreamEvent::Text(_))));
    assert_eq!(score.wait(FOR_EVER).unwrap().len(), 1);
    is_empty(&model);
}
