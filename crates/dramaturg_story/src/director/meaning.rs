//! How alike lines are meant, by vectors of a model made for that: words alone don't show that "did he own this?" asks whose
//! coat it is.

use super::examples::{section, small_talk};
use crate::{Beat, Pack};
use dramaturg_llm::{Embedder, LocalError, PendingEmbeddings, Purpose};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How alike a line, or a sentence of it, is meant to what the author wrote: cosines in ten thousandths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Likened {
    /// Of each open move, in their order: the nearest example, the three nearest of them, what the move is said to be, the
    /// nearest counter-example. 0 where there is none.
    pub moves: Vec<[i16; 4]>,
    /// The nearest of lines that move no story.
    pub small: i16,
}

enum Opening {
    Loading,
    Ready(Arc<Embedder>),
    Failed(String),
}

/// Vectors that are being computed, and of which texts.
type Ordered = (Vec<String>, PendingEmbeddings);

/// A sense for what lines mean: an embedding model, and the vectors of what authors wrote. One serves any number of plays.
///
/// It is opened and asked on threads of its own. Until it is ready, and where there is none, lines are understood by their words.
pub struct Ear {
    opening: Arc<(Mutex<Opening>, Condvar)>,
    known: Mutex<BTreeMap<String, Arc<[f32]>>>,
    ordered: Mutex<Vec<Ordered>>,
    patience: Duration,
}

/// How long a player's line waits for its vectors in a game. A line takes some milliseconds; the first in a beat may come before
/// the beat's examples are done.
const PATIENCE: Duration = Duration::from_millis(400);

/// How long letting go of an ear waits for a model that is just being opened.
const LETTING_GO: Duration = Duration::from_secs(3);

