//! A certificate that nobody vouches for is refused before the key is sent.

use crate::support::*;
use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}/v1", listener.local_addr().unwrap().port());
    let (read, was_read) = channel();
    std::thread::spawn(move || {
        let connection = listener.accept().unwrap().0;
        let tls = ServerConnection::new(Arc::new(config)).unwrap();
        let mut words = Vec::new();
        let end =
            StreamOwned::new(tls, connection).read_to_end(&mut words).map_err(|e| e.to_string());
        read.send((words, end)).unwrap();
    });
    let mut settings = settings(url);
    settings.retry.tries = 1;
    let events = ask_with(settings, request());
    let error = failure(&events).to_string();
    assert!(error.contains("certificate"), "{error}");
    let (words, end) = was_read.recv_timeout(Duration::from_secs(9)).unwrap();
    assert!(words.is_empty() && end.is_err(), "{end:?}");
}
