//! What is wrong with a policy, and where.

use super::hush::{code, hush};
use std::path::{Path, PathBuf};

/// What is wrong with a policy, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}:{column}: {message}\n  | {text}\n  help: {help}", file.display())]
pub struct PolicyError {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong. Like the line it says no key, also where somebody wrote one into the file.
    pub message: String,
    /// The offending line.
    pub text: String,
    /// What to do about it.
    pub help: String,
}

impl PolicyError {
    pub(super) fn at(
        file: &Path,
        source: &str,
        (line, column): (usize, usize),
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let text = code(source.lines().nth(line.saturating_sub(1)).unwrap_or_default());
        let text = hush(source, text);
        Self {
            file: file.to_owned(),
            line,
            column,
            message: hush(source, &message.into()),
            text: text.chars().take(160).collect(),
            help: help.into(),
        }
    }
}

/// Why there is no router.
#[derive(Debug, thiserror::Error)]
pub enum RouterError {
    /// The policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The ledger's folder.
    #[error(transparent)]
    Ledger(#[from] super::book::LedgerError),
    /// No thread.
    #[error("no thread can be started for the router: {0}")]
    Thread(#[from] std::io::Error),
}

/// Line and column (from 1) of the last of `path`, each looked for after the one before: `["rules", "\"play\""]`.
pub(super) fn find(source: &str, path: &[&str]) -> (usize, usize) {
    let mut at = 0;
    for (index, word) in path.iter().enumerate() {
        let Some(found) = source[at..].find(word) else { break };
        at += found;
        if index + 1 < path.len() {
            at += word.len();
        }
    }
    let before = &source[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
