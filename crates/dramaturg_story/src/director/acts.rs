//! How a line is meant, told by its form: said now by the player's character, or reported, supposed, claimed, ordered.

use super::normal::{is_dense, normal, segments};
use std::sync::LazyLock;

/// Kinds of speech that make no move. A set of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Acts(u16);

impl Acts {
    pub(super) const BRACKET: Self = Self(1);
    pub(super) const QUOTED: Self = Self(2);
    pub(super) const AUTHORITY: Self = Self(4);
    pub(super) const PSEUDO_LOGIC: Self = Self(8);
    pub(super) const OMISSION: Self = Self(16);
    pub(super) const REPORTED: Self = Self(32);
    pub(super) const HYPOTHETICAL: Self = Self(64);
    pub(super) const CLAIMED: Self = Self(128);
    pub(super) const NEGATED: Self = Self(256);
    /// What is there, or happened, is said not to be, or never to have been.
    pub(super) const ABSENT: Self = Self(512);
    /// Kinds that colour the whole line, and not only the clause in which they stand.
    pub(super) const WHOLE: Self = Self(1 | 2 | 4 | 8 | 16);

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
    pub(super) fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
    fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

struct Phrase {
    text: String,
    /// Only at the beginning of a clause.
    first: bool,
    dense: bool,
}

/// The list `words/acts.txt`.
struct Phrases {
    kinds: Vec<(Acts, Vec<Phrase>)>,
    polite: Vec<Phrase>,
    /// Of [`Acts::ABSENT`], where it is all that is said.
    alone: Vec<Phrase>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::read(include_str!("words/acts.txt")));

impl Phrases {
    fn read(source: &str) -> Self {
        let mut out = Self { kinds: Vec::new(), polite: Vec::new(), alone: Vec::new() };
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            let Some((kind, list)) = line.split_once(':') else { continue };
            let phrase = |text: &str| {
                let (first, text) = (text.trim().starts_with('^'), normal(text));
                let dense = text.chars().next().is_some_and(is_dense);
                Phrase { text, first, dense }
            };
            let phrases = list.split('|').map(phrase).filter(|phrase| !phrase.text.is_empty());
            let kind = match kind {
                "polite" => {
                    out.polite.extend(phrases);
                    continue;
                }
                "authority" => Acts::AUTHORITY,
                "pseudo_logic" => Acts::PSEUDO_LOGIC,
                "omission" => Acts::OMISSION,
                "reported" => Acts::REPORTED,
                "hypothetical" => Acts::HYPOTHETICAL,
                "claimed" => Acts::CLAIMED,
                "absent" => Acts::ABSENT,
                "absent_alone" => {
                    out.alone.extend(phrases);
                    continue;
                }
                _ => Acts::NEGATED,
            };
            out.kinds.push((kind, phrases.collect()));
        }
        out
    }
}

impl Phrase {
    fn stands_in(&self, clauses: &[String], all: &str, dense: &str) -> bool {
        if self.dense && self.first {
            clauses.iter().any(|clause| clause.starts_with(&self.text))
        } else if self.dense {
            dense.contains(&self.text)
        } else if self.first {
            let begins = |clause: &String| {
                clause.strip_prefix(&self.text).is_some_and(|r| r.is_empty() || r.starts_with(' '))
            };
            clauses.iter().any(begins)
        } else {
            spaced(all, &self.text).is_some()
        }
    }
}

/// Where `phrase` stands between spaces in `all`, which begins and ends with one.
fn spaced(all: &str, phrase: &str) -> Option<usize> {
    let around =
        |at: &usize| all[..*at].ends_with(' ') && all[at + phrase.len()..].starts_with(' ');
    all.match_indices(phrase).map(|(at, _)| at).find(around)
}

/// The kinds of speech in a line.
pub(super) fn acts(line: &str) -> Acts {
    let mut found = Acts::default();
    if is_bracketed(line) {
        found.add(Acts::BRACKET);
    }
    if holds_quote(line) {
        found.add(Acts::QUOTED);
    }
    let list = &*PHRASES;
    let mut clauses = segments(line);
    for clause in &mut clauses {
        for polite in &list.polite {
            if polite.dense {
                *clause = clause.replace(&polite.text, "");
            } else if let Some(at) = spaced(&format!(" {clause} "), &polite.text) {
                let (from, to) = (at - 1, at - 1 + polite.text.len());
                *clause = normal(&format!("{} {}", &clause[..from], &clause[to..]));
            }
        }
    }
    let all = format!(" {} ", clauses.join(" "));
    let dense = all.replace(' ', "");
    for (kind, phrases) in &list.kinds {
        if phrases.iter().any(|phrase| phrase.stands_in(&clauses, &all, &dense)) {
            found.add(*kind);
        }
    }
    let alone = clauses.len() == 1;
    if alone && list.alone.iter().any(|phrase| phrase.stands_in(&clauses, &all, &dense)) {
        found.add(Acts::ABSENT);
    }
    if clauses.iter().any(|clause| reports(clause) || reports_densely(&clause.replace(' ', ""))) {
        found.add(Acts::REPORTED);
    }
    if clauses
        .iter()
        .any(|clause| looks_back(clause) || looks_back_densely(&clause.replace(' ', "")))
    {
        found.add(Acts::CLAIMED);
    }
    if concludes(&all, &dense) {
        found.add(Acts::PSEUDO_LOGIC);
    }
    found
}

