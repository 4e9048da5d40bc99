//! The player's lines of recorded plays, answered by other models: what of the expectations still holds.

use super::cases::{Case, Failure, Fault, Packs, each, entries, expectations, unbroken};
use super::expect::Told;
use crate::{ear, model};
use dramaturg_llm::{LocalSettings, RemoteSettings};
use dramaturg_story::{Answering, ModelChoice, ModelSlot, SlotState, again};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The longest that opening a model may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// What came of all replays with one model.
pub struct Column {
    pub model: String,
    /// In the order of the journals.
    pub rows: Vec<Row>,
}

/// What came of one.
pub struct Row {
    expectations: usize,
    ending: Option<String>,
    pub failures: Vec<Failure>,
    pub took: Duration,
}

impl Row {
    fn held(&self) -> usize {
        let missed = self.failures.iter().filter(|failure| failure.kind == Fault::Missed);
        self.expectations.saturating_sub(missed.count())
    }
}

/// Another model: `none`, `server`, a GGUF file or an id of the catalogue.
fn choice(named: &str) -> Result<ModelChoice, String> {
    let file = PathBuf::from(named);
    match named {
        "none" => Ok(ModelChoice::None),
        "server" => RemoteSettings::from_env().map(ModelChoice::Remote).ok_or_else(|| {
            "no server is named: set DRAMATURG_BASE_URL, and DRAMATURG_REMOTE_MODEL".into()
        }),
        named => {
            let file = if file.is_file() { file } else { model::file(named)? };
            let smaller = model::smaller();
            Ok(ModelChoice::Tuned(file, LocalSettings { smaller, ..LocalSettings::default() }))
        }
    }
}

/// Plays all of them with that model. One at a time where there is one: they would only wait for each other.
pub fn column(
    named: &str,
    embedder: Option<&str>,
    cases: &[Case],
    packs: &Packs,
    jobs: usize,
) -> Result<Column, String> {
    let slot = ModelSlot::default();
    slot.fill(choice(named)?);
    // Figures without the model that was asked for would be taken for figures with it.
    if let SlotState::Failed(why) = slot.wait(PATIENCE) {
        return Err(why);
    }
    let model = slot.model();
    let ear = match cases.iter().any(|case| case.heard) {
        true => ear::at_hand(embedder)?,
        false => None,
    };
    let jobs = if model.is_some() { 1 } else { jobs };
    let rows = each(jobs, cases, |case| {
        let began = Instant::now();
        // Heard as it was heard then: by an ear, or by the words alone. Else two things would be other than they were.
        let ear = ear.clone().filter(|_| case.heard);
        let run = || row(&case.journal, packs, Answering::Anew { model: model.clone(), ear });
        let row = unbroken(run).and_then(|row| row);
        let mut row = row.unwrap_or_else(|found| Row {
            expectations: case.expectations,
            ending: None,
            failures: vec![Failure {
                kind: Fault::Unreadable,
                place: case.journal.display().to_string(),
                expected: String::new(),
                found,
            }],
            took: Duration::ZERO,
        });
        row.took = began.elapsed();
        row
    });
    slot.close(PATIENCE);
    let model = match Path::new(named).file_stem() {
        Some(stem) if named.ends_with(".gguf") => stem.to_string_lossy().into_owned(),
        _ => named.to_owned(),
    };
    Ok(Column { model, rows })
}

fn row(journal: &Path, packs: &Packs, answering: Answering) -> Result<Row, String> {
    let recorded = entries(journal)?;
    let pack = packs.of(&recorded)?;
    let turns = again(pack.clone(), &recorded, answering);
    let told = Told::new(&pack, turns.map(|turn| (turn.number(), turn.events)).collect());
    let expectations = expectations(journal, &pack).unwrap_or_default();
    let file = journal.with_extension("expect");
    let failures = expectations.iter().filter_map(|expected| {
        Some(Failure {
            kind: Fault::Missed,
            place: format!("{}:{}", file.display(), expected.line),
            expected: expected.written.clone(),
            found: told.misses(expected)?,
        })
    });
    Ok(Row {
        failures: failures.collect(),
        expectations: expectations.len(),
        ending: told.ending().map(str::to_owned),
        took: Duration::ZERO,
    })
}

/// A table of models × replays: how many of the expectations hold, and how each play ends.
pub fn table(cases: &[Case], columns: &[Column]) -> String {
    let mut text = String::from("\n| replay | recorded |");
    columns.iter().for_each(|column| text.extend([" ", &column.model, " |"]));
    text.push_str("\n|---|---|");
    columns.iter().for_each(|_| text.push_str("---|"));
    text.push('\n');
    let cell = |held: usize, of: usize, ending: &Option<String>| {
        let ending = ending.as_deref().unwrap_or("no ending");
        if of == 0 { format!(" {ending} |") } else { format!(" {held} of {of}, {ending} |") }
    };
    for (at, case) in cases.iter().enumerate() {
        let name = case.journal.file_stem().unwrap_or_default().to_string_lossy();
        // Writing to a string can't fail.
        let _ = write!(text, "| {name} |{}", cell(case.held(), case.expectations, &case.ending));
        for row in columns.iter().filter_map(|column| column.rows.get(at)) {
            text.push_str(&cell(row.held(), row.expectations, &row.ending));
        }
        text.push('\n');
    }
    let all = |held: usize, of: usize| format!(" {held} of {of} |");
    let held = cases.iter().map(Case::held).sum();
    let _ = write!(text, "| all |{}", all(held, cases.iter().map(|case| case.expectations).sum()));
    for Column { rows, .. } in columns {
        let held = rows.iter().map(Row::held).sum();
        text.push_str(&all(held, rows.iter().map(|row| row.expectations).sum()));
    }
    text.push('\n');
    for Column { model, rows } in columns {
        for failure in rows.iter().flat_map(|row| &row.failures) {
            let _ = write!(text, "\n{model}: {failure}");
        }
    }
    text
}

/// A column for programs.
pub fn json(cases: &[Case], column: &Column) -> Value {
    let row = |(case, row): (&Case, &Row)| {
        json!({
            "journal": case.journal.display().to_string(), "expectations": row.expectations, "held": row.held(),
            "ending": row.ending, "recorded_ending": case.ending,
            "failures": row.failures.iter().map(Failure::json).collect::<Vec<_>>(),
        })
    };
    let rows = cases.iter().zip(&column.rows).map(row);
    json!({"model": column.model, "replays": rows.collect::<Vec<_>>()})
}
