//! Questions back: where a line is near a move but not near enough, the character asks whether that is meant, and the player's
//! yes is the move. Whoever talks to people does the same.

use super::avoid::Avoided;
use super::contains_word;
use super::examples::section;
use super::likened::Likened;
use super::normal::{normal, sentences};
use crate::{Beat, Pack, State};

/// From which probability what was asked about is taken for meant when the next line comes near it again.
pub(super) const AGAIN: f32 = 0.3;

/// From this cosine on an ear agrees that a line comes near a move (ten thousandths, of vectors less what small talk shares).
const NEAR: i16 = 3_000;

/// Whether the move in place `at`, which is this likely, is asked about; by what the line was read with. Chosen on the lines marked
/// `dev`: see `docs/evaluation.md`.
pub(super) fn is_doubtful(
    probability: f32,
    at: usize,
    likened: Option<&Likened>,
    has_model: bool,
) -> bool {
    match likened {
        None => probability >= 0.2,
        // A model answers who talks of other things, so few of them are asked, and only where the ear agrees.
        Some(likened) if has_model && likened.is_centred() => {
            let agrees = |[nearest, ..]: &[i16; 4]| *nearest >= NEAR;
            probability >= 0.2 && likened.moves.get(at).is_some_and(agrees)
        }
        // Without one they are turned aside anyhow.
        Some(_) => probability >= 0.08,
    }
}

/// How many words may follow a yes: more would say something else.
const AFTER: usize = 6;
const AFTER_DENSE: usize = 8;

const YES: [&str; 26] = [
    "yes",
    "yeah",
    "yep",
    "yup",
    "aye",
    "sure",
    "of course",
    "exactly",
    "indeed",
    "right",
    "thats right",
    "thats it",
    "i do",
    "i did",
    "i mean it",
    "precisely",
    "correct",
    "thats what i mean",
    "that is what i mean",
    "certainly",
    "absolutely",
    "ok",
    "okay",
    "quite so",
    "you heard me",
    "you have it",
];
const YES_DENSE: [&str; 17] = [
    "是",
    "对",
    "嗯",
    "没错",
    "当然",
    "就是",
    "正是",
    "可不",
    "行",
    "好",
    "沒錯",
    "當然",
    "對",
    "はい",
    "そうです",
    "ええ",
    "うん",
];
/// What is a yes when nothing else is said.
const ALONE: [&str; 34] = [
    "please",
    "yes please",
    "please do",
    "do",
    "do it",
    "go on",
    "go on then",
    "go ahead",
    "why not",
    "i will",
    "i would",
    "i am",
    "gladly",
    "very well",
    "lets",
    "deal",
    "fine",
    "要",
    "想",
    "肯",
    "成",
    "可以",
    "愿意",
    "我愿意",
    "我要",
    "我想",
    "我肯",
    "那好",
    "说吧",
    "来吧",
    "请",
    "请吧",
    "那行",
    "有",
];
/// The only yes that is asked.
const WHY_NOT: &str = "why not";
const BUT: [&str; 10] =
    ["but", "no", "not", "dont", "never", "if", "first", "wait", "joking", "kidding"];
const BUT_DENSE: [&str; 10] =
    ["不", "没有", "但", "可是", "要是", "如果", "吗", "先", "呢", "才怪"];

/// Whether a line is a yes: by itself, or as a first or last sentence that the others don't take back.
pub(super) fn affirms(text: &str) -> bool {
    let said = sentences(text);
    // 'Listen, you half-wit: yes.'
    let said: Vec<&str> = said.iter().flat_map(|sentence| sentence.split([':', '：'])).collect();
    if said.len() < 2 {
        return says_yes(text);
    }
    // A yes in the middle of a tale is none.
    let at_an_end = [said[0], said[said.len() - 1]];
    at_an_end.iter().enumerate().any(|(end, sentence)| {
        let but = if end == 0 { &said[1..] } else { &said[..said.len() - 1] };
        says_yes(sentence) && !but.iter().any(|sentence| takes_back(sentence))
    })
}

/// Whether what stands beside a yes may mean that it was none.
fn takes_back(sentence: &str) -> bool {
    let plain = normal(sentence);
    sentence.contains(['?', '？'])
        || plain.split_whitespace().any(|word| BUT.contains(&word) && word != "dont")
        || BUT_DENSE.iter().any(|but| *but != "不" && plain.contains(but))
        || plain.starts_with('不')
}

/// Whether a sentence is a plain yes.
fn says_yes(text: &str) -> bool {
    let plain = normal(text);
    if ALONE.contains(&plain.as_str()) {
        return plain == WHY_NOT || !text.contains(['?', '？']);
    }
    if let Some(rest) = YES_DENSE.iter().find_map(|yes| plain.strip_prefix(yes)) {
        return rest.chars().count() <= AFTER_DENSE
            && !BUT_DENSE.iter().any(|but| plain.contains(but))
            && !text.contains(['?', '？']);
    }
    let said = |yes: &&str| {
        let rest = plain.strip_prefix(*yes)?;
        (rest.is_empty() || rest.starts_with(' ')).then_some(rest)
    };
    // The longest: 'that is what I mean' begins with no other one, but 'right' may stand in front.
    let rest = YES.iter().filter_map(said).min_by_key(|rest| rest.len());
    rest.is_some_and(|rest| {
        rest.split_whitespace().count() <= AFTER
            && !rest.split_whitespace().any(|word| BUT.contains(&word))
            && !text.contains('?')
    })
}

/// What of the move the character may quote: the author's first example without anything locked.
pub(crate) fn quotable<'p>(
    pack: &'p Pack,
    state: &State,
    beat: &Beat,
    a_move: &str,
) -> Option<&'p str> {
    let locked = state.locked_tells(pack, Some(&beat.speaker));
    let avoided = Avoided::of(pack, state);
    let prose = pack.prose(&state.locale);
    let examples = prose.bullets(&section(&beat.id, a_move)).iter();
    examples.map(|(_, text)| text.as_str()).find(|text| {
        let lower = text.to_lowercase();
        !locked.iter().any(|tell| contains_word(&lower, tell)) && !avoided.leaves_out(prose, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_yes_is_told_from_what_only_begins_like_one() {
        for yes in [
            "Yes.",
            "yes, I do",
            "That's what I mean!",
            "Right, that's it.",
            "Aye",
            "sure, please",
            "是的",
            "对，就是这个意思。",
            "嗯",
            "没错！",
            "当然",
            "Yes. And be quick about it, you old crow.",
            "Yes, I do. Don't make me say it twice.",
            "Listen, you half-wit: Yes.",
            "真他娘的烦。是的。",
            "是的。别让我说第二遍。",
            "Why not?",
            "Go on, then.",
            "Please.",
            "想。",
            "愿意",
        ] {
            assert!(affirms(yes), "{yes}");
        }
        for other in [
            "",
            "No.",
            "yes but not now",
            "Yesterday it rained",
            "Right, and who keeps the light when you sleep, then?",
            "Is it?",
            "不是",
            "是吗？",
            "对不起",
            "好不好",
            "I don't know",
            "are you sure",
            "okay?",
            "是不是你把他推下去的",
            "do you know the pilot",
            "Yes. No. I don't know.",
            "Yes. But not tonight.",
            "I don't know. Yes? Maybe.",
            "Not that. Right.",
            "是的。不，还是算了。",
            "请问你是谁",
            "想死你了",
            "要走了",
        ] {
            assert!(!affirms(other), "{other}");
        }
    }
}
