//! A script as a list of steps, one after the other, with jumps between them: what both the import and the play of the
//! original go by.

use super::expr::Expr;
use super::parse::{At, Statement};
use super::say::{Say, Who};
use super::translate::Numbers;
use crate::LeftOut;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// A line, with the number by which translations call it.
    Say(Say, String),
    Note(String),
    Scene(String),
    Set(String, Expr),
    Add(String, i64),
    Jump(String),
    Call(String),
    Goto(usize),
    Return,
    /// The game is over, wherever it stands.
    Quit,
    /// Goes on with the next step where it holds, else to that one.
    If(Condition, usize),
    Menu(Vec<Choice>, usize),
    Nothing,
}

/// A condition as it is written, and read if it can be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) source: String,
    pub(super) expr: Option<Expr>,
}

impl Condition {
    fn new(source: &str) -> Self {
        Self { source: source.to_owned(), expr: Expr::parse(source) }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) when: Option<Condition>,
    pub(super) once: bool,
    pub(super) to: usize,
}

/// Where a step stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) line: usize,
}

/// All steps of a game.
#[derive(Default)]
pub(super) struct Script {
    pub(super) steps: Vec<Step>,
    /// Where each step stands, and the label that it is under.
    pub(super) places: Vec<(Place, String)>,
    pub(super) labels: BTreeMap<String, usize>,
    /// `default` and `define`, in their order.
    pub(super) defaults: Vec<(Place, String, String)>,
    pub(super) translations: Vec<(String, String, usize, Vec<super::source::Line>, PathBuf)>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) set_aside: BTreeMap<String, usize>,
    numbers: Numbers,
    label: String,
    last_who: Option<Who>,
    file: PathBuf,
}

/// What is no use to a story, and left aside without a word.
const QUIET: [&str; 14] = [
    "renpy.pause",
    "renpy.music",
    "renpy.sound",
    "renpy.show",
    "renpy.hide",
    "renpy.scene",
    "renpy.with_statement",
    "renpy.block_rollback",
    "renpy.checkpoint",
    "renpy.notify",
    "renpy.transition",
    "renpy.restart_interaction",
    "renpy.save_persistent",
    "renpy.vibrate",
];
const QUITS: [&str; 5] =
    ["renpy.full_restart", "renpy.quit", "MainMenu", "renpy.run(MainMenu", "renpy.utter_restart"];

impl Script {
    /// Takes the statements of a file.
    pub(super) fn add_file(&mut self, file: &Path, statements: &[At]) {
        self.file = file.to_owned();
        self.label.clear();
        self.last_who = None;
        self.all(statements, false);
        self.push(0, Step::Return);
    }

    fn push(&mut self, line: usize, step: Step) -> usize {
        self.steps.push(step);
        let place = Place { file: self.file.clone(), line };
        self.places.push((place, self.label.clone()));
        self.steps.len() - 1
    }
    pub(super) fn leave_out(&mut self, line: usize, text: &str, why: &str) {
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = text.chars().take(100).collect();
        let text = if short.len() < text.len() { format!("{short}…") } else { short };
        let file = self.file.clone();
        self.left_out.push(LeftOut { file, line, text, why: why.to_owned() });
    }
    fn aside(&mut self, kind: &str) {
        *self.set_aside.entry(kind.to_owned()).or_default() += 1;
    }

    fn all(&mut self, statements: &[At], init: bool) {
        for at in statements {
            self.one(at, init);
        }
    }

    fn label(&mut self, name: &str) {
        self.label = match name.strip_prefix('.') {
            Some(local) => format!("{}.{local}", self.label.split('.').next().unwrap_or_default()),
            None => name.to_owned(),
        };
        let here = self.steps.len();
        if self.labels.contains_key(&self.label) {
            let label = self.label.clone();
            self.leave_out(0, &label, "there are two labels of that name; the first is taken");
        } else {
            self.labels.insert(self.label.clone(), here);
        }
        self.last_who = None;
        self.push(0, Step::Nothing);
    }
    fn target(&self, name: &str) -> String {
        match name.strip_prefix('.') {
            Some(local) => format!("{}.{local}", self.label.split('.').next().unwrap_or_default()),
            None => name.to_owned(),
        }
    }
    fn set_target(&mut self, step: usize, target: usize) {
        if let Some(Step::If(_, to) | Step::Goto(to)) = self.steps.get_mut(step) {
            *to = target
        }
    }

