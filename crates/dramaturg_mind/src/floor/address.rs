//! Whom a line calls by name, in English and Chinese.

/// What a line has to do with somebody's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// It does not have it.
    No,
    /// It is about them.
    Named,
    /// It calls them: at this byte.
    Called(usize),
}

/// Words before a name with which somebody is called: 'hey Piet', 'and you, Piet'.
const GREETINGS: [&str; 21] = [
    "hey", "hi", "hello", "oi", "dear", "please", "thanks", "you", "well", "so", "okay", "ok",
    "yes", "no", "morning", "evening", "goodbye", "bye", "sorry", "listen", "look",
];
/// What follows a name in Chinese with which somebody is called.
const AFTER: [&str; 8] = ["你", "您", "请", "快", "来", "告诉我", "说说", "能不能"];
/// What comes before it.
const BEFORE: [&str; 9] = ["喂", "嘿", "你好", "您好", "嗨", "谢谢", "请问", "对不起", "那么"];

const TO_ALL: [&str; 14] = [
    "everybody",
    "everyone",
    "all of you",
    "you all",
    "anybody",
    "anyone",
    "which of you",
    "who of you",
    "one of you",
    "any of you",
    "you two",
    "both of you",
    "somebody here",
    "someone here",
];
const TO_ALL_UNSPACED: [&str; 8] =
    ["大家", "各位", "你们", "诸位", "谁能", "谁知道", "有谁", "有没有人"];

/// What the line has to do with whoever has one of these names.
pub(super) fn address(line: &str, names: &[&str]) -> Address {
    let lower = line.to_lowercase();
    let mut found = Address::No;
    for name in names.iter().map(|name| name.to_lowercase()).filter(|name| !name.is_empty()) {
        for (at, _) in lower.match_indices(&name) {
            let (before, after) = (&lower[..at], &lower[at + name.len()..]);
            let unspaced = name.chars().any(is_unspaced);
            let letter = |c: char| c.is_alphanumeric() && !is_unspaced(c);
            if !unspaced && (before.ends_with(letter) || after.starts_with(letter)) {
                continue;
            }
            if is_called(before, after, unspaced) {
                let earlier = match found {
                    Address::Called(first) => first.min(at),
                    _ => at,
                };
                found = Address::Called(earlier);
            } else if found == Address::No {
                found = Address::Named;
            }
        }
    }
    found
}

/// Whether the line is said to everybody: then it is for whoever wants to take it up.
pub(super) fn is_to_all(line: &str) -> bool {
    let even = line.to_lowercase();
    let words: Vec<&str> =
        even.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|w| !w.is_empty()).collect();
    let spaced = format!(" {} ", words.join(" "));
    TO_ALL.iter().any(|phrase| spaced.contains(&format!(" {phrase} ")))
        || TO_ALL_UNSPACED.iter().any(|phrase| even.contains(phrase))
}

/// Somebody is called by a name that stands alone between marks, or after a greeting; what is about them has it in a clause.
fn is_called(before: &str, after: &str, unspaced: bool) -> bool {
    let (before, after) = (before.trim_end(), after.trim_start());
    let begins = before.is_empty() || before.ends_with(is_mark);
    let ends = after.is_empty() || after.starts_with(is_mark);
    if unspaced {
        let greeted = BEFORE.iter().any(|word| before.ends_with(word));
        let asked = AFTER.iter().any(|word| after.starts_with(word));
        return (begins || greeted) && (ends || asked);
    }
    let last = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let greeted = GREETINGS.contains(&last);
    if is_called_with_another(before, after) {
        return true;
    }
    // 'Piet, what is it?' and 'What is it, Piet?', but not 'Piet.' in 'It was Ona, Tess and Piet.'
    let listed = last == "and" || (after.starts_with(',') && rest_is_list(after));
    ends && (begins || greeted) && !listed || begins && after.starts_with("you ")
}

/// 'Ona and Piet, good evening' calls both.
fn is_called_with_another(before: &str, after: &str) -> bool {
    let sentence = before.rsplit(['.', '!', '?', '…']).next().unwrap_or_default();
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let mut next = after.split_whitespace();
    match words.as_slice() {
        [] => next.next() == Some("and") && next.next().is_some_and(|name| name.ends_with(is_mark)),
        [_, "and"] => after.starts_with(is_mark),
        _ => false,
    }
}

/// Whether a list of names goes on: ', Tess and Piet'.
fn rest_is_list(after: &str) -> bool {
    let next = after.trim_start_matches([',', ' ']);
    let words: Vec<&str> = next.split_whitespace().take(2).collect();
    matches!(words.as_slice(), [_, "and" | "or"])
}

fn is_mark(c: char) -> bool {
    matches!(c, ',' | '.' | '!' | '?' | ':' | ';' | '…' | '—' | '-' | '(' | ')' | '"' | '\n')
        || matches!(c, '，' | '。' | '！' | '？' | '：' | '；' | '、' | '（' | '）' | '“' | '”')
}

fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}
