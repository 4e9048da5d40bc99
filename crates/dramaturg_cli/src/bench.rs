//! `dramaturg bench`: how fast the first word comes.

mod memory;

use crate::model;
use dramaturg_llm::{
    CompletionRequest, Kind, LanguageModel, Local, LocalFigures, LocalSettings, Message, Remote,
    RemoteSettings, Router, RouterSettings, Sampling, ScoreRequest, StreamEvent, Warm, Work,
};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest that one answer may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long before Enter a character is announced.
const NEAR: Duration = Duration::from_secs(3);
/// Typing speed, in characters a second.
const TYPING: f32 = 12.0;

#[derive(clap::Subcommand)]
pub enum Bench {
    /// Time to the first word for characters who share a world and are visited again and again.
    Turn(Turn),
    /// How well and how fast a character finds what was said long ago.
    Memory(memory::Memory),
}

impl Bench {
    pub fn run(self) -> Result<ExitCode, String> {
        match self {
            Self::Turn(turn) => turn.run(),
            Self::Memory(memory) => memory.run(),
        }
    }
}

/// What the game knows before the player presses Enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Ahead {
    /// Nothing: the line comes out of nowhere.
    None,
    /// Who will be spoken to, three seconds before.
    Near,
    /// That, and the line as it is typed.
    Typing,
}

