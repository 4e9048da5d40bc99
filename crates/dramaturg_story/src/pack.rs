//! Story packs: a folder with `pack.ron` (the logic) and one folder of Markdown for each language (the words).

mod logic;
mod prose;

pub use logic::{Beat, Character, Ending, Move, Secret};
pub use prose::{Line, Prose};

use crate::PackError;
use crate::fact::FactKind;
use dramaturg_mind::Persona;
use std::collections::BTreeMap;
use std::path::Path;

/// A story, read and checked: ids that it mentions exist, each language has all that can be spoken.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Its name in journals.
    pub id: String,
    /// Version of the story.
    pub version: u32,
    /// First beat.
    pub start: String,
    /// Name of the first background.
    pub background: String,
    /// Languages, the first one is the writer's.
    pub locales: Vec<String>,
    pub(crate) facts: BTreeMap<String, FactKind>,
    pub(crate) cast: BTreeMap<String, Character>,
    pub(crate) secrets: BTreeMap<String, Secret>,
    pub(crate) beats: Vec<Beat>,
    pub(crate) endings: Vec<Ending>,
    prose: BTreeMap<String, Prose>,
    /// BLAKE3 of all files: a journal names the very text that it was played on.
    pub digest: String,
}

impl Pack {
    /// Reads and checks the pack in `folder`.
    ///
    /// # Errors
    /// The first thing that is wrong, with file, line, column and the offending text.
    pub fn load(folder: &Path) -> Result<Self, PackError> {
        let file = folder.join("pack.ron");
        let source = read(&file)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(source.as_bytes());
        let logic = logic::parse(&file, &source)?;
        let mut prose = BTreeMap::new();
        for locale in &logic.locales {
            let mut text = Prose::default();
            for file in markdown_files(&folder.join(locale))? {
                let source = read(&file)?;
                hasher.update(source.as_bytes());
                text.read(&file, &source)?;
            }
            prose.insert(locale.clone(), text);
        }
        let pack = Self {
            id: logic.id,
            version: logic.version,
            start: logic.start,
            background: logic.background,
            locales: logic.locales,
            facts: logic.facts,
            cast: logic.cast,
            secrets: logic.secrets,
            beats: logic.beats,
            endings: logic.endings,
            prose,
            digest: hasher.finalize().to_hex().to_string(),
        };
        logic::check(&pack, &file, &source)?;
        for locale in &pack.locales {
            pack.prose(locale).check(&pack, &folder.join(locale))?;
        }
        Ok(pack)
    }

    /// The words of a language; of the first one where `locale` is not there.
    pub fn prose(&self, locale: &str) -> &Prose {
        static NONE: std::sync::LazyLock<Prose> = std::sync::LazyLock::new(Prose::default);
        let found = self.prose.get(locale).or_else(|| self.prose.get(self.locales.first()?));
        found.unwrap_or(&NONE)
    }
    /// The story's title.
    pub fn title(&self, locale: &str) -> &str {
        self.prose(locale).field("story", "title").unwrap_or(&self.id)
    }
    /// A character's name as it is shown.
    pub fn display_name<'a>(&'a self, locale: &str, npc: &'a str) -> &'a str {
        self.prose(locale).field(&format!("cast {npc}"), "name").unwrap_or(npc)
    }
    /// Name of a character's portrait.
    pub fn portrait<'a>(&'a self, npc: &'a str) -> &'a str {
        self.cast.get(npc).map_or(npc, |c| c.portrait.as_str())
    }
    /// Ids of all characters.
    pub fn cast(&self) -> impl Iterator<Item = &str> {
        self.cast.keys().map(String::as_str)
    }
    /// Who a character is.
    pub fn persona(&self, locale: &str, npc: &str) -> Persona {
        Persona {
            name: self.display_name(locale, npc).to_owned(),
            description: self.prose(locale).text(&format!("cast {npc}")),
        }
    }
    /// A beat by its id.
    pub fn beat(&self, id: &str) -> Option<&Beat> {
        self.beats.iter().find(|beat| beat.id == id)
    }
    /// All beats, in the writer's order.
    pub fn beats(&self) -> &[Beat] {
        &self.beats
    }
}

fn read(file: &Path) -> Result<String, PackError> {
    std::fs::read_to_string(file).map_err(|error| {
        PackError::at(
            file,
            "",
            1,
            1,
            format!("can't read the file: {error}"),
            "a pack is a folder with pack.ron and one folder for each locale",
        )
    })
}

fn markdown_files(folder: &Path) -> Result<Vec<std::path::PathBuf>, PackError> {
    let listing = std::fs::read_dir(folder).map_err(|error| {
        PackError::at(
            folder,
            "",
            1,
            1,
            format!("can't read the folder: {error}"),
            "each locale of pack.ron needs a folder of Markdown files",
        )
    })?;
    let mut files: Vec<_> = listing
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    files.sort();
    Ok(files)
}
