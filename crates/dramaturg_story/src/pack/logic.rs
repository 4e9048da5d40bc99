//! `pack.ron`: facts, cast, secrets, beats and endings.

use super::Pack;
use crate::PackError;
use crate::condition::Condition;
use crate::fact::{Effect, FactKind};
use dramaturg_mind::{Pad, Planner};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Logic {
    pub(super) id: String,
    pub(super) version: u32,
    pub(super) start: String,
    pub(super) background: String,
    pub(super) locales: Vec<String>,
    /// Markdown files of each locale's folder.
    #[serde(default = "one_file")]
    pub(super) files: Vec<String>,
    pub(super) facts: BTreeMap<String, FactKind>,
    pub(super) cast: BTreeMap<String, Character>,
    #[serde(default)]
    pub(super) secrets: BTreeMap<String, Secret>,
    pub(super) beats: Vec<Beat>,
    pub(super) endings: Vec<Ending>,
}

fn one_file() -> Vec<String> {
    vec!["story.md".into()]
}

/// A character of the pack.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Character {
    /// On stage from the start.
    pub present: bool,
    /// Name of the portrait.
    pub portrait: String,
    /// Where the mood comes to rest.
    #[serde(default)]
    pub temperament: Pad,
    #[serde(default)]
    actions: Vec<dramaturg_mind::Action<Condition, Effect>>,
    #[serde(default)]
    goals: Vec<dramaturg_mind::Goal<Condition>>,
}

impl Character {
    pub(super) fn on_stage(portrait: &str, temperament: Pad) -> Self {
        let (actions, goals) = (Vec::new(), Vec::new());
        Self { present: true, portrait: portrait.into(), temperament, actions, goals }
    }
    pub(crate) fn planner(&self) -> Planner<Condition, Effect> {
        Planner { actions: self.actions.clone(), goals: self.goals.clone() }
    }
}

/// Something that must not be told before its time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Who knows it, and may speak of it once it is unlocked.
    pub holders: Vec<String>,
    /// When it may be told.
    pub unlocked_when: Condition,
}

/// One step of the story.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beat {
    /// Its name.
    pub id: String,
    /// Who leads it.
    pub speaker: String,
    /// When it can begin.
    pub when: Condition,
    /// Beats that can follow, the first whose condition holds is taken.
    #[serde(default)]
    pub next: Vec<String>,
    /// Turns without progress before the steering begins.
    #[serde(default = "patience")]
    pub patience: u8,
    /// Never steered and never over: a conversation without a story.
    #[serde(skip)]
    pub(super) endless: bool,
    /// What the player may do.
    pub moves: Vec<Move>,
    /// What happens when the ladder's last rung ends the beat.
    #[serde(default)]
    pub on_forced: Vec<Effect>,
}

fn patience() -> u8 {
    3
}

impl Beat {
    pub(super) fn endless(id: &str, speaker: &str, when: Condition) -> Self {
        Self {
            id: id.into(),
            speaker: speaker.into(),
            when,
            next: Vec::new(),
            patience: patience(),
            endless: true,
            moves: Vec::new(),
            on_forced: Vec::new(),
        }
    }
    /// Whether the beat is steered to its end.
    pub(crate) fn is_steered(&self) -> bool {
        !self.endless
    }
}

/// Something that the player may do by speaking.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Its name within the beat.
    pub id: String,
    /// What it does.
    #[serde(default)]
    pub effects: Vec<Effect>,
    /// Whether the beat is over then.
    #[serde(default)]
    pub done: bool,
    /// When it is open.
    #[serde(default)]
    pub only_when: Option<Condition>,
}

/// An authored end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// Its name.
    pub id: String,
    /// When it is this one.
    pub when: Condition,
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

pub(super) fn parse(file: &Path, source: &str) -> Result<Logic, PackError> {
    ron::from_str(source).map_err(|error| {
        let at = error.span.start;
        PackError::at(
            file,
            source,
            at.line,
            at.col,
            error.code.to_string(),
            "see the pack format in the book; each name is written as in the examples",
        )
    })
}

