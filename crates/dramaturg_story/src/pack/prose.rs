//! The words: Markdown with one `#` heading for each thing that is spoken of.

use super::tree::Place;
use crate::condition::Condition;
use crate::{PackError, State};
use dramaturg_mind::Emotion;
use std::collections::BTreeMap;
use std::path::Path;

/// A line to be spoken or narrated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Who speaks; none for narration.
    pub npc: Option<String>,
    /// The face.
    pub emotion: Emotion,
    /// The words.
    pub text: String,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    pub(super) fields: BTreeMap<String, String>,
    pub(super) lines: Vec<Line>,
    pub(super) bullets: Vec<(Emotion, String)>,
    pub(super) text: Vec<String>,
}

/// A section for when a condition holds: `## open when trust >= 3`.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub(super) when: Condition,
    /// Where the condition begins.
    pub(super) place: Place,
    /// The heading, for errors.
    pub(super) heading: String,
    pub(super) section: Section,
}

/// What the words say of an ending: `# ending keep when trust >= 3`, `priority: 5`.
#[derive(Clone, Debug, Default)]
pub(super) struct WrittenEnding {
    pub(super) when: Option<Condition>,
    pub(super) priority: Option<i16>,
    /// Where the condition begins, or else where the priority stands.
    pub(super) place: Place,
    /// The line, for errors.
    pub(super) line: String,
}

/// All words of one language. A section is named by its headings: `beat coat`, `beat coat/move ask/reply`.
#[derive(Clone, Debug, Default)]
pub struct Prose {
    pub(super) sections: BTreeMap<String, Section>,
    pub(super) variants: BTreeMap<String, Vec<Variant>>,
    /// Content notes of texts, by the texts.
    pub(super) notes: BTreeMap<String, Vec<String>>,
    /// When each ending can be, and its priority, where its heading says so.
    pub(super) endings: BTreeMap<String, WrittenEnding>,
    /// The sections as they are written.
    headings: Vec<(String, Place)>,
}

/// What stands between a section's name and its condition.
const WHEN: &str = " when ";
const ENDING: &str = "ending ";

const FIELDS: [&str; 4] = ["title", "name", "aim", "says"];

