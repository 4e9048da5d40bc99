//! Lines of dialogue.

use super::expr::string;

/// Who speaks.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Who {
    /// Nobody: narration.
    Nobody,
    /// A character's variable.
    Named(String),
    /// A name in quotes.
    Quoted(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Say {
    pub(super) who: Who,
    pub(super) attributes: Vec<String>,
    /// As Ren'Py has it: escapes undone, tags and brackets still in it.
    pub(super) text: String,
    /// As Ren'Py writes it to number translations.
    pub(super) code: String,
}

/// The lines of a statement of dialogue: several where a text in three quotes has several paragraphs.
pub(super) fn say(text: &str) -> Option<Vec<Say>> {
    let mut head: Vec<&str> = Vec::new();
    let mut rest = text.trim();
    while !rest.starts_with(['"', '\'', '`']) {
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'))?;
        let word = &rest[..end];
        let plain = word.strip_prefix(['-', '@']).unwrap_or(word);
        if !plain.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) {
            return None;
        }
        if !word.is_empty() {
            head.push(word);
        }
        rest = rest[end..].trim_start();
        if head.len() > 12 {
            return None;
        }
    }
    let is_triple = rest.starts_with("\"\"\"") || rest.starts_with("'''");
    let (first, mut after) = raw(rest)?;
    let mut who = match head.first() {
        Some(name) => Who::Named((*name).to_owned()),
        None => Who::Nobody,
    };
    let mut written = head.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut what = first;
    if head.is_empty()
        && let Some((second, end)) = raw(after.trim_start())
    {
        who = Who::Quoted(unescaped(&what));
        written.push(format!("\"{what}\""));
        (what, after) = (second, end);
    }
    // A choice is no line.
    if after.trim_end().ends_with(':') {
        return None;
    }
    let attributes = head.iter().skip(1).filter(|word| **word != "@");
    let attributes: Vec<String> =
        attributes.map(|word| word.trim_start_matches('@').to_owned()).collect();
    let paragraphs: Vec<&str> = if is_triple { paragraphs(&what) } else { vec![&what] };
    let says = paragraphs.into_iter().map(|paragraph| {
        let text = unescaped(paragraph);
        let mut code = written.clone();
        code.push(encoded(&text));
        let with = after.trim();
        if !with.is_empty() {
            code.push(with.to_owned());
        }
        let (who, attributes) = (who.clone(), attributes.clone());
        Say { who, attributes, text, code: code.join(" ") }
    });
    Some(says.collect())
}

/// What stands between the quotes at the beginning of a text, its escapes still in it, and what follows.
pub(super) fn raw(text: &str) -> Option<(String, &str)> {
    let (_, after) = string(text)?;
    let whole = &text[..text.len() - after.len()];
    let quotes = if whole.len() >= 6 && (whole.starts_with("\"\"\"") || whole.starts_with("'''")) {
        3
    } else {
        1
    };
    Some((whole.get(quotes..whole.len() - quotes)?.to_owned(), after))
}

fn paragraphs(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut begin = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            out.push(&text[begin..at]);
            begin = at + line.len();
        }
        at += line.len();
    }
    out.push(&text[begin..]);
    out.retain(|p| !p.trim().is_empty());
    out.into_iter().map(str::trim).collect()
}

/// As Ren'Py reads a string: spaces and ends of lines are one space, escapes are undone.
pub(super) fn unescaped(text: &str) -> String {
    let mut spaced = String::new();
    for c in text.chars() {
        let is_space = c == ' ' || c == '\n';
        if !(is_space && spaced.ends_with(' ')) {
            spaced.push(if is_space { ' ' } else { c });
        }
    }
    let mut out = String::new();
    let mut chars = spaced.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('{') => out.push_str("{{"),
            Some('[') => out.push_str("[["),
            Some('%') => out.push_str("%%"),
            Some('u') => {
                let mut digits = String::new();
                while digits.len() < 4 && chars.peek().is_some_and(char::is_ascii_hexdigit) {
                    digits.extend(chars.next());
                }
                let letter = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                out.extend(letter);
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

fn encoded(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' => out.push_str("\\\""),
            ' ' if out.ends_with(' ') => out.push_str("\\ "),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn who_says_what() {
        let one = |text: &str| say(text).map(|mut says| says.remove(0));
        let found = one(r#"e happy @ vhappy "Hi, \"you\"." with dissolve"#).unwrap();
        assert_eq!(found.who, Who::Named("e".into()));
        assert_eq!(found.attributes, ["happy", "vhappy"]);
        assert_eq!(found.text, "Hi, \"you\".");
        assert_eq!(found.code, r#"e happy @ vhappy "Hi, \"you\"." with dissolve"#);
        assert_eq!(one(r#""Ann" "Hello.""#).unwrap().who, Who::Quoted("Ann".into()));
        assert_eq!(one(r#""Rain.""#).unwrap().who, Who::Nobody);
        for not in [r#""A choice":"#, "jump there", "$ x = \"a\"", "e", ""] {
            assert_eq!(say(not), None, "{not}");
        }
        let monologue = say("e \"\"\"One\n    two.\n\n    Three.\"\"\"").unwrap();
        let texts: Vec<&str> = monologue.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(texts, ["One two.", "Three."]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-z\"'\\\\@ \n人é:{}]{0,60}") {
            let _ = say(&text);
        }
    }
}
