//! The ledger on disk: a file for each day in a folder, a line of JSON for each entry.

use super::ledger::{Ledger, LedgerEntry};
use super::moment::date;
use super::why::{Note, Outcome};
use crate::ModelError;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What a program's own texts of errors are replaced with: a server may say again what it was sent.
const NOT_KEPT: &str = "its words are not kept";

/// Why a ledger can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("can't use the ledger {}: {source}; name a folder that can be written", path.display())]
pub struct LedgerError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// A folder of ledgers that is being written to. One program at a time: each knows only its own spending.
pub(super) struct Book {
    folder: PathBuf,
    open: Option<(u32, File)>,
}

impl Book {
    /// Makes the folder where it is missing, and reads what was spent on this day.
    pub(super) fn open(folder: &Path, day: u32) -> Result<(Self, Ledger, usize), LedgerError> {
        let fault = |source| LedgerError { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(fault)?;
        let mut ledger = Ledger::default();
        let file = file(folder, day);
        let damaged = if file.exists() { read(&file, &mut ledger)? } else { 0 };
        Ok((Self { folder: folder.to_owned(), open: None }, ledger, damaged))
    }

    /// Adds an entry to the file of its day.
    pub(super) fn write(&mut self, entry: &LedgerEntry) -> Result<(), LedgerError> {
        let path = file(&self.folder, entry.day);
        let written = self.append(&path, entry);
        written.map_err(|source| {
            // The next entry tries the file anew.
            self.open = None;
            LedgerError { path, source }
        })
    }

    fn append(&mut self, path: &Path, entry: &LedgerEntry) -> io::Result<()> {
        let mut line = serde_json::to_vec(&without_foreign_words(entry))?;
        line.push(b'\n');
        let file = match &mut self.open {
            Some((day, file)) if *day == entry.day => file,
            _ => {
                let mut file =
                    OpenOptions::new().create(true).append(true).read(true).open(path)?;
                if !ends_a_line(&mut file)? {
                    // A line that was cut off when a program was killed stays a line of its own.
                    line.insert(0, b'\n');
                }
                &mut self.open.insert((entry.day, file)).1
            }
        };
        file.write_all(&line)
    }
}

fn ends_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

fn file(folder: &Path, day: u32) -> PathBuf {
    folder.join(format!("ledger-{}.jsonl", date(day)))
}

impl Ledger {
    /// Reads a ledger that a router wrote: one file, or all files of a folder. Also tells how many damaged lines were
    /// left out; a program that was killed leaves one.
    ///
    /// # Errors
    /// When there is no such file, or no ledger in the folder, or it can't be read.
    pub fn read(path: &Path) -> Result<(Self, usize), LedgerError> {
        let fault = |source| LedgerError { path: path.to_owned(), source };
        let mut files = vec![path.to_owned()];
        if path.is_dir() {
            let listing = std::fs::read_dir(path).map_err(fault)?;
            let is_ledger = |file: &PathBuf| {
                let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
                name.is_some_and(|name| name.starts_with("ledger-") && name.ends_with(".jsonl"))
            };
            files = listing.filter_map(|file| Some(file.ok()?.path())).filter(is_ledger).collect();
            files.sort();
            if files.is_empty() {
                let none =
                    io::Error::new(io::ErrorKind::NotFound, "there is no ledger-*.jsonl in it");
                return Err(fault(none));
            }
        }
        let mut ledger = Self::default();
        let mut damaged = 0;
        for file in files {
            damaged += read(&file, &mut ledger)?;
        }
        Ok((ledger, damaged))
    }
}

/// Adds a file's entries; returns how many of its lines are none.
fn read(path: &Path, ledger: &mut Ledger) -> Result<usize, LedgerError> {
    let fault = |source| LedgerError { path: path.to_owned(), source };
    let mut damaged = 0;
    // Bytes, not lines: a disk that failed may have left anything.
    for line in BufReader::new(File::open(path).map_err(fault)?).split(b'\n') {
        let line = line.map_err(fault)?;
        if line.is_empty() {
            continue;
        }
        match serde_json::from_slice::<LedgerEntry>(&line) {
            Ok(entry) => ledger.enter(entry),
            Err(_) => damaged += 1,
        }
    }
    Ok(damaged)
}

/// The entry without what servers wrote: it may hold what the player said.
fn without_foreign_words(entry: &LedgerEntry) -> LedgerEntry {
    let mut entry = entry.clone();
    let clean = |outcome: &mut Outcome| {
        if let Outcome::Failed(ModelError::Unreachable(words) | ModelError::Garbage(words)) =
            outcome
        {
            NOT_KEPT.clone_into(words);
        }
    };
    clean(&mut entry.outcome);
    for note in &mut entry.why.notes {
        if let Note::After { outcome, .. } = note {
            clean(outcome);
        }
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::super::{Tokens, Why};
    use super::*;
    use crate::Kind;
    use proptest::prelude::*;
    use std::time::Duration;

    fn entry(request: u64, day: u32, cost: u64) -> LedgerEntry {
        LedgerEntry {
            request,
            day,
            character: "aino".into(),
            kind: Kind::Speak,
            tier: Some("hosted".into()),
            endpoint: Some("llm.example/v1".into()),
            why: Why::default(),
            tokens: Tokens::default(),
            estimated: false,
            cost,
            first_word: Some(Duration::from_millis(80)),
            whole: Duration::from_millis(400),
            outcome: Outcome::Answered,
        }
    }

    #[test]
    fn each_day_has_a_file_and_a_folder_is_read_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let (mut book, ..) = Book::open(&folder.path().join("new"), 20_000).unwrap();
        for (request, day) in [(1, 20_000), (2, 20_000), (3, 20_001)] {
            book.write(&entry(request, day, 7)).unwrap();
        }
        let (_, today, damaged) = Book::open(&folder.path().join("new"), 20_000).unwrap();
        assert_eq!((today.total().cost, damaged), (14, 0));
        let all = Ledger::read(&folder.path().join("new")).unwrap().0;
        assert_eq!(all.days().keys().copied().collect::<Vec<_>>(), [20_000, 20_001]);
        assert_eq!(all.endpoints()["llm.example/v1"].cost, 21);
        let one = Ledger::read(&folder.path().join("new/ledger-2024-10-05.jsonl")).unwrap().0;
        assert_eq!(one.total().cost, 7);
        let error = Ledger::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("no ledger-*.jsonl"), "{error}");
    }

