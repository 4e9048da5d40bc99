//! How alike lines are meant, by vectors of a model made for that: words alone don't show that "did he own this?" asks whose
//! coat it is.

use super::examples::{section, small_talk};
use super::guard::sentences_of;
use super::likened::{Centre, Likened, Meant, Vector, Written};
use crate::{Beat, Pack};
use dramaturg_llm::{Embedder, LocalError, PendingEmbeddings, Purpose};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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
    known: Mutex<BTreeMap<String, Vector>>,
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
            let written = Texts::of(pack, locale, &beat.id, &a_move.id);
            texts.extend(written.all().map(str::to_owned));
        }
        self.order(&embedder, texts);
        // What is locked is watched for in all languages, but nobody waits for that.
        let mut locked_texts = Vec::new();
        for locale in &pack.locales {
            locked_texts.extend(small_talk(locale));
            let secrets = pack.secrets.keys();
            locked_texts.extend(secrets.flat_map(|id| sentences_of(pack, locale, id)));
        }
        self.order(&embedder, locked_texts);
    }

    /// Has the vectors computed that are not there yet.
    fn order(&self, embedder: &Embedder, mut texts: Vec<String>) {
        let mut ordered = locked(&self.ordered);
        let known = locked(&self.known);
        texts.sort_unstable();
        texts.dedup();
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

    /// The vectors of texts less what all small talk of their language shares, of length one; none where they can't be had in
    /// time. What is `kept` need not be computed a second time.
    pub(crate) fn apart(
        &self,
        texts: &[String],
        locale: &str,
        kept: bool,
    ) -> Option<Vec<Vec<f32>>> {
        let until = Instant::now() + self.patience;
        let left = || until.saturating_duration_since(Instant::now());
        let embedder = self.embedder()?;
        self.order(&embedder, small_talk(locale));
        let mut vectors = Vec::new();
        if kept {
            self.order(&embedder, texts.to_vec());
        } else {
            let asked = embedder.embed(texts.to_vec(), Purpose::Query);
            vectors = asked.wait(left()).ok()?;
        }
        self.settle(until);
        let known = locked(&self.known);
        let of = |texts: &[String]| -> Option<Vec<Vector>> {
            texts.iter().map(|text| known.get(text).cloned()).collect()
        };
        let centre = Centre::of(&of(&small_talk(locale))?);
        if kept {
            return Some(centre.all_away(&of(texts)?));
        }
        Some(vectors.iter().map(|vector| centre.away(vector)).collect())
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
        let of = |texts: &[String]| -> Option<Vec<Vector>> {
            texts.iter().map(|text| known.get(text).cloned()).collect()
        };
        let small = of(&small_talk(locale))?;
        let mut meant = Vec::new();
        for id in moves {
            let texts = Texts::of(pack, locale, &beat.id, id);
            meant.push(Meant {
                examples: of(&texts.examples)?,
                says: of(&texts.says)?,
                counters: of(&texts.counters)?,
            });
        }
        let written = Written::new(&small, &meant);
        Some(vectors.iter().map(|line| written.liken(line)).collect())
    }
}

/// What the author wrote for a move.
struct Texts {
    examples: Vec<String>,
    says: Vec<String>,
    counters: Vec<String>,
}

impl Texts {
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
