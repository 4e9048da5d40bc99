//! The local backend, in so small a cache that everything is thrown out, parked and fetched back all the time.

use crate::{FOR_EVER, Heard, Patience, count, listen, seed, wait_until};
use dramaturg_llm::{
    CacheFigures, CompletionRequest, LanguageModel, Local, LocalSettings, Message, ModelError,
    PendingScores, Priority, Sampling, ScoreRequest, StreamEvent, Tool, Warm, Work,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Room for about four of the prompts below.
const CELLS: u32 = 1024;
/// A token of SmolLM2-135M takes 23 kB, so this is room for some three of them.
const PARKED_BYTES: usize = 8 << 20;
/// Sequences of the cache.
const SEQUENCES: usize = 64;
/// How much more memory may be in use after the second half than after the first, when the cache is empty. Both have
/// seen every kind of request, so nothing has a reason to grow but the allocator's odds and ends: its arenas, one for
/// each of the listeners' threads up to eight times the cores, keep some freed pages each.
const SLACK_BYTES: usize = 24 << 20;
/// Requests that are refused when as many wait, and some more.
const BURST: usize = 400;

const WORLD: &str = "Night and fog over Saltreach, a harbour town. The Lantern is the last tavern on the quay. \
    The last ferry has gone. Everybody knows everybody, and nobody says so. The soup is hot. ";
const PEOPLE: [&str; 12] =
    ["Ada", "Bea", "Cem", "Dan", "Eva", "Finn", "Gus", "Hal", "Ida", "Jon", "Kai", "Lea"];
const WORDS: [&str; 16] = [
    "rope",
    "lamp",
    "salt",
    "the",
    "who",
    "keeps",
    "fog",
    "ferry",
    "coat",
    "hangs",
    "雾",
    "🏮",
    "<|im_end|>",
    "\0",
    "\n",
    "naïve",
];

fn words(rng: &mut fastrand::Rng, count: usize) -> String {
    let words: Vec<&str> = (0..count).map(|_| WORDS[rng.usize(..WORDS.len())]).collect();
    words.join(" ")
}

/// What a character is told of the world, of itself, and of its place in it.
fn system(who: usize) -> String {
    let mut own = fastrand::Rng::with_seed(who as u64);
    format!("{WORLD}You are {}. You keep: {}.", PEOPLE[who], words(&mut own, 40))
}

fn greedy(who: usize, line: &str) -> CompletionRequest {
    let messages = vec![Message::system(system(who)), Message::user(line)];
    let mut request = CompletionRequest::new(messages);
    request.sampling = Sampling { temperature: 0.0, ..Sampling::default() };
    request.max_tokens = 12;
    request.work = Work { character: PEOPLE[who].into(), ..Work::default() };
    request
}

fn schema() -> serde_json::Value {
    json!({"type": "object", "required": ["say", "glad"], "additionalProperties": false,
        "properties": {"say": {"type": "string", "maxLength": 20}, "glad": {"type": "boolean"}}})
}

fn tool() -> Tool {
    let parameters = json!({"type": "object", "required": ["coins"], "additionalProperties": false,
        "properties": {"coins": {"type": "integer", "minimum": 1, "maximum": 9}}});
    Tool { name: "give".into(), description: "Gives coins.".into(), parameters }
}

/// Requests whose answers never change.
fn probes() -> Vec<CompletionRequest> {
    let mut plain = greedy(0, "Who keeps the lamp?");
    plain.stop.clear();
    let mut formed = CompletionRequest { schema: Some(schema()), ..greedy(1, "Are you glad?") };
    formed.max_tokens = 60;
    let lead = vec!["neutral".into(), "glad".into(), "sad".into()];
    let led = CompletionRequest { lead, ..greedy(2, "Cold night.") };
    let mut probes = vec![plain, formed, led];
    probes.iter_mut().for_each(|probe| probe.work.deterministic = true);
    probes
}

/// What is said, without what it cost.
fn said(heard: &Heard) -> Vec<StreamEvent> {
    let cost =
        |event: &&StreamEvent| !matches!(event, StreamEvent::Prompt { .. } | StreamEvent::Usage(_));
    heard.events.iter().filter(cost).cloned().collect()
}

/// What must not come of a request.
#[derive(Clone, Debug, Default)]
struct Expected {
    too_long: bool,
    unsupported: bool,
    late: bool,
    /// Few tokens for a fixed form.
    unfinished: bool,
    /// Sent into a full queue.
    crowded: bool,
    /// What a probe says.
    said: Option<Vec<StreamEvent>>,
}

fn any_request(
    rng: &mut fastrand::Rng,
    probes: &[(CompletionRequest, Vec<StreamEvent>)],
) -> (CompletionRequest, Expected) {
    let mut expected = Expected::default();
    let who = rng.usize(..PEOPLE.len());
    let length = [0, 1, 5, 30][rng.usize(..4)];
    let mut request = greedy(who, &words(rng, length));
    request.sampling.temperature = [0.0, 0.7, 1.5][rng.usize(..3)];
    request.sampling.seed = rng.u32(..);
    request.max_tokens = [0, 1, 2, 5, 9, 16][rng.usize(..6)];
    request.stop =
        [vec!["\n".into()], vec![], vec!["e".into(), "the".into()]][rng.usize(..3)].clone();
    match rng.u8(..32) {
        0..2 => request.lead = vec!["neutral".into(), "glad".into(), "sad".into()],
        2..5 => {
            // A character may take four tokens, so even sixty may be too few for it.
            request.max_tokens = [9, 60][rng.usize(..2)];
            (request.schema, expected.unfinished) = (Some(schema()), true);
        }
        5..8 => {
            request.max_tokens = [9, 60][rng.usize(..2)];
            (request.tools, expected.unfinished) = (vec![tool()], true);
        }
        8 => {
            request.schema = Some(json!({"type": "no such type"}));
            expected.unsupported = true;
        }
        9 => (request.messages[1].text, expected.too_long) = (words(rng, 700), true),
        10 => (request.max_tokens, expected.too_long) = (u32::MAX, true),
        11 => request.messages.clear(),
        12 => (request.work.deadline, expected.late) = (Some(Duration::ZERO), true),
        13 => {
            let (probe, said) = &probes[rng.usize(..probes.len())];
            (request, expected.said) = (probe.clone(), Some(said.clone()));
        }
        _ => {}
    }
    request.work.priority =
        [Priority::PlayerWaits, Priority::PlayerSees, Priority::Background][rng.usize(..3)];
    (request, expected)
}

/// The name of an end. Panics where it should not have come.
fn judged(heard: &Heard, patience: Patience, expected: &Expected) -> &'static str {
    let Some(end) = &heard.end else { return "left" };
    let at = |kind: fn(&StreamEvent) -> bool| heard.events.iter().filter(|e| kind(e)).count();
    assert!(at(|e| matches!(e, StreamEvent::Prompt { .. })) <= 1, "{heard:?}");
    assert!(at(|e| matches!(e, StreamEvent::Usage(_))) <= 1, "{heard:?}");
    match end {
        Ok(()) => {
            if let Some(said_before) = &expected.said {
                assert_eq!(&said(heard), said_before, "the same request, another answer");
            }
            assert!(!expected.unsupported && !expected.too_long, "{heard:?} {expected:?}");
            "done"
        }
        Err(ModelError::Cancelled) if matches!(patience, Patience::Cancels(..)) => "cancelled",
        Err(ModelError::TimedOut) if expected.late => "late",
        Err(ModelError::TooLong { .. }) if expected.too_long => "too long",
        Err(ModelError::Unsupported(_)) if expected.unsupported => "unsupported",
        Err(ModelError::Garbage(_)) if expected.unfinished => "unfinished",
        Err(ModelError::Busy(_)) if expected.crowded => "refused",
        // Four answers of up to half the cache each don't always fit into it.
        Err(ModelError::Busy(_)) => "no room",
        Err(error) => panic!("{error}: {heard:?} {patience:?} {expected:?}"),
    }
}

