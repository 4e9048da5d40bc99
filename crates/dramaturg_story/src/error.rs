use std::path::PathBuf;

/// What is wrong with a story pack, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}:{column}: {message}\n  | {text}\n  help: {help}", file.display())]
pub struct PackError {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The offending line.
    pub text: String,
    /// What to do about it.
    pub help: String,
}

impl PackError {
    pub(crate) fn at(
        file: impl Into<PathBuf>,
        source: &str,
        line: usize,
        column: usize,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let text = source.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        Self {
            file: file.into(),
            line,
            column,
            message: message.into(),
            text: text.chars().take(160).collect(),
            help: help.into(),
        }
    }
}
