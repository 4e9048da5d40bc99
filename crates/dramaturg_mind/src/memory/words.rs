//! Text as the units that are compared: stems of words, and single characters and pairs where words are not spaced.

use rust_stemmers::{Algorithm, Stemmer};

/// Words that are in too many lines to tell them apart.
const STOP: [&str; 140] = [
    "a", "about", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be",
    "been", "being", "but", "by", "can", "could", "d", "did", "didn", "do", "does", "doesn",
    "doing", "don", "for", "from", "had", "has", "hasn", "have", "haven", "having", "he", "her",
    "here", "hers", "him", "his", "how", "i", "if", "in", "into", "is", "isn", "it", "its", "just",
    "let", "ll", "m", "may", "me", "might", "mine", "must", "my", "no", "nor", "not", "now", "of",
    "off", "on", "only", "or", "other", "our", "ours", "out", "over", "own", "re", "s", "shall",
    "she", "should", "so", "some", "such", "t", "than", "that", "the", "their", "theirs", "them",
    "then", "there", "these", "they", "this", "those", "to", "too", "under", "until", "up", "us",
    "ve", "very", "was", "wasn", "we", "were", "weren", "what", "when", "where", "which", "while",
    "who", "whom", "whose", "why", "will", "with", "won", "would", "wouldn", "you", "your",
    "yours", "because", "between", "both", "during", "each", "few", "further", "itself", "more",
    "most", "once", "same", "through", "yes",
];

/// Characters of Chinese and Japanese grammar that say nothing alone.
const STOP_CHARACTERS: &str =
    "的了吗呢吧啊是我你他她它们在有和也就都不没很这那个么什谁哪说着过把被让给对从到与及其の";

/// The units that retrieval and matching compare: lower-case words (a final 's' is dropped) and bigrams of Han text.
pub fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut han: Option<char> = None;
    let flush = |word: &mut String, out: &mut Vec<String>| {
        if !word.is_empty() {
            let mut whole = std::mem::take(word);
            if whole.len() > 3 && whole.ends_with('s') && !whole.ends_with("ss") {
                whole.pop();
            }
            out.push(whole);
        }
    };
    for c in text.chars().flat_map(char::to_lowercase) {
        if ('\u{3400}'..='\u{9fff}').contains(&c) {
            flush(&mut word, &mut out);
            out.push(c.to_string());
            if let Some(before) = han {
                out.push(format!("{before}{c}"));
            }
            han = Some(c);
        } else {
            han = None;
            if c.is_alphanumeric() {
                word.push(c);
            } else if c != '\'' && c != '’' {
                flush(&mut word, &mut out);
            }
        }
    }
    flush(&mut word, &mut out);
    out
}

/// The share of a text's words that stand in the sources, from 0 to 1: stems, without words that say nothing; of Chinese and
/// Japanese its characters and their pairs. 0 where the text has none.
pub fn grounded(text: &str, sources: &str) -> f32 {
    let mut said = terms(text);
    said.sort();
    said.dedup();
    let held: std::collections::BTreeSet<String> = terms(sources).into_iter().collect();
    let there = said.iter().filter(|term| held.contains(*term)).count();
    there as f32 / said.len().max(1) as f32
}

/// What the index holds of a text, in its order, repeats included: stems (Porter 2) of words that are no stop words;
/// of Chinese and Japanese each Han character and each pair of neighbours, of kana the pairs.
pub(crate) fn terms(text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    let mut out = Vec::new();
    let mut word = String::new();
    let mut before: Option<char> = None;
    let chars = text.chars().flat_map(char::to_lowercase);
    for c in chars {
        if is_unspaced(c) {
            end_word(&stemmer, &mut word, &mut out);
            if is_han(c) && !STOP_CHARACTERS.contains(c) {
                out.push(c.to_string());
            }
            if let Some(before) = before {
                out.push([before, c].iter().collect());
            }
            before = Some(c);
            continue;
        }
        before = None;
        if c.is_alphanumeric() {
            word.push(c);
        } else {
            end_word(&stemmer, &mut word, &mut out);
        }
    }
    end_word(&stemmer, &mut word, &mut out);
    out
}

fn end_word(stemmer: &Stemmer, word: &mut String, out: &mut Vec<String>) {
    if !word.is_empty() && !is_stop(word) {
        out.push(stemmer.stem(word).into_owned());
    }
    word.clear();
}

fn is_stop(word: &str) -> bool {
    word.len() <= 7 && STOP.contains(&word)
}

pub(super) fn is_han(c: char) -> bool {
    ('\u{3400}'..='\u{9fff}').contains(&c) || ('\u{20000}'..='\u{323af}').contains(&c)
}

pub(super) fn is_unspaced(c: char) -> bool {
    is_han(c) || ('\u{3041}'..='\u{30ff}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_one_term() {
        assert_eq!(terms("She was painting"), terms("the paintings"));
        assert_eq!(terms("Melanie's kids"), ["melani", "kid"]);
        assert!(terms("what is it about").is_empty());
    }

    #[test]
    fn unspaced_text_is_pairs_and_han_characters() {
        assert_eq!(terms("养蜜蜂"), ["养", "蜜", "养蜜", "蜂", "蜜蜂"]);
        assert_eq!(terms("猫カフェ"), ["猫", "猫カ", "カフ", "フェ"]);
    }
}
