//! The last reader before the player: nothing locked, nothing out of the world, the right language, not too long, no
//! echo and no repetition.

mod secrets;
mod sense;
#[cfg(test)]
mod tests;
mod watch;

pub(crate) use secrets::{Secrets, sentences_of};
pub(crate) use sense::Sense;
pub(crate) use watch::{Rule, Watch};

use super::denial::is_negated;
use super::likeness::{adds_to, unique};
use super::rules::{contains_word, invisible};
use std::collections::BTreeSet;
use watch::META;

/// Reads a stream of words ahead of the player. A clause is let through when it is whole and breaks no rule, and what was
/// shown stays: a line that goes wrong later ends with its last good clause. Goes by characters: what comes of a text does
/// not depend on the pieces in which it came.
pub(crate) struct Guard {
    watch: Watch,
    sense: Sense,
    /// Words that can't be said at all.
    forbidden: Vec<(String, Rule)>,
    /// What the player said, as words.
    player: BTreeSet<String>,
    /// Whether the player's line says no: then an echo that does not is an answer, and the other way round.
    player_negates: bool,
    text: String,
    released: usize,
    sentences: usize,
    /// Where the sentence began that is being said.
    sentence: usize,
    /// Where the clause began that is being said.
    clause: usize,
    /// Whether a sentence has begun.
    begun: bool,
    broken: Option<Rule>,
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
/// Words, or dense characters by three, that a clause needs to stand alone when the rest is cut off.
const STANDS_ALONE: usize = 3;
/// A clause that begins so can't stand alone.
const LEANS: [&str; 22] = [
    "if", "when", "because", "as", "since", "while", "although", "though", "after", "before",
    "unless", "until", "whether", "so", "and", "but", "如果", "要是", "因为", "虽然", "既然", "等",
];

fn ends_sentence(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '…')
}
fn ends_clause(c: char) -> bool {
    matches!(c, ',' | ';' | ':' | '，' | '；' | '：' | '—' | '、')
}

