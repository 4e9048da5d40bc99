//! Story packs: a folder with `pack.ron` (the logic) and one folder of Markdown for each language (the words).

mod conversation;
mod logic;
mod prose;

pub use logic::{Beat, Character, Ending, Move, Secret};
pub use prose::{Line, Prose};

use crate::PackError;
use crate::fact::FactKind;
use dramaturg_mind::Persona;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where a pack's logic stands.
const LOGIC: &str = "pack.ron";

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
        let logic = read(&folder.join(LOGIC))?;
        let mut files = BTreeMap::new();
        for file in Self::files(folder, &logic)? {
            let text = read(&folder.join(&file))?;
            files.insert(file, text);
        }
        Self::from_files(folder, &logic, &files)
    }

    /// The files that a pack is made of besides `pack.ron`, relative to its folder. For whoever reads them by other
    /// means than the file system, such as a game's asset server; [`Self::from_files`] is the second step.
    ///
    /// # Errors
    /// When `logic`, the text of `pack.ron`, can't be understood.
    pub fn files(folder: &Path, logic: &str) -> Result<Vec<PathBuf>, PackError> {
        let parsed = logic::parse(&folder.join(LOGIC), logic)?;
        let files = parsed
            .locales
            .iter()
            .flat_map(|locale| parsed.files.iter().map(move |file| Path::new(locale).join(file)));
        Ok(files.collect())
    }

    /// A pack of the text of `pack.ron` and of the files that [`Self::files`] named. `folder` only names it in errors.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn from_files(
        folder: &Path,
        logic: &str,
        files: &BTreeMap<PathBuf, String>,
    ) -> Result<Self, PackError> {
        let file = folder.join(LOGIC);
        let mut hasher = blake3::Hasher::new();
        hasher.update(logic.as_bytes());
        let parsed = logic::parse(&file, logic)?;
        let mut prose = BTreeMap::new();
        for locale in &parsed.locales {
            let mut text = Prose::default();
            for name in &parsed.files {
                let name = Path::new(locale).join(name);
                let source = files.get(&name).ok_or_else(|| missing(&folder.join(&name)))?;
                hasher.update(source.as_bytes());
                text.read(&folder.join(&name), source)?;
            }
            prose.insert(locale.clone(), text);
        }
        let pack = Self {
            id: parsed.id,
            version: parsed.version,
            start: parsed.start,
            background: parsed.background,
            locales: parsed.locales,
            facts: parsed.facts,
            cast: parsed.cast,
            secrets: parsed.secrets,
            beats: parsed.beats,
            endings: parsed.endings,
            prose,
            digest: hasher.finalize().to_hex().to_string(),
        };
        logic::check(&pack, &file, logic)?;
        for locale in &pack.locales {
            pack.prose(locale).check(&pack, &folder.join(locale))?;
        }
        Ok(pack)
    }

    /// A conversation with one character, without a story: nothing to steer to, no end.
    pub fn conversation(id: &str, persona: &Persona) -> Self {
        conversation::pack(id, persona)
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
            "a pack is a folder with pack.ron and, for each locale, a folder with the files that pack.ron names",
        )
    })
}

fn missing(file: &Path) -> PackError {
    PackError::at(file, "", 1, 1, "the file is missing", "add it, or take it out of `files`")
}
