//! Variables become facts: of which kind, and how conditions on them are written.

use super::expr::{Compared, Expr};
use super::flat::{Script, Step};
use crate::graph::id_of;
use dramaturg_story::{FactKind, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Names that mean something else in a pack.
const TAKEN: [&str; 12] = [
    "beat", "scene", "turn", "tension", "clock", "true", "false", "and", "or", "not", "is",
    "chosen",
];
/// Numbers that are counted up or down go so far.
const FAR: i32 = 1000;
/// What stands for Python's `None` and an empty text.
const NOTHING: &str = "none";

/// The facts of a game, by the names of its variables.
#[derive(Default)]
pub(super) struct Facts {
    facts: BTreeMap<String, (String, FactKind)>,
    /// Variables that never change, with what they are.
    pub(super) constants: BTreeMap<String, Expr>,
    /// Variables of which the story asks, and which could not be carried over.
    pub(super) unclear: BTreeSet<String>,
}

#[derive(Default)]
struct Seen {
    initial: Option<Expr>,
    values: Vec<Expr>,
    up: bool,
    down: bool,
    /// Something that is no plain value was put in it.
    unclear: bool,
}

impl Facts {
    pub(super) fn of(script: &Script) -> Self {
        let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
        let mut asked: BTreeSet<String> = BTreeSet::new();
        for (_, name, value) in &script.defaults {
            let of = seen.entry(store(name)).or_default();
            match Expr::parse(value).map(translated).filter(is_plain) {
                Some(value) => of.initial = Some(value),
                None => of.unclear = true,
            }
        }
        let mut copies: Vec<(String, String)> = Vec::new();
        for step in &script.steps {
            match step {
                Step::Set(name, value) => {
                    let value = translated(value.clone());
                    let of = seen.entry(store(name)).or_default();
                    match (&value, random(&value)) {
                        (_, Some(values)) => of.values.extend(values),
                        (Expr::Not(inner), _) if **inner == Expr::Name(name.clone()) => {
                            of.values.push(Expr::Bool(true));
                        }
                        (Expr::Name(other), _) => copies.push((store(name), store(other))),
                        (value, _) if is_plain(value) => of.values.push(value.clone()),
                        _ => of.unclear = true,
                    }
                }
                Step::Add(name, by) => {
                    let of = seen.entry(store(name)).or_default();
                    of.up |= *by > 0;
                    of.down |= *by < 0;
                }
                Step::If(condition, _) => asked.extend(names(condition.expr.as_ref())),
                Step::Menu(choices, _) => {
                    asked.extend(
                        choices
                            .iter()
                            .filter_map(|c| c.when.as_ref())
                            .flat_map(|c| names(c.expr.as_ref())),
                    );
                }
                Step::Say(say, _) => asked.extend(bracketed(&say.text)),
                _ => {}
            }
        }
        for (to, from) in copies {
            asked.insert(from.clone());
            let values: Vec<Expr> = seen
                .get(&from)
                .filter(|of| !of.up && !of.down && !of.unclear)
                .map(|of| of.values.iter().chain(&of.initial).cloned().collect())
                .unwrap_or_default();
            let of = seen.entry(to).or_default();
            of.unclear |= values.is_empty();
            of.values.extend(values);
        }
        let mut facts = Self::default();
        for (name, of) in seen {
            let changes = !of.values.is_empty() || of.up || of.down;
            match &of.initial {
                Some(value) if !changes && !of.unclear => {
                    facts.constants.insert(name, value.clone());
                }
                _ if !asked.contains(&name) => {}
                initial => match kind(&of).filter(|_| changes) {
                    Some(kind) => {
                        let mut id = id_of_variable(&name);
                        while facts.facts.values().any(|(other, _)| *other == id) {
                            id.push_str("_2");
                        }
                        facts.facts.insert(name, (id, kind));
                    }
                    None => {
                        if let Some(Expr::Text(_)) = initial {
                            facts
                                .constants
                                .insert(name.clone(), initial.clone().unwrap_or(Expr::None));
                        }
                        facts.unclear.insert(name);
                    }
                },
            }
        }
        facts
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = (&str, &FactKind)> {
        self.facts.values().map(|(id, kind)| (id.as_str(), kind))
    }
    pub(super) fn get(&self, variable: &str) -> Option<(&str, &FactKind)> {
        self.facts.get(&store(variable)).map(|(id, kind)| (id.as_str(), kind))
    }

    /// What a value is for a fact of that kind.
    pub(super) fn value(kind: &FactKind, value: &Expr) -> Option<Value> {
        Some(match (kind, value) {
            (FactKind::Bool(_), value) => Value::Bool(truth(value)?),
            (FactKind::Number { min, max, .. }, Expr::Int(n)) => {
                Value::Number(i32::try_from(*n).ok()?.clamp(*min, *max))
            }
            (FactKind::Number { .. }, Expr::Bool(truth)) => Value::Number(i32::from(*truth)),
            (FactKind::Number { .. }, Expr::None) => Value::Number(0),
            (FactKind::Enum { .. }, value) => Value::Enum(word(value)?),
            _ => return None,
        })
    }

    /// A condition as packs have it; none where it can't be carried over.
    pub(super) fn condition(&self, expr: &Expr) -> Option<String> {
        let expr = self.known(expr);
        if let Some(truth) = truth(&expr) {
            return Some(truth.to_string());
        }
        let all = |all: &[Expr], word: &str| {
            let all: Option<Vec<String>> = all.iter().map(|e| self.condition(e)).collect();
            let all: Vec<String> = all?.into_iter().map(|one| format!("({one})")).collect();
            Some(all.join(word))
        };
        match &expr {
            Expr::And(inner) => all(inner, " and "),
            Expr::Or(inner) => all(inner, " or "),
            Expr::Not(inner) => Some(format!("not ({})", self.condition(inner)?)),
            Expr::Name(name) => {
                let (id, kind) = self.get(name)?;
                Some(match kind {
                    FactKind::Enum { .. } => format!("not ({id} is '{NOTHING}')"),
                    _ => id.to_owned(),
                })
            }
            Expr::Compare(a, how @ (Compared::In | Compared::NotIn), b) => {
                let Expr::List(items) = &**b else { return None };
                let each = items
                    .iter()
                    .map(|item| Expr::Compare(a.clone(), Compared::Eq, Box::new(item.clone())));
                let any = self.condition(&Expr::Or(each.collect()))?;
                Some(if *how == Compared::In { any } else { format!("not ({any})") })
            }
            Expr::Compare(a, how, b) => self.compare(a, *how, b),
            _ => None,
        }
    }

    /// With what is constant put in.
    fn known(&self, expr: &Expr) -> Expr {
        match expr {
            Expr::Name(name) => {
                self.constants.get(&store(name)).cloned().unwrap_or_else(|| expr.clone())
            }
            other => other.clone(),
        }
    }

    fn compare(&self, a: &Expr, how: Compared, b: &Expr) -> Option<String> {
        let (a, b) = (self.known(a), self.known(b));
        // A number beside a variable goes to the other side.
        if let (Expr::Sum(x, y, plus), Expr::Int(n)) = (&a, &b)
            && let Expr::Int(by) = **y
        {
            let n = if *plus { n.checked_sub(by)? } else { n.checked_add(by)? };
            return self.compare(x, how, &Expr::Int(n));
        }
        let (Expr::Name(left), other) = (&a, &b) else {
            if matches!((&a, &b), (_, Expr::Name(_))) {
                return self.compare(&b, turned(how), &a);
            }
            return compared(&a, how, &b).map(|truth| truth.to_string());
        };
        let (id, kind) = self.get(left)?;
        if let Expr::Name(right) = other {
            let (right, of) = self.get(right)?;
            let alike = matches!(
                (kind, of),
                (FactKind::Number { .. }, FactKind::Number { .. })
                    | (FactKind::Bool(_), FactKind::Bool(_))
                    | (FactKind::Enum { .. }, FactKind::Enum { .. })
            );
            return alike.then(|| format!("{id} {} {right}", sign(how)));
        }
        match kind {
            FactKind::Bool(_) => {
                let wanted = truth(other)?;
                match how {
                    Compared::Eq => Some(if wanted { id.to_owned() } else { format!("not {id}") }),
                    Compared::Ne => Some(if wanted { format!("not {id}") } else { id.to_owned() }),
                    _ => None,
                }
            }
            FactKind::Number { .. } => match other {
                Expr::Int(n) => Some(format!("{id} {} {n}", sign(how))),
                Expr::Bool(truth) => Some(format!("{id} {} {}", sign(how), i32::from(*truth))),
                Expr::None => Some((how == Compared::Ne).to_string()),
                _ => None,
            },
            FactKind::Enum { .. } => {
                let word = word(other)?;
                match how {
                    Compared::Eq => Some(format!("{id} is '{word}'")),
                    Compared::Ne => Some(format!("not ({id} is '{word}')")),
                    _ => None,
                }
            }
        }
    }
}

/// Without the name of the store that Ren'Py would put before it.
pub(super) fn store(name: &str) -> String {
    name.strip_prefix("store.").unwrap_or(name).to_owned()
}

fn id_of_variable(name: &str) -> String {
    let id: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let named = id.starts_with(|c: char| c.is_ascii_alphabetic());
    if !name.is_ascii() {
        id_of(name)
    } else if named && !TAKEN.contains(&id.as_str()) && id != "ending" {
        id
    } else {
        format!("v_{}", id.trim_start_matches('_'))
    }
}

/// `_("text")` is the text.
pub(super) fn translated(expr: Expr) -> Expr {
    match expr {
        Expr::Call(name, mut items) if name == "_" && items.len() == 1 => items.remove(0),
        other => other,
    }
}

fn is_plain(expr: &Expr) -> bool {
    matches!(expr, Expr::None | Expr::Bool(_) | Expr::Int(_) | Expr::Text(_))
}

/// The values between which chance decides.
pub(super) fn random(expr: &Expr) -> Option<Vec<Expr>> {
    let Expr::Call(name, items) = expr else { return None };
    let last = name.rsplit('.').next()?;
    if !name.contains("random") {
        return None;
    }
    match (last, &items[..]) {
        ("randint", [Expr::Int(from), Expr::Int(to)])
            if (0..20).contains(&(to.checked_sub(*from)?)) =>
        {
            Some((*from..=*to).map(Expr::Int).collect())
        }
        ("choice", [Expr::List(items)]) if items.iter().all(is_plain) && !items.is_empty() => {
            Some(items.clone())
        }
        _ => None,
    }
}

fn names(expr: Option<&Expr>) -> Vec<String> {
    expr.map(|expr| expr.names().into_iter().map(store).collect()).unwrap_or_default()
}

/// The names in square brackets of a line.
fn bracketed(text: &str) -> Vec<String> {
    let parts = text.split('[').skip(1).filter_map(|part| part.split(']').next());
    parts.map(|name| store(name.split(['!', ':']).next().unwrap_or_default().trim())).collect()
}

fn kind(of: &Seen) -> Option<FactKind> {
    if of.unclear && of.values.is_empty() && !of.up && !of.down {
        return None;
    }
    let values: Vec<&Expr> = of.values.iter().chain(&of.initial).collect();
    let counts = of.up || of.down;
    let is = |test: fn(&Expr) -> bool| values.iter().all(|value| test(value));
    if !counts && is(|v| matches!(v, Expr::Bool(_) | Expr::None)) {
        return Some(FactKind::Bool(of.initial.as_ref().and_then(truth).unwrap_or_default()));
    }
    if is(|v| matches!(v, Expr::Bool(_) | Expr::None | Expr::Int(_))) {
        let number = |value: &Expr| match value {
            Expr::Int(n) => i32::try_from(*n).ok(),
            Expr::Bool(truth) => Some(i32::from(*truth)),
            _ => Some(0),
        };
        let numbers: Option<Vec<i32>> = values.iter().map(|value| number(value)).collect();
        let numbers = numbers?;
        let initial = of.initial.as_ref().and_then(number).unwrap_or(0);
        let mut min = numbers.iter().copied().min().unwrap_or(0).min(initial);
        let mut max = numbers.iter().copied().max().unwrap_or(0).max(initial);
        if of.down {
            min = min.saturating_sub(FAR);
        }
        if of.up {
            max = max.saturating_add(FAR);
        }
        return Some(FactKind::Number { initial, min, max });
    }
    if counts {
        return None;
    }
    let mut words: Vec<String> = vec![NOTHING.to_owned()];
    for value in &values {
        let word = word(value)?;
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let initial = of.initial.as_ref().and_then(word).unwrap_or_else(|| NOTHING.to_owned());
    Some(FactKind::Enum { initial, values: words })
}

/// A value as one of several words.
fn word(value: &Expr) -> Option<String> {
    match value {
        Expr::None | Expr::Bool(false) => Some(NOTHING.to_owned()),
        Expr::Text(text) if text.trim().is_empty() => Some(NOTHING.to_owned()),
        // Conditions quote words with this.
        Expr::Text(text) => Some(text.replace(['\'', '\n', '{', '}'], " ").trim().to_owned()),
        Expr::Int(n) => Some(n.to_string()),
        Expr::Bool(true) => Some("true".to_owned()),
        _ => None,
    }
}

pub(super) fn truth(value: &Expr) -> Option<bool> {
    match value {
        Expr::None => Some(false),
        Expr::Bool(truth) => Some(*truth),
        Expr::Int(n) => Some(*n != 0),
        Expr::Text(text) => Some(!text.is_empty()),
        Expr::List(items) => Some(!items.is_empty()),
        _ => None,
    }
}

/// How two plain values compare.
pub(super) fn compared(a: &Expr, how: Compared, b: &Expr) -> Option<bool> {
    if let (Compared::In | Compared::NotIn, Expr::List(items)) = (how, b) {
        let found = items.iter().any(|item| compared(a, Compared::Eq, item) == Some(true));
        return Some(found == (how == Compared::In));
    }
    let number = |value: &Expr| match value {
        Expr::Int(n) => Some(*n),
        Expr::Bool(truth) => Some(i64::from(*truth)),
        _ => None,
    };
    if !is_plain(a) || !is_plain(b) {
        return None;
    }
    let order = match (number(a), number(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => None,
    };
    match how {
        Compared::Eq => Some(order.map_or(a == b, std::cmp::Ordering::is_eq)),
        Compared::Ne => Some(order.map_or(a != b, std::cmp::Ordering::is_ne)),
        Compared::Lt => Some(order?.is_lt()),
        Compared::Le => Some(order?.is_le()),
        Compared::Gt => Some(order?.is_gt()),
        Compared::Ge => Some(order?.is_ge()),
        Compared::In | Compared::NotIn => None,
    }
}

fn turned(how: Compared) -> Compared {
    match how {
        Compared::Lt => Compared::Gt,
        Compared::Le => Compared::Ge,
        Compared::Gt => Compared::Lt,
        Compared::Ge => Compared::Le,
        other => other,
    }
}

fn sign(how: Compared) -> &'static str {
    match how {
        Compared::Lt => "<",
        Compared::Le => "<=",
        Compared::Gt => ">",
        Compared::Ge => ">=",
        Compared::Ne => "!=",
        _ => "==",
    }
}
