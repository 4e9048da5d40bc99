//! How alike lines are meant, as numbers: what an [`Ear`](super::Ear) makes of vectors, is journaled, and is read as signs.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The vector of a text, of length one.
pub(super) type Vector = Arc<[f32]>;

/// How alike a line, or a sentence of it, is meant to what the author wrote: cosines in ten thousandths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Likened {
    /// Of each open move, in their order: the nearest example, the three nearest of them, what the move is said to be, the
    /// nearest counter-example. 0 where there is none.
    pub moves: Vec<[i16; 4]>,
    /// The nearest of lines that move no story.
    pub small: i16,
    /// Of each open move: the middle of its examples. Empty in recordings of when all vectors still had in them what any two
    /// lines share.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub middles: Vec<i16>,
}

/// The vectors of what the author wrote for a move.
pub(super) struct Meant {
    pub(super) examples: Vec<Vector>,
    pub(super) says: Vec<Vector>,
    pub(super) counters: Vec<Vector>,
}

/// How many signs a vector gives.
pub(super) const SENSES: usize = 7;

/// Names of these signs, as they are printed for fitting.
pub(super) const SENSE_NAMES: [&str; SENSES] = [
    "meant",
    "meant_near",
    "meant_says",
    "meant_rival",
    "meant_small",
    "meant_counter",
    "meant_middle",
];

/// What tells lines apart: a vector less what all small talk has in common. Whatever is said in a language lies in one
/// narrow direction (E5's cosines are .75 to .95 between any two lines), which hides how lines differ.
pub(super) struct Centre(Vec<f32>);

impl Centre {
    pub(super) fn of(small: &[Vector]) -> Self {
        let mut sum = vec![0.0; small.first().map_or(0, |first| first.len())];
        for vector in small {
            sum.iter_mut().zip(vector.iter()).for_each(|(sum, x)| *sum += x);
        }
        sum.iter_mut().for_each(|sum| *sum /= small.len() as f32);
        Self(sum)
    }
    pub(super) fn away(&self, vector: &[f32]) -> Vec<f32> {
        let less = vector.iter().zip(&self.0).map(|(x, centre)| x - centre);
        unit(less.collect())
    }
    pub(super) fn all_away(&self, vectors: &[Vector]) -> Vec<Vec<f32>> {
        vectors.iter().map(|vector| self.away(vector)).collect()
    }
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > f32::EPSILON {
        vector.iter_mut().for_each(|x| *x /= length);
    }
    vector
}

/// What was written for a beat, ready for any line.
pub(super) struct Written {
    centre: Centre,
    small: Vec<Vec<f32>>,
    moves: Vec<[Vec<Vec<f32>>; 3]>,
    middles: Vec<Vec<f32>>,
}

impl Written {
    pub(super) fn new(small: &[Vector], moves: &[Meant]) -> Self {
        let centre = Centre::of(small);
        let moves: Vec<[Vec<Vec<f32>>; 3]> = moves
            .iter()
            .map(|m| [&m.examples, &m.says, &m.counters].map(|list| centre.all_away(list)))
            .collect();
        let middle = |[examples, ..]: &[Vec<Vec<f32>>; 3]| {
            let mut sum = vec![0.0; examples.first().map_or(0, Vec::len)];
            for example in examples {
                sum.iter_mut().zip(example).for_each(|(sum, x)| *sum += x);
            }
            unit(sum)
        };
        let middles = moves.iter().map(middle).collect();
        Self { small: centre.all_away(small), centre, moves, middles }
    }

    pub(super) fn liken(&self, line: &[f32]) -> Likened {
        let line = self.centre.away(line);
        let first = |list: &[Vec<f32>]| nearest(&line, list).first().copied().unwrap_or_default();
        let like = |[examples, says, counters]: &[Vec<Vec<f32>>; 3]| {
            let near = nearest(&line, examples);
            let three = &near[..near.len().min(3)];
            let sum: i32 = three.iter().map(|x| i32::from(*x)).sum();
            let mean = sum / three.len().max(1) as i32;
            [near.first().copied().unwrap_or_default(), mean as i16, first(says), first(counters)]
        };
        Likened {
            moves: self.moves.iter().map(like).collect(),
            small: first(&self.small),
            middles: self.middles.iter().map(|middle| cosine(&line, middle)).collect(),
        }
    }
}

