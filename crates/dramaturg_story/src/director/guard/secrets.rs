//! What is still locked, and whether a sentence tells it: in the writer's words, or in others that mean the same.

use crate::director::normal::{normal, sentences};
use crate::director::notions::{Token, tokens};
use crate::director::rules::contains_word;
use crate::{Pack, State};
use std::collections::BTreeMap;

/// Weight of a notion beside a word's 1, of a pair of dense characters, and of what is public anyway.
const NOTION: f32 = 0.7;
const PAIR: f32 = 0.3;
const PUBLIC: f32 = 0.4;
/// Share of a locked sentence's weight from which it is told, with two terms of it that are not public; and with one.
const TOLD: f32 = 0.4;
const TOLD_BY_ONE: f32 = 0.45;
/// Words that say little: they are no part of what a sentence tells.
const COMMON: [&str; 62] = [
    "the", "a", "an", "i", "you", "he", "she", "it", "we", "they", "his", "her", "him", "your",
    "my", "their", "is", "are", "was", "were", "be", "been", "of", "to", "in", "on", "at", "by",
    "and", "or", "but", "for", "with", "out", "not", "no", "do", "did", "have", "had", "ha",
    "that", "thi", "there", "one", "so", "as", "from", "u", "me", "them", "what", "who", "when",
    "would", "could", "will", "can", "year", "ago", "im", "its",
];

/// What may not be told yet, in all languages of the pack.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    tells: Vec<String>,
    sentences: Vec<Telling>,
    /// The same as they are written, by language.
    words: Vec<(String, Vec<String>)>,
}

/// A sentence of a secret: its terms, and whether each is known to everybody already.
#[derive(Debug)]
struct Telling {
    terms: BTreeMap<String, (f32, bool)>,
    whole: f32,
}

impl Secrets {
    /// What `npc` may not tell now.
    pub(crate) fn locked(pack: &Pack, state: &State, npc: &str) -> Self {
        let locked = pack.secrets.iter().filter(|(_, secret)| !secret.is_open(Some(npc), state));
        let locked: Vec<&String> = locked.map(|(id, _)| id).collect();
        let mut out = Self::default();
        if locked.is_empty() {
            return out;
        }
        for locale in &pack.locales {
            let prose = pack.prose(locale);
            let mut public = prose.text("story");
            for npc in pack.cast() {
                public.push_str(&prose.text(&format!("cast {npc}")));
                prose
                    .bullets(&format!("cast {npc}/deflect"))
                    .iter()
                    .for_each(|b| public.push_str(&b.1));
            }
            if *locale == state.locale {
                state.history.iter().for_each(|line| {
                    public.push(' ');
                    public.push_str(&line.text);
                });
            }
            let public = terms(&public);
            let mut words = Vec::new();
            for id in &locked {
                let tells = prose.bullets(&format!("secret {id}/tells")).iter();
                out.tells.extend(tells.map(|(_, tell)| tell.to_lowercase()));
                let written = sentences_of(pack, locale, id);
                out.sentences.extend(written.iter().map(|one| Telling::new(one, &public)));
                words.extend(written);
            }
            out.words.push((locale.clone(), words));
        }
        out.tells.sort();
        out.tells.dedup();
        out
    }

    /// Only these words are locked.
    #[cfg(test)]
    pub(crate) fn of_tells(tells: &[&str]) -> Self {
        Self { tells: tells.iter().map(|t| (*t).to_owned()).collect(), ..Self::default() }
    }

    /// Words that would give a secret away, in lower case.
    pub(crate) fn tells(&self) -> &[String] {
        &self.tells
    }

    /// The locked sentences of each language.
    pub(super) fn sentences_by_locale(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.words.iter().map(|(locale, words)| (locale.as_str(), words.as_slice()))
    }

    /// Whether `sentence` tells something that is locked.
    pub(crate) fn told_by(&self, sentence: &str) -> bool {
        let lower = sentence.to_lowercase();
        if self.tells.iter().any(|tell| contains_word(&lower, tell)) {
            return true;
        }
        if self.sentences.is_empty() {
            return false;
        }
        let said = terms(sentence);
        self.sentences.iter().any(|telling| telling.told_by(&said))
    }
}

/// The sentences of a secret in a language.
pub(crate) fn sentences_of(pack: &Pack, locale: &str, secret: &str) -> Vec<String> {
    let text = pack.prose(locale).text(&format!("secret {secret}"));
    sentences(&text).into_iter().map(str::to_owned).collect()
}

impl Telling {
    fn new(sentence: &str, public: &BTreeMap<String, f32>) -> Self {
        let terms: BTreeMap<String, (f32, bool)> = terms(sentence)
            .into_iter()
            .map(|(term, weight)| {
                let known = public.contains_key(&term);
                let weight = if known { weight * PUBLIC } else { weight };
                (term, (weight, known))
            })
            .collect();
        let whole = terms.values().map(|(weight, _)| weight).sum();
        Self { terms, whole }
    }

    fn told_by(&self, said: &BTreeMap<String, f32>) -> bool {
        let shared = said.keys().filter_map(|term| self.terms.get(term));
        let (mut weight, mut all, mut new) = (0.0, 0, 0);
        for (w, known) in shared {
            weight += w;
            all += 1;
            new += usize::from(!known);
        }
        let share = weight / f32::max(self.whole, 1.0);
        (new >= 2 && share >= TOLD) || (new >= 1 && all >= 2 && share >= TOLD_BY_ONE)
    }
}

/// What a text tells of: words without endings, pairs of dense characters, and notions in the place of their words.
fn terms(text: &str) -> BTreeMap<String, f32> {
    let tokens = tokens(&normal(text));
    let mut out = BTreeMap::new();
    let mut last: Option<&Token> = None;
    for token in &tokens {
        let common = COMMON.contains(&token.stem.as_str());
        if !common {
            token.notions.iter().for_each(|notion| {
                out.insert(format!("@{notion}"), NOTION);
            });
        }
        if token.dense {
            if let Some(last) = last.filter(|last| last.dense && token.joined) {
                out.insert(format!("{}{}", last.stem, token.stem), PAIR);
            }
        } else if !common && token.notions.is_empty() {
            out.insert(token.stem.clone(), 1.0);
        }
        last = Some(token);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let public = terms(
            "A coat hangs by the door. Her brother was lost. The boat and the rocks. Night and fog. 外套 弟弟 出事",
        );
        let tell = |sentence| Telling::new(sentence, &public);
        Secrets {
            tells: vec!["jun".into()],
            sentences: vec![
                tell("Your brother Jun is alive."),
                tell("Three years ago he carried medicine without papers."),
                tell("You rowed him out at night to a foreign ship."),
                tell("你弟弟俊还活着。"),
            ],
            words: Vec::new(),
        }
    }

    #[test]
    fn other_words_for_a_secret_tell_it_too() {
        let secrets = secrets();
        assert!(secrets.told_by("Jun, he was called"));
        assert!(secrets.told_by("My brother still breathes, you know: he is living."));
        assert!(secrets.told_by("He carried medicine to the sick."));
        assert!(secrets.told_by("我弟弟还喘着气呢，人活着。"));
    }

    #[test]
    fn what_everybody_knows_is_no_secret() {
        let secrets = secrets();
        for said in [
            "That is my brother's coat.",
            "The boat is on the rocks.",
            "Soup first. I'm alive, more or less.",
            "Nobody rows at night in this.",
            "那是我弟弟的外套。",
            "先喝汤吧。",
        ] {
            assert!(!secrets.told_by(said), "{said}");
        }
    }
}
