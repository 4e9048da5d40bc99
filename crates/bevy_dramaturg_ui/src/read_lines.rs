//! What a player has read before, in any play.

use bevy::prelude::*;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Which lines this player has read, by the 64-bit FNV-1a hash of their words. It is for skipping and for nothing that
/// the story decides.
#[derive(Resource, Clone, Debug, Default)]
pub struct ReadLines {
    hashes: HashSet<u64>,
    unsaved: bool,
}

/// The file of [`ReadLines`] can't be used.
#[derive(Debug, thiserror::Error)]
#[error("what was read before can't be kept in {}: {source}", path.display())]
pub struct ReadLinesError {
    path: PathBuf,
    source: std::io::Error,
}

impl ReadLines {
    /// Whether a line was read before.
    pub fn contains(&self, text: &str) -> bool {
        self.hashes.contains(&hash(text))
    }
    /// A line was read.
    pub fn insert(&mut self, text: &str) {
        self.unsaved |= self.hashes.insert(hash(text));
    }
    /// What a file holds; nothing where there is none.
    ///
    /// # Errors
    /// When it is there and can't be read.
    pub fn load(path: &Path) -> Result<Self, ReadLinesError> {
        match std::fs::read(path) {
            Ok(bytes) => {
                let hashes = bytes.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b));
                Ok(Self { hashes: hashes.collect(), unsaved: false })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(ReadLinesError { path: path.to_owned(), source }),
        }
    }
    /// Writes the file anew where something was read since.
    ///
    /// # Errors
    /// When it can't be written; it is tried again the next time.
    pub fn save(&mut self, path: &Path) -> Result<(), ReadLinesError> {
        if !self.unsaved {
            return Ok(());
        }
        let mut hashes: Vec<u64> = self.hashes.iter().copied().collect();
        hashes.sort_unstable();
        let bytes: Vec<u8> = hashes.into_iter().flat_map(u64::to_le_bytes).collect();
        let part = path.with_extension("part");
        let written = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, path));
        written.map_err(|source| ReadLinesError { path: path.to_owned(), source })?;
        self.unsaved = false;
        Ok(())
    }
}

fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_known_in_the_next_play_and_a_torn_file_is_no_trouble() {
        let path = std::env::temp_dir().join(format!("read-lines-{}", std::process::id()));
        let mut read = ReadLines::default();
        read.insert("Soup first.");
        read.insert("先喝汤。");
        read.save(&path).unwrap();
        let again = ReadLines::load(&path).unwrap();
        assert!(again.contains("先喝汤。") && again.contains("Soup first."));
        assert!(!again.contains("Soup"));
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..11]).unwrap();
        assert_eq!(ReadLines::load(&path).unwrap().hashes.len(), 1);
        std::fs::remove_file(&path).unwrap();
        assert!(ReadLines::load(&path).unwrap().hashes.is_empty());
    }
}
