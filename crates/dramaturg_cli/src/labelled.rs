//! `dramaturg simulate --labelled`: how well the director understands lines of which a person said what they do.

use dramaturg_llm::LanguageModel;
use dramaturg_story::{Ear, Facts, Interpretation, Pack, ReadBy, Situation, Value};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// What is read, and what is told of it.
pub struct Labelled {
    /// Labelled lines: one JSON object each, as docs/evaluation.md describes.
    pub file: PathBuf,
    /// The folder of the pack of lines that name none, or one that is nowhere else.
    pub pack: PathBuf,
    /// Only the lines of this split.
    pub split: Option<String>,
    /// Whether the signs and scores of each line are printed: what the weights are fitted on.
    pub signs: bool,
    /// Whether the last line is one JSON object.
    pub json: bool,
}

/// A labelled line.
#[derive(Deserialize)]
struct Case {
    /// The pack: a folder, seen from the working folder or the file's, or the name of one in assets/stories.
    #[serde(default)]
    pack: String,
    /// The open beat under `beat`, and facts that differ from how the story begins.
    #[serde(default)]
    state: BTreeMap<String, serde_json::Value>,
    #[serde(alias = "text", alias = "utterance")]
    line: String,
    #[serde(alias = "locale", alias = "lang", default = "english")]
    language: String,
    /// The moves that the line makes.
    #[serde(default, alias = "expected_moves", alias = "moves")]
    expected: Vec<String>,
    /// What kind of line it is, where it makes no move.
    #[serde(default, alias = "kind")]
    family: Option<String>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    split: Option<String>,
}

fn english() -> String {
    "en".into()
}

/// Kinds of lines that make no move. Where a line does not name its family, the first of these in its note is it.
const FAMILIES: [&str; 9] = [
    "neutral",
    "reported",
    "negated",
    "claimed",
    "hypothetical",
    "authority",
    "pseudo_logic",
    "bracket",
    "omission",
];

#[derive(Default)]
struct Count {
    lines: usize,
    wrong: usize,
}

impl Count {
    fn add(&mut self, wrong: bool) {
        self.lines += 1;
        self.wrong += usize::from(wrong);
    }
    fn rate(&self) -> f64 {
        self.wrong as f64 / self.lines.max(1) as f64
    }
}

#[derive(Default)]
struct Tally {
    families: BTreeMap<String, Count>,
    /// Lines that make moves: those of which one was missed, those to which another was granted.
    missed: Count,
    other: Count,
    asked: usize,
    /// Milliseconds of each line.
    times: Vec<f64>,
}

impl Case {
    fn family(&self) -> String {
        let named = self.family.as_deref().or(self.note.as_deref()).unwrap_or_default();
        let named = named.to_lowercase().replace(['-', ' '], "_");
        let aliases =
            [("bracketed", "bracket"), ("hypothesis", "hypothetical"), ("report", "reported")];
        let known = FAMILIES.iter().find(|family| named.contains(**family)).copied();
        let known =
            known.or_else(|| aliases.iter().find(|(a, _)| named.contains(a)).map(|(_, f)| *f));
        known.unwrap_or("neutral").to_owned()
    }

    /// The moment at which the line is said.
    fn situation(&self, pack: &Pack) -> Result<Situation, String> {
        let mut facts = Facts::new();
        for (name, value) in &self.state {
            let value = match value {
                serde_json::Value::Bool(b) => Value::Bool(*b),
                serde_json::Value::Number(n) => {
                    let n = n.as_i64().and_then(|n| i32::try_from(n).ok());
                    Value::Number(n.ok_or(format!("the fact '{name}' is no whole number"))?)
                }
                serde_json::Value::String(s) => Value::Enum(s.clone()),
                _ => {
                    return Err(format!(
                        "the fact '{name}' is neither true, false, a number nor a word"
                    ));
                }
            };
            facts.insert(name.clone(), value);
        }
        let named = match facts.remove("beat") {
            Some(Value::Enum(beat)) => Some(beat),
            _ => None,
        };
        if let Some(beat) = named.as_ref().filter(|beat| pack.beat(beat).is_none()) {
            return Err(format!("the pack has no beat '{beat}'"));
        }
        let at = |beat: &str| Situation {
            locale: self.language.clone(),
            beat: beat.to_owned(),
            facts: facts.clone(),
        };
        // Without a beat it is the first in which the expected moves are open.
        let open = |beat: &&dramaturg_story::Beat| {
            let open = at(&beat.id).open_moves(pack);
            !self.expected.is_empty() && self.expected.iter().all(|id| open.contains(id))
        };
        let found = || pack.beats().iter().find(open).map(|beat| beat.id.clone());
        Ok(at(&named.or_else(found).unwrap_or_else(|| pack.start.clone())))
    }
}

impl Labelled {
    /// Reads each line as the director would, with the model or by matching alone.
    pub fn run(
        self,
        ear: Option<&Ear>,
        model: Option<&dyn LanguageModel>,
    ) -> Result<ExitCode, String> {
        let source = std::fs::read_to_string(&self.file)
            .map_err(|e| format!("{}: {e}", self.file.display()))?;
        let mut packs: BTreeMap<String, Pack> = BTreeMap::new();
        let mut tally = Tally::default();
        for (number, line) in source.lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
        {
            let place =
                |message: String| format!("{}:{}: {message}", self.file.display(), number + 1);
            let case: Case = serde_json::from_str(line).map_err(|e| place(e.to_string()))?;
            if self.split.is_some() && self.split != case.split {
                continue;
            }
            if !packs.contains_key(&case.pack) {
                let folder = self.folder(&case.pack).map_err(place)?;
                let pack = Pack::load(&folder).map_err(|e| place(e.to_string()))?;
                packs.insert(case.pack.clone(), pack);
            }
            let Some(pack) = packs.get(&case.pack) else { continue };
            let situation = case.situation(pack).map_err(place)?;
            let began = Instant::now();
            let read = situation.read(pack, &case.line, ear, model);
            let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
            // The first line of a pack in a language makes its examples ready.
            tally.times.push(milliseconds);
            tally.count(&case, &read);
            if self.signs {
                println!("{}", signs(number, &read));
            } else if let Some(wrong) = wrong(&case, &read) {
                println!("{wrong}");
            }
        }
        self.report(&mut tally);
        Ok(ExitCode::SUCCESS)
    }

