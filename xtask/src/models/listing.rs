//! Models as they are listed for people.

use super::cache::glance;
use super::catalogue::Model;
use super::error::Result;
use super::size;
use std::fmt::Write;
use std::path::Path;

/// The folder, and of each model what it is, what it is good for and whether it is here.
pub fn list(folder: &Path, models: &[Model]) -> Result<String> {
    let mut text =
        format!("models in {} (entries of your own: models.ron there)\n\n", folder.display());
    for model in models {
        let state = glance(folder, model)?;
        let pin = if model.sha256.is_some() { "" } else { ", not pinned" };
        let (id, licence) = (&model.id, &model.licence);
        // Writing to a string can't fail.
        let _ = writeln!(text, "{id}: {state}\n    {}{pin}, licence {licence}", how_large(model));
        let languages = model.languages.join(" ");
        let _ =
            writeln!(text, "    context {} tokens, languages {languages}", model.context_tokens);
        let _ = writeln!(text, "    {}", model.good_for);
    }
    Ok(text)
}

/// A model's size, where the catalogue has it.
pub fn how_large(model: &Model) -> String {
    model.bytes.map_or_else(|| "size by the hub".to_owned(), size)
}
