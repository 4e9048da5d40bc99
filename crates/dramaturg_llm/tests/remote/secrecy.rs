//! The key is in no output, whatever goes wrong.

use crate::support::*;
use dramaturg_llm::{EndpointSettings, Key, Remote, RemoteSettings};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing_subscriber::fmt::MakeWriter;
use wiremock::ResponseTemplate;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A server that says the key again wherever it can.
fn echoes(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .insert_header("location", format!("http://{KEY}.example/{KEY}"))
        .set_body_string(format!("{{\"error\":{{\"message\":\"you sent Bearer {KEY}, no\"}}}}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_in_no_log_debug_print_or_error() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    // nextest gives each test a process of its own; elsewhere the first one wins.
    let _ = tracing::subscriber::set_global_default(subscriber);
    let mut output = String::new();
    let error_in_stream = stream(format!("data: {{\"error\":{{\"message\":\"key {KEY}\"}}}}\n\n"));
    let wrong_type = ResponseTemplate::new(200).set_body_raw("x", &format!("text/{KEY}"));
    let mut answers: Vec<_> =
        [301, 400, 401, 403, 404, 418, 422, 429, 500, 503].map(echoes).to_vec();
    answers.extend([error_in_stream, wrong_type, answer(&["Well."])]);
    for answer in answers {
        let server = server(vec![answer]).await;
        let settings = settings(url(&server));
        output += &format!("{settings:?}");
        let model = Remote::new(settings).unwrap();
        output += &format!("{model:?} {:?}", model.endpoints());
        let events = ask(&model, request());
        output += &format!("{events:?} ");
        if !done(&events) {
            output += &failure(&events).to_string();
        }
        output += &format!("{:?}", model.embed(vec!["x".into()]).wait(Duration::from_secs(9)));
        output += &format!("{:?}", model.endpoints());
    }
    output += &format!("{:?}", ask_with(settings("http://127.0.0.1:9/v1"), request()));
    let unusable = Key::given(format!("{KEY}\u{7}"));
    let bad =
        EndpointSettings { key: unusable, ..EndpointSettings::new("http://127.0.0.1:9/v1", "m") };
    let bad = RemoteSettings { endpoints: vec![bad], ..settings("") };
    output += &format!("{:?}", Remote::new(bad).err().unwrap());
    let in_url = RemoteSettings::new(format!("http://me:{KEY}@127.0.0.1:9/v1?key={KEY}"), "m");
    output += &format!("{in_url:?}");
    let error = Remote::new(in_url).err().unwrap();
    output += &format!("{error} {error:?}");
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    for (what, text) in [("output", &output), ("log", &log)] {
        let at = text
            .find(KEY)
            .map(|at| text[at.saturating_sub(200)..].chars().take(300).collect::<String>());
        assert_eq!(at, None, "the key is in the {what}");
    }
    assert!(output.contains("(key)"), "the echo was not seen at all");
    assert!(log.contains("a request to a model failed"), "{log}");
}
