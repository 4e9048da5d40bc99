//! `dramaturg doctor` and `dramaturg completions` as their users see them, and the help.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod program;

use program::Run;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;

fn doctor(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let here = [("DRAMATURG_CACHE", folder.to_str().unwrap())];
    program::run(&[&["doctor"], arguments].concat(), &[&here, variables].concat())
}

/// A server that answers each request with this.
fn server(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let asked: Vec<_> =
                lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
            let (status, body) = match asked[0].starts_with("GET /v1/models ") {
                true => (status, body),
                false => ("404 Not Found", ""),
            };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// The findings, without what is other on each machine.
fn steady(run: &Run, folder: &Path) -> String {
    // Nor of what is in the catalogue, which grows.
    let other =
        ["processor", "memory", "graphics card", "not fetched"].map(|about| format!(" {about}: "));
    let lines = run.out.replace(folder.to_str().unwrap(), "DIR");
    let lines =
        lines.lines().filter(|line| !line.starts_with('{') && !line.contains("--features vulkan"));
    let lines = lines.map(|line| match other.iter().find(|about| line.contains(*about)) {
        Some(about) => format!("…{about}…"),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn an_empty_machine_plays_with_authored_lines() {
    let folder = tempfile::tempdir().unwrap();
    let story = folder.path().join("quay");
    let story = story.to_str().unwrap();
    assert_eq!(program::run(&["new", story], &[]).code, Some(0));
    let run = doctor(folder.path(), &["--json", "--story", story], &[]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    insta::assert_snapshot!("empty", steady(&run, folder.path()));
    let json = run.json();
    assert_eq!((json["ok"].as_bool(), json["embedder"].as_bool()), (Some(true), Some(false)));
    assert!(json["cores"].as_u64().unwrap() >= 1 && json["version"].is_string());
    assert!(json["models"].as_array().unwrap().iter().all(|model| model["here"] == false));
    for finding in json["findings"].as_array().unwrap() {
        let helped = finding["standing"] == "ok" || finding["help"].as_str().unwrap().len() > 10;
        assert!(helped, "{finding}");
    }
}

#[test]
fn what_was_asked_for_and_is_broken_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("smollm2-135m.gguf"), "GGUF").unwrap();
    let key = "k-hush-0815";
    let variables = [("DRAMATURG_BASE_URL", "http://127.0.0.1:9/v1"), ("DRAMATURG_API_KEY", key)];
    let asked = ["--quick", "--story", "nowhere", "--model", "qwen2.5-coder-0.5b", "--json"];
    let run = doctor(folder.path(), &asked, &variables);
    assert_eq!(run.code, Some(1), "{}", run.err);
    // What the system says of a refused connection is its own.
    let shown: Vec<_> = steady(&run, folder.path())
        .lines()
        .map(|line| line.split_inclusive("no connection").next().unwrap_or_default().to_owned())
        .collect();
    insta::assert_snapshot!("broken", shown.join("\n"));
    assert!(!run.out.contains(key) && !run.err.contains(key));
    let json = run.json();
    let broken =
        json["findings"].as_array().unwrap().iter().filter(|one| one["standing"] == "broken");
    assert_eq!(broken.count(), 4, "{}", run.out);

    let unknown = doctor(folder.path(), &["--quick", "--model", "gpt-0"], &[]);
    assert!(
        unknown.code == Some(1) && unknown.out.contains("no model is called `gpt-0`"),
        "{}",
        unknown.out
    );
    std::fs::write(folder.path().join("models.ron"), "[(id: 3)]").unwrap();
    let catalogue = doctor(folder.path(), &["--quick"], &[]);
    assert!(catalogue.code == Some(1) && catalogue.out.contains("models.ron"), "{}", catalogue.out);
}

#[test]
fn a_server_that_answers_is_told_from_one_that_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let with = |url: &str, model: &str| {
        let variables = [
            ("DRAMATURG_BASE_URL", url),
            ("DRAMATURG_REMOTE_MODEL", model),
            ("DRAMATURG_API_KEY", "hush-1"),
        ];
        doctor(folder.path(), &["--quick"], &variables)
    };
    let answers = server("200 OK", r#"{"data":[{"id":"small"},{"id":"big"}]}"#);
    let well = with(&answers, "big");
    assert_eq!(well.code, Some(0), "{}", well.out);
    assert!(well.out.contains("it answers, and is asked for big"), "{}", well.out);
    assert!(well.out.ends_with("A game can be played: dramaturg play\n"), "{}", well.out);
    let other = with(&answers, "huge");
    assert_eq!(other.code, Some(0), "{}", other.out);
    assert!(other.out.contains("it has small, big: set DRAMATURG_REMOTE_MODEL"), "{}", other.out);
    let refused = with(&server("401 Unauthorized", "your key hush-1 is none"), "big");
    assert_eq!(refused.code, Some(1), "{}", refused.out);
    assert!(
        refused.out.contains("check DRAMATURG_API_KEY") && !refused.out.contains("hush-1"),
        "{}",
        refused.out
    );
    let wrong = with("http://192.0.2.1/v1", "big");
    assert!(
        wrong.code == Some(1) && wrong.out.contains("DRAMATURG_ALLOW_PLAIN_HTTP"),
        "{}",
        wrong.out
    );
}

/// With a model that the machine has: llama.cpp is started, and says which of its code runs.
#[test]
fn a_model_that_is_here_is_started() {
    let Some(model) = std::env::var_os("DRAMATURG_TEST_MODEL").map(std::path::PathBuf::from) else {
        eprintln!("skipped: DRAMATURG_TEST_MODEL names no model");
        return;
    };
    let folder = model.parent().unwrap();
    let run = doctor(folder, &["--json"], &[]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let json = run.json();
    let here =
        json["models"].as_array().unwrap().iter().find(|model| model["here"] == true).unwrap();
    assert!(here["needs_bytes"].as_u64().unwrap() > 1_000_000, "{here}");
    assert!(run.out.contains("A game can be played: dramaturg play --model "), "{}", run.out);
    if cfg!(all(feature = "cpu-variants", target_arch = "x86_64")) {
        assert!(json["processor_variant"].is_string(), "{}", run.out);
    }
}

#[test]
fn each_shell_has_completions_of_all_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = program::run(&["completions", shell], &[]);
        assert_eq!(run.code, Some(0), "{}", run.err);
        for word in ["replay", "doctor", "simulate", "accept"] {
            assert!(run.out.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(program::run(&["completions", "dos"], &[]).code, Some(2));
}

#[test]
fn the_help_has_examples_and_exit_statuses() {
    for command in ["play", "check", "replay", "simulate", "doctor"] {
        let run = program::run(&[command, "--help"], &[]);
        assert_eq!(run.code, Some(0));
        let example = format!("  dramaturg {command}");
        assert!(run.out.contains(&example) && run.out.contains("Exit status: 0"), "{}", run.out);
    }
    let all = program::run(&["--help"], &[("NO_COLOR", "1")]);
    assert!(all.out.contains("Exit status") && !all.out.contains('\u{1b}'), "{}", all.out);
}

#[test]
fn commands_that_make_something_say_so_to_programs() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("quay");
    let pack = pack.to_str().unwrap();
    let new = program::run(&["new", pack, "--json"], &[]).json();
    assert_eq!((&new["id"], new["files"].as_array().map(Vec::len)), (&"quay".into(), Some(3)));
    let graph = program::run(&["graph", pack, "--json"], &[]).json();
    assert_eq!(graph["format"], "mermaid");
    assert!(graph["drawn"].as_str().unwrap().contains("flowchart TD"), "{graph}");
    let svg = folder.path().join("quay.svg");
    let graph =
        program::run(&["graph", pack, "--json", "--out", svg.to_str().unwrap()], &[]).json();
    assert_eq!((&graph["format"], graph["drawn"].is_null()), (&"svg".into(), true));
    let card = folder.path().join("ada.json");
    let export =
        program::run(&["export", "card", pack, "ada", card.to_str().unwrap(), "--json"], &[]);
    assert_eq!(export.json()["npc"], "ada", "{}", export.err);
}
