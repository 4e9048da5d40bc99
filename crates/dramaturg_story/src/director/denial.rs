//! Whether a line asks, and whether it says no.

use super::normal::{is_dense, normal, segments};

/// Whether a line asks something.
pub(super) fn is_question(line: &str) -> bool {
    const FIRST: [&str; 28] = [
        "what", "who", "whose", "where", "when", "why", "how", "which", "is", "are", "do", "does",
        "did", "can", "could", "would", "will", "shall", "should", "may", "have", "has", "was",
        "were", "whats", "whos", "wheres", "hows",
    ];
    const DENSE: [&str; 9] = ["什么", "谁", "哪", "怎么", "为啥", "几个", "多少", "干嘛", "干吗"];
    if line.trim_end().ends_with(['?', '？']) {
        return true;
    }
    let mut normal = normal(line);
    // 'Nothing at all', 'whatever I hear I write': such words ask nothing.
    for word in
        ["不怎么", "什么都", "什么也", "谁都", "谁也", "哪儿都", "哪里都", "怎么都", "怎么也"]
    {
        normal = normal.replace(word, if word.starts_with('不') { "不" } else { "" });
    }
    for word in ["什么", "谁", "哪"] {
        if normal.matches(word).count() > 1 {
            normal = normal.replace(word, "");
        }
    }
    let first = normal.split(' ').next().unwrap_or_default();
    FIRST.contains(&first)
        || normal.ends_with(['吗', '呢', '么'])
        || DENSE.iter().any(|term| normal.contains(term))
        || either_or(&normal)
}

/// '要不要': a word, 'not', and the word again.
fn either_or(normal: &str) -> bool {
    let chars: Vec<char> = normal.chars().collect();
    chars.windows(3).any(|w| matches!(w[1], '不' | '没') && w[0] == w[2] && is_dense(w[0]))
}

/// Whether a statement says no. Questions do not: 'isn't it' asks the same as 'is it'.
pub(super) fn is_negated(line: &str) -> bool {
    const NO: [&str; 31] = [
        "not", "dont", "didnt", "doesnt", "cant", "cannot", "wont", "wouldnt", "couldnt",
        "shouldnt", "shant", "isnt", "arent", "wasnt", "werent", "hasnt", "havent", "hadnt",
        "aint", "never", "nobody", "none", "nothing", "refuse", "neither", "nor", "neednt",
        "without", "no", "nowhere", "hardly",
    ];
    const YES_DENSE: [&str; 32] = [
        "没了",
        "不住",
        "不动",
        "不上",
        "不下去",
        "不错",
        "没事",
        "没关系",
        "不好意思",
        "不急",
        "不过",
        "差不多",
        "不管",
        "对不住",
        "对不起",
        "不着急",
        "不要紧",
        "不得不",
        "没问题",
        "不容易",
        "不如",
        "别人",
        "别的",
        "特别",
        "别致",
        "不少",
        "差别",
        "不客气",
        "别怕",
        "别担心",
        "别急",
        "别客气",
    ];
    if is_question(line) {
        return false;
    }
    let mut clauses = segments(line);
    if clauses.len() > 1 && clauses.last().is_some_and(|clause| is_tag(clause)) {
        clauses.pop();
    }
    // 'No, I came alone' says so of something else.
    if clauses.len() > 1 && matches!(clauses[0].as_str(), "no" | "yes" | "nope") {
        clauses.remove(0);
    }
    let mut normal = clauses.join(" ");
    for word in YES_DENSE {
        normal = normal.replace(word, "");
    }
    let words: Vec<&str> = normal.split(' ').collect();
    words.iter().any(|word| NO.contains(word))
        || normal.contains(['不', '没', '别', '未', '莫'])
        || normal.contains("休想")
}

/// Whether a line says no and nothing else: 'We can't stay, sound the alarm' says more.
pub(super) fn denies(line: &str) -> bool {
    let said = |clause: &String| {
        let words = clause.split(' ').filter(|word| !word.is_empty()).count();
        words > 1 || clause.chars().filter(|c| is_dense(*c)).count() > 2
    };
    let clauses = segments(line);
    is_negated(line) && clauses.iter().filter(|c| said(c)).all(|clause| is_negated(clause))
}

/// 'Isn't it', 'aren't you' at the end of a statement: they ask for a yes.
fn is_tag(clause: &str) -> bool {
    const WHO: [&str; 7] = ["it", "you", "he", "she", "they", "we", "i"];
    let mut words = clause.split(' ');
    let (verb, who) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    verb.ends_with("nt") && WHO.contains(&who) && words.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_also_says_yes_denies_nothing() {
        assert!(denies("I won't promise that.") && denies("我什么都不保证。"));
        assert!(denies("Thanks, but I don't need a room."));
        assert!(!denies("We can't stay, sound the alarm."));
        assert!(!is_negated("You wrecked it, didn't you") && !is_negated("撑不住，拉警报"));
    }

    #[test]
    fn no_is_told_from_a_question_that_has_a_no_in_it() {
        assert!(
            is_negated("I can't do that") && is_negated("我不去") && is_negated("no chance of it")
        );
        assert!(
            !is_negated("Isn't it cold?") && !is_negated("这件不错") && !is_negated("要不要去")
        );
        assert!(!is_negated("No, I came alone."));
    }
}