/// 'I burned it before': what is said to be done by now. 'I was never here before' is not.
fn looks_back(clause: &str) -> bool {
    const WHO: [&str; 3] = ["i", "you", "we"];
    let words: Vec<&str> = clause.split(' ').collect();
    let last = words.last().is_some_and(|last| *last == "before");
    last && words.len() > 3
        && words.first().is_some_and(|first| WHO.contains(first))
        && !words.contains(&"never")
}

/// '被子你早收了', '已经念过一遍了': early or already, and done.
fn looks_back_densely(clause: &str) -> bool {
    const NOT_EARLY: [&str; 12] = [
        "早上", "早晨", "早饭", "早点", "早些", "早安", "早晚", "明早", "清早", "大早", "一早",
        "早茶",
    ];
    let ends = |done: &[&str]| done.iter().any(|end| clause.ends_with(end));
    let mut rest = clause.to_owned();
    for word in NOT_EARLY {
        rest = rest.replace(word, "");
    }
    (rest.contains('早') && ends(&["了", "过", "完"]))
        || (clause.contains("已经") && ends(&["过", "过了", "完了", "好了", "给我了", "给你了"]))
}

/// 'Everybody does, so I did': a conclusion in place of a deed.
fn concludes(all: &str, dense: &str) -> bool {
    let any = |text: &str, list: &[&str]| list.iter().any(|term| text.contains(term));
    let everybody =
        [" everybody ", " everyone ", " every ", " others ", " else ", " anybody ", " anyone "];
    (any(all, &[" since ", " because "]) && any(all, &everybody))
        || (any(dense, &["既然", "因为"])
            && any(dense, &["所有人", "每个", "别人", "大家", "人人"]))
        || (dense.contains("所以") && any(dense, &["已经", "等于", "相信", "也算", "早"]))
}

/// Stage directions: round, square, curly or pointed brackets or asterisks anywhere; a smiley is none.
fn is_bracketed(line: &str) -> bool {
    const OPEN: [char; 9] = ['(', '[', '{', '<', '（', '【', '［', '〔', '｛'];
    const CLOSE: [char; 9] = [')', ']', '}', '>', '）', '】', '］', '〕', '｝'];
    let mut text = String::new();
    let mut chars = line.trim().chars().peekable();
    while let Some(c) = chars.next() {
        if matches!(c, ':' | ';' | '=') {
            let nose = chars.next_if_eq(&'-').is_some();
            if chars
                .next_if(|mouth| matches!(*mouth, ')' | '(' | '[' | ']' | 'D' | 'P' | 'p'))
                .is_none()
            {
                text.push(c);
                text.extend(nose.then_some('-'));
            }
        } else {
            text.push(c);
        }
    }
    let text = text.trim();
    let stars = text.matches('*').count();
    let open = text.find(OPEN);
    text.starts_with(OPEN)
        || text.ends_with([')', ']', '）', '】', '］'])
        || text.starts_with('*')
        || stars >= 2
        || open.is_some_and(|at| text[at..].contains(CLOSE))
}

/// Somebody else's words in quotation marks: three words or more.
fn holds_quote(line: &str) -> bool {
    const MARKS: [(char, char); 5] =
        [('"', '"'), ('“', '”'), ('「', '」'), ('『', '』'), ('«', '»')];
    MARKS.iter().any(|(open, close)| {
        let mut rest = line;
        while let Some(at) = rest.find(*open) {
            let inner = &rest[at + open.len_utf8()..];
            let Some(end) = inner.find(*close) else { return false };
            let words = normal(&inner[..end]);
            if words.split(' ').count() >= 3 || words.chars().filter(|c| is_dense(*c)).count() >= 4
            {
                return true;
            }
            rest = &inner[end + close.len_utf8()..];
        }
        false
    })
}

