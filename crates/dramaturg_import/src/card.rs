//! Character cards, versions 2 and 3: one character with lore and greetings, as JSON, in a PNG or in a CHARX archive.
//!
//! A card becomes a pack for a talk without a story: `cast`, `lore` and the greeting that opens it. The card's own JSON stays
//! beside the pack as `card.json`, so that writing it back loses nothing that the pack has no place for.

mod charx;
mod pack;
mod png;

use crate::{Draft, ImportError, LeftOut};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// No card is larger.
pub(crate) const LARGEST: u64 = 64 << 20;
/// No card's text is larger, packed or not.
pub(crate) const LONGEST: usize = 8 << 20;
/// The card as it came, in the pack's folder.
const SIDE: &str = "card.json";

/// Reads a card: `.json`, `.png`, `.charx`, told apart by what is in them.
///
/// # Errors
/// When it is no card, or [`ImportError::Refused`] where it could do harm: too large, packed too tightly, with paths that
/// lead out of its archive, or with damaged or oversized parts.
pub fn import(file: &Path) -> Result<Draft, ImportError> {
    let card = read(file)?;
    let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(pack::draft(&card, &name))
}

/// Writes the character of a pack as a card: its fields as the pack has them now, all else as it came. The kind is chosen by
/// the name's ending: `.json`, `.png`, `.charx`. A PNG or CHARX that is there already keeps all but the card in it.
///
/// # Errors
/// When the pack can't be read, has no such character, or the file can't be written.
pub fn export(folder: &Path, npc: &str, file: &Path) -> Result<(), ImportError> {
    let pack = dramaturg_story::Pack::load(folder).map_err(|error| {
        ImportError::not(folder, error.to_string(), "let `dramaturg check` look it over")
    })?;
    if !pack.cast().any(|other| other == npc) {
        let known: Vec<&str> = pack.cast().collect();
        let message = format!("there is no character '{npc}' in the pack");
        return Err(ImportError::not(folder, message, format!("it has {}", known.join(", "))));
    }
    let side = folder.join(SIDE);
    let before = if side.is_file() { Some(read(&side)?) } else { None };
    let card = pack::card(&pack, npc, before);
    let ending = file.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let old = if file.is_file() { Some(bytes(file)?) } else { None };
    let made = match ending.as_str() {
        "png" => png::with_card(old.as_deref(), &card).map_err(|message| refused(file, message))?,
        "charx" => {
            charx::with_card(old.as_deref(), &card).map_err(|message| refused(file, message))?
        }
        _ => serde_json::to_vec_pretty(&card).unwrap_or_default(),
    };
    // Written whole or not at all.
    let beside = file.with_extension(format!("{ending}.new"));
    std::fs::write(&beside, made).map_err(|error| ImportError::file(&beside, error))?;
    std::fs::rename(&beside, file).map_err(|error| ImportError::file(file, error))
}

fn refused(file: &Path, message: String) -> ImportError {
    ImportError::Refused { file: file.to_owned(), message }
}

fn bytes(file: &Path) -> Result<Vec<u8>, ImportError> {
    let size = std::fs::metadata(file).map_err(|error| ImportError::file(file, error))?.len();
    if size > LARGEST {
        return Err(refused(file, format!("{size} bytes; a card has at most {LARGEST}")));
    }
    std::fs::read(file).map_err(|error| ImportError::file(file, error))
}

fn read(file: &Path) -> Result<Value, ImportError> {
    let bytes = bytes(file)?;
    let text = if bytes.starts_with(b"\x89PNG") {
        png::card(&bytes).map_err(|message| refused(file, message))?
    } else if bytes.starts_with(b"PK") {
        charx::card(&bytes).map_err(|message| refused(file, message))?
    } else {
        bytes
    };
    if text.len() > LONGEST {
        return Err(refused(
            file,
            format!("a card's text of {} bytes; at most {LONGEST}", text.len()),
        ));
    }
    let help = "a card is a JSON object with 'data' in which is a 'name', or a PNG or CHARX with one inside";
    let card: Value = serde_json::from_slice(&text)
        .map_err(|error| ImportError::not(file, format!("the card is no JSON: {error}"), help))?;
    let named = |of: &Value| of.get("name").is_some_and(Value::is_string);
    let has_data = card.get("data").is_some_and(named);
    if !has_data && !named(&card) {
        return Err(ImportError::not(file, "this is no character card: it names nobody", help));
    }
    // Before version 2 the fields stood by themselves.
    if has_data { Ok(card) } else { Ok(Value::Object(Map::from_iter([("data".to_owned(), card)]))) }
}

/// What of a text is no plain text, and what is left: a card can't bring scripts.
pub(crate) fn harmless(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let marks = ["<script", "javascript:", "<iframe", "onerror=", "onload="];
    marks.into_iter().find(|mark| lower.contains(mark))
}

/// Something of a card that the pack does not use.
fn left(text: &str, why: &str) -> LeftOut {
    LeftOut { file: PathBuf::from(SIDE), line: 0, text: text.to_owned(), why: why.to_owned() }
}
