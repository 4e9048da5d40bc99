//! Routers made from files: tiers here and at servers, budgets that outlast the program, keys that are said nowhere.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

#[path = "remote/support.rs"]
#[allow(dead_code, reason = "the tests of servers use more of it")]
mod support;

use dramaturg_llm::router::{Because, KnownModels, ModelFacts, News, Note, Outcome, Place};
use dramaturg_llm::{
    CompletionRequest, Kind, LanguageModel, Ledger, Message, ModelChoice, ModelSlot, Moment,
    Policy, Price, Router, RouterError, RouterSettings, ScoreRequest, Scoring, SlotState,
    StreamEvent,
};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::*;
use wiremock::ResponseTemplate;

const LONG: Duration = Duration::from_secs(120);

/// A folder with a policy of this text.
fn folder(policy: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.ron"), policy).unwrap();
    folder
}

fn settings_in(folder: &Path) -> RouterSettings {
    RouterSettings {
        ledger: Some(folder.join("ledger")),
        clock: || Moment { day: 20_781, ..Moment::system() },
        ..RouterSettings::new(folder.join("policy.ron"))
    }
}

fn opened(settings: RouterSettings) -> Router {
    let router = Router::open(settings).unwrap();
    router.wait(LONG);
    router
}

fn line(text: &str) -> CompletionRequest {
    let mut request =
        CompletionRequest::new(vec![Message::system("You are Aino."), Message::user(text)]);
    request.max_tokens = 8;
    request.work.character = "aino".into();
    request
}

fn say(router: &Router, text: &str) -> (String, StreamEvent) {
    let stream = router.complete(line(text));
    let mut said = String::new();
    loop {
        match stream.next(LONG) {
            StreamEvent::Text(more) => said += &more,
            end @ (StreamEvent::Done | StreamEvent::Failed(_)) => return (said, end),
            _ => {}
        }
    }
}

/// An answer with a bill.
fn billed(text: &str, prompt: u32, completion: u32) -> ResponseTemplate {
    let usage = serde_json::json!({
        "choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion},
    });
    let stop = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    stream(format!("{}{stop}{}data: [DONE]\n\n", words(text), event(usage)))
}

/// A catalogue that knows one hosted model.
struct OneHosted;

impl KnownModels for OneHosted {
    fn facts(&self, model: &str) -> Option<ModelFacts> {
        let price = Price { prompt: 1_000_000, cached: 1_000_000, completion: 1_000_000 };
        (model == "big").then(|| ModelFacts {
            price: Some(price),
            context_tokens: Some(4096),
            ..ModelFacts::default()
        })
    }
    fn file(&self, model: &str) -> Result<PathBuf, String> {
        Err(format!("'{model}' is not fetched; fetch it"))
    }
}

