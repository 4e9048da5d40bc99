//! One server: its client, its health, its load, its limits.

use super::RemoteError;
use super::address::address;
use super::breaker::{Breaker, BreakerState};
use super::failure::{Again, Failure};
use super::key::without_key;
use super::learn::learn;
use super::limits::{Cost, Meter};
use super::settings::{Capabilities, EndpointSettings, RemoteSettings};
use crate::ModelError;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// More of an error than this is not read.
const LONGEST_REFUSAL: usize = 16 << 10;
/// Weight of the newest time to first token.
const NEWEST: f64 = 0.3;
/// A measurement counts half after so long, so that a server that was slow once is tried again.
const HALF_LIFE: Duration = Duration::from_secs(30);
/// What a server is taken for that was not measured yet, in seconds to the first token.
const UNMEASURED: f64 = 0.05;
/// No server rests longer, whatever it asks for.
const LONGEST_REST: Duration = Duration::from_secs(60 * 60);

/// A server that may be asked.
pub(super) struct Endpoint {
    /// Host, port and path, for people.
    pub name: String,
    pub settings: EndpointSettings,
    url: Url,
    client: Client,
    key: Option<SecretString>,
    state: Mutex<State>,
}

struct State {
    capabilities: Capabilities,
    breaker: Breaker,
    meter: Meter,
    in_flight: usize,
    /// Mean seconds to the first token, and when it was last measured.
    first_token: Option<(f64, Instant)>,
    rests_until: Option<Instant>,
    scores_checked: bool,
}

/// What is known of a server while the game runs, for the operator.
#[derive(Clone, Debug, Serialize)]
pub struct EndpointState {
    /// Host, port and path.
    pub name: String,
    /// Its tier.
    pub tier: u8,
    /// Requests that it works on.
    pub in_flight: usize,
    /// Mean seconds to its first token, the newest counting most.
    pub first_token: Option<f64>,
    /// Whether it is asked.
    pub breaker: BreakerState,
    /// What it can, as far as it is known.
    pub capabilities: Capabilities,
}

/// When a server may be asked.
pub(super) enum Readiness {
    /// Now; the lower the load, the better.
    Ready(f64),
    /// It asked to wait, or a limit is reached.
    Later(Instant),
    /// It failed too often.
    LeftAlone,
}