#[derive(clap::Args)]
pub struct Turn {
    /// The workload: a world, a cast, and who is told what.
    #[arg(long)]
    workload: PathBuf,
    /// A model of the catalogue.
    #[arg(long, conflicts_with = "model_file")]
    model: Option<String>,
    /// A GGUF model file.
    #[arg(long)]
    model_file: Option<PathBuf>,
    /// Ask an OpenAI-compatible server instead, by its base URL.
    #[arg(long, conflicts_with_all = ["model", "model_file"])]
    endpoint: Option<String>,
    /// Ask the models of a policy instead; the day's spending is neither counted nor kept.
    #[arg(long, conflicts_with_all = ["model", "model_file", "endpoint"])]
    policy: Option<PathBuf>,
    /// What is evaluated ahead.
    #[arg(long, value_enum, default_value = "none")]
    warm: Ahead,
    /// Only the first turns of the workload.
    #[arg(long)]
    turns: Option<usize>,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct Workload {
    world: String,
    cast: Vec<Npc>,
    turns: Vec<Visit>,
    max_new_tokens: u32,
}

#[derive(Deserialize)]
struct Npc {
    id: String,
    persona: String,
}

#[derive(Deserialize)]
struct Visit {
    npc: String,
    player: String,
}

enum Backend {
    Local(Local),
    Remote(Remote),
    Policy(Router),
}

impl Backend {
    fn model(&self) -> &dyn LanguageModel {
        match self {
            Self::Local(local) => local,
            Self::Remote(remote) => remote,
            Self::Policy(router) => router,
        }
    }
    fn figures(&self) -> LocalFigures {
        match self {
            Self::Local(local) => local.figures(),
            Self::Remote(_) | Self::Policy(_) => LocalFigures::default(),
        }
    }
}

/// One answer: the time to its first word, and the times between the others.
struct Timed {
    first: Duration,
    steps: Vec<Duration>,
    text: String,
}

impl Turn {
    fn run(self) -> Result<ExitCode, String> {
        let text = std::fs::read_to_string(&self.workload)
            .map_err(|e| format!("{}: {e}", self.workload.display()))?;
        let workload: Workload = serde_json::from_str(&text)
            .map_err(|e| format!("{} is no workload: {e}", self.workload.display()))?;
        let backend = self.open()?;
        let began = Instant::now();
        let mut histories: HashMap<&str, Vec<Message>> = HashMap::new();
        let (mut first, mut later, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        let most = self.turns.unwrap_or(workload.turns.len());
        for visit in workload.turns.iter().take(most) {
            let npc = workload.cast.iter().find(|npc| npc.id == visit.npc);
            let npc =
                npc.ok_or_else(|| format!("the workload has no character '{}'", visit.npc))?;
            let history = histories.entry(&npc.id).or_default();
            let mut messages =
                vec![Message::system(format!("{}\n{}", workload.world, npc.persona))];
            messages.extend(history.iter().cloned());
            self.prepare(backend.model(), &messages, &visit.player);
            messages.push(Message::user(visit.player.clone()));
            let timed = ask(backend.model(), messages, &npc.id, workload.max_new_tokens)?;
            let visits = if history.is_empty() { &mut first } else { &mut later };
            visits.push(timed.first);
            steps.extend(timed.steps);
            history.push(Message::user(visit.player.clone()));
            history.push(Message::assistant(timed.text));
        }
        let wall = began.elapsed();
        let figures = backend.figures();
        let step = mean(&steps);
        let scoring = score_steps(backend.model(), step);
        let percentiles = |times: &mut Vec<Duration>| (share(times, 0.5), share(times, 0.95));
        let (first, later) = (percentiles(&mut first), percentiles(&mut later));
        println!(
            "first visits {:.0} ms (p95 {:.0}), later visits {:.0} ms (p95 {:.0}), a step {step:.1} ms: {:.1} and {:.1} steps; {} prompt tokens evaluated, {} reused",
            first.0,
            first.1,
            later.0,
            later.1,
            first.0 / step,
            later.0 / step,
            figures.cache.evaluated,
            figures.cache.reused
        );
        if self.json {
            let result = json!({
                "model": backend.model().name(), "warm": format!("{:?}", self.warm).to_lowercase(),
                "decode_step_ms": step, "decode_tok_s": 1e3 / step,
                "first_visit_ttft_ms": {"p50": first.0, "p95": first.1},
                "later_visit_ttft_ms": {"p50": later.0, "p95": later.1},
                "prompt_tokens_evaluated": figures.cache.evaluated,
                "prompt_tokens_reused": figures.cache.reused,
                "cells": figures.cache.cells, "score_pass_decode_steps": scoring,
                "wall_s": wall.as_secs_f64(),
            });
            println!("{result}");
        }
        backend.model().close(PATIENCE);
        Ok(ExitCode::SUCCESS)
    }

    fn open(&self) -> Result<Backend, String> {
        if let Some(policy) = &self.policy {
            let known = model::Known::load().map_err(|e| e.to_string())?;
            let settings = RouterSettings { known: Arc::new(known), ..RouterSettings::new(policy) };
            let router = Router::open(settings).map_err(|e| e.to_string())?;
            router.wait_for_first(PATIENCE)?;
            router.wait(PATIENCE);
            return Ok(Backend::Policy(router));
        }
        if let Some(url) = &self.endpoint {
            let name = std::env::var("DRAMATURG_REMOTE_MODEL").unwrap_or_else(|_| "default".into());
            return Remote::new(RemoteSettings::new(url.clone(), name))
                .map(Backend::Remote)
                .map_err(|e| e.to_string());
        }
        let file = match (&self.model_file, &self.model) {
            (Some(file), _) => file.clone(),
            (None, Some(id)) => model::file(id)?,
            (None, None) => {
                return Err(
                    "name a model: --model ID, --model-file FILE, --endpoint URL or --policy FILE"
                        .into(),
                );
            }
        };
        let settings = LocalSettings { smaller: model::smaller(), ..LocalSettings::default() };
        let local = Local::open(&file, settings).map_err(|e| e.to_string())?;
        Ok(Backend::Local(local))
    }

    /// What the game does before the player presses Enter.
    fn prepare(&self, model: &dyn LanguageModel, messages: &[Message], line: &str) {
        if self.warm == Ahead::None {
            return;
        }
        let warm = |typed: &str| {
            let mut messages = messages.to_vec();
            messages.push(Message::user(""));
            model.warm(Warm { messages, typed: typed.to_owned(), ..Warm::default() });
        };
        warm("");
        std::thread::sleep(NEAR);
        if self.warm == Ahead::Typing {
            for (at, letter) in line.char_indices() {
                if letter.is_whitespace() {
                    warm(&line[..at + letter.len_utf8()]);
                }
                std::thread::sleep(Duration::from_secs_f32(1.0 / TYPING));
            }
        }
    }
}

fn ask(
    model: &dyn LanguageModel,
    messages: Vec<Message>,
    npc: &str,
    most: u32,
) -> Result<Timed, String> {
    let mut request = CompletionRequest::new(messages);
    request.sampling = Sampling { temperature: 0.0, repeat_penalty: 1.0, ..Sampling::default() };
    request.max_tokens = most;
    request.stop.clear();
    request.work = Work { character: npc.to_owned(), kind: Kind::Speak, ..Work::default() };
    let began = Instant::now();
    let stream = model.complete(request);
    let (mut times, mut text) = (Vec::new(), String::new());
    loop {
        match stream.next(PATIENCE) {
            StreamEvent::Text(piece) => {
                times.push(began.elapsed());
                text.push_str(&piece);
            }
            StreamEvent::Done => break,
            StreamEvent::Failed(error) => return Err(error.to_string()),
            _ => {}
        }
    }
    let first = times.first().copied().unwrap_or_else(|| began.elapsed());
    let steps = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    Ok(Timed { first, steps, text })
}

/// What a scoring pass over eight held hypotheses costs, in decode steps; none where the backend can't score.
fn score_steps(model: &dyn LanguageModel, step: f64) -> Option<f64> {
    let prefixes = (1..=8).map(|n| format!("The player makes move number {n}. The player says:"));
    let request = ScoreRequest::channel(prefixes, "Whose coat is that, the one by the door?");
    model.score(request.clone()).wait(PATIENCE).ok()?;
    let began = Instant::now();
    model.score(request).wait(PATIENCE).ok()?;
    Some(began.elapsed().as_secs_f64() * 1e3 / step)
}

/// In milliseconds, without the pauses in which a piece of text was held back.
fn mean(times: &[Duration]) -> f64 {
    let total: Duration = times.iter().sum();
    total.as_secs_f64() * 1e3 / times.len().max(1) as f64
}

/// The value, in milliseconds, below which that share of the times lies.
fn share(times: &mut [Duration], share: f64) -> f64 {
    times.sort();
    let at = ((times.len() as f64 - 1.0).max(0.0) * share).round() as usize;
    times.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}
