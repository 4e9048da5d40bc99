//! The text of a pack's files: for whoever shows a mistake where it is written.

use crate::pack::Place;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Files that were read, by lines.
#[derive(Default)]
pub(super) struct Sources(RefCell<BTreeMap<PathBuf, Rc<Vec<String>>>>);

impl Sources {
    fn lines(&self, file: &Path) -> Rc<Vec<String>> {
        let mut files = self.0.borrow_mut();
        let lines = files.entry(file.to_owned()).or_insert_with(|| {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            Rc::new(text.lines().map(str::to_owned).collect())
        });
        lines.clone()
    }
    /// The line that a place is in.
    pub(super) fn line(&self, place: &Place) -> String {
        self.lines(&place.file).get(place.line.saturating_sub(1)).cloned().unwrap_or_default()
    }
    /// The first place of `text` from there on.
    pub(super) fn find(&self, from: &Place, text: &str) -> Option<Place> {
        let lines = self.lines(&from.file);
        let first = from.line.saturating_sub(1);
        for (number, line) in lines.iter().enumerate().skip(first) {
            let skipped = if number == first { from.column.saturating_sub(1) } else { 0 };
            let begin = line.char_indices().nth(skipped).map_or(line.len(), |(at, _)| at);
            if let Some(at) = line.get(begin..).and_then(|rest| rest.find(text)) {
                let column = line.get(..begin + at).unwrap_or_default().chars().count() + 1;
                return Some(Place { file: from.file.clone(), line: number + 1, column });
            }
        }
        None
    }
    /// How many characters the thing at a place has: a text in quotes, a heading, a word.
    pub(super) fn width(&self, place: &Place) -> usize {
        let line = self.line(place);
        let chars: Vec<char> = line.chars().collect();
        let at = place.column.saturating_sub(1);
        let rest = chars.get(at..).unwrap_or_default();
        let quoted = at > 0 && chars.get(at - 1) == Some(&'"');
        let ends = |c: &char| c.is_whitespace() || matches!(c, ',' | ')' | ']' | '}' | '"');
        let width = match rest.first() {
            Some('#' | '-' | '>') => line.trim_end().chars().count().saturating_sub(at),
            _ if quoted => rest.iter().take_while(|c| **c != '"').count(),
            _ => rest.iter().take_while(|c| !ends(c)).count(),
        };
        width.max(1)
    }
}

impl Sources {
    /// Whether a file of words in a folder, or in one of its folders, has that text.
    pub(super) fn mentions(&self, folder: &Path, text: &str) -> bool {
        let mut folders = vec![folder.to_owned()];
        let mut depth = 0;
        while depth < 4 {
            let mut inner = Vec::new();
            for entry in
                folders.iter().filter_map(|f| std::fs::read_dir(f).ok()).flatten().flatten()
            {
                let path = entry.path();
                let words = path.extension().is_some_and(|e| e == "md" || e == "ftl");
                if path.is_dir() {
                    inner.push(path);
                } else if words && self.lines(&path).iter().any(|line| line.contains(text)) {
                    return true;
                }
            }
            folders = inner;
            depth += 1;
        }
        false
    }
}
