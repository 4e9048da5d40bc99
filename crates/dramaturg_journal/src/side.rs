//! Rows that are kept beside the entries: what can be made of them again, but not fast. They go with a rollback.

use crate::{Entry, Journal, JournalError, file};
use rusqlite::{Connection, params};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS side (id INTEGER PRIMARY KEY, name TEXT NOT NULL, turn INTEGER NOT NULL, data BLOB NOT NULL);
                     CREATE INDEX IF NOT EXISTS side_name ON side (name, id);";

/// Deletes what belongs to turns after `keep`.
pub(crate) fn cut(db: &Connection, keep: i64) -> Result<(), rusqlite::Error> {
    if exists(db)? {
        db.execute("DELETE FROM side WHERE turn > ?", [keep])?;
    }
    Ok(())
}

pub(crate) fn exists(db: &Connection) -> Result<bool, rusqlite::Error> {
    let found = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'side'";
    db.query_row(found, [], |row| row.get::<_, i64>(0)).map(|count| count > 0)
}

impl<E: Entry> Journal<E> {
    /// Adds rows of that name, as of the last turn, whole or not at all.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn keep(&mut self, name: &str, rows: &[Vec<u8>]) -> Result<(), JournalError> {
        let place = self.place().to_owned();
        let turn = self.last.map_or(-1, |turn| i64::from(turn.0));
        let kept = (|| {
            let transaction = self.db.transaction()?;
            transaction.execute_batch(TABLE)?;
            {
                let mut insert = transaction
                    .prepare_cached("INSERT INTO side (name, turn, data) VALUES (?, ?, ?)")?;
                for row in rows {
                    insert.execute(params![name, turn, row])?;
                }
            }
            transaction.commit()
        })();
        kept.map_err(|e| file::wrap(&place, e))
    }

    /// Reads the rows of that name, in the order in which they were added.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn kept(&self, name: &str, mut read: impl FnMut(&[u8])) -> Result<(), JournalError> {
        let all = (|| {
            if !exists(&self.db)? {
                return Ok(());
            }
            let mut query =
                self.db.prepare_cached("SELECT data FROM side WHERE name = ? ORDER BY id")?;
            let mut rows = query.query([name])?;
            while let Some(row) = rows.next()? {
                read(row.get_ref(0)?.as_blob()?);
            }
            Ok(())
        })();
        all.map_err(|e| file::wrap(self.place(), e))
    }

    /// Deletes the rows of that name.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn drop_kept(&mut self, name: &str) -> Result<(), JournalError> {
        let dropped = exists(&self.db).and_then(|there| {
            if there {
                self.db.execute("DELETE FROM side WHERE name = ?", [name]).map(drop)
            } else {
                Ok(())
            }
        });
        dropped.map_err(|e| file::wrap(self.place(), e))
    }
}
