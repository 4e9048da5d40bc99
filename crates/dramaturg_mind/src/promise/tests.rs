use super::time::{DAY, HOUR};
use super::*;
use proptest::prelude::*;

/// Ten past ten in the evening of the first day.
const NOW: i32 = 22 * HOUR + 10;

fn due(line: &str) -> Option<(i32, i32)> {
    let promise = promise_in(line, NOW).unwrap_or_else(|| panic!("no promise: {line}"));
    promise.due.map(|due| (due.from, due.until))
}

#[test]
fn promises_are_heard_in_both_languages() {
    let tomorrow = Some((DAY, 2 * DAY - 1));
    assert_eq!(due("I will bring you the key tomorrow."), tomorrow);
    assert_eq!(due("Don't worry. I'll bring you the key tomorrow!"), tomorrow);
    assert_eq!(due("I promise to tell your brother tomorrow"), tomorrow);
    assert_eq!(due("明天我把钥匙带给你。"), tomorrow);
    assert_eq!(due("我明天把钥匙带给你"), tomorrow);
    assert_eq!(due("好，我答应你，明天一定来。"), tomorrow);
    assert_eq!(due("I'll help you."), None);
    assert_eq!(due("我会帮你的"), None);
    assert_eq!(due("我保证把信送到。"), None);
}

#[test]
fn times_are_counted_on_the_storys_clock() {
    let at = |hour: i32| Some((hour - 30, hour + 30));
    assert_eq!(due("I'll come back at nine."), at(DAY + 9 * HOUR));
    assert_eq!(due("I'll come at 11 pm"), at(23 * HOUR));
    assert_eq!(due("I'll come at 9:30 tomorrow evening"), at(DAY + 21 * HOUR + 30));
    assert_eq!(due("I'll bring it by midnight"), Some((NOW, DAY)));
    assert_eq!(due("I'll be back in two hours"), Some((NOW, NOW + 120)));
    assert_eq!(due("I'll pay you the day after tomorrow"), Some((2 * DAY, 3 * DAY - 1)));
    assert_eq!(due("I'll fix it tonight"), Some((NOW, DAY)));
    assert_eq!(due("我明天上午九点来"), at(DAY + 9 * HOUR));
    assert_eq!(due("我明晚八点半把灯带来"), at(DAY + 20 * HOUR + 30));
    assert_eq!(due("我两个小时后回来"), Some((NOW, NOW + 120)));
    assert_eq!(due("我后天还你钱"), Some((2 * DAY, 3 * DAY - 1)));
    assert_eq!(due("我十一点前回来"), Some((NOW, 23 * HOUR)));
    assert_eq!(due("我马上去拿"), Some((NOW, NOW + 30)));
}

#[test]
fn what_is_no_promise_is_none() {
    for line in [
        "Will you bring me the key tomorrow?",
        "I will not bring you the key.",
        "I'll never tell you.",
        "If you pay me I'll bring the key.",
        "He said I'll bring the key.",
        "\"I'll bring the key\", that is what they all say.",
        "I'll see.",
        "I'll think about it tomorrow.",
        "I brought you the key.",
        "Bring me the key tomorrow.",
        "我明天不来",
        "我昨天把钥匙带给你了",
        "你明天把钥匙带给我",
        "如果你来，我就给你钥匙",
        "我会来吗？",
        "我可能明天来",
        "我的灯明天来",
        "我明白你来做什么",
        "",
        "。",
    ] {
        assert_eq!(promise_in(line, NOW), None, "{line}");
    }
}

proptest! {
    /// Any text is read without a fault, and no time is before it was said.
    #[test]
    fn any_line_is_read(line in "(I'll |我会|我明天|by |at |in |[0-9]{1,12}|点|小时后|带|bring |[^a]){0,12}", now in 0..1_000_000_000) {
        if let Some(Promised { due: Some(due), .. }) = promise_in(&line, now) {
            prop_assert!(due.from <= due.until && due.until >= now, "{:?} at {}", due, now);
        }
    }
}
