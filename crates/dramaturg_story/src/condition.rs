//! Conditions: a small language over facts, `trust >= 2 and not warned and envelope == 'shown'`.

use crate::fact::Value;
use std::fmt;

/// When something may happen: an expression over facts and the current beat.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    source: String,
    expr: Expr,
}

#[derive(Clone, Debug, PartialEq)]
enum Expr {
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Compare(Term, Op, Term),
    Truth(Term),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Eq,
    Ne,
    Ge,
    Le,
    Lt,
    Gt,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Name(String),
    Value(Value),
}

/// Where a condition stops making sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConditionError {
    pub(crate) offset: usize,
    pub(crate) message: String,
}

impl Condition {
    /// Holds always.
    pub(crate) fn always() -> Self {
        Self { source: "true".into(), expr: Expr::Truth(Term::Value(Value::Bool(true))) }
    }

    pub(crate) fn parse(source: &str) -> Result<Self, ConditionError> {
        let mut parser = Parser { tokens: tokenize(source)?, at: 0, end: source.len() };
        let expr = parser.or()?;
        match parser.tokens.get(parser.at) {
            None => Ok(Self { source: source.to_owned(), expr }),
            Some((offset, token)) => Err(ConditionError {
                offset: *offset,
                message: format!("did not expect {token:?}"),
            }),
        }
    }

    /// Whether it holds, given the value of each name. A name without a value is false.
    pub(crate) fn holds(&self, value: &impl Fn(&str) -> Option<Value>) -> bool {
        eval(&self.expr, value)
    }

    /// All names in it.
    pub(crate) fn names(&self) -> Vec<&str> {
        fn walk<'e>(expr: &'e Expr, out: &mut Vec<&'e str>) {
            let mut term = |term: &'e Term| {
                if let Term::Name(name) = term {
                    out.push(name);
                }
            };
            match expr {
                Expr::And(a, b) | Expr::Or(a, b) => {
                    walk(a, out);
                    walk(b, out);
                }
                Expr::Not(a) => walk(a, out),
                Expr::Compare(a, _, b) => {
                    term(a);
                    term(b);
                }
                Expr::Truth(a) => term(a),
            }
        }
        let mut out = Vec::new();
        walk(&self.expr, &mut out);
        out
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

fn eval(expr: &Expr, value: &impl Fn(&str) -> Option<Value>) -> bool {
    let term = |term: &Term| match term {
        Term::Name(name) => value(name),
        Term::Value(v) => Some(v.clone()),
    };
    match expr {
        Expr::And(a, b) => eval(a, value) && eval(b, value),
        Expr::Or(a, b) => eval(a, value) || eval(b, value),
        Expr::Not(a) => !eval(a, value),
        Expr::Truth(a) => term(a) == Some(Value::Bool(true)),
        Expr::Compare(a, op, b) => {
            let (Some(a), Some(b)) = (term(a), term(b)) else { return false };
            match (op, &a, &b) {
                (Op::Eq, a, b) => a == b,
                (Op::Ne, a, b) => a != b,
                (Op::Ge, Value::Number(a), Value::Number(b)) => a >= b,
                (Op::Le, Value::Number(a), Value::Number(b)) => a <= b,
                (Op::Lt, Value::Number(a), Value::Number(b)) => a < b,
                (Op::Gt, Value::Number(a), Value::Number(b)) => a > b,
                _ => false,
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Number(i32),
    Op(Op),
    Open,
    Close,
}

fn tokenize(source: &str) -> Result<Vec<(usize, Token)>, ConditionError> {
    let mut out = Vec::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let offset = source.len() - rest.len();
        let fail = |message: &str| ConditionError { offset, message: message.to_owned() };
        let (token, length) = if c.is_whitespace() {
            rest = &rest[c.len_utf8()..];
            continue;
        } else if let Some(op) = [
            ("==", Op::Eq),
            ("!=", Op::Ne),
            (">=", Op::Ge),
            ("<=", Op::Le),
            ("<", Op::Lt),
            (">", Op::Gt),
        ]
        .iter()
        .find(|(text, _)| rest.starts_with(text))
        {
            (Token::Op(op.1), op.0.len())
        } else if c == '(' {
            (Token::Open, 1)
        } else if c == ')' {
            (Token::Close, 1)
        } else if c == '\'' {
            let end = rest[1..].find('\'').ok_or_else(|| fail("a quote is not closed"))?;
            (Token::Text(rest[1..=end].to_owned()), end + 2)
        } else {
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')
                .unwrap_or(rest.len());
            if end == 0 {
                return Err(fail(&format!("'{c}' has no meaning here")));
            }
            let word = &rest[..end];
            (word.parse().map_or_else(|_| Token::Word(word.to_owned()), Token::Number), end)
        };
        out.push((offset, token));
        rest = &rest[length..];
    }
    Ok(out)
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    end: usize,
}

impl Parser {
    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some((_, Token::Word(w))) if w == word);
        self.at += usize::from(found);
        found
    }
    fn or(&mut self) -> Result<Expr, ConditionError> {
        let mut left = self.and()?;
        while self.word("or") {
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }
    fn and(&mut self) -> Result<Expr, ConditionError> {
        let mut left = self.not()?;
        while self.word("and") {
            left = Expr::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }
    fn not(&mut self) -> Result<Expr, ConditionError> {
        if self.word("not") {
            return Ok(Expr::Not(Box::new(self.not()?)));
        }
        if matches!(self.tokens.get(self.at), Some((_, Token::Open))) {
            self.at += 1;
            let inner = self.or()?;
            return match self.tokens.get(self.at) {
                Some((_, Token::Close)) => {
                    self.at += 1;
                    Ok(inner)
                }
                _ => Err(self.expected("')'")),
            };
        }
        let left = self.term()?;
        if let Some((_, Token::Op(op))) = self.tokens.get(self.at) {
            let op = *op;
            self.at += 1;
            return Ok(Expr::Compare(left, op, self.term()?));
        }
        Ok(Expr::Truth(left))
    }
    fn term(&mut self) -> Result<Term, ConditionError> {
        let term = match self.tokens.get(self.at) {
            Some((_, Token::Number(n))) => Term::Value(Value::Number(*n)),
            Some((_, Token::Text(t))) => Term::Value(Value::Enum(t.clone())),
            Some((_, Token::Word(w))) if w == "true" => Term::Value(Value::Bool(true)),
            Some((_, Token::Word(w))) if w == "false" => Term::Value(Value::Bool(false)),
            Some((_, Token::Word(w))) => Term::Name(w.clone()),
            _ => return Err(self.expected("a fact or a value")),
        };
        self.at += 1;
        Ok(term)
    }
    fn expected(&self, what: &str) -> ConditionError {
        let offset = self.tokens.get(self.at).map_or(self.end, |t| t.0);
        ConditionError { offset, message: format!("expected {what}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binds_as_a_writer_expects() {
        let value = |name: &str| match name {
            "trust" => Some(Value::Number(2)),
            "warned" => Some(Value::Bool(false)),
            "envelope" => Some(Value::Enum("shown".into())),
            _ => None,
        };
        let holds = |text: &str| Condition::parse(text).unwrap().holds(&value);
        assert!(holds("trust >= 2 and not warned"));
        assert!(holds("warned or envelope == 'shown'"));
        assert!(!holds("(warned or trust > 2) and true"));
        assert!(!holds("nobody"));
        assert_eq!(Condition::parse("trust >=").unwrap_err().offset, 8);
        assert_eq!(Condition::parse("a $ b").unwrap_err().offset, 2);
    }
}
