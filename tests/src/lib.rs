//! Tests that cross crates, and what they share: where things are, and what must stay hidden.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// The story that is shipped.
pub fn story() -> PathBuf {
    workspace().join("assets/stories/lantern")
}

/// Copies a folder with all that is in it.
///
/// # Errors
/// When something can't be read or written.
pub fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// What gives the secret away in that language, in lower case: the list under `## tells` in `story.md`.
///
/// # Errors
/// When the prose can't be read.
pub fn tells(locale: &str) -> std::io::Result<Vec<String>> {
    let prose = std::fs::read_to_string(story().join(locale).join("story.md"))?;
    let list = prose.lines().skip_while(|line| *line != "## tells").skip(1);
    Ok(list.map_while(|line| line.strip_prefix("- ")).map(str::to_lowercase).collect())
}

/// The first of `tells` that `text` holds as a word, however it is spaced. Not the engine's own search: the two watch each other.
pub fn told<'t>(text: &str, tells: &'t [String]) -> Option<&'t str> {
    let hidden = |c: &char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}');
    let text: String = text.to_lowercase().chars().filter(|c| !hidden(c)).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let letter = |c: char| c.is_alphanumeric() && u32::from(c) < 0x2e80;
    tells.iter().map(String::as_str).find(|tell| {
        let narrow = tell.chars().all(|c| u32::from(c) < 0x2e80);
        let mut from = 0;
        while let Some(at) = text[from..].find(tell).map(|at| from + at) {
            let after = at + tell.len();
            let inside = text[..at].chars().next_back().is_some_and(letter)
                || text[after..].chars().next().is_some_and(letter);
            if !(narrow && inside) {
                return true;
            }
            from = after;
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tell_is_found_as_a_word() {
        for (locale, line) in [("en", "My brother JUN, sir."), ("zh", "我弟弟俊")] {
            assert!(told(line, &tells(locale).unwrap()).is_some());
        }
        assert_eq!(told("It rains in June, the junk sails.", &tells("en").unwrap()), None);
    }
}