    fn one(&mut self, at: &At, init: bool) {
        let line = at.line;
        match &at.what {
            Statement::Label(name, block) => {
                self.label(name);
                self.all(block, init);
            }
            Statement::Say(say) => {
                let mut say = say.clone();
                let label = match self.label.as_str() {
                    label if label.starts_with('_') => "",
                    label => label,
                };
                let id = self.numbers.of(label, &say.code);
                if say.who == Who::Named("extend".into()) {
                    say.who = self.last_who.clone().unwrap_or(Who::Nobody);
                } else {
                    self.last_who = Some(say.who.clone());
                }
                self.push(line, Step::Say(say, id));
            }
            Statement::Menu { name, set, captions, choices } => {
                if let Some(name) = name {
                    self.label(name);
                }
                self.all(captions, init);
                let menu = self.push(line, Step::Nothing);
                let mut told = Vec::new();
                let mut ends = Vec::new();
                for choice in choices {
                    let to = self.steps.len();
                    self.push(choice.line, Step::Nothing);
                    self.all(&choice.block, init);
                    ends.push(self.push(0, Step::Goto(0)));
                    told.push(Choice {
                        line: choice.line,
                        text: choice.text.clone(),
                        when: choice.when.as_deref().map(Condition::new),
                        once: set.is_some(),
                        to,
                    });
                }
                let after = self.push(line, Step::Nothing);
                ends.into_iter().for_each(|end| self.set_target(end, after));
                if !told.is_empty() {
                    self.steps[menu] = Step::Menu(told, after);
                }
            }
            Statement::Jump(to) => {
                let to = self.target(to);
                self.push(line, Step::Jump(to));
            }
            Statement::Call(to) => {
                let to = self.target(to);
                self.push(line, Step::Call(to));
            }
            Statement::Return => {
                self.push(line, Step::Return);
            }
            Statement::If(branches) => {
                let mut ends = Vec::new();
                for (condition, block) in branches {
                    let step = condition
                        .as_ref()
                        .map(|source| self.push(line, Step::If(Condition::new(source), 0)));
                    self.all(block, init);
                    ends.push(self.push(0, Step::Goto(0)));
                    let next = self.steps.len();
                    step.into_iter().for_each(|step| self.set_target(step, next));
                }
                let after = self.push(line, Step::Nothing);
                ends.into_iter().for_each(|end| self.set_target(end, after));
            }
            Statement::While(condition, block) => {
                let begin = self.push(line, Step::If(Condition::new(condition), 0));
                self.all(block, init);
                self.push(line, Step::Goto(begin));
                let after = self.push(line, Step::Nothing);
                self.set_target(begin, after);
            }
            Statement::Python(code) => self.python(line, code, init),
            Statement::Block { lines, whole, init: early } => {
                let mut read = 0;
                for (line, code) in lines {
                    let is_set = assignment(code).is_some();
                    if is_set {
                        read += 1;
                        self.python(*line, code, init || *early);
                    }
                }
                if read < *whole {
                    let why = format!(
                        "{} of {whole} lines of a block of Python are not carried over",
                        whole - read
                    );
                    self.leave_out(line, "python", &why);
                }
            }
            Statement::Default(name, value) => {
                let place = Place { file: self.file.clone(), line };
                self.defaults.push((place, name.clone(), value.clone()));
            }
            Statement::Scene(what) => {
                self.push(line, Step::Scene(what.clone()));
            }
            Statement::Note(text) => {
                self.push(line, Step::Note(text.clone()));
            }
            Statement::Aside(kind) => self.aside(kind),
            Statement::Translate(language, id, block) => {
                let file = self.file.clone();
                self.translations.push((language.clone(), id.clone(), line, block.clone(), file));
            }
            Statement::Init(block) => self.all(block, true),
            Statement::Nothing => {}
            Statement::Unknown(text) => {
                self.leave_out(line, text, "a statement that is not carried over");
            }
        }
    }

    fn python(&mut self, line: usize, code: &str, init: bool) {
        let code = code.trim();
        if let Some((name, how, value)) = assignment(code) {
            if init || value.contains("Character(") {
                let place = Place { file: self.file.clone(), line };
                if how == "=" {
                    self.defaults.push((place, name.to_owned(), value.to_owned()));
                }
                return;
            }
            let expr = Expr::parse(value);
            let step = match (how, expr) {
                ("=", Some(Expr::Sum(a, b, plus))) if *a == Expr::Name(name.to_owned()) => match *b
                {
                    Expr::Int(by) => Some(Step::Add(name.to_owned(), if plus { by } else { -by })),
                    _ => None,
                },
                ("=", Some(expr)) => Some(Step::Set(name.to_owned(), expr)),
                ("+=", Some(Expr::Int(by))) => Some(Step::Add(name.to_owned(), by)),
                ("-=", Some(Expr::Int(by))) => Some(Step::Add(name.to_owned(), -by)),
                _ => None,
            };
            match step {
                Some(step) => {
                    self.push(line, step);
                }
                None => {
                    self.leave_out(line, &format!("$ {code}"), "Python that is not carried over")
                }
            }
            return;
        }
        let called =
            |name: &str| code.strip_prefix(name).and_then(|rest| rest.trim().strip_prefix('('));
        for (name, jumps) in [("renpy.jump", true), ("renpy.call", false)] {
            if let Some((target, _)) =
                called(name).and_then(|rest| super::expr::string(rest.trim()))
            {
                let target = self.target(&target);
                self.push(line, if jumps { Step::Jump(target) } else { Step::Call(target) });
                return;
            }
        }
        if QUITS.iter().any(|quit| code.starts_with(quit)) {
            self.push(line, Step::Quit);
        } else if QUIET.iter().any(|quiet| code.starts_with(quiet)) {
            self.push(line, Step::Note(format!("$ {code}")));
        } else if !init && !code.is_empty() {
            self.leave_out(line, &format!("$ {code}"), "Python that is not carried over");
        }
    }
}

/// A name, `=`, `+=` or `-=`, and what is on its right.
fn assignment(code: &str) -> Option<(&str, &str, &str)> {
    let end = code.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.'))?;
    let (name, rest) = code.split_at(end);
    let rest = rest.trim_start();
    let how = ["+=", "-=", "="].into_iter().find(|how| rest.starts_with(how))?;
    let value = rest[how.len()..].trim();
    let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    (is_name && !value.starts_with('=') && !value.is_empty()).then_some((name, how, value))
}
