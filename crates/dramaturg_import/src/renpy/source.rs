//! The lines of a script: what belongs together over several lines of a file is one, and what is indented below it is
//! its block.

/// A logical line with its block.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) text: String,
    pub(super) block: Vec<Line>,
}

/// A string or bracket that is not closed within so many lines is a mistake, and ends with its line.
const LONGEST: usize = 400;
/// Blocks deeper than this are read as if they were not: no script needs them, and the stack is finite.
const DEEPEST: usize = 60;

/// The lines of a file, and the numbers of those in which a string or bracket is never closed.
pub(super) fn lines(source: &str) -> (Vec<Line>, Vec<usize>) {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let physical: Vec<&str> =
        source.split('\n').map(|l| l.strip_suffix('\r').unwrap_or(l)).collect();
    let mut flat = Vec::new();
    let mut unclosed = Vec::new();
    let mut at = 0;
    while at < physical.len() {
        let first = physical[at];
        let indent =
            first.chars().take_while(|c| *c == ' ' || *c == '\t').map(width).sum::<usize>();
        let body = first.trim_start_matches([' ', '\t']);
        if body.is_empty() || body.starts_with('#') {
            at += 1;
            continue;
        }
        let (text, taken) = match logical(&physical[at..], body) {
            Some(found) => found,
            None => {
                unclosed.push(at + 1);
                (body.trim_end().to_owned(), 1)
            }
        };
        flat.push((indent, Line { number: at + 1, text, block: Vec::new() }));
        at += taken;
    }
    let mut flat = flat.into_iter().peekable();
    let mut top = Vec::new();
    while flat.peek().is_some() {
        block(&mut flat, 0, 0, &mut top);
    }
    (top, unclosed)
}

fn width(c: char) -> usize {
    if c == '\t' { 4 } else { 1 }
}

/// One logical line and how many lines of the file it takes.
fn logical(rest: &[&str], body: &str) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut quote: Option<String> = None;
    let mut depth = 0_usize;
    for (taken, raw) in rest.iter().take(LONGEST).enumerate() {
        let line = if taken == 0 { body } else { raw };
        let chars: Vec<char> = line.chars().collect();
        let mut at = 0;
        let mut joined = false;
        while at < chars.len() {
            let c = chars[at];
            if let Some(open) = &quote {
                let long = open.chars().count();
                if c == '\\' {
                    out.push(c);
                    if let Some(next) = chars.get(at + 1) {
                        out.push(*next);
                    }
                    at += 2;
                } else if chars[at..].iter().take(long).copied().eq(open.chars()) {
                    out.push_str(open);
                    at += long;
                    quote = None;
                } else {
                    out.push(c);
                    at += 1;
                }
                continue;
            }
            match c {
                '"' | '\'' | '`' => {
                    let is_triple = chars[at..].iter().take(3).filter(|x| **x == c).count() == 3;
                    let open: String =
                        std::iter::repeat_n(c, if is_triple { 3 } else { 1 }).collect();
                    out.push_str(&open);
                    at += open.len();
                    quote = Some(open);
                    continue;
                }
                '#' => break,
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                '\\' if at + 1 == chars.len() => {
                    joined = true;
                    at += 1;
                    continue;
                }
                _ => {}
            }
            out.push(c);
            at += 1;
        }
        if quote.is_none() && depth == 0 && !joined {
            return Some((out.trim_end().to_owned(), taken + 1));
        }
        out.push(if quote.is_some() { '\n' } else { ' ' });
    }
    None
}

type Flat = std::iter::Peekable<std::vec::IntoIter<(usize, Line)>>;

/// All lines of a block that is indented by at least so much.
fn block(flat: &mut Flat, indent: usize, depth: usize, into: &mut Vec<Line>) {
    while let Some((own, _)) = flat.peek() {
        let own = *own;
        if own < indent {
            return;
        }
        let Some((_, mut line)) = flat.next() else { return };
        let below = flat.peek().map(|(i, _)| *i).filter(|below| *below > own);
        if let Some(below) = below
            && depth < DEEPEST
        {
            block(flat, below, depth + 1, &mut line.block);
            // What is indented less than the block and more than its head belongs to it all the same.
            while flat.peek().is_some_and(|(i, _)| *i > own) {
                block(flat, own + 1, depth + 1, &mut line.block);
            }
        }
        into.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strings_and_brackets_go_over_several_lines() {
        let source = "label a: # note\n    e \"one\n    two\"\n    $ x = [1,\n  2]\n    \"# no comment\"\nlabel b:\n    pass\n";
        let (lines, unclosed) = lines(source);
        assert!(unclosed.is_empty());
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].text, "label a:");
        let block: Vec<(usize, &str)> =
            lines[0].block.iter().map(|l| (l.number, l.text.as_str())).collect();
        assert_eq!(
            block,
            [(2, "e \"one\n    two\""), (4, "$ x = [1,   2]"), (6, "\"# no comment\"")]
        );
    }

    #[test]
    fn what_is_never_closed_ends_with_its_line() {
        let (lines, unclosed) = lines("label a:\n    \"open\n    e said\n");
        assert_eq!(unclosed, [2]);
        assert_eq!(lines[0].block.len(), 2);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(source in "[a-z\"'\\\\#(){}\\[\\] \n\t:]{0,200}") {
            let (lines, _) = lines(&source);
            fn count(lines: &[Line]) -> usize {
                lines.iter().map(|l| 1 + count(&l.block)).sum()
            }
            prop_assert!(count(&lines) <= source.split('\n').count());
        }
    }
}
