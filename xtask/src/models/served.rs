//! Models as servers offer them: data in `assets/served.ron`, which is a part of the program, and in the user's own
//! `served.ron` in the cache folder. What a server can and costs is not known of a model's file.

use super::error::{Error, Result};
use ron::extensions::Extensions;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A model by its name at servers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServedModel {
    /// What servers call it.
    pub name: String,
    /// The longest prompt and answer together.
    pub context_tokens: u32,
    /// What to take it for.
    pub good_for: String,
    /// What its servers can, cost and allow.
    pub served: Served,
}

/// What the servers of a model can, cost and allow; none is not known.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Served {
    /// What tokens cost.
    pub price: Option<Price>,
    /// What they can.
    pub capabilities: Option<Capabilities>,
    /// What may be asked of each.
    pub limits: Option<Limits>,
}

/// In millionths of a currency for a million tokens.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields of dramaturg_llm::Price")]
pub struct Price {
    pub prompt: u64,
    pub cached: u64,
    pub completion: u64,
}

/// What a server can; none is as usual.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the fields of dramaturg_llm::Capabilities")]
#[rustfmt::skip]
pub struct Capabilities {
    #[serde(skip_serializing_if = "Option::is_none")] pub json_schema: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")] pub json_object: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")] pub tools: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")] pub seed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")] pub usage: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")] pub logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")] pub embeddings: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")] pub temperature: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")] pub penalties: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")] pub max_tokens: Option<bool>,
}

/// What may be asked of a server; none is no limit.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the fields of dramaturg_llm::Limits")]
pub struct Limits {
    pub requests_per_minute: Option<u64>,
    pub tokens_per_minute: Option<u64>,
    pub requests_per_day: Option<u64>,
    pub tokens_per_day: Option<u64>,
}

/// The project's.
const PROJECT: &str = include_str!("../../../assets/served.ron");

/// The user's, in the cache folder.
const OWN: &str = "served.ron";

/// The project's models and the user's, whose `served.ron` in the cache folder wins over the project's.
pub fn load(folder: &Path) -> Result<Vec<ServedModel>> {
    let mut models = parse(Path::new("assets/served.ron"), PROJECT)?;
    let own = folder.join(OWN);
    if own.is_file() {
        let text = std::fs::read_to_string(&own).map_err(|e| Error::file(&own, e))?;
        for model in parse(&own, &text)? {
            models.retain(|other| other.name != model.name);
            models.push(model);
        }
    }
    Ok(models)
}

fn parse(path: &Path, text: &str) -> Result<Vec<ServedModel>> {
    let wrong = |reason| Error::Catalogue { path: path.to_owned(), reason };
    let options = ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME);
    let models: Vec<ServedModel> = options.from_str(text).map_err(|e| wrong(e.to_string()))?;
    for (index, model) in models.iter().enumerate() {
        if model.name.is_empty() || model.name.contains(char::is_control) {
            return Err(wrong(format!("model {}: it has no name", index + 1)));
        }
        if models[..index].iter().any(|other| other.name == model.name) {
            return Err(wrong(format!("model `{}` stands there twice", model.name)));
        }
    }
    Ok(models)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_adds_and_replaces_served_models() {
        let folder = tempfile::tempdir().unwrap();
        let project = load(folder.path()).unwrap();
        assert!(project.iter().any(|model| model.served.price.is_some()));
        let own = r#"[
            (name: "gpt-4o-mini", context_tokens: 1, good_for: "", served: (price: (prompt: 9, cached: 9, completion: 9))),
            (name: "ours/large:2", context_tokens: 2, good_for: "", served: (limits: (requests_per_minute: 60))),
        ]"#;
        std::fs::write(folder.path().join(OWN), own).unwrap();
        let all = load(folder.path()).unwrap();
        assert_eq!(all.len(), project.len() + 1);
        let find = |name: &str| all.iter().find(|model| model.name == name).unwrap();
        assert_eq!(find("gpt-4o-mini").served.price.unwrap().prompt, 9);
        assert_eq!(find("ours/large:2").served.limits.unwrap().requests_per_minute, Some(60));
    }

    #[test]
    fn wrong_entries_are_named() {
        let entry = r#"(name: "a", context_tokens: 1, good_for: "", served: ())"#;
        for (text, what) in [
            (format!("[{entry}, {entry}]"), "`a` stands there twice"),
            (format!("[{}]", entry.replace("\"a\"", "\"\"")), "no name"),
            (format!("[{}]", entry.replace("()", "(capabilities: (tols: true))")), "tols"),
        ] {
            let error = parse(Path::new("served.ron"), &text).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}
