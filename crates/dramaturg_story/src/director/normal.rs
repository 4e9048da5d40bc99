//! Words as they are compared: one width, one case, no marks, no endings.

/// Whether a character is written without spaces between words: Han and kana.
pub(super) fn is_dense(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Full-width forms in their usual width.
fn usual_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}

/// Signs that stand within a word and are left out of it.
fn within_word(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | '´')
}

/// The bare words of a text: lower case, of usual width, single spaces; no marks, no emoji; letters that are drawn out
/// ('heyyyy') only twice.
pub(super) fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut last, mut run) = (' ', 0);
    for c in text.chars().map(usual_width).filter(|c| !within_word(*c)) {
        for c in c.to_lowercase() {
            let c = if c.is_alphanumeric() { c } else { ' ' };
            run = if c == last { run + 1 } else { 1 };
            last = c;
            let drawn_out = c.is_ascii_lowercase() && run > 2;
            if !drawn_out && !(c == ' ' && (out.is_empty() || out.ends_with(' '))) {
                out.push(c);
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The letters alone: how the very same words are recognised.
pub(super) fn plain(text: &str) -> String {
    normal(text).replace(' ', "")
}

/// The clauses of a text, bare: every mark parts them.
pub(super) fn segments(text: &str) -> Vec<String> {
    let mark = |c: char| !c.is_alphanumeric() && !c.is_whitespace() && !within_word(c);
    text.split(mark).map(normal).filter(|clause| !clause.is_empty()).collect()
}

/// The sentences of a text with their marks; a text of one sentence is that.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut from = 0;
    for (at, c) in text.char_indices() {
        if !matches!(c, '.' | '!' | '?' | '…' | ';' | '。' | '！' | '？' | '；') {
            continue;
        }
        let end = at + c.len_utf8();
        let next = text[end..].chars().next();
        // A point within a number or a name is no end.
        let inside = c == '.' && next.is_some_and(char::is_alphanumeric);
        let title = ["Mr", "Mrs", "Ms", "Dr", "St"].iter().any(|t| {
            let before = text[from..at].trim_start();
            before == *t || before.ends_with(&format!(" {t}"))
        });
        if inside || (c == '.' && title) {
            continue;
        }
        out.push(text[from..end].trim());
        from = end;
    }
    out.push(text[from..].trim());
    out.retain(|sentence| sentence.chars().any(char::is_alphanumeric));
    out
}

/// A word without the ending that grammar gave it. Rough on purpose: it is applied to both sides of a comparison.
pub(super) fn stem(word: &str) -> String {
    if !word.is_ascii() {
        return word.to_owned();
    }
    let undoubled = |word: &str| {
        let b = word.as_bytes();
        let doubled = b.len() > 3 && b[b.len() - 1] == b[b.len() - 2];
        let drop = doubled && !matches!(b[b.len() - 1], b'l' | b's');
        word[..word.len() - usize::from(drop)].to_owned()
    };
    let n = word.len();
    if n > 4 && word.ends_with("ies") {
        return format!("{}y", &word[..n - 3]);
    }
    if n > 5 && word.ends_with("ing") {
        return undoubled(&word[..n - 3]);
    }
    if n > 4 && word.ends_with("ed") {
        return undoubled(&word[..n - 2]);
    }
    let mut word = word;
    if n > 3 && word.ends_with('s') && !word.ends_with("ss") {
        word = &word[..n - 1];
    }
    if word.len() > 4 && word.ends_with('e') {
        word = &word[..word.len() - 1];
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_marks_and_emoji_make_no_difference() {
        assert_eq!(normal("  Ｈｅｌｌｏ!!  \u{1f600} it’s ME "), "hello its me");
        assert_eq!(normal("heyyyyyy sooo"), "heyy soo");
        assert_eq!(plain("那件外套，是谁的？"), "那件外套是谁的");
        assert_eq!(segments("No, I can't; really"), ["no", "i cant", "really"]);
        assert_eq!(stem("letters"), stem("letter"));
        assert_eq!(stem("searching"), stem("searched"));
        assert_eq!(stem("running"), "run");
    }

    #[test]
    fn sentences_end_at_their_marks() {
        assert_eq!(sentences("No. What is it?"), ["No.", "What is it?"]);
        assert_eq!(sentences("I owe 3.50 to Mr. Hale"), ["I owe 3.50 to Mr. Hale"]);
        assert_eq!(sentences("不是。他们在搜什么？"), ["不是。", "他们在搜什么？"]);
        assert_eq!(sentences("…"), Vec::<&str>::new());
    }
}
