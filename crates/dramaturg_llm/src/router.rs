//! Several models behind one: who is asked for what, for how much, and what it cost.

mod book;
mod budget;
mod completing;
mod confidence;
mod desk;
mod difficulty;
mod error;
mod health;
mod hush;
mod judging;
mod ledger;
mod moment;
mod news;
mod open;
mod place;
mod policy;
mod price;
#[cfg(test)]
mod tests;
mod why;
mod worker;

pub use book::LedgerError;
pub use budget::{Budgets, Limit, Scope};
pub use difficulty::Difficulty;
pub use error::{PolicyError, RouterError};
pub use ledger::{Ledger, LedgerEntry, Sum};
pub use moment::{Moment, date};
pub use news::News;
pub use open::RouterSettings;
pub use place::{Here, KnownModels, ModelFacts, Patience, Place, Server, Servers};
pub use policy::{Bounds, Cascade, Health, Latency, Policy, Rule, Tier, When};
pub use price::{Price, Tokens};
pub use why::{Because, Doubt, Note, Outcome, Why};

use crate::{
    CompletionRequest, CompletionStream, LanguageModel, ModelError, PendingScores, ScoreRequest,
    Scoring, Warm, channel,
};
use book::Book;
use crossbeam_channel::{Receiver, Sender};
use desk::{Desk, Facts, Stand};
use news::Newsstand;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use worker::{Clock, Job};

/// Several models behind one. A [`Policy`] says who is asked; a [`Ledger`] keeps why, and what it cost.
///
/// The first rule that holds gives a list of tiers. The first of them is asked; the next one, when the budget does not
/// allow the first, it keeps failing, can't do what is wanted, or fails before anything was shown; in a cascade also
/// when its answer is doubtful. When none is left the stream ends with [`ModelError::NoTier`], and the caller speaks
/// an authored line. A tier that costs nothing is never out of budget, so a policy that ends with one always plays.
///
/// ```
/// use dramaturg_llm::{
///     Answer, CompletionRequest, LanguageModel, Ledger, Message, Moment, Policy, Recorded, Router, StreamEvent,
///     router::Tier,
/// };
/// use std::{path::Path, sync::Arc, time::Duration};
///
/// let policy = Policy::parse(Path::new("policy.ron"), r#"(
///     tiers: [
///         (name: "here", model: "qwen2.5-coder-1.5b"),
///         (name: "hosted", model: "qwen3-8b", price: (prompt: 200_000, cached: 20_000, completion: 800_000)),
///     ],
///     rules: [
///         (name: "judgement", when: (kinds: [interpret]), take: ["here", "hosted"], cascade: (margin: 0.2)),
///         (name: "hard talk", when: (difficulty: (at_least: 300)), take: ["hosted", "here"]),
///         (name: "small talk", take: ["here", "hosted"]),
///     ],
///     budgets: (session: (soft: 50_000, hard: 100_000), day: (hard: 500_000)),
/// )"#)?;
///
/// let request = CompletionRequest::new(vec![Message::user("Good evening.")]);
/// let answer = Answer::Text { lead: None, text: "Sit down, you are wet.".into() };
/// let here = Arc::new(Recorded::new([(request.hash(), answer)]));
/// let open = |tier: &Tier| (tier.name == "here").then(|| here.clone() as Arc<dyn LanguageModel>);
/// let router = Router::new(policy, open, Ledger::default(), Moment::system)?;
///
/// let stream = router.complete(request);
/// assert!(matches!(stream.next(Duration::from_secs(1)), StreamEvent::Text(t) if t.starts_with("Sit down")));
/// assert_eq!(stream.next(Duration::from_secs(1)), StreamEvent::Done);
/// let ledger = router.ledger();
/// let entry = ledger.entries().last().unwrap();
/// assert_eq!((entry.tier.as_deref(), entry.cost), (Some("here"), 0));
/// assert!(entry.why.to_string().starts_with("rule 'small talk', difficulty"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Router {
    name: String,
    desk: Arc<Mutex<Desk>>,
    /// Told when it stands otherwise with a tier's model.
    opened: Arc<Condvar>,
    news: Newsstand,
    clock: Clock,
    jobs: Sender<Job>,
    /// Breaks off when the thread has ended.
    ended: Receiver<()>,
}

impl Router {
    /// A router over the models that `open` gives for the policy's tiers, whatever they say of where these run; a tier
    /// without a model is passed over. [`Self::open`] opens them itself. The ledger is a new one or that of earlier sessions. Time comes from `clock` alone, usually [`Moment::system`].
    ///
    /// # Errors
    /// When its thread can't be started.
    pub fn new(
        policy: Policy,
        mut open: impl FnMut(&Tier) -> Option<Arc<dyn LanguageModel>>,
        ledger: Ledger,
        clock: impl Fn() -> Moment + Send + Sync + 'static,
    ) -> Result<Self, ModelError> {
        let stand = |tier: &Tier| open(tier).map_or(Stand::NotThere, Stand::There);
        let stands = policy.tiers.iter().map(stand).collect();
        Self::start(Desk::new(policy, stands, ledger), None, Arc::new(clock))
            .map_err(|error| ModelError::Unreachable(error.to_string()))
    }

