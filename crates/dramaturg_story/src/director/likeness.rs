//! How like two lines are, by the words in them.

use dramaturg_mind::words;
use std::collections::BTreeSet;

const COMMON: [&str; 46] = [
    "the", "a", "an", "i", "you", "to", "of", "and", "is", "it", "that", "this", "in", "on", "me",
    "my", "your", "do", "what", "are", "be", "for", "with", "have", "was", "so", "we", "but",
    "can", "im", "its", "there", "here", "的", "了", "是", "我", "你", "在", "吗", "这", "那",
    "就", "也", "都", "和",
];

/// How much a word says.
fn weight(word: &str) -> f32 {
    if COMMON.contains(&word) { 0.15 } else { 1.0 }
}

/// The words of a text, each once.
pub(super) fn unique(text: &str) -> BTreeSet<String> {
    words(text).into_iter().collect()
}

/// Words with which an answer begins.
const ANSWERS: [&str; 14] = [
    "yes", "no", "aye", "nay", "never", "always", "nobody", "nothing", "是", "对", "嗯", "不",
    "没", "有",
];

/// Whether `text` says something that `said` did not: at least two words of weight, or half of its own; or whether it
/// begins as an answer does, and the player did not.
pub(super) fn adds_to(text: &str, said: &BTreeSet<String>, whole: bool) -> bool {
    let words: Vec<_> = unique(text).into_iter().filter(|word| weight(word) >= 1.0).collect();
    let new = words.iter().filter(|word| !said.contains(*word)).count();
    let first = dramaturg_mind::words(text).into_iter().next().unwrap_or_default();
    let answers = ANSWERS.contains(&first.as_str()) && !said.contains(&first);
    new >= 2 || (whole && answers) || (whole && new >= 1 && new * 2 >= words.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_adds_nothing() {
        let said = unique("do you believe in ghosts?");
        assert!(!adds_to("Do you believe in ghosts?", &said, true));
        assert!(!adds_to("You believe in ghosts", &said, true));
        assert!(adds_to("Yes, I believe in ghosts.", &said, true));
        assert!(adds_to("I never saw one here", &said, false));
        assert!(adds_to("Yes.", &said, true));
        let said = unique("你信鬼吗");
        assert!(!adds_to("你信鬼吗？", &said, true));
        assert!(adds_to("我只信雾", &said, true));
    }
}
