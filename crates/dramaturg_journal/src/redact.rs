//! Erasing what must not be kept: the one change of entries that were written.

use crate::{Entry, Journal, JournalError, file, side};
use rusqlite::params;

impl<E: Entry> Journal<E> {
    /// Replaces each entry for which `redacted` gives another one, and marks it: its kind ends with ' (erased)'. The chain
    /// of checksums is made anew from there on, snapshots and rows beside the entries are deleted, and the file is written
    /// anew, so that no byte of what was erased is left in it or in the log beside it. Copies of the file are not
    /// touched. Returns how many entries were replaced.
    ///
    /// # Errors
    /// When the journal is damaged or can't be written; it is then as before, or redacted but not yet cleaned: the next
    /// call cleans it.
    pub fn redact(
        &mut self,
        mut redacted: impl FnMut(&E) -> Option<E>,
    ) -> Result<usize, JournalError> {
        let entries = self.entries()?;
        let place = self.place().to_owned();
        let mut link = 0;
        let mut replaced = 0;
        let written = (|| {
            self.db.execute_batch("PRAGMA secure_delete = ON;")?;
            let transaction = self.db.transaction()?;
            {
                let mut old = transaction.prepare("SELECT json FROM entry WHERE seq = ?")?;
                let mut keep = transaction.prepare("UPDATE entry SET chain = ? WHERE seq = ?")?;
                let mut change = transaction.prepare(
                    "UPDATE entry SET version = ?, kind = ?, json = ?, chain = ? WHERE seq = ?",
                )?;
                for stored in &entries {
                    let seq = stored.seq.0 as i64;
                    if let Some(entry) = redacted(&stored.entry) {
                        let json = serde_json::to_string(&entry)
                            .map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
                        link = file::chain(link, stored.turn.0, &json);
                        let kind = format!("{} (erased)", entry.kind());
                        change.execute(params![E::VERSION, kind, json, link, seq])?;
                        replaced += 1;
                    } else {
                        let json: String = old.query_row([seq], |row| row.get(0))?;
                        link = file::chain(link, stored.turn.0, &json);
                        keep.execute(params![link, seq])?;
                    }
                }
            }
            transaction.execute_batch("DELETE FROM snapshot;")?;
            side::cut(&transaction, -2)?;
            transaction.commit()?;
            Ok(())
        })();
        written.map_err(|e| file::wrap(&place, e))?;
        self.link = link;
        // Freed pages and the log may still hold what was there.
        let cleaned = self.db.execute_batch(
            "PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE);",
        );
        cleaned.map_err(|e| file::wrap(&place, e))?;
        Ok(replaced)
    }
}
