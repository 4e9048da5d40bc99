//! Independent signs that a line makes a move, and the one probability that they are merged into.

use super::acts::Acts;
use super::examples::{Example, Examples, Library, Line, cosine, section};
use super::normal::plain;

/// How many signs there are.
pub(super) const SIGNS: usize = 16;

/// Signs that a line makes one move; what each means stands at its name in [`NAMES`].
pub(super) type Signs = [f32; SIGNS];

/// Names of the signs, as they are printed for fitting.
pub(super) const NAMES: [&str; SIGNS] = [
    // Likeness to the nearest example that says yes or no as the line does, and to the three nearest of them.
    "nearest",
    "near",
    // Share of the line's words that the examples or their notions hold; share weighed by how often they do.
    "covered",
    "often",
    // Likeness to what the move is said to be.
    "says",
    // Weight of the line's notions that the examples hold, and of those that they don't.
    "notions",
    "foreign",
    // The nearest example and the best 'often' of any other open move.
    "rival",
    "rival_often",
    // Likeness to small talk; share of the words that small talk holds.
    "small",
    "small_covered",
    // Logarithm of the line's length in words.
    "length",
    // By how much an example that says the opposite is nearer; whether one is while the line says no.
    "opposite",
    "polar",
    // Share of the examples that ask, for a line that asks; that don't, for one that doesn't.
    "mood",
    // Cube of the likeness to the nearest example of all.
    "nearest_cubed",
];

/// A move is taken for often held when a sixth of its examples hold the term.
const OFTEN: f32 = 6.0;
/// A line that says no bars a move of whose examples that say no none is so like it, and one that says yes is liker.
const DENIED: f32 = 0.1;
/// Likeness from which an example that is meant in the same way lets the line be meant so.
const LICENCE: f32 = 0.35;

/// Likeness from which a counter-example that is nearer than all examples bars the move.
const COUNTER: f32 = 0.45;

/// What one move makes of a line.
pub(super) struct Compared {
    pub(super) signs: Signs,
    /// The very words of an example.
    pub(super) exact: bool,
    /// How the line is meant bars the move: reported, supposed, claimed; and no example is meant so. Or the author says
    /// that what is like it does not mean the move.
    pub(super) barred: bool,
}

/// Compares `text` with each of the `moves` of a beat.
pub(super) fn compare(
    library: &Library,
    line: &Line,
    text: &str,
    beat: &str,
    moves: &[&str],
) -> Vec<Compared> {
    let examples: Vec<Option<&Examples>> =
        moves.iter().map(|id| library.of_move(&section(beat, id))).collect();
    compare_with(library, line, text, &examples)
}

/// Compares `text` with each of several lists of examples.
pub(super) fn compare_with(
    library: &Library,
    line: &Line,
    text: &str,
    examples: &[Option<&Examples>],
) -> Vec<Compared> {
    let plain = plain(text);
    let denies = super::denial::denies(text);
    let small = library.small_talk.list.iter().map(|e| cosine(&line.vector, &e.vector));
    let small = small.fold(0.0, f32::max);
    let small_covered = covered(library, line, &library.small_talk);
    let length = libm::logf(1.0 + line.size() as f32);
    let mut compared: Vec<Compared> = examples
        .iter()
        .map(|examples| match examples {
            Some(examples) => one(library, line, &plain, denies, examples),
            None => Compared { signs: [0.0; SIGNS], exact: false, barred: false },
        })
        .collect();
    // Of the nearest example of all only the cube is kept.
    let nearest: Vec<f32> = compared.iter().map(|c| libm::cbrtf(c.signs[15])).collect();
    let often: Vec<f32> = compared.iter().map(|c| c.signs[3]).collect();
    let rival = |values: &[f32], but: usize| {
        values.iter().enumerate().filter(|(at, _)| *at != but).map(|(_, v)| *v).fold(0.0, f32::max)
    };
    for (at, compared) in compared.iter_mut().enumerate() {
        compared.signs[7] = rival(&nearest, at);
        compared.signs[8] = rival(&often, at);
        compared.signs[9] = small;
        compared.signs[10] = small_covered;
        compared.signs[11] = length;
    }
    compared
}