    /// Where a pack is: as it is named, beside the file of lines, among the stories; else the one that was given.
    fn folder(&self, pack: &str) -> Result<PathBuf, String> {
        let beside = self.file.parent().unwrap_or(Path::new("")).join(pack);
        let story = Path::new("assets/stories").join(pack);
        let places = [PathBuf::from(pack), beside, story];
        let found =
            places.iter().find(|place| !pack.is_empty() && place.join("pack.ron").is_file());
        if let Some(place) = found {
            return Ok(place.clone());
        }
        let given = self.pack.file_name().is_some_and(|name| name == pack)
            || Pack::load(&self.pack).is_ok_and(|given| given.id == pack);
        if pack.is_empty() || given {
            return Ok(self.pack.clone());
        }
        let places: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
        Err(format!("there is no pack '{pack}'; looked for pack.ron in {}", places.join(", ")))
    }

    fn report(&self, tally: &mut Tally) {
        tally.times.sort_by(f64::total_cmp);
        let lines = tally.times.len();
        let share = |p: usize| tally.times.get((lines * p / 100).min(lines.saturating_sub(1)));
        let at = |p: usize| share(p).copied().unwrap_or_default();
        let longest = tally.times.last().copied().unwrap_or_default();
        if !self.json {
            let mut text = String::new();
            for (family, count) in &tally.families {
                let _ =
                    writeln!(text, "false grants, {family}: {} of {}", count.wrong, count.lines);
            }
            let _ = writeln!(text, "missed: {} of {}", tally.missed.wrong, tally.missed.lines);
            let _ = writeln!(
                text,
                "another move granted: {} of {}",
                tally.other.wrong, tally.other.lines
            );
            let _ = writeln!(text, "asked the model: {} of {lines}", tally.asked);
            let _ = writeln!(
                text,
                "time: median {:.2} ms, p95 {:.2} ms, longest {longest:.1} ms",
                at(50),
                at(95)
            );
            print!("{text}");
            return;
        }
        let rates: serde_json::Map<_, _> = FAMILIES
            .iter()
            .map(|family| {
                ((*family).to_owned(), json!(tally.families.get(*family).map_or(0.0, Count::rate)))
            })
            .collect();
        let counts: serde_json::Map<_, _> = tally
            .families
            .iter()
            .map(|(family, count)| {
                (family.clone(), json!({"wrong": count.wrong, "of": count.lines}))
            })
            .collect();
        println!(
            "{}",
            json!({
                "false_grant": rates,
                "missed": tally.missed.rate(),
                "lines": lines,
                "counts": {
                    "false_grant": counts,
                    "missed": {"wrong": tally.missed.wrong, "of": tally.missed.lines},
                    "other_move": {"wrong": tally.other.wrong, "of": tally.other.lines},
                },
                "asked_model": tally.asked,
                "line_ms": {"p50": at(50), "p95": at(95), "max": longest},
            })
        );
    }
}

impl Tally {
    fn count(&mut self, case: &Case, read: &Interpretation) {
        let granted: Vec<&str> = read.moves().collect();
        let extra = granted.iter().any(|id| !case.expected.iter().any(|e| e == id));
        self.asked += usize::from(read.by == ReadBy::Model);
        if case.expected.is_empty() {
            self.families.entry(case.family()).or_default().add(extra);
        } else {
            let missing = case.expected.iter().any(|e| !granted.contains(&e.as_str()));
            self.missed.add(missing);
            self.other.add(extra);
        }
    }
}

/// A line that was taken wrongly, with its odds.
fn wrong(case: &Case, read: &Interpretation) -> Option<String> {
    let granted: Vec<&str> = read.moves().collect();
    let right = granted == case.expected.iter().map(String::as_str).collect::<Vec<_>>();
    let odds: Vec<_> = read.odds.iter().map(|(id, odds)| format!("{id} {odds}")).collect();
    let family = if case.expected.is_empty() { case.family() } else { case.expected.join("+") };
    let as_what = format!("{:?} by {:?}", read.readings, read.by);
    (!right).then(|| {
        format!("[{} {family}] {} -> {as_what} ({})", case.language, case.line, odds.join(", "))
    })
}

fn signs(number: usize, read: &Interpretation) -> serde_json::Value {
    let scores: BTreeMap<_, _> = read.scores.iter().map(|(id, score)| (id, score)).collect();
    let signs: BTreeMap<_, _> = read.signs.iter().map(|(id, signs)| (id, signs)).collect();
    let odds: BTreeMap<_, _> = read.odds.iter().map(|(id, odds)| (id, odds)).collect();
    let senses: BTreeMap<_, _> = read.senses.iter().map(|(id, senses)| (id, senses)).collect();
    json!({
        "sense_names": Interpretation::sense_names(), "senses": senses,
        "line": number, "names": Interpretation::sign_names(), "signs": signs, "scores": scores, "odds": odds,
        "granted": read.moves().collect::<Vec<_>>(),
    })
}
