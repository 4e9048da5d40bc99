//! What the words say of endings: `# ending keep when trust >= 3`, and `priority: 5` under it.

use super::Pack;
use super::part::Part;
use super::prose::WrittenEnding;
use crate::PackError;
use std::collections::BTreeMap;

/// Gives the endings what the first language's headings say of them. Other languages may say the same or nothing.
///
/// # Errors
/// When two places say different things.
pub(super) fn settle(pack: &mut Pack, parts: &[Part]) -> Result<(), PackError> {
    let Some(first) = pack.locales.first().cloned() else { return Ok(()) };
    let written = pack.prose(&first).endings.clone();
    for locale in pack.locales.iter().skip(1) {
        for (id, other) in &pack.prose(locale).endings {
            if !agrees(other, written.get(id)) {
                let message = format!("'{id}' is another ending here than in '{first}'");
                return Err(at(other, message, "a translation says the same of it, or nothing"));
            }
        }
    }
    in_logic(&written, parts)?;
    for ending in &mut pack.endings {
        let Some(written) = written.get(&ending.id) else { continue };
        if let Some(when) = &written.when {
            ending.when = Some(when.clone());
        }
        ending.priority = written.priority.unwrap_or(ending.priority);
    }
    pack.endings.sort_by_key(|ending| -i32::from(ending.priority));
    Ok(())
}

fn agrees(other: &WrittenEnding, first: Option<&WrittenEnding>) -> bool {
    let source =
        |ending: &WrittenEnding| ending.when.as_ref().map(|w| w.source().trim().to_owned());
    let Some(first) = first else { return false };
    (other.when.is_none() || source(other) == source(first))
        && (other.priority.is_none() || other.priority == first.priority)
}

/// What `pack.ron` says of an ending is not said in the words, too.
fn in_logic(written: &BTreeMap<String, WrittenEnding>, parts: &[Part]) -> Result<(), PackError> {
    let all = parts.iter().flat_map(|part| {
        let endings = part.logic.endings.iter().enumerate();
        endings.map(|(index, ending)| (part.root().get("endings").nth(index), ending))
    });
    for (spot, ending) in all {
        let Some(written) = written.get(&ending.id) else { continue };
        let twice = (ending.when.is_some() && written.when.is_some())
            || (spot.get("priority").at() > 0 && written.priority.is_some());
        if twice {
            let message = format!("pack.ron says it of '{}', too", ending.id);
            return Err(at(written, message, "say it in one of the two places"));
        }
    }
    Ok(())
}

fn at(ending: &WrittenEnding, message: String, help: &str) -> PackError {
    let place = &ending.place;
    PackError {
        text: ending.line.chars().take(160).collect(),
        ..PackError::at(&place.file, "", place.line, place.column, message, help)
    }
}
