//! Answers as they should be: words, leads, calls, usage, embeddings, scores.

use crate::support::*;
use dramaturg_llm::{
    CompletionRequest, LanguageModel, ModelError, Remote, ScoreRequest, Scoring, StreamEvent, Tool,
    ToolError, Usage,
};
use serde_json::{Value, json};
use std::time::Duration;
use wiremock::matchers::{body_partial_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

#[tokio::test(flavor = "multi_thread")]
async fn words_arrive_in_order_with_key_and_settings() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(CHAT))
        .and(header("authorization", format!("Bearer {KEY}")))
        .and(body_partial_json(json!({"model": "m", "stream": true, "seed": 1, "stop": ["\n"]})))
        .respond_with(answer(&["Sit ", "down."]))
        .expect(1)
        .mount(&server)
        .await;
    let events = ask_with(settings(url(&server)), request());
    let expected = ["Sit ", "down."].map(|words| StreamEvent::Text(words.into()));
    assert_eq!(events[..2], expected);
    assert!(done(&events), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_told_before_the_end() {
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 31, "completion_tokens": 2,
        "prompt_tokens_details": {"cached_tokens": 16}}});
    let finish =
        event(json!({"choices": [{"delta": {"content": "Yes."}, "finish_reason": "stop"}]}));
    let body = finish + &event(usage) + "data: [DONE]\n\n";
    let server = server(vec![stream(body)]).await;
    let events = ask_with(settings(url(&server)), request());
    let usage = Usage { prompt_tokens: 31, cached_tokens: 16, completion_tokens: 2 };
    assert_eq!(
        events,
        [StreamEvent::Text("Yes.".into()), StreamEvent::Usage(usage), StreamEvent::Done]
    );
    assert_eq!(bodies(&server).await[0]["stream_options"], json!({"include_usage": true}));
}

