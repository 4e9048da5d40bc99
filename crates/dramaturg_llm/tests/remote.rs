//! The remote backend against a real HTTP server that behaves well, refuses, or talks nonsense.

use dramaturg_llm::{
    CompletionRequest, LanguageModel, Message, ModelError, Remote, RemoteSettings, StreamEvent,
};
use std::time::Duration;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn run(base_url: String) -> (String, StreamEvent) {
    let settings = RemoteSettings {
        base_url,
        model: "m".into(),
        key: Some("k-1".into()),
        timeout: Duration::from_secs(5),
    };
    let model = Remote::new(settings).unwrap();
    let stream = model.complete(CompletionRequest::new(vec![Message::user("hello")]));
    let mut text = String::new();
    loop {
        match stream.next(Duration::from_secs(20)) {
            StreamEvent::Text(t) => text.push_str(&t),
            StreamEvent::Lead(_) | StreamEvent::Prompt { .. } | StreamEvent::Usage(_) => {}
            end => return (text, end),
        }
    }
}

async fn serve(body: &str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .and(header("authorization", "Bearer k-1"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(body.to_owned(), "text/event-stream"))
        .mount(&server)
        .await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn words_arrive_in_order() {
    let server = serve(
        "data: {\"choices\":[{\"delta\":{\"content\":\"Sit \"}}]}\n\n\
         data: {\"choices\":[{\"delta\":{\"content\":\"down.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
    )
    .await;
    let (text, end) = run(format!("{}/v1", server.uri()));
    assert_eq!((text.as_str(), end), ("Sit down.", StreamEvent::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_in_mid_stream_is_an_error_and_keeps_what_came() {
    let server =
        serve("data: {\"choices\":[{\"delta\":{\"content\":\"Sit\"}}]}\n\ndata: <html>\n\n").await;
    let (text, end) = run(format!("{}/v1", server.uri()));
    assert_eq!(text, "Sit");
    assert!(matches!(end, StreamEvent::Failed(ModelError::Garbage(_))), "{end:?}");
}

#[test]
fn a_refused_port_says_so_without_the_key() {
    let (_, end) = run("http://127.0.0.1:9/v1".into());
    let StreamEvent::Failed(error @ ModelError::Unreachable(_)) = end else { panic!("{end:?}") };
    assert!(!error.to_string().contains("k-1"));
}
