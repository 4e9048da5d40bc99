//! `dramaturg replay`.

use crate::Story;
use dramaturg_journal::JournalReader;
use dramaturg_story::{Event, Pack, replay};
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
        let pack = Arc::new(Pack::load(&self.story.story).map_err(|e| e.to_string())?);
        let (mut passed, mut failed, mut entries) = (0_u32, 0_u32, 0);
        for path in journals(&self.paths)? {
            let recorded = JournalReader::<Event>::open(&path).and_then(|reader| reader.entries());
            let same = recorded.map_err(|e| e.to_string()).and_then(|recorded| {
                replay(pack.clone(), &recorded).map_err(|difference| difference.to_string())
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