fn any_closed_set(rng: &mut fastrand::Rng) -> (ScoreRequest, usize, bool) {
    let too_long = rng.u8(..12) == 0;
    let members = rng.usize(0..5);
    let request = if rng.bool() {
        let beginning = if too_long { words(rng, 1500) } else { WORLD.to_owned() };
        let prefix = |_| format!("{beginning}{} says:", PEOPLE[rng.usize(..PEOPLE.len())]);
        let prefixes: Vec<String> = (0..members).map(prefix).collect();
        ScoreRequest::channel(prefixes, words(rng, 6))
    } else {
        let length = if too_long { 1500 } else { [0, 20][rng.usize(..2)] };
        let prefix = words(rng, length);
        let options: Vec<String> = (0..members).map(|i| words(rng, i)).collect();
        ScoreRequest::continuations(prefix, options)
    };
    (request, members, too_long && members > 0)
}

/// Waits for the scores of a closed set; there are as many as members, and they come once.
fn receive(pending: &PendingScores, members: usize, too_long: bool) -> &'static str {
    let scores = pending.wait(FOR_EVER);
    assert_eq!(pending.wait(FOR_EVER), Err(ModelError::TimedOut), "a second answer");
    match scores {
        Ok(scores) => {
            assert!(!too_long, "a prefix that does not fit was judged");
            assert_eq!(scores.len(), members);
            assert!(scores.iter().all(|score| score.is_finite() && *score < 0.01), "{scores:?}");
            "scored"
        }
        Err(ModelError::TooLong { .. }) if too_long => "too long to score",
        Err(ModelError::Busy(_)) => "no room to score",
        Err(error) => panic!("{error}"),
    }
}

