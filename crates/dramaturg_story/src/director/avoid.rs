//! What a player has switched off, as words: no line of a play has them, authored or not, and no prompt.

use super::normal::{is_dense, normal, sentences, stem};
use crate::pack::content_section;
use crate::{Pack, Prose, State};
use std::collections::BTreeSet;

/// What is avoided in a play, in all languages of its pack.
#[derive(Debug, Default)]
pub(crate) struct Avoided {
    notes: BTreeSet<String>,
    terms: Vec<Term>,
}

/// A word or a phrase, compared as the words of players are: of usual width and case, without endings.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Term {
    /// Found anywhere: it is of a language without spaces.
    Dense(String),
    /// Words one after the other.
    Words(Vec<String>),
}

impl Avoided {
    /// What is switched off in `state`: the words of each such note, and the tells of what is known of it.
    pub(crate) fn of(pack: &Pack, state: &State) -> Self {
        if state.avoided.is_empty() {
            return Self::default();
        }
        let off = |notes: &[String]| notes.iter().any(|note| state.avoids(note));
        let known = pack.secrets.iter().filter(|(_, secret)| off(&secret.content));
        let sections = state.avoided.iter().map(|note| format!("{}/words", content_section(note)));
        let sections: Vec<String> =
            sections.chain(known.map(|(id, _)| format!("secret {id}/tells"))).collect();
        let mut terms = BTreeSet::new();
        for locale in &pack.locales {
            let prose = pack.prose(locale);
            let words = sections.iter().flat_map(|section| prose.bullets(section));
            terms.extend(words.filter_map(|(_, word)| Term::read(word)));
        }
        Self { notes: state.avoided.clone(), terms: terms.into_iter().collect() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// Whether a text names what is avoided.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        if self.terms.is_empty() {
            return false;
        }
        // What can't be seen hides nothing.
        let seen: String = text.chars().filter(|c| !super::rules::invisible(*c)).collect();
        let normal = normal(&seen);
        let dense: String = normal.chars().filter(|c| is_dense(*c)).collect();
        let spaced =
            normal.split(|c: char| c == ' ' || is_dense(c)).filter(|word| !word.is_empty());
        let words: Vec<String> = spaced.map(stem).collect();
        self.terms.iter().any(|term| match term {
            Term::Dense(term) => dense.contains(term.as_str()),
            Term::Words(term) => words.windows(term.len()).any(|window| window == term.as_slice()),
        })
    }

    /// Whether an authored text is left out: its writer marked it, or it names what is avoided.
    pub(crate) fn leaves_out(&self, prose: &Prose, text: &str) -> bool {
        if self.is_empty() {
            return false;
        }
        prose.notes(text).iter().any(|note| self.notes.contains(note)) || self.is_in(text)
    }

    /// The paragraphs of a section for a prompt, without those that are left out.
    pub(crate) fn text(&self, prose: &Prose, section: &str) -> String {
        if self.is_empty() {
            return prose.text(section);
        }
        let marked = |line: &&str| !prose.notes(line).iter().any(|n| self.notes.contains(n));
        let lines: Vec<&str> = prose.paragraphs(section).filter(marked).collect();
        self.without(&lines.join(" "))
    }

    /// A text for a prompt without the sentences that name what is avoided.
    pub(crate) fn without(&self, text: &str) -> String {
        if !self.is_in(text) {
            return text.to_owned();
        }
        let lines = text.lines().map(|line| {
            let fit: Vec<&str> =
                sentences(line).into_iter().filter(|sentence| !self.is_in(sentence)).collect();
            fit.join(" ")
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Term {
    fn read(word: &str) -> Option<Self> {
        let normal = normal(word);
        if normal.is_empty() {
            return None;
        }
        if normal.chars().any(is_dense) {
            return Some(Self::Dense(normal.chars().filter(|c| is_dense(*c)).collect()));
        }
        Some(Self::Words(normal.split(' ').map(stem).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn avoided(words: &[&str]) -> Avoided {
        let terms = words.iter().filter_map(|word| Term::read(word)).collect();
        Avoided { notes: BTreeSet::from(["x".to_owned()]), terms }
    }

    #[test]
    fn a_word_is_found_in_all_its_forms_and_in_no_other() {
        let avoided = avoided(&["spider", "drown", "cob web", "蜘蛛"]);
        for text in [
            "A spider.",
            "SPIDERS everywhere",
            "Ｓｐｉｄｅｒ",
            "spi\u{200b}der",
            "He drowned.",
            "drowning, they said",
            "an old cob web",
            "一只大蜘蛛",
            "蜘\u{200b}蛛",
        ] {
            assert!(avoided.is_in(text), "{text}");
        }
        for text in ["a spidery hand", "web of lies", "The drone", "蜘", "spied her", ""] {
            assert!(!avoided.is_in(text), "{text}");
        }
    }

    #[test]
    fn a_prompt_keeps_its_other_sentences() {
        let avoided = avoided(&["spider", "蜘蛛"]);
        let text = "You sweep. The spiders are older than you. You are kind.\n你怕蜘蛛。你很好。";
        assert_eq!(avoided.without(text), "You sweep. You are kind.\n你很好。");
    }
}
