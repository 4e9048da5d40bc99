//! Authored answers for when a character has none of its own.

use crate::Prose;
use dramaturg_mind::Emotion;

/// The ways in which `npc` answers what belongs into `section`: its own, else those that belong to everybody, in the
/// language of `locale` or else in English; its plain way of turning things aside where there are neither.
pub(crate) fn answers(
    prose: &Prose,
    locale: &str,
    npc: &str,
    section: &str,
) -> Vec<(Emotion, String)> {
    let own = |section: &str| prose.bullets(&format!("cast {npc}/{section}")).to_vec();
    let found = own(section);
    if !found.is_empty() {
        return found;
    }
    let language = locale.split(['-', '_']).next().unwrap_or_default();
    let found = [language, "en"].into_iter().map(|language| everybodys(language, section));
    found.into_iter().find(|list| !list.is_empty()).unwrap_or_else(|| own("deflect"))
}

fn everybodys(language: &str, section: &str) -> Vec<(Emotion, String)> {
    let lines = include_str!("words/answers.txt").lines().filter(|line| !line.starts_with('#'));
    let of = lines.filter_map(|line| {
        let rest = line.strip_prefix(language)?.strip_prefix(' ')?;
        let rest = rest.strip_prefix(section)?.strip_prefix(": (")?;
        let (face, text) = rest.split_once(") ")?;
        Some((Emotion::from_label(face).unwrap_or_default(), text.to_owned()))
    });
    of.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;

    #[test]
    fn every_reading_without_an_authors_answer_has_one_in_both_languages() {
        for reading in [
            Reading::Contradiction,
            Reading::Foreign,
            Reading::Sexual,
            Reading::SelfHarm,
            Reading::Gore,
            Reading::Hate,
            Reading::Dead,
            Reading::Repetition,
            Reading::Gibberish,
        ] {
            for locale in ["en", "zh", "zh-TW", "fr"] {
                let ways = answers(&Prose::default(), locale, "nobody", reading.section());
                assert!(ways.len() >= 2, "{reading:?} in {locale}");
            }
        }
        let care = answers(&Prose::default(), "zh", "nobody", "deflect_self_harm");
        assert!(care.iter().all(|(face, text)| *face == Emotion::Tender && text.contains("热线")));
    }
}
