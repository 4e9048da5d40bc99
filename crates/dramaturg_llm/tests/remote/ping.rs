//! Whether servers answer, and which models they have.

use crate::support::*;
use dramaturg_llm::{EndpointSettings, ModelError, Ping, RemoteSettings};
use std::time::{Duration, Instant};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn pinged(settings: RemoteSettings) -> Vec<Ping> {
    let asked = tokio::task::spawn_blocking(move || settings.ping(ms(600)));
    asked.await.unwrap().unwrap()
}

async fn server_of(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let mock = Mock::given(method("GET")).and(path("/v1/models"));
    let mock = mock.and(header("authorization", format!("Bearer {KEY}")));
    mock.respond_with(answer).mount(&server).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_which_models_it_has() {
    let list = format!(r#"{{"object":"list","data":[{{"id":"m"}},{{"id":"{KEY}"}},{{"no":1}}]}}"#);
    let server = server_of(ResponseTemplate::new(200).set_body_string(list)).await;
    let pings = pinged(settings(url(&server))).await;
    assert_eq!((pings.len(), pings[0].model.as_str()), (1, "m"));
    assert_eq!(pings[0].models, Ok(vec!["m".into(), "(key)".into()]));
    assert!(pings[0].server.starts_with("127.0.0.1:"), "{}", pings[0].server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_stalls_or_talks_nonsense_is_told_from_one_that_answers() {
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    let server = server_of(slow).await;
    let begun = Instant::now();
    assert_eq!(pinged(settings(url(&server))).await[0].models, Err(ModelError::TimedOut));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());

    let refusal = ResponseTemplate::new(401).set_body_string(format!("not {KEY}"));
    for (answer, said) in [
        (refusal, "DRAMATURG_API_KEY"),
        (ResponseTemplate::new(404), "its address is another one"),
        (ResponseTemplate::new(200).set_body_string("<html>"), "no JSON"),
        (ResponseTemplate::new(200).set_body_string("[]"), ""),
    ] {
        let server = server_of(answer).await;
        let said_by = format!("{:?}", pinged(settings(url(&server))).await);
        assert!(said_by.contains(said) && !said_by.contains(KEY), "{said_by}");
    }
    let mut settings = settings("http://127.0.0.1:9/v1");
    settings.endpoints.push(EndpointSettings::new("http://127.0.0.1:9/other", "n"));
    let pings = pinged(settings).await;
    assert!(pings.iter().all(|ping| matches!(ping.models, Err(ModelError::Unreachable(_)))));
    assert!(RemoteSettings::new("ftp://a.example/v1", "m").ping(ms(10)).is_err());
}
