//! What a line is besides its meaning: hostile, obscene, desperate, of another world, no words at all.

use super::acts::is_negated;
use super::normal::{is_dense, normal};
use std::sync::LazyLock;

/// A tone that has an answer of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Somebody may be in need. Goes before everything else.
    SelfHarm,
    Sexual,
    /// Threats and insults. The author's very words are a move all the same.
    Hostile,
    /// Of things that this world does not have.
    Foreign,
    /// No words of any language.
    Gibberish,
}

struct Phrase {
    text: String,
    dense: bool,
}

static TONES: LazyLock<Vec<(Tone, Vec<Phrase>)>> =
    LazyLock::new(|| read(include_str!("words/tones.txt")));

fn read(source: &str) -> Vec<(Tone, Vec<Phrase>)> {
    let lines = source.lines().filter(|line| !line.starts_with('#'));
    let tones = lines.filter_map(|line| line.split_once(':')).map(|(tone, list)| {
        let tone = match tone {
            "self_harm" => Tone::SelfHarm,
            "sexual" => Tone::Sexual,
            "hostile" => Tone::Hostile,
            _ => Tone::Foreign,
        };
        let phrase = |text: &str| {
            let text = normal(text);
            Phrase { dense: text.chars().next().is_some_and(is_dense), text }
        };
        (tone, list.split('|').map(phrase).filter(|p| !p.text.is_empty()).collect())
    });
    tones.collect()
}

/// The gravest tone of a line. `in_story` says whether the story uses a word itself.
pub(super) fn tone(line: &str, in_story: impl Fn(&str) -> bool) -> Option<Tone> {
    let all = format!(" {} ", normal(line));
    let dense = all.replace(' ', "");
    let stands = |phrase: &Phrase| {
        if phrase.dense {
            dense.contains(&phrase.text)
        } else {
            all.contains(&format!(" {} ", phrase.text))
        }
    };
    let has = |tone: Tone| {
        let mut phrases = TONES.iter().filter(|(t, _)| *t == tone).flat_map(|(_, list)| list);
        phrases.any(|p| stands(p) && !(tone == Tone::Foreign && in_story(&p.text)))
    };
    // 'I'm not here to hurt you' threatens nobody.
    let graded = [Tone::SelfHarm, Tone::Sexual, Tone::Hostile, Tone::Foreign];
    let found =
        graded.into_iter().find(|tone| has(*tone) && !(*tone == Tone::Hostile && is_negated(line)));
    found.or_else(|| is_gibberish(line).then_some(Tone::Gibberish))
}

/// Keys struck at random, or syllables without sense.
fn is_gibberish(line: &str) -> bool {
    const SOUNDS: &str = "咕噜哇啦呸库哔啵咔嚓嘎呜哩噗叽嘻呼嗷吼嗒嘟嘣哐叮咚喵汪咩哞呱吱嗡嘶";
    let normal = normal(line);
    let dense: Vec<char> = normal.chars().filter(|c| is_dense(*c)).collect();
    if !dense.is_empty() {
        let sounds = dense.iter().filter(|c| SOUNDS.contains(**c)).count();
        let pairs = dense.windows(2).filter(|w| w[0] == w[1]).count();
        return (dense.len() >= 4 && sounds * 5 >= dense.len() * 4)
            || (dense.len() >= 6 && pairs * 5 >= dense.len() * 4);
    }
    let words: Vec<&str> = normal.split(' ').filter(|w| w.is_ascii()).collect();
    let letters = words.iter().map(|word| word.len()).sum::<usize>();
    let broken = words.iter().filter(|word| is_unspeakable(word)).map(|w| w.len()).sum::<usize>();
    letters >= 4 && words.len() == normal.split(' ').count() && broken * 10 >= letters * 6
}

/// A word that no English speaker could say.
fn is_unspeakable(word: &str) -> bool {
    const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
    if word.len() < 3 {
        return false;
    }
    let row = |row: &&str| {
        let back: String = row.chars().rev().collect();
        word.len() >= 4 && (row.contains(word) || back.contains(word))
    };
    let vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let (mut run, mut longest) = (0, 0);
    for c in word.chars() {
        run = if vowel(c) || !c.is_ascii_alphabetic() { 0 } else { run + 1 };
        longest = longest.max(run);
    }
    let q_alone = word.contains('q') && !word.contains("qu");
    word.chars().all(|c| c.is_ascii_alphabetic())
        && (ROWS.iter().any(row)
            || !word.chars().any(vowel)
            || longest >= 4 && !word.contains("ght") && !word.contains("ngth")
            || q_alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_are_told_apart() {
        let tone = |line| tone(line, |word| word == "computer");
        assert_eq!(tone("I don't want to live any more"), Some(Tone::SelfHarm));
        assert_eq!(tone("我真不想活了"), Some(Tone::SelfHarm));
        assert_eq!(tone("Shut up, old woman"), Some(Tone::Hostile));
        assert_eq!(tone("滚出去"), Some(Tone::Hostile));
        assert_eq!(tone("汤滚了"), None);
        assert_eq!(tone("I'm not here to hurt you"), None);
        assert_eq!(tone("Look it up on the internet"), Some(Tone::Foreign));
        assert_eq!(tone("Is the computer awake?"), None);
        assert_eq!(tone("asdf jkl qwrt"), Some(Tone::Gibberish));
        assert_eq!(tone("叽叽咕咕哇啦哇啦"), Some(Tone::Gibberish));
        for sense in
            ["hm", "my rhythm", "the strengths of it", "你好", "谢谢谢谢", "brr, it's cold"]
        {
            assert_eq!(tone(sense), None, "{sense}");
        }
    }
}
