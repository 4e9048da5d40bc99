//! What a line is besides its meaning: hostile, obscene, desperate, of another world, no words at all.

use super::denial::is_negated;
use super::normal::{is_dense, normal};
use std::sync::LazyLock;

/// A tone that has an answer of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Somebody may be in need. Goes before everything else.
    SelfHarm,
    Sexual,
    /// Slurs.
    Hate,
    /// Bodies torn and cut.
    Gore,
    /// Threats and insults. The author's very words are a move all the same.
    Hostile,
    /// Of things that this world does not have.
    Foreign,
    /// No words of any language.
    Gibberish,
}

impl Tone {
    /// Whether a line of this tone makes no move, unless in the author's very words.
    pub(super) fn is_no_move(self) -> bool {
        matches!(self, Self::SelfHarm | Self::Sexual | Self::Hate | Self::Gore | Self::Gibberish)
    }
}

/// The phrases of a tone, and phrases with one of them inside that are harmless.
struct Phrases {
    tone: Tone,
    meant: Vec<Phrase>,
    harmless: Vec<Phrase>,
}

struct Phrase {
    text: String,
    dense: bool,
}

static TONES: LazyLock<Vec<Phrases>> = LazyLock::new(|| read(include_str!("words/tones.txt")));

fn read(source: &str) -> Vec<Phrases> {
    let mut out: Vec<Phrases> = Vec::new();
    let lines = source.lines().filter(|line| !line.starts_with('#'));
    for (name, list) in lines.filter_map(|line| line.split_once(':')) {
        let (name, harmless) = match name.strip_suffix(" but") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let tone = match name {
            "self_harm" => Tone::SelfHarm,
            "sexual" => Tone::Sexual,
            "hate" => Tone::Hate,
            "gore" => Tone::Gore,
            "hostile" => Tone::Hostile,
            _ => Tone::Foreign,
        };
        let phrase = |text: &str| {
            let text = normal(text);
            Phrase { dense: text.chars().next().is_some_and(is_dense), text }
        };
        let phrases = list.split('|').map(phrase).filter(|p| !p.text.is_empty());
        let of = match out.iter().position(|phrases| phrases.tone == tone) {
            Some(at) => at,
            None => {
                out.push(Phrases { tone, meant: Vec::new(), harmless: Vec::new() });
                out.len() - 1
            }
        };
        let into = if harmless { &mut out[of].harmless } else { &mut out[of].meant };
        into.extend(phrases);
    }
    out
}

/// A line as phrases are looked for in it.
#[derive(Clone)]
struct Looked {
    /// Between spaces.
    spaced: String,
    /// Without any.
    dense: String,
}

impl Looked {
    fn at(line: &str) -> Self {
        let spaced = format!(" {} ", normal(line));
        Self { dense: spaced.replace(' ', ""), spaced }
    }
    fn has(&self, phrase: &Phrase) -> bool {
        if phrase.dense {
            self.dense.contains(&phrase.text)
        } else {
            self.spaced.contains(&format!(" {} ", phrase.text))
        }
    }
    /// With a gap where a phrase stood.
    fn cut(&mut self, phrase: &Phrase) {
        if phrase.dense {
            self.dense = self.dense.replace(&phrase.text, "|");
        } else {
            self.spaced = self.spaced.replace(&format!(" {} ", phrase.text), " | ");
        }
    }
}

impl Phrases {
    fn are_in(&self, line: &Looked, counts: impl Fn(&str) -> bool) -> bool {
        let mut line = line.clone();
        self.harmless.iter().for_each(|phrase| line.cut(phrase));
        self.meant.iter().any(|phrase| line.has(phrase) && counts(&phrase.text))
    }
}

/// The gravest tone of a line, of those that are `heeded`. `in_story` says whether the story uses a word itself.
pub(super) fn tone(
    line: &str,
    in_story: impl Fn(&str) -> bool,
    heeded: impl Fn(Tone) -> bool,
) -> Option<Tone> {
    let looked = Looked::at(line);
    let has = |tone: Tone| {
        let counts = |text: &str| !(tone == Tone::Foreign && in_story(text));
        heeded(tone) && TONES.iter().any(|p| p.tone == tone && p.are_in(&looked, counts))
    };
    // 'I'm not here to hurt you' threatens nobody.
    let graded =
        [Tone::SelfHarm, Tone::Sexual, Tone::Hate, Tone::Gore, Tone::Hostile, Tone::Foreign];
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
        let tone = |line| tone(line, |word| word == "computer", |_| true);
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
        assert_eq!(tone("I'll gouge your eyes out"), Some(Tone::Gore));
        assert_eq!(tone("把他开膛破肚"), Some(Tone::Gore));
        for sense in
            ["hm", "my rhythm", "the strengths of it", "你好", "谢谢谢谢", "brr, it's cold"]
        {
            assert_eq!(tone(sense), None, "{sense}");
        }
    }

    #[test]
    fn words_inside_others_and_harmless_phrases_have_no_tone() {
        for line in [
            "the ship's bottom",
            "kill the light",
            "I come from Sussex, by way of Scunthorpe and Penistone.",
            "You can see it with the naked eye.",
            "A naked flame in a hay loft!",
            "I could have killed for a cup of tea.",
            "I don't want to die.",
            "I want to die laughing.",
            "Was it suicide?",
            "They say he committed suicide.",
            "It is a suicide mission.",
            "Stupid of me, I forgot the key.",
            "I was an idiot.",
            "Did he hurt you?",
            "Who hurt you, Marta?",
            "The cocktail was bitter, said the titular bishop.",
            "我想死你了",
            "想死我啦，快进来！",
            "我不想死",
            "他是自杀的吗？",
            "镇上一阵骚动",
            "别发牢骚了",
            "肉眼看得见，裸眼也行",
            "你就别装傻了",
            "我真傻",
            "蠢蠢欲动",
            "小孩子该上床睡觉了",
        ] {
            assert_eq!(tone(line, |_| false, |_| true), None, "{line}");
        }
    }

    #[test]
    fn what_is_meant_is_found_beside_what_is_harmless() {
        let tone = |line| tone(line, |_| false, |_| true);
        assert_eq!(
            tone("I don't want to die but I can't go on, I'll kill myself"),
            Some(Tone::SelfHarm)
        );
        assert_eq!(tone("我想死你了，没有你我真不想活了"), Some(Tone::SelfHarm));
        assert_eq!(tone("You idiot! I was an idiot, too."), Some(Tone::Hostile));
        assert_eq!(tone("别发牢骚了，陪我睡一晚"), Some(Tone::Sexual));
    }

    #[test]
    fn what_is_not_heeded_is_not_heard() {
        let deaf = |tone| tone != Tone::SelfHarm;
        assert_eq!(super::tone("I want to die, you idiot", |_| false, deaf), Some(Tone::Hostile));
    }
}
