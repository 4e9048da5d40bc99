//! Promises in Chinese.

use super::Promised;
use super::time::{AFTERNOON, DAY, EVENING, HOUR, MORNING, NOON, Part, Said};

/// Words by which one binds oneself.
const BINDS: [&str; 12] = [
    "会",
    "一定",
    "保证",
    "答应",
    "发誓",
    "向你承诺",
    "这就",
    "马上",
    "等会",
    "待会",
    "回头",
    "要去",
];
const DEEDS: [&str; 26] = [
    "带", "拿", "给", "还", "来", "去", "告诉", "帮", "修", "找", "送", "等", "陪", "做", "付",
    "取", "交", "教", "买", "卖", "借", "留", "问", "说", "看", "点",
];
const NONE: [&str; 18] = [
    "不", "没", "别", "如果", "要是", "假如", "也许", "可能", "大概", "吗", "呢", "想", "应该",
    "本来", "说过", "他说", "她说", "除非",
];
const DIGITS: [char; 11] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九', '十'];

pub(super) fn promise(said: &str, now: i32) -> Option<Promised> {
    // 'Not a moment late' and 'no problem' deny nothing; taken out before denials are looked for.
    let bare = said
        .replace("没问题", "")
        .replace("没事", "")
        .replace("别担心", "")
        .replace("不见不散", "");
    let own = bare.find('我')?;
    let after = &bare[own + '我'.len_utf8()..];
    // 'My', 'we' and 'our' begin no promise of the speaker's.
    if after.starts_with('的') || NONE.iter().any(|word| bare.contains(word)) {
        return None;
    }
    let time = time(&bare);
    let is_timed =
        time.day.is_some() || time.hour.is_some() || time.part.is_some() || time.span.is_some();
    let is_past =
        ["昨", "刚才", "以前", "前天", "上次", "已经"].iter().any(|word| bare.contains(word));
    let binds = BINDS.iter().any(|word| after.contains(word));
    let deed = DEEDS.iter().any(|deed| after.contains(deed));
    // What is done is no promise: '我把钥匙给你了'.
    if is_past || !deed || !(binds || is_timed) || (bare.ends_with('了') && !binds) {
        return None;
    }
    Some(Promised { what: said.trim().to_owned(), due: time.due(now) })
}

/// The number that ends or begins a text: `三`, `十二`, `12`, `两`, `半` (of an hour) not among them.
fn number(text: &str) -> Option<i32> {
    let value = |c: char| DIGITS.iter().position(|d| *d == c).and_then(|n| i32::try_from(n).ok());
    if let Ok(n) = text.parse::<i32>() {
        return (0..1000).contains(&n).then_some(n);
    }
    let chars: Vec<char> = text.chars().map(|c| if c == '两' { '二' } else { c }).collect();
    match chars[..] {
        [one] => value(one),
        ['十', low] => Some(10 + value(low)?),
        [high, '十'] => Some(value(high)? * 10),
        [high, '十', low] => Some(value(high)? * 10 + value(low)?),
        _ => None,
    }
}

/// The number right before `unit`, and where it stands.
fn before(text: &str, unit: &str) -> Option<i32> {
    let head = &text[..text.find(unit)?];
    let digits: Vec<char> = head
        .chars()
        .rev()
        .take_while(|c| c.is_ascii_digit() || DIGITS.contains(c) || *c == '两')
        .collect();
    number(&digits.into_iter().rev().collect::<String>())
}

fn time(text: &str) -> Said {
    let has = |word: &str| text.contains(word);
    let mut said = Said::default();
    let days = [("大后天", 3), ("后天", 2), ("明", 1), ("今", 0), ("下周", 7), ("下星期", 7)];
    // '明白' and '明显' are no days.
    said.day = days
        .iter()
        .find(|(word, _)| match *word {
            "明" => ["明天", "明早", "明晚", "明日"].iter().any(|w| has(w)),
            "今" => ["今天", "今晚", "今日", "今夜"].iter().any(|w| has(w)),
            word => has(word),
        })
        .map(|(_, day)| *day);
    let parts: [(&[&str], Part); 4] = [
        (&["早上", "早晨", "上午", "明早", "一早"], MORNING),
        (&["中午", "正午"], NOON),
        (&["下午"], AFTERNOON),
        (&["晚上", "今晚", "明晚", "夜里", "今夜", "傍晚"], EVENING),
    ];
    said.part = parts.iter().find(|(words, _)| words.iter().any(|w| has(w))).map(|(_, part)| *part);
    let span = |words: [&str; 3], unit: i32| {
        let found = words.iter().filter(|word| has(word)).find_map(|word| before(text, word));
        found.map(|n| n.saturating_mul(unit))
    };
    said.span = span(["分钟后", "分钟之后", "分钟内"], 1)
        .or_else(|| span(["小时后", "小时之后", "小时内"], HOUR))
        .or_else(|| span(["个小时后", "个小时之后", "个小时内"], HOUR))
        .or_else(|| span(["个钟头后", "钟头后", "个钟头内"], HOUR))
        .or_else(|| span(["天后", "天之后", "天内"], DAY))
        .or_else(|| has("半小时").then_some(HOUR / 2))
        .or_else(|| ["马上", "这就", "立刻"].iter().any(|w| has(w)).then_some(HOUR / 2));
    if let Some(hour) = before(text, "点").filter(|hour| (0..=24).contains(hour)) {
        let half = text.split_once('点').is_some_and(|(_, rest)| rest.starts_with('半'));
        said.hour = Some(hour * HOUR + if half { HOUR / 2 } else { 0 });
        let morning = said.part.is_some_and(|part| part.1 <= MORNING.1);
        said.is_exact = hour > 12 || morning;
        said.is_latest = ["点前", "点之前", "点以前", "点半前"].iter().any(|w| has(w));
    } else if has("午夜") {
        said.hour = Some(DAY);
        said.is_exact = true;
        said.is_latest = has("午夜前") || has("午夜之前");
    }
    said
}
