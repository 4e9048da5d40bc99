//! Days, and what people call them: 'last Thursday', 'in May 2023', '前天', '先週'.

mod english;
mod unspaced;

use serde::{Deserialize, Serialize};

/// A day, counted from the first of January 1970 (a story without a calendar counts from its own first day).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Day(pub i32);

/// Years from the first one that a day's number has room for.
const FARTHEST: i32 = 5_000_000;

impl Day {
    /// The day of a date of the Gregorian calendar; none where there is no such date.
    pub fn of(year: i32, month: u32, day: u32) -> Option<Self> {
        let real = (1..=9999).contains(&year) && (1..=12).contains(&month);
        (real && (1..=days_in(year, month)).contains(&day))
            .then(|| Self::from_civil(year, month, day))
    }
    /// After Hinnant, 'chrono-compatible low-level date algorithms'.
    fn from_civil(year: i32, month: u32, day: u32) -> Self {
        // Nobody speaks of other years, but people type any number.
        let year = year.clamp(-FARTHEST, FARTHEST);
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month as i32 + 9) % 12) + 2) / 5 + day as i32 - 1;
        Self(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }
    /// Its year, month and day.
    pub fn civil(self) -> (i32, u32, u32) {
        let days = self.0.saturating_add(719_468);
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = (of_year - (153 * shifted + 2) / 5 + 1) as u32;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 } as u32;
        (year + era * 400 + i32::from(month <= 2), month, day)
    }
    /// From Monday, 0, to Sunday, 6.
    pub fn weekday(self) -> i32 {
        self.0.saturating_add(3).rem_euclid(7)
    }
    fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
    /// The day of the month so many months on, or that month's last.
    fn plus_months(self, months: i32) -> Self {
        let (year, month, day) = self.civil();
        let all = year.saturating_mul(12).saturating_add(month as i32 - 1).saturating_add(months);
        let (year, month) = (all.div_euclid(12), all.rem_euclid(12) as u32 + 1);
        Self::from_civil(year, month, day.min(days_in(year, month)))
    }
}

fn days_in(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first.
    pub from: Day,
    /// The last.
    pub until: Day,
}

impl Span {
    fn day(day: Day) -> Self {
        Self { from: day, until: day }
    }
    fn week(of: Day) -> Self {
        let monday = of.plus(-of.weekday());
        Self { from: monday, until: monday.plus(6) }
    }
    fn month(year: i32, month: u32) -> Self {
        let from = Day::from_civil(year, month, 1);
        Self { from, until: from.plus(days_in(year, month) as i32 - 1) }
    }
    fn year(year: i32) -> Self {
        Self { from: Day::from_civil(year, 1, 1), until: Day::from_civil(year, 12, 31) }
    }
    fn month_of(day: Day) -> Self {
        let (year, month, _) = day.civil();
        Self::month(year, month)
    }
    /// How many days there are between this and `other`; none where they meet.
    pub fn apart(self, other: Self) -> i32 {
        (self.from.0.saturating_sub(other.until.0))
            .max(other.from.0.saturating_sub(self.until.0))
            .max(0)
    }
    /// How many days it has.
    pub fn days(self) -> i32 {
        self.until.0.saturating_sub(self.from.0).saturating_add(1)
    }
}

/// The days that a text speaks of, said on the day `now`, in the order of the text.
pub fn spans(text: &str, now: Day) -> Vec<Span> {
    let lower = text.to_lowercase();
    let mut found = english::spans(&lower, now);
    if lower.chars().any(|c| c > '\u{2e7f}') {
        found.extend(unspaced::spans(&lower, now));
    }
    found
}

/// A day of a month, in the given year or the last time that it was.
fn on(given: Option<i32>, month: i32, day: u32, now: Day) -> Option<Span> {
    let month = month as u32 + 1;
    let (year, ..) = now.civil();
    let dated = |year| Day::of(year, month, day);
    match given {
        Some(year) => dated(year),
        None => dated(year).filter(|day| *day <= now).or_else(|| dated(year - 1)),
    }
    .map(Span::day)
}