impl Prose {
    /// `notes` are those of the pack: a line that ends with one of them, `#spiders`, is marked by it.
    pub(super) fn read(
        &mut self,
        file: &Path,
        source: &str,
        notes: &[String],
    ) -> Result<(), PackError> {
        let mut headings: Vec<String> = Vec::new();
        let mut is_variant = false;
        for (number, raw) in source.lines().enumerate() {
            let indent = raw.chars().take_while(|c| c.is_whitespace()).count();
            let fail = |message: &str, help: &str| {
                PackError::at(file, source, number + 1, indent + 1, message, help)
            };
            let line = raw.trim();
            if line.is_empty() {
                continue;
            }
            let depth = line.chars().take_while(|c| *c == '#').count();
            if depth > 0 {
                if depth > headings.len() + 1 {
                    return Err(fail(
                        "this heading has no heading above it",
                        "use one # more than the heading that it belongs to",
                    ));
                }
                let heading = line[depth..].trim();
                let is_ending = depth == 1 && heading.starts_with(ENDING);
                let (name, when) = match heading.split_once(WHEN).filter(|_| depth > 1 || is_ending)
                {
                    Some((name, when)) => (name.trim(), Some(when)),
                    None => (heading, None),
                };
                headings.truncate(depth - 1);
                headings.push(name.to_owned());
                let path = headings.join("/");
                let before = when.map_or(0, |when| raw.trim_end().len() - when.len());
                let place = |column: usize| Place { file: file.into(), line: number + 1, column };
                is_variant = when.is_some() && !is_ending;
                if let Some(when) = when {
                    let column = raw.get(..before).unwrap_or_default().chars().count() + 1;
                    let when = Condition::parse(when).map_err(|error| {
                        let inside = when.get(..error.offset).unwrap_or(when).chars().count();
                        let (line, column) = (number + 1, column + inside);
                        let help = "write it as the conditions in pack.ron";
                        PackError::at(file, source, line, column, error.message, help)
                    })?;
                    if is_ending {
                        let id = name.strip_prefix(ENDING).unwrap_or_default().to_owned();
                        let ending = self.endings.entry(id).or_default();
                        (ending.when, ending.place) = (Some(when), place(column));
                        raw.clone_into(&mut ending.line);
                        self.add_heading(path, place(indent + 1));
                        continue;
                    }
                    self.variants.entry(path).or_default().push(Variant {
                        when,
                        place: place(column),
                        heading: raw.to_owned(),
                        section: Section::default(),
                    });
                } else {
                    self.add_heading(path, place(indent + 1));
                }
                continue;
            }
            if headings.is_empty() {
                return Err(fail(
                    "text before the first heading",
                    "begin with a heading such as '# story'",
                ));
            }
            let path = headings.join("/");
            let (line, marked) = marks(line, notes);
            if let Some(ending) = path.strip_prefix(ENDING)
                && let Some(priority) = line.strip_prefix("priority:")
            {
                let priority = priority.trim().parse().map_err(|_| {
                    let help = "write a whole number; of several endings the highest is taken";
                    fail(&format!("'{}' is no priority", priority.trim()), help)
                })?;
                let ending = self.endings.entry(ending.into()).or_default();
                ending.priority = Some(priority);
                if ending.when.is_none() {
                    ending.place =
                        Place { file: file.into(), line: number + 1, column: indent + 1 };
                    raw.clone_into(&mut ending.line);
                }
                continue;
            }
            let variant = self.variants.get_mut(&path).filter(|_| is_variant);
            let section = match variant.and_then(|variants| variants.last_mut()) {
                Some(variant) => &mut variant.section,
                None => self.sections.entry(path).or_default(),
            };
            let noted = &mut self.notes;
            let mut mark = |text: &str| {
                if !marked.is_empty() {
                    noted.entry(text.to_owned()).or_default().extend(marked.iter().cloned());
                }
            };
            if let Some(field) =
                FIELDS.iter().find(|f| line.strip_prefix(**f).is_some_and(|r| r.starts_with(':')))
            {
                section.fields.insert((*field).into(), line[field.len() + 1..].trim().into());
            } else if let Some(bullet) = line.strip_prefix("- ") {
                let (emotion, text) = emotion_first(bullet);
                mark(text);
                section.bullets.push((emotion.unwrap_or_default(), text.to_owned()));
            } else if let Some(text) = line.strip_prefix('>') {
                let text = text.trim();
                if !text.is_empty() {
                    mark(text);
                    section.lines.push(Line {
                        npc: None,
                        emotion: Emotion::Neutral,
                        text: text.into(),
                    });
                }
            } else if let Some((npc, emotion, text)) = spoken(line) {
                let emotion = Emotion::from_label(emotion).ok_or_else(|| {
                    fail(
                        &format!("'{emotion}' is not an emotion"),
                        "use neutral, glad, sad, angry, afraid, surprised or tender",
                    )
                })?;
                mark(text);
                section.lines.push(Line { npc: Some(npc.into()), emotion, text: text.into() });
            } else {
                mark(line);
                section.text.push(line.to_owned());
            }
        }
        Ok(())
    }

    fn add_heading(&mut self, path: String, place: Place) {
        if !self.sections.contains_key(&path) {
            self.headings.push((path.clone(), place));
        }
        self.sections.entry(path).or_default();
    }

