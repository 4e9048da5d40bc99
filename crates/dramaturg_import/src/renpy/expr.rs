//! The part of Python that stories are made of: names, numbers, texts, comparisons, `and`, `or`, `not`, sums.

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    None,
    Bool(bool),
    Int(i64),
    Text(String),
    Name(String),
    List(Vec<Expr>),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare(Box<Expr>, Compared, Box<Expr>),
    Sum(Box<Expr>, Box<Expr>, bool),
    Call(String, Vec<Expr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Int(i64),
    Text(String),
    Mark(&'static str),
}

const MARKS: [&str; 18] = [
    "==", "!=", "<=", ">=", "**", "//", "<", ">", "(", ")", "[", "]", ",", "+", "-", "=", ".", ":",
];
/// How deep an expression may be nested.
const DEEPEST: u32 = 48;

impl Expr {
    /// The expression, if all of it is of that part of Python.
    pub(super) fn parse(source: &str) -> Option<Self> {
        let tokens = tokens(source)?;
        let mut parser = Parser { tokens, at: 0, depth: 0 };
        let expr = parser.or()?;
        (parser.at == parser.tokens.len()).then_some(expr)
    }

    /// All names in it.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Self::Name(name) => vec![name],
            Self::Not(a) => a.names(),
            Self::And(all) | Self::Or(all) | Self::List(all) | Self::Call(_, all) => {
                all.iter().flat_map(Self::names).collect()
            }
            Self::Compare(a, _, b) | Self::Sum(a, b, _) => {
                a.names().into_iter().chain(b.names()).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn tokens(source: &str) -> Option<Vec<Token>> {
    let mut out = Vec::new();
    let mut rest = source.trim_start();
    while let Some(c) = rest.chars().next() {
        let mut text = rest;
        let prefixed = matches!(c, 'u' | 'r' | 'b' | 'f') && rest[1..].starts_with(['"', '\'']);
        if prefixed {
            if c == 'f' {
                return None;
            }
            text = &rest[1..];
        }
        if let Some((value, after)) = string(text) {
            out.push(Token::Text(value));
            rest = after.trim_start();
            continue;
        }
        if c.is_ascii_digit() {
            let end =
                rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
            let digits = rest[..end].trim_end_matches(".0");
            out.push(Token::Int(digits.parse().ok()?));
            rest = rest[end..].trim_start();
        } else if c.is_alphabetic() || c == '_' {
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.')
                .unwrap_or(rest.len());
            out.push(Token::Word(rest[..end].trim_end_matches('.').to_owned()));
            rest = rest[end..].trim_start();
        } else {
            let mark = MARKS.into_iter().find(|mark| rest.starts_with(mark))?;
            out.push(Token::Mark(mark));
            rest = rest[mark.len()..].trim_start();
        }
    }
    Some(out)
}

/// The string at the beginning of a text, with what follows it.
pub(super) fn string(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    let open = if text.starts_with(&triple) { triple } else { quote.to_string() };
    let mut out = String::new();
    let mut chars = text[open.len()..].char_indices();
    while let Some((at, c)) = chars.next() {
        let here = open.len() + at;
        if c == '\\' {
            match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, other)) => out.push(other),
                None => return None,
            }
        } else if text[here..].starts_with(&open) {
            return Some((out, &text[here + open.len()..]));
        } else {
            out.push(c);
        }
    }
    None
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
}

