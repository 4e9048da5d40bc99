use crate::{Entry, JournalError, Stored, Turn, file};
use rusqlite::{Connection, OpenFlags};
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// Reads a journal, beside its writer and any number of other readers.
pub struct JournalReader<E> {
    db: Connection,
    path: PathBuf,
    entry: PhantomData<fn() -> E>,
}

impl<E: Entry> JournalReader<E> {
    /// Opens a journal to read.
    ///
    /// # Errors
    /// When the file is missing or foreign.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        if !path.exists() {
            return Err(JournalError::NotFound(path.to_owned()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags).map_err(|e| file::wrap(path, e))?;
        file::check::<E>(&db, path)?;
        Ok(Self { db, path: path.to_owned(), entry: PhantomData })
    }
    /// All whole turns.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when not all can be trusted.
    pub fn entries(&self) -> Result<Vec<Stored<E>>, JournalError> {
        let (entries, wrong, _) = file::read(&self.db);
        match wrong {
            None => Ok(entries),
            Some(found) => {
                let recoverable = file::turns(&entries);
                Err(JournalError::Damaged { path: self.path.clone(), found, recoverable })
            }
        }
    }
    /// The whole turns before the first damage; all of them in a sound file.
    pub fn recoverable(&self) -> Vec<Stored<E>> {
        file::read(&self.db).0
    }
    /// The newest snapshot of that name, as [`Journal::snapshot`](crate::Journal::snapshot).
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn snapshot<S: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<(Turn, S)>, JournalError> {
        file::snapshot(&self.db, &self.path, name)
    }
    /// The last turn.
    ///
    /// # Errors
    /// As [`Self::entries`].
    pub fn last_turn(&self) -> Result<Option<Turn>, JournalError> {
        Ok(self.entries()?.last().map(|stored| stored.turn))
    }
}
