//! The embedding model that a command was given.

use crate::models::cache::{self, State};
use crate::models::catalogue::Catalogue;
use crate::models::fetch::Fetcher;
use dramaturg_llm::LocalSettings;
use dramaturg_story::Ear;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The embedder of the catalogue that is taken when none is named.
pub const DEFAULT: &str = "multilingual-e5-small";

/// Longer than any machine takes to open one.
const LONGEST: Duration = Duration::from_secs(60);

/// A line of a tool waits so long for its vectors: the figures shall not depend on the machine's speed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The file of an embedder: a path, or an id of the catalogue, which is fetched where it is not there yet.
pub fn file(embedder: &str) -> Result<PathBuf, String> {
    let file = PathBuf::from(embedder);
    if file.is_file() {
        return Ok(file);
    }
    let fetcher = Fetcher::from_environment().map_err(|e| e.to_string())?;
    let catalogue = Catalogue::load(&fetcher.folder).map_err(|e| e.to_string())?;
    let model = catalogue.find(embedder).map_err(|e| e.to_string())?;
    fetcher.fetch(model).map_err(|e| e.to_string())
}

/// An ear for measurements; none where it is called `none`.
///
/// # Errors
/// When it can't be had: figures without it would be taken for figures with it.
pub fn patient(embedder: &str) -> Result<Option<Arc<Ear>>, String> {
    if embedder == "none" {
        return Ok(None);
    }
    let without = |why| format!("{why}\n  --embedder none reads lines by their words alone");
    let file = file(embedder).map_err(without)?;
    let ear = Ear::open_with(file, LocalSettings::default().threads, PATIENCE);
    ear.wait(LONGEST).map_err(without)?;
    Ok(Some(ear))
}

/// An ear for a play: the one that is named, or the default one where it is on this machine.
///
/// # Errors
/// When the one that is named can't be had.
pub fn at_hand(embedder: Option<&str>) -> Result<Option<Arc<Ear>>, String> {
    let open = |file| Ear::open(file, LocalSettings::default().threads);
    match embedder {
        Some("none") => Ok(None),
        Some(named) => Ok(Some(open(file(named)?))),
        None => Ok(fetched().map(open)),
    }
}

/// The default embedder, if it is on this machine.
fn fetched() -> Option<PathBuf> {
    let folder = cache::folder().ok()?;
    let catalogue = Catalogue::load(&folder).ok()?;
    let model = catalogue.find(DEFAULT).ok()?;
    matches!(cache::check(&folder, model), Ok(State::Whole)).then(|| folder.join(&model.file))
}
