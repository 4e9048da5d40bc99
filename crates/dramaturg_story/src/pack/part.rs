//! One RON file of a pack: what serde reads of it, and where it stands.

use super::logic::Logic;
use super::tree::{Spot, Written};
use crate::PackError;
use std::path::{Path, PathBuf};

/// The newest pack format that this engine understands.
pub(super) const FORMAT: u32 = 1;

/// What an included file may not say.
const HEAD: [&str; 16] = [
    "dramaturg",
    "id",
    "version",
    "start",
    "background",
    "locales",
    "files",
    "lore",
    "fluent",
    "library",
    "include",
    "clock",
    "minutes_per_turn",
    "threshold",
    "policy",
    "company",
];

/// A file as it is written, with its places.
pub(super) struct Part {
    pub(super) logic: Logic,
    pub(super) written: Written,
}

impl Part {
    pub(super) fn parse(file: &Path, source: &str) -> Result<Self, PackError> {
        let written = Written::new(file, source);
        // Asked first: a newer format may say what this one can't read.
        let format = written.root().get("dramaturg").at();
        let digits = source.get(format..).unwrap_or_default();
        let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
        if format > 0 && digits.parse().is_ok_and(|wanted: u32| wanted > FORMAT) {
            return Err(written.error(
                format,
                format!("the pack is written in format {digits}, this engine reads up to {FORMAT}"),
                "use a newer dramaturg, or write the pack in the older format",
            ));
        }
        let options = ron::Options::default()
            .with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME);
        let logic: Logic = options.from_str(source).map_err(|error| {
            let at = error.span.start;
            PackError::at(
                file,
                source,
                at.line,
                at.col,
                error.code.to_string(),
                "see the pack format in the book; each name is written as in the examples",
            )
        })?;
        if logic.dramaturg != FORMAT {
            let message = format!("there is no format {}", logic.dramaturg);
            return Err(written.error(format, message, format!("write {FORMAT}, or nothing")));
        }
        if let Some((at, name)) = written.twice() {
            return Err(written.error(at, format!("'{name}' is written twice"), "take one out"));
        }
        Ok(Self { logic, written })
    }

    /// A file that another one includes.
    pub(super) fn parse_included(file: &Path, source: &str) -> Result<Self, PackError> {
        let part = Self::parse(file, source)?;
        if let Some((at, name)) = part.written.root().names().find(|n| HEAD.contains(&n.1)) {
            let message = format!("an included file can't say '{name}'");
            return Err(part.written.error(at, message, "say it in pack.ron"));
        }
        Ok(part)
    }

    pub(super) fn root(&self) -> Spot<'_> {
        self.written.root()
    }

    /// The files that it includes, relative to the pack's folder.
    pub(super) fn includes(&self) -> impl Iterator<Item = PathBuf> {
        self.logic.include.iter().map(PathBuf::from)
    }
}