/// A program must not end while the model is being opened or asked: see [`Embedder`].
impl Drop for Ear {
    fn drop(&mut self) {
        let _ = self.wait(LETTING_GO);
        locked(&self.ordered).clear();
        let closed = Opening::Failed("the ear is closed".into());
        let opening = std::mem::replace(&mut *locked(&self.opening.0), closed);
        drop(opening);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ear {
    /// Opens a GGUF file with an embedding model, to be run by so many threads. Returns at once.
    pub fn open(model: PathBuf, threads: u32) -> Arc<Self> {
        Self::open_with(model, threads, PATIENCE)
    }
    /// The same for tools, whose figures shall not depend on how fast a machine is: a line waits `patience` for its vectors.
    pub fn open_with(model: PathBuf, threads: u32, patience: Duration) -> Arc<Self> {
        let opening = Arc::new((Mutex::new(Opening::Loading), Condvar::new()));
        let settle = |opening: &(Mutex<Opening>, Condvar), as_what| {
            *locked(&opening.0) = as_what;
            opening.1.notify_all();
        };
        let place = opening.clone();
        let opened = std::thread::Builder::new().name("dramaturg-ear".into()).spawn(move || {
            let opened: Result<Embedder, LocalError> = Embedder::open(&model, threads);
            settle(
                &place,
                match opened {
                    Ok(embedder) => Opening::Ready(Arc::new(embedder)),
                    Err(error) => Opening::Failed(error.to_string()),
                },
            );
        });
        if let Err(error) = opened {
            settle(&opening, Opening::Failed(format!("no thread can be started: {error}")));
        }
        Arc::new(Self { opening, known: Mutex::default(), ordered: Mutex::default(), patience })
    }

    /// Waits until the model is open, `longest` at the most.
    ///
    /// # Errors
    /// The sentence says why there is none.
    pub fn wait(&self, longest: Duration) -> Result<(), String> {
        let state = locked(&self.opening.0);
        let loading = |state: &mut Opening| matches!(state, Opening::Loading);
        let waited = self.opening.1.wait_timeout_while(state, longest, loading);
        match &*waited.unwrap_or_else(PoisonError::into_inner).0 {
            Opening::Ready(_) => Ok(()),
            Opening::Failed(why) => Err(why.clone()),
            Opening::Loading => Err("the embedding model is still loading".into()),
        }
    }

    fn embedder(&self) -> Option<Arc<Embedder>> {
        match &*locked(&self.opening.0) {
            Opening::Ready(embedder) => Some(embedder.clone()),
            _ => None,
        }
    }

    /// Has the vectors of what the author wrote for a beat computed before they are needed.
    pub(crate) fn prepare(&self, pack: &Pack, locale: &str, beat: &Beat) {
        let Some(embedder) = self.embedder() else { return };
        let mut texts: Vec<String> = small_talk(locale);
        for a_move in &beat.moves {
            let written = Written::of(pack, locale, &beat.id, &a_move.id);
            texts.extend(written.all().map(str::to_owned));
        }
        let mut ordered = locked(&self.ordered);
        let known = locked(&self.known);
        texts.retain(|text| {
            !known.contains_key(text) && !ordered.iter().any(|(of, _)| of.contains(text))
        });
        if !texts.is_empty() {
            let vectors = embedder.embed(texts.clone(), Purpose::Query);
            ordered.push((texts, vectors));
        }
    }

    /// Takes in what was ordered and is done, waiting for it `until` then.
    fn settle(&self, until: Instant) {
        let mut ordered = locked(&self.ordered);
        while let Some((_, vectors)) = ordered.first() {
            let left = until.saturating_duration_since(Instant::now());
            let done = vectors.wait(left);
            if matches!(done, Err(dramaturg_llm::ModelError::TimedOut)) {
                return;
            }
            let (texts, _) = ordered.remove(0);
            let vectors = done.unwrap_or_default().into_iter().map(Arc::from);
            locked(&self.known).extend(texts.into_iter().zip(vectors));
        }
    }

    /// The vectors of what was said, to be found again; none while there is no model.
    pub(crate) fn remember(&self, lines: Vec<String>) -> Option<PendingEmbeddings> {
        Some(self.embedder()?.embed(lines, Purpose::Passage))
    }

    /// The vector of what is looked for; none where it can't be had in time.
    pub(crate) fn question(&self, text: &str) -> Option<Vec<f32>> {
        let asked = self.embedder()?.embed(vec![text.to_owned()], Purpose::Query);
        asked.wait(self.patience).ok()?.pop()
    }

    /// How each of `lines` is meant, beside the open moves of a beat; none where that can't be had in time.
    pub(super) fn likened(
        &self,
        pack: &Pack,
        locale: &str,
        beat: &Beat,
        moves: &[&str],
        lines: &[&str],
    ) -> Option<Vec<Likened>> {
        let until = Instant::now() + self.patience;
        let embedder = self.embedder()?;
        self.prepare(pack, locale, beat);
        let lines = lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let asked = embedder.embed(lines.clone(), Purpose::Query);
        self.settle(until);
        let vectors = asked.wait(until.saturating_duration_since(Instant::now())).ok()?;
        if vectors.len() != lines.len() {
            return None;
        }
        let known = locked(&self.known);
        let of = |texts: &[String]| -> Option<Vec<Arc<[f32]>>> {
            texts.iter().map(|text| known.get(text).cloned()).collect()
        };
        let small = of(&small_talk(locale))?;
        let mut written = Vec::new();
        for id in moves {
            let texts = Written::of(pack, locale, &beat.id, id);
            written.push((of(&texts.examples)?, of(&texts.says)?, of(&texts.counters)?));
        }
        let likened = |line: &Vec<f32>| Likened {
            moves: written
                .iter()
                .map(|(examples, says, counters)| {
                    let near = nearest(line, examples);
                    let three = &near[..near.len().min(3)];
                    let mean = three.iter().map(|x| i32::from(*x)).sum::<i32>()
                        / three.len().max(1) as i32;
                    let first = |list: &[Arc<[f32]>]| {
                        nearest(line, list).first().copied().unwrap_or_default()
                    };
                    [
                        near.first().copied().unwrap_or_default(),
                        mean as i16,
                        first(says),
                        first(counters),
                    ]
                })
                .collect(),
            small: nearest(line, &small).first().copied().unwrap_or_default(),
        };
        Some(vectors.iter().map(likened).collect())
    }
}

/// The cosines of a line with others, the nearest first.
fn nearest(line: &[f32], others: &[Arc<[f32]>]) -> Vec<i16> {
    let cosine = |other: &Arc<[f32]>| {
        let sum: f32 = line.iter().zip(other.iter()).map(|(a, b)| a * b).sum();
        (sum.clamp(-1.0, 1.0) * 10_000.0) as i16
    };
    let mut all: Vec<i16> = others.iter().map(cosine).collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    all
}

/// What the author wrote for a move.
struct Written {
    examples: Vec<String>,
    says: Vec<String>,
    counters: Vec<String>,
}

impl Written {
    fn of(pack: &Pack, locale: &str, beat: &str, id: &str) -> Self {
        let prose = pack.prose(locale);
        let section = section(beat, id);
        let texts = |section: &str| -> Vec<String> {
            prose.bullets(section).iter().map(|(_, text)| text.clone()).collect()
        };
        Self {
            examples: texts(&section),
            says: prose.field(&section, "says").map(str::to_owned).into_iter().collect(),
            counters: texts(&format!("{section}/not")),
        }
    }
    fn all(&self) -> impl Iterator<Item = &str> {
        self.examples.iter().chain(&self.says).chain(&self.counters).map(String::as_str)
    }
}

/// Where the vectors of a line come from.
#[derive(Clone, Copy)]
pub(crate) enum Hearing<'e> {
    /// Words are all there is.
    Words,
    /// They are computed.
    Ear(&'e Ear),
    /// They were computed when the line was said.
    Past(&'e [Likened]),
}

impl Hearing<'_> {
    /// How each of `lines` is meant, one for each, of all `moves`; none where it is not known.
    pub(super) fn likened(
        self,
        pack: &Pack,
        locale: &str,
        beat: &Beat,
        moves: &[&str],
        lines: &[&str],
    ) -> Option<Vec<Likened>> {
        let likened = match self {
            Self::Words => None,
            Self::Ear(ear) => ear.likened(pack, locale, beat, moves, lines),
            Self::Past(past) => Some(past.to_vec()),
        }?;
        // A changed pack may have other moves than those of then.
        let fits = likened.len() == lines.len()
            && likened.iter().all(|line| line.moves.len() == moves.len());
        fits.then_some(likened)
    }
}

/// How many signs a vector gives.
pub(super) const SENSES: usize = 6;

/// Names of these signs, as they are printed for fitting.
pub(super) const SENSE_NAMES: [&str; SENSES] =
    ["meant", "meant_near", "meant_says", "meant_rival", "meant_small", "meant_counter"];

impl Likened {
    /// The signs that the line is meant as each move. Vectors of E5 are never far from each other: cosines of .75 to .95 are
    /// spread over minus one to one.
    pub(super) fn senses(&self) -> Vec<[f32; SENSES]> {
        let spread = |cosine: i16| (f32::from(cosine) / 10_000.0 - 0.85) * 10.0;
        let senses = |at: usize| {
            let [nearest, near, says, counter] = self.moves[at];
            let others = self.moves.iter().enumerate().filter(|(other, _)| *other != at);
            let rival = others.map(|(_, of)| of[0]).max().unwrap_or_default();
            let counter = (i32::from(counter) - i32::from(nearest)).max(0) as f32 / 1000.0;
            // A move without a description, or without a rival, is as if these were far.
            let some = |cosine: i16| if cosine == 0 { -1.0 } else { spread(cosine) };
            [spread(nearest), spread(near), some(says), some(rival), spread(self.small), counter]
        };
        (0..self.moves.len()).map(senses).collect()
    }
}
