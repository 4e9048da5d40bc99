//! Story packs: a folder with `pack.ron` (the logic) and one folder of Markdown for each language (the words).

mod check;
mod complete;
mod content;
mod conversation;
mod endings;
mod feelings;
mod fluent;
mod gossip;
mod load;
mod logic;
mod lore;
mod names;
mod part;
mod prose;
mod shelves;
mod tree;

pub(crate) use check::RETURN;
pub use complete::Missing;
pub(crate) use complete::RUNGS;
pub(crate) use content::section as content_section;
pub use content::{ContentNote, Policy, Treatment};
pub use logic::{
    Beat, Character, Company, Ending, Gossip, Matter, Move, PromiseKind, Sayings, Scene, Secret,
    Tie,
};
pub(crate) use logic::{HEARD, heard};
pub use lore::Lore;
pub use names::WrittenCondition;
pub(crate) use prose::is_chinese;
pub use prose::{Line, Prose};
pub use tree::Place;

use crate::fact::FactKind;
use crate::library::{LeftOut, Library};
use crate::{PackError, State, Value};
use dramaturg_llm::AdapterId;
use dramaturg_mind::Persona;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a pack's logic stands.
const LOGIC: &str = "pack.ron";

/// A story, read and checked: ids that it mentions exist, each language has all that can be spoken.
#[derive(Clone, Debug, Default)]
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
    /// All that has a value, under the name that conditions have for it: facts, items, relationships, timers, clock.
    pub(crate) facts: BTreeMap<String, FactKind>,
    pub(crate) cast: BTreeMap<String, Character>,
    pub(crate) secrets: BTreeMap<String, Secret>,
    pub(crate) promises: BTreeMap<String, PromiseKind>,
    /// What characters tell each other.
    pub(crate) gossip: Gossip,
    /// How several share the talk.
    pub(crate) company: Option<Company>,
    pub(crate) scenes: BTreeMap<String, Scene>,
    /// Storylets are among them, last.
    pub(crate) beats: Vec<Beat>,
    /// Where each beat stands among them.
    numbers: BTreeMap<String, usize>,
    /// The highest priority first.
    pub(crate) endings: Vec<Ending>,
    /// Minutes by which the clock goes on with each turn of the player.
    pub(crate) minutes_per_turn: i32,
    /// From which probability a move is granted.
    pub(crate) threshold: f32,
    /// What is done about talk of some kinds.
    pub(crate) policy: Policy,
    /// What players may switch off.
    pub(crate) content: Vec<String>,
    prose: BTreeMap<String, Prose>,
    lore: BTreeMap<String, Vec<Lore>>,
    fluent: BTreeMap<String, fluent::Fluent>,
    /// Documents that are named, relative to the pack's folder.
    documents: Vec<String>,
    library: BTreeMap<String, Arc<Library>>,
    left_out: Vec<LeftOut>,
    missing: BTreeMap<String, Vec<Missing>>,
    names: names::Names,
    places: BTreeMap<String, Place>,
    conditions: Vec<WrittenCondition>,
    /// BLAKE3 of all files: a journal names the very text that it was played on.
    pub digest: String,
}

/// How far the player is with a quest. It follows from the facts alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuestStatus {
    /// The player does not know of it yet.
    Hidden,
    /// There is something to do.
    Open,
    /// It is done.
    Done,
    /// It can't be done any more.
    Failed,
}

