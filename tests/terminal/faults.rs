//! A server that refuses, stalls, breaks off or lies: a message for people, authored lines, an ending, no key anywhere.

use super::game::{Game, MOVES, Played, small_talk};
use super::server::{STREAM, Server, delta, refusing};
use dramaturg_story::Event;
use std::io::Write;
use std::time::{Duration, Instant};

const KEY: &str = "sk-secret-123";

fn play(url: &str, script: &[u8]) -> Played {
    let game = Game::new("en", script).env("DRAMATURG_BASE_URL", url);
    game.env("DRAMATURG_API_KEY", KEY).play()
}

fn all_talk(url: &str) -> Played {
    play(url, &small_talk())
}

fn spoken(played: &Played) -> String {
    let lines = played.entries().into_iter().filter_map(|stored| match stored.entry {
        Event::Spoke { text, improvised: true, .. } => Some(text + "\n"),
        _ => None,
    });
    lines.collect()
}

#[test]
fn a_port_that_refuses() {
    all_talk(&refusing())
        .check()
        .says("the model can't be reached")
        .says("authored lines")
        .hides(KEY);
}

#[test]
fn an_address_that_is_none() {
    for url in ["nonsense", "http://", "http://[::1"] {
        all_talk(url).check().says("is not the address of a server").hides(KEY);
    }
    // An empty variable names no server: that is no fault.
    all_talk("").check().hides(KEY);
}

#[test]
fn garbage_in_mid_stream() {
    let good = [STREAM, &delta("Soup first."), &delta(" Then the")].concat();
    // What ends within an event, or without an end, broke off; what is no event makes no sense.
    for (garbage, complaint) in [
        (b"data: \xff\xfe{{{\n\n".as_slice(), "makes no sense"),
        (b"\x00\x01\x02\xff", "the stream broke off"),
        (b"data: []\n\n", "makes no sense"),
        (b"", "the stream broke off"),
    ] {
        let server = Server::saying([good.as_bytes(), garbage].concat());
        let played = all_talk(&server.url());
        played.check().says(complaint).says("authored lines").hides(KEY);
        // What was whole before the garbage is kept.
        assert!(spoken(&played).contains("Soup first."));
        assert!(server.received().iter().any(|r| r.contains(&format!("Bearer {KEY}"))));
    }
}

#[test]
fn a_server_that_says_500_or_is_no_server() {
    let error = "HTTP/1.1 500 Oops\r\ncontent-length: 4\r\nconnection: close\r\n\r\noops";
    all_talk(&Server::saying(error).url()).check().says("the server said 500").hides(KEY);
    let html = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\nconnection: close\r\n\r\n<html></html>";
    all_talk(&Server::saying(html).url()).check().says("makes no sense").hides(KEY);
    all_talk(&Server::saying("SSH-2.0-OpenSSH\r\n").url())
        .check()
        .says("can't be reached")
        .hides(KEY);
    all_talk(&Server::saying("").url()).check().says("can't be reached").hides(KEY);
}

#[test]
fn the_key_stays_with_its_server() {
    let stranger = Server::saying([STREAM, &delta("Soup."), "data: [DONE]\n\n"].concat());
    let to = format!("http://127.0.0.1:{}/v1/chat/completions", stranger.port);
    for code in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let server = Server::saying(format!(
            "HTTP/1.1 {code}\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ));
        all_talk(&server.url()).check().hides(KEY);
        assert!(!server.received().is_empty());
    }
    assert!(stranger.received().iter().all(|request| !request.contains(KEY)));
}

#[test]
fn a_server_that_tells_and_paints() {
    let line = "\u{1b}[2J\u{7}Sit\u{9b} down.\r\nMy brother J\u{ad}un is still\n  al\u{200b}ive.";
    let pieces: String = line.chars().map(|c| delta(&c.to_string())).collect();
    for body in [pieces, delta(line), delta("Sit down. My brother Ju") + &delta("n, and June.")] {
        let server = Server::saying([STREAM, &body, "data: [DONE]\n\n"].concat());
        let played = all_talk(&server.url());
        played.check().hides(KEY);
        assert!(spoken(&played).contains("Sit down."), "{}", spoken(&played));
    }
}

#[test]
fn a_server_that_never_answers() {
    let server = Server::start(|_| std::thread::sleep(Duration::from_secs(60)));
    let script = ["My cousin owns green umbrellas\n", MOVES].concat();
    play(&server.url(), script.as_bytes()).check().says("no answer in time").hides(KEY);
}

#[test]
fn a_server_that_never_stops() {
    // Words without an end of a sentence, and a line without an end: neither may hold up the play.
    for piece in [delta("and "), "data: and and and ".into()] {
        let began = Instant::now();
        let server = Server::start(move |stream| {
            let mut went = stream.write_all(STREAM.as_bytes());
            while went.is_ok() && began.elapsed() < Duration::from_secs(60) {
                went = stream.write_all(piece.as_bytes());
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let script = ["My cousin owns green umbrellas\n", MOVES].concat();
        play(&server.url(), script.as_bytes()).check().hides(KEY);
        assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    }
}
