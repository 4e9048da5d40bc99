//! Keys that somebody wrote into a policy all the same are not said again in an error.

use super::place::is_variable;

/// What is shorter is no key, and a word that others need.
const SHORTEST: usize = 4;
const HIDDEN: &str = "(not shown: it may be a key)";

/// Takes what may be a key by the `source` out of a text about it.
pub(super) fn hush(source: &str, text: &str) -> String {
    let mut secrets = secrets(source);
    // The longest first: one may be a part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
}

fn secrets(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    // Values of `key` that are no place of a key.
    for (at, _) in source.match_indices("key") {
        let line = source[..at].rsplit('\n').next().unwrap_or_default();
        if code(line).len() < line.trim_end().len() {
            continue;
        }
        let Some(value) = source[at + 3..].trim_start_matches('"').trim_start().strip_prefix(':')
        else {
            continue;
        };
        let value = value.trim_start();
        let value = value.strip_prefix("Some(").unwrap_or(value).trim_start();
        if let Some(inner) = value.strip_prefix("Env(") {
            found.extend(literal(inner.trim_start()).filter(|name| !is_variable(name)));
        } else if value.starts_with('"') {
            found.extend(literal(value));
        } else if !value.starts_with("Ring") && !value.starts_with("None") {
            let end = value.find(|c: char| c.is_whitespace() || ",)]".contains(c));
            found.push(&value[..end.unwrap_or(value.len())]);
        }
    }
    // Addresses with a password or a query.
    for (at, _) in source.match_indices("://") {
        let begin = source[..at].rfind('"').map_or(0, |quote| quote + 1);
        let end = source[at..].find(['"', '\n']).map_or(source.len(), |end| at + end);
        let url = &source[begin..end];
        if url.contains(['@', '?', '#']) {
            found.push(url);
        }
    }
    found.retain(|secret| secret.len() >= SHORTEST);
    found
}

/// A line without its comment: people keep old keys in comments.
pub(super) fn code(line: &str) -> &str {
    let begins = |at: usize| !line[..at].ends_with(':');
    let comment = line.match_indices("//").map(|(at, _)| at).find(|at| begins(*at));
    comment.map_or(line, |at| line[..at].trim_end())
}

/// What stands in the quotes with which a text begins; up to the line's end where they are not closed.
fn literal(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('"')?;
    Some(&inner[..inner.find(['"', '\n']).unwrap_or(inner.len())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_may_be_a_key_is_not_said_again() {
        for source in [
            r#"(key: "hush-1")"#,
            r#"(key : Env("hush-1"), rank: 2)"#,
            r#"(key: hush-1, rank: 2)"#,
            "(key:\n    \"hush-1",
            r#"(key: Some(Env( "hush-1")))"#,
            r#"(url: "https://me:hush-1@host/v1")"#,
            r#"(url: "https://host/v1?key=hush-1""#,
            r#"{"key": "hush-1"}"#,
        ] {
            let said = hush(source, source);
            assert!(!said.contains("hush"), "{said}");
            assert!(said.contains("not shown"), "{said}");
        }
        for fine in [
            r#"(url: "https://host/v1", key: Env("LLM_KEY"))"#,
            r#"(key: Ring(service: "s", user: "u"))"#,
            "(key: None)",
        ] {
            assert_eq!(hush(fine, fine), fine);
        }
    }

    #[test]
    fn comments_hide_no_words_and_are_not_shown() {
        let source = "// The key: there is one.\n(url: \"http://host/v1\") // key: hush-1";
        assert_eq!(hush(source, "is there one?"), "is there one?");
        let lines: Vec<_> = source.lines().map(code).collect();
        assert_eq!(lines, ["", "(url: \"http://host/v1\")"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(source in r#"(key ?: ?|"|Env\(|://|@|\?|é|\n|[a-z]|,|\)){0,30}"#) {
            hush(&source, &source);
            source.lines().for_each(|line| assert!(line.starts_with(code(line))));
        }
    }
}