const SAID: [&str; 25] = [
    "said",
    "says",
    "told",
    "tells",
    "asked",
    "asks",
    "claims",
    "claimed",
    "shouted",
    "whispered",
    "promised",
    "mentioned",
    "wrote",
    "swore",
    "insisted",
    "explained",
    "wondered",
    "replied",
    "answered",
    "declared",
    "warned",
    "yelled",
    "demanded",
    "begged",
    "ordered",
];
/// Before a verb of saying, these make no third person of it.
const NOBODY: [&str; 38] = [
    "i", "you", "we", "it", "that", "who", "what", "which", "im", "youve", "weve", "ive", "was",
    "were", "be", "been", "is", "are", "being", "have", "has", "had", "having", "to", "not",
    "never", "dont", "didnt", "wont", "cant", "letter", "note", "message", "paper", "form", "and",
    "or", "but",
];
const BETWEEN: [&str; 15] = [
    "always", "once", "also", "just", "even", "still", "often", "only", "never", "then", "already",
    "later", "both", "all", "used",
];

/// A third person says something: 'the captain told me'.
fn reports(clause: &str) -> bool {
    let words: Vec<&str> = clause.split(' ').collect();
    (1..words.len()).filter(|at| SAID.contains(&words[*at])).any(|at| {
        let subject = words[..at].iter().rev().find(|word| !BETWEEN.contains(word));
        subject.is_some_and(|word| !NOBODY.contains(word))
    })
}

const BETWEEN_DENSE: [&str; 17] = [
    "动不动就",
    "见人就",
    "总是",
    "老是",
    "老爱",
    "常常",
    "从来",
    "总",
    "老",
    "常",
    "也",
    "都",
    "曾",
    "就",
    "还",
    "又",
    "才",
];
/// What stands before a verb of saying when the speaker is no third person, or there is none.
const NOBODY_DENSE: &str = "我你您咱想要能会以不没别来去再先该得地慢直可敢帮替请给听一么怎好快实小传胡乱话事思说讲问告着管声白理是的了吧呢啊和跟对爱里头";

/// The same in Chinese: '船长说'.
fn reports_densely(clause: &str) -> bool {
    let verbs = ["说", "问", "讲", "喊", "告诉", "叫我", "求我"];
    let at = verbs.iter().flat_map(|verb| clause.match_indices(verb)).map(|(at, _)| at);
    at.into_iter().any(|at| {
        let mut before = &clause[..at];
        while let Some(rest) = BETWEEN_DENSE.iter().find_map(|word| before.strip_suffix(*word)) {
            before = rest;
        }
        let nobody = ["我们", "你们", "咱们", "没人", "无人", "谁"];
        let last = before.chars().next_back();
        last.is_some_and(|last| is_dense(last) && !NOBODY_DENSE.contains(last))
            && !nobody.iter().any(|word| before.ends_with(*word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(line: &str, kind: Acts) {
        assert!(acts(line).meets(kind), "{line}: {:?}", acts(line));
    }

    #[test]
    fn kinds_are_told_apart_in_both_languages() {
        is("(he opens the door)", Acts::BRACKET);
        is("hello *waves* there", Acts::BRACKET);
        is("你好（她信了）", Acts::BRACKET);
        is("The captain told me to leave", Acts::REPORTED);
        is("船长说他要走", Acts::REPORTED);
        is("We all say \"who goes there\" at night", Acts::QUOTED);
        is("What if I opened it?", Acts::HYPOTHETICAL);
        is("如果我把它打开", Acts::HYPOTHETICAL);
        is("I already opened it", Acts::CLAIMED);
        is("我已经打开了", Acts::CLAIMED);
        is("As the narrator I open it", Acts::AUTHORITY);
        is("我以旁白的身份宣布门开了", Acts::AUTHORITY);
        is("Doors open, therefore it is open", Acts::PSEUDO_LOGIC);
        is("既然大家都知道，那我也知道", Acts::PSEUDO_LOGIC);
        is("Let's skip the door", Acts::OMISSION);
        is("I'm not asking for it", Acts::NEGATED);
        is("I opened it for you before", Acts::CLAIMED);
        is("被子你早收了。", Acts::CLAIMED);
        is("She was already released at midnight.", Acts::CLAIMED);
        is("There is no door and there never was.", Acts::ABSENT);
        is("这门压根没有锁。", Acts::ABSENT);
    }

    #[test]
    fn plain_speech_is_none_of_them() {
        for line in [
            "I won't tell anyone.",
            "Tell me what happened, if I may ask :)",
            "What does the letter say?",
            "I was told to give you this.",
            "跟我说实话。",
            "你慢慢说，我听着。",
            "要是不方便，就不说了。",
            "我不会告诉任何人。",
            "说真的，他人呢？",
            "I was never here before",
            "我明早走了",
            "早上好，我是坐船来的",
            "There is a door.",
            "There is no crime in it, go home.",
            "那帮人我压根没见过",
        ] {
            assert!(acts(line).is_empty(), "{line}: {:?}", acts(line));
        }
    }
}
