//! The original, played: the steps of the script with values as Python has them. For comparing it with the pack.

use super::cast::{Cast, Role};
use super::expr::{Compared, Expr};
use super::facts::{Facts, compared, random, store, translated, truth};
use super::flat::{Script, Step};
use super::text::clean;
use std::collections::BTreeMap;

/// What is heard on a way through the game.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Course {
    pub(super) lines: Vec<String>,
    /// The choices that are open at the menu where it stands; none where it is over.
    pub(super) open: Vec<String>,
    pub(super) over: bool,
    /// It hangs on something that can't be played here: chance, Python that is not carried over, a circle.
    pub(super) unclear: bool,
}

const MOST_STEPS: usize = 100_000;

pub(super) struct Original<'s> {
    pub(super) script: &'s Script,
    pub(super) facts: &'s Facts,
    pub(super) cast: &'s Cast,
    pub(super) locale: &'s str,
}

impl Original<'_> {
    /// Plays from the beginning with those choices, by their numbers among the open ones.
    pub(super) fn play(&self, start: usize, picks: &[usize]) -> Course {
        let mut course = Course::default();
        let mut values: BTreeMap<String, Expr> = BTreeMap::new();
        for (_, name, value) in &self.script.defaults {
            if let Some(value) = Expr::parse(value) {
                values.insert(store(name), translated(value));
            }
        }
        let mut picks = picks.iter();
        let mut stack: Vec<usize> = Vec::new();
        let mut once: Vec<usize> = Vec::new();
        let mut at = start;
        for _ in 0..MOST_STEPS {
            let Some(step) = self.script.steps.get(at) else { break };
            at += 1;
            match step {
                Step::Say(say, _) => {
                    let show = |name: &str| match values.get(&store(name))? {
                        Expr::Text(text) => Some(text.clone()),
                        Expr::Int(n) => Some(n.to_string()),
                        _ => None,
                    };
                    let text = clean(&say.text, &show, &mut Vec::new());
                    let text = text.replace("{\"{\"}", "{").replace("{\"}\"}", "}");
                    let text = match (self.cast.role(&say.who), self.locale) {
                        (Role::Player, "ja") => format!("「{text}」"),
                        (Role::Player, zh) if zh.starts_with("zh") => format!("“{text}”"),
                        (Role::Player, _) if !text.is_empty() => format!("\"{text}\""),
                        _ => text,
                    };
                    if !text.is_empty() {
                        course.lines.push(text);
                    }
                }
                Step::Set(name, value) => {
                    let value = translated(value.clone());
                    if random(&value).is_some() {
                        course.unclear = true;
                        return course;
                    }
                    match eval(&value, &values) {
                        Some(value) => {
                            values.insert(store(name), value);
                        }
                        None => {
                            values.remove(&store(name));
                        }
                    }
                }
                Step::Add(name, by) => {
                    let value = match values.get(&store(name)) {
                        Some(Expr::Int(n)) => Some(n.saturating_add(*by)),
                        Some(Expr::Bool(truth)) => Some(i64::from(*truth).saturating_add(*by)),
                        _ => None,
                    };
                    value.into_iter().for_each(|value| {
                        values.insert(store(name), Expr::Int(value));
                    });
                }
                Step::Jump(to) | Step::Call(to) => match self.script.labels.get(to) {
                    Some(label) => {
                        if matches!(step, Step::Call(_)) {
                            stack.push(at);
                        }
                        at = *label;
                    }
                    None if matches!(step, Step::Call(_)) => {}
                    None => {
                        course.over = true;
                        return course;
                    }
                },
                Step::Goto(to) => at = *to,
                Step::Return => match stack.pop() {
                    Some(back) => at = back,
                    None => {
                        course.over = true;
                        return course;
                    }
                },
                Step::Quit => {
                    course.over = true;
                    return course;
                }
                Step::If(condition, other) => {
                    let carried =
                        condition.expr.as_ref().filter(|expr| self.facts.condition(expr).is_some());
                    match carried.and_then(|expr| truth(&eval(expr, &values)?)) {
                        Some(true) => {}
                        Some(false) => at = *other,
                        None => {
                            course.unclear = true;
                            return course;
                        }
                    }
                }
                Step::Menu(choices, after) => {
                    let holds = |choice: &&super::flat::Choice| {
                        let shown = choice.when.as_ref().is_none_or(|when| {
                            let carried =
                                when.expr.as_ref().filter(|e| self.facts.condition(e).is_some());
                            carried.is_none_or(|expr| {
                                eval(expr, &values).and_then(|v| truth(&v)).unwrap_or(false)
                            })
                        });
                        shown && !(choice.once && once.contains(&choice.to))
                    };
                    let open: Vec<_> = choices.iter().filter(holds).collect();
                    if open.is_empty() {
                        at = *after;
                        continue;
                    }
                    match picks.next().and_then(|pick| open.get(*pick)) {
                        Some(choice) => {
                            once.push(choice.to);
                            at = choice.to;
                        }
                        None => {
                            let show = |name: &str| super::compile::fill(self.facts, name);
                            course.open = open
                                .iter()
                                .map(|c| clean(&c.text, &show, &mut Vec::new()))
                                .collect();
                            return course;
                        }
                    }
                }
                Step::Note(_) | Step::Scene(_) | Step::Nothing => {}
            }
        }
        course.unclear = true;
        course
    }
}

fn eval(expr: &Expr, values: &BTreeMap<String, Expr>) -> Option<Expr> {
    Some(match expr {
        Expr::Name(name) => values.get(&store(name))?.clone(),
        Expr::Not(a) => Expr::Bool(!truth(&eval(a, values)?)?),
        Expr::And(all) => {
            let mut truths = all.iter().map(|e| truth(&eval(e, values)?));
            Expr::Bool(truths.try_fold(true, |all, one| Some(all && one?))?)
        }
        Expr::Or(all) => {
            let mut truths = all.iter().map(|e| truth(&eval(e, values)?));
            Expr::Bool(truths.try_fold(false, |any, one| Some(any || one?))?)
        }
        Expr::List(items) => {
            Expr::List(items.iter().map(|item| eval(item, values)).collect::<Option<_>>()?)
        }
        Expr::Compare(a, how, b) => {
            let (a, b) = (eval(a, values)?, eval(b, values)?);
            let how: Compared = *how;
            Expr::Bool(compared(&a, how, &b)?)
        }
        Expr::Sum(a, b, plus) => match (eval(a, values)?, eval(b, values)?) {
            (Expr::Int(a), Expr::Int(b)) if *plus => Expr::Int(a.checked_add(b)?),
            (Expr::Int(a), Expr::Int(b)) => Expr::Int(a.checked_sub(b)?),
            _ => return None,
        },
        Expr::Call(..) => return None,
        plain => plain.clone(),
    })
}