/// What a world does not contain, in one language: for whoever guards what is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Canon<'p> {
    /// Words for what does not exist.
    pub absent: Vec<&'p str>,
    /// Names of those who are dead, each in all its forms.
    pub dead: Vec<&'p str>,
    /// What cannot have happened, a sentence each.
    pub never: Vec<&'p str>,
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
            let path = folder.join(&file);
            // What a language lacks is taken from the first one; that nothing at all is there is said further on.
            if path.exists() {
                files.insert(file, read(&path)?);
            }
        }
        let mut pack = Self::from_files(folder, &logic, &files)?;
        pack.shelve_folder(folder);
        Ok(pack)
    }

    /// The files that a pack is made of besides `pack.ron`, relative to its folder. For whoever reads them by other
    /// means than the file system, such as a game's asset server; [`Self::from_files`] is the second step.
    ///
    /// # Errors
    /// When `logic`, the text of `pack.ron`, can't be understood.
    pub fn files(folder: &Path, logic: &str) -> Result<Vec<PathBuf>, PackError> {
        load::files(folder, logic)
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
        load::build(folder, logic, files)
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
    /// The `title:` of a beat or an ending, for a map or a gallery: `beat coat`, `ending home`. Its id where there is none.
    pub fn title_of<'a>(&'a self, locale: &str, section: &'a str) -> &'a str {
        let title = self.prose(locale).field(section, "title");
        title.unwrap_or_else(|| section.split_once(' ').map_or(section, |(_, id)| id))
    }
    /// A character's name as it is shown.
    pub fn display_name<'a>(&'a self, locale: &str, npc: &'a str) -> &'a str {
        self.prose(locale).field(&format!("cast {npc}"), "name").unwrap_or(npc)
    }
    /// All names by which a character may be called: those that are shown, in all languages, its id, and its aliases.
    pub fn names_of<'a>(&'a self, npc: &'a str) -> Vec<&'a str> {
        let shown = self.locales.iter().map(|locale| self.display_name(locale, npc));
        let aliases = self.cast.get(npc).map(|c| c.aliases.as_slice()).unwrap_or_default();
        let mut names: Vec<&str> =
            shown.chain([npc]).chain(aliases.iter().map(String::as_str)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
    /// Name of a character's portrait.
    pub fn portrait<'a>(&'a self, npc: &'a str) -> &'a str {
        self.cast.get(npc).map_or(npc, |c| c.portrait.as_str())
    }
    /// The adapter with which a local model speaks for a character.
    pub(crate) fn adapter(&self, npc: &str) -> Option<&AdapterId> {
        self.cast.get(npc)?.adapter.as_ref()
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
    /// A beat or storylet by its id.
    pub fn beat(&self, id: &str) -> Option<&Beat> {
        match self.numbers.get(id) {
            Some(at) => self.beats.get(*at),
            None => self.beats.iter().find(|beat| beat.id == id),
        }
    }
    /// All beats, in the writer's order, then all storylets.
    pub fn beats(&self) -> &[Beat] {
        &self.beats
    }
    /// All endings, in the order in which they are tried.
    pub fn endings(&self) -> &[Ending] {
        &self.endings
    }
    /// All scenes with their names.
    pub fn scenes(&self) -> impl Iterator<Item = (&str, &Scene)> {
        self.scenes.iter().map(|(name, scene)| (name.as_str(), scene))
    }
    /// All characters with their ids.
    pub fn characters(&self) -> impl Iterator<Item = (&str, &Character)> {
        self.cast.iter().map(|(id, character)| (id.as_str(), character))
    }
    /// All pieces of knowledge with their names.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.secrets.iter().map(|(name, secret)| (name.as_str(), secret))
    }
    /// Everything that effects can change, under its name in conditions: facts, `has.key`, `marta.player`,
    /// `turns.ferry`, `minutes.ferry`, `clock`.
    pub fn facts(&self) -> impl Iterator<Item = (&str, &FactKind)> {
        self.facts.iter().map(|(name, kind)| (name.as_str(), kind))
    }
    /// What there is to know of the world, in one language.
    pub fn lore(&self, locale: &str) -> &[Lore] {
        let first = self.locales.first().and_then(|first| self.lore.get(first));
        self.lore.get(locale).or(first).map(Vec::as_slice).unwrap_or_default()
    }
    /// What the world does not contain, in one language.
    pub fn canon(&self, locale: &str) -> Canon<'_> {
        let prose = self.prose(locale);
        let list = |name: &str| {
            let bullets = prose.bullets(&format!("canon/{name}"));
            // Several ways of saying the same stand on one line.
            let each = bullets.iter().flat_map(|(_, text)| text.split('|').map(str::trim));
            each.filter(|text| !text.is_empty()).collect()
        };
        Canon { absent: list("absent"), dead: list("dead"), never: list("never") }
    }
    /// The background of the scene that the story is in.
    pub fn background_of(&self, scene: &str) -> &str {
        let own = self.scenes.get(scene).map(|scene| scene.background.as_str());
        own.filter(|name| !name.is_empty()).unwrap_or(&self.background)
    }

    /// How far the player is with each quest.
    pub fn quests(&self, state: &State) -> Vec<(&str, QuestStatus)> {
        let is = |quest: &str, status: &str| {
            let condition = self.names.condition(&names::quest(quest, status));
            condition.is_some_and(|condition| state.holds(condition))
        };
        let status = |quest| match quest {
            _ if is(quest, "done") => QuestStatus::Done,
            _ if is(quest, "failed") => QuestStatus::Failed,
            _ if is(quest, "open") => QuestStatus::Open,
            _ => QuestStatus::Hidden,
        };
        self.names.quests().map(|quest| (quest, status(quest))).collect()
    }
    /// The band that a relationship such as `marta.player` is in; none where it has no bands.
    pub fn band(&self, state: &State, relation: &str) -> Option<&str> {
        match state.facts.get(relation) {
            Some(Value::Number(number)) => self.names.band(relation, *number),
            _ => None,
        }
    }
    /// Whether a derived fact holds; none where there is no such.
    pub fn derived(&self, state: &State, name: &str) -> Option<bool> {
        self.names.condition(name).map(|condition| state.holds(condition))
    }
    /// A text as it is said now: what stands between `{` and `}` in it is filled in.
    pub fn say<'t>(&self, state: &State, text: &'t str) -> Cow<'t, str> {
        let first = self.locales.first().and_then(|first| self.fluent.get(first));
        match self.fluent.get(&state.locale).or(first) {
            Some(fluent) => fluent.say(text, &state.facts),
            None => Cow::Borrowed(text),
        }
    }

    /// What is written in the first language and not in that one, which falls back on it.
    pub fn missing(&self, locale: &str) -> &[Missing] {
        self.missing.get(locale).map(Vec::as_slice).unwrap_or_default()
    }
    /// Where a thing is declared: `fact trust`, `beat coat`, `beat coat/move ask`, `ending keep`, `secret jun`,
    /// `cast marta`, `cast marta/action warn`, `scene quay`, `quest letter`, `item key`, `relation marta.player`,
    /// `timer ferry`, `derived safe`.
    pub fn place(&self, name: &str) -> Option<&Place> {
        self.places.get(name)
    }
    /// All declared things with their places.
    pub fn places(&self) -> impl Iterator<Item = (&str, &Place)> {
        self.places.iter().map(|(name, place)| (name.as_str(), place))
    }
    /// All conditions that are written, with their places.
    pub fn conditions(&self) -> &[WrittenCondition] {
        &self.conditions
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