    fn start(desk: Desk, book: Option<Book>, clock: Clock) -> std::io::Result<Self> {
        let names: Vec<_> = desk.policy.tiers.iter().map(|tier| tier.name.as_str()).collect();
        let name = format!("router({})", names.join(", "));
        let news = desk.news.clone();
        let desk = Arc::new(Mutex::new(desk));
        let (jobs, inbox) = crossbeam_channel::unbounded();
        let (alive, ended) = crossbeam_channel::bounded(0);
        let (its_desk, its_clock) = (desk.clone(), clock.clone());
        std::thread::Builder::new().name("dramaturg-router".into()).spawn(move || {
            worker::run(&inbox, &its_desk, &its_clock, book);
            drop::<Sender<()>>(alive);
        })?;
        Ok(Self { name, desk, opened: Arc::default(), news, clock, jobs, ended })
    }

    /// The ledger as it stands: requests that have ended. The day's earlier sessions are in it.
    pub fn ledger(&self) -> Ledger {
        self.desk().ledger.clone()
    }

    /// The account of this session alone, in sums without entries.
    pub fn session(&self) -> Ledger {
        self.desk().session.clone()
    }

    /// Begins a new session: the budgets of the session and of its characters are whole again.
    pub fn new_session(&self) {
        let mut desk = self.desk();
        desk.budget.new_session();
        desk.session = Ledger::keeping(0);
    }

    /// What people should know since this was last asked, the oldest first. May be asked in a frame.
    pub fn news(&self) -> Vec<News> {
        self.news.take()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn number(&self) -> u64 {
        self.desk().ledger.number()
    }
}

impl LanguageModel for Router {
    fn name(&self) -> &str {
        &self.name
    }
    fn scoring(&self) -> Scoring {
        let desk = self.desk();
        let mut models = (0..desk.stands.len()).filter_map(|tier| desk.model(tier));
        if models.any(|model| model.scoring() == Scoring::Both) {
            Scoring::Both
        } else {
            Scoring::No
        }
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        let (stream, sender, cancel) = channel();
        let facts = Facts::of_completion(self.number(), &request);
        let _ = self.jobs.send(Job::Complete(
            Box::new(request),
            (sender, cancel),
            facts,
            (self.clock)(),
        ));
        stream
    }
    fn score(&self, request: ScoreRequest) -> PendingScores {
        let (pending, sender, cancel) = PendingScores::channel();
        let facts = Facts::of_score(self.number(), &request);
        let _ = self.jobs.send(Job::Score(request, (sender, cancel), facts, (self.clock)()));
        pending
    }
    /// What will be spoken and what will be judged may be different tiers' work, so each gets its own part.
    fn warm(&self, what: Warm) {
        let Warm { messages, typed, adapter, prefixes } = what;
        if !messages.is_empty() {
            let facts = Facts::of_completion(0, &CompletionRequest::new(messages.clone()));
            let spoken = Warm { messages, typed, adapter, prefixes: Vec::new() };
            let _ = self.jobs.send(Job::Warm(facts, spoken));
        }
        if !prefixes.is_empty() {
            let request = ScoreRequest::channel(prefixes.clone(), "");
            let facts = Facts::of_score(0, &request);
            let _ = self.jobs.send(Job::Warm(facts, Warm { prefixes, ..Warm::default() }));
        }
    }
    /// Also waits until the ledger is on disk.
    fn close(&self, longest: Duration) {
        let begin = Instant::now();
        let _ = self.jobs.send(Job::Close);
        let _ = self.ended.recv_timeout(longest);
        let models: Vec<_> = {
            let mut desk = self.desk();
            desk.closed = true;
            (0..desk.stands.len()).filter_map(|tier| desk.model(tier).cloned()).collect()
        };
        for model in models {
            model.close(longest.saturating_sub(begin.elapsed()));
        }
    }
}

impl Facts {
    fn of_completion(number: u64, request: &CompletionRequest) -> Self {
        let messages = request.messages.iter().map(|m| price::estimate(&m.text).saturating_add(4));
        let tools = request.tools.iter().map(|tool| {
            let parameters = price::estimate(&tool.parameters.to_string());
            price::estimate(&tool.name) + price::estimate(&tool.description) + parameters
        });
        let schema = request.schema.iter().map(|schema| price::estimate(&schema.to_string()));
        let prompt = messages.chain(tools).chain(schema).fold(0, u32::saturating_add);
        Self {
            number,
            work: request.work.clone(),
            difficulty: Difficulty::of_completion(request, prompt),
            tokens: Tokens { prompt, cached: 0, completion: request.max_tokens },
            scores: false,
            tools: !request.tools.is_empty(),
            schema: request.schema.is_some(),
        }
    }

    fn of_score(number: u64, request: &ScoreRequest) -> Self {
        let pairs = request.set.pairs();
        let pairs = pairs
            .iter()
            .map(|(prefix, line)| price::estimate(prefix).saturating_add(price::estimate(line)));
        Self {
            number,
            work: request.work.clone(),
            difficulty: Difficulty::of_score(request),
            tokens: Tokens { prompt: pairs.fold(0, u32::saturating_add), ..Tokens::default() },
            scores: true,
            tools: false,
            schema: false,
        }
    }
}
