//! What can go wrong when something is read, for whoever reads it.

use std::path::{Path, PathBuf};

/// Why nothing could be made of a file or folder.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It can't be read or written.
    #[error("{}: {error}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// There is nothing of that kind.
    #[error("{}: {message}\n  help: {help}", file.display())]
    Not {
        /// Where it was looked for.
        file: PathBuf,
        /// What is wrong.
        message: String,
        /// What to do.
        help: String,
    },
    /// It could do harm, or is larger than anything of its kind has reason to be.
    #[error("{}: refused: {message}", file.display())]
    Refused {
        /// Which.
        file: PathBuf,
        /// Why.
        message: String,
    },
}

impl ImportError {
    pub(crate) fn file(file: &Path, error: std::io::Error) -> Self {
        Self::File { file: file.to_owned(), error }
    }
    pub(crate) fn not(file: &Path, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Not { file: file.to_owned(), message: message.into(), help: help.into() }
    }
}
