//! `dramaturg simulate`: players of many kinds play the story, and what became of it is counted.

mod asked;
mod dice;
mod figures;
mod heard;
mod lines;
mod player;
mod report;
mod run;
mod watch;
mod worst;

use crate::labelled::Labelled;
use crate::{STORY, ear, model};
use clap::ValueEnum;
use dramaturg_llm::{LanguageModel, RemoteSettings};
use dramaturg_story::{Ablation, ModelChoice, ModelSlot, Pack, SlotState};
use figures::Tally;
use lines::Lines;
use player::Kind;
use report::Report;
use run::{Setting, Task};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use worst::Worst;

/// The longest that a model may take to open and to close.
const PATIENCE: Duration = Duration::from_secs(180);
/// So many of the worst runs are told in a report.
const TOLD: usize = 3;

#[derive(clap::Args)]
pub struct Simulate {
    /// The folder of the story pack.
    #[arg(default_value = STORY)]
    pack: PathBuf,
    /// Who plays: `all`, or names with commas between them: menu, cooperative, cooperative-heard, cooperative-model,
    /// wanderer, hostile, jailbreaker, silent, contradictor, beat-grabber, secret-fisher, other-language, gibberish.
    /// The menu always plays: turns are measured by it.
    #[arg(long, default_value = "all")]
    players: String,
    /// Runs of each player in each language.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Only the run of this number (from 0) of each player, to see it again.
    #[arg(long)]
    only: Option<u32>,
    /// A model of the catalogue, or `none`; `dramaturg model list` names them. Without this and the next two, a server
    /// named by DRAMATURG_BASE_URL plays, if there is one.
    #[arg(long, conflicts_with_all = ["model_file", "no_model"])]
    model: Option<String>,
    /// A GGUF model file.
    #[arg(long)]
    model_file: Option<PathBuf>,
    /// Authored lines only.
    #[arg(long)]
    no_model: bool,
    /// What hears how lines are meant: an embedding model of the catalogue (fetched where it is not there yet), a GGUF file, or
    /// `none`: lines are read by their words alone.
    #[arg(long, default_value = ear::DEFAULT)]
    embedder: String,
    /// The language of the play: one of the pack's, or `both` for all of them.
    #[arg(long, default_value = "both")]
    locale: String,
    /// Seeds everything. Each run has a seed of its own, made of this, the player, the language and its number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Runs at a time; by default one for each core, and one where a model plays. Makes no difference to the figures.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Take a part of the director away, and play everything again without it; may be given more than once.
    #[arg(long, value_enum)]
    ablation: Vec<Part>,
    /// Turns after which a run is given up: it never ended.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..))]
    turn_limit: u32,
    /// The folder with the players' lines.
    #[arg(long, default_value = "assets/players")]
    lines: PathBuf,
    /// Keep so many of the worst runs as journals, in the folder named after the number (`worst-runs` if none is).
    /// `dramaturg replay` plays them again, those with an ablation aside.
    #[arg(long, num_args = 1..=2, value_names = ["K", "DIR"])]
    save_worst: Vec<String>,
    /// Write the report to this file; without it, it is printed.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Instead of plays: how well the labelled lines of this file are understood, with the model that is named, else by
    /// matching alone. docs/evaluation.md has the format.
    #[arg(long, value_name = "FILE")]
    labelled: Option<PathBuf>,
    /// Only the labelled lines of this split.
    #[arg(long, requires = "labelled")]
    split: Option<String>,
    /// Print the signs and scores of each labelled line, one JSON object each: what the weights are fitted on.
    #[arg(long, requires = "labelled")]
    signs: bool,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

/// A part of the director, for `--ablation`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Nobody steers.
    NoLadder,
    /// What a model writes is spoken as it comes.
    NoGuard,
    /// The prompt holds what is locked.
    SecretsInPrompt,
    /// The director draws what it reads.
    RandomDirector,
    /// Each of them.
    All,
}

impl Part {
    fn ablations(self) -> Vec<Ablation> {
        match self {
            Self::NoLadder => vec![Ablation::NoLadder],
            Self::NoGuard => vec![Ablation::NoGuard],
            Self::SecretsInPrompt => vec![Ablation::SecretsInPrompt],
            Self::RandomDirector => vec![Ablation::RandomDirector],
            Self::All => {
                [Self::NoLadder, Self::NoGuard, Self::SecretsInPrompt, Self::RandomDirector]
                    .into_iter()
                    .flat_map(Self::ablations)
                    .collect()
            }
        }
    }
}

fn ablation_name(ablation: Ablation) -> &'static str {
    match ablation {
        Ablation::NoLadder => "no-ladder",
        Ablation::NoGuard => "no-guard",
        Ablation::SecretsInPrompt => "secrets-in-prompt",
        Ablation::RandomDirector => "random-director",
    }
}

