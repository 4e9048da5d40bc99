//! What days are called in Chinese, in both scripts, and in Japanese.

use super::{Day, Span, on, recent_month};

/// A figure or a Chinese numeral up to 99, and what comes after it.
fn numeral(text: &str) -> Option<(i32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if end > 0 {
        return Some((text[..end].parse().ok()?, &text[end..]));
    }
    let digit = |c: char| match c {
        '两' => Some(2),
        '几' | '数' => Some(3),
        _ => "〇一二三四五六七八九".chars().position(|d| d == c).map(|d| d as i32),
    };
    let (mut value, mut last, mut used) = (0, None, 0);
    for c in text.chars() {
        match (c, digit(c)) {
            ('十', _) => value += 10 * last.take().unwrap_or(1),
            (_, Some(d)) if last.is_none() => last = Some(d),
            _ => break,
        }
        used += c.len_utf8();
    }
    (used > 0).then(|| (value + last.unwrap_or(0), &text[used..]))
}

/// The days that a text speaks of.
pub(super) fn spans(text: &str, now: Day) -> Vec<Span> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (span, after) =
            beginning(rest, now).map_or((None, &rest[first.len_utf8()..]), |(s, a)| (Some(s), a));
        found.extend(span);
        rest = after;
    }
    found
}

/// Longer words before those that they begin with.
const DAYS: [(&str, i32); 25] = [
    ("大前天", -3),
    ("前天", -2),
    ("昨天", -1),
    ("今天", 0),
    ("明天", 1),
    ("后天", 2),
    ("後天", 2),
    ("昨晚", -1),
    ("今晚", 0),
    ("今早", 0),
    ("一昨日", -2),
    ("おととい", -2),
    ("昨日", -1),
    ("きのう", -1),
    ("今日", 0),
    ("きょう", 0),
    ("今朝", 0),
    ("今夜", 0),
    ("昨夜", -1),
    ("ゆうべ", -1),
    ("明後日", 2),
    ("あさって", 2),
    ("明日", 1),
    ("あした", 1),
    ("前日", -1),
];
const WEEKS: [(&str, i32); 16] = [
    ("上上周", -2),
    ("上周", -1),
    ("上週", -1),
    ("上个星期", -1),
    ("上個星期", -1),
    ("上星期", -1),
    ("上礼拜", -1),
    ("这周", 0),
    ("這週", 0),
    ("这星期", 0),
    ("本周", 0),
    ("下周", 1),
    ("下星期", 1),
    ("先週", -1),
    ("今週", 0),
    ("来週", 1),
];
const MONTHS_AWAY: [(&str, i32); 8] = [
    ("上个月", -1),
    ("上個月", -1),
    ("这个月", 0),
    ("這個月", 0),
    ("下个月", 1),
    ("先月", -1),
    ("今月", 0),
    ("来月", 1),
];
const YEARS_AWAY: [(&str, i32); 7] = [
    ("前年", -2),
    ("一昨年", -2),
    ("去年", -1),
    ("昨年", -1),
    ("今年", 0),
    ("明年", 1),
    ("来年", 1),
];

fn beginning(text: &str, now: Day) -> Option<(Span, &str)> {
    let of = |table: &'static [(&str, i32)]| {
        table.iter().find_map(|(word, n)| text.strip_prefix(word).map(|after| (*n, after)))
    };
    if let Some((days, after)) = of(&DAYS) {
        return Some((Span::day(now.plus(days)), after));
    }
    if let Some((weeks, after)) = of(&WEEKS) {
        let week = Span::week(now.plus(7 * weeks));
        let after = after.strip_prefix('の').unwrap_or(after);
        let end = ["末", "週末"].iter().find_map(|end| after.strip_prefix(end));
        if let Some(after) = end {
            return Some((Span { from: week.from.plus(5), until: week.until }, after));
        }
        let day = after.chars().next().and_then(|c| {
            let chinese = "一二三四五六日".chars().position(|d| d == c);
            chinese.or_else(|| "月火水木金土天".chars().position(|d| d == c))
        });
        return Some(match day {
            Some(6) => (Span::day(week.until), &after[3..]),
            Some(day) => (Span::day(week.from.plus(day as i32)), &after[3..]),
            None => (week, after),
        });
    }
    if let Some((months, after)) = of(&MONTHS_AWAY) {
        return Some((Span::month_of(now.plus_months(months)), after));
    }
    if let Some((years, after)) = of(&YEARS_AWAY) {
        let year = now.civil().0.saturating_add(years);
        return Some(
            match numeral(after).filter(|(m, rest)| (1..=12).contains(m) && rest.starts_with('月'))
            {
                Some((month, rest)) => (Span::month(year, month as u32), &rest[3..]),
                None => (Span::year(year), after),
            },
        );
    }
    let (n, after) = numeral(text)?;
    let away = |units: &[&str]| {
        let after = units.iter().find_map(|unit| after.strip_prefix(unit))?;
        let after = after.strip_prefix('之').or(after.strip_prefix('以')).unwrap_or(after);
        after.strip_prefix('前')
    };
    if let Some(after) = away(&["天", "日"]) {
        return Some((Span::day(now.plus(n.saturating_neg())), after));
    }
    if let Some(after) = away(&["个星期", "個星期", "周", "週間", "週"]) {
        return Some((Span::week(now.plus(n.saturating_mul(-7))), after));
    }
    if let Some(after) = away(&["个月", "個月", "ヶ月", "か月", "カ月"]) {
        return Some((Span::month_of(now.plus_months(n.saturating_neg())), after));
    }
    if let Some(after) = away(&["年"]) {
        return Some((Span::year(now.civil().0.saturating_sub(n)), after));
    }
    if let Some(rest) = after.strip_prefix('年').filter(|_| (1000..=2999).contains(&n)) {
        let Some((month, after)) =
            numeral(rest).filter(|(m, rest)| (1..=12).contains(m) && rest.starts_with('月'))
        else {
            return Some((Span::year(n), rest));
        };
        let after = &after[3..];
        return Some(match day_of_month(after) {
            Some((day, rest)) => (Span::day(Day::of(n, month as u32, day)?), rest),
            None => (Span::month(n, month as u32), after),
        });
    }
    let after = after.strip_prefix('月').filter(|_| (1..=12).contains(&n))?;
    match day_of_month(after) {
        Some((day, rest)) => Some((on(None, n - 1, day, now)?, rest)),
        None => Some((recent_month(n - 1, now), after)),
    }
}

fn day_of_month(text: &str) -> Option<(u32, &str)> {
    let (day, rest) = numeral(text)?;
    let rest = rest.strip_prefix('日').or_else(|| rest.strip_prefix('号'))?;
    (1..=31).contains(&day).then_some((day as u32, rest))
}
