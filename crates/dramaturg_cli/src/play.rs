//! `dramaturg play`.

use crate::{Story, ear, ledger, model};
use dramaturg_llm::{Adapter, AdapterId, LocalSettings, RemoteSettings, Router, RouterSettings};
use dramaturg_story::{
    Autonomy, Cue, ModelChoice, ModelSlot, Pack, SlotState, Stage, StageSettings, TurnReport,
};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// The longest that a turn may take: a model that loads, a server that stalls.
const PATIENCE: Duration = Duration::from_secs(180);

/// Shown below the help.
const EXAMPLES: &str = "\
Examples:
  dramaturg play --no-model                               authored lines only
  dramaturg play --story my_story --locale zh --model qwen2.5-coder-1.5b
  dramaturg play --record tonight.journal                 kept, and continued the next time
  dramaturg play --script lines.txt --no-model --json     a player from a file
  dramaturg play --policy models.ron                      several models within a budget (docs/models.md)

Exit status: 0 the play was performed, 1 it was lost on the way, 2 wrong use or unreadable input.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Play {
    #[command(flatten)]
    story: Story,
    /// The language.
    #[arg(long, default_value = "en")]
    locale: String,
    /// A model of the catalogue; `dramaturg model list` names them.
    #[arg(long, conflicts_with_all = ["model_file", "no_model"])]
    model: Option<String>,
    /// A GGUF model file. Without one, a server named by DRAMATURG_BASE_URL is asked, and authored lines always work.
    #[arg(long)]
    model_file: Option<PathBuf>,
    /// A policy of several models, local and remote: a RON file; docs/models.md says how to write one.
    #[arg(long, conflicts_with_all = ["model", "model_file", "no_model"])]
    policy: Option<PathBuf>,
    /// The folder where a policy's ledger is kept, so that a day's budget outlasts the play; by default
    /// DRAMATURG_LEDGER, or dramaturg/ledger in the folder of programs' states.
    #[arg(long, requires = "policy")]
    ledger: Option<PathBuf>,
    /// Play with authored lines only.
    #[arg(long)]
    no_model: bool,
    /// What hears how lines are meant: an embedding model of the catalogue, a GGUF file, or `none`. By default
    /// multilingual-e5-small where it is on this machine.
    #[arg(long)]
    embedder: Option<String>,
    /// An adapter that the story names for a character, and its GGUF file. Give it once for each.
    #[arg(long, value_name = "NAME=FILE", value_parser = adapter)]
    adapter: Vec<(AdapterId, Adapter)>,
    /// Player lines from a file, one each; any bytes will do.
    #[arg(long)]
    script: Option<PathBuf>,
    /// Seconds before each scripted line, as of a player who reads and types: time in which the model is warmed.
    #[arg(long, default_value_t = 0.0)]
    pace: f32,
    /// Keep the session in this file, and continue it if it is there.
    #[arg(long)]
    record: Option<PathBuf>,
    /// Seeds every draw of a new play.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A content note of the story that is not to be met; `--avoid all` is all of them. Give it once for each.
    #[arg(long, value_name = "NOTE")]
    avoid: Vec<String>,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
    /// Let characters sum up and reflect while you read, and begin to talk by themselves where the story's `company` lets them.
    #[arg(long)]
    think: bool,
    /// Print how each turn was understood and how long it took.
    #[arg(long)]
    why: bool,
}

#[derive(Default)]
struct Tally {
    turns: u32,
    ending: Option<String>,
    earned: Vec<String>,
    forced: Vec<String>,
    leaks: usize,
    lost: bool,
}

impl Play {
    /// What is not to be met; none where nothing is said of it, so that a save keeps what is in it.
    fn avoided(&self, pack: &Pack) -> Result<Option<BTreeSet<String>>, String> {
        let notes = pack.content_notes(&self.locale);
        let known = || notes.iter().map(|note| note.id.clone());
        if self.avoid.iter().any(|note| note == "all") {
            return Ok(Some(known().collect()));
        }
        match self.avoid.iter().find(|note| !known().any(|known| known == **note)) {
            Some(note) if notes.is_empty() => {
                Err(format!("there is no content note '{note}': the story names none"))
            }
            Some(note) => {
                let known: Vec<String> = known().collect();
                Err(format!(
                    "there is no content note '{note}'; the story has {}",
                    known.join(", ")
                ))
            }
            None if self.avoid.is_empty() => Ok(None),
            None => Ok(Some(self.avoid.iter().cloned().collect())),
        }
    }

