//! The worst runs: kept to be read, and to be played again.

use super::run::{Run, Task};
use super::watch::Place;
use dramaturg_journal::Journal;
use dramaturg_story::Event;
use std::cmp::Reverse;
use std::path::{Path, PathBuf};

/// What makes a run bad, worst first: panics, leaks, no ending, forced beats, turns.
type Badness = (bool, usize, bool, usize, u32);

/// A run and its place among all of them, which decides between equals.
pub struct Kept {
    pub task: Task,
    pub run: Run,
    badness: Badness,
    order: usize,
}

/// So many of the worst runs.
pub struct Worst {
    limit: usize,
    pub kept: Vec<Kept>,
}

impl Worst {
    pub fn new(limit: usize) -> Self {
        Self { limit, kept: Vec::new() }
    }

    /// Keeps the run if it is bad enough.
    pub fn offer(&mut self, task: Task, run: Run, order: usize) {
        let leaks = run.leaks.iter().filter(|leak| leak.place != Place::Echo).count();
        let badness = (run.panicked, leaks, run.ending.is_none(), run.forced(), run.turns);
        self.kept.push(Kept { task, run, badness, order });
        self.kept.sort_by_key(|kept| (Reverse(kept.badness), kept.order));
        self.kept.truncate(self.limit);
    }

    /// Writes them as journals, the worst first by name. Returns the files.
    pub fn save(&self, folder: &Path) -> Result<Vec<PathBuf>, String> {
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let mut files = Vec::new();
        for (rank, Kept { task, run, .. }) in self.kept.iter().enumerate() {
            let name = format!(
                "{:02}-{}-{}-{}.journal",
                rank + 1,
                task.kind.name(),
                task.locale,
                task.number
            );
            let file = folder.join(name);
            if file.exists() {
                return Err(format!(
                    "{} is there already; name an empty folder for the worst runs",
                    file.display()
                ));
            }
            let written = Journal::<Event>::create(&file).and_then(|mut journal| {
                run.events.iter().try_for_each(|turn| journal.append_turn(turn).map(drop))
            });
            written.map_err(|error| error.to_string())?;
            files.push(file);
        }
        Ok(files)
    }
}
