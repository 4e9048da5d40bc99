//! The remote backend with two servers that fail in every way they know.

use crate::support::{STOP, event, ms, read_text, send, settings, wait_for_end, words};
use crate::{Heard, Patience, count, listen, seed, wait_until};
use dramaturg_llm::{
    BreakerSettings, CompletionRequest, EndpointSettings, LanguageModel, Message, ModelError,
    Remote, RemoteSettings, Sampling,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Requests at the same time.
const AT_ONCE: usize = 24;

/// What a server says to request `number`: no two alike, and no part of it comes twice in it.
fn pieces(number: usize) -> Vec<String> {
    let cities = ["Saltreach", "Grüße", "日本", "🏮"];
    (0..1 + number % 7).map(|i| format!("{}-{number}.{i} ", cities[(number + i) % 4])).collect()
}

fn whole(number: usize) -> String {
    pieces(number).concat()
}

/// A server that draws what it does to each request.
struct Server {
    url: String,
    open: Arc<AtomicUsize>,
    served: Arc<Mutex<BTreeMap<&'static str, usize>>>,
}

struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Server {
    fn start(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let (open, served) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let server = Self { url, open: open.clone(), served: Arc::clone(&served) };
        std::thread::spawn(move || {
            let mut rng = fastrand::Rng::with_seed(seed);
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                connection.set_nodelay(true).unwrap();
                open.fetch_add(1, SeqCst);
                let (open, served) = (Open(open.clone()), served.clone());
                let mut rng = rng.fork();
                std::thread::spawn(move || {
                    // A whole answer leaves the connection open for the next request.
                    while let Some(request) = read_text(&mut connection) {
                        let (did, goes_on) = serve(&mut connection, &request, &mut rng);
                        *served.lock().unwrap().entry(did).or_default() += 1;
                        if !goes_on {
                            break;
                        }
                    }
                    drop(connection);
                    drop(open);
                });
            }
        });
        server
    }
}

fn respond(connection: &mut TcpStream, status: &str, headers: &str, body: &str) -> bool {
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len());
    send(connection, head + body)
}

const STREAM: &str = "content-type: text/event-stream\r\n";

/// Does something to a request; says what, and whether the connection is still of use.
fn serve(
    connection: &mut TcpStream,
    request: &str,
    rng: &mut fastrand::Rng,
) -> (&'static str, bool) {
    // Its number stands behind a mark in the last message.
    let number = request
        .rsplit_once('#')
        .and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
    let number: usize = number.unwrap();
    let pieces = pieces(number);
    let events: Vec<String> = pieces.iter().map(|piece| words(piece)).collect();
    let some = rng.usize(..=events.len());
    let begun = |connection: &mut TcpStream| {
        // A client that has left is no fault of the server's.
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        send(connection, head) && events[..some].iter().all(|event| send(connection, event))
    };
    match rng.u8(..24) {
        0 => ("429", respond(connection, "429 Too Many Requests", "retry-after: 0\r\n", "")),
        1 => ("500", respond(connection, "500 Internal Server Error", "", "{\"error\": \"oops\"}")),
        2 => ("503", respond(connection, "503 Service Unavailable", "", "")),
        3 => ("page", respond(connection, "200 OK", "content-type: text/html\r\n", "<html>")),
        4 => {
            let headers = "location: http://127.0.0.1:9/v1/chat/completions\r\n";
            ("redirect", respond(connection, "307 Temporary Redirect", headers, ""))
        }
        5 => ("closed", false),
        6 => {
            begun(connection);
            ("cut", false)
        }
        7 => {
            begun(connection);
            send(connection, "data: {\"choices\": [{\"del\n\n");
            ("garbage", false)
        }
        8 => {
            begun(connection);
            send(connection, b"data: {\"choices\":[{\"delta\":{\"content\":\"\xe6\x97\"}}]}\n\n");
            ("half a character", false)
        }
        9 => {
            begun(connection);
            send(connection, event(json!({"error": {"message": "out of memory"}})));
            ("error in the stream", false)
        }
        10 => {
            begun(connection);
            wait_for_end(connection);
            ("stall", false)
        }
        11 => {
            wait_for_end(connection);
            ("silence", false)
        }
        12 => {
            begun(connection);
            for byte in (events[some..].concat() + STOP).bytes() {
                if !send(connection, [byte]) {
                    break;
                }
                std::thread::sleep(Duration::from_micros(200));
            }
            ("drip", false)
        }
        13 => {
            // It is said to be longer than it is.
            let body = events.concat();
            let length = body.len() + 1000;
            let head = format!("HTTP/1.1 200 OK\r\n{STREAM}content-length: {length}\r\n\r\n");
            send(connection, head + &body);
            ("too short", false)
        }
        _ => ("whole", respond(connection, "200 OK", STREAM, &(events.concat() + STOP))),
    }
}

