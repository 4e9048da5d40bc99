//! `cargo xtask play`: from a clean clone to the first line of the story.

use crate::error::{Error, Result};
use crate::models::catalogue::Catalogue;
use crate::models::clock;
use crate::models::fetch::Fetcher;
use crate::packages::{self, Purpose};
use crate::run::{cargo, run};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The model that play takes unless told otherwise.
pub const DEFAULT_MODEL: &str = "qwen2.5-coder-1.5b";
/// What hears how lines are meant, beside it.
pub const EMBEDDER: &str = "multilingual-e5-small";

#[derive(Debug, PartialEq, Eq)]
enum Choice {
    Fetch(String),
    File(PathBuf),
    None,
}

#[derive(Debug, PartialEq, Eq)]
struct Wish {
    model: Choice,
    story: PathBuf,
    locale: String,
    rest: Vec<String>,
}

impl Wish {
    fn read(arguments: &[String]) -> Result<Self> {
        let mut wish = Self {
            model: Choice::Fetch(DEFAULT_MODEL.to_owned()),
            story: PathBuf::from("assets/stories/lantern"),
            locale: "en".to_owned(),
            rest: Vec::new(),
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let (flag, joined) = match word.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag, Some(value.to_owned())),
                _ => (word.as_str(), None),
            };
            let mut value = || {
                joined
                    .clone()
                    .or_else(|| words.next().cloned())
                    .ok_or_else(|| Error::Usage(format!("{flag} needs a value")))
            };
            match flag {
                "--model" => wish.model = Choice::Fetch(value()?),
                "--model-file" => wish.model = Choice::File(here(&value()?)?),
                "--no-model" => wish.model = Choice::None,
                "--story" => wish.story = here(&value()?)?,
                "--locale" => wish.locale = value()?,
                _ => wish.rest.push(word.clone()),
            }
        }
        Ok(wish)
    }
}

/// A path as the user meant it: Cargo's commands run in the workspace's root.
fn here(path: &str) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|e| Error::file(Path::new(path), e))
}

/// Sets up, builds and plays.
pub fn play(arguments: &[String]) -> Result<()> {
    let wish = Wish::read(arguments)?;
    packages::install(Purpose::Play)?;
    let model = match &wish.model {
        Choice::None => None,
        Choice::File(path) if path.is_file() => Some(path.clone()),
        Choice::File(path) => {
            eprintln!("xtask: there is no model file {}; playing without a model", path.display());
            None
        }
        Choice::Fetch(id) => {
            let fetcher = Fetcher::from_environment()?;
            // A wrong name is the user's to mend; a hub that is down is not.
            match fetcher.fetch(Catalogue::load(&fetcher.folder)?.find(id)?) {
                Ok(path) => Some(path),
                Err(error) => {
                    eprintln!("xtask: playing without a model: {error}");
                    None
                }
            }
        }
    };
    // Without it lines are understood by their words alone: no reason not to play.
    let embedder = (wish.model != Choice::None).then(|| -> Result<PathBuf> {
        let fetcher = Fetcher::from_environment()?;
        Ok(fetcher.fetch(Catalogue::load(&fetcher.folder)?.find(EMBEDDER)?)?)
    });
    if let Some(Err(error)) = &embedder {
        eprintln!("xtask: playing without an ear for what lines mean: {error}");
    }
    let window = has_display();
    let package = if window { "visual_novel" } else { "dramaturg_cli" };
    println!("building {package} (the first time takes minutes)");
    let begin = Instant::now();
    run(&mut cargo(["build", "--release", "--package", package]))?;
    println!("built in {}", clock(begin.elapsed()));
    if !window {
        println!("There is no display here: the same story is played in this terminal.");
    }
    let mut words: Vec<OsString> =
        ["run", "--release", "--quiet", "--package", package, "--"].map(OsString::from).to_vec();
    if !window {
        words.push("play".into());
    }
    match model {
        Some(path) => words.extend(["--model-file".into(), path.into_os_string()]),
        None if wish.model == Choice::None => words.push("--no-model".into()),
        // Without a flag the program may still find a model of its own, such as a server.
        None => {}
    }
    words.extend(["--story".into(), wish.story.into_os_string()]);
    words.extend(["--locale".into(), wish.locale.into()]);
    words.extend(wish.rest.into_iter().map(OsString::from));
    run(&mut cargo(words))
}

/// Other systems always have one.
fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(line: &str) -> Result<Wish> {
        Wish::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_play_and_tests_fetch_is_pinned() {
        let catalogue = Catalogue::load(Path::new("none")).unwrap();
        for id in [DEFAULT_MODEL, crate::test::TEST_MODEL] {
            let model = catalogue.find(id).unwrap();
            assert!(model.bytes.is_some() && model.sha256.is_some(), "{id} is pinned");
        }
    }

    #[test]
    fn flags_are_read_and_others_passed_on() {
        let plain = wish("").unwrap();
        assert_eq!(plain.model, Choice::Fetch(DEFAULT_MODEL.into()));
        let told = wish("--no-model --locale=zh --seed 4 --story /s").unwrap();
        assert_eq!(told.model, Choice::None);
        assert_eq!((told.locale.as_str(), told.story.as_path()), ("zh", Path::new("/s")));
        assert_eq!(told.rest, ["--seed", "4"]);
        assert_eq!(wish("--model small").unwrap().model, Choice::Fetch("small".into()));
        assert!(matches!(wish("--model"), Err(Error::Usage(_))));
    }
}
