//! Moves that can't be told from their neighbours.

use super::Inspection;
use super::code::Code;
use super::diagnostic::Diagnostic;
use crate::director::{astray, section};
use std::collections::BTreeMap;

pub(super) fn neighbours(of: &Inspection, out: &mut Vec<Diagnostic>) {
    for locale in &of.pack.locales {
        for (number, beat) in (0..).zip(&of.pack.beats) {
            let moves: Vec<&str> = beat.moves.iter().map(|m| m.id.as_str()).collect();
            let together = |a: usize, b: usize| {
                let (first, second) = (a.min(b) as u16, a.max(b) as u16);
                of.explored.together.contains(&(number, first, second))
            };
            // One mistake for each two moves: the example that is the farthest astray, and how many there are.
            let mut worst: BTreeMap<(usize, usize, bool), (crate::director::Astray, usize)> =
                BTreeMap::new();
            for found in astray(of.pack, locale, &beat.id, &moves, together) {
                // The same words in both are one mistake, not one of each.
                if found.same && found.of < found.other {
                    continue;
                }
                let key = (found.of, found.other, found.same);
                let gap = |a: &crate::director::Astray| a.likeness.saturating_sub(a.own);
                match worst.get_mut(&key) {
                    None => {
                        worst.insert(key, (found, 1));
                    }
                    Some((first, count)) => {
                        *count += 1;
                        if gap(&found) > gap(first) {
                            *first = found;
                        }
                    }
                }
            }
            for (found, count) in worst.into_values() {
                let (own, other) = (moves[found.of], moves[found.other]);
                let at =
                    of.locate(locale, &section(&beat.id, own), &format!("- {}", found.example));
                let near =
                    of.locate(locale, &section(&beat.id, other), &format!("- {}", found.closest));
                let (code, message) = if found.same {
                    (
                        Code::SameWords,
                        format!("'{own}' and '{other}' have the same words for an example"),
                    )
                } else {
                    (
                        Code::Neighbours,
                        format!(
                            "an example of '{own}' is closer to '{other}' than to the rest of '{own}'"
                        ),
                    )
                };
                let label = if found.same {
                    "the first of the two is always taken".to_owned()
                } else {
                    format!(
                        "without it: '{other}' {}%, '{own}' {}%",
                        found.likeness / 10,
                        found.own / 10
                    )
                };
                let mut said = Diagnostic::at(of.sources, code, &at, message)
                    .label(label)
                    .related(of.sources, &near, format!("an example of '{other}'"))
                    .note("both moves can be open at the same time; a line like it would be taken for the other one")
                    .help("word it otherwise, give its move more examples of that kind, or open the two at different times");
                if count > 1 {
                    said = said.note(format!(
                        "so it is with {count} examples of '{own}'; this is the worst"
                    ));
                }
                out.push(said);
            }
        }
    }
}
