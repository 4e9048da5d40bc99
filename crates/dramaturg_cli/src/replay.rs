//! `dramaturg replay`.

mod accept;
mod against;
mod cases;
mod expect;
mod junit;

use crate::Story;
use against::Column;
use cases::{Case, Fault, Packs};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Shown below the help.
const EXAMPLES: &str = "\
Expectations stand beside a journal, NAME.expect beside NAME.journal, one a line: `reached coat`, `ending keep`,
`fact trust >= 3`, `says not \"AI\"`, `turn 3 emotion marta sad`, `calls <= 40`. docs/testing.md has all of them.

Examples:
  dramaturg replay tests/replays                          all journals of a folder
  dramaturg replay tests/replays --junit replays.xml      for a CI
  dramaturg replay tests/replays/a.journal --accept       write one anew, after a look at the difference
  dramaturg replay tests/replays --against none --against qwen2.5-coder-1.5b
                                                          the same lines to other models: what still holds?

Exit status: 0 all as recorded and as expected, 1 something is not, 2 wrong use or unreadable input.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Replay {
    #[command(flatten)]
    story: Story,
    /// Recorded sessions, or folders of them (`*.journal`).
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Write a journal anew whose replay differs, after printing the difference. Only files that are named, not folders; not
    /// where an expectation fails, and not where the model would be asked something to which no answer was recorded.
    #[arg(long, conflicts_with = "against")]
    accept: bool,
    /// Play the player's lines to this model, too, and tell which expectations still hold: a model of the catalogue, a GGUF
    /// file, `server` (DRAMATURG_BASE_URL) or `none`. Give it once for each.
    #[arg(long, value_name = "MODEL")]
    against: Vec<String>,
    /// What hears the lines that an embedder heard when they were recorded, with --against: an embedding model of the
    /// catalogue, a GGUF file, or `none`. By default multilingual-e5-small where it is on this machine.
    #[arg(long, requires = "against")]
    embedder: Option<String>,
    /// Write the results to this file as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// How many are played at the same time; as many as there are cores by default.
    #[arg(long)]
    jobs: Option<NonZeroUsize>,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub fn run(self) -> Result<ExitCode, String> {
        if self.accept
            && let Some(folder) = self.paths.iter().find(|path| path.is_dir())
        {
            return Err(format!(
                "{} is a folder: name the journals that --accept may write anew",
                folder.display()
            ));
        }
        let packs = Packs::beside(&self.story.story)?;
        let journals = cases::journals(&self.paths)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = self.jobs.map_or(cores, usize::from);
        let mut cases = cases::each(jobs, &journals, |journal| Case::of(journal, &packs));
        let mut accepted = Vec::new();
        for case in &mut cases {
            tell(case);
            if self.accept && case.differs() && accept(case, &packs) {
                accepted.push(case.journal.display().to_string());
            }
        }
        let failed = cases.iter().filter(|case| !case.passed()).count();
        println!("{} passed, {failed} failed", cases.len() - failed);
        let mut columns: Vec<Column> = Vec::new();
        for named in &self.against {
            let embedder = self.embedder.as_deref();
            columns.push(against::column(named, embedder, &cases, &packs, jobs)?);
        }
        if !columns.is_empty() {
            println!("{}", against::table(&cases, &columns).trim_end());
        }
        if let Some(file) = &self.junit {
            std::fs::write(file, junit::xml(&cases, &columns))
                .map_err(|error| format!("can't write {}: {error}", file.display()))?;
        }
        let drifted = columns.iter().flat_map(|column| &column.rows);
        let drifted = drifted.filter(|row| !row.failures.is_empty()).count();
        if self.json {
            let passing = cases.iter().filter(|case| case.passed());
            let against = columns.iter().map(|column| against::json(&cases, column));
            let result = serde_json::json!({
                "passed": cases.len() - failed, "failed": failed,
                "entries": passing.map(|case| case.entries).sum::<usize>(),
                "expectations": cases.iter().map(|case| case.expectations).sum::<usize>(),
                "held": cases.iter().map(Case::held).sum::<usize>(),
                "accepted": accepted, "replays": cases.iter().map(Case::json).collect::<Vec<_>>(),
                "against": against.collect::<Vec<_>>(),
            });
            println!("{result}");
        }
        Ok(if failed == 0 && drifted == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Says what came of it.
fn tell(case: &Case) {
    if case.passed() {
        let held = match case.expectations {
            0 => String::new(),
            1 => "; its expectation holds".into(),
            all => format!("; all {all} expectations hold"),
        };
        println!("{}: {} entries, the same{held}", case.journal.display(), case.entries);
        return;
    }
    case.failures.iter().for_each(|failure| println!("{failure}"));
    if case.differs() && case.expectations > 0 {
        println!("  {} of {} expectations hold", case.held(), case.expectations);
    }
}

/// Writes a journal anew that differs and has no other fault. Returns whether it did.
fn accept(case: &mut Case, packs: &Packs) -> bool {
    let shown = case.journal.display().to_string();
    if case.failures.iter().any(|failure| failure.kind != Fault::Differs) {
        println!(
            "{shown}: not accepted, as expectations fail: change those first, if that is meant"
        );
        return false;
    }
    let again = match accept::accept(&case.journal, packs) {
        Ok(_) => Case::of(&case.journal, packs),
        Err(why) => {
            println!("{shown}: not accepted: {why}");
            return false;
        }
    };
    *case = again;
    println!("{shown}: accepted, with {} entries now", case.entries);
    case.failures.iter().for_each(|failure| println!("{failure}"));
    case.passed()
}
