//! The statements of a script. What is not known is kept as it stands, to be named.

use super::say::{Say, raw, say, unescaped};
use super::source::Line;

/// A statement with its line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct At {
    pub(super) line: usize,
    pub(super) what: Statement,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Statement {
    Label(String, Vec<At>),
    Say(Say),
    Menu {
        name: Option<String>,
        set: Option<String>,
        captions: Vec<At>,
        choices: Vec<Choice>,
    },
    Jump(String),
    Call(String),
    Return,
    /// Branches with their conditions; none for `else`.
    If(Vec<(Option<String>, Vec<At>)>),
    While(String, Vec<At>),
    /// A line of Python.
    Python(String),
    /// A block of Python: its lines, those of which that have no block, and whether it runs before the game.
    Block {
        lines: Vec<(usize, String)>,
        whole: usize,
        init: bool,
    },
    /// `default` and `define`: what is before and after `=`.
    Default(String, String),
    Scene(String),
    /// A stage direction.
    Note(String),
    /// No part of the story: a screen, a style, an image. Its kind.
    Aside(&'static str),
    /// A translated block or list of texts.
    Translate(String, String, Vec<Line>),
    /// Statements that begin before the game.
    Init(Vec<At>),
    Nothing,
    Unknown(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) when: Option<String>,
    pub(super) block: Vec<At>,
}

const ASIDES: [(&str, &str); 11] = [
    ("screen", "screens"),
    ("style", "styles"),
    ("image", "images"),
    ("layeredimage", "images"),
    ("transform", "transforms"),
    ("testcase", "test cases"),
    ("testsuite", "test cases"),
    ("camera", "camera moves"),
    ("rpy", "directives"),
    ("python_early", "Python blocks"),
    ("window", "window statements"),
];
/// What is seen or heard besides the dialogue.
const NOTES: [&str; 11] =
    ["show", "hide", "play", "stop", "queue", "pause", "voice", "nvl", "sound", "music", "movie"];

pub(super) fn statements(lines: &[Line]) -> Vec<At> {
    let mut out: Vec<At> = Vec::new();
    for line in lines {
        let (word, rest) = head(&line.text);
        // Branches belong to the `if` before them.
        if matches!(word, "elif" | "else") {
            let condition = (word == "elif").then(|| before_colon(rest).to_owned());
            if let Some(At { what: Statement::If(branches), .. }) = out.last_mut() {
                branches.push((condition, statements(&line.block)));
                continue;
            }
        }
        let what = statement(line, word, rest);
        match what {
            // What a text in three quotes says, says by say.
            None => match say(&line.text) {
                Some(says) if line.block.is_empty() => {
                    out.extend(
                        says.into_iter()
                            .map(|say| At { line: line.number, what: Statement::Say(say) }),
                    );
                }
                _ => {
                    out.push(At { line: line.number, what: Statement::Unknown(line.text.clone()) })
                }
            },
            Some(what) => out.push(At { line: line.number, what }),
        }
    }
    out
}

/// The first word and what follows it.
fn head(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let end = if end == 0 { text.chars().next().map_or(0, char::len_utf8) } else { end };
    (&text[..end], text[end..].trim())
}

fn before_colon(text: &str) -> &str {
    text.trim().strip_suffix(':').unwrap_or(text).trim()
}

fn statement(line: &Line, word: &str, rest: &str) -> Option<Statement> {
    // A character may be called as a statement is: `show "Hello"` is a line.
    if rest.starts_with(['"', '\''])
        && !matches!(
            word,
            "play"
                | "queue"
                | "voice"
                | "show"
                | "scene"
                | "menu"
                | "style"
                | "if"
                | "elif"
                | "while"
                | "old"
                | "new"
                | "$"
        )
    {
        return None;
    }
    Some(match word {
        "label" => {
            let name = before_colon(rest);
            let name = name.split(['(', ' ']).next().unwrap_or(name);
            Statement::Label(name.to_owned(), statements(&line.block))
        }
        "menu" => menu(line, rest),
        "jump" | "call" => {
            let mut words = rest.split_whitespace();
            let target = words.next().unwrap_or_default();
            let target = target.split('(').next().unwrap_or(target);
            let kind = if word == "jump" { Statement::Jump } else { Statement::Call };
            match target {
                "expression" => {
                    // `jump expression "name"` is as good as `jump name`.
                    let after = rest.trim_start_matches("expression").trim();
                    match raw(after) {
                        Some((name, end))
                            if end.trim().is_empty() || end.trim().starts_with("from") =>
                        {
                            kind(name)
                        }
                        _ => Statement::Unknown(line.text.clone()),
                    }
                }
                "screen" => Statement::Unknown(line.text.clone()),
                target => kind(target.to_owned()),
            }
        }
        "return" => Statement::Return,
        "pass" => Statement::Nothing,
        "if" => Statement::If(vec![(Some(before_colon(rest).to_owned()), statements(&line.block))]),
        "while" => Statement::While(before_colon(rest).to_owned(), statements(&line.block)),
        "$" => Statement::Python(rest.to_owned()),
        "python" => python(line, rest, rest.starts_with("early")),
        "init" => {
            let rest =
                rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | ' '));
            if let Some(rest) = rest.strip_prefix("python") {
                return Some(python(line, rest, true));
            }
            if rest.starts_with("offset") {
                return Some(Statement::Nothing);
            }
            if line.block.is_empty() && !rest.is_empty() && rest != ":" {
                let (word, after) = head(rest);
                let inner = Line { text: rest.to_owned(), ..line.clone() };
                return statement(&inner, word, after);
            }
            Statement::Init(statements(&line.block))
        }
        "default" | "define" => {
            let rest =
                rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | ' '));
            let (name, value) = rest.split_once('=')?;
            let name = name.trim().trim_end_matches(['+', '|']).trim();
            Statement::Default(name.to_owned(), value.trim().to_owned())
        }
        "scene" => Statement::Scene(rest.to_owned()),
        "translate" => {
            let mut words = before_colon(rest).split_whitespace();
            let (language, id) =
                (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            if matches!(id, "python" | "style") {
                return Some(Statement::Aside("styles"));
            }
            Statement::Translate(language.to_owned(), id.to_owned(), line.block.clone())
        }
        "with" => Statement::Note(line.text.clone()),
        word if NOTES.contains(&word) => Statement::Note(line.text.clone()),
        word => match ASIDES.iter().find(|aside| aside.0 == word) {
            Some(aside) => Statement::Aside(aside.1),
            None => return None,
        },
    })
}

