//! `dramaturg replay`.

use crate::Story;
use dramaturg_journal::{JournalReader, Stored};
use dramaturg_story::{Event, Pack, replay};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(clap::Args)]
pub struct Replay {
    #[command(flatten)]
    story: Story,
    /// Recorded sessions, or folders of them (`*.journal`).
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub fn run(self) -> Result<ExitCode, String> {
        let mut packs = Packs::beside(&self.story.story)?;
        let (mut passed, mut failed, mut entries) = (0_u32, 0_u32, 0);
        for path in journals(&self.paths)? {
            let recorded = JournalReader::<Event>::open(&path).and_then(|reader| reader.entries());
            let same = recorded.map_err(|e| e.to_string()).and_then(|recorded| {
                let pack = packs.of(&recorded)?;
                replay(pack, &recorded).map_err(|difference| difference.to_string())
            });
            match same {
                Ok(compared) => {
                    passed += 1;
                    entries += compared;
                    println!("{}: {compared} entries, the same", path.display());
                }
                Err(message) => {
                    failed += 1;
                    println!("{}: {message}", path.display());
                }
            }
        }
        println!("{passed} passed, {failed} failed");
        if self.json {
            let result =
                serde_json::json!({"passed": passed, "failed": failed, "entries": entries});
            println!("{result}");
        }
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The story that was named, and those in the folders beside it: a session knows the name of its own.
struct Packs {
    named: Arc<Pack>,
    folder: PathBuf,
    others: BTreeMap<String, Arc<Pack>>,
}

impl Packs {
    fn beside(story: &Path) -> Result<Self, String> {
        let named = Arc::new(Pack::load(story).map_err(|e| e.to_string())?);
        let folder = story.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self { named, folder, others: BTreeMap::new() })
    }

    /// The story that the session was played on; where it stands nowhere, the named one tells the difference.
    fn of(&mut self, recorded: &[Stored<Event>]) -> Result<Arc<Pack>, String> {
        let id = recorded.iter().find_map(|entry| match &entry.entry {
            Event::Opened { pack, .. } => Some(pack.as_str()),
            _ => None,
        });
        // A name that leads out of the folder is nobody's.
        let elsewhere = id.filter(|id| *id != self.named.id && !id.contains(['/', '\\', '.']));
        let Some(id) = elsewhere else { return Ok(self.named.clone()) };
        if let Some(known) = self.others.get(id) {
            return Ok(known.clone());
        }
        let folder = self.folder.join(id);
        if !folder.join("pack.ron").is_file() {
            return Ok(self.named.clone());
        }
        let pack = Arc::new(Pack::load(&folder).map_err(|e| e.to_string())?);
        self.others.insert(id.to_owned(), pack.clone());
        Ok(pack)
    }
}

/// The files, and the journals in the folders, in the order of their names.
fn journals(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
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