    #[test]
    fn what_servers_said_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let (mut book, ..) = Book::open(folder.path(), 1).unwrap();
        let mut entry = entry(1, 1, 0);
        let said = || ModelError::Unreachable("you said 'my brother Jun'".into());
        entry.outcome = Outcome::Failed(said());
        entry.why.notes.push(Note::After { tier: "a".into(), outcome: Outcome::Failed(said()) });
        book.write(&entry).unwrap();
        let written = std::fs::read_to_string(file(folder.path(), 1)).unwrap();
        assert!(!written.contains("Jun") && written.contains(NOT_KEPT), "{written}");
    }

    proptest! {
        /// Wherever a file is cut, all whole entries are read, and what is added afterwards, too.
        #[test]
        fn a_cut_costs_one_entry_at_the_most(count in 1_u64..6, cut in 0_usize..4000) {
            let folder = tempfile::tempdir().unwrap();
            let (mut book, ..) = Book::open(folder.path(), 1).unwrap();
            let mut ends = vec![0];
            for request in 1..=count {
                book.write(&entry(request, 1, 1)).unwrap();
                ends.push(std::fs::metadata(file(folder.path(), 1)).unwrap().len());
            }
            let cut = (cut as u64) % (ends[ends.len() - 1] + 1);
            let opened = OpenOptions::new().write(true).open(file(folder.path(), 1)).unwrap();
            opened.set_len(cut).unwrap();
            // An entry is whole without its line's end.
            let whole = ends.iter().skip(1).filter(|end| **end - 1 <= cut).count() as u64;
            let (mut book, ledger, damaged) = Book::open(folder.path(), 1).unwrap();
            prop_assert_eq!(ledger.total().entries, whole);
            prop_assert!(damaged <= 1);
            book.write(&entry(9, 1, 1)).unwrap();
            let (again, lost) = Ledger::read(folder.path()).unwrap();
            prop_assert_eq!((again.total().entries, lost), (whole + 1, damaged));
        }
    }
}