    pub fn run(self) -> Result<ExitCode, String> {
        let pack = Arc::new(Pack::load(&self.story.story).map_err(|e| e.to_string())?);
        pack.left_out().iter().for_each(|why| warn(&format!("[{why}]")));
        let input: Box<dyn BufRead> = match &self.script {
            Some(path) => {
                let file = File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
                Box::new(BufReader::new(file))
            }
            None => Box::new(std::io::stdin().lock()),
        };
        let router = self.router()?;
        let slot = match &router {
            Some(router) => ModelSlot::holding(router.clone()),
            None => self.slot()?,
        };
        let stage = Stage::raise(StageSettings {
            pack: pack.clone(),
            locale: self.locale.clone(),
            seed: self.seed,
            save: self.record.clone(),
            avoid: self.avoided(&pack)?,
            model: slot.clone(),
            ear: match &self.embedder {
                None if self.no_model => None,
                embedder => ear::at_hand(embedder.as_deref())?,
            },
            autonomy: Autonomy::idle(self.think),
        });
        let mut tally = Tally::default();
        self.perform(&stage, &pack, router.as_deref(), &mut tally);
        // Bytes, not lines: broken UTF-8 is a player's right.
        for line in input.split(b'\n') {
            if tally.ending.is_some() || tally.lost {
                break;
            }
            let line = line.map_err(|e| format!("can't read the player's line: {e}"))?;
            let line = String::from_utf8_lossy(&line).into_owned();
            if self.script.is_some() {
                std::thread::sleep(Duration::try_from_secs_f32(self.pace).unwrap_or_default());
                // Shown without what would paint the terminal.
                let shown: String = line.chars().filter(|c| !c.is_control()).take(200).collect();
                tally.lost |= !show(&format!("\n> {shown}\n"));
            }
            match aside(&pack, &line) {
                Some((npc, text)) => stage.whisper(npc, text),
                None => stage.say(line),
            }
            self.perform(&stage, &pack, router.as_deref(), &mut tally);
        }
        stage.close();
        slot.close(PATIENCE);
        let account = router.map(|router| router.session());
        if let Some(account) = &account {
            tally.lost |= !show(&format!("\n{}", account.summary()));
        }
        if self.json {
            let mut result = serde_json::json!({
                "turns": tally.turns, "ending": tally.ending, "earned_beats": tally.earned,
                "forced_beats": tally.forced, "leaks": tally.leaks,
            });
            if let Some(account) = &account {
                result["account"] = ledger::sums(account);
            }
            tally.lost |= !show(&format!("{result}\n"));
        }
        Ok(if tally.lost { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// The models of a policy, opened before the first line.
    fn router(&self) -> Result<Option<Arc<Router>>, String> {
        let Some(policy) = &self.policy else { return Ok(None) };
        let ledger = self.ledger.clone().map_or_else(ledger::folder, Ok)?;
        let known = model::Known::load().map_err(|error| error.to_string())?;
        let router = Router::open(RouterSettings {
            ledger: Some(ledger),
            known: Arc::new(known),
            ..RouterSettings::new(policy)
        });
        let router = router.map_err(|error| error.to_string())?;
        router.wait(PATIENCE);
        tell(&router);
        Ok(Some(Arc::new(router)))
    }

    /// The model, opened before the first line so that a script is answered by it from the start.
    fn slot(&self) -> Result<ModelSlot, String> {
        let of_catalogue = self.model.as_deref().map(model::file).transpose()?;
        let slot = ModelSlot::default();
        let choice = match self.model_file.as_ref().or(of_catalogue.as_ref()) {
            _ if self.no_model => ModelChoice::None,
            Some(file) => {
                let adapters = self.adapter.iter().cloned().collect();
                let smaller = model::smaller();
                let settings = LocalSettings { adapters, smaller, ..LocalSettings::default() };
                ModelChoice::Tuned(file.clone(), settings)
            }
            None => RemoteSettings::from_env().map_or(ModelChoice::None, ModelChoice::Remote),
        };
        slot.fill(choice);
        if let SlotState::Failed(why) = slot.wait(PATIENCE) {
            warn(&format!("[{why}. The story plays with authored lines.]"));
        }
        Ok(slot)
    }

    /// Prints until the turn is over.
    fn perform(&self, stage: &Stage, pack: &Pack, router: Option<&Router>, tally: &mut Tally) {
        loop {
            let Some(cue) = stage.wait_cue(PATIENCE) else {
                warn("[the play gives no answer any more]");
                tally.lost = true;
                return;
            };
            let text = match cue {
                Cue::Opened { resumed, history, ended, .. } => {
                    let told = history.iter().map(|line| format!("  {}\n", line.text));
                    tally.lost |= !show(&told.collect::<String>());
                    tally.ending = ended;
                    if resumed {
                        return;
                    }
                    continue;
                }
                Cue::LineBegan { npc: Some(npc), emotion, .. } => {
                    format!("\n{} ({}): ", pack.display_name(&self.locale, &npc), emotion.label())
                }
                Cue::LineBegan { npc: None, .. } => "\n  ".into(),
                Cue::Delta(text) => text,
                Cue::LineEnded { .. } => "\n".into(),
                Cue::Notice(text) => {
                    warn(&format!("[{text}]"));
                    continue;
                }
                Cue::Call { number, call, .. } => {
                    stage.answer(number, Err(format!("'{}' can't be done here", call.name)));
                    continue;
                }
                Cue::BeatReached { beat, earned } => {
                    // What passes by itself is neither earned nor ended by the ladder.
                    if !pack.beat(&beat).is_some_and(dramaturg_story::Beat::passes) {
                        if earned { &mut tally.earned } else { &mut tally.forced }.push(beat);
                    }
                    continue;
                }
                Cue::Ended { ending } => {
                    let text = format!("\n*** {ending} ***\n");
                    tally.ending = Some(ending);
                    text
                }
                Cue::TurnEnded { turn, report } => {
                    tally.turns = turn;
                    tally.leaks += report.leaks.len();
                    router.into_iter().for_each(tell);
                    if self.why {
                        why(&report);
                    }
                    return;
                }
                Cue::Acted { .. } | Cue::SceneBegan { .. } | Cue::Saved(_) => continue,
            };
            tally.lost |= !show(&text);
        }
    }
}

/// An adapter as it is given at the command line.
fn adapter(given: &str) -> Result<(AdapterId, Adapter), String> {
    match given.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok((name.into(), Adapter::new(file)))
        }
        _ => Err("give the name that the story uses and the file: marta=marta-lora.gguf".into()),
    }
}

/// A line that is said to one alone, `/to Marta I know`: the character's id, and the words.
fn aside<'l>(pack: &Pack, line: &'l str) -> Option<(String, &'l str)> {
    let rest = line.trim().strip_prefix("/to ")?.trim_start();
    let named =
        pack.cast().flat_map(|npc| pack.names_of(npc).into_iter().map(move |name| (npc, name)));
    let meant = named.filter_map(|(npc, name)| {
        let (said, text) = rest.split_at_checked(name.len())?;
        let ends = text.is_empty() || text.starts_with([' ', ',', ':', '，', '：']);
        (ends && said.to_lowercase() == name.to_lowercase()).then_some((npc, name.len(), text))
    });
    // Of two names the longer is meant: 'old Piet' and 'old'.
    let (npc, _, text) = meant.max_by_key(|(_, length, _)| *length)?;
    Some((npc.to_owned(), text.trim_start_matches([' ', ',', ':', '，', '：'])))
}

