//! The words: Markdown with one `#` heading for each thing that is spoken of.

use super::Pack;
use crate::PackError;
use dramaturg_mind::Emotion;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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
struct Section {
    fields: BTreeMap<String, String>,
    lines: Vec<Line>,
    bullets: Vec<(Emotion, String)>,
    text: Vec<String>,
}

/// All words of one language. A section is named by its headings: `beat coat`, `beat coat/move ask/reply`.
#[derive(Clone, Debug, Default)]
pub struct Prose {
    sections: BTreeMap<String, Section>,
}

const FIELDS: [&str; 4] = ["title", "name", "aim", "says"];

impl Prose {
    pub(super) fn read(&mut self, file: &Path, source: &str) -> Result<(), PackError> {
        let mut headings: Vec<String> = Vec::new();
        for (number, raw) in source.lines().enumerate() {
            let fail = |message: &str, help: &str| {
                let column = raw.chars().take_while(|c| c.is_whitespace()).count() + 1;
                PackError::at(file, source, number + 1, column, message, help)
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
                headings.truncate(depth - 1);
                headings.push(line[depth..].trim().to_owned());
                self.sections.entry(headings.join("/")).or_default();
                continue;
            }
            if headings.is_empty() {
                return Err(fail(
                    "text before the first heading",
                    "begin with a heading such as '# story'",
                ));
            }
            let section = self.sections.entry(headings.join("/")).or_default();
            if let Some(field) =
                FIELDS.iter().find(|f| line.strip_prefix(**f).is_some_and(|r| r.starts_with(':')))
            {
                section.fields.insert((*field).into(), line[field.len() + 1..].trim().into());
            } else if let Some(bullet) = line.strip_prefix("- ") {
                let (emotion, text) = emotion_first(bullet);
                section.bullets.push((emotion.unwrap_or_default(), text.to_owned()));
            } else if let Some(text) = line.strip_prefix('>') {
                let text = text.trim();
                if !text.is_empty() {
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
                section.lines.push(Line { npc: Some(npc.into()), emotion, text: text.into() });
            } else {
                section.text.push(line.to_owned());
            }
        }
        Ok(())
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
    /// Lines to be performed.
    pub fn lines(&self, section: &str) -> &[Line] {
        self.sections.get(section).map_or(&[], |s| &s.lines)
    }
    /// List items: examples, tells, ways to turn a question aside.
    pub fn bullets(&self, section: &str) -> &[(Emotion, String)] {
        self.sections.get(section).map_or(&[], |s| &s.bullets)
    }

    pub(super) fn check(&self, pack: &Pack, folder: &Path) -> Result<(), PackError> {
        let missing = |section: &str, what: &str| {
            let file: PathBuf = folder.into();
            PackError::at(
                file,
                "",
                1,
                1,
                format!("'# {section}' has no {what}"),
                format!("add the heading with its {what}; the story can't be spoken without it"),
            )
        };
        let need = |section: String| {
            if self.lines(&section).is_empty() { Err(missing(&section, "lines")) } else { Ok(()) }
        };
        for beat in &pack.beats {
            let base = format!("beat {}", beat.id);
            for rung in ["hint", "ask", "event", "authored"] {
                need(format!("{base}/{rung}"))?;
            }
            for a_move in &beat.moves {
                let at = format!("{base}/move {}", a_move.id);
                need(format!("{at}/reply"))?;
                if self.bullets(&at).is_empty() {
                    return Err(missing(&at, "example utterances"));
                }
            }
        }
        for npc in pack.cast() {
            for way in ["deflect", "deflect_secret", "deflect_hostile", "deflect_world", "silence"]
            {
                let section = format!("cast {npc}/{way}");
                if self.bullets(&section).is_empty() {
                    return Err(missing(&section, "lines"));
                }
            }
        }
        for secret in pack.secrets.keys() {
            let section = format!("secret {secret}/tells");
            if self.bullets(&section).is_empty() {
                return Err(missing(&section, "tells"));
            }
        }
        pack.endings.iter().try_for_each(|ending| need(format!("ending {}", ending.id)))
    }
}

/// `(sad) text` with a known emotion.
fn emotion_first(text: &str) -> (Option<Emotion>, &str) {
    let parsed = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    match parsed.and_then(|(label, rest)| Some((Emotion::from_label(label)?, rest))) {
        Some((emotion, rest)) => (Some(emotion), rest.trim()),
        None => (None, text.trim()),
    }
}

/// `marta (sad): text`
fn spoken(line: &str) -> Option<(&str, &str, &str)> {
    let (head, text) = line.split_once("):")?;
    let (npc, emotion) = head.split_once(" (")?;
    let is_id = !npc.is_empty() && npc.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_id.then_some((npc, emotion, text.trim()))
}
