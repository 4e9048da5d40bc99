//! Servers that refuse, redirect, or answer with something else.

use crate::support::*;
use dramaturg_llm::{ModelError, Remote, RemoteError, RemoteSettings};
use std::time::{Duration, Instant, SystemTime};
use wiremock::ResponseTemplate;

fn busy(retry_after: &str) -> ResponseTemplate {
    ResponseTemplate::new(429).insert_header("retry-after", retry_after)
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_in_seconds_is_honoured() {
    let server = server(vec![busy("1"), answer(&["Now."])]).await;
    let begun = Instant::now();
    let events = ask_with(settings(url(&server)), request());
    assert_eq!(text(&events), "Now.");
    assert!(begun.elapsed() >= ms(1000), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_as_a_date_is_honoured() {
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
    let server = server(vec![busy(&date), answer(&["Now."])]).await;
    let begun = Instant::now();
    assert_eq!(text(&ask_with(settings(url(&server)), request())), "Now.");
    // Dates have whole seconds.
    assert!(begun.elapsed() >= ms(900), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_longer_wait_than_a_player_has_is_an_error_at_once_and_for_the_next_request_too() {
    let server = server(vec![busy("120"), answer(&["Too early."])]).await;
    let model = Remote::new(settings(url(&server))).unwrap();
    let begun = Instant::now();
    let events = ask(&model, request());
    assert!(failure(&events).to_string().contains("too many requests"), "{events:?}");
    assert_eq!(failure(&ask(&model, request())), &ModelError::Busy(0));
    assert!(begun.elapsed() < ms(1000));
    assert_eq!(bodies(&server).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_server_are_tried_again_and_then_told() {
    let broken = ResponseTemplate::new(500).set_body_string("<html>oops</html>");
    let recovers =
        server(vec![broken.clone(), ResponseTemplate::new(503), answer(&["Back."])]).await;
    assert_eq!(text(&ask_with(settings(url(&recovers)), request())), "Back.");
    let stays = server(vec![broken]).await;
    let events = ask_with(settings(url(&stays)), request());
    assert!(failure(&events).to_string().contains("500"), "{events:?}");
    assert_eq!(bodies(&stays).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_try_goes_past_the_deadline() {
    let server = server(vec![ResponseTemplate::new(500)]).await;
    let mut settings = settings(url(&server));
    settings.retry.tries = 1000;
    settings.retry.first_pause = ms(60);
    let mut request = request();
    request.work.deadline = Some(ms(400));
    let begun = Instant::now();
    let events = ask_with(settings, request);
    assert!(failure(&events).to_string().contains("500"), "{events:?}");
    assert!(begun.elapsed() < ms(1000), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_and_an_unknown_model_are_sentences_and_not_tried_again() {
    for (status, says) in [(401, "key"), (403, "key"), (404, "model")] {
        let body = format!("{{\"error\":{{\"message\":\"no: {KEY}\"}}}}");
        let refuses = ResponseTemplate::new(status).set_body_raw(body, "application/json");
        let server = server(vec![refuses]).await;
        let events = ask_with(settings(url(&server)), request());
        let error = failure(&events).to_string();
        assert!(error.contains(says) && !error.contains(KEY), "{error}");
        assert_eq!(bodies(&server).await.len(), 1, "{status}");
    }
}

#[test]
fn a_refused_port_says_so() {
    let events = ask_with(settings("http://127.0.0.1:9/v1"), request());
    let error @ ModelError::Unreachable(_) = failure(&events) else { panic!("{events:?}") };
    assert!(error.to_string().contains("127.0.0.1:9"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_to_another_host_gets_neither_key_nor_words() {
    let elsewhere = server(vec![answer(&["Gotcha."])]).await;
    for status in [301, 302, 303, 307, 308] {
        // Another port is another host to whoever holds a key.
        let to = format!("{}{CHAT}", elsewhere.uri());
        let redirects = ResponseTemplate::new(status).insert_header("location", to);
        let server = server(vec![redirects]).await;
        let events = ask_with(settings(url(&server)), request());
        assert!(failure(&events).to_string().contains("redirects to 127.0.0.1"), "{events:?}");
    }
    assert_eq!(bodies(&elsewhere).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_within_the_host_is_followed() {
    let server = server(vec![
        ResponseTemplate::new(307).insert_header("location", CHAT),
        answer(&["Here."]),
    ])
    .await;
    assert_eq!(text(&ask_with(settings(url(&server)), request())), "Here.");
    let requests = server.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| request.headers.contains_key("authorization")));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_content_type_is_named() {
    let page = ResponseTemplate::new(200).set_body_raw("<html>Please log in</html>", "text/html");
    let server = server(vec![page]).await;
    let events = ask_with(settings(url(&server)), request());
    let error @ ModelError::Garbage(_) = failure(&events) else { panic!("{events:?}") };
    assert!(error.to_string().contains("text/html"), "{error}");
}

#[test]
fn plain_http_to_another_machine_needs_a_word() {
    let mut settings = RemoteSettings::new("http://llm.example/v1", "m");
    assert!(matches!(Remote::new(settings.clone()), Err(RemoteError::PlainHttp(_))));
    settings.allow_plain_http = true;
    assert!(Remote::new(settings).is_ok());
    assert!(
        Remote::new(RemoteSettings { endpoints: Vec::new(), ..RemoteSettings::new("", "") })
            .is_err()
    );
}
