//! `dramaturg model` as its users see it, with a folder of models and a hub of the test's own.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod program;

use program::Run;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;

const WORDS: &[u8] = b"GGUF, but only by name";

fn dramaturg(folder: &Path, hub: &str, arguments: &[&str]) -> Run {
    program::run(arguments, &[("DRAMATURG_CACHE", folder.to_str().unwrap()), ("HF_ENDPOINT", hub)])
}

/// Nobody answers there.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A folder of models with a tiny one of the user's own in its catalogue.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = format!(
        r#"[(id: "tiny", file: "tiny.gguf", bytes: {}, licence: "MIT-0", context_tokens: 64,
            sha256: "{}",
            languages: ["en"], good_for: "tests of this command",
            sources: [Hub(repo: "own/tiny", file: "tiny-q4.gguf")])]"#,
        WORDS.len(),
        "867147a87ddcbb1376434f7543b1de3527f4887cd7efeb4d9995b4420f29ddbc"
    );
    std::fs::write(folder.path().join("models.ron"), catalogue).unwrap();
    folder
}

/// A hub of one file, which counts nothing and answers each request.
fn hub() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let path = lines.map(Result::unwrap).take_while(|line| !line.is_empty()).next();
            let found = path.unwrap_or_default().contains("/own/tiny/resolve/main/tiny-q4.gguf");
            let (status, body) = if found { ("200 OK", WORDS) } else { ("404 Not Found", &[][..]) };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        }
    });
    address
}

#[test]
fn list_and_info_tell_licence_size_use_and_sources() {
    let folder = folder();
    let list = dramaturg(folder.path(), NOWHERE, &["model", "list", "--json"]);
    assert_eq!(list.code, Some(0), "{}", list.err);
    assert!(list.out.contains("tiny: not fetched"), "{}", list.out);
    assert!(list.out.contains("licence MIT-0") && list.out.contains("tests of this command"));
    assert!(list.out.contains("smollm2-135m") && list.out.contains("98 MB, licence Apache-2.0"));
    let models = list.json()["models"].as_array().unwrap().clone();
    let tiny = models.iter().find(|model| model["id"] == "tiny").unwrap();
    assert_eq!((tiny["here"].as_bool(), &tiny["licence"]), (Some(false), &"MIT-0".into()));

    let info = dramaturg(folder.path(), NOWHERE, &["model", "info", "tiny"]);
    assert_eq!(info.code, Some(0));
    for part in ["own/tiny, tiny-q4.gguf", "bytes 22, sha256", "context 64 tokens", "languages en"]
    {
        assert!(info.out.contains(part), "{part}: {}", info.out);
    }
    let unpinned = dramaturg(folder.path(), NOWHERE, &["model", "info", "qwen3-4b"]);
    assert!(unpinned.out.contains("not pinned"), "{}", unpinned.out);
}

#[test]
fn fetched_once_offline_after_that_and_removed() {
    let folder = folder();
    let fetch = dramaturg(folder.path(), &hub(), &["model", "fetch", "tiny", "--yes", "--json"]);
    assert_eq!(fetch.code, Some(0), "{}{}", fetch.out, fetch.err);
    // The licence stands before the first sign of a download.
    let at = |what: &str| fetch.out.find(what).unwrap_or_else(|| panic!("{what}: {}", fetch.out));
    assert!(at("licence MIT-0") < at("from http"));
    let file = folder.path().join("tiny.gguf");
    assert_eq!(std::fs::read(&file).unwrap(), WORDS);
    assert_eq!(fetch.json()["fetched"], true);

    let again = dramaturg(folder.path(), NOWHERE, &["model", "fetch", "tiny", "--json"]);
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert_eq!(again.json()["fetched"], false);
    let list = dramaturg(folder.path(), NOWHERE, &["model", "list"]);
    assert!(list.out.contains("tiny: here, whole"), "{}", list.out);

    std::fs::write(folder.path().join("tiny.gguf.part"), [0; 5]).unwrap();
    let rm = dramaturg(folder.path(), NOWHERE, &["model", "rm", "tiny", "--json"]);
    assert_eq!(rm.code, Some(0), "{}", rm.err);
    assert!(rm.out.contains("removing tiny frees"), "{}", rm.out);
    assert!(rm.json()["freed"].as_u64().unwrap() >= 27);
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["models.ron"]);
    let none = dramaturg(folder.path(), NOWHERE, &["model", "rm", "tiny"]);
    assert_eq!((none.code, none.out.as_str()), (Some(0), "nothing of tiny is here\n"));
}

#[test]
fn nothing_is_fetched_unless_somebody_agrees() {
    let folder = folder();
    let fetch = dramaturg(folder.path(), &hub(), &["model", "fetch", "tiny"]);
    assert_eq!(fetch.code, Some(2));
    assert!(fetch.out.contains("licence MIT-0") && !fetch.out.contains("from http"));
    assert!(fetch.err.contains("dramaturg model fetch tiny --yes"), "{}", fetch.err);
    assert!(!folder.path().join("tiny.gguf").exists());
}

#[test]
fn a_hub_that_is_down_and_an_unknown_model_end_differently() {
    let folder = folder();
    let down = dramaturg(folder.path(), NOWHERE, &["model", "fetch", "tiny", "--yes"]);
    assert_eq!(down.code, Some(1));
    assert!(down.err.contains("model `tiny` can't be had"), "{}", down.err);
    for command in ["fetch", "info", "rm"] {
        let unknown = dramaturg(folder.path(), NOWHERE, &["model", command, "gpt"]);
        assert_eq!(unknown.code, Some(2));
        assert!(unknown.err.contains("no model is called `gpt`; there are"), "{}", unknown.err);
    }
    std::fs::write(folder.path().join("models.ron"), "[(id: 3)]").unwrap();
    let broken = dramaturg(folder.path(), NOWHERE, &["model", "list"]);
    assert_eq!(broken.code, Some(2));
    assert!(broken.err.contains("models.ron: 1:"), "{}", broken.err);
}

#[test]
fn play_names_the_command_that_fetches_its_model() {
    let folder = folder();
    let story = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/stories/lantern");
    let play = dramaturg(folder.path(), NOWHERE, &["play", "--story", story, "--model", "tiny"]);
    assert_eq!(play.code, Some(2));
    assert!(play.err.contains("`dramaturg model fetch tiny` fetches it"), "{}", play.err);

    // A file that is whole by the catalogue is taken, whatever the model's loader says of it.
    std::fs::write(folder.path().join("tiny.gguf"), WORDS).unwrap();
    let play = dramaturg(folder.path(), NOWHERE, &["play", "--story", story, "--model", "tiny"]);
    assert_eq!(play.code, Some(0), "{}", play.err);
    assert!(play.err.contains("The story plays with authored lines"), "{}", play.err);

    std::fs::write(folder.path().join("tiny.gguf"), "GGUF").unwrap();
    let play = dramaturg(folder.path(), NOWHERE, &["play", "--story", story, "--model", "tiny"]);
    assert_eq!(play.code, Some(2));
    assert!(play.err.contains("truncated: 4 of 22 bytes"), "{}", play.err);
}
