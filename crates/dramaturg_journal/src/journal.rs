use crate::{Entry, JournalError, JournalReader, Stored, Turn, file};
use rusqlite::{Connection, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// The writer of a journal; one for each file.
pub struct Journal<E> {
    pub(crate) db: Connection,
    path: Option<PathBuf>,
    pub(crate) last: Option<Turn>,
    pub(crate) link: i64,
    _lock: Option<File>,
    entry: PhantomData<fn() -> E>,
}

impl<E: Entry> Journal<E> {
    /// A journal that ends with the program.
    ///
    /// # Errors
    /// When SQLite can't start.
    pub fn in_memory() -> Result<Self, JournalError> {
        let path = Path::new("(memory)");
        let db = Connection::open_in_memory().map_err(|e| file::wrap(path, e))?;
        file::create::<E>(&db, path)?;
        Ok(Self { db, path: None, last: None, link: 0, _lock: None, entry: PhantomData })
    }

    /// A new file.
    ///
    /// # Errors
    /// When it is there already or can't be written.
    pub fn create(path: &Path) -> Result<Self, JournalError> {
        if path.exists() {
            return Err(JournalError::AlreadyExists(path.to_owned()));
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|source| JournalError::Io { path: path.to_owned(), source })?;
        }
        let lock = lock(path)?;
        // Made under another name, so that the file is there whole or not at all.
        let part = beside(path, ".part");
        remove(&part);
        if let Err(error) = make::<E>(&part, path) {
            remove(&part);
            return Err(error);
        }
        let db = Connection::open(path).map_err(|e| file::wrap(path, e))?;
        let journal = Self {
            db,
            path: Some(path.to_owned()),
            last: None,
            link: 0,
            _lock: Some(lock),
            entry: PhantomData,
        };
        journal.write_ahead(path)?;
        Ok(journal)
    }

    /// Continues a file.
    ///
    /// # Errors
    /// When it is missing, foreign, damaged, newer or being written elsewhere. The file stays as it is.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let (last, link) = {
            let reader = JournalReader::<E>::open(path)?;
            let entries = reader.entries()?;
            let link = entries.iter().try_fold(0, |link, stored| {
                Ok::<_, serde_json::Error>(file::chain(
                    link,
                    stored.turn.0,
                    &serde_json::to_string(&stored.entry)?,
                ))
            });
            (entries.last().map(|stored| stored.turn), link.unwrap_or_default())
        };
        let lock = lock(path)?;
        let db = Connection::open(path).map_err(|e| file::wrap(path, e))?;
        // Entries of an older version serialise otherwise now: the stored link is the one that counts.
        let link = db
            .query_row("SELECT chain FROM entry ORDER BY seq DESC LIMIT 1", [], |row| row.get(0))
            .unwrap_or(link);
        let journal = Self {
            db,
            path: Some(path.to_owned()),
            last,
            link,
            _lock: Some(lock),
            entry: PhantomData,
        };
        journal.write_ahead(path)?;
        Ok(journal)
    }

    /// [`Self::open`] where there is a file, else [`Self::create`].
    ///
    /// # Errors
    /// As those.
    pub fn open_or_create(path: &Path) -> Result<Self, JournalError> {
        if path.exists() { Self::open(path) } else { Self::create(path) }
    }

    fn write_ahead(&self, path: &Path) -> Result<(), JournalError> {
        // FULL: a turn that was reported as saved is there after a power cut too.
        self.db
            .execute_batch(&format!(
                "{WRITE_AHEAD} PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000;"
            ))
            .map_err(|e| file::wrap(path, e))
    }

    pub(crate) fn place(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new("(memory)"))
    }

    /// The file.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
    /// The last turn that was written.
    pub fn last_turn(&self) -> Option<Turn> {
        self.last
    }

    /// Writes a turn: it is there whole or not at all, whenever the program is killed.
    ///
    /// # Errors
    /// When it can't be written; the journal is then as before.
    pub fn append_turn(&mut self, entries: &[E]) -> Result<Turn, JournalError> {
        let turn = Turn(self.last.map_or(0, |last| last.0 + 1));
        self.write(&[entries], turn, false)?;
        Ok(turn)
    }

    /// Makes the journal hold these turns and no others, whole or not at all.
    ///
    /// # Errors
    /// When they can't be written; the journal is then as before.
    pub fn replace(&mut self, turns: &[Vec<E>]) -> Result<(), JournalError> {
        let turns: Vec<&[E]> = turns.iter().map(Vec::as_slice).collect();
        self.write(&turns, Turn(0), true)
    }

    /// Writes turns, numbered from `first`, in one transaction; `anew` deletes everything before.
    fn write(&mut self, turns: &[&[E]], first: Turn, anew: bool) -> Result<(), JournalError> {
        let place = self.place().to_owned();
        let mut link = if anew { 0 } else { self.link };
        let mut last = if anew { None } else { self.last };
        let written = (|| {
            let transaction = self.db.transaction()?;
            if anew {
                transaction.execute_batch("DELETE FROM entry; DELETE FROM snapshot;")?;
                crate::side::cut(&transaction, -1)?;
            }
            for (turn, entries) in (first.0..).zip(turns) {
                let mut insert = transaction.prepare_cached(
                    "INSERT INTO entry (turn, version, kind, json, chain) VALUES (?, ?, ?, ?, ?)",
                )?;
                for entry in *entries {
                    let json = serde_json::to_string(entry)
                        .map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
                    link = file::chain(link, turn, &json);
                    insert.execute(params![turn, E::VERSION, entry.kind(), json, link])?;
                }
                last = Some(Turn(turn));
            }
            transaction.commit()
        })();
        written.map_err(|e| file::wrap(&place, e))?;
        self.link = link;
        self.last = last;
        Ok(())
    }

    /// All entries.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when not all can be trusted.
    pub fn entries(&self) -> Result<Vec<Stored<E>>, JournalError> {
        let (entries, wrong, _) = file::read(&self.db);
        match wrong {
            None => Ok(entries),
            Some(found) => {
                let recoverable = file::turns(&entries);
                Err(JournalError::Damaged { path: self.place().to_owned(), found, recoverable })
            }
        }
    }

    /// The state that the entries make.
    ///
    /// # Errors
    /// As [`Self::entries`].
    pub fn fold<S>(&self, init: S, f: impl FnMut(S, &Stored<E>) -> S) -> Result<S, JournalError> {
        Ok(self.entries()?.iter().fold(init, f))
    }

    /// Rolls back: keeps the turns up to `turn`, none for `None`. Later snapshots go too.
    ///
    /// # Errors
    /// When it can't be written; the journal is then as before.
    pub fn truncate_to(&mut self, turn: Option<Turn>) -> Result<(), JournalError> {
        let place = self.place().to_owned();
        let keep = turn.map_or(-1, |turn| i64::from(turn.0));
        let rolled = (|| {
            let transaction = self.db.transaction()?;
            transaction.execute("DELETE FROM entry WHERE turn > ?", [keep])?;
            transaction.execute("DELETE FROM snapshot WHERE turn > ?", [keep])?;
            crate::side::cut(&transaction, keep)?;
            transaction.commit()
        })();
        rolled.map_err(|e| file::wrap(&place, e))?;
        let end = self.db.query_row(
            "SELECT turn, chain FROM entry ORDER BY seq DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        );
        let end: Option<(u32, i64)> = end.ok();
        self.last = end.map(|end| Turn(end.0));
        self.link = end.map_or(0, |end| end.1);
        Ok(())
    }

    /// Keeps a state beside the entries, as of the last turn.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn save_snapshot<S: Serialize>(
        &mut self,
        name: &str,
        state: &S,
    ) -> Result<(), JournalError> {
        let json = serde_json::to_string(state).map_err(|e| {
            file::wrap(self.place(), rusqlite::Error::ToSqlConversionFailure(Box::new(e)))
        })?;
        let turn = self.last.map_or(-1, |turn| i64::from(turn.0));
        self.db
            .execute("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?)", params![name, turn, json])
            .map(drop)
            .map_err(|e| file::wrap(self.place(), e))
    }

    /// The newest snapshot of that name, with its turn; none where it can't be read in today's shape.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn snapshot<S: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<(Turn, S)>, JournalError> {
        file::snapshot(&self.db, self.place(), name)
    }

    /// A copy under another name, whole or not at all; never over a file that is no journal.
    ///
    /// # Errors
    /// When the place is taken by something else or can't be written.
    pub fn copy_to(&self, path: &Path) -> Result<(), JournalError> {
        if path.exists() {
            JournalReader::<E>::open(path)?;
        }
        let io = |source| JournalError::Io { path: path.to_owned(), source };
        let part = path.with_extension("part");
        let _ = std::fs::remove_file(&part);
        self.db
            .execute("VACUUM INTO ?", [part.to_string_lossy()])
            .map_err(|e| file::wrap(path, e))?;
        std::fs::rename(&part, path).map_err(io)
    }

    /// Copies the whole turns of a damaged file into a new one; returns how many there were.
    ///
    /// # Errors
    /// When the file is foreign or the new one can't be made.
    pub fn recover(from: &Path, to: &Path) -> Result<u32, JournalError> {
        let entries = JournalReader::<E>::open(from)?.recoverable();
        let mut journal = Self::create(to)?;
        for turn in entries.chunk_by(|a, b| a.turn == b.turn) {
            let turn: Vec<E> = turn.iter().map(|stored| stored.entry.clone()).collect();
            journal.append_turn(&turn)?;
        }
        Ok(file::turns(&entries))
    }

    /// Lets the file grow to `pages` pages at the most: how tests make a full disk.
    pub fn limit_pages(&mut self, pages: u32) {
        // A refusal leaves the file unlimited, which a test then sees.
        let _ = self.db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()));
    }
}

