//! A server that is not ours: `llama_cpp.server`, started here with a small model.
//!
//! Runs when `DRAMATURG_TEST_SERVER` names the base URL of a server, or when `DRAMATURG_TEST_MODEL` names a GGUF file
//! and a Python with `llama-cpp-python[server]` is found: `DRAMATURG_TEST_PYTHON`, else the one that `cargo xtask test`
//! makes beside the model, else `python3`. Otherwise it says that nothing was tested.

use crate::support::*;
use dramaturg_llm::{
    Capabilities, CompletionRequest, LanguageModel, Message, ModelError, Remote, RemoteSettings,
    ScoreRequest, StreamEvent, Tool, Usage,
};
use serde_json::json;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A machine that does other things besides may take a hundred times as long as an idle one.
const PATIENCE: Duration = Duration::from_secs(300);
/// The server's names of its models: one that reads long prompts, one that reads short ones, one that embeds.
const LONG: &str = "long";
const SHORT: &str = "short";
const VECTORS: &str = "vectors";

struct Server {
    url: String,
    own: Option<Own>,
}

/// A server that was started here.
struct Own {
    child: Child,
    folder: tempfile::TempDir,
}

impl Own {
    /// What it said.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("the server said:\n{}", lines[lines.len().saturating_sub(60)..].join("\n"));
        }
    }
}

fn python(model: &Path) -> Option<PathBuf> {
    let given = std::env::var_os("DRAMATURG_TEST_PYTHON").map(PathBuf::from);
    let beside = model.parent().map(|models| models.join("server/venv/bin/python"));
    let candidates = [given, beside, Some("python3".into())];
    candidates.into_iter().flatten().find(|python| {
        let mut import = Command::new(python);
        import.args(["-c", "import llama_cpp.server.app"]);
        import.stdout(Stdio::null()).stderr(Stdio::null());
        import.status().is_ok_and(|status| status.success())
    })
}

fn start() -> Option<Server> {
    if let Ok(url) = std::env::var("DRAMATURG_TEST_SERVER") {
        return Some(Server { url, own: None });
    }
    let model = PathBuf::from(std::env::var_os("DRAMATURG_TEST_MODEL")?);
    let python = python(&model)?;
    // Somebody else may take the port before the server does.
    (0..3).find_map(|_| start_own(&python, &model)).or_else(|| panic!("no server starts"))
}

/// Starts a server and waits until it answers. None when it ends before.
fn start_own(python: &Path, model: &Path) -> Option<Server> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    // One thread: two that wait for each other get many times slower as soon as anything else runs.
    let one = |name: &str, cells: u32, vectors: bool| {
        json!({"model": model, "model_alias": name, "n_ctx": cells, "n_threads": 1, "n_threads_batch": 1,
            "embedding": vectors, "logits_all": !vectors, "verbose": false})
    };
    // A new request shall not break off the one before it: what is dropped has to be noticed as such.
    let settings = json!({"host": "127.0.0.1", "port": port, "interrupt_requests": false,
        "models": [one(LONG, 1024, false), one(SHORT, 128, false), one(VECTORS, 512, true)]});
    let file = folder.path().join("settings.json");
    std::fs::write(&file, settings.to_string()).unwrap();
    let log = File::create(folder.path().join("log")).unwrap();
    let child = Command::new(python)
        .args(["-u", "-m", "llama_cpp.server", "--config_file"])
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut own = Own { child, folder };
    let begun = Instant::now();
    while !answers(port) {
        if let Some(status) = own.child.try_wait().unwrap() {
            eprintln!("the server ended ({status}):\n{}", own.log());
            return None;
        }
        assert!(begun.elapsed() < PATIENCE, "the server does not start");
        std::thread::sleep(ms(100));
    }
    Some(Server { url: format!("http://127.0.0.1:{port}/v1"), own: Some(own) })
}

