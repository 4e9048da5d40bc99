//! `dramaturg play --policy` and `dramaturg ledger` as their users see them, with a server of the test's own.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

const KEY: &str = "k-hush-0816";
const WORDS: &str = "Sit by the stove and dry your coat.";

/// A server that always says the same, for a bill that is above any budget here; and what it was sent.
fn server() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let kept = requests.clone();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            kept.lock().unwrap().push(read(&mut connection));
            let word = json!({"choices": [{"delta": {"content": WORDS}}]});
            let stop = json!({"choices": [{"delta": {}, "finish_reason": "stop"}]});
            let bill = json!({"choices": [], "usage": {"prompt_tokens": 100_000, "completion_tokens": 10}});
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
            let body = format!("data: {word}\n\ndata: {stop}\n\ndata: {bill}\n\ndata: [DONE]\n\n");
            let _ = connection.write_all(format!("{head}{body}").as_bytes());
        }
    });
    (url, requests)
}

fn read(connection: &mut TcpStream) -> String {
    let (mut read, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let n = connection.read(&mut piece).unwrap_or_default();
        read.extend_from_slice(&piece[..n]);
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|l| l.lines().next());
            if body.len() >= length.map_or(0, |length| length.trim().parse().unwrap()) {
                return text;
            }
        }
        if n == 0 {
            return text;
        }
    }
}

fn dramaturg(home: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_dramaturg"))
        .args(arguments)
        .current_dir(home)
        .env("DRAMATURG_CACHE", home)
        .env("DRAMATURG_LEDGER", home.join("ledger"))
        .env("TEST_LLM_KEY", KEY)
        .env_remove("DRAMATURG_BASE_URL")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

fn json(out: &str) -> Value {
    let last = out.lines().last().unwrap();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {out}"))
}

#[test]
fn a_play_within_a_budget_tells_what_it_cost_and_the_day_remembers() {
    let home = tempfile::tempdir().unwrap();
    let (url, requests) = server();
    // The price is the user's own catalogue's.
    let served = r#"[(name: "big", context_tokens: 8000, good_for: "this test", served: (
        price: (prompt: 1_000_000, cached: 0, completion: 1_000_000)))]"#;
    std::fs::write(home.path().join("served.ron"), served).unwrap();
    let policy = format!(
        r#"(
            tiers: [
                (name: "here", model: "qwen2.5-coder-1.5b"),
                (name: "hosted", model: "big", runs: Remote(endpoints: [(url: "{url}", key: Env("TEST_LLM_KEY"))])),
            ],
            budgets: (day: (hard: 50_000)),
        )"#
    );
    std::fs::write(home.path().join("policy.ron"), policy).unwrap();
    std::fs::write(
        home.path().join("script"),
        "Do you like cheese?\nWhat is your favourite colour?\nHave you ever seen an elephant?\n",
    )
    .unwrap();
    let story = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/stories/lantern");
    let play = ["play", "--story", story, "--policy", "policy.ron", "--script", "script", "--json"];
    let (out, err, code) = dramaturg(home.path(), &play);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains(WORDS), "{out} {err}");
    // The tier that is not there, and the limit in mid-session, are said; an authored line follows.
    assert!(
        err.contains("'here' is passed over") && err.contains("dramaturg model fetch"),
        "{err}"
    );
    assert!(err.contains("the day's hard limit"), "{err}");
    let result = json(&out);
    assert_eq!(result["turns"], 3);
    let account = &result["account"];
    assert_eq!(account["tiers"]["hosted"]["cost_millionths"], 100_010);
    let speak = &account["kinds"]["speak"];
    let (asked, refused) =
        (speak["requests"].as_u64().unwrap(), speak["unanswered"].as_u64().unwrap());
    assert!(asked >= 2 && refused == asked - 1, "{account}");
    assert_eq!(account["characters"].as_object().unwrap().len(), 1);
    assert!(out.contains("tier hosted"), "{out}");
    assert_eq!(requests.lock().unwrap().len(), 1);
    assert!(requests.lock().unwrap()[0].contains(&format!("Bearer {KEY}")), "no key was sent");

    let (again, err, _) = dramaturg(home.path(), &play);
    assert!(!again.contains(WORDS) && err.contains("the day's hard limit"), "{again} {err}");
    assert_eq!(json(&again)["account"]["total"]["cost_millionths"], 0);
    assert_eq!(requests.lock().unwrap().len(), 1, "the day was spent");

    let (shown, err, code) = dramaturg(home.path(), &["ledger", "--json"]);
    assert_eq!(code, Some(0), "{err}");
    let sums = json(&shown);
    assert_eq!(sums["total"]["cost_millionths"], 100_010);
    let host = url.trim_start_matches("http://");
    assert_eq!(sums["endpoints"][host]["requests"], 1);
    let days = sums["days"].as_object().unwrap();
    assert!(days.keys().all(|day| day.len() == 10 && day.starts_with("20")), "{days:?}");
    let file = std::fs::read_dir(home.path().join("ledger")).unwrap().next().unwrap().unwrap();
    let ledger = std::fs::read_to_string(file.path()).unwrap();
    for text in [&out, &again, &shown, &ledger] {
        assert!(!text.contains(KEY) && !text.contains("hush"), "{text}");
    }
    assert!(!ledger.contains("cheese") && !ledger.contains("stove"), "{ledger}");
}

#[test]
fn a_policy_or_a_ledger_that_cannot_be_read_is_named() {
    let home = tempfile::tempdir().unwrap();
    let story = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/stories/lantern");
    std::fs::write(home.path().join("policy.ron"), "(tiers: [\n (name: \"a\")])").unwrap();
    let (_, err, code) =
        dramaturg(home.path(), &["play", "--story", story, "--policy", "policy.ron"]);
    assert_eq!(code, Some(2));
    assert!(err.starts_with("policy.ron:2:") && err.contains("help: "), "{err}");
    let (_, err, code) = dramaturg(home.path(), &["ledger", "nowhere"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("nowhere"), "{err}");
}
