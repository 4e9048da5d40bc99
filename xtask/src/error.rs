//! What can go wrong, where, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// The outcome of a command or of a step of it.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong; the text is all that the user sees.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A wrong command line.
    #[error("{0} (`cargo xtask help` lists the commands)")]
    Usage(String),
    /// A program that can't be started.
    #[error("can't start `{program}`: {source}; is it installed and on PATH?")]
    Start {
        /// The program's name.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// A program that ended badly; what it printed stands above.
    #[error("`{command}` failed ({status})")]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// System packages that can't be installed from here.
    #[error("these packages are missing and {reason}; install them with\n  {install}")]
    Packages {
        /// Why they can't be installed.
        reason: String,
        /// The command that installs them.
        install: String,
    },
    /// A file that can't be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A server for tests that could be had, but is not usable.
    #[error("{what} failed; {} tells why, and `cargo xtask test --no-server-tests` goes on without", log.display())]
    Server {
        /// What failed.
        what: String,
        /// What was said.
        log: PathBuf,
    },
    /// A model that can't be had.
    #[error(transparent)]
    Models(#[from] crate::models::error::Error),
    /// Checks of `cargo xtask test` that failed.
    #[error("failed: {0}")]
    Checks(String),
}

impl Error {
    /// An error of reading or writing `path`.
    pub fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}
