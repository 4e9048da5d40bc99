//! `dramaturg model`: the catalogue of models, and which of them are on this machine.

use crate::models::cache::{self, State};
use crate::models::catalogue::{self, Catalogue, Source};
use crate::models::fetch::Fetcher;
use crate::models::{error::Error, listing, size};
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

fn list(json: bool) -> Result<(), Error> {
    let folder = cache::folder()?;
    let models = Catalogue::load(&folder)?.0;
    show(&listing::list(&folder, &models)?);
    if json {
        let models: Result<Vec<_>, _> = models.iter().map(|model| entry(&folder, model)).collect();
        show(&format!("{}\n", json!({"folder": folder, "models": models?})));
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
        };
    }
    show(&text);
    if json {
        show(&format!("{}\n", entry(&folder, model)?));
    }
    Ok(())
}

/// A model for programs: the catalogue's fields, and what is here of it.
fn entry(folder: &Path, model: &catalogue::Model) -> Result<Value, Error> {
    let state = cache::glance(folder, model)?;
    // Strings and numbers always serialise.
    let mut value = serde_json::to_value(model).unwrap_or_default();
    value["state"] = state.to_string().into();
    value["here"] = matches!(state, State::Whole | State::Unchecked).into();
    value["path"] = json!(folder.join(&model.file));
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
