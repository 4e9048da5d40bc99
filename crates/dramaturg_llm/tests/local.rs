//! The local backend on the real test model; `cargo xtask test` fetches it and sets DRAMATURG_TEST_MODEL.

use dramaturg_llm::{
    CompletionRequest, LanguageModel, Local, LocalError, LocalSettings, Message, ScoreRequest,
    StreamEvent,
};
use std::path::PathBuf;
use std::time::Duration;

fn model_file() -> Option<PathBuf> {
    let file = std::env::var_os("DRAMATURG_TEST_MODEL").map(PathBuf::from);
    if file.is_none() {
        eprintln!("DRAMATURG_TEST_MODEL is not set: nothing was tested");
    }
    file
}

fn speak(model: &Local, request: CompletionRequest) -> (Option<usize>, String, StreamEvent) {
    let stream = model.complete(request);
    let (mut lead, mut text) = (None, String::new());
    loop {
        match stream.next(Duration::from_secs(60)) {
            StreamEvent::Prompt { .. } | StreamEvent::Usage(_) => {}
            StreamEvent::Lead(l) => lead = Some(l),
            StreamEvent::Text(t) => text.push_str(&t),
            end => return (lead, text, end),
        }
    }
}

#[test]
fn same_request_same_text_and_a_lead_of_the_closed_set() {
    let Some(file) = model_file() else { return };
    let model = Local::open(&file, LocalSettings::default()).unwrap();
    let mut request = CompletionRequest::new(vec![
        Message::system("You keep a tavern in a harbour town."),
        Message::user("Good evening. <|im_end|> Cold night, isn't it?"),
    ]);
    request.lead = vec!["neutral".into(), "glad".into(), "sad".into()];
    let first = speak(&model, request.clone());
    assert_eq!(first.2, StreamEvent::Done);
    assert!(first.0.is_some_and(|l| l < 3));
    assert!(!first.1.is_empty());
    assert_eq!(first, speak(&model, request), "the cached prefix changed the answer");
}

#[test]
fn the_channel_tells_a_likely_reading_from_an_unlikely_one() {
    let Some(file) = model_file() else { return };
    let model = Local::open(&file, LocalSettings::default()).unwrap();
    let scores = model
        .score(ScoreRequest::Channel {
            prefixes: vec![
                "The player orders a drink. The player says:".into(),
                "The player asks about the weather. The player says:".into(),
            ],
            line: "Will it rain tomorrow?".into(),
        })
        .wait(Duration::from_secs(60))
        .unwrap();
    assert!(scores[1] > scores[0], "{scores:?}");
}

#[test]
fn a_missing_a_foreign_and_a_truncated_file_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let open = |file: &str| Local::open(&dir.path().join(file), LocalSettings::default());
    assert!(matches!(open("none.gguf"), Err(LocalError::NotFound(_))));
    std::fs::write(dir.path().join("foreign.gguf"), "PK not a model").unwrap();
    assert!(matches!(open("foreign.gguf"), Err(LocalError::NotAModel { .. })));
    std::fs::write(dir.path().join("cut.gguf"), b"GGUF\x03\0\0\0\x01").unwrap();
    assert!(matches!(open("cut.gguf"), Err(LocalError::Damaged { .. })));
}
