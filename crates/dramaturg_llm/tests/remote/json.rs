//! Answers of a fixed form, from servers that can more and less.

use crate::support::*;
use dramaturg_llm::{CompletionRequest, ModelError, Remote, StreamEvent};
use serde_json::json;
use wiremock::ResponseTemplate;

fn formed() -> CompletionRequest {
    let schema = json!({
        "type": "object",
        "properties": {"mood": {"enum": ["glad", "sad"]}, "say": {"type": "string"}},
        "required": ["mood", "say"],
        "additionalProperties": false,
    });
    CompletionRequest { schema: Some(schema), ..request() }
}

fn fields(events: &[StreamEvent]) -> Vec<(String, serde_json::Value)> {
    let fields = events.iter().filter_map(|event| match event {
        StreamEvent::Field(name, value) => Some((name.clone(), value.clone())),
        _ => None,
    });
    fields.collect()
}

fn expected() -> Vec<(String, serde_json::Value)> {
    vec![("mood".into(), json!("glad")), ("say".into(), json!("Come in."))]
}

fn refusal(what: &str) -> ResponseTemplate {
    let error = json!({"error": {"message": format!("unsupported: {what}"), "type": "invalid_request_error"}});
    ResponseTemplate::new(400).set_body_json(error)
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_come_one_by_one_and_the_spoken_one_as_words_too() {
    let server =
        server(vec![answer(&["{\"mood\": \"gl", "ad\",\n \"say\"", ": \"Come in.\"}"])]).await;
    let events = ask_with(settings(url(&server)), formed());
    assert_eq!(fields(&events), expected());
    assert_eq!((text(&events).as_str(), done(&events)), ("Come in.", true));
    let body = &bodies(&server).await[0];
    assert_eq!(body["response_format"]["json_schema"]["strict"], true);
    assert!(body.get("stop").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_schemas_is_asked_in_simpler_ways_and_remembered() {
    let whole = answer(&["```json\n{\"mood\": \"glad\", \"say\": \"Come in.\"}\n```"]);
    let server = server(vec![refusal("json_schema"), refusal("response_format"), whole]).await;
    let model = Remote::new(settings(url(&server))).unwrap();
    for _ in 0..2 {
        let events = ask(&model, formed());
        assert_eq!((fields(&events), done(&events)), (expected(), true));
    }
    let kinds: Vec<_> =
        bodies(&server).await.iter().map(|body| body["response_format"]["type"].clone()).collect();
    assert_eq!(kinds, [json!("json_schema"), json!("json_object"), json!(null), json!(null)]);
    let last = &bodies(&server).await[3]["messages"][1]["content"];
    assert!(last.as_str().unwrap().contains("JSON schema"), "{last}");
    let can = model.endpoints()[0].capabilities;
    assert!(!can.json_schema && !can.json_object && can.tools && can.seed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_passes_over_the_schema_is_asked_in_words() {
    let prose = answer(&["Of course, come in!"]);
    let whole = answer(&["{\"mood\": \"glad\", \"say\": \"Come in.\"}"]);
    let server = server(vec![prose.clone(), prose, whole]).await;
    let events = ask_with(settings(url(&server)), formed());
    assert_eq!((fields(&events), done(&events)), (expected(), true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_against_the_schema_is_not_shown() {
    let server = server(vec![answer(&["{\"mood\": \"furious\", \"say\": \"Out!\"}"])]).await;
    let mut settings = settings(url(&server));
    settings.retry.tries = 1;
    let events = ask_with(settings, formed());
    assert_eq!(fields(&events), []);
    assert!(
        matches!(failure(&events), ModelError::Garbage(why) if why.contains("mood")),
        "{events:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_breaks_off_or_lacks_a_field_is_an_error() {
    for (text, says) in
        [("{\"mood\": \"glad\", \"say\": \"Co", "breaks off"), ("{\"mood\": \"glad\"}", "'say'")]
    {
        let server = server(vec![answer(&[text])]).await;
        let events = ask_with(settings(url(&server)), formed());
        assert_eq!(fields(&events).len(), 1);
        assert!(
            matches!(failure(&events), ModelError::Garbage(why) if why.contains(says)),
            "{events:?}"
        );
        // A field was shown, so it was not asked again.
        assert_eq!(bodies(&server).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_fields_are_left_out_once_a_server_has_refused_them() {
    let seed = json!({"detail": [{"loc": ["body", "seed"], "msg": "extra fields not permitted"}]});
    let seed = ResponseTemplate::new(422).set_body_json(seed);
    let server =
        server(vec![seed, refusal("stream_options"), refusal("'min_p'"), answer(&["Hm."])]).await;
    let model = Remote::new(settings(url(&server))).unwrap();
    let mut request = request();
    request.sampling.min_p = 0.1;
    for _ in 0..2 {
        assert_eq!(text(&ask(&model, request.clone())), "Hm.");
    }
    let bodies = bodies(&server).await;
    assert_eq!(bodies.len(), 5);
    for name in ["seed", "stream_options", "min_p"] {
        assert!(bodies[0].get(name).is_some() && bodies[4].get(name).is_none(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_names_nothing_is_not_tried_again() {
    let server = server(vec![refusal("your whole attitude")]).await;
    let events = ask_with(settings(url(&server)), request());
    assert!(failure(&events).to_string().contains("your whole attitude"), "{events:?}");
    assert_eq!(bodies(&server).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_does_not_fit_says_by_how_much() {
    let error = json!({"error": {"code": "context_length_exceeded", "param": "messages",
        "message": "This model's maximum context length is 4096 tokens, however you requested 5000 tokens"}});
    let server = server(vec![ResponseTemplate::new(400).set_body_json(error)]).await;
    let events = ask_with(settings(url(&server)), request());
    assert_eq!(failure(&events), &ModelError::TooLong { tokens: 5000, limit: 4096 });
}
