//! Conditions: a small language over facts, `trust >= 2 and not warned and envelope == 'shown'`.

mod parse;

pub(crate) use parse::clock_minutes;

use crate::fact::Value;
use std::fmt;

/// When something may happen: an expression over everything that has a name and a value, see [`crate::State::value`].
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
        Ok(Self { source: source.to_owned(), expr: parse::parse(source)? })
    }
    /// Holds while that name is true.
    pub(crate) fn of_name(name: String) -> Self {
        Self { source: name.clone(), expr: Expr::Truth(Term::Name(name)) }
    }
    /// Holds when both do.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            source: format!("({}) and ({})", self.source, other.source),
            expr: Expr::And(Box::new(self.expr), Box::new(other.expr)),
        }
    }
    /// Holds when this does not.
    pub(crate) fn negated(self) -> Self {
        Self { source: format!("not ({})", self.source), expr: Expr::Not(Box::new(self.expr)) }
    }

    /// As the writer wrote it.
    pub fn source(&self) -> &str {
        &self.source
    }
    /// Whether it holds, given the value of each name. A name without a value is false; so is a number that is 0.
    pub fn holds(&self, value: &impl Fn(&str) -> Option<Value>) -> bool {
        eval(&self.expr, value)
    }

    /// All names that it depends on. Derived facts and bands are already resolved to what they are made of.
    pub fn names(&self) -> Vec<&str> {
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

impl Condition {
    /// Each name with what it is compared with; none for another name. A name alone is compared with 0.
    pub(crate) fn comparisons(&self) -> Vec<(&str, Option<Value>)> {
        fn walk<'e>(expr: &'e Expr, out: &mut Vec<(&'e str, Option<Value>)>) {
            match expr {
                Expr::And(a, b) | Expr::Or(a, b) => {
                    walk(a, out);
                    walk(b, out);
                }
                Expr::Not(a) => walk(a, out),
                Expr::Compare(a, _, b) => {
                    for (one, other) in [(a, b), (b, a)] {
                        if let Term::Name(name) = one {
                            let value = match other {
                                Term::Value(value) => Some(value.clone()),
                                Term::Name(_) => None,
                            };
                            out.push((name, value));
                        }
                    }
                }
                Expr::Truth(Term::Name(name)) => out.push((name, Some(Value::Number(0)))),
                Expr::Truth(Term::Value(_)) => {}
            }
        }
        let mut out = Vec::new();
        walk(&self.expr, &mut out);
        out
    }

    /// Whether it holds, as far as some names are known; else the names that it hangs on.
    pub(crate) fn settle(&self, known: &impl Fn(&str) -> Option<Value>) -> Result<bool, Vec<&str>> {
        settle(&self.expr, known)
    }
}

fn settle<'e>(
    expr: &'e Expr,
    known: &impl Fn(&str) -> Option<Value>,
) -> Result<bool, Vec<&'e str>> {
    let both = |a: &'e Expr, b: &'e Expr, decides: bool| match (settle(a, known), settle(b, known))
    {
        (Ok(a), _) if a == decides => Ok(decides),
        (_, Ok(b)) if b == decides => Ok(decides),
        (Ok(_), other) | (other, Ok(_)) => other,
        (Err(mut a), Err(b)) => {
            a.extend(b);
            Err(a)
        }
    };
    match expr {
        Expr::And(a, b) => both(a, b, false),
        Expr::Or(a, b) => both(a, b, true),
        Expr::Not(a) => settle(a, known).map(|truth| !truth),
        Expr::Compare(a, _, b) => settled(expr, &[a, b], known),
        Expr::Truth(a) => settled(expr, &[a], known),
    }
}

fn settled<'e>(
    expr: &Expr,
    terms: &[&'e Term],
    known: &impl Fn(&str) -> Option<Value>,
) -> Result<bool, Vec<&'e str>> {
    let open = terms.iter().filter_map(|term| match term {
        Term::Name(name) if known(name).is_none() => Some(name.as_str()),
        _ => None,
    });
    let open: Vec<&str> = open.collect();
    if open.is_empty() { Ok(eval(expr, known)) } else { Err(open) }
}

/// What the names in a condition stand for.
pub(crate) trait Meaning {
    /// The condition that a derived fact is.
    fn derived(&self, name: &str) -> Option<&Condition>;
    /// The bands of a relationship with the lowest number of each, lowest first.
    fn bands(&self, name: &str) -> Option<&[(i32, String)]>;
    /// Whether it has a value of its own.
    fn is_value(&self, name: &str) -> bool;
}

/// A name that can't stand where it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NameError {
    /// Nobody declared it.
    Unknown(String),
    /// A derived fact is compared with something.
    Compared(String),
    /// The relationship has no such band.
    NoBand { name: String, band: String },
    /// Resolved, it is too long to be meant.
    TooLong,
}

/// The most parts that a condition may have when its names are resolved.
const LONGEST: usize = 2_000;

impl Condition {
    /// Replaces derived facts and bands by what they stand for.
    pub(crate) fn resolve(&mut self, meaning: &impl Meaning) -> Result<(), NameError> {
        resolve(&mut self.expr, meaning)?;
        if size(&self.expr) > LONGEST { Err(NameError::TooLong) } else { Ok(()) }
    }
}

