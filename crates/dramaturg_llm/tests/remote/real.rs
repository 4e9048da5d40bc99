//! A server that is not ours: `llama_cpp.server`, started here with a small model.
//!
//! Runs when `DRAMATURG_TEST_SERVER` names the base URL of a server, or when `DRAMATURG_TEST_MODEL` names a GGUF file
//! and a Python with `llama-cpp-python[server]` is found (`DRAMATURG_TEST_PYTHON`, else
//! `~/.cache/dramaturg/venv/bin/python`, else `python3`). Otherwise it says that nothing was tested.

use crate::support::*;
use dramaturg_llm::{
    Capabilities, CompletionRequest, LanguageModel, Message, ModelError, Remote, RemoteSettings,
    ScoreRequest, StreamEvent, Tool,
};
use serde_json::json;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);

struct Server {
    url: String,
    child: Option<Child>,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn python() -> Option<PathBuf> {
    let given = std::env::var_os("DRAMATURG_TEST_PYTHON").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cached = home.map(|home| home.join(".cache/dramaturg/venv/bin/python"));
    let candidates = [given, cached, Some("python3".into())];
    candidates.into_iter().flatten().find(|python| {
        let mut help = Command::new(python);
        help.args(["-m", "llama_cpp.server", "--help"]).stdout(Stdio::null()).stderr(Stdio::null());
        help.status().is_ok_and(|status| status.success())
    })
}

fn start() -> Option<Server> {
    if let Ok(url) = std::env::var("DRAMATURG_TEST_SERVER") {
        return Some(Server { url, child: None });
    }
    let model = std::env::var_os("DRAMATURG_TEST_MODEL")?;
    let python = python()?;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // One thread: two that wait for each other are slower than one as soon as anything else runs.
    let child = Command::new(python)
        .args(["-m", "llama_cpp.server", "--host", "127.0.0.1", "--port", &port.to_string()])
        .args([
            "--n_ctx",
            "1024",
            "--n_threads",
            "2",
            "--embedding",
            "true",
            "--logits_all",
            "true",
        ])
        .arg("--model")
        .arg(model)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut server = Server { url: format!("http://127.0.0.1:{port}/v1"), child: Some(child) };
    let begun = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        let ended = server.child.as_mut().unwrap().try_wait().unwrap();
        assert_eq!(ended, None, "the server does not start; is its port taken?");
        assert!(begun.elapsed() < PATIENCE, "the server does not start");
        std::thread::sleep(ms(200));
    }
    Some(server)
}

fn patient(url: &str) -> RemoteSettings {
    let mut settings = RemoteSettings::new(url, "test");
    settings.timeouts.first_token = PATIENCE;
    settings.timeouts.stall = PATIENCE;
    settings.endpoints[0].capabilities = Capabilities { logprobs: true, ..Capabilities::default() };
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
    let model = Remote::new(patient(&server.url)).unwrap();
    words_and_seed(&model);
    a_lead(&model);
    json_by_schema(&model);
    embeddings(&model);
    scores(&model);
    a_tool_is_offered(&model);
    a_prompt_that_is_too_long(&model);
    cancelling(&model);
    eprintln!("{:#?}", model.endpoints());
}

fn speak() -> CompletionRequest {
    let system =
        Message::system("You are Mara, who keeps a lighthouse. You speak in one short sentence.");
    CompletionRequest::new(vec![system, Message::user("Who are you?")])
}

fn words_and_seed(model: &Remote) {
    let mut request = speak();
    request.sampling.temperature = 0.0;
    let events = ask(model, request.clone());
    assert!(done(&events) && text(&events).len() > 2, "{events:?}");
    eprintln!(
        "words: {:?} {:?}",
        text(&events),
        events.iter().find(|e| matches!(e, StreamEvent::Usage(_)))
    );
    let again = ask(model, request);
    assert_eq!(text(&again), text(&events), "{again:?}");
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
    let request = ScoreRequest::Continuations {
        prefix: "The capital of France is".into(),
        options: vec![" Paris".into(), " refrigerator".into()],
    };
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

/// A dropped stream frees the server: the next request is answered soon.
fn cancelling(model: &Remote) {
    let mut long = speak();
    (long.max_tokens, long.stop) = (900, Vec::new());
    let stream = model.complete(long);
    let first = stream.next(PATIENCE);
    assert!(matches!(first, StreamEvent::Text(_)), "{first:?}");
    drop(stream);
    let begun = Instant::now();
    let events = ask(model, CompletionRequest { max_tokens: 4, ..speak() });
    assert!(done(&events), "{events:?}");
    eprintln!("after cancelling: {:?}", begun.elapsed());
}
