//! Characters and words: what is not to be seen, what stands in a text.

/// The most characters of a line that count.
const LONGEST: usize = 2000;

/// Whether a character is not to be seen: it steers the terminal, or hides inside a word.
pub(crate) fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{feff}' | '\u{fffd}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// The player's words without control characters and with single spaces, at the most 2,000 characters.
pub(crate) fn clean(text: &str) -> String {
    let mut clean = String::new();
    // Read no further than needed: a line may have any length.
    for c in text.chars().filter(|c| c.is_whitespace() || !invisible(*c)).take(LONGEST) {
        if !c.is_whitespace() {
            clean.push(c);
        } else if !clean.is_empty() && !clean.ends_with(' ') {
            clean.push(' ');
        }
    }
    clean.truncate(clean.trim_end().len());
    clean
}

/// Whether `text` holds `term`: between word borders where the term is of letters without Han.
pub(crate) fn contains_word(text: &str, term: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && (c as u32) < 0x2e80);
    text.match_indices(term).any(|(at, _)| {
        let (before, after) =
            (text[..at].chars().next_back(), text[at + term.len()..].chars().next());
        let first = letter(term.chars().next());
        let last = letter(term.chars().next_back());
        !(first && letter(before) || last && letter(after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_go_and_words_have_borders() {
        assert_eq!(clean(" a\u{0}b\r\n c\u{ad}d\u{200b} "), "ab cd");
        assert!(contains_word("is jun here", "jun") && !contains_word("in june", "jun"));
        assert!(contains_word("他叫俊吗", "俊"));
    }
}
