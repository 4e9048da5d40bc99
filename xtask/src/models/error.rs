//! What can go wrong with models, where, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// The outcome of a step.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong; the text is all that the user sees.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program that can't be started.
    #[error("can't start `{program}`: {source}; is it installed and on PATH?")]
    Start {
        /// The program's name.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// A file that can't be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A catalogue that can't be used.
    #[error("the catalogue of models {}: {reason}", path.display())]
    Catalogue {
        /// The RON file.
        path: PathBuf,
        /// What is wrong, and in which line or entry.
        reason: String,
    },
    /// An id that no catalogue has.
    #[error("no model is called `{id}`; there are {known}")]
    UnknownModel {
        /// What was asked for.
        id: String,
        /// The ids that there are.
        known: String,
    },
    /// No place for models.
    #[error("no cache folder: set HOME, XDG_CACHE_HOME or DRAMATURG_CACHE")]
    NoCache,
    /// Not enough room for a model.
    #[error(
        "the disk of {} is full: {need} bytes are needed there{}; make room, or set \
         DRAMATURG_CACHE to a folder on another disk",
        folder.display(), free.map_or(String::new(), |free| format!(", {free} are free"))
    )]
    NoSpace {
        /// Where.
        folder: PathBuf,
        /// Bytes still to be written.
        need: u64,
        /// Bytes free, where known.
        free: Option<u64>,
    },
    /// A program that a source needs.
    #[error("`{tool}` is missing: {install}")]
    ToolMissing {
        /// The program.
        tool: String,
        /// How to get it.
        install: String,
    },
    /// A model hub that doesn't deliver.
    #[error("{url}: {reason}")]
    Hub {
        /// The file asked for.
        url: String,
        /// What the hub or curl said.
        reason: String,
    },
    /// A registry that doesn't deliver.
    #[error("package {package}: {reason}")]
    Wheel {
        /// The package, with its version.
        package: String,
        /// What pip or Python said.
        reason: String,
    },
    /// A file of the wrong length.
    #[error("wrong size: expected {expected} bytes, found {found}; what was fetched is deleted")]
    Size {
        /// By the catalogue or the hub.
        expected: u64,
        /// In the file.
        found: u64,
    },
    /// A file of other bytes than the catalogue's.
    #[error(
        "wrong checksum: expected sha256 {expected}, found {found}; what was fetched is deleted"
    )]
    Checksum {
        /// By the catalogue or the hub.
        expected: String,
        /// The file's.
        found: String,
    },
    /// No source of a model delivered.
    #[error(
        "model `{id}` can't be had:{tried}\nGive a file of your own with --model-file PATH, or play with --no-model"
    )]
    NoSource {
        /// The model.
        id: String,
        /// One line for each source: what it is and why it failed.
        tried: String,
    },
    /// Someone else writes the model's file.
    #[error("another program fetches `{0}` just now; try again when it has ended")]
    Busy(String),
}

impl Error {
    /// An error of reading or writing `path`.
    pub fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }

    /// Whether another try from nothing may end better: the bytes were wrong.
    pub fn wrong_bytes(&self) -> bool {
        matches!(self, Self::Size { .. } | Self::Checksum { .. })
    }
}
