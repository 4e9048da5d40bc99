//! Promises in English.

use super::Promised;
use super::time::{AFTERNOON, DAY, EVENING, HOUR, MORNING, NOON, Part, Said};

/// What begins a promise.
const BEGIN: [&str; 9] = [
    "i promise to ",
    "i promise i'll ",
    "i promise i will ",
    "i swear i'll ",
    "i swear i will ",
    "i'm going to ",
    "i'll ",
    "i will ",
    "i shall ",
];
/// What may be promised. Who will see, think or be glad promises nothing.
const DEEDS: [&str; 41] = [
    "bring", "give", "get", "fetch", "return", "come", "meet", "tell", "show", "help", "pay",
    "fix", "repair", "mend", "send", "find", "take", "wait", "stay", "carry", "deliver", "open",
    "light", "clean", "cook", "make", "build", "write", "read", "teach", "buy", "sell", "lend",
    "leave", "keep", "look", "ask", "speak", "talk", "visit", "do",
];
/// What makes it none.
const NONE: [&str; 14] = [
    " if ",
    " unless ",
    " not ",
    " never ",
    " maybe ",
    " perhaps ",
    " might ",
    " would ",
    " could ",
    " said ",
    " says ",
    " suppose ",
    " pretend ",
    " when hell ",
];
const SMALL: [&str; 13] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
];

pub(super) fn promise(said: &str, now: i32) -> Option<Promised> {
    let plain = said.replace('’', "'");
    // Lower case of ASCII keeps every place where it is.
    let lower = plain.to_ascii_lowercase();
    let padded = format!(" {} ", lower.replace([',', '(', ')'], " "));
    if NONE.iter().any(|word| padded.contains(word)) || padded.contains("won't") {
        return None;
    }
    let starts = |at: usize| at == 0 || !lower.as_bytes()[at - 1].is_ascii_alphanumeric();
    let found = BEGIN.iter().filter_map(|begin| {
        let at = lower.match_indices(begin).map(|(at, _)| at).find(|at| starts(*at))?;
        Some((at, at + begin.len()))
    });
    let (_, from) = found.min_by_key(|(at, to)| (*at, std::cmp::Reverse(*to)))?;
    let mut what = plain.get(from..)?.trim();
    for word in ["definitely ", "surely ", "gladly ", "always ", "just ", "also ", "certainly "] {
        what = what.strip_prefix(word).unwrap_or(what);
    }
    let verb = what.split_whitespace().next()?.to_ascii_lowercase();
    let back =
        ["be back", "be here", "be there"].iter().any(|b| what.to_ascii_lowercase().starts_with(b));
    if !back && !DEEDS.contains(&verb.trim_matches(|c: char| !c.is_ascii_alphabetic())) {
        return None;
    }
    Some(Promised { what: what.to_owned(), due: time(&padded).due(now) })
}

fn number(word: &str) -> Option<i32> {
    if matches!(word, "a" | "an") {
        return Some(1);
    }
    let small = SMALL.iter().position(|small| *small == word);
    small.and_then(|n| i32::try_from(n).ok()).or_else(|| word.parse().ok().filter(|n| *n < 1000))
}

/// `9`, `nine`, `9:30`, `9pm`, and whether it is sure which half of the day is meant.
fn hour(word: &str, next: &str) -> Option<(i32, bool)> {
    match word {
        "noon" | "midday" => return Some((12 * HOUR, true)),
        "midnight" => return Some((DAY, true)),
        _ => {}
    }
    let (word, half) = match (word.strip_suffix("pm"), word.strip_suffix("am"), next) {
        (Some(word), ..) => (word, Some(12)),
        (_, Some(word), _) => (word, Some(0)),
        (.., "pm" | "p.m") => (word, Some(12)),
        (.., "am" | "a.m") => (word, Some(0)),
        _ => (word, None),
    };
    let (hours, minutes) = match word.split_once(':') {
        Some((hours, minutes)) => (hours.parse().ok()?, minutes.parse().ok()?),
        None => (number(word).filter(|_| word != "a" && word != "an")?, 0),
    };
    if !(0..=24).contains(&hours) || !(0..60).contains(&minutes) {
        return None;
    }
    let full = match half {
        Some(half) => hours % 12 + half,
        None => hours,
    };
    Some((full * HOUR + minutes, half.is_some() || hours > 12))
}

fn time(padded: &str) -> Said {
    let part = |word: &str| -> Option<Part> {
        Some(match word {
            "morning" => MORNING,
            "noon" | "midday" => NOON,
            "afternoon" => AFTERNOON,
            "evening" | "night" | "tonight" => EVENING,
            _ => return None,
        })
    };
    let clock = padded.replace(" : ", ":");
    let words: Vec<&str> = clock.split_whitespace().collect();
    let mut said = Said::default();
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    for at in 0..words.len() {
        match word(at) {
            "tomorrow" if at >= 1 && word(at - 1) == "after" => said.day = Some(2),
            "tomorrow" => said.day = said.day.or(Some(1)),
            "today" => said.day = Some(0),
            "now" | "straightaway" | "immediately" => said.span = Some(HOUR / 2),
            "away" if word(at.wrapping_sub(1)) == "right" => said.span = Some(HOUR / 2),
            "week" if word(at.wrapping_sub(1)) == "next" => said.day = Some(7),
            "in" | "within" => {
                let unit = match word(at + 2).trim_end_matches('s') {
                    "minute" | "min" => 1,
                    "hour" => HOUR,
                    "day" => DAY,
                    "week" => 7 * DAY,
                    _ => 0,
                };
                if let Some(n) = number(word(at + 1)).filter(|_| unit > 0) {
                    said.span = Some(n.saturating_mul(unit));
                }
            }
            before @ ("at" | "by" | "before" | "until" | "around" | "about") => {
                if let Some((minutes, is_exact)) = hour(word(at + 1), word(at + 2)) {
                    said.hour = Some(minutes);
                    said.is_exact = is_exact;
                    said.is_latest = matches!(before, "by" | "before" | "until");
                } else if matches!(before, "by" | "before") {
                    said.is_latest = true;
                }
            }
            other => {
                if let Some(part) = part(other) {
                    if other == "tonight" || word(at.wrapping_sub(1)) == "this" {
                        said.day = said.day.or(Some(0));
                    }
                    said.part = Some(part);
                }
            }
        }
    }
    said
}
