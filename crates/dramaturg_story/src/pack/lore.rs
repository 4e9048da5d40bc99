//! Lore: what the world is like, a Markdown file for each thing, taken into a prompt when the player speaks of it.

use super::tree::Place;
use crate::condition::Condition;
use crate::director::contains_word;
use crate::{PackError, State};
use std::path::Path;

/// A thing of the world.
#[derive(Clone, Debug)]
pub struct Lore {
    /// Its name: that of its file without the ending.
    pub id: String,
    /// As it is shown.
    pub title: String,
    /// The words by which it is spoken of, in lower case.
    pub keys: Vec<String>,
    /// When it can be known.
    pub when: Condition,
    /// Who knows it; everybody, if none is named.
    pub knows: Vec<String>,
    /// What in it players may switch off: content notes of the pack.
    pub content: Vec<String>,
    /// What there is to know.
    pub text: String,
    /// Where the condition is written, or the file begins.
    pub place: Place,
}

const HELP: &str = "begin the file with ---, then lines such as `title:`, `keys: fog, mist`, `when:`, `knows: marta`, `content: death`, then --- and the text";

impl Lore {
    /// One file: front matter between two lines of `---`, then the text.
    pub(super) fn read(file: &Path, source: &str) -> Result<Self, PackError> {
        let (front, text) = Self::front(file, source)?;
        let Some(mut lore) = front else {
            return Err(PackError::at(file, source, 1, 1, "the lore has no front matter", HELP));
        };
        let text: Vec<_> = source.get(text..).unwrap_or_default().lines().map(str::trim).collect();
        let text: Vec<_> = text.into_iter().filter(|line| !line.is_empty()).collect();
        lore.text = text.join(" ");
        if lore.text.is_empty() {
            let last = source.lines().count().max(1);
            return Err(PackError::at(file, source, last, 1, "the lore says nothing", HELP));
        }
        Ok(lore)
    }

    /// What a document says of itself where it has no front matter: everybody knows it, always.
    pub(crate) fn plain(file: &Path) -> Self {
        let id = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Self {
            title: id.clone(),
            keys: vec![id.to_lowercase()],
            id,
            when: Condition::always(),
            knows: Vec::new(),
            content: Vec::new(),
            text: String::new(),
            place: Place { file: file.into(), line: 1, column: 1 },
        }
    }

    /// The front matter, without a text, and at which byte the text begins. None where the file does not begin with `---`.
    ///
    /// # Errors
    /// A line of it that can't be understood, or no end of it.
    pub(crate) fn front(file: &Path, source: &str) -> Result<(Option<Self>, usize), PackError> {
        let fail = |line: usize, column: usize, message: String| {
            PackError::at(file, source, line, column, message, HELP)
        };
        let mut lore = Self::plain(file);
        let mut at = 0;
        let mut lines = source.split_inclusive('\n').enumerate().map(|(number, line)| {
            at += line.len();
            (number, line.trim_end_matches(['\n', '\r']), at)
        });
        let first = lines.by_ref().find(|(_, line, _)| !line.trim().is_empty());
        if first.is_none_or(|(_, line, _)| line.trim() != "---") {
            return Ok((None, 0));
        }
        let list = |text: &str| {
            let parts = text.split([',', '，', '、']).map(str::trim);
            parts.filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        for (number, line, at) in lines {
            if line.trim() == "---" {
                return Ok((Some(lore), at));
            }
            if line.trim().is_empty() {
                continue;
            }
            let Some((field, value)) = line.split_once(':') else {
                return Err(fail(number + 1, 1, "a line of front matter is `name: value`".into()));
            };
            let value = value.trim();
            match field.trim() {
                "title" => value.clone_into(&mut lore.title),
                "keys" => lore.keys = list(&value.to_lowercase()),
                "knows" => lore.knows = list(value),
                "content" => lore.content = list(value),
                "when" => {
                    let before =
                        line.len() - line.split_once(':').map_or(0, |l| l.1.trim_start().len());
                    let column = line.get(..before).unwrap_or_default().chars().count() + 1;
                    lore.when = Condition::parse(value).map_err(|error| {
                        let inside = value.get(..error.offset).unwrap_or(value).chars().count();
                        fail(number + 1, column + inside, error.message)
                    })?;
                    lore.place = Place { file: file.into(), line: number + 1, column };
                }
                other => {
                    let message = format!("front matter has no '{other}'");
                    return Err(fail(number + 1, 1, message));
                }
            }
        }
        Err(fail(1, 1, "the front matter is not closed".into()))
    }

    /// Whether `npc` can know of it now.
    pub fn known_to(&self, npc: &str, state: &State) -> bool {
        (self.knows.is_empty() || self.knows.iter().any(|who| who == npc))
            && state.holds(&self.when)
            && !self.content.iter().any(|note| state.avoids(note))
    }
    /// How many of its keys a line in lower case has.
    pub(crate) fn touched_by(&self, lower: &str) -> usize {
        self.keys.iter().filter(|key| contains_word(lower, key)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_front_matter() {
        let source = "---\ntitle: The Teeth\nkeys: teeth, Rocks，礁石\nwhen: turn >= 2\nknows: tobin\n---\nNine rocks.\n\nThey bite.\n";
        let lore = Lore::read(Path::new("en/lore/teeth.md"), source).unwrap();
        assert_eq!((lore.id.as_str(), lore.title.as_str()), ("teeth", "The Teeth"));
        assert_eq!(lore.text, "Nine rocks. They bite.");
        assert_eq!(lore.touched_by("the rocks and the teeth"), 2);
        assert_eq!(lore.touched_by("那礁石"), 1);
        assert_eq!((lore.place.line, lore.place.column), (4, 7));
        for (source, line) in
            [("x", 1), ("---\na: b\n---\nx", 2), ("---\nwhen: a >\n---\nx", 2), ("---\n---\n", 2)]
        {
            assert_eq!(Lore::read(Path::new("x.md"), source).unwrap_err().line, line, "{source}");
        }
    }
}
