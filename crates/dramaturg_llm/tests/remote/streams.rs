//! Streams that stall, drip, break off, never end, or are no longer wanted.

use crate::support::*;
use dramaturg_llm::{LanguageModel, ModelError, Remote, StreamEvent};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

#[test]
fn a_stall_in_mid_stream_keeps_what_came_and_is_not_tried_again() {
    let server = RawServer::start(|mut connection, _| {
        begin(&mut connection);
        send(&mut connection, words("Sit "));
        wait_for_end(&mut connection);
    });
    let begun = Instant::now();
    let events = ask_with(settings(&server.url), request());
    assert_eq!((text(&events).as_str(), failure(&events)), ("Sit ", &ModelError::TimedOut));
    assert!(begun.elapsed() < ms(1400), "{:?}", begun.elapsed());
    assert_eq!(server.count(), 1);
}

#[test]
fn silence_before_the_first_token_ends_in_time() {
    let server = RawServer::start(|mut connection, _| {
        begin(&mut connection);
        // Keep-alives and empty deltas are no tokens.
        while send(&mut connection, format!(": waiting\n\n{}", words(""))) {
            std::thread::sleep(ms(50));
        }
    });
    let begun = Instant::now();
    let events = ask_with(settings(&server.url), request());
    assert_eq!(failure(&events), &ModelError::TimedOut);
    assert!((ms(1400)..ms(3000)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

#[test]
fn a_requests_own_deadline_counts_until_the_first_token() {
    let server = RawServer::start(|mut connection, number| {
        begin(&mut connection);
        if number > 0 {
            for word in ["slow", "er ", "than", " that"] {
                send(&mut connection, words(word));
                std::thread::sleep(ms(150));
            }
            send(&mut connection, STOP);
        }
        wait_for_end(&mut connection);
    });
    let model = Remote::new(settings(&server.url)).unwrap();
    let mut request = request();
    request.work.deadline = Some(ms(250));
    let begun = Instant::now();
    assert_eq!(failure(&ask(&model, request.clone())), &ModelError::TimedOut);
    assert!(begun.elapsed() < ms(1000));
    assert_eq!(text(&ask(&model, request)), "slower than that");
}

#[test]
fn a_slow_drip_of_bytes_is_no_sign_of_life() {
    let server = RawServer::start(|mut connection, _| {
        begin(&mut connection);
        send(&mut connection, words("Sit "));
        for byte in words(&"down ".repeat(200)).bytes() {
            if !send(&mut connection, [byte]) {
                return;
            }
            std::thread::sleep(ms(20));
        }
    });
    let begun = Instant::now();
    let events = ask_with(settings(&server.url), request());
    assert_eq!((text(&events).as_str(), failure(&events)), ("Sit ", &ModelError::TimedOut));
    assert!(begun.elapsed() < ms(2000));
}

#[test]
fn endless_tokens_end_with_the_total_time() {
    let server = RawServer::start(|mut connection, _| {
        begin(&mut connection);
        while send(&mut connection, words("on ")) {
            std::thread::sleep(ms(20));
        }
    });
    let mut settings = settings(&server.url);
    settings.timeouts.total = ms(500);
    let events = ask_with(settings, request());
    assert_eq!(failure(&events), &ModelError::TimedOut);
    assert!(text(&events).len() > 10);
}

#[test]
fn characters_may_come_in_halves() {
    let server = RawServer::start(|mut connection, _| {
        begin(&mut connection);
        // One byte after the other, so each character of more than one is cut everywhere.
        for byte in (words("Grüße, 日本 🏮") + STOP).bytes() {
            send(&mut connection, [byte]);
            std::thread::sleep(ms(1));
        }
    });
    let events = ask_with(settings(&server.url), request());
    assert_eq!((text(&events).as_str(), done(&events)), ("Grüße, 日本 🏮", true));
}

#[test]
fn a_character_that_stays_half_is_an_error() {
    let server = RawServer::start(|mut connection, _| {
        begin(&mut connection);
        send(&mut connection, words("Sit"));
        send(&mut connection, b"data: {\"choices\":[{\"delta\":{\"content\":\"\xe6\x97\"}}]}\n\n");
        wait_for_end(&mut connection);
    });
    let events = ask_with(settings(&server.url), request());
    assert_eq!(text(&events), "Sit");
    assert!(
        matches!(failure(&events), ModelError::Garbage(why) if why.contains("UTF-8")),
        "{events:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_in_mid_stream_is_an_error_and_keeps_what_came() {
    for garbage in ["data: <html>\n\n", "data: {\"nothing\": 1}\n\n", "data: [1, 2]\n\n"] {
        let server = server(vec![stream(words("Sit") + garbage)]).await;
        let events = ask_with(settings(url(&server)), request());
        assert_eq!(text(&events), "Sit");
        assert!(matches!(failure(&events), ModelError::Garbage(_)), "{events:?}");
        assert_eq!(bodies(&server).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_within_the_stream_is_told() {
    let error = "data: {\"error\": {\"message\": \"out of memory\"}}\n\n";
    let server = server(vec![stream(words("Sit") + error)]).await;
    let events = ask_with(settings(url(&server)), request());
    assert!(failure(&events).to_string().contains("out of memory"), "{events:?}");
}

#[test]
fn a_line_of_ten_megabytes_is_refused_early() {
    let (sent, received) = channel();
    let server = RawServer::start(move |mut connection, _| {
        begin(&mut connection);
        let piece = vec![b'x'; 64 << 10];
        let mut bytes = 0;
        send(&mut connection, "data: ");
        while bytes < 10 << 20 && send(&mut connection, &piece) {
            bytes += piece.len();
        }
        let _ = sent.send(bytes);
        wait_for_end(&mut connection);
    });
    let events = ask_with(settings(&server.url), request());
    assert!(matches!(failure(&events), ModelError::Garbage(_)), "{events:?}");
    // What was on the way still counts as sent.
    assert!(received.recv_timeout(Duration::from_secs(9)).unwrap() < 9 << 20);
}

#[test]
fn a_stream_cut_before_the_first_word_is_tried_again_one_cut_behind_it_not() {
    let server = RawServer::start(|mut connection, number| {
        begin(&mut connection);
        match number {
            0 => {}
            1 => drop(send(&mut connection, "data: {\"choices\":[{\"del")),
            _ => drop(send(&mut connection, words("Sit "))),
        }
    });
    let events = ask_with(settings(&server.url), request());
    assert_eq!(text(&events), "Sit ");
    assert!(matches!(failure(&events), ModelError::Unreachable(_)), "{events:?}");
    assert_eq!(server.count(), 3);
}

#[test]
fn a_whole_answer_needs_no_goodbye() {
    let server = RawServer::start(|mut connection, _| {
        begin(&mut connection);
        send(&mut connection, words("Bye.") + STOP.split("data: [DONE]").next().unwrap());
        wait_for_end(&mut connection);
    });
    let events = ask_with(settings(&server.url), request());
    assert_eq!((text(&events).as_str(), done(&events)), ("Bye.", true));
}

#[test]
fn dropping_the_stream_closes_the_connection_at_once() {
    for begins in [false, true] {
        let (ended, end) = channel();
        let (asked, ask) = channel();
        let server = RawServer::start(move |mut connection, _| {
            if begins {
                begin(&mut connection);
                send(&mut connection, words("Sit "));
            }
            let _ = asked.send(());
            wait_for_end(&mut connection);
            let _ = ended.send(());
        });
        let model = Remote::new(settings(&server.url)).unwrap();
        let stream = model.complete(request());
        ask.recv_timeout(Duration::from_secs(9)).unwrap();
        if begins {
            assert_eq!(stream.next(Duration::from_secs(9)), StreamEvent::Text("Sit ".into()));
        }
        let dropped = Instant::now();
        drop(stream);
        end.recv_timeout(Duration::from_secs(9)).unwrap();
        assert!(dropped.elapsed() < ms(300), "{begins}: {:?}", dropped.elapsed());
    }
}

#[test]
fn an_answer_outlives_its_model() {
    let server = RawServer::start(|mut connection, _| {
        begin(&mut connection);
        for word in ["Still ", "here."] {
            std::thread::sleep(ms(100));
            send(&mut connection, words(word));
        }
        send(&mut connection, STOP);
    });
    let stream = Remote::new(settings(&server.url)).unwrap().complete(request());
    assert_eq!(stream.next(Duration::from_secs(9)), StreamEvent::Text("Still ".into()));
    assert_eq!(stream.next(Duration::from_secs(9)), StreamEvent::Text("here.".into()));
    assert_eq!(stream.next(Duration::from_secs(9)), StreamEvent::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_ends_before_it_begins_is_tried_again() {
    let server = server(vec![stream("data: [DONE]\n\n"), answer(&["Here."])]).await;
    assert_eq!(text(&ask_with(settings(url(&server)), request())), "Here.");
}

#[test]
fn a_connection_is_kept_for_the_next_request() {
    let server = RawServer::start(|mut connection, _| {
        loop {
            let body = words("Hm.") + STOP;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
            send(&mut connection, format!("{head}{:x}\r\n{body}\r\n", body.len()));
            // The last chunk comes a little later than the last word.
            std::thread::sleep(ms(5));
            send(&mut connection, "0\r\n\r\n");
            if !read_request(&mut connection) {
                return;
            }
        }
    });
    let model = Remote::new(settings(&server.url)).unwrap();
    for _ in 0..3 {
        assert_eq!(text(&ask(&model, request())), "Hm.");
    }
    assert_eq!(server.count(), 1);
}