    /// The content notes of a text that is spoken or listed.
    pub(crate) fn notes(&self, text: &str) -> &[String] {
        self.notes.get(text).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn set_name(&mut self, section: &str, name: &str) {
        let section = self.sections.entry(section.into()).or_default();
        section.fields.insert("name".into(), name.into());
    }
    pub(super) fn set_text(&mut self, section: &str, text: &str) {
        self.sections.entry(section.into()).or_default().text = vec![text.into()];
    }
    pub(super) fn add_bullets(&mut self, section: &str, lines: &[&str]) {
        let lines = lines.iter().map(|line| (Emotion::Neutral, (*line).to_owned()));
        self.sections.entry(section.into()).or_default().bullets.extend(lines);
    }

    /// A field such as `name:` of a section.
    pub fn field(&self, section: &str, field: &str) -> Option<&str> {
        self.sections.get(section)?.fields.get(field).map(String::as_str)
    }
    /// Plain paragraphs of a section.
    pub fn text(&self, section: &str) -> String {
        self.sections.get(section).map(|s| s.text.join(" ")).unwrap_or_default()
    }
    /// Plain paragraphs of a section, one by one.
    pub(crate) fn paragraphs(&self, section: &str) -> impl Iterator<Item = &str> {
        self.sections.get(section).into_iter().flat_map(|s| s.text.iter().map(String::as_str))
    }
    /// Lines to be performed.
    pub fn lines(&self, section: &str) -> &[Line] {
        self.sections.get(section).map_or(&[], |s| &s.lines)
    }
    /// List items: examples, tells, ways to turn a question aside. In a section that is performed they are
    /// alternatives, of which one is spoken.
    pub fn bullets(&self, section: &str) -> &[(Emotion, String)] {
        self.sections.get(section).map_or(&[], |s| &s.bullets)
    }
    /// Whether anything can be performed there, at least under some condition.
    pub fn can_perform(&self, section: &str) -> bool {
        let says = |s: &Section| !s.lines.is_empty() || !s.bullets.is_empty();
        self.sections.get(section).is_some_and(says)
            || self.variants.get(section).is_some_and(|v| v.iter().any(|v| says(&v.section)))
    }
    /// What is performed there now: the first variant whose condition holds, or else the section itself. A name for
    /// what is drawn from it, its lines, and its alternatives.
    pub(crate) fn performed(
        &self,
        section: &str,
        state: &State,
    ) -> (String, &[Line], &[(Emotion, String)]) {
        let variants = self.variants.get(section).map(Vec::as_slice).unwrap_or_default();
        if let Some(variant) = variants.iter().find(|variant| state.holds(&variant.when)) {
            let name = format!("{section}{WHEN}{}", variant.when.source());
            return (name, &variant.section.lines, &variant.section.bullets);
        }
        (section.to_owned(), self.lines(section), self.bullets(section))
    }
    /// All that can be performed: section, the condition of a variant, lines, alternatives.
    pub(crate) fn spoken(
        &self,
    ) -> impl Iterator<Item = (&str, Option<&Condition>, &[Line], &[(Emotion, String)])> {
        let plain = self.sections.iter().map(|(path, section)| {
            (path.as_str(), None, section.lines.as_slice(), section.bullets.as_slice())
        });
        let variants = self.variants.iter().flat_map(|(path, variants)| {
            variants.iter().map(|variant| {
                let Section { lines, bullets, .. } = &variant.section;
                (path.as_str(), Some(&variant.when), lines.as_slice(), bullets.as_slice())
            })
        });
        plain.chain(variants)
    }
    /// The sections under headings of one kind, in the order in which they are written: those of `beat` are `beat coat`,
    /// `beat pilot`. Where it is written, too.
    pub(super) fn named<'p>(&'p self, kind: &'p str) -> impl Iterator<Item = (&'p str, &'p Place)> {
        self.headings.iter().filter_map(move |(path, place)| {
            let name = path.strip_prefix(kind)?.strip_prefix(' ')?;
            (!name.contains('/')).then_some((name, place))
        })
    }
    /// All sections, as they are written.
    pub fn sections(&self) -> impl Iterator<Item = (&str, &Place)> {
        self.headings.iter().map(|(path, place)| (path.as_str(), place))
    }
}

/// A line without the notes at its end, and those.
fn marks<'l>(line: &'l str, notes: &[String]) -> (&'l str, Vec<String>) {
    let (mut line, mut marks) = (line, Vec::new());
    while let Some((before, last)) = line.rsplit_once(" #") {
        let Some(note) = notes.iter().find(|note| *note == last) else { break };
        marks.push(note.clone());
        line = before.trim_end();
    }
    (line, marks)
}

/// `(sad) text` with a known emotion.
fn emotion_first(text: &str) -> (Option<Emotion>, &str) {
    let parsed = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    match parsed.and_then(|(label, rest)| Some((Emotion::from_label(label)?, rest))) {
        Some((emotion, rest)) => (Some(emotion), rest.trim()),
        None => (None, text.trim()),
    }
}

impl Line {
    /// A list item as a line: `(sad) text` is spoken by `speaker`, `marta (sad): text` by Marta, `> text` by nobody.
    pub(crate) fn of_bullet((emotion, text): &(Emotion, String), speaker: &str) -> Self {
        if let Some(text) = text.strip_prefix('>') {
            return Self { npc: None, emotion: Emotion::Neutral, text: text.trim().into() };
        }
        let spoken = spoken(text).and_then(|(npc, label, text)| {
            Some(Self {
                npc: Some(npc.into()),
                emotion: Emotion::from_label(label)?,
                text: text.into(),
            })
        });
        spoken.unwrap_or_else(|| Self {
            npc: Some(speaker.to_owned()),
            emotion: *emotion,
            text: text.clone(),
        })
    }
}

/// `marta (sad): text`
fn spoken(line: &str) -> Option<(&str, &str, &str)> {
    let (head, text) = line.split_once("):")?;
    let (npc, emotion) = head.split_once(" (")?;
    let is_id = !npc.is_empty() && npc.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_id.then_some((npc, emotion, text.trim()))
}
/// Whether the engine's own words are Chinese in this language; elsewhere they are English.
pub(crate) fn is_chinese(locale: &str) -> bool {
    locale.starts_with("zh")
}
