use std::path::PathBuf;

/// Why a journal can't be opened, read or written. The file is never changed by a failure.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// No such file.
    #[error("there is no journal at {0}")]
    NotFound(PathBuf),
    /// A new journal would overwrite a file.
    #[error("{0} is there already; a journal never overwrites a file")]
    AlreadyExists(PathBuf),
    /// Not one of ours.
    #[error(
        "{path} is not a journal of this game (found {found}); it was left as it is, choose another file"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// Written by a newer program.
    #[error("{path} was written by a newer version (format {found}); update the program")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// Ours, but broken.
    #[error(
        "{path} is damaged ({found}); {recoverable} whole turns can be recovered into a new file, this one was left as it is"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        found: String,
        /// Turns that can be read.
        recoverable: u32,
    },
    /// No room.
    #[error("the disk is full: {0} could not be written, what is in it is safe")]
    Full(PathBuf),
    /// Another program writes to it.
    #[error("{0} is being written by another program; close it first")]
    Busy(PathBuf),
    /// Reading or writing failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database refused.
    #[error("{path}: {source}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}