/// Everything that the logic mentions must exist.
pub(super) fn check(pack: &Pack, file: &Path, source: &str) -> Result<(), PackError> {
    let fail = |near: &str, offender: &str, message: String, help: String| {
        let (line, column) = find(source, near, offender);
        PackError::at(file, source, line, column, message, help)
    };
    let beats: Vec<&str> = pack.beats.iter().map(|b| b.id.as_str()).collect();
    let known_beat = |near: &str, id: &str| {
        if beats.contains(&id) {
            Ok(())
        } else {
            Err(fail(
                near,
                id,
                format!("there is no beat '{id}'"),
                nearest(id, beats.iter().copied()),
            ))
        }
    };
    let known_npc = |near: &str, id: &str| {
        if pack.cast.contains_key(id) {
            Ok(())
        } else {
            Err(fail(near, id, format!("there is no character '{id}'"), nearest(id, pack.cast())))
        }
    };
    let condition = |near: &str, condition: &Condition| {
        for name in condition.names() {
            if name != "beat" && !pack.facts.contains_key(name) {
                return Err(fail(
                    near,
                    name,
                    format!("there is no fact '{name}'"),
                    nearest(name, pack.facts.keys().map(String::as_str)),
                ));
            }
        }
        Ok(())
    };
    let effect = |near: &str, effect: &Effect| match effect {
        Effect::Mood(npc, _) => known_npc(near, npc),
        Effect::Set(fact, _) | Effect::Add(fact, _) => match (pack.facts.get(fact), effect) {
            (None, _) => Err(fail(
                near,
                fact,
                format!("there is no fact '{fact}'"),
                nearest(fact, pack.facts.keys().map(String::as_str)),
            )),
            (Some(kind), Effect::Set(_, value)) if !kind.admits(value) => Err(fail(
                near,
                fact,
                format!("'{fact}' can't be {value}"),
                "see how the fact is declared".into(),
            )),
            (Some(FactKind::Bool(_) | FactKind::Enum { .. }), Effect::Add(..)) => {
                Err(fail(near, fact, format!("'{fact}' is not a number"), "use Set".into()))
            }
            _ => Ok(()),
        },
    };
    known_beat("start", &pack.start)?;
    for beat in &pack.beats {
        let near = format!("\"{}\"", beat.id);
        known_npc(&near, &beat.speaker)?;
        condition(&near, &beat.when)?;
        beat.next.iter().try_for_each(|id| known_beat(&near, id))?;
        beat.on_forced.iter().try_for_each(|e| effect(&near, e))?;
        for a_move in &beat.moves {
            let near = format!("\"{}\"", a_move.id);
            a_move.effects.iter().try_for_each(|e| effect(&near, e))?;
            a_move.only_when.iter().try_for_each(|c| condition(&near, c))?;
        }
    }
    for (id, secret) in &pack.secrets {
        condition(id, &secret.unlocked_when)?;
        secret.holders.iter().try_for_each(|npc| known_npc(id, npc))?;
    }
    for character in pack.cast.values() {
        for action in &character.actions {
            condition(&action.id, &action.when)?;
            action.effects.iter().try_for_each(|e| effect(&action.id, e))?;
        }
        for goal in &character.goals {
            condition(&goal.id, &goal.when)?;
            condition(&goal.id, &goal.desire)?;
        }
    }
    pack.endings.iter().try_for_each(|ending| condition(&ending.id, &ending.when))?;
    if pack.endings.is_empty() {
        return Err(fail(
            "endings",
            "endings",
            "a story needs an ending".into(),
            "add one to `endings`".into(),
        ));
    }
    Ok(())
}

/// Line and column (from 1) of `offender` after the first place that says `near`.
fn find(source: &str, near: &str, offender: &str) -> (usize, usize) {
    let start = source.find(near).unwrap_or(0);
    let at = source[start..].find(offender).map_or(start, |i| start + i);
    let line = source[..at].matches('\n').count() + 1;
    let column = source[..at].rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> String {
    let shared = |name: &str| {
        let set: Vec<char> = name.chars().collect();
        wrong.chars().filter(|c| set.contains(c)).count() * 10
            / (name.len().max(wrong.len()).max(1))
    };
    names
        .max_by_key(|name| shared(name))
        .map_or("declare it first".into(), |name| format!("did you mean '{name}'?"))
}
