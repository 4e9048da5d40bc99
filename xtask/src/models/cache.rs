//! The folder of models, and which of its files are whole.

use super::catalogue::Model;
use super::error::{Error, Result};
use super::fetch;
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The folder: `DRAMATURG_CACHE`, or `dramaturg/models` in the user's cache folder.
pub fn folder() -> Result<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(folder) = variable("DRAMATURG_CACHE") {
        return std::path::absolute(&folder).map_err(|e| Error::file(&folder, e));
    }
    let base = variable("XDG_CACHE_HOME").or_else(|| {
        if cfg!(windows) {
            variable("LOCALAPPDATA")
        } else {
            let own = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
            variable("HOME").map(|home| home.join(own))
        }
    });
    Ok(base.ok_or(Error::NoCache)?.join("dramaturg").join("models"))
}

/// What is known of a model's file.
#[derive(Debug, PartialEq, Eq)]
pub enum State {
    /// There is none.
    Absent,
    /// It is the catalogue's file.
    Whole,
    /// Its length is right and its bytes were never compared.
    Unchecked,
    /// It is shorter than it should be.
    Truncated {
        /// Its length.
        found: u64,
        /// The catalogue's.
        expected: u64,
    },
    /// It is another file: too long, or of other bytes.
    Other(String),
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("not fetched"),
            Self::Whole => f.write_str("here, whole"),
            Self::Unchecked => f.write_str("here, not compared yet"),
            Self::Truncated { found, expected } => {
                write!(f, "here, but truncated: {found} of {expected} bytes")
            }
            Self::Other(why) => write!(f, "here, but damaged: {why}"),
        }
    }
}

/// The state as far as it can be told without reading the file.
pub fn glance(folder: &Path, model: &Model) -> Result<State> {
    let path = folder.join(&model.file);
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::Absent),
        Err(error) => return Err(Error::file(&path, error)),
    };
    let found = metadata.len();
    Ok(match model.bytes {
        Some(expected) if found < expected => State::Truncated { found, expected },
        Some(expected) if found > expected => {
            State::Other(format!("it has {found} bytes, not {expected}"))
        }
        _ => {
            let stamp = fs::read_to_string(stamp_path(&path)).unwrap_or_default();
            let known = match &model.sha256 {
                Some(sum) => stamp == stamp_text(sum, &metadata),
                None => stamp
                    .split_once(' ')
                    .is_some_and(|(sum, _)| stamp == stamp_text(sum, &metadata)),
            };
            if known { State::Whole } else { State::Unchecked }
        }
    })
}

/// The state for certain: reads the file if it changed since it was last compared.
pub fn check(folder: &Path, model: &Model) -> Result<State> {
    let state = glance(folder, model)?;
    if state != State::Unchecked {
        return Ok(state);
    }
    let path = folder.join(&model.file);
    println!("checking {} (once, until it changes)", path.display());
    let found = hash(&path)?;
    match &model.sha256 {
        Some(expected) if !expected.eq_ignore_ascii_case(&found) => {
            Ok(State::Other(format!("its sha256 is {found}, not {expected}")))
        }
        _ => {
            // Where others own the folder it is read each time.
            let _ = stamp(&path, &found);
            Ok(State::Whole)
        }
    }
}

/// All that lies in the folder for a model, with what an unfinished download left, and how many bytes it takes.
#[allow(dead_code, reason = "xtask removes nothing")]
pub fn holdings(folder: &Path, model: &Model) -> (Vec<PathBuf>, u64) {
    let path = folder.join(&model.file);
    let beside =
        fetch::ENDINGS.iter().map(|ending| folder.join(format!("{}.{ending}", model.file)));
    let mut paths: Vec<_> = std::iter::once(path.clone()).chain([stamp_path(&path)]).collect();
    paths.extend(beside);
    paths.retain(|path| path.exists());
    let bytes = paths.iter().map(|path| fetch::size(path)).sum();
    (paths, bytes)
}

/// Removes all that lies in the folder for a model.
#[allow(dead_code, reason = "xtask removes nothing")]
pub fn remove(folder: &Path, model: &Model) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let lock = fetch::lock(folder, model)?;
    if lock.try_lock().is_err() {
        return Err(Error::Busy(model.id.clone()));
    }
    for path in holdings(folder, model).0 {
        let removed =
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(|e| Error::file(&path, e))?;
    }
    Ok(())
}

/// Notes beside the file that it has this checksum, so that a gigabyte isn't read at each start.
pub fn stamp(path: &Path, sum: &str) -> Result<()> {
    let metadata = fs::metadata(path).map_err(|e| Error::file(path, e))?;
    let stamp = stamp_path(path);
    fs::write(&stamp, stamp_text(sum, &metadata)).map_err(|e| Error::file(&stamp, e))
}

fn stamp_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sha256");
    name.into()
}

fn stamp_text(sum: &str, metadata: &Metadata) -> String {
    let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let changed = changed.map_or(0, |time| time.as_nanos());
    format!("{} {} {changed}\n", sum.to_ascii_lowercase(), metadata.len())
}

/// A file's sha256 in hexadecimal.
pub fn hash(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(|e| Error::file(path, e))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::file(path, error)),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(bytes: &[u8]) -> Model {
        Model {
            id: "own".into(),
            file: "own.gguf".into(),
            bytes: Some(bytes.len() as u64),
            sha256: Some(Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()),
            licence: String::new(),
            context_tokens: 1,
            languages: vec![],
            good_for: String::new(),
            sources: vec![],
            served: None,
        }
    }

    #[test]
    fn states_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, model) = (folder.path(), model(b"a whole model"));
        let path = folder.join("own.gguf");
        assert_eq!(check(folder, &model).unwrap(), State::Absent);

        fs::write(&path, b"a whole").unwrap();
        let truncated = State::Truncated { found: 7, expected: 13 };
        assert_eq!(check(folder, &model).unwrap(), truncated);

        fs::write(&path, b"a whole molly").unwrap();
        assert!(matches!(check(folder, &model).unwrap(), State::Other(why) if why.contains("sha")));

        fs::write(&path, b"a whole model").unwrap();
        assert_eq!(glance(folder, &model).unwrap(), State::Unchecked);
        assert_eq!(check(folder, &model).unwrap(), State::Whole);
        assert_eq!(glance(folder, &model).unwrap(), State::Whole);
    }

    #[test]
    fn a_stamp_does_not_vouch_for_a_changed_file() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, model) = (folder.path(), model(b"a whole model"));
        let path = folder.join("own.gguf");
        fs::write(&path, b"a whole model").unwrap();
        assert_eq!(check(folder, &model).unwrap(), State::Whole);
        fs::write(&path, b"b whole model").unwrap();
        // A clock of coarse steps must not make this test pass or fail by chance.
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(2);
        File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
        assert!(matches!(check(folder, &model).unwrap(), State::Other(_)));
    }
}
