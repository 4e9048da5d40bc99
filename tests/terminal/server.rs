//! Servers that misbehave, as plain sockets.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A server on this machine, and all that it was sent.
#[derive(Clone)]
pub struct Server {
    pub port: u16,
    received: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Hands each request's connection to `answer`.
    pub fn start(answer: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, received: Arc::default() };
        let (received, answer) = (server.received.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (received, answer) = (received.clone(), answer.clone());
                std::thread::spawn(move || {
                    let Ok(mut stream) = connection else { return };
                    let request = request(&mut stream);
                    received.lock().unwrap().push(request);
                    answer(&mut stream);
                });
            }
        });
        server
    }
    /// A server that says these bytes and closes.
    pub fn saying(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |stream| drop(stream.write_all(&bytes)))
    }
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }
    pub fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
}

/// A port at which nothing listens.
pub fn refusing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://127.0.0.1:{}/v1", listener.local_addr().unwrap().port())
}

/// The head of a stream of events that ends with the connection.
pub const STREAM: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

/// An event with more words.
pub fn delta(text: &str) -> String {
    let json = serde_json::json!({"choices": [{"delta": {"content": text}}]});
    format!("data: {json}\n\n")
}

fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.and_then(|n| n.parse().ok()).unwrap_or(0) {
                break;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