fn led() -> CompletionRequest {
    CompletionRequest { lead: vec!["neutral".into(), "glad".into()], ..request() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_told_first_and_taken_out() {
    let server = server(vec![answer(&["(gl", "ad)", "\n", " Come in.", "\nMore"])]).await;
    let events = ask_with(settings(url(&server)), led());
    assert_eq!(events[0], StreamEvent::Lead(1));
    assert_eq!((text(&events).as_str(), done(&events)), ("Come in.", true));
    let body = &bodies(&server).await[0];
    assert!(body["messages"][1]["content"].as_str().unwrap().ends_with("(neutral) (glad)]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_lead_the_words_come_alone() {
    let server = server(vec![answer(&["(shrugs) Come", " in."])]).await;
    let events = ask_with(settings(url(&server)), led());
    assert!(!events.iter().any(|event| matches!(event, StreamEvent::Lead(_))));
    assert_eq!(text(&events), "(shrugs) Come in.");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_thinks_is_not_shown() {
    let thought = event(json!({"choices": [{"delta": {"reasoning_content": "Secretly…"}}]}));
    let server = server(vec![stream(thought + &words("Hm.") + STOP)]).await;
    assert_eq!(text(&ask_with(settings(url(&server)), request())), "Hm.");
}

fn tool(name: &str) -> Tool {
    let parameters = json!({
        "type": "object", "properties": {"to": {"enum": ["door", "window"]}}, "required": ["to"],
        "additionalProperties": false,
    });
    Tool { name: name.into(), description: "Walks somewhere.".into(), parameters }
}

fn call(index: usize, id: Option<&str>, name: Option<&str>, arguments: &str) -> String {
    let function = json!({"name": name, "arguments": arguments});
    event(
        json!({"choices": [{"delta": {"tool_calls": [{"index": index, "id": id, "function": function}]}}]}),
    )
}

async fn called(body: String) -> Vec<StreamEvent> {
    let server = server(vec![stream(body + STOP)]).await;
    let request = CompletionRequest { tools: vec![tool("walk"), tool("look")], ..request() };
    let events = ask_with(settings(url(&server)), request);
    let body = &bodies(&server).await[0];
    assert_eq!(body["tools"][1]["function"]["name"], "look");
    assert_eq!(body["parallel_tool_calls"], true);
    assert!(done(&events), "{events:?}");
    events
}

fn calls(events: &[StreamEvent]) -> Vec<Result<(String, String, Value), ToolError>> {
    let calls = events.iter().filter_map(|event| match event {
        StreamEvent::Tool(call) => Some(call.clone().map(|c| (c.id, c.name, c.arguments))),
        _ => None,
    });
    calls.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_calls_are_put_together_by_index() {
    let body = words("I go.")
        + &call(0, Some("a"), Some("walk"), "{\"to\":")
        + &call(1, Some("b"), Some("look"), "")
        + &call(0, None, None, "\"door\"}")
        + &call(1, None, None, "{\"to\":\"window\"}");
    let events = called(body).await;
    assert_eq!(text(&events), "I go.");
    let expected = [
        Ok(("a".into(), "walk".into(), json!({"to": "door"}))),
        Ok(("b".into(), "look".into(), json!({"to": "window"}))),
    ];
    assert_eq!(calls(&events), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_all_numbered_zero_are_told_apart_by_their_ids() {
    let body = call(0, Some("a"), Some("walk"), "{\"to\":\"door\"}")
        + &call(0, Some("b"), Some("look"), "{\"to\":\"window\"}");
    assert_eq!(calls(&called(body).await).iter().filter(|call| call.is_ok()).count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_tools_and_wrong_arguments_are_told_not_carried_out() {
    let body = call(0, Some("a"), Some("fly"), "{}")
        + &call(1, Some("b"), Some("walk"), "{\"to\":\"roof\"}")
        + &call(2, Some("c"), Some("walk"), "{\"to\":")
        + &call(3, Some("d"), Some("walk"), "")
        + &call(4, None, Some("walk"), "{\"to\":\"door\"}");
    let calls = calls(&called(body).await);
    assert_eq!(calls[0], Err(ToolError::Unknown("fly".into())));
    let reasons = calls[1..4].iter().map(|call| match call {
        Err(ToolError::Invalid { name, reason }) if name == "walk" => reason.clone(),
        other => panic!("{other:?}"),
    });
    let reasons: Vec<String> = reasons.collect();
    assert_eq!(reasons[0], "to: \"roof\" is none of [\"door\",\"window\"]");
    assert!(reasons[1].contains("EOF"), "{}", reasons[1]);
    assert_eq!(reasons[2], "the field 'to' is missing");
    assert_eq!(calls[4], Ok(("4".into(), "walk".into(), json!({"to": "door"}))));
}

#[tokio::test(flavor = "multi_thread")]
async fn embeddings_come_in_the_order_of_the_texts() {
    let server = MockServer::start().await;
    let data = json!({"data": [{"index": 1, "embedding": [0.5, 2.0]}, {"index": 0, "embedding": [1.0, 0.0]}]});
    Mock::given(method("POST"))
        .and(path("/v1/embeddings"))
        .and(body_partial_json(json!({"model": "e", "input": ["one", "two"]})))
        .respond_with(ResponseTemplate::new(200).set_body_json(data))
        .mount(&server)
        .await;
    let mut settings = settings(url(&server));
    settings.endpoints[0].embedding_model = Some("e".into());
    let model = Remote::new(settings).unwrap();
    let vectors = model.embed(vec!["one".into(), "two".into()]).wait(Duration::from_secs(9));
    assert_eq!(vectors, Ok(vec![vec![1.0, 0.0], vec![0.5, 2.0]]));
    let too_few = model.embed(["one", "two", "three"].map(String::from).to_vec());
    assert!(too_few.wait(Duration::from_secs(9)).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_embeddings_is_asked_once() {
    let server = MockServer::start().await;
    let model = Remote::new(settings(url(&server))).unwrap();
    for _ in 0..2 {
        let none = model.embed(vec!["one".into()]).wait(Duration::from_secs(9));
        assert!(matches!(none, Err(ModelError::Unsupported(_))), "{none:?}");
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    assert!(!model.endpoints()[0].capabilities.embeddings);
}

/// A server that echoes a prompt's tokens; those of the counting that tries it have this probability.
async fn echoing(counting: f32) -> MockServer {
    let server = MockServer::start().await;
    let tokens = [(" yes", -1.0, 9), (" no", -4.0, 8), (" 9 10 11 12", counting, 1)];
    for (line, probability, priority) in tokens {
        let prefix = if priority == 1 { "1 2 3 4 5 6 7 8" } else { "Sure?" };
        let logprobs =
            json!({"tokens": [prefix, line, "!"], "token_logprobs": [null, probability, -9.0]});
        let answer = json!({"choices": [{"logprobs": logprobs}]});
        Mock::given(method("POST"))
            .and(path("/v1/completions"))
            .and(body_partial_json(json!({"prompt": format!("{prefix}{line}"), "echo": true})))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(&server)
            .await;
    }
    server
}

fn closed_set() -> ScoreRequest {
    ScoreRequest::continuations("Sure?", [" yes", " no"])
}

#[tokio::test(flavor = "multi_thread")]
async fn scores_come_from_servers_that_echo_log_probabilities() {
    let server = echoing(-0.5).await;
    let mut settings = settings(url(&server));
    let without = Remote::new(settings.clone()).unwrap();
    assert_eq!(without.scoring(), Scoring::No);
    assert!(without.score(closed_set()).wait(Duration::from_secs(9)).is_err());
    settings.endpoints[0].capabilities.logprobs = true;
    let model = Remote::new(settings).unwrap();
    assert_eq!(model.scoring(), Scoring::Both);
    for _ in 0..2 {
        let scores = model.score(closed_set()).wait(Duration::from_secs(9));
        assert_eq!(scores, Ok(vec![-1.0, -4.0]));
    }
    let channel = ScoreRequest::channel(["Sure?"], " no");
    assert_eq!(model.score(channel).wait(Duration::from_secs(9)), Ok(vec![-4.0]));
    assert_eq!(bodies(&server).await.len(), 1 + 4 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_log_probabilities_are_wrong_gives_no_scores() {
    let server = echoing(-9.0).await;
    let mut settings = settings(url(&server));
    settings.endpoints[0].capabilities.logprobs = true;
    let model = Remote::new(settings).unwrap();
    for _ in 0..2 {
        let scores = model.score(closed_set()).wait(Duration::from_secs(9));
        assert!(matches!(scores, Err(ModelError::Unsupported(_))), "{scores:?}");
    }
    assert_eq!(bodies(&server).await.len(), 1);
}
