//! Embeddings by the real model; `cargo xtask test` fetches it and sets DRAMATURG_TEST_EMBEDDER.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use dramaturg_llm::{Embedder, LocalError, Purpose};
use std::path::{Path, PathBuf};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(120);

fn open() -> Option<Embedder> {
    let Some(file) = std::env::var_os("DRAMATURG_TEST_EMBEDDER").map(PathBuf::from) else {
        eprintln!("DRAMATURG_TEST_EMBEDDER is not set: nothing was tested");
        return None;
    };
    Some(Embedder::open(&file, 2).unwrap())
}

fn embed(embedder: &Embedder, texts: &[&str], purpose: Purpose) -> Vec<Vec<f32>> {
    let texts = texts.iter().map(|text| (*text).to_owned()).collect();
    embedder.embed(texts, purpose).wait(LONG).unwrap()
}

fn likeness(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn what_is_meant_alike_is_near_whatever_its_words_and_its_language() {
    let Some(embedder) = open() else { return };
    let lines = [
        "Whose coat is that by the door?",
        "Who does that jacket belong to?",
        "门边那件外套是谁的？",
        "I like soup.",
        "我喜欢喝汤。",
    ];
    let vectors = embed(&embedder, &lines, Purpose::Query);
    assert!(vectors.iter().all(|vector| vector.len() == embedder.dimensions()));
    assert!(vectors.iter().all(|vector| (likeness(vector, vector) - 1.0).abs() < 1e-3));
    let near = |a: usize, b: usize| likeness(&vectors[a], &vectors[b]);
    for (alike, other) in [((0, 1), (0, 3)), ((0, 2), (0, 4)), ((3, 4), (3, 2))] {
        let (alike, other) = (near(alike.0, alike.1), near(other.0, other.1));
        assert!(alike > other + 0.03, "{alike} {other}");
    }
}

#[test]
fn a_text_gets_the_same_vector_alone_and_among_others_wide_or_narrow() {
    let Some(embedder) = open() else { return };
    let alone = embed(&embedder, &["Room 09, ABC!"], Purpose::Passage);
    let many: Vec<String> = (0..100).map(|n| format!("Line {n} of the ferry's book.")).collect();
    let mut texts: Vec<&str> = many.iter().map(String::as_str).collect();
    let long = "The ferry goes at ten. ".repeat(400);
    texts.extend(["Ｒｏｏｍ　０９，　ＡＢＣ！", &long, "Room 09, ABC!", ""]);
    let vectors = embed(&embedder, &texts, Purpose::Passage);
    assert_eq!(vectors.len(), 104);
    for at in [100, 102] {
        let like = likeness(&alone[0], &vectors[at]);
        assert!(like > 0.99, "{at}: {like}");
    }
    assert!(embed(&embedder, &[], Purpose::Query).is_empty());
}

#[test]
fn what_is_no_model_is_a_clear_error() {
    let missing = Embedder::open(Path::new("/nowhere/e5.gguf"), 1);
    assert!(matches!(missing, Err(LocalError::NotFound(_))));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e5.gguf");
    std::fs::write(&path, b"PK nothing").unwrap();
    assert!(matches!(Embedder::open(&path, 1), Err(LocalError::NotAModel { .. })));
    std::fs::write(&path, b"GGUF\x03\0\0\0").unwrap();
    assert!(Embedder::open(&path, 1).is_err());
}
