//! The journals that are replayed, and what came of each.

use super::expect::{self, Expectation, Told};
use dramaturg_journal::{JournalReader, Stored};
use dramaturg_story::{Answering, Event, Pack, again};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The ending of a text of expectations.
const EXPECT: &str = "expect";

/// What came of one journal.
pub struct Case {
    pub journal: PathBuf,
    /// The story that it is a play of, where the journal says so.
    pub story: String,
    /// How many entries it has.
    pub entries: usize,
    /// How many expectations stand beside it.
    pub expectations: usize,
    pub ending: Option<String>,
    /// An ear took part in it.
    pub heard: bool,
    pub failures: Vec<Failure>,
    pub took: Duration,
}

/// One thing that is not as it should be.
pub struct Failure {
    pub kind: Fault,
    /// `FILE` or `FILE:LINE`.
    pub place: String,
    /// The expectation as it is written; empty where the failure is none of an expectation.
    pub expected: String,
    pub found: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The journal can't be read, or its story, or the engine broke on it.
    Unreadable,
    /// An entry came out differently.
    Differs,
    /// A line of the text beside it is no expectation.
    Mistake,
    /// An expectation does not hold.
    Missed,
}

impl Fault {
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Differs => "differs",
            Self::Mistake => "mistake",
            Self::Missed => "missed",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, expected, found, .. } = self;
        match expected.as_str() {
            // Errors of files name them already.
            "" if found.starts_with(place.as_str()) => f.write_str(found),
            "" => write!(f, "{place}: {found}"),
            expected => write!(f, "{place}: {expected}\n  found:    {found}"),
        }
    }
}

impl Failure {
    pub fn json(&self) -> Value {
        let Self { kind, place, expected, found } = self;
        json!({"kind": kind.name(), "place": place, "expected": expected, "found": found})
    }
}

impl Case {
    /// Plays a journal again and looks at it.
    pub fn of(journal: &Path, packs: &Packs) -> Self {
        let began = Instant::now();
        let mut case = Self {
            journal: journal.to_owned(),
            story: String::new(),
            entries: 0,
            expectations: 0,
            ending: None,
            heard: false,
            failures: Vec::new(),
            took: Duration::ZERO,
        };
        let looked = unbroken(|| case.look(packs));
        if let Err(found) = looked.and_then(|done| done) {
            case.fail(Fault::Unreadable, journal.display().to_string(), "", found);
        }
        case.took = began.elapsed();
        case
    }

    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    pub fn differs(&self) -> bool {
        self.failures.iter().any(|failure| failure.kind == Fault::Differs)
    }

    /// How many of the expectations hold.
    pub fn held(&self) -> usize {
        let missed = self.failures.iter().filter(|failure| failure.kind == Fault::Missed);
        self.expectations.saturating_sub(missed.count())
    }

    pub fn json(&self) -> Value {
        json!({
            "journal": self.journal.display().to_string(), "story": self.story, "passed": self.passed(),
            "entries": self.entries, "expectations": self.expectations, "held": self.held(),
            "ending": self.ending, "failures": self.failures.iter().map(Failure::json).collect::<Vec<_>>(),
        })
    }

    fn fail(&mut self, kind: Fault, place: String, expected: &str, found: String) {
        self.failures.push(Failure { kind, place, expected: expected.into(), found });
    }

    fn look(&mut self, packs: &Packs) -> Result<(), String> {
        let recorded = entries(&self.journal)?;
        self.entries = recorded.len();
        self.story = story_of(&recorded).unwrap_or_default().to_owned();
        self.heard = recorded.iter().any(|stored| matches!(stored.entry, Event::Likened(_)));
        let pack = packs.of(&recorded)?;
        let (mut turns, mut difference) = (Vec::new(), None);
        for turn in again(pack.clone(), &recorded, Answering::Recorded) {
            difference = difference.or_else(|| turn.difference());
            turns.push((turn.number(), turn.events));
        }
        if let Some(difference) = difference {
            let place = self.journal.display().to_string();
            self.fail(Fault::Differs, place, "", difference.to_string());
        }
        let told = Told::new(&pack, turns);
        self.ending = told.ending().map(str::to_owned);
        let file = self.journal.with_extension(EXPECT);
        match expectations(&self.journal, &pack) {
            Ok(expectations) => {
                self.expectations = expectations.len();
                for expected in &expectations {
                    if let Some(found) = told.misses(expected) {
                        let place = format!("{}:{}", file.display(), expected.line);
                        self.fail(Fault::Missed, place, &expected.written, found);
                    }
                }
            }
            Err(mistakes) => {
                for (line, found) in mistakes {
                    let place = format!("{}:{line}", file.display());
                    self.fail(Fault::Mistake, place, "", found);
                }
            }
        }
        Ok(())
    }
}

