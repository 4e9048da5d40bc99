//! Who is dead in this world, and what cannot have happened in it: who says otherwise is contradicted, and no character does.

use super::denial::is_negated;
use super::examples::{Library, cosine};
use super::interpret::SAME;
use super::normal::{normal, plain, sentences};
use super::rules::contains_word;
use crate::{Pack, State};
use std::sync::Arc;

/// What a spoken line may not say against its world.
#[derive(Default)]
pub(super) struct World {
    dead: Vec<String>,
    never: Vec<String>,
    library: Option<Arc<Library>>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} dead, {} that never was", self.dead.len(), self.never.len())
    }
}

impl World {
    pub(super) fn of(pack: &Pack, state: &State) -> Self {
        let canon = pack.canon(&state.locale);
        let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let never = owned(canon.never);
        let library = (!never.is_empty()).then(|| Library::of(pack, &state.locale));
        Self { dead: owned(canon.dead), never, library }
    }

    /// Whether a sentence has somebody dead act or speak now, or says that something was that cannot have been.
    pub(super) fn is_broken_by(&self, sentence: &str) -> bool {
        let dead: Vec<&str> = self.dead.iter().map(String::as_str).collect();
        let never: Vec<&str> = self.never.iter().map(String::as_str).collect();
        says_lives(sentence, &dead)
            || self.library.as_ref().is_some_and(|library| denies(library, sentence, &never))
    }
}

/// Whether the player says that somebody lives who is dead.
pub(super) fn raises_the_dead(pack: &Pack, locale: &str, line: &str) -> bool {
    let dead = pack.canon(locale).dead;
    !dead.is_empty() && sentences(line).into_iter().any(|sentence| says_lives(sentence, &dead))
}

/// Whether the player says what, by the author's word, cannot have happened.
pub(super) fn can_not_be(pack: &Pack, locale: &str, library: &Library, line: &str) -> bool {
    denies(library, line, &pack.canon(locale).never)
}

fn denies(library: &Library, sentence: &str, never: &[&str]) -> bool {
    if never.is_empty() {
        return false;
    }
    let line = library.line(sentence);
    if line.question || line.size() < WORDS {
        return false;
    }
    let said = plain(sentence);
    never.iter().any(|never| {
        let told = library.line(never);
        // The very words are in it, or it is very like.
        let alike = || cosine(&line.vector, &told.vector) >= SAME;
        told.negated == line.negated && (said.contains(&plain(never)) || alike())
    })
}

/// A shorter sentence says too little to be held against anything.
const WORDS: usize = 3;

/// That somebody is not dead after all.
const UNDEAD: [&str; 16] = [
    "not dead",
    "isnt dead",
    "aint dead",
    "wasnt dead",
    "never died",
    "didnt die",
    "did not die",
    "not really dead",
    "still alive",
    "back from the dead",
    "没死",
    "没有死",
    "还活着",
    "还在世",
    "活过来",
    "没有去世",
];
/// That somebody is dead, or was: what is told so is told of the past.
const GONE: [&str; 50] = [
    "dead",
    "died",
    "dies",
    "death",
    "buried",
    "burial",
    "grave",
    "graveyard",
    "funeral",
    "gone",
    "late",
    "drowned",
    "killed",
    "lost",
    "ashes",
    "ghost",
    "memory",
    "remember",
    "remembered",
    "used to",
    "was",
    "were",
    "had",
    "would have",
    "once",
    "no more",
    "no longer",
    "years ago",
    "rest in peace",
    "passed away",
    "misses",
    "死",
    "去世",
    "过世",
    "没了",
    "不在了",
    "坟",
    "埋",
    "亡",
    "生前",
    "当年",
    "从前",
    "以前",
    "那时",
    "那年",
    "遗",
    "走得早",
    "葬",
    "活着的时候",
    "在世时",
];
/// What only the living do, after a name.
const DOES: [&str; 44] = [
    "is", "lives", "says", "tells", "speaks", "talks", "asks", "answers", "comes", "goes", "walks",
    "sits", "stands", "waits", "wants", "knows", "thinks", "sleeps", "smiles", "laughs", "calls",
    "nods", "works", "keeps", "needs", "hates", "loves", "drinks", "eats", "writes", "sends",
    "returns", "will", "can", "wont", "isnt", "has", "hasnt", "sings", "runs", "looks", "sees",
    "hears", "breathes",
];
/// Between a name and what it does.
const ADVERBS: [&str; 7] = ["still", "now", "just", "always", "also", "often", "himself"];
/// Before a name: 'here comes the old king', 'I saw the old king today'.
const BEFORE: [&str; 6] = ["here comes", "there goes", "here is", "heres", "there is", "theres"];
const MET: [&str; 9] = [
    "saw",
    "seen",
    "met",
    "spoke to",
    "spoke with",
    "talked to",
    "talked with",
    "heard from",
    "visited",
];
const LATELY: [&str; 12] = [
    "today",
    "just now",
    "this morning",
    "this evening",
    "tonight",
    "yesterday",
    "last night",
    "a minute ago",
    "an hour ago",
    "this week",
    "last week",
    "outside",
];
/// What only the living do, in Chinese: anywhere after the name.
const DOES_DENSE: [&str; 30] = [
    "活着",
    "在世",
    "回来了",
    "来了",
    "在这",
    "在那",
    "在外面",
    "在楼",
    "在门",
    "在屋",
    "正在",
    "说道",
    "站在",
    "坐在",
    "等着",
    "等你",
    "等我",
    "醒了",
    "睡着",
    "笑着",
    "走过来",
    "走进",
    "出来了",
    "现在",
    "会来",
    "要来",
    "住在",
    "刚到",
    "叫我",
    "叫你",
];
const MET_DENSE: [&str; 8] =
    ["刚才见到", "刚见到", "刚刚见到", "今天见到", "昨天见到", "昨晚见到", "刚跟", "刚才跟"];

