//! The file: its schema, and what is checked before it is trusted.

use crate::{Entry, JournalError, Seq, Stored, Turn};
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
use rusqlite::{Connection, ErrorCode};
use serde::de::DeserializeOwned;
use std::path::Path;

const APPLICATION: i32 = 0x4452_4D47;
const FORMAT: u32 = 1;

pub(crate) fn wrap(path: &Path, source: rusqlite::Error) -> JournalError {
    let path = path.to_owned();
    // No room for the index of the log beside the file is told as an input/output error.
    let extended = source.sqlite_error().map(|error| error.extended_code);
    if extended == Some(SQLITE_IOERR_SHMSIZE) {
        return JournalError::Full(path);
    }
    match source.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => JournalError::Full(path),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => JournalError::Busy(path),
        _ => JournalError::Sqlite { path, source },
    }
}

pub(crate) fn create<E: Entry>(db: &Connection, path: &Path) -> Result<(), JournalError> {
    let schema = format!(
        "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT};
         BEGIN;
         CREATE TABLE about (schema TEXT NOT NULL);
         CREATE TABLE entry (seq INTEGER PRIMARY KEY, turn INTEGER NOT NULL, version INTEGER NOT NULL,
                             kind TEXT NOT NULL, json TEXT NOT NULL, chain INTEGER NOT NULL);
         CREATE TABLE snapshot (name TEXT NOT NULL, turn INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (name, turn));
         INSERT INTO about VALUES ('{}');
         COMMIT;",
        E::SCHEMA
    );
    db.execute_batch(&schema).map_err(|e| wrap(path, e))
}

/// Whether the file is a journal of this schema. Only reads.
pub(crate) fn check<E: Entry>(db: &Connection, path: &Path) -> Result<(), JournalError> {
    let foreign = |found: String| JournalError::Foreign { path: path.to_owned(), found };
    let pragma =
        |name: &str| db.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let application =
        pragma("application_id").map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => foreign("a file that is no SQLite database".into()),
            Some(ErrorCode::DatabaseCorrupt) => JournalError::Damaged {
                path: path.to_owned(),
                found: error.to_string(),
                recoverable: 0,
            },
            _ => wrap(path, error),
        })?;
    if application != i64::from(APPLICATION) {
        return Err(foreign("a SQLite database of another program".into()));
    }
    let format = pragma("user_version").map_err(|e| wrap(path, e))?;
    if format > i64::from(FORMAT) {
        return Err(JournalError::Newer { path: path.to_owned(), found: format as u32 });
    }
    let schema: String = db
        .query_row("SELECT schema FROM about", [], |row| row.get(0))
        .map_err(|e| wrap(path, e))?;
    if schema == E::SCHEMA { Ok(()) } else { Err(foreign(format!("a journal of '{schema}'"))) }
}

/// FNV-1a, chained: a changed, lost or moved row shows.
pub(crate) fn chain(before: i64, turn: u32, json: &str) -> i64 {
    let bytes = before.to_le_bytes().into_iter().chain(turn.to_le_bytes()).chain(json.bytes());
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    hash as i64
}

/// All entries up to the first that can't be trusted, with what is wrong there, and the last link of the chain.
pub(crate) fn read<E: Entry>(db: &Connection) -> (Vec<Stored<E>>, Option<String>, i64) {
    let mut entries: Vec<Stored<E>> = Vec::new();
    let mut link = 0;
    let wrong = (|| -> Result<Option<String>, rusqlite::Error> {
        let mut query =
            db.prepare("SELECT seq, turn, version, json, chain FROM entry ORDER BY seq")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let (seq, turn, version, json, stored): (i64, u32, u32, String, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
            let next = chain(link, turn, &json);
            if next != stored {
                return Ok(Some(format!("entry {seq} does not match its checksum")));
            }
            let entry = serde_json::from_str(&json)
                .ok()
                .and_then(|value| E::upgrade(version, value))
                .and_then(|value| serde_json::from_value(value).ok());
            let Some(entry) = entry else {
                return Ok(Some(format!("entry {seq} (version {version}) can't be read")));
            };
            link = next;
            entries.push(Stored { seq: Seq(seq as u64), turn: Turn(turn), entry });
        }
        Ok(None)
    })()
    .unwrap_or_else(|error| Some(error.to_string()));
    if wrong.is_some()
        && let Some(last) = entries.last().map(|stored| stored.turn)
    {
        // The turn in which the damage begins may not be whole.
        entries.retain(|stored| stored.turn < last);
    }
    (entries, wrong, link)
}

/// The newest snapshot of that name, with its turn; none where it can't be read in today's shape.
pub(crate) fn snapshot<S: DeserializeOwned>(
    db: &Connection,
    path: &Path,
    name: &str,
) -> Result<Option<(Turn, S)>, JournalError> {
    let found = db.query_row(
        "SELECT turn, json FROM snapshot WHERE name = ? AND turn >= 0 ORDER BY turn DESC LIMIT 1",
        [name],
        |row| Ok((row.get::<_, u32>(0)?, row.get::<_, String>(1)?)),
    );
    match found {
        Ok((turn, json)) => Ok(serde_json::from_str(&json).ok().map(|state| (Turn(turn), state))),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        Err(error) => Err(wrap(path, error)),
    }
}

pub(crate) fn turns<E>(entries: &[Stored<E>]) -> u32 {
    entries.chunk_by(|a, b| a.turn == b.turn).count() as u32
}