fn python(line: &Line, head: &str, init: bool) -> Statement {
    let init = init || head.trim_start().starts_with("early");
    fn count(lines: &[Line]) -> usize {
        lines.iter().map(|line| 1 + count(&line.block)).sum()
    }
    let plain = line.block.iter().filter(|line| line.block.is_empty());
    let lines = plain.map(|line| (line.number, line.text.clone())).collect();
    Statement::Block { lines, whole: count(&line.block), init }
}

fn menu(line: &Line, rest: &str) -> Statement {
    let name = before_colon(rest).split('(').next().unwrap_or_default().trim();
    let name = (!name.is_empty()).then(|| name.to_owned());
    let (mut set, mut captions, mut choices) = (None, Vec::new(), Vec::new());
    for item in &line.block {
        let (word, after) = head(&item.text);
        if word == "set" {
            set = Some(after.to_owned());
            continue;
        }
        if word == "with" {
            continue;
        }
        if let Some((text, after)) = raw(&item.text)
            && after.trim_end().ends_with(':')
        {
            let after = before_colon(after);
            let after = if after.starts_with('(') { closed(after) } else { after };
            let when = after.trim().strip_prefix("if").map(|when| when.trim().to_owned());
            let text = unescaped(&text);
            choices.push(Choice { line: item.number, text, when, block: statements(&item.block) });
            continue;
        }
        captions.extend(statements(std::slice::from_ref(item)));
    }
    Statement::Menu { name, set, captions, choices }
}

/// What follows the bracket at the beginning of a text.
fn closed(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[at + c.len_utf8()..];
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::super::source::lines;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_menu_has_captions_and_choices_with_conditions() {
        let (lines, _) = lines(
            "menu shop:\n    set seen\n    e \"What?\"\n    \"Buy\" (icon=\"x\") if gold >= 3:\n        jump buy\n    \"Go\":\n        pass\n",
        );
        let [At { what: Statement::Menu { name, set, captions, choices }, .. }] =
            &statements(&lines)[..]
        else {
            panic!("no menu");
        };
        assert_eq!((name.as_deref(), set.as_deref()), (Some("shop"), Some("seen")));
        assert_eq!(captions.len(), 1);
        let told: Vec<_> = choices.iter().map(|c| (c.text.as_str(), c.when.as_deref())).collect();
        assert_eq!(told, [("Buy", Some("gold >= 3")), ("Go", None)]);
    }

    #[test]
    fn branches_belong_together() {
        let (lines, _) =
            lines("if a:\n    pass\nelif b:\n    jump x\nelse:\n    return\n\"End\"\n");
        let found = statements(&lines);
        let Statement::If(branches) = &found[0].what else { panic!("no if") };
        let told: Vec<Option<&str>> = branches.iter().map(|b| b.0.as_deref()).collect();
        assert_eq!(told, [Some("a"), Some("b"), None]);
        assert!(matches!(found[1].what, Statement::Say(_)));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(words in prop::collection::vec(
            prop::sample::select(vec!["label", "menu", "if", "else", "init", "python", "jump", "call",
                "\"a\"", "x", ":", "(", ")", "=", "$", "translate", "default", "expression", "\n", "\n    ", "\n        ", "人"]),
            0..40))
        {
            let (lines, _) = lines(&words.join(" "));
            let _ = statements(&lines);
        }
    }
}
