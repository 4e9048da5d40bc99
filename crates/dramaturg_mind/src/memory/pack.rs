//! What was recalled, as notes for a prompt: dated, in the order of time, within a budget of tokens.

use super::date::Day;
use super::{Memory, Remembered, Summary};
use crate::estimate_tokens;

/// The words of the notes, in the prompt's language.
#[derive(Clone, Copy, Debug)]
pub struct Notes {
    /// Whether they are Chinese.
    pub chinese: bool,
    /// The day on which they are read.
    pub now: Day,
    /// The most tokens of all of them.
    pub tokens: usize,
}

/// How long ago a day was, as people say it.
pub fn ago(day: Day, now: Day, chinese: bool) -> String {
    let days = now.0.saturating_sub(day.0);
    let say = |english: String, words: String| if chinese { words } else { english };
    match days {
        ..=0 => say("earlier today".into(), "今天早些时候".into()),
        1 => say("yesterday".into(), "昨天".into()),
        2..=13 => say(format!("{days} days ago"), format!("{days}天前")),
        14..=59 => say(format!("{} weeks ago", days / 7), format!("{}周前", days / 7)),
        60..=729 => say(format!("{} months ago", days / 30), format!("{}个月前", days / 30)),
        _ => say(format!("{} years ago", days / 365), format!("{}年前", days / 365)),
    }
}

/// The lines of `numbers` (best first) that the budget has room for, oldest first, each as `say` words it with its day.
///
/// A line of a stretch that was summed up brings the summary in place of the stretch, once, if it `stands` for it; the first line of
/// all, which fits best, is quoted all the same, since a summary may have left out just that.
pub fn pack(
    memory: &Memory,
    numbers: &[u32],
    notes: Notes,
    say: impl Fn(&Remembered) -> String,
    stands: impl Fn(&Summary) -> bool,
) -> Vec<String> {
    let mut chosen: Vec<(u32, u8, String)> = Vec::new();
    let mut left = notes.tokens;
    let mut take = |place: u32, order: u8, day: Day, words: String| {
        if chosen.iter().any(|(taken, of, _)| (*taken, *of) == (place, order)) {
            return;
        }
        let text = if notes.chinese {
            format!("（{}）{words}", ago(day, notes.now, true))
        } else {
            format!("({}) {words}", ago(day, notes.now, false))
        };
        let tokens = estimate_tokens(&text);
        if tokens <= left {
            left -= tokens;
            chosen.push((place, order, text));
        }
    };
    for (rank, number) in numbers.iter().enumerate() {
        let Some(line) = memory.line(*number) else { continue };
        let covers = |one: &&Summary| (one.from..=one.until).contains(number);
        let summary = memory.summaries().iter().find(covers).filter(|one| stands(one));
        if summary.is_none_or(|one| rank == 0 && !one.text.contains(line.text.as_str())) {
            take(*number, 1, line.day, say(line));
        }
        if let Some((summary, first)) = summary.and_then(|one| Some((one, memory.line(one.from)?)))
        {
            take(summary.from, 0, first.day, summary.text.clone());
        }
    }
    chosen.sort();
    chosen.into_iter().map(|(_, _, text)| text).collect()
}
