//! A player who knows nothing but what is heard: takes up the last words, answers what was asked.

use super::dice::Dice;
use super::lines::Heard;
use dramaturg_story::HistoryLine;
use std::collections::{BTreeMap, BTreeSet};

/// So many of the last lines are still in the ear.
const IN_THE_EAR: usize = 4;
/// So many topics are weighed.
const TOPICS: usize = 6;
/// Words before a thing, in English.
const DETERMINERS: [&str; 12] =
    ["the", "a", "an", "my", "your", "his", "her", "our", "their", "that", "this", "no"];

/// What to say after `heard`, the lines since the player's last; `history` is everything that was heard so far, and
/// only what is `new` is said.
pub fn answer(
    how: &Heard,
    heard: &[HistoryLine],
    history: &[HistoryLine],
    new: &impl Fn(&str) -> bool,
    dice: &mut Dice,
) -> String {
    let ear = &heard[heard.len().saturating_sub(IN_THE_EAR)..];
    let topics = topics(how, ear, history);
    let spoken = |line: &&HistoryLine| line.speaker.is_some();
    for line in ear.iter().rev().filter(spoken) {
        let lower = line.text.to_lowercase();
        let fits = how.when.iter().filter(|when| when.hears.iter().any(|h| lower.contains(h)));
        for when in fits {
            let lines = filled(&when.says, &topics, new);
            if let Some(line) = dice.pick(&lines) {
                return line.clone();
            }
        }
    }
    let asked = ear.iter().rfind(spoken).is_some_and(|line| {
        line.text.trim_end_matches(['\'', '"', '”', '’']).ends_with(['?', '？'])
    });
    let ways = if asked && dice.one_in(2) { &how.questions } else { &how.statements };
    let lines = filled(ways, &topics, new);
    let way = dice.pick(&lines).or_else(|| dice.pick(&how.anything));
    way.cloned().unwrap_or_default()
}

/// The new ones of these ways of saying it, with a topic put in; none that needs a topic where there is none.
fn filled(ways: &[String], topics: &[String], new: &impl Fn(&str) -> bool) -> Vec<String> {
    let filled = ways.iter().flat_map(|way| {
        let bare = (!way.contains("{}")).then(|| way.clone());
        let with =
            topics.iter().filter(move |_| way.contains("{}")).map(move |topic| about(way, topic));
        bare.into_iter().chain(with)
    });
    filled.filter(|line| new(line)).collect()
}

/// `way` about `topic`, with a capital letter where it begins.
pub fn about(way: &str, topic: &str) -> String {
    let line = way.replace("{}", topic);
    let mut rest = line.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// What the last lines are about: things that were named, those first that are named most often.
pub fn topics(how: &Heard, ear: &[HistoryLine], history: &[HistoryLine]) -> Vec<String> {
    let common: BTreeSet<&str> = how.common.iter().map(String::as_str).collect();
    let mut often: BTreeMap<String, usize> = BTreeMap::new();
    let others = |line: &&HistoryLine| line.speaker.as_deref() != Some("player");
    for line in history.iter().filter(others) {
        for thing in things(&line.text, &common) {
            *often.entry(thing).or_default() += 1;
        }
    }
    let mut now: Vec<String> = Vec::new();
    for thing in ear.iter().filter(others).flat_map(|line| things(&line.text, &common)) {
        if !now.contains(&thing) {
            now.push(thing);
        }
    }
    now.sort_by_key(|thing| std::cmp::Reverse(often.get(thing).copied().unwrap_or_default()));
    now.truncate(TOPICS);
    now
}

/// What may be things in a text: in English, the words after an article and the like; in Chinese, where words have
/// no borders, pairs of characters.
fn things(text: &str, common: &BTreeSet<&str>) -> Vec<String> {
    let lower = text.to_lowercase();
    let mut out = Vec::new();
    for clause in
        lower.split(|c: char| !c.is_alphanumeric() && !matches!(c, ' ' | '\'' | '’' | '-'))
    {
        let mut after_determiner = false;
        for word in clause.split(' ').filter(|word| !word.is_empty()) {
            let topic = word.len() > 2
                && word.is_ascii()
                && !word.ends_with("'s")
                && !common.contains(word);
            if after_determiner && topic {
                out.push(word.to_owned());
            }
            after_determiner = DETERMINERS.contains(&word) || (after_determiner && topic);
        }
        let han: Vec<char> =
            clause.chars().filter(|c| ('\u{3400}'..='\u{9fff}').contains(c)).collect();
        let empty = |c: &char| common.contains(c.to_string().as_str());
        let pairs = han.windows(2).filter(|pair| !pair.iter().any(empty));
        out.extend(pairs.map(|pair| pair.iter().collect::<String>()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use dramaturg_story::Emotion;

    fn line(speaker: Option<&str>, text: &str) -> HistoryLine {
        HistoryLine {
            speaker: speaker.map(Into::into),
            text: text.into(),
            emotion: Emotion::Neutral,
            turn: 0,
        }
    }

    fn how() -> Heard {
        ron::from_str(
            r#"(common: ["has", "and", "that", "的", "是", "那"],
                when: [(hears: ["your name"], says: ["Ann."])],
                questions: ["Yes."], statements: ["What about the {}?"], anything: ["Go on."])"#,
        )
        .unwrap()
    }

    #[test]
    fn takes_up_what_is_named_most() {
        let history = [
            line(None, "A heavy coat hangs there, and the fog has come."),
            line(Some("marta"), "That coat has moths."),
        ];
        let topics = topics(&how(), &history, &history);
        assert_eq!(topics[0], "coat");
        assert!(topics.contains(&"fog".to_owned()) && !topics.contains(&"has".to_owned()));
        let chinese = [line(Some("marta"), "那件外套，外套是我弟弟的。")];
        assert_eq!(super::topics(&how(), &chinese, &chinese)[0], "外套");
    }

    #[test]
    fn answers_what_was_asked_and_says_nothing_twice() {
        let mut dice = Dice::new(1);
        let ear = [line(Some("marta"), "And what's your name? The soup is hot.")];
        assert_eq!(answer(&how(), &ear, &ear, &|_| true, &mut dice), "Ann.");
        let second = answer(&how(), &ear, &ear, &|line| line != "Ann.", &mut dice);
        assert!(second.starts_with("What about the "), "{second}");
        assert_eq!(answer(&how(), &[], &[], &|_| true, &mut dice), "Go on.");
    }
}
