//! The append-only journal of a play. Everything else in the project is a fold over it.
//!
//! ```
//! use dramaturg_journal::{Entry, Journal};
//! #[derive(Clone, serde::Serialize, serde::Deserialize)]
//! struct Said(String);
//! impl Entry for Said {
//!     const SCHEMA: &'static str = "example.said";
//!     const VERSION: u32 = 1;
//!     fn kind(&self) -> &'static str { "said" }
//! }
//! let mut journal = Journal::in_memory()?;
//! journal.append_turn(&[Said("Good evening.".into())])?;
//! let letters = journal.fold(0, |n, stored: &dramaturg_journal::Stored<Said>| n + stored.entry.0.len())?;
//! assert_eq!(letters, 13);
//! # Ok::<(), dramaturg_journal::JournalError>(())
//! ```

mod entry;
mod error;
mod file;
mod journal;
mod reader;
mod redact;
mod side;

pub use entry::{Entry, Seq, Stored, Turn};
pub use error::JournalError;
pub use journal::Journal;
pub use reader::JournalReader;
