//! The last reader before the player: nothing locked, nothing out of the world, the right language, not too long.

use super::likeness::{adds_to, unique};
use super::rules::{contains_word, invisible, negated};
use std::collections::BTreeSet;

/// Watches a stream of words. Only text that can't become part of a forbidden term is let through. Goes by characters:
/// what comes of a text does not depend on the pieces in which it came.
pub(crate) struct Guard {
    forbidden: Vec<String>,
    chinese: bool,
    /// What the player said, as words.
    player: BTreeSet<String>,
    /// Whether the player's line says no: then an echo that does not is an answer, and the other way round.
    player_negates: bool,
    text: String,
    released: usize,
    sentences: usize,
    /// Whether a sentence has begun.
    begun: bool,
}

/// What the guard says of the words so far.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// More may be shown: this much (it may be empty).
    Show(String),
    /// Enough has been said.
    Enough(String),
    /// A rule is broken; nothing after this much is shown.
    Broken(String),
}

const SENTENCES: usize = 2;
/// Bytes after which a speech has been long enough, even if its sentence never ends.
const LONGEST: usize = 1000;
const BREAKS: [&str; 17] = [
    "as an ai",
    "an ai",
    "language model",
    "assistant",
    "chatbot",
    "the player",
    "i'm sorry, but i can't",
    "qwen",
    "openai",
    "alibaba",
    "人工智能",
    "语言模型",
    "助手",
    "通义",
    "阿里",
    "玩家",
    "```",
];

impl Guard {
    /// Nothing of `locked` passes; a line in another language than the play's, or one that only repeats what the
    /// player said, does not either.
    pub(crate) fn new(locked: Vec<String>, chinese: bool, player: &str) -> Self {
        let breaks = BREAKS.iter().map(|b| (*b).to_owned());
        Self {
            forbidden: locked.into_iter().chain(breaks).collect(),
            chinese,
            player: unique(&player.to_lowercase()),
            player_negates: negated(&player.to_lowercase()),
            text: String::new(),
            released: 0,
            sentences: 0,
            begun: false,
        }
    }

    pub(crate) fn push(&mut self, piece: &str) -> Verdict {
        let mut shown = String::new();
        for c in piece.chars() {
            match self.step(c) {
                Verdict::Show(more) => shown.push_str(&more),
                Verdict::Enough(more) => return Verdict::Enough(shown + &more),
                Verdict::Broken(more) => return Verdict::Broken(shown + &more),
            }
        }
        Verdict::Show(shown)
    }

    /// One character more.
    fn step(&mut self, c: char) -> Verdict {
        let nothing = String::new;
        if self.text.len() >= LONGEST {
            return Verdict::Enough(nothing());
        }
        if !self.take(c) {
            return Verdict::Show(nothing());
        }
        let lower = self.text.to_lowercase();
        // With a letter after it, a word at the end is not taken for whole: it may go on.
        let going_on = format!("{lower}x");
        if self.forbidden.iter().any(|term| contains_word(&going_on, term)) || self.wrong_language()
        {
            return Verdict::Broken(nothing());
        }
        // Nothing is shown while it could still be an echo.
        if self.released == 0 {
            let in_word = c.is_alphanumeric() && u32::from(c) < 0x2e80;
            let whole = self.sentences > 0;
            if (in_word && !whole) || !self.answers(&lower, whole) {
                return if whole { Verdict::Broken(nothing()) } else { Verdict::Show(nothing()) };
            }
        }
        if self.sentences >= SENTENCES {
            return Verdict::Enough(self.release(self.text.len()));
        }
        let safe = self.safe_length();
        Verdict::Show(self.release(safe))
    }

    /// Whether the text is more than an echo of the player's line.
    fn answers(&self, lower: &str, whole: bool) -> bool {
        adds_to(lower, &self.player, whole) || (whole && negated(lower) != self.player_negates)
    }

