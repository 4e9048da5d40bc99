//! The models of the catalogue: which are here, and which fit.

use super::{Finding, Standing};
use crate::ear;
use crate::models::cache::{self, State};
use crate::models::catalogue::{Catalogue, Model};
use crate::models::listing;
use dramaturg_llm::{LocalSettings, MemoryPlan};
use serde_json::{Value, json};
use std::path::Path;

/// What was found of them.
#[derive(Default)]
pub struct Models {
    pub findings: Vec<Finding>,
    /// The largest that is here and fits: what a play would be begun with.
    pub playable: Option<String>,
    /// Whether lines can be heard by their meaning.
    pub embedder: bool,
    pub json: Vec<Value>,
}

/// Looks at the folder of models. `wanted` was asked for.
pub fn look(free: Option<u64>, wanted: Option<&str>) -> Models {
    let mut models = Models::default();
    let catalogue = cache::folder().and_then(|folder| Ok((Catalogue::load(&folder)?, folder)));
    let (catalogue, folder) = match catalogue {
        Ok(found) => found,
        Err(error) => {
            let finding = Finding::new(Standing::Broken, "models", error.to_string());
            models.findings.push(finding.help("correct or remove that file"));
            return models;
        }
    };
    let shown = folder.display();
    models.findings.push(Finding::new(Standing::Well, "folder of models", shown.to_string()));
    let mut largest = 0;
    let mut absent = Vec::new();
    for model in &catalogue.0 {
        let state = cache::glance(&folder, model);
        let state = state.unwrap_or_else(|error| State::Other(error.to_string()));
        let is_wanted = wanted == Some(model.id.as_str());
        let is_embedder = model.id == ear::DEFAULT;
        let here = matches!(state, State::Whole | State::Unchecked);
        let plan = here.then(|| plan(&folder, model)).flatten();
        let fits = plan.map(|plan| free.is_none_or(|free| plan.fits(free)));
        let total = plan.map(|plan| plan.total_bytes());
        models.json.push(json!({
            "id": model.id, "state": state.to_string(), "here": here, "needs_bytes": total, "fits": fits,
        }));
        if is_embedder {
            models.embedder = here;
            models.findings.push(embedder(model, &state, here));
            continue;
        }
        if state == State::Absent && !is_wanted {
            absent.push(format!("{} ({})", model.id, listing::how_large(model)));
            continue;
        }
        if let (true, Some(total), Some(true)) = (here, total, fits)
            && (total > largest || is_wanted)
        {
            largest = if is_wanted { u64::MAX } else { total };
            models.playable = Some(model.id.clone());
        }
        models.findings.push(finding(model, &state, plan.as_ref(), fits, is_wanted));
    }
    if let Some(wanted) = wanted
        && let Err(error) = catalogue.find(wanted)
    {
        let finding = Finding::new(Standing::Broken, format!("model {wanted}"), error.to_string());
        models.findings.push(finding.help("`dramaturg model list` names all of them"));
    }
    if !absent.is_empty() {
        let finding = Finding::new(Standing::Without, "not fetched", absent.join(", "));
        models.findings.push(finding.help("`dramaturg model fetch ID` fetches one"));
    }
    models
}

/// What it would take of the memory.
fn plan(folder: &Path, model: &Model) -> Option<MemoryPlan> {
    MemoryPlan::of(&folder.join(&model.file), &LocalSettings::default()).ok()
}

fn finding(
    model: &Model,
    state: &State,
    plan: Option<&MemoryPlan>,
    fits: Option<bool>,
    is_wanted: bool,
) -> Finding {
    let about = format!("model {}", model.id);
    let fetch = format!("`dramaturg model fetch {}` fetches it", model.id);
    match (state, plan, fits) {
        (State::Absent, ..) => Finding::new(Standing::Broken, about, "not fetched").help(fetch),
        (State::Whole | State::Unchecked, Some(plan), Some(true)) => {
            Finding::new(Standing::Well, about, format!("{state}; it fits, with {plan}"))
        }
        (State::Whole | State::Unchecked, Some(plan), _) => {
            let standing = if is_wanted { Standing::Broken } else { Standing::Without };
            Finding::new(standing, about, format!("{state}, but it does not fit: it takes {plan}"))
                .help("close other programs, or take a smaller one")
        }
        (State::Whole | State::Unchecked, None, _) => {
            let found = format!("{state}, but its file can't be read as a model");
            let again =
                format!("`dramaturg model rm {0}` and `dramaturg model fetch {0}`", model.id);
            Finding::new(Standing::Broken, about, found).help(again)
        }
        (State::Truncated { .. } | State::Other(_), ..) => {
            Finding::new(Standing::Broken, about, state.to_string()).help(fetch)
        }
    }
}

fn embedder(model: &Model, state: &State, here: bool) -> Finding {
    let about = format!("embedder {}", model.id);
    let fetch = format!("`dramaturg model fetch {}` fetches it", model.id);
    match state {
        _ if here => Finding::new(
            Standing::Well,
            about,
            format!("{state}; lines are heard by their meaning, too"),
        ),
        State::Absent => {
            let found = "not fetched; lines are heard by their words alone";
            Finding::new(Standing::Without, about, found).help(fetch)
        }
        damaged => Finding::new(Standing::Broken, about, damaged.to_string()).help(fetch),
    }
}
