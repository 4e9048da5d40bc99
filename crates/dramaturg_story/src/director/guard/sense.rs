//! Whether a sentence means what is locked, in whatever words and whatever language.

use super::size;
use crate::director::Ear;
use crate::director::guard::secrets::Secrets;
use std::collections::VecDeque;
use std::sync::Arc;

/// From this cosine on a sentence means a locked one. Vectors are less what all small talk of their language shares.
///
/// Of 28 paraphrases of both stories' secrets, written for this, 19 lie above it; of what the stories' characters say without giving
/// anything away, one sentence in fifty (multilingual-e5-small). One too many costs another line, one too few a secret.
const MEANT: f32 = 0.46;
/// Words, or pairs of dense characters, below which a sentence means too little to be compared.
const LONG: usize = 3;

/// What watches for that.
#[derive(Default)]
pub(crate) struct Sense {
    source: Source,
    verdicts: Vec<bool>,
}

#[derive(Default)]
enum Source {
    #[default]
    None,
    Ear {
        ear: Arc<Ear>,
        locale: String,
        locked: Vec<Vec<f32>>,
    },
    /// What was found when the line was spoken.
    Past(VecDeque<bool>),
}

impl Sense {
    /// Listens for what of `secrets` is locked, in a play in `locale`; nothing, where vectors can't be had in time.
    pub(crate) fn listening(ear: Arc<Ear>, secrets: &Secrets, locale: &str) -> Self {
        let mut locked = Vec::new();
        for (language, sentences) in secrets.sentences_by_locale() {
            let long: Vec<String> =
                sentences.iter().filter(|sentence| size(sentence) >= LONG).cloned().collect();
            let Some(vectors) = ear.apart(&long, language, true) else { return Self::default() };
            locked.extend(vectors);
        }
        if locked.is_empty() {
            return Self::default();
        }
        Self {
            source: Source::Ear { ear, locale: locale.to_owned(), locked },
            verdicts: Vec::new(),
        }
    }
    /// In a replay.
    pub(crate) fn past(verdicts: Vec<bool>) -> Self {
        Self { source: Source::Past(verdicts.into()), verdicts: Vec::new() }
    }

    /// Whether a sentence, or the beginning of one, means something locked.
    pub(super) fn tells(&mut self, sentence: &str) -> bool {
        if size(sentence) < LONG {
            return false;
        }
        let tells = match &mut self.source {
            Source::None => return false,
            Source::Past(verdicts) => verdicts.pop_front().unwrap_or_default(),
            Source::Ear { ear, locale, locked } => {
                let said = ear.apart(&[sentence.to_owned()], locale, false);
                said.and_then(|mut said| said.pop()).is_some_and(|said| {
                    let cosine = |locked: &Vec<f32>| -> f32 {
                        said.iter().zip(locked).map(|(a, b)| a * b).sum()
                    };
                    locked.iter().map(cosine).fold(0.0, f32::max) >= MEANT
                })
            }
        };
        self.verdicts.push(tells);
        tells
    }

    /// What was found, one for each sentence and clause in their order; none where nothing listened.
    pub(super) fn verdicts(&self) -> Option<Vec<bool>> {
        (!matches!(self.source, Source::None)).then(|| self.verdicts.clone())
    }
}
