//! At which word of a line the face changes.

use bevy_dramaturg::engine::Emotion;

/// Words that carry an emotion, in both languages; only found in a line that has this emotion anyway.
fn words(emotion: Emotion) -> &'static [&'static str] {
    match emotion {
        Emotion::Glad => &[
            "glad", "good", "laugh", "smile", "thank", "at last", "高兴", "好", "笑", "谢", "总算",
        ],
        Emotion::Sad => &[
            "sorry", "stone", "gone", "dead", "drown", "never", "cold", "lost", "难过", "没了",
            "死", "淹", "墓", "再也", "冷",
        ],
        Emotion::Angry => &[
            "out",
            "shout",
            "not in here",
            "enough",
            "free warning",
            "how dare",
            "滚",
            "够了",
            "别在",
            "警告",
            "住口",
        ],
        Emotion::Afraid => &[
            "quiet", "hush", "lower", "window", "knock", "hide", "please", "小声", "嘘", "别",
            "窗", "敲门", "藏",
        ],
        Emotion::Surprised => {
            &["what", "that's new", "you", "so it", "never", "什么", "头一回", "原来", "竟", "你"]
        }
        Emotion::Tender => &[
            "kind", "gentle", "sit", "warm", "stay", "eat", "dear", "温", "坐", "暖", "留", "吃",
            "好心",
        ],
        Emotion::Neutral => &[],
        #[allow(unreachable_patterns, reason = "emotions may be added")]
        _ => &[],
    }
}

/// How many characters of the line are shown when its emotion comes into the face: where the word begins that carries
/// it; without one, at the second sentence; in one short sentence, and back to a calm face, at once.
pub(crate) fn turning_point(text: &str, emotion: Emotion) -> usize {
    if emotion == Emotion::Neutral {
        return 0;
    }
    let lower = text.to_lowercase();
    let found = words(emotion).iter().filter_map(|word| find_word(&lower, word)).min();
    if let Some(at) = found {
        return at;
    }
    let stop = text.chars().position(crate::pace::is_stop);
    let length = text.chars().count();
    stop.map(|at| at + 1).filter(|at| at + 6 < length && *at * 2 < length).unwrap_or(0)
}

/// Where a word begins, in characters; Latin words only where a word begins.
fn find_word(lower: &str, word: &str) -> Option<usize> {
    let latin = word.is_ascii();
    lower.match_indices(word).find_map(|(at, _)| {
        let before = lower[..at].chars().next_back();
        let begins = !latin || before.is_none_or(|c| !c.is_alphanumeric());
        begins.then(|| lower[..at].chars().count())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_face_waits_for_the_word() {
        let line = "Fog's been in since Tuesday. There's a stone up the hill.";
        assert_eq!(turning_point(line, Emotion::Sad), line.find("stone").unwrap());
        assert_eq!(turning_point(line, Emotion::Neutral), 0);
        assert_eq!(turning_point("这碗汤给你。山上有块墓碑。", Emotion::Sad), 10);
        assert_eq!(turning_point("Hm.", Emotion::Angry), 0);
        // Without a word, the second sentence.
        assert_eq!(turning_point("Soup first. And then we shall see about it.", Emotion::Sad), 11);
    }
}
