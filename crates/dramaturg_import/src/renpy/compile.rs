//! From steps to a graph.

use super::cast::{Cast, Role};
use super::expr::Expr;
use super::facts::{Facts, random, translated, truth};
use super::flat::{Choice as Chosen, Condition, Script, Step};
use super::say::Say;
use super::text::clean;
use super::translate::Language;
use crate::graph::{Character, Choice, Exit, Game, Node, Said, Words, id_of};
use dramaturg_story::{Effect, Emotion, FactKind, Value};
use std::collections::{BTreeMap, BTreeSet};

pub(super) struct Compiler<'s> {
    pub(super) script: &'s mut Script,
    pub(super) facts: &'s Facts,
    pub(super) cast: &'s Cast,
    pub(super) languages: &'s BTreeMap<String, Language>,
    pub(super) locale: &'s str,
    game: Game,
    chances: usize,
    faces: BTreeMap<String, Emotion>,
    notes: Vec<(usize, String, &'static str)>,
}

impl<'s> Compiler<'s> {
    pub(super) fn new(
        script: &'s mut Script,
        facts: &'s Facts,
        cast: &'s Cast,
        languages: &'s BTreeMap<String, Language>,
        locale: &'s str,
    ) -> Self {
        let locales = std::iter::once(locale.to_owned()).chain(languages.keys().cloned()).collect();
        let game = Game { locales, ..Game::default() };
        Self {
            script,
            facts,
            cast,
            languages,
            locale,
            game,
            chances: 0,
            faces: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// A text of the game's own, in all of its languages.
    pub(super) fn words(&self, text: &str) -> Words {
        let mut words = Words::new(self.locale, self.clean(text, &mut Vec::new()));
        for (locale, language) in self.languages {
            if let Some(text) = language.text(text) {
                words.0.insert(locale.clone(), self.clean(text, &mut Vec::new()));
            }
        }
        words
    }
    fn clean(&self, text: &str, unknown: &mut Vec<String>) -> String {
        let fill = |name: &str| fill(self.facts, name);
        clean(text, &fill, unknown)
    }

    /// The graph, beginning at that step.
    pub(super) fn run(mut self, start: usize) -> Game {
        let steps = self.script.steps.clone();
        let labels = self.script.labels.clone();
        self.game.nodes = self.script.places.iter().map(|(_, label)| Node::new(label)).collect();
        for (at, step) in steps.iter().enumerate() {
            if matches!(step, Step::Nothing) && labels.values().any(|label| *label == at) {
                self.faces.clear();
            }
            self.step(at, step, &labels);
        }
        for (name, kind) in self.facts.kinds() {
            self.game.facts.insert(name.to_owned(), kind.clone());
        }
        let used: BTreeSet<String> = self
            .game
            .nodes
            .iter()
            .flat_map(|n| &n.said)
            .filter_map(|said| match said {
                Said::Line { who, .. } => who.clone(),
                Said::Note(_) => None,
            })
            .collect();
        let names = self.cast.names.clone();
        for (id, name) in names.into_iter().filter(|(id, _)| used.contains(id)) {
            let name = self.words(&name);
            self.game.cast.push(Character { id, name });
        }
        if self.game.cast.is_empty() {
            let zh = self.locale.starts_with("zh");
            let name = Words::new(self.locale, if zh { "旁白" } else { "Narrator" });
            self.game.cast.push(Character { id: "narrator".into(), name });
        }
        self.game.start = start;
        for (at, text, why) in std::mem::take(&mut self.notes) {
            let place = self.script.places[at].0.clone();
            let text: String = text.chars().take(100).collect();
            self.script.left_out.push(crate::LeftOut {
                file: place.file,
                line: place.line,
                text,
                why: why.to_owned(),
            });
        }
        self.game
    }

    fn step(&mut self, at: usize, step: &Step, labels: &BTreeMap<String, usize>) {
        let next = (at + 1).min(self.game.nodes.len() - 1);
        let mut exit = Exit::Go(next);
        match step {
            Step::Say(say, id) => {
                let said = self.said(at, say, id);
                self.game.nodes[at].said.extend(said);
            }
            Step::Note(note) => {
                if let Some(image) = note.strip_prefix("show ")
                    && let Some(npc) = self.cast.shown(image)
                    && let Some(face) = face(image.split_whitespace().skip(1))
                {
                    self.faces.insert(npc.to_owned(), face);
                }
                self.game.nodes[at].said.push(Said::Note(tamed(note)));
            }
            Step::Scene(what) => {
                let image = what.split(" with ").next().unwrap_or_default();
                let image = image.split(['(', ':']).next().unwrap_or_default().trim();
                if image.is_empty() {
                    self.game.nodes[at].said.push(Said::Note("scene".into()));
                } else {
                    let scene = id_of(image);
                    self.game.scenes.insert(scene.clone(), image.to_owned());
                    self.game.nodes[at].scene = Some(scene);
                }
            }
            Step::Set(name, value) => self.set(at, name, value, next, &mut exit),
            Step::Add(name, by) => match (self.facts.get(name), i32::try_from(*by)) {
                (Some((id, FactKind::Number { .. })), Ok(by)) => {
                    self.game.nodes[at].effects.push(Effect::Add(id.to_owned(), by));
                }
                (None, _) if !self.facts.unclear.contains(name) => {}
                _ => self.notes.push((
                    at,
                    format!("{name} += {by}"),
                    "a variable that could not be made a fact",
                )),
            },
            Step::Jump(to) | Step::Call(to) => match labels.get(to) {
                Some(to) if matches!(step, Step::Jump(_)) => exit = Exit::Go(*to),
                Some(to) => exit = Exit::Call(*to, next),
                None => {
                    self.notes.push((
                        at,
                        to.clone(),
                        "there is no such label: the jump is left out",
                    ));
                    if matches!(step, Step::Jump(_)) {
                        exit = Exit::End;
                    }
                }
            },
            Step::Goto(to) => exit = Exit::Go(*to),
            Step::Return => exit = Exit::Return,
            Step::Quit => exit = Exit::End,
            Step::If(condition, other) => exit = self.branch(at, condition, next, *other),
            Step::Menu(choices, after) => exit = self.menu(at, choices, *after),
            Step::Nothing => {}
        }
        self.game.nodes[at].exit = exit;
    }

    fn said(&mut self, at: usize, say: &Say, id: &str) -> Option<Said> {
        let mut unknown = Vec::new();
        let own = self.clean(&say.text, &mut unknown);
        if let Some(name) = unknown.into_iter().next() {
            self.notes.push((
                at,
                format!("[{name}]"),
                "a value in a line that is not carried over",
            ));
        }
        let role = self.cast.role(&say.who);
        let quotes = |text: String, locale: &str| match (&role, locale) {
            (Role::Player, "ja") => format!("「{text}」"),
            (Role::Player, zh) if zh.starts_with("zh") => format!("“{text}”"),
            (Role::Player, _) => format!("\"{text}\""),
            _ => text,
        };
        if own.is_empty() {
            return None;
        }
        let mut text = Words::new(self.locale, quotes(own, self.locale));
        for (locale, language) in self.languages {
            let line = language.line(id, &say.code).map(|line| self.clean(line, &mut Vec::new()));
            if let Some(line) = line.filter(|line| !line.is_empty()) {
                text.0.insert(locale.clone(), quotes(line, locale));
            }
        }
        let who = match role {
            Role::Npc(id) => Some(id),
            Role::Nobody | Role::Player => None,
        };
        let emotion = who.as_ref().map(|npc| {
            let own = face(say.attributes.iter().map(String::as_str));
            if let Some(own) = own {
                self.faces.insert(npc.clone(), own);
            }
            own.or_else(|| self.faces.get(npc).copied()).unwrap_or_default()
        });
        Some(Said::Line { who, emotion: emotion.unwrap_or_default(), text })
    }

    fn chance(&mut self, label: &str, ways: Vec<Effect>) -> Effect {
        self.chances += 1;
        let bag = format!("{}_{}", id_of(label), self.chances);
        Effect::Choose(bag, ways.into_iter().map(|way| vec![way]).collect())
    }

    fn set(&mut self, at: usize, name: &str, value: &Expr, next: usize, exit: &mut Exit) {
        let Some((id, kind)) = self.facts.get(name) else {
            if self.facts.unclear.contains(name) {
                self.notes.push((
                    at,
                    format!("{name} = …"),
                    "a variable that could not be made a fact",
                ));
            }
            return;
        };
        let (id, kind) = (id.to_owned(), kind.clone());
        let value = translated(value.clone());
        if let Some(values) = random(&value) {
            let set = values.iter().filter_map(|v| Facts::value(&kind, v));
            let ways: Vec<Effect> = set.map(|value| Effect::Set(id.clone(), value)).collect();
            let chance = self.chance(&id, ways);
            self.game.nodes[at].effects.push(chance);
            return;
        }
        if let Some(value) = Facts::value(&kind, &value) {
            self.game.nodes[at].effects.push(Effect::Set(id, value));
            return;
        }
        // A copy, or the opposite: one way for each value.
        let label = self.game.nodes[at].label.clone();
        let way = |set: Value, this: &mut Self| {
            let mut node = Node::new(&label);
            node.effects.push(Effect::Set(id.clone(), set));
            node.exit = Exit::Go(next);
            this.game.nodes.push(node);
            this.game.nodes.len() - 1
        };
        let condition = self.facts.condition(&value);
        match (&kind, &value, condition) {
            (FactKind::Bool(_), _, Some(condition)) => {
                let (yes, no) = (way(Value::Bool(true), self), way(Value::Bool(false), self));
                *exit = Exit::If(vec![(condition, yes)], no);
            }
            (_, Expr::Name(other), _) => {
                let Some((other, _)) = self.facts.get(other) else {
                    self.notes.push((at, name.to_owned(), "Python that is not carried over"));
                    return;
                };
                let other = other.to_owned();
                let values: Vec<Value> = match &kind {
                    FactKind::Enum { values, .. } => {
                        values.iter().cloned().map(Value::Enum).collect()
                    }
                    FactKind::Number { min, max, .. } if max - min < 12 => {
                        (*min..=*max).map(Value::Number).collect()
                    }
                    _ => Vec::new(),
                };
                let mut ways = Vec::new();
                for value in values {
                    let when = match &value {
                        Value::Enum(word) => format!("{other} is '{word}'"),
                        value => format!("{other} == {value}"),
                    };
                    ways.push((when, way(value, self)));
                }
                if ways.is_empty() {
                    self.notes.push((at, name.to_owned(), "Python that is not carried over"));
                } else {
                    *exit = Exit::If(ways, next);
                }
            }
            _ => self.notes.push((at, format!("{name} = …"), "Python that is not carried over")),
        }
    }

    fn branch(&mut self, at: usize, condition: &Condition, yes: usize, no: usize) -> Exit {
        let read = condition.expr.as_ref().and_then(|expr| self.facts.condition(expr));
        match read.as_deref() {
            Some("true") => Exit::Go(yes),
            Some("false") => Exit::Go(no),
            Some(read) => Exit::If(vec![(read.to_owned(), yes)], no),
            None => {
                if !condition.source.contains("random") {
                    self.notes.push((
                        at,
                        condition.source.clone(),
                        "a condition that is not carried over: chance decides instead",
                    ));
                }
                let fact = format!("chance_{}", self.chances + 1);
                self.game.facts.insert(fact.clone(), FactKind::Bool(false));
                let set = |truth| Effect::Set(fact.clone(), Value::Bool(truth));
                let chance = self.chance("chance", vec![set(true), set(false)]);
                self.game.nodes[at].effects.push(chance);
                Exit::If(vec![(fact, yes)], no)
            }
        }
    }

    fn menu(&mut self, at: usize, choices: &[Chosen], after: usize) -> Exit {
        let mut told = Vec::new();
        for choice in choices {
            let text = self.words(&choice.text);
            if text.get(self.locale).is_none_or(str::is_empty) {
                self.notes.push((at, choice.text.clone(), "a choice without words"));
                continue;
            }
            let when = choice.when.as_ref().and_then(|condition| {
                let read = condition.expr.as_ref().and_then(|expr| self.facts.condition(expr));
                if read.is_none() {
                    self.notes.push((
                        choice.to,
                        condition.source.clone(),
                        "a choice's condition that is not carried over: it is always open",
                    ));
                }
                read
            });
            if when.as_deref() == Some("false") {
                self.notes.push((choice.to, choice.text.clone(), "a choice that is never open"));
                continue;
            }
            let when = when.filter(|when| when != "true");
            told.push(Choice { text, when, once: choice.once, to: choice.to });
        }
        if told.is_empty() { Exit::Go(after) } else { Exit::Menu(told, after) }
    }
}

/// What a name in square brackets comes to.
pub(super) fn fill(facts: &Facts, name: &str) -> Option<String> {
    if let Some((id, kind)) = facts.get(name) {
        return (!matches!(kind, FactKind::Bool(_))).then(|| format!("{{ ${id} }}"));
    }
    match facts.constants.get(&super::facts::store(name))? {
        Expr::Text(text) => Some(text.replace(['{', '}'], "")),
        Expr::Int(n) => Some(n.to_string()),
        value => {
            truth(value).map(|truth| if truth { "True".to_owned() } else { "False".to_owned() })
        }
    }
}

/// A note that is nothing else in a pack's text.
fn tamed(note: &str) -> String {
    note.replace('{', "(").replace(['}', '\n'], " ").chars().take(200).collect()
}

/// The face that the words of an image's name show.
fn face<'w>(words: impl Iterator<Item = &'w str>) -> Option<Emotion> {
    let known: [(Emotion, &[&str]); 7] = [
        (
            Emotion::Glad,
            &["happy", "vhappy", "smil", "giggl", "laugh", "grin", "joy", "glad", "cheer", "excit"],
        ),
        (Emotion::Sad, &["sad", "cry", "tear", "depress", "concern", "sorrow", "hurt", "down"]),
        (Emotion::Angry, &["angry", "mad", "anno", "furious", "rage", "pout", "upset"]),
        (Emotion::Afraid, &["afraid", "scare", "fear", "nervous", "worr", "panic", "anxious"]),
        (Emotion::Surprised, &["surpris", "shock", "startl", "amaz", "confus"]),
        (Emotion::Tender, &["tender", "blush", "love", "shy", "gentle", "soft", "flirt"]),
        (Emotion::Neutral, &["neutral", "normal", "default", "calm", "plain", "idle"]),
    ];
    let words: Vec<String> = words
        .map(str::to_lowercase)
        .take_while(|w| !matches!(w.as_str(), "at" | "with" | "behind"))
        .collect();
    words.iter().find_map(|word| {
        known
            .iter()
            .find(|(_, begins)| begins.iter().any(|b| word.starts_with(b)))
            .map(|found| found.0)
    })
}