impl Parser {
    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w == word);
        self.at += usize::from(found);
        found
    }
    fn mark(&mut self, mark: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Mark(m)) if *m == mark);
        self.at += usize::from(found);
        found
    }
    fn or(&mut self) -> Option<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut all = vec![self.and()?];
        while self.word("or") {
            all.push(self.and()?);
        }
        self.depth -= 1;
        Some(if all.len() == 1 { all.remove(0) } else { Expr::Or(all) })
    }
    fn and(&mut self) -> Option<Expr> {
        let mut all = vec![self.not()?];
        while self.word("and") {
            all.push(self.not()?);
        }
        Some(if all.len() == 1 { all.remove(0) } else { Expr::And(all) })
    }
    fn not(&mut self) -> Option<Expr> {
        let mut nots = 0_usize;
        while self.word("not") {
            nots += 1;
        }
        let expr = self.compare()?;
        Some((0..nots).fold(expr, |expr, _| Expr::Not(Box::new(expr))))
    }
    fn compare(&mut self) -> Option<Expr> {
        let first = self.sum()?;
        let mut left = first.clone();
        let mut all = Vec::new();
        while let Some(how) = self.compared() {
            let right = self.sum()?;
            all.push(Expr::Compare(Box::new(left), how, Box::new(right.clone())));
            left = right;
        }
        Some(match all.len() {
            0 => first,
            1 => all.remove(0),
            _ => Expr::And(all),
        })
    }
    fn compared(&mut self) -> Option<Compared> {
        let marks = [
            ("==", Compared::Eq),
            ("!=", Compared::Ne),
            ("<=", Compared::Le),
            (">=", Compared::Ge),
            ("<", Compared::Lt),
            (">", Compared::Gt),
        ];
        if let Some((_, how)) = marks.into_iter().find(|(mark, _)| self.mark(mark)) {
            return Some(how);
        }
        if self.word("is") {
            return Some(if self.word("not") { Compared::Ne } else { Compared::Eq });
        }
        if self.word("in") {
            return Some(Compared::In);
        }
        let is_not_in = matches!(
            (self.tokens.get(self.at), self.tokens.get(self.at + 1)),
            (Some(Token::Word(a)), Some(Token::Word(b))) if a == "not" && b == "in"
        );
        if is_not_in {
            self.at += 2;
            return Some(Compared::NotIn);
        }
        None
    }
    fn sum(&mut self) -> Option<Expr> {
        let mut left = self.one()?;
        loop {
            let plus = self.mark("+");
            if !plus && !self.mark("-") {
                return Some(left);
            }
            left = Expr::Sum(Box::new(left), Box::new(self.one()?), plus);
        }
    }
    fn one(&mut self) -> Option<Expr> {
        if self.mark("-") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return None;
            }
            return match self.one()? {
                Expr::Int(n) => Some(Expr::Int(n.checked_neg()?)),
                other => Some(Expr::Sum(Box::new(Expr::Int(0)), Box::new(other), false)),
            };
        }
        if self.mark("(") {
            let inner = self.or()?;
            if self.mark(",") {
                let mut all = vec![inner];
                all.extend(self.items(")")?);
                return Some(Expr::List(all));
            }
            return self.mark(")").then_some(inner);
        }
        if self.mark("[") {
            return Some(Expr::List(self.items("]")?));
        }
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        match token {
            Token::Int(n) => Some(Expr::Int(n)),
            Token::Text(mut text) => {
                // Texts side by side are one.
                while let Some(Token::Text(more)) = self.tokens.get(self.at) {
                    text.push_str(more);
                    self.at += 1;
                }
                Some(Expr::Text(text))
            }
            Token::Word(word) => match word.as_str() {
                "True" => Some(Expr::Bool(true)),
                "False" => Some(Expr::Bool(false)),
                "None" => Some(Expr::None),
                "and" | "or" | "if" | "else" | "lambda" | "for" => None,
                _ if self.mark("(") => Some(Expr::Call(word, self.items(")")?)),
                _ => Some(Expr::Name(word)),
            },
            Token::Mark(_) => None,
        }
    }
    /// What stands between commas up to a closing bracket. Named arguments lose their names.
    fn items(&mut self, close: &'static str) -> Option<Vec<Expr>> {
        let mut items = Vec::new();
        loop {
            if self.mark(close) {
                return Some(items);
            }
            if let (Some(Token::Word(_)), Some(Token::Mark("="))) =
                (self.tokens.get(self.at), self.tokens.get(self.at + 1))
            {
                self.at += 2;
            }
            items.push(self.or()?);
            if !self.mark(",")
                && !matches!(self.tokens.get(self.at), Some(Token::Mark(m)) if *m == close)
            {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn conditions_are_read() {
        let name = |n: &str| Box::new(Expr::Name(n.into()));
        assert_eq!(
            Expr::parse("not book and points >= -3"),
            Some(Expr::And(vec![
                Expr::Not(name("book")),
                Expr::Compare(name("points"), Compared::Ge, Box::new(Expr::Int(-3))),
            ]))
        );
        assert_eq!(
            Expr::parse("who not in ['a', \"b\"]"),
            Some(Expr::Compare(
                name("who"),
                Compared::NotIn,
                Box::new(Expr::List(vec![Expr::Text("a".into()), Expr::Text("b".into())])),
            ))
        );
        assert!(matches!(Expr::parse("renpy.random.randint(1, 3) == 2"), Some(Expr::Compare(..))));
        for not in ["a if b else c", "[x for x in y]", "f'{a}'", "a.b(", "x[1]", "1.5", ""] {
            assert_eq!(Expr::parse(not), None, "{not}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(source in "[a-z0-9\"'\\\\(),\\[\\]+<>=! .人é-]{0,80}") {
            let _ = Expr::parse(&source);
        }
        #[test]
        fn no_depth_makes_it_panic(open in "[(\\[]{0,4000}") {
            let _ = Expr::parse(&open);
        }
    }
}