fn cosine(a: &[f32], b: &[f32]) -> i16 {
    let sum: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    (sum.clamp(-1.0, 1.0) * 10_000.0) as i16
}

/// The cosines of a line with others, the nearest first.
fn nearest(line: &[f32], others: &[Vec<f32>]) -> Vec<i16> {
    let mut all: Vec<i16> = others.iter().map(|other| cosine(line, other)).collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    all
}

impl Likened {
    /// Whether it has the form of today, see [`Self::middles`].
    pub(super) fn is_centred(&self) -> bool {
        self.middles.len() == self.moves.len()
    }
    /// The signs that the line is meant as each move: cosines spread to about minus one to one.
    pub(super) fn senses(&self) -> Vec<[f32; SENSES]> {
        let centred = self.is_centred();
        let (middle, by) = if centred { (0.3, 4.0) } else { (0.85, 10.0) };
        let spread = |cosine: i16| (f32::from(cosine) / 10_000.0 - middle) * by;
        // A move without a description, or without a rival, is as one that has them at the usual distance.
        let usual = if centred { -0.2 } else { -1.0 };
        let some = |cosine: i16| if cosine == 0 { usual } else { spread(cosine) };
        let senses = |at: usize| {
            let [nearest, near, says, counter] = self.moves[at];
            let others = self.moves.iter().enumerate().filter(|(other, _)| *other != at);
            let rival = others.map(|(_, of)| of[0]).max().unwrap_or_default();
            let nearer = if counter == 0 { 0 } else { i32::from(counter) - i32::from(nearest) };
            let counter = nearer.max(0) as f32 / 10_000.0 * by;
            let middle = self.middles.get(at).map_or(0.0, |middle| spread(*middle));
            let (rival, small) = (some(rival), spread(self.small));
            [spread(nearest), spread(near), some(says), rival, small, counter, middle]
        };
        (0..self.moves.len()).map(senses).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(x: f32, y: f32, z: f32) -> Vector {
        unit(vec![x, y, z]).into()
    }

    #[test]
    fn what_all_lines_share_is_taken_away() {
        // All lines lie along z; only x and y tell them apart.
        let small = [vector(0.1, 0.0, 1.0), vector(-0.1, 0.0, 1.0), vector(0.0, -0.1, 1.0)];
        let meant = Meant {
            examples: vec![vector(0.3, 0.2, 1.0), vector(0.3, 0.1, 1.0)],
            says: Vec::new(),
            counters: vec![vector(-0.3, 0.2, 1.0)],
        };
        let written = Written::new(&small, &[meant]);
        let near = written.liken(&vector(0.3, 0.15, 1.0));
        let far = written.liken(&vector(-0.3, 0.15, 1.0));
        assert!(near.moves[0][0] > 9_000 && near.middles[0] > 9_000, "{near:?}");
        assert!(far.moves[0][0] < 0 && far.middles[0] < 0, "{far:?}");
        assert!(near.is_centred());
        assert!(far.senses()[0][5] > 1.0, "nearer to the counter-example");
        assert!(near.senses()[0][5].abs() < f32::EPSILON);
    }

    #[test]
    fn a_recording_of_before_is_read_as_it_was() {
        let old = r#"{"moves":[[9000,8800,8600,0],[8500,8500,0,0]],"small":8700}"#;
        let old: Likened = serde_json::from_str(old).unwrap();
        assert!(!old.is_centred());
        let senses = old.senses();
        assert!((senses[0][0] - 0.5).abs() < 1e-4 && senses[0][6] == 0.0);
        assert_eq!(senses[1][2], -1.0);
    }
}
