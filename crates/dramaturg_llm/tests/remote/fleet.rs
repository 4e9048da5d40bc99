//! Several servers: sharing by load, going over to the next, limits, the breaker.

use crate::support::*;
use dramaturg_llm::{
    BreakerState, EndpointSettings, LanguageModel, Limits, ModelError, Remote, RemoteSettings,
    StreamEvent,
};
use std::time::{Duration, Instant};
use wiremock::ResponseTemplate;

fn fleet(urls: &[String]) -> RemoteSettings {
    let endpoints = urls.iter().map(|url| EndpointSettings::new(url, "m")).collect();
    RemoteSettings { endpoints, ..settings("http://127.0.0.1:9/v1") }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_or_broken_server_is_covered_by_the_next() {
    let broken = server(vec![ResponseTemplate::new(500)]).await;
    let refuses = server(vec![ResponseTemplate::new(401)]).await;
    let page = server(vec![ResponseTemplate::new(200).set_body_raw("<html>", "text/html")]).await;
    let good = server(vec![answer(&["Here."])]).await;
    let mut urls = vec!["http://127.0.0.1:9/v1".to_owned()];
    urls.extend([&broken, &refuses, &page, &good].map(url));
    let mut settings = fleet(&urls);
    settings.retry.tries = 5;
    for _ in 0..10 {
        let events = ask_with(settings.clone(), request());
        assert_eq!((text(&events).as_str(), done(&events)), ("Here.", true), "{events:?}");
    }
}

#[test]
fn a_server_that_says_nothing_is_covered_by_the_next() {
    let silent = RawServer::start(|mut connection, _| wait_for_end(&mut connection));
    let good = RawServer::start(|mut connection, _| {
        begin(&mut connection);
        send(&mut connection, words("Here.") + STOP);
    });
    let mut settings = fleet(&[silent.url.clone(), good.url.clone()]);
    settings.timeouts.first_token = ms(300);
    assert_eq!(text(&ask_with(settings, request())), "Here.");
    assert_eq!((silent.count(), good.count()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_higher_tier_is_asked_only_when_the_lower_can_not_be() {
    let first = server(vec![answer(&["one"]), ResponseTemplate::new(500)]).await;
    let second = server(vec![answer(&["two"])]).await;
    let mut settings = fleet(&[url(&second), url(&first)]);
    settings.endpoints[0].tier = 1;
    let model = Remote::new(settings).unwrap();
    assert_eq!(text(&ask(&model, request())), "one");
    assert_eq!(text(&ask(&model, request())), "two");
    assert_eq!((bodies(&first).await.len(), bodies(&second).await.len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_faster_server_gets_more_of_the_work() {
    let slow = server(vec![answer(&["slow"]).set_delay(ms(150))]).await;
    let fast = server(vec![answer(&["fast"]).set_delay(ms(5))]).await;
    let model = Remote::new(fleet(&[url(&slow), url(&fast)])).unwrap();
    for _ in 0..20 {
        assert!(done(&ask(&model, request())));
    }
    let (slow, fast) = (bodies(&slow).await.len(), bodies(&fast).await.len());
    assert!(slow >= 1 && fast > 3 * slow, "slow {slow}, fast {fast}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_once_are_shared_by_equals() {
    let servers = [
        server(vec![answer(&["a"]).set_delay(ms(200))]).await,
        server(vec![answer(&["b"]).set_delay(ms(200))]).await,
    ];
    let model = Remote::new(fleet(&[url(&servers[0]), url(&servers[1])])).unwrap();
    let streams: Vec<_> = (0..8).map(|_| model.complete(request())).collect();
    for stream in streams {
        assert!(matches!(stream.next(Duration::from_secs(9)), StreamEvent::Text(_)));
    }
    assert_eq!((bodies(&servers[0]).await.len(), bodies(&servers[1]).await.len()), (4, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_again_and_again_is_left_alone_and_tried_later() {
    let fails = ResponseTemplate::new(500);
    let server = server(vec![fails.clone(), fails.clone(), fails, answer(&["Back."])]).await;
    let mut settings = settings(url(&server));
    settings.retry.tries = 1;
    (settings.breaker.failures, settings.breaker.pause) = (2, ms(300));
    let model = Remote::new(settings).unwrap();
    for _ in 0..2 {
        assert!(failure(&ask(&model, request())).to_string().contains("500"));
    }
    assert_eq!(model.endpoints()[0].breaker, BreakerState::Open);
    let begun = Instant::now();
    assert!(failure(&ask(&model, request())).to_string().contains("failed lately"));
    assert!(begun.elapsed() < ms(200));
    assert_eq!(bodies(&server).await.len(), 2);
    std::thread::sleep(ms(350));
    assert_eq!(model.endpoints()[0].breaker, BreakerState::HalfOpen);
    assert!(failure(&ask(&model, request())).to_string().contains("500"));
    assert_eq!(model.endpoints()[0].breaker, BreakerState::Open);
    std::thread::sleep(ms(350));
    assert_eq!(text(&ask(&model, request())), "Back.");
    assert_eq!(model.endpoints()[0].breaker, BreakerState::Closed);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_kept_and_the_next_server_takes_over() {
    let servers = [server(vec![answer(&["a"])]).await, server(vec![answer(&["b"])]).await];
    let mut settings = fleet(&[url(&servers[0]), url(&servers[1])]);
    let limits = Limits { requests_per_minute: Some(2), ..Limits::default() };
    settings.endpoints[0].limits = limits;
    settings.endpoints[1].limits = Limits { tokens_per_day: Some(100), ..Limits::default() };
    // The estimate of one request is some seventy tokens, so the second server takes one.
    let model = Remote::new(settings).unwrap();
    for _ in 0..3 {
        assert!(done(&ask(&model, request())));
    }
    let begun = Instant::now();
    assert_eq!(failure(&ask(&model, request())), &ModelError::Busy(0));
    assert!(begun.elapsed() < ms(500));
    assert_eq!((bodies(&servers[0]).await.len(), bodies(&servers[1]).await.len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_that_breaks_a_server_is_one_failure_however_often_it_is_tried() {
    let fails = ResponseTemplate::new(500);
    let server = server(vec![fails.clone(), fails.clone(), fails, answer(&["Fine."])]).await;
    let mut settings = settings(url(&server));
    settings.breaker.failures = 2;
    let model = Remote::new(settings).unwrap();
    assert!(failure(&ask(&model, request())).to_string().contains("500"));
    assert_eq!(bodies(&server).await.len(), 3);
    assert_eq!(text(&ask(&model, request())), "Fine.");
}