impl Endpoint {
    pub(super) fn new(
        settings: EndpointSettings,
        all: &RemoteSettings,
    ) -> Result<Self, RemoteError> {
        let url = address(&settings.base_url, all.allow_plain_http)?;
        let port = url.port().map_or(String::new(), |port| format!(":{port}"));
        let path = url.path().trim_end_matches('/');
        let name = format!("{}{port}{path}", url.host_str().unwrap_or_default());
        let key = settings.key.read()?;
        let mut headers = HeaderMap::new();
        if let Some(key) = &key {
            let unusable = |_| RemoteError::KeyUnusable(name.clone());
            let bearer = SecretString::from(format!("Bearer {}", key.expose_secret()));
            let mut header = HeaderValue::from_str(bearer.expose_secret()).map_err(unusable)?;
            // Keeps it out of debug prints and of HTTP/2's compression tables.
            header.set_sensitive(true);
            headers.insert(AUTHORIZATION, header);
        }
        let home = url.origin();
        let stay = redirect::Policy::custom(move |attempt| {
            let same = attempt.url().origin() == home && attempt.previous().len() < 4;
            // The others turn a POST into a GET.
            let keeps_the_method = matches!(attempt.status().as_u16(), 307 | 308);
            if same && keeps_the_method { attempt.follow() } else { attempt.stop() }
        });
        let mut client = Client::builder()
            .default_headers(headers)
            .connect_timeout(all.timeouts.connect)
            .redirect(stay);
        if url.scheme() == "http" {
            // A proxy of the environment would read the key; over https it only sees the host.
            client = client.no_proxy();
        }
        let client = client.build().map_err(|e| RemoteError::Client(e.to_string()))?;
        let state = State {
            capabilities: settings.capabilities,
            breaker: Breaker::new(all.breaker),
            meter: Meter::new(settings.limits),
            in_flight: 0,
            first_token: None,
            rests_until: None,
            scores_checked: false,
        };
        Ok(Self { name, settings, url, client, key, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn capabilities(&self) -> Capabilities {
        self.state().capabilities
    }

    pub(super) fn inspect(&self) -> EndpointState {
        let state = self.state();
        EndpointState {
            name: self.name.clone(),
            tier: self.settings.tier,
            in_flight: state.in_flight,
            first_token: state.first_token.map(|(mean, _)| mean),
            breaker: state.breaker.state(Instant::now()),
            capabilities: state.capabilities,
        }
    }

    pub(super) fn readiness(&self, cost: Cost, now: Instant) -> Readiness {
        let mut state = self.state();
        if !state.breaker.allows(now) {
            return Readiness::LeftAlone;
        }
        let free = now + state.meter.wait(cost, now);
        let free = state.rests_until.map_or(free, |until| free.max(until));
        if free > now {
            return Readiness::Later(free);
        }
        let measured = state.first_token.map_or(UNMEASURED, |(mean, at)| {
            let age = now.saturating_duration_since(at).as_secs_f64() / HALF_LIFE.as_secs_f64();
            mean * 0.5f64.powf(age)
        });
        Readiness::Ready((state.in_flight + 1) as f64 * measured.max(0.001))
    }

    /// A request begins.
    pub(super) fn begin(self: &Arc<Self>, cost: Cost) -> Attempt {
        let now = Instant::now();
        let mut state = self.state();
        state.meter.take(cost, now);
        state.in_flight += 1;
        let probes = state.breaker.begin();
        drop(state);
        Attempt { endpoint: self.clone(), cost, probes, settled: false, begun: now }
    }

    /// Leaves it alone for as long as it asked for.
    pub(super) fn rest(&self, wait: Duration) {
        self.state().rests_until = Some(Instant::now() + wait.min(LONGEST_REST));
    }

    pub(super) fn scores_are_checked(&self) -> bool {
        self.state().scores_checked
    }

    pub(super) fn scores_were_checked(&self) {
        self.state().scores_checked = true;
    }

    fn url_of(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{path}", self.url.path().trim_end_matches('/')));
        url
    }

    /// Gets a page, without any request being counted.
    pub(super) async fn get(&self, path: &str) -> Result<Response, Failure> {
        let url = self.url_of(path);
        let sent = self.client.get(url.clone()).send().await;
        let response = sent.map_err(|error| Failure::of_transport(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        Err(Failure::of_status(status, &headers, &url, &beginning(response).await))
    }

    /// A text of the server without the key.
    pub(super) fn clean(&self, text: &str) -> String {
        without_key(text, self.key.as_ref())
    }

    /// Takes the key out of what the server said.
    pub(super) fn without_key(&self, error: ModelError) -> ModelError {
        let clean = |text: String| self.clean(&text);
        match error {
            ModelError::Unreachable(why) => {
                ModelError::Unreachable(clean(format!("{}: {why}", self.name)))
            }
            ModelError::Garbage(why) => ModelError::Garbage(clean(format!("{}: {why}", self.name))),
            other => other,
        }
    }
}

/// A request that a server works on. When it is dropped, however that comes, the server's load is less by one.
pub(super) struct Attempt {
    pub endpoint: Arc<Endpoint>,
    pub begun: Instant,
    cost: Cost,
    probes: bool,
    settled: bool,
}

impl Attempt {
    /// Sends a body and waits for the head of a successful answer.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Response, Failure> {
        let endpoint = &self.endpoint;
        let url = endpoint.url_of(path);
        let sent = endpoint.client.post(url.clone()).json(body).send().await;
        let response = sent.map_err(|error| Failure::of_transport(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let refusal = beginning(response).await;
        let mut failure = Failure::of_status(status, &headers, &url, &refusal);
        let about_fields = match status {
            StatusCode::BAD_REQUEST
            | StatusCode::UNPROCESSABLE_ENTITY
            | StatusCode::NOT_IMPLEMENTED => true,
            // llama.cpp says so when its template engine is off, llama-cpp-python when a field is not of its kind.
            StatusCode::INTERNAL_SERVER_ERROR => {
                refusal.contains("--jinja") || refusal.contains("validation error")
            }
            _ => false,
        };
        let too_long = matches!(failure.error, ModelError::TooLong { .. });
        if about_fields && !too_long && learn(&mut endpoint.state().capabilities, body, &refusal) {
            (failure.again, failure.blame) = (Again::Otherwise, false);
        }
        Err(failure)
    }

    /// Goes down a step in how JSON is asked for. False when there is none left.
    pub(super) fn ask_for_json_otherwise(&self) -> bool {
        let can = &mut self.endpoint.state().capabilities;
        let step = if can.json_schema { &mut can.json_schema } else { &mut can.json_object };
        std::mem::replace(step, false)
    }

    /// It can't do that.
    pub(super) fn unable(&self, off: impl FnOnce(&mut Capabilities)) {
        off(&mut self.endpoint.state().capabilities);
    }

    /// The first token has come, or the wait for it was given up.
    pub(super) fn measure_first_token(&self) {
        let now = Instant::now();
        let took = now.duration_since(self.begun).as_secs_f64();
        let mut state = self.endpoint.state();
        let mean = state.first_token.map_or(took, |(mean, _)| mean + NEWEST * (took - mean));
        state.first_token = Some((mean, now));
    }

    /// The server's own count of tokens, in place of the estimate.
    pub(super) fn correct(&self, tokens: u64) {
        self.endpoint.state().meter.correct(self.cost, tokens, Instant::now());
    }

    pub(super) fn succeeded(mut self) {
        self.settled = true;
        self.endpoint.state().breaker.succeeded();
    }

    /// `counted`: an earlier try of the same request has failed here already.
    pub(super) fn failed(mut self, blame: bool, counted: bool) {
        if blame && (!counted || self.probes) {
            self.settled = true;
            self.endpoint.state().breaker.failed(Instant::now());
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut state = self.endpoint.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        if self.probes && !self.settled {
            state.breaker.probe_lost();
        }
    }
}

/// The beginning of a refusal.
async fn beginning(mut response: Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        let room = LONGEST_REFUSAL - body.len();
        body.extend_from_slice(&piece[..piece.len().min(room)]);
        if body.len() >= LONGEST_REFUSAL {
            break;
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(settings: EndpointSettings) -> Arc<Endpoint> {
        let all = RemoteSettings::new("http://127.0.0.1:1/v1", "m");
        Arc::new(Endpoint::new(settings, &all).unwrap())
    }

    #[test]
    fn load_counts_requests_times_their_first_token() {
        let endpoint = endpoint(EndpointSettings::new("http://127.0.0.1:1/v1", "m"));
        let load = || match endpoint.readiness(Cost { tokens: 1 }, Instant::now()) {
            Readiness::Ready(load) => load,
            _ => panic!("not ready"),
        };
        let idle = load();
        let attempt = endpoint.begin(Cost { tokens: 1 });
        assert!((load() - 2.0 * idle).abs() < 1e-9);
        std::thread::sleep(Duration::from_millis(120));
        attempt.measure_first_token();
        assert!(load() > 0.2, "{}", load());
        drop(attempt);
        assert!((0.1..0.2).contains(&load()));
        assert_eq!(endpoint.inspect().in_flight, 0);
    }
}
