//! What comes of an import: the files of a pack, figures, and what was left out.

use crate::ImportError;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Something of the game that is not in the pack, or not as it was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// The file, relative to the game's folder.
    pub file: PathBuf,
    /// Its line, from 1; 0 where it is about the whole file.
    pub line: usize,
    /// What stands there, shortened.
    pub text: String,
    /// What became of it.
    pub why: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}", self.why)?;
        if self.text.is_empty() { Ok(()) } else { write!(f, ": {}", self.text) }
    }
}

/// How much there was, and how much of it is in the pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Labels of Ren'Py, knots and stitches of Ink, nodes of Yarn Spinner.
    pub labels: usize,
    /// Places where the player chooses.
    pub menus: usize,
    /// What can be chosen there.
    pub choices: usize,
    /// Spoken and narrated lines.
    pub lines: usize,
    /// Facts that variables became.
    pub facts: usize,
    /// Ends of the game.
    pub endings: usize,
    /// Lines and choices of each other language that were found.
    pub translated: BTreeMap<String, usize>,
    /// Statements that are no story, by kind: screens, styles, images and the like.
    pub set_aside: BTreeMap<String, usize>,
}

/// The game and the pack, played side by side by their menus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Played {
    /// Ways through the game that were gone to their end.
    pub paths: usize,
    /// Of these, those on which the pack said the same lines and came to the same end.
    pub same: usize,
    /// Whether there are more ways than were gone.
    pub more: bool,
    /// The first way on which they differ: what was chosen, and the difference.
    pub difference: Option<String>,
}

/// A pack that was made of a game, not yet on disk.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The files, relative to the pack's folder.
    pub files: BTreeMap<PathBuf, String>,
    /// What could not be carried over, by file and line.
    pub left_out: Vec<LeftOut>,
    /// How much there is.
    pub figures: Figures,
    /// How the beats were found: read from the source, or by playing the game.
    pub method: String,
    /// The comparison with the original.
    pub played: Option<Played>,
}

impl Draft {
    /// Writes the pack, with a file `IMPORT.md` that says what was left out.
    ///
    /// # Errors
    /// When the folder is there already and not empty, or can't be written. Nothing is overwritten.
    pub fn write(&self, folder: &Path) -> Result<(), ImportError> {
        let taken =
            folder.exists() && !folder.read_dir().is_ok_and(|mut entries| entries.next().is_none());
        if taken {
            return Err(ImportError::not(
                folder,
                "it is there already, and nothing in it is overwritten",
                "name a folder that is empty or new",
            ));
        }
        let report = (PathBuf::from("IMPORT.md"), self.report());
        // The logic last: a folder without it is no pack, so one that was cut short is none.
        let (logic, words): (Vec<_>, Vec<_>) =
            self.files.iter().partition(|(file, _)| file.as_path() == Path::new("pack.ron"));
        let all = words.into_iter().chain([(&report.0, &report.1)]).chain(logic);
        for (file, text) in all {
            let path = folder.join(file);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(|e| ImportError::file(parent, e))?;
            }
            std::fs::write(&path, text).map_err(|e| ImportError::file(&path, e))?;
        }
        Ok(())
    }

    /// The figures and what was left out, as Markdown.
    pub fn report(&self) -> String {
        let Figures { labels, menus, choices, lines, facts, endings, translated, set_aside } =
            &self.figures;
        let mut out = format!(
            "# Imported\n\n{}\n\n{labels} labels, {menus} menus, {choices} choices, {lines} lines, {facts} facts, {endings} endings\n",
            self.method
        );
        for (locale, count) in translated {
            out.push_str(&format!("- {locale}: {count} lines and choices translated\n"));
        }
        if let Some(played) = &self.played {
            out.push_str(&format!("\n{played}\n"));
        }
        if !set_aside.is_empty() {
            let kinds: Vec<String> =
                set_aside.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            out.push_str(&format!(
                "\nNo part of the story, and left aside: {}.\n",
                kinds.join(", ")
            ));
        }
        if self.left_out.is_empty() {
            out.push_str("\nNothing else was left out.\n");
        } else {
            out.push_str(&format!("\n## Left out or changed ({})\n\n", self.left_out.len()));
            self.left_out.iter().for_each(|left| out.push_str(&format!("- {left}\n")));
        }
        out
    }
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { paths, same, more, difference } = self;
        let all = if *more { "of more ways through the game, " } else { "of all " };
        write!(
            f,
            "Played side by side by menu: {all}{paths} were gone, {same} with the same lines and the same end."
        )?;
        match difference {
            Some(difference) => write!(f, "\nThe first that differs: {difference}"),
            None => Ok(()),
        }
    }
}