/// Whether a sentence says of one of the dead that they live, speak or do something now. Questions say nothing.
fn says_lives(sentence: &str, dead: &[&str]) -> bool {
    let bare = sentence.trim_end_matches(|c: char| !c.is_alphanumeric());
    let asks = sentence.trim_end().ends_with(['?', '？']) || bare.ends_with('吗');
    if asks {
        return false;
    }
    let lower = format!(" {} ", normal(sentence));
    let has = |phrase: &&str| contains_word(&lower, phrase);
    dead.iter().any(|name| {
        let name = normal(name);
        if name.is_empty() || !contains_word(&lower, &name) {
            return false;
        }
        if UNDEAD.iter().any(has) {
            return true;
        }
        if GONE.iter().any(has) || is_negated(&lower) {
            return false;
        }
        lower.match_indices(&name).any(|(at, _)| {
            let (before, after) = (&lower[..at], &lower[at + name.len()..]);
            acts_now(before, after)
        })
    })
}

/// What stands before and after a name: whether who has it does something now.
fn acts_now(before: &str, after: &str) -> bool {
    let before = before.trim_end();
    let before = before.strip_suffix("the").unwrap_or(before).trim_end();
    if BEFORE.iter().any(|phrase| before.ends_with(&format!(" {phrase}"))) {
        return true;
    }
    let met = MET.iter().any(|phrase| before.ends_with(&format!(" {phrase}")));
    if met && LATELY.iter().any(|when| contains_word(after, when)) {
        return true;
    }
    if DOES_DENSE.iter().any(|does| after.contains(does))
        || MET_DENSE.iter().any(|met| before.ends_with(met))
    {
        return true;
    }
    // Another letter: the name goes on, or something belongs to who has it.
    if !after.starts_with(' ') {
        return false;
    }
    let mut words = after.split_whitespace().skip_while(|word| ADVERBS.contains(word));
    words.next().is_some_and(|word| DOES.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dead_do_nothing_now() {
        let dead = ["the old king", "Hanna", "老国王", "玛尔塔的母亲"];
        for line in [
            "The old king is in the next room.",
            "Hanna says you may stay.",
            "Hanna still lives on the hill.",
            "Here comes Hanna!",
            "I saw the old king this morning.",
            "Hanna isn't dead.",
            "The old king never died.",
            "老国王还活着。",
            "老国王在门外等你。",
            "我刚才见到老国王了。",
            "玛尔塔的母亲没死。",
        ] {
            assert!(says_lives(line, &dead), "{line}");
        }
        for line in [
            "The old king is dead.",
            "Hanna was kind to me.",
            "Hanna's coat is by the door.",
            "Is Hanna alive?",
            "The old king is not in the next room.",
            "Hanna has been in her grave for nine years.",
            "I remember what Hanna says in the letter.",
            "Hannah is in the next room.",
            "The new king is in the next room.",
            "老国王死了很多年了。",
            "老国王还活着吗？",
            "那是老国王从前坐的椅子。",
            "新国王在门外等你。",
            "玛尔塔的母亲已经过世了。",
        ] {
            assert!(!says_lives(line, &dead), "{line}");
        }
    }
}