/// Whether a server of models is there. An open port is not enough: it may be somebody else's.
fn answers(port: u16) -> bool {
    let asked = || -> std::io::Result<String> {
        let mut connection = TcpStream::connect(("127.0.0.1", port))?;
        connection.set_read_timeout(Some(Duration::from_secs(30)))?;
        connection.write_all(b"GET /v1/models HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        Ok(answer)
    };
    asked().is_ok_and(|answer| answer.contains(" 200 ") && answer.contains(VECTORS))
}

fn patient(url: &str, model: &str) -> RemoteSettings {
    let mut settings = RemoteSettings::new(url, model);
    settings.timeouts.connect = PATIENCE;
    settings.timeouts.first_token = PATIENCE;
    settings.timeouts.stall = PATIENCE;
    settings.timeouts.total = PATIENCE;
    let endpoint = &mut settings.endpoints[0];
    endpoint.capabilities = Capabilities { logprobs: true, ..Capabilities::default() };
    endpoint.embedding_model = Some(VECTORS.into());
    settings
}

/// One test, so that one server is enough.
#[test]
fn a_real_server() {
    let Some(server) = start() else {
        eprintln!(
            "nothing was tested: no DRAMATURG_TEST_SERVER, or no DRAMATURG_TEST_MODEL and llama_cpp.server"
        );
        return;
    };
    let model = Remote::new(patient(&server.url, LONG)).unwrap();
    words_seed_and_usage(&model);
    stop_words(&model);
    drawn_words(&model);
    a_lead(&model);
    json_by_schema(&model);
    many_bytes_a_letter(&model);
    scores(&model);
    a_tool_is_offered(&model);
    a_prompt_that_is_too_long(&model);
    if let Some(own) = &server.own {
        cancelling(&model, own);
        models_by_name(&server.url);
    }
    embeddings(&model);
    eprintln!("{:#?}", model.endpoints());
}

fn speak() -> CompletionRequest {
    let system =
        Message::system("You are Mara, who keeps a lighthouse. You speak in one short sentence.");
    CompletionRequest::new(vec![system, Message::user("Who are you?")])
}

fn usage(events: &[StreamEvent]) -> Option<Usage> {
    events.iter().find_map(|event| match event {
        StreamEvent::Usage(usage) => Some(*usage),
        _ => None,
    })
}

fn greedy() -> CompletionRequest {
    let mut request = speak();
    request.sampling.temperature = 0.0;
    request
}

fn words_seed_and_usage(model: &Remote) {
    let events = ask(model, greedy());
    assert!(done(&events) && text(&events).len() > 2, "{events:?}");
    // It came in pieces.
    assert!(events.iter().filter(|e| matches!(e, StreamEvent::Text(_))).count() > 1, "{events:?}");
    eprintln!("words: {:?} {:?}", text(&events), usage(&events));
    // Not every server counts.
    if let Some(usage) = usage(&events) {
        assert!(usage.prompt_tokens > 10 && usage.completion_tokens > 1, "{usage:?}");
    }
    assert_eq!(text(&ask(model, greedy())), text(&events));
}

/// An answer ends before a stop word, whatever pieces it comes in.
fn stop_words(model: &Remote) {
    let whole = text(&ask(model, greedy()));
    let stop: String = whole.chars().skip(8).take(4).collect();
    let wanted = whole.split(&stop).next().unwrap();
    let events = ask(model, CompletionRequest { stop: vec![stop.clone()], ..greedy() });
    eprintln!("stop at {stop:?}: {:?}", text(&events));
    assert!(done(&events), "{events:?}");
    assert_eq!(text(&events).trim_end(), wanted.trim_end());
}

/// The same seed draws the same words, others draw others.
fn drawn_words(model: &Remote) {
    let drawn = |seed: u32| {
        let mut request = speak();
        (request.sampling.temperature, request.sampling.seed) = (1.2, seed);
        let events = ask(model, request);
        assert!(done(&events), "{events:?}");
        text(&events)
    };
    let words: Vec<String> = (1..5).map(drawn).collect();
    eprintln!("drawn: {words:?}");
    assert_eq!(drawn(1), words[0]);
    assert!(words.iter().any(|other| *other != words[0]), "{words:?}");
}

fn a_lead(model: &Remote) {
    let events =
        ask(model, CompletionRequest { lead: vec!["neutral".into(), "glad".into()], ..speak() });
    assert!(done(&events), "{events:?}");
    eprintln!("lead: {:?}", &events[..events.len().min(3)]);
}

fn json_by_schema(model: &Remote) {
    let schema = json!({
        "type": "object",
        "properties": {"mood": {"type": "string", "enum": ["glad", "sad"]}, "lit": {"type": "boolean"}},
        "required": ["mood", "lit"],
        "additionalProperties": false,
    });
    let events = ask(model, CompletionRequest { schema: Some(schema), ..speak() });
    let names = events.iter().filter_map(|event| match event {
        StreamEvent::Field(name, _) => Some(name.as_str()),
        _ => None,
    });
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    eprintln!("json: {events:?}");
    assert_eq!((names, done(&events)), (vec!["lit", "mood"], true), "{events:?}");
}

/// Letters of several bytes come whole, however the server cuts them. This server loses letters of four bytes where a
/// grammar forces them.
fn many_bytes_a_letter(model: &Remote) {
    let sign = "Grüße, 日本";
    let schema = json!({
        "type": "object",
        "properties": {"say": {"type": "string", "enum": [sign]}},
        "required": ["say"],
        "additionalProperties": false,
    });
    let events = ask(model, CompletionRequest { schema: Some(schema), ..speak() });
    eprintln!("letters: {events:?}");
    assert!(done(&events), "{events:?}");
    assert!(events.contains(&StreamEvent::Field("say".into(), sign.into())), "{events:?}");
}

fn embeddings(model: &Remote) {
    let vectors =
        model.embed(["a lamp", "a lantern", "taxes"].map(String::from).to_vec()).wait(PATIENCE);
    eprintln!(
        "embeddings: {:?}",
        vectors.as_ref().map(|all| all.iter().map(Vec::len).collect::<Vec<_>>())
    );
    let vectors = vectors.unwrap();
    assert!(vectors.len() == 3 && vectors.iter().all(|v| v.len() == vectors[0].len()));
}

fn scores(model: &Remote) {
    let request =
        ScoreRequest::continuations("The capital of France is", [" Paris", " refrigerator"]);
    let scores = model.score(request).wait(PATIENCE);
    eprintln!("scores: {scores:?}");
    // llama-cpp-python tells the probability of each token after itself; that is noticed, and no scores are given.
    match scores {
        Ok(scores) => assert!(scores[0] > scores[1] + 1.0, "{scores:?}"),
        Err(error) => assert!(matches!(error, ModelError::Unsupported(_)), "{error}"),
    }
}

fn a_tool_is_offered(model: &Remote) {
    let parameters =
        json!({"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]});
    let tool = Tool { name: "walk".into(), description: "Walks somewhere.".into(), parameters };
    let events = ask(model, CompletionRequest { tools: vec![tool], ..speak() });
    // So small a model calls nothing; what matters is that the server takes the offer.
    eprintln!("tools: {events:?}");
    assert!(done(&events));
}

fn a_prompt_that_is_too_long(model: &Remote) {
    let events = ask(model, CompletionRequest::new(vec![Message::user("on and ".repeat(1500))]));
    eprintln!("too long: {events:?}");
    // llama-cpp-python begins a stream and breaks it off without a word; others say it.
    let error = failure(&events);
    assert!(matches!(error, ModelError::TooLong { .. } | ModelError::Unreachable(_)), "{error}");
}

/// A dropped stream frees the server: it says so itself, and answers the next request.
fn cancelling(model: &Remote, server: &Own) {
    let left = |log: &str| log.matches("Disconnected from client").count();
    let before = left(&server.log());
    let mut long = speak();
    (long.max_tokens, long.stop) = (900, Vec::new());
    let stream = model.complete(long);
    let first = stream.next(PATIENCE);
    assert!(matches!(first, StreamEvent::Text(_)), "{first:?}");
    drop(stream);
    let events = ask(model, CompletionRequest { max_tokens: 4, ..speak() });
    assert!(done(&events), "{events:?}");
    let log = server.log();
    assert!(left(&log) > before, "the server wrote to nobody: {log}");
}

/// What is too long for one model of a server is not for another.
fn models_by_name(url: &str) {
    let mut request = greedy();
    request.messages[1].text = "on and ".repeat(100);
    let asked = |name: &str| ask(&Remote::new(patient(url, name)).unwrap(), request.clone());
    let events = asked(SHORT);
    assert!(matches!(events.last(), Some(StreamEvent::Failed(_))), "{events:?}");
    let events = asked(LONG);
    assert!(done(&events), "{events:?}");
}