#[test]
fn the_example_policies_are_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/policies");
    let mut seen = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let policy = Policy::load(&file).unwrap_or_else(|error| panic!("{error}"));
        let servers = policy.tiers.iter().map(|tier| match &tier.runs {
            Place::Remote(servers) => servers.endpoints.len(),
            _ => 0,
        });
        seen.push((file.file_stem().unwrap().to_string_lossy().into_owned(), servers.sum()));
    }
    seen.sort();
    assert_eq!(seen, [("fleet".to_owned(), 2), ("hosted".to_owned(), 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hard_limit_sends_the_talk_down_and_the_day_stays_spent() {
    let Some(model) = std::env::var_os("DRAMATURG_TEST_MODEL") else {
        eprintln!("DRAMATURG_TEST_MODEL is not set: nothing was tested");
        return;
    };
    let model = Path::new(&model).canonicalize().unwrap();
    let server = server(vec![billed("Dear.", 80, 5), billed("Again.", 80, 5)]).await;
    let home = folder(&format!(
        r#"(
            tiers: [
                (name: "here", model: "small", runs: Local(file: {model:?}, threads: 2, context_tokens: 2048, parallel: 1)),
                (name: "hosted", model: "big", runs: Remote(endpoints: [(url: "{}")])),
            ],
            rules: [
                (name: "judgement", when: (kinds: [interpret]), take: ["here"]),
                (name: "talk", take: ["hosted", "here"]),
            ],
            budgets: (day: (hard: 100)),
        )"#,
        url(&server)
    ));
    let settings = || RouterSettings { known: Arc::new(OneHosted), ..settings_in(home.path()) };
    let router = opened(settings());
    assert_eq!(router.scoring(), Scoring::Both);
    assert_eq!(say(&router, "Good evening.").0, "Dear.");
    // In the middle of the session: the next answer would pass the limit, so the model here speaks.
    let (said, end) = say(&router, "Cold out there, isn't it?");
    assert!(!said.is_empty() && end == StreamEvent::Done, "{said} {end:?}");
    let mut judgement = ScoreRequest::channel(["The guest asks:", "The guest pays:"], "Why?");
    judgement.work.character = "aino".into();
    assert_eq!(router.score(judgement).wait(LONG).unwrap().len(), 2);
    let ledger = router.ledger();
    let entries: Vec<_> = ledger.entries().collect();
    let tiers: Vec<_> = entries.iter().map(|entry| entry.tier.as_deref().unwrap()).collect();
    assert_eq!(tiers, ["hosted", "here", "here"]);
    assert_eq!((entries[0].cost, entries[1].cost), (85, 0));
    let why = entries[1].why.to_string();
    assert!(why.contains("not hosted: it may pass the day's hard limit"), "{why}");
    assert_eq!((entries[2].kind, entries[2].character.as_str()), (Kind::Interpret, "aino"));
    let host = url(&server).trim_start_matches("http://").to_owned();
    assert_eq!((entries[0].endpoint.as_ref(), entries[1].endpoint.as_ref()), (Some(&host), None));
    let news: Vec<_> = router.news().iter().map(ToString::to_string).collect();
    assert!(
        news.len() == 1 && news[0].starts_with("'here' speaks now, after 'hosted'"),
        "{news:?}"
    );
    router.close(LONG);
    drop(router);

    // The program starts again on the same day: nothing is left of the budget.
    let router = opened(settings());
    assert_eq!(router.ledger().total().cost, 85);
    assert_eq!(router.session().total().entries, 0);
    assert_eq!(say(&router, "Good evening.").1, StreamEvent::Done);
    assert_eq!(router.ledger().entries().last().unwrap().tier.as_deref(), Some("here"));
    assert_eq!(router.ledger().entries().last().unwrap().request, 4);
    router.close(LONG);
    assert_eq!(server.received_requests().await.unwrap().len(), 1);

    // On the next day the server may be asked again.
    let tomorrow =
        RouterSettings { clock: || Moment { day: 20_782, ..Moment::system() }, ..settings() };
    let router = opened(tomorrow);
    assert_eq!(say(&router, "Good evening.").0, "Again.");
    router.close(LONG);
    let (all, damaged) = Ledger::read(&home.path().join("ledger")).unwrap();
    assert_eq!((all.days().len(), all.endpoints()[&host].entries, damaged), (2, 2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tier_that_cannot_be_opened_is_passed_over() {
    let server = server(vec![answer(&["Well."])]).await;
    let home = folder(&format!(
        r#"(tiers: [
            (name: "file", model: "a", runs: Local(file: "none.gguf")),
            (name: "catalogue", model: "b"),
            (name: "keyless", model: "c", runs: Remote(endpoints: [(url: "{url}", key: Env("NO_SUCH_KEY_HERE"))])),
            (name: "nowhere", model: "d", runs: Nowhere),
            (name: "last", model: "e", runs: Remote(endpoints: [(url: "{url}")])),
        ])"#,
        url = url(&server)
    ));
    let slot = ModelSlot::default();
    slot.fill(ModelChoice::Policy(settings_in(home.path())));
    assert!(
        matches!(slot.wait(LONG), SlotState::Ready { name } if name.starts_with("router(file, "))
    );
    let router = slot.router().unwrap();
    router.wait(LONG);
    assert_eq!(say(&router, "Hello.").0, "Well.");
    let ledger = router.ledger();
    let entry = ledger.entries().last().unwrap();
    let passed: Vec<_> = entry.why.notes.iter().collect();
    assert_eq!(passed.len(), 4);
    for (note, (wanted, reason)) in passed.iter().zip([
        ("file", "none.gguf"),
        ("catalogue", "no catalogue"),
        ("keyless", "NO_SUCH_KEY_HERE"),
        ("nowhere", ""),
    ]) {
        let Note::PassedOver { tier, because } = note else { panic!("{note:?}") };
        assert_eq!(tier, wanted);
        match because {
            Because::NotOpened(why) => assert!(why.contains(reason), "{why}"),
            because => assert_eq!((because, reason), (&Because::NotThere, "")),
        }
    }
    let news = router.news();
    let lost = news.iter().filter(|news| matches!(news, News::NotOpened { .. })).count();
    assert_eq!(lost, 3, "{news:?}");
    drop(router);
    slot.close(LONG);

    let none = folder(r#"(tiers: [(name: "file", model: "a", runs: Local(file: "none.gguf"))])"#);
    slot.fill(ModelChoice::Policy(settings_in(none.path())));
    let state = slot.wait(LONG);
    assert!(matches!(&state, SlotState::Failed(why) if why.contains("none.gguf")), "{state:?}");
    slot.fill(ModelChoice::Policy(settings_in(Path::new("no-such-folder"))));
    let state = slot.wait(LONG);
    assert!(
        matches!(&state, SlotState::Failed(why) if why.contains("policy.ron:1:1")),
        "{state:?}"
    );
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keys come from variables, which a test can't set in its own process without a word for it that is unsafe: Cargo's
/// own variable stands for one.
const VARIABLE: &str = "CARGO_MANIFEST_DIR";

#[tokio::test(flavor = "multi_thread")]
async fn the_key_and_the_players_words_are_in_no_file_print_or_log() {
    let key = std::env::var(VARIABLE).unwrap();
    let log = Log::default();
    let its_log = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || its_log.clone())
        .finish();
    // nextest gives each test a process of its own; elsewhere the first one wins.
    let _ = tracing::subscriber::set_global_default(subscriber);
    let echo = ResponseTemplate::new(418).set_body_string(format!(
        "{{\"error\":{{\"message\":\"you sent {key} and 'My name is Ishbel'\"}}}}"
    ));
    let server = server(vec![echo, answer(&["Well."])]).await;
    let home = folder(&format!(
        r#"(tiers: [(name: "hosted", model: "m", runs: Remote(endpoints: [(url: "{}", key: Env("{VARIABLE}"))]))])"#,
        url(&server)
    ));
    let router = opened(settings_in(home.path()));
    let mut output = String::new();
    for _ in 0..2 {
        output += &format!("{:?}", say(&router, "My name is Ishbel.").1);
    }
    let received = server.received_requests().await.unwrap();
    let sent = received[0].headers.get("authorization").unwrap().to_str().unwrap();
    assert_eq!(sent, format!("Bearer {key}"), "the key was not sent at all");
    output += &format!("{:?} {:?}", router.ledger(), router.news());
    output += &format!("{:?}", Policy::load(&home.path().join("policy.ron")).unwrap());
    router.close(LONG);
    let failed = |outcome: &Outcome| matches!(outcome, Outcome::Failed(_));
    assert!(router.ledger().entries().any(|entry| failed(&entry.outcome)), "the echo was not seen");
    let ledger =
        std::fs::read_to_string(home.path().join("ledger/ledger-2026-11-24.jsonl")).unwrap();
    assert_eq!(ledger.lines().count(), 2, "{ledger}");
    assert!(!ledger.contains("Ishbel"), "{ledger}");
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    for (what, text) in [("output", &output), ("log", &log), ("ledger", &ledger)] {
        assert!(!text.contains(&key), "the key is in the {what}: {text}");
    }
}

#[test]
fn what_is_wrong_with_a_place_is_named_and_no_key_is_said() {
    let tier = |runs: &str| format!("(tiers: [(name: \"a\", model: \"m\",\n runs: {runs})])");
    for (runs, place, message, help) in [
        ("Local(threads: 0)", "2:", "threads can't be that", "1 to 64"),
        ("Remote(plain_http: true)", "2:", "names no server", "endpoints"),
        (
            r#"Remote(endpoints: [(url: "http://far.example/v1")])"#,
            "2:",
            "another machine",
            "plain_http: true",
        ),
        (r#"Remote(endpoints: [(url: "far.example")])"#, "2:", "not the address", "127.0.0.1"),
        (
            r#"Remote(endpoints: [(url: "https://me:hush@far.example/v1")])"#,
            "2:",
            "password",
            "Env(",
        ),
        (r#"Remote(endpoints: [(url: "https://far.example/v1", key: "sk-hush")])"#, "2:", "", ""),
        (r#"Remote(endpoints: [(url: "https://far.example/v1", key: sk-hush)])"#, "2:", "", ""),
        (
            r#"Remote(endpoints: [(url: "https://far.example/v1", key: Env("sk-hush"))])"#,
            "2:",
            "no name of a variable",
            "never stands here",
        ),
        (
            r#"Remote(endpoints: [(url: "https://far.example/v1", limit: (requests_per_minute: 1))])"#,
            "2:",
            "limit",
            "",
        ),
        ("Faraway()", "2:", "Faraway", ""),
    ] {
        let text = tier(runs);
        let error = Policy::parse(Path::new("policy.ron"), &text).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.starts_with(&format!("policy.ron:{place}")), "{text}: {shown}");
        assert!(error.message.contains(message) && error.help.contains(help), "{shown}");
        assert!(!shown.contains("hush"), "{shown}");
    }
    let fine = tier(r#"Remote(endpoints: [(url: "http://far.example/v1")], plain_http: true)"#);
    assert!(Policy::parse(Path::new("policy.ron"), &fine).is_ok());
    let broken = folder("(tiers: [(name: 3)])");
    let error = Router::open(RouterSettings::new(broken.path().join("policy.ron"))).err().unwrap();
    assert!(matches!(error, RouterError::Policy(_)), "{error}");
    let sound = folder(r#"(tiers: [(name: "a", model: "m", runs: Nowhere)])"#);
    std::fs::write(sound.path().join("ledger"), "a file").unwrap();
    let error = Router::open(settings_in(sound.path())).err().unwrap().to_string();
    assert!(error.contains("can't use the ledger") && error.contains("name a folder"), "{error}");
}