fn fleet(servers: &[Server; 2]) -> RemoteSettings {
    let mut settings = settings(&servers[0].url);
    settings.endpoints.push(EndpointSettings::new(&servers[1].url, "m"));
    (settings.timeouts.first_token, settings.timeouts.stall) = (ms(600), ms(300));
    settings.breaker = BreakerSettings { failures: 6, pause: ms(50) };
    settings
}

fn any_request(number: usize, rng: &mut fastrand::Rng) -> CompletionRequest {
    let line = format!("Hello. #{number}");
    let messages = vec![Message::system("Be Mara."), Message::user(line)];
    let mut request = CompletionRequest::new(messages);
    request.sampling = Sampling { seed: rng.u32(..), ..Sampling::default() };
    request.stop = if rng.bool() { vec!["\n".into()] } else { Vec::new() };
    if rng.u8(..16) == 0 {
        request.work.deadline = Some(ms(rng.u64(..50)));
    }
    request
}

/// What was shown is the answer, or the beginning of it: nothing twice, nothing of another answer.
fn judged(number: usize, heard: &Heard, patience: Patience) -> &'static str {
    let (whole, shown) = (whole(number), heard.text());
    // The end of an answer is trimmed.
    assert!(whole.starts_with(&shown), "{shown:?} of {whole:?}");
    match &heard.end {
        None => "left",
        Some(Ok(())) => {
            assert_eq!(shown.trim_end(), whole.trim_end(), "{heard:?}");
            "done"
        }
        Some(Err(ModelError::Cancelled)) => {
            assert!(matches!(patience, Patience::Cancels(..)), "{heard:?}");
            "cancelled"
        }
        Some(Err(ModelError::TimedOut)) => "late",
        Some(Err(ModelError::Garbage(_))) => "garbage",
        Some(Err(ModelError::Unreachable(why))) => {
            assert!(!why.contains("its thread has ended"), "{heard:?}");
            "failed"
        }
        Some(Err(ModelError::Busy(_))) => "busy",
        Some(Err(error)) => panic!("{error}: {heard:?}"),
    }
}

/// Threads of this process that serve a remote model, where the system tells.
fn threads() -> usize {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return 0 };
    let names = tasks.flatten().map(|task| std::fs::read_to_string(task.path().join("comm")));
    // The system keeps fifteen letters of a name.
    names.filter(|name| name.as_ref().is_ok_and(|name| name.starts_with("dramaturg-remot"))).count()
}

#[test]
fn the_remote_backend_outlives_all_that_servers_do() {
    let seed = seed();
    let mut rng = fastrand::Rng::with_seed(seed);
    let servers = [Server::start(seed ^ 1), Server::start(seed ^ 2)];
    let model = Remote::new(fleet(&servers)).unwrap();
    let ends: Arc<Mutex<BTreeMap<&'static str, usize>>> = Arc::default();
    let listening = Arc::new(AtomicUsize::new(0));
    let mut listeners = Vec::new();
    for number in 0..count(400) {
        wait_until("an end of one of the requests", || listening.load(SeqCst) < AT_ONCE);
        let patience = Patience::any(&mut rng);
        let stream = model.complete(any_request(number, &mut rng));
        listening.fetch_add(1, SeqCst);
        let (listening, ends) = (Open(listening.clone()), ends.clone());
        listeners.push(std::thread::spawn(move || {
            let end = judged(number, &listen(stream, patience), patience);
            *ends.lock().unwrap().entry(end).or_default() += 1;
            drop(listening);
        }));
    }
    for listener in listeners {
        if let Err(panic) = listener.join() {
            std::panic::resume_unwind(panic);
        }
    }
    let ends = ends.lock().unwrap().clone();
    let served: Vec<_> = servers.iter().map(|s| s.served.lock().unwrap().clone()).collect();
    println!("{ends:?}, {served:?}");
    // Who left is noticed a moment later.
    wait_until("servers that nobody asks", || {
        model.endpoints().iter().all(|endpoint| endpoint.in_flight == 0)
    });
    drop(model);
    wait_until("the end of all connections", || {
        servers.iter().all(|server| server.open.load(SeqCst) == 0)
    });
    wait_until("the end of the thread", || threads() == 0);
    for end in ["done", "cancelled", "left", "failed", "late", "garbage"] {
        assert!(ends.contains_key(end), "nothing was {end}: {ends:?}");
    }
    assert!(served.iter().all(|served| served.len() > 10), "{served:?}");
}
