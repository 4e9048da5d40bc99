//! How a condition is read: tokens, then an expression in which `not` binds closer than `and`, `and` closer than `or`.

use super::{Condition, ConditionError, Expr, Op, Term};
use crate::fact::Value;
use serde::{Deserialize, Deserializer};

pub(super) fn parse(source: &str) -> Result<Expr, ConditionError> {
    let mut parser = Parser { tokens: tokenize(source)?, at: 0, end: source.len(), depth: 0 };
    let expr = parser.or()?;
    match parser.tokens.get(parser.at) {
        None => Ok(expr),
        Some((offset, token)) => {
            Err(ConditionError { offset: *offset, message: format!("did not expect {token:?}") })
        }
    }
}

/// How deep brackets and `not` may be nested: more is a mistake, and would be no good for the stack.
const DEEPEST: u32 = 64;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Number(i32),
    Op(Op),
    Open,
    Close,
}

/// `23:30` in minutes. Hours go on past midnight: `25:10` is ten past one of the next day.
pub(crate) fn clock_minutes(text: &str) -> Option<i32> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 1000 && minutes < 60).then(|| i32::from(hours) * 60 + i32::from(minutes))
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
                .find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.' | ':'))
                .unwrap_or(rest.len());
            if end == 0 {
                return Err(fail(&format!("'{c}' has no meaning here")));
            }
            let word = &rest[..end];
            let token = if let Ok(number) = word.parse() {
                Token::Number(number)
            } else if word.contains(':') {
                let minutes = clock_minutes(word);
                Token::Number(minutes.ok_or_else(|| fail(&format!("'{word}' is no time")))?)
            } else {
                Token::Word(word.to_owned())
            };
            (token, end)
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
    depth: u32,
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
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.expected("a simpler condition"));
        }
        let expr = self.one();
        self.depth -= 1;
        expr
    }
    fn one(&mut self) -> Result<Expr, ConditionError> {
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
        if self.word("is") {
            let op = if self.word("not") { Op::Ne } else { Op::Eq };
            return Ok(Expr::Compare(left, op, self.term()?));
        }
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

impl Default for Condition {
    fn default() -> Self {
        Self::always()
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let source = String::deserialize(deserializer)?;
        Self::parse(&source).map_err(|error| {
            let spot: String = source.chars().take(160).collect();
            serde::de::Error::custom(format!(
                "{} at character {} of the condition \"{spot}\"",
                error.message,
                error.offset + 1
            ))
        })
    }
}
