//! The router as its callers see it.

mod any;
mod cascade;
mod money;
mod policy;
mod stream;

use super::*;
use crate::{Kind, Message, Priority, ScoreSender, StreamEvent, Usage};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Longer than anything here takes on the slowest machine.
const LONG: Duration = Duration::from_secs(20);

/// What a tier does with its next request.
#[derive(Clone, Debug)]
enum Act {
    Events(Vec<StreamEvent>),
    /// Says nothing; the test speaks through [`Puppet::lines`].
    Silent,
    Scores(Result<Vec<f32>, ModelError>),
}

impl Act {
    fn say(text: &str) -> Self {
        Self::Events(vec![StreamEvent::Text(text.into()), StreamEvent::Done])
    }
    fn say_for(text: &str, prompt_tokens: u32, completion_tokens: u32) -> Self {
        let usage = Usage { prompt_tokens, cached_tokens: 0, completion_tokens };
        let text = StreamEvent::Text(text.into());
        Self::Events(vec![text, StreamEvent::Usage(usage), StreamEvent::Done])
    }
    fn fail() -> Self {
        Self::Events(vec![StreamEvent::Failed(ModelError::Unreachable("no".into()))])
    }
}

type Line = (Sender<StreamEvent>, Arc<AtomicBool>);

/// A tier's model that does as it is told.
#[derive(Default)]
struct Puppet {
    acts: Mutex<VecDeque<Act>>,
    requests: Mutex<Vec<CompletionRequest>>,
    lines: Mutex<Vec<Line>>,
    judged: Mutex<Vec<(ScoreSender, Arc<AtomicBool>)>>,
    warmed: Mutex<Vec<Warm>>,
    mute: bool,
}

impl Puppet {
    fn asked(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
    /// The ends of a silent request, once it has been asked.
    fn line(&self, index: usize) -> Line {
        eventually(|| self.lines.lock().unwrap().get(index).cloned())
    }
}

impl LanguageModel for Puppet {
    fn name(&self) -> &str {
        "puppet"
    }
    fn scoring(&self) -> Scoring {
        if self.mute { Scoring::No } else { Scoring::Both }
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        self.requests.lock().unwrap().push(request);
        let (stream, sender, cancel) = channel();
        match self.acts.lock().unwrap().pop_front() {
            Some(Act::Events(events)) => events.into_iter().for_each(|e| sender.send(e).unwrap()),
            Some(Act::Silent) => self.lines.lock().unwrap().push((sender, cancel)),
            _ => {}
        }
        stream
    }
    fn score(&self, _: ScoreRequest) -> PendingScores {
        match self.acts.lock().unwrap().pop_front() {
            Some(Act::Scores(result)) => PendingScores::ready(result),
            _ => {
                let (pending, sender, cancel) = PendingScores::channel();
                self.judged.lock().unwrap().push((sender, cancel));
                pending
            }
        }
    }
    fn warm(&self, what: Warm) {
        self.warmed.lock().unwrap().push(what);
    }
}

/// Waits for what another thread does.
fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < LONG, "it never came");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A router over puppets called small and big, and a clock that the test moves.
struct House {
    router: Router,
    small: Arc<Puppet>,
    big: Arc<Puppet>,
    clock: Arc<Mutex<Moment>>,
}

/// Small costs nothing; big costs one millionth for each token.
const TIERS: &str = r#"tiers: [(name: "small", model: "s"), (name: "big", model: "b",
    price: (prompt: 1_000_000, cached: 500_000, completion: 1_000_000))],"#;

fn parse(rest: &str) -> Policy {
    let tiers = if rest.contains("tiers:") { "" } else { TIERS };
    Policy::parse(Path::new("policy.ron"), &format!("({tiers} {rest})"))
        .unwrap_or_else(|error| panic!("{error}"))
}

impl House {
    fn new(policy: &str, small: Vec<Act>, big: Vec<Act>) -> Self {
        Self::with(parse(policy), small, big, Ledger::default())
    }
    fn with(policy: Policy, small: Vec<Act>, big: Vec<Act>, ledger: Ledger) -> Self {
        let puppet = |acts: Vec<Act>| {
            Arc::new(Puppet { acts: Mutex::new(acts.into()), ..Puppet::default() })
        };
        let (small, big) = (puppet(small), puppet(big));
        let clock = Arc::new(Mutex::new(Moment { elapsed: Duration::ZERO, day: 1 }));
        let its_clock = clock.clone();
        let open = |tier: &Tier| {
            let puppet = if tier.name == "small" { &small } else { &big };
            Some(puppet.clone() as Arc<dyn LanguageModel>)
        };
        let router = Router::new(policy, open, ledger, move || *its_clock.lock().unwrap()).unwrap();
        Self { router, small, big, clock }
    }
    fn later(&self, ms: u64) {
        self.clock.lock().unwrap().elapsed += Duration::from_millis(ms);
    }
    fn ask(&self, request: CompletionRequest) -> (String, StreamEvent) {
        read(&self.router.complete(request))
    }
    /// The latest entries' tiers, the oldest first.
    fn tiers(&self) -> Vec<String> {
        let name = |entry: &LedgerEntry| entry.tier.clone().unwrap_or_else(|| "none".into());
        self.router.ledger().entries().map(name).collect()
    }
    fn last(&self) -> LedgerEntry {
        self.router.ledger().entries().last().unwrap().clone()
    }
}

/// The words and the end.
fn read(stream: &CompletionStream) -> (String, StreamEvent) {
    let mut text = String::new();
    loop {
        match stream.next(LONG) {
            StreamEvent::Text(more) => text += &more,
            end @ (StreamEvent::Done | StreamEvent::Failed(_)) => return (text, end),
            _ => {}
        }
    }
}

fn line(text: &str) -> CompletionRequest {
    CompletionRequest::new(vec![Message::system("You are Aino."), Message::user(text)])
}

fn background(text: &str) -> CompletionRequest {
    let mut request = line(text);
    request.work.priority = Priority::Background;
    request.work.kind = Kind::Reflect;
    request
}

fn judgement() -> ScoreRequest {
    ScoreRequest::channel(["a", "b"], "hm")
}