/// What stands in the text beside a journal; nothing where there is none.
///
/// # Errors
/// The lines that are no expectations, with their numbers.
pub fn expectations(journal: &Path, pack: &Pack) -> Result<Vec<Expectation>, Vec<(usize, String)>> {
    let file = journal.with_extension(EXPECT);
    if !file.is_file() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&file).map_err(|error| vec![(1, error.to_string())])?;
    let read = expect::read(&text, pack);
    read.map_err(|wrong| wrong.into_iter().map(|mistake| (mistake.line, mistake.message)).collect())
}

/// What was recorded.
pub fn entries(journal: &Path) -> Result<Vec<Stored<Event>>, String> {
    let reader = JournalReader::<Event>::open(journal);
    reader.and_then(|reader| reader.entries()).map_err(|error| error.to_string())
}

/// The name of the story that was played.
fn story_of(recorded: &[Stored<Event>]) -> Option<&str> {
    recorded.iter().find_map(|stored| match &stored.entry {
        Event::Opened { pack, .. } => Some(pack.as_str()),
        _ => None,
    })
}

/// Runs it; a panic of the engine fails one journal, not all of them.
pub fn unbroken<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|broken| {
        let said = broken.downcast_ref::<&str>().map(|said| (*said).to_owned());
        let said = said.or_else(|| broken.downcast_ref::<String>().cloned());
        format!("the engine broke: {}", said.unwrap_or_else(|| "it did not say why".into()))
    })
}

/// Does it for each, on so many threads; what comes of them is in the order of the things.
pub fn each<T: Sync, R: Send>(jobs: usize, things: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(things.len()));
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, things.len().max(1)) {
            scope.spawn(|| {
                while let Some((at, thing)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    things.get(at).map(|thing| (at, thing))
                } {
                    let result = run(thing);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The story that was named, and those in the folders beside it: a session knows the name of its own.
pub struct Packs {
    named: Arc<Pack>,
    folder: PathBuf,
    others: Mutex<BTreeMap<String, Arc<Pack>>>,
}

impl Packs {
    pub fn beside(story: &Path) -> Result<Self, String> {
        let named = Arc::new(Pack::load(story).map_err(|e| e.to_string())?);
        let folder = story.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self { named, folder, others: Mutex::default() })
    }

    /// The story that the session was played on; where it stands nowhere, the named one tells the difference.
    pub fn of(&self, recorded: &[Stored<Event>]) -> Result<Arc<Pack>, String> {
        let id = story_of(recorded);
        // A name that leads out of the folder is nobody's.
        let elsewhere = id.filter(|id| *id != self.named.id && !id.contains(['/', '\\', '.']));
        let Some(id) = elsewhere else { return Ok(self.named.clone()) };
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = others.get(id) {
            return Ok(known.clone());
        }
        let folder = self.folder.join(id);
        if !folder.join("pack.ron").is_file() {
            return Ok(self.named.clone());
        }
        let pack = Arc::new(Pack::load(&folder).map_err(|e| e.to_string())?);
        others.insert(id.to_owned(), pack.clone());
        Ok(pack)
    }
}

/// The files, and the journals in the folders, in the order of their names.
pub fn journals(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut journals = Vec::new();
    for path in paths {
        if path.is_dir() {
            let listing =
                std::fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
            let mut found: Vec<_> = listing
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|file: &PathBuf| file.extension().is_some_and(|e| e == "journal"))
                .collect();
            found.sort();
            if found.is_empty() {
                return Err(format!("there is no *.journal in {}", path.display()));
            }
            journals.extend(found);
        } else if Path::exists(path) {
            journals.push(path.clone());
        } else {
            return Err(format!("there is no {}", path.display()));
        }
    }
    Ok(journals)
}