/// Words appear as they come. Returns whether there is still a terminal.
fn show(text: &str) -> bool {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
}

/// What a router has to say to people: another tier speaks, one can't be opened.
fn tell(router: &Router) {
    router.news().iter().for_each(|news| warn(&format!("[{news}]")));
}

/// A message for the person at the terminal; nobody is told when it is gone.
fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn why(report: &TurnReport) {
    let odds: Vec<_> = report.interpretation.iter().map(|(id, p)| format!("{id} {p}")).collect();
    for told in &report.told {
        warn(&format!("  [{told}]"));
    }
    if !report.improvised.is_empty() {
        warn(&format!("  [the model wrote: {:?}]", report.improvised));
    }
    for thought in &report.thoughts {
        warn(&format!("  [{thought}]"));
    }
    for passage in &report.passages {
        warn(&format!("  [read in {}: {}]", passage.source(), passage.text));
    }
    warn(&format!(
        "  [{} by {} ({}) | {} | {} prompt tokens, {:?} cached | understood {} ms, first word {:?} ms, all {} ms]",
        report.chosen,
        report.by,
        odds.join(", "),
        report.directive,
        report.prompt_tokens,
        report.cached_tokens,
        report.interpreted_ms,
        report.first_token_ms,
        report.total_ms
    ));
}
