//! A line of expectations, word by word.

use super::Comparison;

/// One word of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    Plain(String),
    Quoted(String),
    Compare(Comparison),
}

impl Word {
    pub fn plain(&self) -> Option<&str> {
        match self {
            Self::Plain(word) => Some(word),
            _ => None,
        }
    }
}

/// The words of a line up to a `#` that stands in no quotation.
///
/// # Errors
/// When a quotation has no end.
pub fn words(line: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let compared = Comparison::ALL.iter().find(|(sign, _)| rest.starts_with(sign));
        if first == '#' {
            break;
        } else if first == '"' {
            let (text, after) = quoted(&rest[1..])?;
            words.push(Word::Quoted(text));
            rest = after;
        } else if let Some((sign, comparison)) = compared {
            words.push(Word::Compare(*comparison));
            rest = &rest[sign.len()..];
        } else {
            let ends = |c: char| c.is_whitespace() || "\"#<>=!".contains(c);
            // A sign that stands alone is a word, so that it is told as what it is.
            let end = rest
                .find(ends)
                .filter(|end| *end > 0)
                .unwrap_or_else(|| if ends(first) { first.len_utf8() } else { rest.len() });
            words.push(Word::Plain(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(words)
}

/// What stands before the next quotation mark, and what comes after it. A backslash takes the next character as it is.
fn quoted(rest: &str) -> Result<(String, &str), String> {
    let mut text = String::new();
    let mut characters = rest.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Ok((text, &rest[at + 1..])),
            '\\' => text.extend(characters.next().map(|(_, c)| c)),
            c => text.push(c),
        }
    }
    Err("the quotation has no end".into())
}