impl Guard {
    pub(crate) fn new(watch: Watch, sense: Sense) -> Self {
        let lower = watch.player.to_lowercase();
        let meta = META.iter().map(|b| ((*b).to_owned(), Rule::Meta));
        let tells = watch.secrets.tells().iter().map(|t| (t.clone(), Rule::Secret));
        let never = watch.never.iter().map(|t| (t.clone(), Rule::Canon));
        Self {
            forbidden: tells.chain(meta).chain(never).collect(),
            player: unique(&lower),
            player_negates: is_negated(&lower),
            watch,
            sense,
            text: String::new(),
            released: 0,
            sentences: 0,
            sentence: 0,
            clause: 0,
            begun: false,
            broken: None,
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

    fn breaks(&mut self, rule: Rule) -> Verdict {
        self.broken = Some(rule);
        Verdict::Broken(String::new())
    }

    /// One character more.
    fn step(&mut self, c: char) -> Verdict {
        if self.text.len() >= LONGEST || self.broken.is_some() {
            return Verdict::Enough(String::new());
        }
        let c = if c.is_whitespace() { ' ' } else { c };
        let doubled = c == ' ' && (self.text.is_empty() || self.text.ends_with(' '));
        let quote = matches!(c, '"' | '“' | '”' | '*' | '「' | '」');
        if doubled || quote || invisible(c) {
            return Verdict::Show(String::new());
        }
        let before = self.sentences;
        self.text.push(c);
        self.begun |= c.is_alphanumeric();
        let whole = self.begun && ends_sentence(c);
        self.sentences += usize::from(whole);
        self.begun &= !whole;
        let lower = self.text.to_lowercase();
        // With a letter after it, a word at the end is not taken for whole: it may go on.
        let going_on = format!("{lower}x");
        let said = self.forbidden.iter().find(|(term, _)| contains_word(&going_on, term));
        if let Some(rule) = said.map(|(_, rule)| *rule) {
            return self.breaks(rule);
        }
        if self.wrong_language() {
            return self.breaks(Rule::Language);
        }
        if self.sentences > before {
            return self.sentence_ends(&lower);
        }
        if ends_clause(c) {
            return Verdict::Show(self.clause_ends(&lower));
        }
        Verdict::Show(String::new())
    }

    /// A sentence is whole: it is shown, or breaks a rule.
    fn sentence_ends(&mut self, lower: &str) -> Verdict {
        let sentence = self.text[self.sentence..].trim().to_owned();
        if let Some(rule) = self.broken_by(&sentence) {
            return self.breaks(rule);
        }
        if self.released == 0 && !self.answers(lower) {
            return self.breaks(Rule::Echo);
        }
        (self.sentence, self.clause) = (self.text.len(), self.text.len());
        let shown = self.release(self.safe_length());
        if self.sentences >= SENTENCES {
            return Verdict::Enough(shown + &self.release(self.text.len()));
        }
        Verdict::Show(shown)
    }

    /// A clause is whole: it is shown if it can stand alone, should the rest have to be cut off.
    fn clause_ends(&mut self, lower: &str) -> String {
        let clause = self.text[self.clause..].trim().to_owned();
        self.clause = self.text.len();
        let sentence = self.text[self.sentence..].trim().to_owned();
        let sentence = sentence.as_str();
        let leans = LEANS.iter().any(|word| {
            let rest = sentence.to_lowercase();
            let rest = rest.strip_prefix(*word).map(str::to_owned);
            rest.is_some_and(|rest| !word.is_ascii() || rest.starts_with(' '))
        });
        let fit = !leans
            && size(sentence) >= STANDS_ALONE
            && self.broken_by(sentence).is_none()
            && !self.watch.is_repeated(&clause)
            && (self.released > 0 || adds_to(lower, &self.player, false));
        if fit { self.release(self.safe_length()) } else { String::new() }
    }

    /// The rule that a sentence, or the beginning of one, breaks.
    fn broken_by(&mut self, sentence: &str) -> Option<Rule> {
        if self.watch.secrets.told_by(sentence) {
            Some(Rule::Secret)
        } else if self.watch.avoided.is_in(sentence) {
            Some(Rule::Unwanted)
        } else if self.watch.world.is_broken_by(sentence) {
            Some(Rule::Canon)
        } else if self.watch.is_anothers(sentence) {
            Some(Rule::ForAnother)
        } else if self.watch.is_repeated(sentence) && self.released <= self.sentence {
            Some(Rule::Repetition)
        } else if self.sense.tells(sentence) {
            Some(Rule::Secret)
        } else {
            None
        }
    }

    /// Whether the text, which is whole, is more than an echo of the player's line.
    fn answers(&self, lower: &str) -> bool {
        adds_to(lower, &self.player, true) || is_negated(lower) != self.player_negates
    }

    fn release(&mut self, end: usize) -> String {
        let end = end.max(self.released);
        let out = self.text[self.released..end].to_owned();
        self.released = end;
        out
    }

    /// Everything but a tail that a forbidden term may begin with. Cut at a word's beginning: no word is shown in part,
    /// as which it might be another.
    fn safe_length(&self) -> usize {
        let letter = |c: char| c.is_alphanumeric() && u32::from(c) < 0x2e80;
        let risky = |start: &usize| {
            let before = self.text[..*start].chars().next_back();
            let tail = self.text[*start..].to_lowercase();
            let within = before.is_some_and(letter) && tail.starts_with(letter);
            !within && self.forbidden.iter().any(|(term, _)| term.starts_with(&tail))
        };
        let starts = self.text.char_indices().map(|(i, _)| i);
        starts.skip_while(|i| *i < self.released).find(risky).unwrap_or(self.text.len())
    }

    fn wrong_language(&self) -> bool {
        let han = self.text.chars().filter(|c| ('\u{3400}'..='\u{9fff}').contains(c)).count();
        let latin = self.text.chars().filter(char::is_ascii_alphabetic).count();
        if self.watch.chinese { latin > han + 8 } else { han > 0 }
    }

    /// Why the line could not go on; none while all is well.
    pub(crate) fn broken(&self) -> Option<Rule> {
        self.broken
    }

    /// What was found by meaning, see [`Sense::verdicts`].
    pub(crate) fn sensed(&self) -> Option<Vec<bool>> {
        self.sense.verdicts()
    }

    /// The whole line at the end of the stream; none when there is nothing fit to be said. What was shown is always a
    /// part of it.
    pub(crate) fn finish(&mut self) -> Option<String> {
        let whole = self.text[..self.sentence].len();
        // A sentence that never ended is given up, but for the clauses of it that were shown.
        let end = whole.max(self.released);
        let mut line = self.text[..end].trim().to_owned();
        let lower = line.to_lowercase();
        if self.forbidden.iter().any(|(term, _)| contains_word(&lower, term)) {
            // Can't be: what was let through holds no such word. Nothing is said then.
            self.broken = Some(Rule::Secret);
            return None;
        }
        if !line.ends_with(ends_sentence) {
            line.truncate(line.trim_end_matches(|c: char| ends_clause(c) || c == ' ').len());
            if line.is_empty() {
                self.broken = self.broken.or(Some(Rule::Empty));
                return None;
            }
            line.push(if self.watch.chinese { '。' } else { '.' });
        }
        let spoken = line.chars().filter(|c| c.is_alphanumeric()).count() > 0;
        if spoken {
            return Some(line);
        }
        self.broken = self.broken.or(Some(Rule::Empty));
        None
    }
}

/// Words of a clause; of dense characters three are one.
fn size(clause: &str) -> usize {
    let normal = super::normal::normal(clause);
    let dense = normal.chars().filter(|c| super::normal::is_dense(*c)).count();
    let words = normal.split(' ').filter(|word| !word.chars().any(super::normal::is_dense));
    words.filter(|word| !word.is_empty()).count() + dense / 2
}