const WRITE_AHEAD: &str = "PRAGMA journal_mode = WAL;";

/// An empty journal in `part`, which then becomes `path`.
fn make<E: Entry>(part: &Path, path: &Path) -> Result<(), JournalError> {
    let db = Connection::open(part).map_err(|e| file::wrap(path, e))?;
    file::create::<E>(&db, path)?;
    db.execute_batch(WRITE_AHEAD).map_err(|e| file::wrap(path, e))?;
    db.close().map_err(|(_, e)| file::wrap(path, e))?;
    std::fs::rename(part, path).map_err(|source| JournalError::Io { path: path.to_owned(), source })
}

/// What an attempt to make a file left, with SQLite's files beside it.
fn remove(part: &Path) {
    for ending in ["", "-journal", "-wal", "-shm"] {
        // Mostly there is none.
        let _ = std::fs::remove_file(beside(part, ending));
    }
}

/// The path with something added to the name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// One writer at a time; the lock goes with the process, however it ends.
fn lock(path: &Path) -> Result<File, JournalError> {
    let lock = File::create(beside(path, ".lock"))
        .map_err(|source| JournalError::Io { path: path.to_owned(), source })?;
    lock.try_lock().map_err(|_| JournalError::Busy(path.to_owned()))?;
    Ok(lock)
}