fn size(expr: &Expr) -> usize {
    match expr {
        Expr::And(a, b) | Expr::Or(a, b) => 1 + size(a) + size(b),
        Expr::Not(a) => 1 + size(a),
        Expr::Compare(..) | Expr::Truth(_) => 1,
    }
}

fn resolve(expr: &mut Expr, meaning: &impl Meaning) -> Result<(), NameError> {
    let known = |term: &Term| match term {
        Term::Name(name) if meaning.derived(name).is_some() => {
            Err(NameError::Compared(name.clone()))
        }
        Term::Name(name) if !meaning.is_value(name) => Err(NameError::Unknown(name.clone())),
        Term::Name(_) | Term::Value(_) => Ok(()),
    };
    let resolved = match expr {
        Expr::And(a, b) | Expr::Or(a, b) => {
            resolve(a, meaning)?;
            return resolve(b, meaning);
        }
        Expr::Not(a) => return resolve(a, meaning),
        Expr::Truth(Term::Name(name)) => match meaning.derived(name) {
            Some(derived) => derived.expr.clone(),
            None => return known(&Term::Name(name.clone())),
        },
        Expr::Truth(Term::Value(_)) => return Ok(()),
        Expr::Compare(Term::Name(name), op, Term::Value(Value::Enum(band)))
            if meaning.bands(name).is_some() =>
        {
            let bands = meaning.bands(name).unwrap_or_default();
            let no_band = || NameError::NoBand { name: name.clone(), band: band.clone() };
            let index = bands.iter().position(|b| b.1 == *band).ok_or_else(no_band)?;
            in_band(name, *op, bands, index)
        }
        Expr::Compare(a, _, b) => {
            known(a)?;
            return known(b);
        }
    };
    *expr = resolved;
    Ok(())
}

/// A comparison of a relationship with a band as one with numbers. The lowest band has no lower border.
fn in_band(name: &str, op: Op, bands: &[(i32, String)], index: usize) -> Expr {
    let compare = |op, n| Expr::Compare(Term::Name(name.into()), op, Term::Value(Value::Number(n)));
    let truth = |truth| Expr::Truth(Term::Value(Value::Bool(truth)));
    let at_least = |i: usize| {
        bands
            .get(i)
            .map_or(truth(false), |b| if i == 0 { truth(true) } else { compare(Op::Ge, b.0) })
    };
    let not = |expr| Expr::Not(Box::new(expr));
    let within = || Expr::And(Box::new(at_least(index)), Box::new(not(at_least(index + 1))));
    match op {
        Op::Eq => within(),
        Op::Ne => not(within()),
        Op::Ge => at_least(index),
        Op::Gt => at_least(index + 1),
        Op::Lt => not(at_least(index)),
        Op::Le => not(at_least(index + 1)),
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
        Expr::Truth(a) => match term(a) {
            Some(Value::Bool(truth)) => truth,
            Some(Value::Number(number)) => number != 0,
            Some(Value::Enum(_)) | None => false,
        },
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
        assert!(holds("envelope is 'shown' and envelope is not 'sealed' and trust"));
        assert_eq!(Condition::parse("clock >= 23:61").unwrap_err().offset, 9);
        assert_eq!(clock_minutes("25:10"), Some(1510));
        assert!(Condition::parse(&"not ".repeat(10_000)).is_err());
        assert_eq!(Condition::parse("trust >=").unwrap_err().offset, 8);
        assert_eq!(Condition::parse("a $ b").unwrap_err().offset, 2);
    }

    struct Names(Vec<(i32, String)>, Condition);
    impl Meaning for Names {
        fn derived(&self, name: &str) -> Option<&Condition> {
            (name == "safe").then_some(&self.1)
        }
        fn bands(&self, name: &str) -> Option<&[(i32, String)]> {
            (name == "marta.player").then_some(&self.0)
        }
        fn is_value(&self, name: &str) -> bool {
            ["marta.player", "warned"].contains(&name)
        }
    }

    #[test]
    fn names_are_resolved_to_values() {
        let bands = [(-50, "foe"), (0, "guest"), (40, "friend")];
        let names = Names(
            bands.map(|(n, b)| (n, b.to_owned())).to_vec(),
            Condition::parse("not warned").unwrap(),
        );
        let holds = |text: &str, feels: i32| {
            let mut condition = Condition::parse(text).unwrap();
            condition.resolve(&names).unwrap();
            condition.holds(&|name| match name {
                "marta.player" => Some(Value::Number(feels)),
                "warned" => Some(Value::Bool(false)),
                _ => None,
            })
        };
        for (feels, band) in
            [(-100, "foe"), (-1, "foe"), (0, "guest"), (39, "guest"), (99, "friend")]
        {
            for (_, other) in bands {
                assert_eq!(holds(&format!("marta.player is '{other}'"), feels), other == band);
                assert_eq!(holds(&format!("marta.player != '{other}'"), feels), other != band);
            }
        }
        assert!(holds("marta.player >= 'guest' and marta.player < 'friend' and safe", 10));
        assert!(!holds("marta.player > 'friend' or not safe", 100));
        let fails = |text: &str| Condition::parse(text).unwrap().resolve(&names).unwrap_err();
        assert_eq!(fails("warnd"), NameError::Unknown("warnd".into()));
        assert_eq!(fails("safe == 3"), NameError::Compared("safe".into()));
        assert!(matches!(fails("marta.player is 'lover'"), NameError::NoBand { .. }));
    }
}