/// The letters of a line alone.
fn letters(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// What was counted, by what was taken away, language and player.
type Tallies = BTreeMap<(Option<Ablation>, String, Kind), Tally>;

impl Simulate {
    pub fn run(self) -> Result<ExitCode, String> {
        if let Some(file) = &self.labelled {
            let slot = self.slot()?;
            let (file, pack) = (file.clone(), self.pack.clone());
            let (split, signs, json) = (self.split.clone(), self.signs, self.json);
            let labelled = Labelled { file, pack, split, signs, json };
            let ear = ear::patient(&self.embedder)?;
            let done = labelled.run(ear.as_deref(), slot.model().as_deref());
            slot.close(PATIENCE);
            return done;
        }
        let pack = Arc::new(Pack::load(&self.pack).map_err(|e| e.to_string())?);
        let locales = self.locales(&pack)?;
        let mut lines = BTreeMap::new();
        for locale in &locales {
            lines.insert(locale.clone(), Lines::load(&self.lines, &pack.id, locale)?);
        }
        let paraphrased = lines.values().all(|lines| lines.story.is_some());
        let slot = self.slot()?;
        let model = slot.model();
        let kinds = self.kinds(paraphrased, model.is_some())?;
        let (keep, folder) = self.worst_runs()?;
        let setting = Setting {
            pack,
            lines,
            model: model.clone(),
            ear: ear::patient(&self.embedder)?,
            seed: self.seed,
            turn_limit: self.turn_limit,
        };
        let ablations = self.ablations();
        let tasks = self.tasks(&ablations, &locales, &kinds);
        let (tallies, worst) = self.play(&setting, &tasks, keep.unwrap_or(TOLD));
        slot.close(PATIENCE);
        let saved = match keep {
            Some(_) => worst.save(&folder)?,
            None => Vec::new(),
        };
        let report = Report {
            command: command_line(),
            pack: &setting.pack,
            model: model.as_deref().map(LanguageModel::name),
            seed: self.seed,
            runs: self.runs_of_each(),
            turn_limit: self.turn_limit,
            paraphrased,
            locales: &locales,
            kinds: &kinds,
            ablations: &ablations,
            tallies: &tallies,
            worst: &worst,
            saved: &saved,
        };
        let markdown = report.markdown();
        match &self.report {
            Some(file) => std::fs::write(file, markdown)
                .map_err(|error| format!("can't write {}: {error}", file.display()))?,
            None => print!("{markdown}"),
        }
        let well = tallies.iter().all(|((ablation, ..), tally)| {
            let whole = tally.reach().part == tally.runs;
            ablation.is_some() || (whole && tally.leaks() == 0 && tally.panics == 0)
        });
        if self.json {
            println!("{}", self.object(&report, well));
        }
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn locales(&self, pack: &Pack) -> Result<Vec<String>, String> {
        match self.locale.as_str() {
            "both" | "all" => Ok(pack.locales.clone()),
            one if pack.locales.iter().any(|locale| locale == one) => Ok(vec![one.to_owned()]),
            other => Err(format!(
                "the story is not told in '{other}'; it is told in {}",
                pack.locales.join(" and ")
            )),
        }
    }

    /// The players, each once, the menu first.
    fn kinds(&self, paraphrased: bool, has_model: bool) -> Result<Vec<Kind>, String> {
        let mut kinds = vec![Kind::Menu];
        for name in self.players.split(',').map(str::trim) {
            if name == "all" {
                kinds.extend(Kind::value_variants().iter().filter(|kind| match kind {
                    // Without paraphrases the two would be the same.
                    Kind::CooperativeHeard => paraphrased,
                    Kind::CooperativeModel => false,
                    _ => true,
                }));
                continue;
            }
            let kind = Kind::from_str(name, false).map_err(|_| {
                let known: Vec<_> = Kind::value_variants().iter().map(|kind| kind.name()).collect();
                format!("there is no player '{name}'; there are all, {}", known.join(", "))
            })?;
            if kind == Kind::CooperativeModel && !has_model {
                return Err(
                    "the player cooperative-model needs a model; name one with --model".into()
                );
            }
            kinds.push(kind);
        }
        kinds.sort_unstable();
        kinds.dedup();
        Ok(kinds)
    }

    /// How many of the worst runs are to be saved (none: not asked for), and where.
    fn worst_runs(&self) -> Result<(Option<usize>, PathBuf), String> {
        let folder = self.save_worst.get(1).map_or("worst-runs", String::as_str).into();
        let count = self.save_worst.first().map(|count| {
            count.parse().map_err(|_| format!("--save-worst takes a number first, not '{count}'"))
        });
        Ok((count.transpose()?, folder))
    }

    fn ablations(&self) -> Vec<Ablation> {
        let mut ablations: Vec<_> =
            self.ablation.iter().flat_map(|part| part.ablations()).collect();
        ablations.sort_unstable();
        ablations.dedup();
        ablations
    }

    fn runs_of_each(&self) -> u32 {
        if self.only.is_some() { 1 } else { self.runs }
    }

    fn tasks(&self, ablations: &[Ablation], locales: &[String], kinds: &[Kind]) -> Vec<Task> {
        let numbers = self.only.map_or(0..self.runs, |only| only..only.saturating_add(1));
        let mut tasks = Vec::new();
        for ablation in [None].into_iter().chain(ablations.iter().copied().map(Some)) {
            for locale in locales {
                for kind in kinds.iter().copied() {
                    tasks.extend(numbers.clone().map(|number| Task {
                        ablation,
                        locale: locale.clone(),
                        kind,
                        number,
                    }));
                }
            }
        }
        tasks
    }

    fn slot(&self) -> Result<ModelSlot, String> {
        let none = self.no_model || self.model.as_deref() == Some("none");
        let of_catalogue = self.model.as_deref().filter(|id| *id != "none").map(model::file);
        let file = self.model_file.clone().or(of_catalogue.transpose()?);
        let choice = match file {
            _ if none => ModelChoice::None,
            Some(file) => ModelChoice::File(file),
            None => RemoteSettings::from_env().map_or(ModelChoice::None, ModelChoice::Remote),
        };
        let slot = ModelSlot::default();
        slot.fill(choice);
        // Figures without the model that was asked for would be taken for figures with it.
        if let SlotState::Failed(why) = slot.wait(PATIENCE) {
            return Err(why);
        }
        Ok(slot)
    }

    /// Plays all tasks. The figures do not depend on the order in which they end.
    fn play(&self, setting: &Setting, tasks: &[Task], keep: usize) -> (Tallies, Worst) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = self.jobs.map_or(if setting.model.is_some() { 1 } else { cores }, usize::from);
        let next = AtomicUsize::new(0);
        let counted = Mutex::new((Tallies::new(), Worst::new(keep)));
        std::thread::scope(|scope| {
            for _ in 0..jobs.min(tasks.len()) {
                scope.spawn(|| {
                    loop {
                        let order = next.fetch_add(1, Ordering::Relaxed);
                        let Some(task) = tasks.get(order) else { break };
                        let run = setting.play(task);
                        if setting.model.is_some() {
                            eprintln!(
                                "{}/{} {}",
                                order + 1,
                                tasks.len(),
                                told_in_short(task, &run)
                            );
                        }
                        let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
                        let key = (task.ablation, task.locale.clone(), task.kind);
                        counted.0.entry(key).or_default().add(&run);
                        // The worst are told of the whole director: without a part they would all be worse.
                        if task.ablation.is_none() {
                            counted.1.offer(task.clone(), run, order);
                        }
                    }
                });
            }
        });
        counted.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The figures for programs: `players` over all languages, `locales` for each, `ablations` the same without a part.
    fn object(&self, report: &Report<'_>, well: bool) -> Value {
        let figures = |ablation: Option<Ablation>| {
            let players = |locale: Option<&str>| -> Value {
                let menu = report.tally(ablation, locale, Kind::Menu);
                let of = |kind: &Kind| {
                    let mut figures = report.tally(ablation, locale, *kind).json(Some(&menu));
                    if *kind == Kind::Cooperative {
                        let by = if report.paraphrased { "paraphrases" } else { "what is heard" };
                        figures["plays_by"] = by.into();
                    }
                    (kind.name().to_owned(), figures)
                };
                Value::Object(report.kinds.iter().map(of).collect())
            };
            let locales: Map<_, _> = report
                .locales
                .iter()
                .map(|locale| (locale.clone(), json!({"players": players(Some(locale))})))
                .collect();
            json!({"players": players(None), "locales": locales})
        };
        let mut object = figures(None);
        let without = report.ablations.iter();
        let without: Map<_, _> =
            without.map(|part| (ablation_name(*part).to_owned(), figures(Some(*part)))).collect();
        object["ablations"] = Value::Object(without);
        object["pack"] = report.pack.id.clone().into();
        object["pack_digest"] = report.pack.digest.clone().into();
        object["model"] = report.model.into();
        object["seed"] = self.seed.into();
        object["runs"] = report.runs.into();
        let worst = report.worst.kept.iter().enumerate().map(|(rank, kept)| {
            json!({
                "player": kept.task.kind.name(), "locale": kept.task.locale,
                "number": kept.task.number, "seed": kept.run.seed, "turns": kept.run.turns,
                "ending": kept.run.ending, "forced_beats": kept.run.forced(),
                "leaks": kept.run.leaks.len(), "panicked": kept.run.panicked,
                "journal": report.saved.get(rank),
            })
        });
        object["worst"] = worst.collect();
        object["ok"] = well.into();
        object
    }
}

fn told_in_short(task: &Task, run: &run::Run) -> String {
    let without = task.ablation.map_or(String::new(), |part| format!(" {}", ablation_name(part)));
    let ending = run.ending.as_deref().unwrap_or("no ending");
    format!(
        "{} {} {}{without}: {} turns, {ending}, {} of {} beats forced, {} calls",
        task.locale,
        task.kind.name(),
        task.number,
        run.turns,
        run.forced(),
        run.beats.len(),
        run.calls
    )
}

/// What was typed, without the program's own path.
fn command_line() -> String {
    let arguments = std::env::args().skip(1).map(|argument| {
        let plain = |c: char| c.is_alphanumeric() || "-_./,:=".contains(c);
        if argument.chars().all(plain) { argument } else { format!("'{argument}'") }
    });
    ["dramaturg".to_owned()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ")
}
