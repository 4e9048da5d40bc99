//! Models as they are listed for people.

use super::cache::glance;
use super::catalogue::Model;
use super::error::Result;
use super::served::{Price, ServedModel};
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

/// The models as servers offer them: what each is good for and costs.
pub fn served(models: &[ServedModel]) -> String {
    let mut text =
        "at servers, by name (entries of your own: served.ron in the same folder)\n\n".to_owned();
    for ServedModel { name, context_tokens, good_for, served } in models {
        let price = served.price.map_or_else(
            || "no price".to_owned(),
            |price| {
                let Price { prompt, cached, completion } = price;
                format!(
                    "a million tokens {} in, {} cached, {} out",
                    whole(prompt),
                    whole(cached),
                    whole(completion)
                )
            },
        );
        let _ =
            writeln!(text, "{name}: {price}\n    context {context_tokens} tokens\n    {good_for}");
    }
    text
}

/// Millionths of a currency as an amount of it.
fn whole(millionths: u64) -> String {
    format!("{}.{:02}", millionths / 1_000_000, millionths % 1_000_000 / 10_000)
}

/// A model's size, where the catalogue has it.
pub fn how_large(model: &Model) -> String {
    model.bytes.map_or_else(|| "size by the hub".to_owned(), size)
}