fn one(library: &Library, line: &Line, plain: &str, denies: bool, examples: &Examples) -> Compared {
    let likeness = |example: &Example| cosine(&line.vector, &example.vector);
    let like: Vec<f32> = examples.list.iter().map(likeness).collect();
    let with = |negated: bool| {
        let same = examples.list.iter().zip(&like).filter(move |(e, _)| e.negated == negated);
        let mut same: Vec<f32> = same.map(|(_, like)| *like).collect();
        same.sort_by(|a, b| b.total_cmp(a));
        same
    };
    let (same, opposite) = (with(line.negated), with(!line.negated));
    let first = |list: &[f32]| list.first().copied().unwrap_or_default();
    let nearest = like.iter().copied().fold(0.0, f32::max);
    let share = |term: u32| (examples.share(term) * OFTEN).min(1.0);
    let often = line.vector.iter().map(|(term, w)| w * w * share(*term)).sum::<f32>();
    let (mut notions, mut foreign) = (0.0, 0.0);
    for notion in line.notions() {
        match library.number(notion).filter(|number| examples.holds(*number)) {
            Some(number) => notions += library.rarity(notion) * share(number),
            None => foreign += library.rarity(notion),
        }
    }
    let asks = examples.list.iter().filter(|e| e.question).count() as f32;
    let asks = asks / examples.list.len().max(1) as f32;
    let same_acts =
        |(example, like): (&Example, &f32)| *like >= LICENCE && line.acts.within(example.acts);
    let licensed = line.acts.is_empty() || examples.list.iter().zip(&like).any(same_acts);
    let signs = [
        first(&same),
        same.iter().take(3).sum::<f32>() / 3.0,
        covered(library, line, examples),
        often,
        cosine(&line.vector, &examples.says),
        notions,
        foreign,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        (first(&opposite) - first(&same)).max(0.0),
        f32::from(u8::from(line.negated && first(&opposite) > first(&same))),
        if line.question { asks } else { 1.0 - asks },
        nearest * nearest * nearest,
    ];
    let exact = examples.list.iter().any(|example| example.plain == plain);
    let counter = examples.counters.iter().map(likeness).fold(0.0, f32::max);
    let countered = (counter >= COUNTER && counter > nearest)
        || examples.counters.iter().any(|counter| counter.plain == plain);
    let denied = denies && first(&same) < DENIED && first(&opposite) > first(&same);
    Compared {
        signs,
        exact,
        barred: !licensed || denied || countered || line.acts.meets(Acts::BRACKET),
    }
}

/// Share of the line's words, weighed by how much each tells, that the examples hold themselves or by a notion.
fn covered(library: &Library, line: &Line, examples: &Examples) -> f32 {
    let holds = |term: &str| library.number(term).is_some_and(|number| examples.holds(number));
    let (mut all, mut held) = (0.0, 0.0);
    for (at, token) in line.tokens.iter().enumerate() {
        let weight = library.rarity(&token.stem).min(3.0);
        all += weight;
        let pair = |first: usize| match (line.tokens.get(first), line.tokens.get(first + 1)) {
            (Some(a), Some(b)) if b.joined => Some(format!("{}{}", a.stem, b.stem)),
            _ => None,
        };
        let words = if token.dense {
            let pairs = [at.checked_sub(1).and_then(pair), pair(at)];
            let pairs: Vec<String> = pairs.into_iter().flatten().collect();
            if pairs.is_empty() { vec![token.stem.clone()] } else { pairs }
        } else {
            vec![token.stem.clone()]
        };
        if words.iter().any(|word| holds(word))
            || token.notions.iter().any(|notion| holds(&format!("@{notion}")))
        {
            held += weight;
        }
    }
    held / f32::max(all, 1e-6)
}

/// A number between 0 and 1 for one between minus and plus infinity.
pub(super) fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-x.clamp(-30.0, 30.0)))
}