fn recent_month(month: i32, now: Day) -> Span {
    let (year, current, _) = now.civil();
    let month = month as u32 + 1;
    Span::month(if month > current { year - 1 } else { year }, month)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(year: i32, month: u32, day: u32) -> Day {
        Day::of(year, month, day).unwrap()
    }
    /// As seen from Wednesday, 17 May 2023.
    fn seen(text: &str) -> Vec<String> {
        let show = |span: &Span| {
            let one = |day: Day| {
                let (year, month, day) = day.civil();
                format!("{year}-{month:02}-{day:02}")
            };
            if span.days() == 1 {
                one(span.from)
            } else {
                format!("{}..{}", one(span.from), one(span.until))
            }
        };
        spans(text, day(2023, 5, 17)).iter().map(show).collect()
    }

    #[test]
    fn the_calendar() {
        assert_eq!(day(1970, 1, 1), Day(0));
        assert_eq!(day(2023, 5, 17).weekday(), 2);
        assert_eq!(day(2024, 2, 29).civil(), (2024, 2, 29));
        assert_eq!(Day::of(2023, 2, 29), None);
    }

    #[test]
    fn english_dates() {
        assert_eq!(seen("What did I say last Thursday?"), ["2023-05-11"]);
        assert_eq!(seen("on Wednesday"), ["2023-05-10"]);
        assert_eq!(seen("in May 2023"), ["2023-05-01..2023-05-31"]);
        assert_eq!(seen("in June"), ["2022-06-01..2022-06-30"]);
        assert_eq!(seen("8 May, 2023 and May 9th"), ["2023-05-08", "2023-05-09"]);
        assert_eq!(
            seen("two weeks ago, a couple of days ago"),
            ["2023-05-01..2023-05-07", "2023-05-15"]
        );
        assert_eq!(seen("the day before yesterday"), ["2023-05-15"]);
        assert_eq!(
            seen("last weekend, next month"),
            ["2023-05-13..2023-05-14", "2023-06-01..2023-06-30"]
        );
        assert_eq!(seen("last summer"), ["2022-06-01..2022-08-31"]);
        assert_eq!(seen("in 2019, on 2023-02-01"), ["2019-01-01..2019-12-31", "2023-02-01"]);
        assert!(seen("you may march on, the second one, second to none").is_empty());
    }

    #[test]
    fn chinese_and_japanese_dates() {
        assert_eq!(seen("前天我说了什么"), ["2023-05-15"]);
        assert_eq!(seen("上周四"), ["2023-05-11"]);
        assert_eq!(seen("三天前，两个月前"), ["2023-05-14", "2023-03-01..2023-03-31"]);
        assert_eq!(seen("2023年5月8日，去年六月"), ["2023-05-08", "2022-06-01..2022-06-30"]);
        assert_eq!(seen("五月"), ["2023-05-01..2023-05-31"]);
        assert_eq!(seen("先週の木曜日"), ["2023-05-11"]);
        assert_eq!(seen("先週"), ["2023-05-08..2023-05-14"]);
        assert_eq!(seen("おととい、先月"), ["2023-05-15", "2023-04-01..2023-04-30"]);
        assert_eq!(seen("上周末"), ["2023-05-13..2023-05-14"]);
    }

    #[test]
    fn numbers_of_any_size_are_read() {
        for text in ["2000000000年前", "2000000000个月前", "2147483647天前", "-2147483648 days ago"]
        {
            assert!(spans(text, Day(0)).iter().all(|span| span.from <= span.until), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_on_any_day_is_read(text in "[a-z0-9 年月日前週一十昨天上周の]{0,40}|.{0,40}", day in -3_000_000i32..3_000_000) {
            let day = Day(day);
            let (y, m, d) = day.civil();
            prop_assert_eq!(Day::from_civil(y, m, d), day);
            for span in spans(&text, day) {
                prop_assert!(span.from <= span.until);
            }
        }
    }
}