    /// Takes a character into the text, unless it is none of a speech.
    fn take(&mut self, c: char) -> bool {
        let c = if c.is_whitespace() { ' ' } else { c };
        let doubled = c == ' ' && (self.text.is_empty() || self.text.ends_with(' '));
        let quote = matches!(c, '"' | '“' | '”' | '*' | '「' | '」');
        if doubled || quote || invisible(c) {
            return false;
        }
        self.text.push(c);
        self.begun |= c.is_alphanumeric();
        if self.begun && matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '…') {
            self.sentences += 1;
            self.begun = false;
        }
        true
    }

    fn release(&mut self, end: usize) -> String {
        let end = end.max(self.released);
        let out = self.text[self.released..end].to_owned();
        self.released = end;
        out
    }

    /// Everything but a tail that a forbidden term may begin with, cut at a word's start.
    fn safe_length(&self) -> usize {
        let starts = self.text.char_indices().map(|(i, _)| i);
        let risky = |start: &usize| {
            let tail = self.text[*start..].to_lowercase();
            self.forbidden.iter().any(|term| term.starts_with(&tail))
        };
        starts.skip_while(|i| *i < self.released).find(risky).unwrap_or(self.text.len())
    }

    fn wrong_language(&self) -> bool {
        let han = self.text.chars().filter(|c| ('\u{3400}'..='\u{9fff}').contains(c)).count();
        let latin = self.text.chars().filter(char::is_ascii_alphabetic).count();
        if self.chinese { latin > han + 8 } else { han > 0 }
    }

    /// The whole line at the end of the stream; none when there is nothing fit to be said.
    pub(crate) fn finish(&self) -> Option<String> {
        let lower = self.text.to_lowercase();
        let broken = self.forbidden.iter().any(|term| contains_word(&lower, term))
            || self.wrong_language()
            || (self.released == 0 && !self.answers(&lower, true));
        let text = if broken { &self.text[..self.released] } else { self.text.as_str() };
        let end = text.rfind(['.', '!', '?', '。', '！', '？', '…'])?;
        let end = end + text[end..].chars().next().map_or(0, char::len_utf8);
        let line = text[..end].trim();
        (line.chars().count() > 1).then(|| line.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_locked_name_never_shows_even_in_part() {
        let mut guard = Guard::new(vec!["jun".into()], false, "");
        assert_eq!(
            guard.push("Sit down. My brother "),
            Verdict::Show("Sit down. My brother ".into())
        );
        assert_eq!(guard.push("J"), Verdict::Show(String::new()));
        assert_eq!(guard.push("un"), Verdict::Show(String::new()));
        assert_eq!(guard.push(" is"), Verdict::Broken(String::new()));
        assert_eq!(guard.finish().as_deref(), Some("Sit down."));
    }

    #[test]
    fn a_longer_word_is_another_and_hidden_characters_hide_nothing() {
        let mut guard = Guard::new(vec!["jun".into(), "is alive".into()], false, "");
        assert_eq!(guard.push("Cold rain in Jun"), Verdict::Show("Cold rain in ".into()));
        assert_eq!(
            guard.push("e. He i\u{ad}s \n al\u{200b}ive"),
            Verdict::Show("June. He ".into())
        );
        assert_eq!(guard.push("!"), Verdict::Broken(String::new()));
        assert_eq!(guard.finish().as_deref(), Some("Cold rain in June."));
        let mut guard = Guard::new(vec![], false, "");
        let painted = guard.push("\u{1b}[2JThe fog...\u{7} is thick");
        assert_eq!(painted, Verdict::Show("[2JThe fog... is thick".into()));
    }

    #[test]
    fn an_echo_is_not_shown_even_in_part() {
        let mut guard = Guard::new(vec![], false, "They sent me to write something down");
        assert_eq!(guard.push("They sent me to "), Verdict::Show(String::new()));
        assert_eq!(guard.push("write something down."), Verdict::Broken(String::new()));
        assert_eq!(guard.finish(), None);
        let mut guard = Guard::new(vec![], false, "Do you believe in ghosts?");
        assert_eq!(
            guard.push("I don't believe in ghosts."),
            Verdict::Show("I don't believe in ghosts.".into())
        );
        let mut guard = Guard::new(vec![], false, "Is it always this foggy?");
        assert_eq!(guard.push("Always foggy, "), Verdict::Show(String::new()));
        let more = guard.push("and it pays no rent.");
        assert_eq!(more, Verdict::Show("Always foggy, and it pays no rent.".into()));
    }

    #[test]
    fn two_sentences_are_enough_and_the_language_is_kept() {
        let mut guard = Guard::new(vec![], false, "");
        assert_eq!(guard.push("One bowl. Two. Three."), Verdict::Enough("One bowl. Two.".into()));
        assert_eq!(Guard::new(vec![], false, "").push("你好"), Verdict::Broken(String::new()));
    }

    /// All that is shown of these pieces.
    fn feed(guard: &mut Guard, pieces: &[String]) -> String {
        let mut shown = String::new();
        for piece in pieces {
            match guard.push(piece) {
                Verdict::Show(text) => shown.push_str(&text),
                Verdict::Enough(text) | Verdict::Broken(text) => return shown + &text,
            }
        }
        shown
    }

    proptest! {
        #[test]
        fn nothing_leaks(pieces in prop::collection::vec("[ jun.aJUN俊]{0,4}", 0..40)) {
            let mut guard = Guard::new(vec!["jun".into(), "俊".into()], true, "");
            let shown = feed(&mut guard, &pieces);
            let said = guard.finish().unwrap_or_default();
            for text in [shown, said] {
                prop_assert!(!contains_word(&text.to_lowercase(), "jun"), "{}", text);
                prop_assert!(!text.contains('俊'), "{}", text);
            }
        }

        #[test]
        fn the_pieces_make_no_difference(pieces in prop::collection::vec("[ jun.aJUN俊\u{ad}\n]{0,4}", 0..40)) {
            let mut whole = Guard::new(vec!["jun".into()], true, "jan a");
            let mut parts = Guard::new(vec!["jun".into()], true, "jan a");
            prop_assert_eq!(feed(&mut whole, &[pieces.concat()]), feed(&mut parts, &pieces));
            prop_assert_eq!(whole.finish(), parts.finish());
        }
    }
}
