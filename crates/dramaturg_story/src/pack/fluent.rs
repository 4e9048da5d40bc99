//! Fluent in what is spoken: `{ $has-coin }` in a line, `{ coins }` for a message of an `.ftl` file.

use super::complete::Missing;
use super::tree::Place;
use crate::PackError;
use crate::fact::{CLOCK, Value};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A file of messages.
pub(super) struct Messages<'f> {
    pub(super) file: &'f Path,
    pub(super) source: &'f str,
}

/// What `{ … }` in the texts of one language comes to.
#[derive(Clone)]
pub(super) struct Fluent {
    bundle: Arc<FluentBundle<FluentResource>>,
    /// Names of the messages that texts with `{` became.
    texts: BTreeMap<String, String>,
}

impl fmt::Debug for Fluent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fluent").field("texts", &self.texts).finish_non_exhaustive()
    }
}

/// The beginning of the names that texts get.
const OWN: &str = "dramaturg-text-";

impl Fluent {
    /// The messages of a language, over those of the first one, which stand in for what it lacks.
    pub(super) fn new(
        locale: &str,
        first: &[Messages],
        own: &[Messages],
    ) -> Result<Self, PackError> {
        // A folder that is named like no language has the plurals of none.
        let mut bundle = FluentBundle::new_concurrent(vec![locale.parse().unwrap_or_default()]);
        // The marks that isolate a placeable are for mixed directions; in a prompt they are noise.
        bundle.set_use_isolating(false);
        for messages in first.iter().chain(own) {
            bundle.add_resource_overriding(read(messages)?);
        }
        Ok(Self { bundle: Arc::new(bundle), texts: BTreeMap::new() })
    }

    /// Takes the texts that have something to fill in. For a text that is no Fluent: the text, and what is wrong.
    pub(super) fn add(
        mut self,
        texts: impl IntoIterator<Item = String>,
        facts: &BTreeMap<String, Value>,
    ) -> Result<Self, (String, String)> {
        let Some(bundle) = Arc::get_mut(&mut self.bundle) else { return Ok(self) };
        let texts: BTreeSet<String> = texts.into_iter().filter(|text| text.contains('{')).collect();
        for (number, text) in texts.into_iter().enumerate() {
            let id = format!("{OWN}{number}");
            let resource = FluentResource::try_new(format!("{id} = {text}\n"));
            let resource = resource.map_err(|(_, errors)| {
                (text.clone(), errors.first().map_or_else(String::new, ToString::to_string))
            })?;
            bundle.add_resource_overriding(resource);
            self.texts.insert(text, id);
        }
        // Said once as the story begins: a name that nobody knows is found before a player sees it.
        let args = args(facts);
        for (text, id) in &self.texts {
            let mut errors = Vec::new();
            if let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) {
                let _ = self.bundle.format_pattern(pattern, Some(&args), &mut errors);
            }
            if let Some(error) = errors.first() {
                return Err((text.clone(), error.to_string()));
            }
        }
        Ok(self)
    }

    /// The text as it is said now.
    pub(super) fn say<'t>(&self, text: &'t str, facts: &BTreeMap<String, Value>) -> Cow<'t, str> {
        if !text.contains('{') {
            return Cow::Borrowed(text);
        }
        let id = self.texts.get(text);
        let message = id.and_then(|id| self.bundle.get_message(id));
        let Some(pattern) = message.and_then(|message| message.value()) else {
            return Cow::Borrowed(text);
        };
        let args = args(facts);
        let said = self.bundle.format_pattern(pattern, Some(&args), &mut Vec::new());
        Cow::Owned(said.into_owned())
    }
}

fn read(messages: &Messages) -> Result<FluentResource, PackError> {
    FluentResource::try_new(messages.source.to_owned()).map_err(|(_, errors)| {
        let at = errors.first().map_or(0, |error| error.pos.start);
        let before = messages.source.get(..at).unwrap_or_default();
        PackError::at(
            messages.file,
            messages.source,
            before.matches('\n').count() + 1,
            before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
            errors.first().map_or_else(String::new, ToString::to_string),
            "a message is written `name = text`; see projectfluent.org/fluent/guide",
        )
    })
}

/// The facts as Fluent's variables: `has.coin` is `$has-coin`, the clock is a time of day.
fn args(facts: &BTreeMap<String, Value>) -> FluentArgs<'static> {
    let mut args = FluentArgs::new();
    for (name, value) in facts {
        let name = name.replace('.', "-");
        match value {
            Value::Number(minutes) if name == CLOCK => {
                let (hours, minutes) = (minutes.div_euclid(60) % 24, minutes.rem_euclid(60));
                args.set(name, format!("{hours:02}:{minutes:02}"));
            }
            Value::Number(number) => args.set(name, *number),
            Value::Bool(_) | Value::Enum(_) => args.set(name, value.to_string()),
        }
    }
    args
}

/// The messages that the first language has and another lacks.
pub(super) fn missing(first: &[Messages], own: &[Messages]) -> Vec<Missing> {
    let own: BTreeSet<&str> = own.iter().flat_map(|m| ids(m.source)).map(|id| id.1).collect();
    let first = first.iter().flat_map(|m| ids(m.source).map(move |id| (m.file, id)));
    let missing = first.filter(|(_, (_, id))| !own.contains(id));
    let told = missing.map(|(file, (line, id))| Missing {
        section: id.to_owned(),
        place: Place { file: file.into(), line, column: 1 },
    });
    told.collect()
}

/// The messages of a file with their lines: a message begins at the beginning of a line.
fn ids(source: &str) -> impl Iterator<Item = (usize, &str)> {
    source.lines().enumerate().filter_map(|(number, line)| {
        let (id, _) = line.split_once('=')?;
        let is_id = id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-')
            && id.trim_end().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        is_id.then_some((number + 1, id.trim_end()))
    })
}
