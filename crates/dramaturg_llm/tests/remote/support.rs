//! Servers and requests for the tests.

use dramaturg_llm::{
    BreakerSettings, CompletionRequest, Key, LanguageModel, Message, ModelError, Remote,
    RemoteSettings, Retry, StreamEvent, Timeouts,
};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub const KEY: &str = "k-hush-0815";
pub const CHAT: &str = "/v1/chat/completions";

pub fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A server with short patience, so that tests are fast.
pub fn settings(base_url: impl Into<String>) -> RemoteSettings {
    let mut settings = RemoteSettings::new(base_url, "m");
    settings.endpoints[0].key = Key::given(KEY);
    settings.timeouts = Timeouts {
        connect: ms(1000),
        first_token: ms(1500),
        stall: ms(400),
        total: Duration::from_secs(20),
    };
    settings.retry = Retry { tries: 3, first_pause: ms(10), longest_wait: ms(3000) };
    settings.breaker = BreakerSettings { failures: 100, pause: ms(300) };
    settings
}

pub fn request() -> CompletionRequest {
    CompletionRequest::new(vec![Message::system("Be Mara."), Message::user("Hello.")])
}

/// All events of an answer; the last is its end.
pub fn ask(model: &Remote, request: CompletionRequest) -> Vec<StreamEvent> {
    let stream = model.complete(request);
    let mut events = Vec::new();
    loop {
        // Longer than any patience of the settings: what ends an answer is the backend.
        let event = stream.next(Duration::from_secs(400));
        let ends = matches!(event, StreamEvent::Done | StreamEvent::Failed(_));
        events.push(event);
        if ends {
            return events;
        }
    }
}

pub fn ask_with(settings: RemoteSettings, request: CompletionRequest) -> Vec<StreamEvent> {
    ask(&Remote::new(settings).unwrap(), request)
}

pub fn text(events: &[StreamEvent]) -> String {
    let texts = events.iter().filter_map(|event| match event {
        StreamEvent::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

pub fn done(events: &[StreamEvent]) -> bool {
    events.last() == Some(&StreamEvent::Done)
}

pub fn failure(events: &[StreamEvent]) -> &ModelError {
    match events.last() {
        Some(StreamEvent::Failed(error)) => error,
        _ => panic!("{events:?}"),
    }
}

/// An event with these words.
pub fn words(text: &str) -> String {
    event(serde_json::json!({"choices": [{"delta": {"content": text}}]}))
}

pub fn event(json: serde_json::Value) -> String {
    format!("data: {json}\n\n")
}

pub const STOP: &str =
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// A whole answer in these pieces.
pub fn answer(pieces: &[&str]) -> ResponseTemplate {
    let body: String = pieces.iter().map(|piece| words(piece)).collect();
    stream(body + STOP)
}

pub fn stream(body: impl Into<String>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.into(), "text/event-stream; charset=utf-8")
}

/// A server that gives these answers in turn, the last one for ever.
pub async fn server(answers: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let last = answers.len() - 1;
    for (i, answer) in answers.into_iter().enumerate() {
        let mock = Mock::given(method("POST")).and(path(CHAT)).respond_with(answer);
        let mock = mock.with_priority(i as u8 + 1);
        if i < last { mock.up_to_n_times(1) } else { mock }.mount(&server).await;
    }
    server
}

pub fn url(server: &MockServer) -> String {
    format!("{}/v1", server.uri())
}

/// The bodies that a server got.
pub async fn bodies(server: &MockServer) -> Vec<serde_json::Value> {
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|request| request.body_json().unwrap()).collect()
}

/// A server that does with each connection what it is told, down to single bytes.
pub struct RawServer {
    pub url: String,
    pub connections: Arc<AtomicUsize>,
}

impl RawServer {
    /// `serve` gets each connection, when its request has been read, and its number from 0.
    pub fn start(serve: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, serve) = (connections.clone(), Arc::new(serve));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                connection.set_nodelay(true).unwrap();
                let (number, serve) = (count.fetch_add(1, Ordering::SeqCst), serve.clone());
                std::thread::spawn(move || {
                    read_request(&mut connection);
                    serve(connection, number);
                });
            }
        });
        Self { url, connections }
    }

    pub fn count(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Head and body, so that closing the connection afterwards is no reset. False when there is none.
pub fn read_request(connection: &mut TcpStream) -> bool {
    read_text(connection).is_some()
}

/// A request as it came: head and body.
pub fn read_text(connection: &mut TcpStream) -> Option<String> {
    let (mut read, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let n = connection.read(&mut piece).unwrap_or_default();
        read.extend_from_slice(&piece[..n]);
        let text = String::from_utf8_lossy(&read);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|l| l.lines().next());
            if body.len() >= length.map_or(0, |length| length.trim().parse().unwrap()) {
                return Some(text.into_owned());
            }
        }
        if n == 0 {
            return None;
        }
    }
}

/// The head of a stream whose end is the end of the connection.
pub fn begin(connection: &mut TcpStream) {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    connection.write_all(head.as_bytes()).unwrap();
}

/// Sends and flushes; false when the other side is gone.
pub fn send(connection: &mut TcpStream, bytes: impl AsRef<[u8]>) -> bool {
    connection.write_all(bytes.as_ref()).and_then(|()| connection.flush()).is_ok()
}

/// Waits until the other side closes.
pub fn wait_for_end(connection: &mut TcpStream) {
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    while connection.read(&mut [0; 64]).is_ok_and(|n| n > 0) {}
}
