//! Whether moves can be told from one another by their examples.

use super::examples::{Examples, Library, section};
use super::interpret::likely;
use super::normal::plain;
use super::signals::compare_with;
use crate::Pack;

/// An example that would be taken for another move if its author had not written it.
#[derive(Clone, Debug)]
pub(crate) struct Astray {
    /// The numbers of the move that it is of, and of the other one.
    pub(crate) of: usize,
    pub(crate) other: usize,
    /// The example, and the closest of the other move.
    pub(crate) example: String,
    pub(crate) closest: String,
    /// How likely it is its own move by the others of its examples, and the other move; in thousandths.
    pub(crate) own: u16,
    pub(crate) likeness: u16,
    /// The very same words.
    pub(crate) same: bool,
}

/// By how much the other move must be likelier.
const CLEARLY: f32 = 0.1;

/// The examples that are closer to another of the moves of a beat, of pairs that may be open together: each example is
/// left out, and read as a line of a player's would be.
pub(crate) fn astray(
    pack: &Pack,
    locale: &str,
    beat: &str,
    moves: &[&str],
    together: impl Fn(usize, usize) -> bool,
) -> Vec<Astray> {
    let library = Library::of(pack, locale);
    let prose = pack.prose(locale);
    let texts = |number: usize| prose.bullets(&section(beat, moves[number]));
    let lists: Vec<Option<&Examples>> =
        moves.iter().map(|id| library.of_move(&section(beat, id))).collect();
    let mut found = Vec::new();
    for number in 0..moves.len() {
        let Some(own) = lists[number] else { continue };
        let rivals: Vec<usize> =
            (0..moves.len()).filter(|other| *other != number && together(number, *other)).collect();
        if rivals.is_empty() {
            continue;
        }
        for (at, (_, text)) in texts(number).iter().enumerate().take(own.list.len()) {
            let rest = own.without(at);
            let mut examples: Vec<Option<&Examples>> = vec![Some(&rest)];
            examples.extend(rivals.iter().map(|other| lists[*other]));
            let line = library.line(text);
            let compared = compare_with(&library, &line, text, &examples);
            let odds: Vec<f32> = compared.iter().map(likely).collect();
            let words = plain(text);
            for (rank, other) in rivals.iter().enumerate() {
                let odds_of_other = odds[rank + 1];
                let same = texts(*other).iter().position(|(_, text)| plain(text) == words);
                // Of a single example nothing is left to compare it with.
                let closer = own.list.len() > 1
                    && odds_of_other >= pack.threshold
                    && odds_of_other > odds[0] + CLEARLY;
                if same.is_none() && !closer {
                    continue;
                }
                let thousandths = |odds: f32| (odds.clamp(0.0, 1.0) * 1000.0) as u16;
                let nearest = same.or_else(|| closest(&line.vector, lists[*other]));
                found.push(Astray {
                    of: number,
                    other: *other,
                    example: text.clone(),
                    closest: nearest
                        .and_then(|at| texts(*other).get(at))
                        .map(|b| b.1.clone())
                        .unwrap_or_default(),
                    own: thousandths(odds[0]),
                    likeness: thousandths(odds_of_other),
                    same: same.is_some(),
                });
            }
        }
    }
    found
}

fn closest(vector: &[(u32, f32)], examples: Option<&Examples>) -> Option<usize> {
    let like = examples?.list.iter().map(|e| super::examples::cosine(vector, &e.vector));
    like.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
}