fn any_warm(rng: &mut fastrand::Rng) -> Warm {
    let request = greedy(rng.usize(..PEOPLE.len()), "");
    let long = rng.u8(..8) == 0;
    let prefixes = (0..rng.usize(..4))
        .map(|i| {
            format!("{WORLD}{i} {} says:", if long { words(rng, 1500) } else { String::new() })
        })
        .collect();
    Warm { messages: request.messages, typed: words(rng, 5), prefixes, ..Warm::default() }
}

struct Soak {
    model: Local,
    probes: Vec<(CompletionRequest, Vec<StreamEvent>)>,
    /// How many requests ended in which way.
    ends: Arc<Mutex<BTreeMap<&'static str, usize>>>,
    listening: Arc<AtomicUsize>,
    listeners: Vec<JoinHandle<()>>,
    folder: tempfile::TempDir,
    /// The most that was seen.
    most: CacheFigures,
}

impl Soak {
    fn new(file: PathBuf) -> Self {
        let settings = LocalSettings {
            context_tokens: CELLS,
            parallel: 4,
            parked_bytes: PARKED_BYTES,
            ..LocalSettings::default()
        };
        let model = Local::open(&file, settings).unwrap();
        let asked = |probe: CompletionRequest| {
            let heard = listen(model.complete(probe.clone()), Patience::Listens);
            assert_eq!(heard.end, Some(Ok(())));
            (probe, said(&heard))
        };
        let probes = probes().into_iter().map(asked).collect();
        Self {
            model,
            probes,
            ends: Arc::default(),
            listening: Arc::default(),
            listeners: Vec::new(),
            folder: tempfile::tempdir().unwrap(),
            most: CacheFigures::default(),
        }
    }

    /// Listens on a thread of its own.
    fn listen(&mut self, job: impl FnOnce() -> &'static str + Send + 'static) {
        struct Listening(Arc<AtomicUsize>);
        impl Drop for Listening {
            fn drop(&mut self) {
                self.0.fetch_sub(1, SeqCst);
            }
        }
        self.listening.fetch_add(1, SeqCst);
        let (listening, ends) = (Listening(self.listening.clone()), self.ends.clone());
        self.listeners.push(std::thread::spawn(move || {
            let end = job();
            *ends.lock().unwrap().entry(end).or_default() += 1;
            drop(listening);
        }));
    }

    fn ask(&mut self, rng: &mut fastrand::Rng) {
        match rng.u8(..20) {
            0..3 => {
                let (request, members, too_long) = any_closed_set(rng);
                let pending = self.model.score(request);
                if rng.u8(..4) == 0 {
                    let soon = Duration::from_millis(rng.u64(..100));
                    self.listen(move || {
                        std::thread::sleep(soon);
                        drop(pending);
                        "left"
                    });
                } else {
                    self.listen(move || receive(&pending, members, too_long));
                }
            }
            3..6 => self.model.warm(any_warm(rng)),
            6 if rng.bool() => {
                let saved = self.model.save_cache(self.folder.path());
                assert!(saved.recv_timeout(FOR_EVER).unwrap().unwrap() <= 16);
            }
            6 => {
                let loaded = self.model.load_cache(self.folder.path());
                loaded.recv_timeout(FOR_EVER).unwrap().unwrap();
            }
            _ => {
                let (request, expected) = any_request(rng, &self.probes);
                let patience = Patience::any(rng);
                let stream = self.model.complete(request);
                self.listen(move || judged(&listen(stream, patience), patience, &expected));
            }
        }
    }

