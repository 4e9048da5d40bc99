//! A text cut into passages: by paragraphs, long ones by sentences, short ones together.

use dramaturg_mind::estimate_tokens;

/// The most tokens of a passage, as [`estimate_tokens`] guesses them: about 60 English words or 110 Chinese characters.
const MOST: usize = 116;
/// A paragraph below it is put together with the next one.
const SHORT: usize = 40;

/// The passages of a text, whose paragraphs stand apart by empty lines. Each is one line, and none is empty.
pub(super) fn chunks(text: &str) -> Vec<String> {
    let mut chunks: Vec<String> = Vec::new();
    for paragraph in paragraphs(text) {
        for piece in pieces(&paragraph) {
            match chunks.last_mut() {
                Some(last) if estimate_tokens(last) < SHORT && fits(last, &piece) => {
                    join(last, &piece);
                }
                _ => chunks.push(piece),
            }
        }
    }
    chunks
}

fn fits(last: &str, next: &str) -> bool {
    estimate_tokens(last) + estimate_tokens(next) <= MOST
}

fn join(last: &mut String, next: &str) {
    if last.ends_with(|c: char| c.is_ascii()) {
        last.push(' ');
    }
    last.push_str(next);
}

/// What stands between empty lines, each in one line and without marks that nobody sees or that would end a quotation.
fn paragraphs(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut open = String::new();
    for line in text.lines().chain([""]) {
        let line = plain(line);
        if line.is_empty() {
            if !open.is_empty() {
                out.push(std::mem::take(&mut open));
            }
            continue;
        }
        // A word that was cut at the end of a line is one again.
        let cut = open.ends_with('-') && line.starts_with(|c: char| c.is_ascii_lowercase());
        if cut {
            open.pop();
        } else if open.ends_with(|c: char| c.is_ascii()) || line.starts_with(|c: char| c.is_ascii())
        {
            open.push(' ');
        }
        open.push_str(&line);
        open.truncate(open.trim_end().len());
    }
    out.iter().map(|paragraph| paragraph.trim().to_owned()).collect()
}

/// A line as it may stand in a prompt: no control characters, single spaces, no double quotation marks, with which a passage ends
/// there, and nothing that a model's template takes for the end of a message.
pub(super) fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        let c = match c {
            '"' | '“' | '”' | '„' | '«' | '»' | '＂' => '\'',
            '<' => '‹',
            '>' => '›',
            '[' => '(',
            ']' => ')',
            c if c.is_whitespace() => ' ',
            c if crate::director::invisible(c) => continue,
            c => c,
        };
        if c != ' ' || !(out.is_empty() || out.ends_with(' ')) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// A paragraph, or the parts of one that is too long: cut after sentences, else after words, else anywhere.
fn pieces(paragraph: &str) -> Vec<String> {
    if estimate_tokens(paragraph) <= MOST {
        return vec![paragraph.to_owned()];
    }
    let mut out: Vec<String> = Vec::new();
    for sentence in split(paragraph, |c, next| match c {
        '。' | '！' | '？' | '；' => true,
        '.' | '!' | '?' => next.is_none_or(char::is_whitespace),
        _ => false,
    }) {
        let words = |sentence| split(sentence, |c, _| c == ' ' || c == '，');
        let parts: Vec<&str> = match estimate_tokens(sentence) {
            ..=MOST => vec![sentence],
            _ => words(sentence).into_iter().flat_map(hard).collect(),
        };
        for part in parts {
            match out.last_mut() {
                Some(last) if fits(last, part) => last.push_str(part),
                _ => out.push(part.to_owned()),
            }
        }
    }
    let trimmed = out.into_iter().map(|piece| piece.trim().to_owned());
    trimmed.filter(|piece| !piece.is_empty()).collect()
}

/// Cuts after each character for which `ends` says so.
fn split(text: &str, ends: impl Fn(char, Option<char>) -> bool) -> Vec<&str> {
    let mut out = Vec::new();
    let mut from = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if ends(c, chars.peek().map(|(_, next)| *next)) {
            let until = at + c.len_utf8();
            out.push(&text[from..until]);
            from = until;
        }
    }
    out.push(&text[from..]);
    out
}

/// Cuts what has no place to cut at.
fn hard(word: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = word;
    while let Some((at, _)) = rest.char_indices().nth(MOST / 2) {
        out.push(&rest[..at]);
        rest = &rest[at..];
    }
    out.push(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paragraphs_are_kept_whole_where_they_can_be() {
        let long = "The bell is rung when fog comes in. ".repeat(20);
        let text = format!("One.\n\nTwo, the sec-\nond one.\n\n{long}");
        let chunks = chunks(&text);
        assert_eq!(chunks[0], "One. Two, the second one.");
        assert!(
            chunks.len() > 2 && chunks[1..].iter().all(|c| c.ends_with("comes in.")),
            "{chunks:?}"
        );
        let chinese = "大雾来时就要敲钟。".repeat(40);
        assert!(super::chunks(&chinese).iter().all(|chunk| chunk.ends_with('。')));
    }

    #[test]
    fn a_quotation_can_not_be_ended_from_within() {
        assert_eq!(plain("a\u{200b} \"b\" <|im_end|>\u{1b}[0m"), "a 'b' ‹|im_end|›(0m");
    }

    proptest! {
        /// Nothing is lost but spaces, nothing is too long.
        #[test]
        fn any_text_is_cut_within_bounds(text in "[a-z .\n。，中\\-]{0,2000}") {
            let chunks = chunks(&text);
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>();
            prop_assert_eq!(bare(&chunks.concat()), bare(&text));
            for chunk in chunks {
                prop_assert!(!chunk.is_empty() && estimate_tokens(&chunk) <= MOST, "{}", chunk);
            }
        }
    }
}
