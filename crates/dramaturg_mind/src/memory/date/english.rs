//! What days are called in English.

use super::{Day, Span, on, recent_month};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn named(word: &str, names: &[&str]) -> Option<i32> {
    let short = |name: &&str| {
        *name == word || (word.len() >= 3 && word.len() <= 4 && name.starts_with(word))
    };
    names.iter().position(short).map(|at| at as i32)
}

/// A number in figures or words, up to a hundred.
fn number(word: &str) -> Option<i32> {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    match word {
        "a" | "an" => Some(1),
        "couple" => Some(2),
        "few" => Some(3),
        _ => WORDS
            .iter()
            .position(|w| *w == word)
            .map(|n| n as i32)
            .or_else(|| word.parse().ok().filter(|n| (0..=100).contains(n))),
    }
}

fn year(word: &str) -> Option<i32> {
    word.parse().ok().filter(|year| word.len() == 4 && (1000..=2999).contains(year))
}

/// A day of a month: '8', '8th'.
fn day_number(word: &str) -> Option<u32> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let ending = &word[digits.len()..];
    let day = digits.parse().ok().filter(|day| (1..=31).contains(day));
    day.filter(|_| ["", "st", "nd", "rd", "th"].contains(&ending))
}

/// The days that an English text in lower case speaks of.
pub(super) fn spans(lower: &str, now: Day) -> Vec<Span> {
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty())
        .collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (span, used) = beginning(&words[at..], now);
        found.extend(span);
        at += used.max(1);
    }
    found
}

/// What the words begin with, and how many words that is.
fn beginning(words: &[&str], now: Day) -> (Option<Span>, usize) {
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let ago = |n: i32, unit: &str| match unit.trim_end_matches('s') {
        "day" | "night" => Some(Span::day(now.plus(-n))),
        "week" => Some(Span::week(now.plus(-7 * n))),
        "weekend" => Some(weekend(now, -n)),
        "month" => Some(Span::month_of(now.plus_months(-n))),
        "year" => Some(Span::year(now.civil().0.saturating_sub(n))),
        _ => None,
    };
    match word(0) {
        "today" | "tonight" => return (Some(Span::day(now)), 1),
        "yesterday" => return (Some(Span::day(now.plus(-1))), 1),
        "tomorrow" => return (Some(Span::day(now.plus(1))), 1),
        "day" if word(1) == "before" && word(2) == "yesterday" => {
            return (Some(Span::day(now.plus(-2))), 3);
        }
        "day" if word(1) == "after" && word(2) == "tomorrow" => {
            return (Some(Span::day(now.plus(2))), 3);
        }
        way @ ("last" | "previous" | "past" | "this" | "next") => {
            let step = match way {
                "this" => 0,
                "next" => 1,
                _ => -1,
            };
            if let Some(span) = relative(word(1), now, step) {
                return (Some(span), 2);
            }
        }
        _ => {}
    }
    // 'three weeks ago', 'a couple of days ago'
    let many = number(word(1)).filter(|_| word(0) == "a");
    if let Some(n) = many.or_else(|| number(word(0))) {
        let skip = 1 + usize::from(many.is_some());
        let skip = skip + usize::from(word(skip) == "of");
        if word(skip + 1) == "ago"
            && let Some(span) = ago(n, word(skip))
        {
            return (Some(span), skip + 2);
        }
    }
    dated(words, now)
}

/// 'May 2023', 'in May', '8 May, 2023', 'May 8', 'on Thursday', '2023-05-08', 'in 2022'.
fn dated(words: &[&str], now: Day) -> (Option<Span>, usize) {
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let iso: Vec<&str> = word(0).split('-').collect();
    if let [y, m, d] = iso[..]
        && let (Some(y), Ok(m), Ok(d)) = (year(y), m.parse(), d.parse())
    {
        return (Day::of(y, m, d).map(Span::day), 1);
    }
    // 'may' and 'march' are months beside a day, a year or 'in' only.
    let month = |word: &str| named(word, &MONTHS).filter(|m| *m != 4 || word == "may");
    if let (Some(day), Some(m)) =
        (day_number(word(0)), month(word(1 + usize::from(word(1) == "of"))))
    {
        let used = 2 + usize::from(word(1) == "of");
        let given = year(word(used));
        return (on(given, m, day, now), used + usize::from(given.is_some()));
    }
    let preposition = matches!(
        word(0),
        "in" | "during" | "since" | "of" | "on" | "by" | "late" | "early" | "mid" | "until"
    );
    let at = usize::from(preposition);
    if let Some(m) = month(word(at)) {
        if let Some(day) = day_number(word(at + 1)) {
            let given = year(word(at + 2));
            return (on(given, m, day, now), at + 2 + usize::from(given.is_some()));
        }
        if let Some(y) = year(word(at + 1)) {
            return (Some(Span::month(y, m as u32 + 1)), at + 2);
        }
        if preposition || !matches!(word(at), "may" | "march" | "mar" | "sep" | "dec" | "jan") {
            return (Some(recent_month(m, now)), at + 1);
        }
    }
    if preposition && let Some(y) = year(word(1)) {
        return (Some(Span::year(y)), 2);
    }
    if let Some(weekday) =
        named(word(at), &WEEKDAYS).filter(|_| preposition || word(0).ends_with("day"))
    {
        return (Some(Span::day(last_weekday(now, weekday))), at + 1);
    }
    (None, 1)
}

/// The weekday before `now`.
fn last_weekday(now: Day, weekday: i32) -> Day {
    now.plus(-((now.weekday() - weekday + 6).rem_euclid(7) + 1))
}

fn weekend(now: Day, weeks: i32) -> Span {
    let saturday = now.plus(5 - now.weekday() + 7 * weeks);
    Span { from: saturday, until: saturday.plus(1) }
}

fn relative(unit: &str, now: Day, step: i32) -> Option<Span> {
    if let Some(weekday) = named(unit, &WEEKDAYS) {
        let monday = now.plus(-now.weekday());
        return Some(Span::day(match step {
            -1 => last_weekday(now, weekday),
            0 => monday.plus(weekday),
            _ => monday.plus(7 + weekday),
        }));
    }
    if let Some(month) = named(unit, &MONTHS) {
        let recent = recent_month(month, now);
        let (year, month, _) = recent.from.civil();
        return Some(if step == 1 { Span::month(year + 1, month) } else { recent });
    }
    Some(match unit {
        "night" | "evening" | "morning" | "afternoon" => Span::day(now.plus(step)),
        "week" => Span::week(now.plus(7 * step)),
        "weekend" => weekend(now, step),
        "month" => Span::month_of(now.plus_months(step)),
        "year" => Span::year(now.civil().0.saturating_add(step)),
        "spring" | "summer" | "autumn" | "fall" | "winter" => season(unit, now, step),
        _ => return None,
    })
}

/// In the northern half of the world.
fn season(name: &str, now: Day, step: i32) -> Span {
    let first = match name {
        "spring" => 3,
        "summer" => 6,
        "winter" => 12,
        _ => 9,
    };
    let (year, ..) = now.civil();
    let of = |year| {
        let from = Day::from_civil(year, first, 1);
        Span { from, until: from.plus_months(3).plus(-1) }
    };
    match step {
        -1 if of(year).until < now => of(year),
        -1 => of(year - 1),
        0 => of(year),
        _ => of(year + 1),
    }
}