    /// More at once than may wait.
    fn burst(&mut self, rng: &mut fastrand::Rng) {
        let mut request = greedy(3, "Hm?");
        request.max_tokens = 1;
        let streams: Vec<_> = (0..BURST).map(|_| self.model.complete(request.clone())).collect();
        for (number, stream) in streams.into_iter().enumerate() {
            // Those that came last were refused at once.
            if number + 8 > BURST || rng.u8(..32) == 0 {
                let expected = Expected { crowded: true, ..Expected::default() };
                self.listen(move || {
                    judged(&listen(stream, Patience::Listens), Patience::Listens, &expected)
                });
            }
        }
    }

    fn look(&mut self) {
        let cache = self.model.figures().cache;
        assert!(cache.cells <= CELLS as usize, "{cache:?}");
        assert!(cache.sequences <= SEQUENCES, "{cache:?}");
        assert!(cache.parked_bytes <= PARKED_BYTES, "{cache:?}");
        self.most.cells = self.most.cells.max(cache.cells);
        self.most.sequences = self.most.sequences.max(cache.sequences);
        self.most.parked_bytes = self.most.parked_bytes.max(cache.parked_bytes);
    }

    fn audit(&self) {
        let wrong = self.model.audit().recv_timeout(FOR_EVER).expect("the worker is gone");
        assert_eq!(wrong, Vec::<String>::new());
    }

    /// Makes requests, waits for all, and leaves the cache as it was at the start.
    fn half(&mut self, rng: &mut fastrand::Rng, requests: usize) {
        for number in 0..requests {
            let most = rng.usize(1..16);
            let listening = self.listening.clone();
            wait_until("an end of one of the requests", || listening.load(SeqCst) < most);
            self.ask(rng);
            if number % 16 == 15 {
                self.look();
                self.audit();
            }
            // Now and then nothing is asked, so that something is evaluated ahead.
            if rng.u8(..24) == 0 {
                wait_until("the last end", || listening.load(SeqCst) == 0);
                std::thread::sleep(Duration::from_millis(rng.u64(..200)));
            }
            if number % 1000 == requests.min(1000) / 2 {
                self.burst(rng);
            }
            self.look();
        }
        for listener in self.listeners.drain(..) {
            if let Err(panic) = listener.join() {
                std::panic::resume_unwind(panic);
            }
        }
        // What was left before its end is noticed at the next step.
        wait_until("an idle model", || {
            let figures = self.model.figures();
            figures.waiting == 0 && figures.speaking == 0
        });
        self.audit();
        // What is evaluated ahead is done soon.
        wait_until("an empty cache", || {
            let cache = self.model.clear_cache().recv_timeout(FOR_EVER).unwrap();
            (cache.cells, cache.sequences, cache.parked_bytes) == (0, 0, 0)
        });
        self.audit();
        for (probe, before) in &self.probes {
            let heard = listen(self.model.complete(probe.clone()), Patience::Listens);
            assert_eq!((heard.end.as_ref(), &said(&heard)), (Some(&Ok(())), before));
        }
        self.model.clear_cache().recv_timeout(FOR_EVER).unwrap();
    }
}

/// Memory of this process, where the system tells.
fn resident_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<usize>().ok()? << 10)
}

#[test]
fn the_local_backend_outlives_everything_that_is_asked_of_it() {
    let Some(file) = std::env::var_os("DRAMATURG_TEST_MODEL") else {
        eprintln!("DRAMATURG_TEST_MODEL is not set: nothing was tested");
        return;
    };
    let mut rng = fastrand::Rng::with_seed(seed());
    let requests = count(240);
    let mut soak = Soak::new(file.into());
    soak.half(&mut rng, requests / 2);
    let first = resident_bytes();
    soak.half(&mut rng, requests - requests / 2);
    let second = resident_bytes();
    let ends = soak.ends.lock().unwrap().clone();
    println!("{ends:?}, {first:?} and {second:?} bytes, {:?}", soak.most);
    if let (Some(first), Some(second)) = (first, second) {
        assert!(second <= first + SLACK_BYTES, "{first} bytes, then {second}");
    }
    // It did happen.
    for end in ["done", "cancelled", "left", "late", "too long", "refused", "scored"] {
        assert!(ends.contains_key(end), "nothing was {end}: {ends:?}");
    }
    let evaluated = soak.model.figures().cache.evaluated;
    assert!(evaluated > 4 * u64::from(CELLS), "nothing had to be thrown out: {evaluated}");
    assert!(soak.most.parked_bytes > 0, "nothing was parked");
    assert!(2 * ends["done"] > ends.values().sum::<usize>() / 2, "few came to an end: {ends:?}");
}
