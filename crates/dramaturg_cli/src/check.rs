//! `dramaturg check` and `dramaturg graph`.

use clap::ValueEnum;
use dramaturg_journal::JournalReader;
use dramaturg_story::{
    Code, Diagnostic, Event, Limits, MoodCurves, Pack, PackError, Report, check, mermaid, svg,
    unreadable,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// How far to look.
#[derive(clap::Args)]
struct Reach {
    /// The most states that are looked at.
    #[arg(long, default_value_t = Limits::default().states)]
    states: usize,
    /// The most seconds that it may take.
    #[arg(long, default_value_t = Limits::default().time.as_secs())]
    seconds: u64,
}

impl Reach {
    fn limits(&self) -> Limits {
        Limits { states: self.states, time: Duration::from_secs(self.seconds) }
    }
}

/// Shown below the help.
const EXAMPLES: &str = "\
Examples:
  dramaturg check assets/stories/lantern
  dramaturg check my_story --states 5000000 --seconds 300   look further
  dramaturg check --explain DR0007                          what does that error mean?

Exit status: 0 no errors (there may be warnings), 1 errors, 2 wrong use or unreadable input.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    /// The folder of the story pack.
    #[arg(required_unless_present = "explain")]
    pack: Option<PathBuf>,
    #[command(flatten)]
    reach: Reach,
    /// Tell what a code such as DR0005 means, with an example; `all` for all of them.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["pack", "json"])]
    explain: Option<String>,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub fn run(self) -> Result<ExitCode, String> {
        if let Some(code) = &self.explain {
            return explain(code);
        }
        let folder = self.pack.unwrap_or_default();
        let report = match load(&folder)? {
            Ok(pack) => check(&pack, &self.reach.limits()),
            Err(error) => unreadable(&error),
        };
        print!("{report}");
        if let Some(code) = report.diagnostics.first().map(|first| first.code) {
            println!("what a code means: dramaturg check --explain {code}");
        }
        if self.json {
            println!("{}", object(&report));
        }
        Ok(if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The pack, or the mistake for which it can't be read; an error where there are no files.
fn load(folder: &Path) -> Result<Result<Arc<Pack>, PackError>, String> {
    let logic = folder.join("pack.ron");
    if let Err(error) = std::fs::read(&logic) {
        return Err(format!(
            "{}: {error}; a story pack is a folder with a pack.ron",
            logic.display()
        ));
    }
    Ok(Pack::load(folder).map(Arc::new))
}

fn explain(code: &str) -> Result<ExitCode, String> {
    let codes: Vec<Code> =
        match code {
            "all" => Code::all().to_vec(),
            code => {
                let last = Code::all().last().map(Code::to_string).unwrap_or_default();
                let found = Code::from_number(code);
                vec![found.ok_or_else(|| {
                    format!("there is no code '{code}': they are DR0001 to {last}")
                })?]
            }
        };
    for code in codes {
        println!("{code} ({:?})\n\n{}\n", code.severity(), code.explain());
    }
    Ok(ExitCode::SUCCESS)
}

fn told(diagnostic: &Diagnostic) -> Value {
    json!({
        "code": diagnostic.code.to_string(),
        "file": diagnostic.place.file.display().to_string(),
        "line": diagnostic.place.line,
        "column": diagnostic.place.column,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "why": diagnostic.notes,
        "path": diagnostic.path,
    })
}

fn object(report: &Report) -> Value {
    let silent =
        report.silent.map(|silent| json!({"turns": silent.turns, "promised": silent.promised}));
    json!({
        "ok": report.is_ok(),
        "errors": report.errors().map(told).collect::<Vec<_>>(),
        "warnings": report.warnings().map(told).collect::<Vec<_>>(),
        "states": report.states,
        "steps": report.steps,
        "bounded": report.bounded,
        "silent": silent,
        "seconds": report.seconds,
    })
}

#[derive(clap::Args)]
pub struct Graph {
    /// The folder of the story pack.
    pack: PathBuf,
    #[command(flatten)]
    reach: Reach,
    /// Draw how moods went in this recorded play, not the story: as a table, or as a picture.
    #[arg(long, value_name = "JOURNAL")]
    mood: Option<PathBuf>,
    /// How it is drawn; by the name of the file, if one is given.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write the picture to this file; without it, it is printed.
    #[arg(long, short)]
    out: Option<PathBuf>,
    /// Print one JSON object as the last line: where the picture is, or the picture itself.
    #[arg(long)]
    json: bool,
}

/// How moods went in a recorded play.
fn moods(pack: &Pack, journal: &Path) -> Result<MoodCurves, String> {
    let reader = JournalReader::<Event>::open(journal);
    let recorded = reader.and_then(|reader| reader.entries()).map_err(|e| e.to_string())?;
    let played = recorded.iter().find_map(|stored| match &stored.entry {
        Event::Opened { pack, .. } => Some(pack.as_str()),
        _ => None,
    });
    match played {
        Some(id) if id != pack.id => {
            Err(format!("{} is a play of '{id}', not of '{}'", journal.display(), pack.id))
        }
        _ => Ok(MoodCurves::of(pack, &recorded)),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for Mermaid, which GitHub and others draw.
    Mermaid,
    /// A picture.
    Svg,
    /// A table of moods.
    Csv,
}

impl Graph {
    pub fn run(self) -> Result<ExitCode, String> {
        let pack = load(&self.pack)?.map_err(|error| error.to_string())?;
        let is_svg =
            self.out.as_ref().is_some_and(|out| out.extension().is_some_and(|e| e == "svg"));
        let plain = if self.mood.is_some() { Format::Csv } else { Format::Mermaid };
        let format = self.format.unwrap_or(if is_svg { Format::Svg } else { plain });
        let drawn = match (&self.mood, format) {
            (Some(journal), Format::Csv) => moods(&pack, journal)?.csv(),
            (Some(journal), Format::Svg) => moods(&pack, journal)?.svg(),
            (Some(_), Format::Mermaid) => return Err("moods are drawn as csv or svg".into()),
            (None, Format::Csv) => {
                return Err("csv is the table of a play's moods: name the play with --mood".into());
            }
            (None, Format::Mermaid) => mermaid(&pack, &check(&pack, &self.reach.limits())),
            (None, Format::Svg) => svg(&pack, &check(&pack, &self.reach.limits())),
        };
        match &self.out {
            Some(file) => std::fs::write(file, &drawn)
                .map_err(|error| format!("can't write {}: {error}", file.display()))?,
            None if !self.json => print!("{drawn}"),
            None => {}
        }
        if self.json {
            let named = format.to_possible_value().map(|value| value.get_name().to_owned());
            let here = self.out.is_none().then_some(drawn);
            println!(
                "{}",
                json!({"story": pack.id, "format": named, "out": self.out, "drawn": here})
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}
