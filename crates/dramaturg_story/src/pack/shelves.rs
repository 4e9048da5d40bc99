//! The documents of a pack: found in its folder, read, and put into the library of each language.

use super::lore::Lore;
use super::{Pack, check, load};
use crate::library::{self, FOLDER, LeftOut, Library, MOST_DOCUMENTS};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// The most entries of a folder that are looked at.
const MOST_ENTRIES: usize = 10_000;

impl Pack {
    /// The documents of one language: those of the pack's folder `library`, and those of the language's own.
    pub fn library(&self, locale: &str) -> &Library {
        static NONE: LazyLock<Library> = LazyLock::new(Library::default);
        let found = self.library.get(locale).or_else(|| self.library.get(self.locales.first()?));
        found.map_or(&*NONE, Arc::as_ref)
    }

    /// Documents that could not be taken in, with the reason. The story plays without them.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The documents that `pack.ron` names under `library`, relative to the pack's folder; for whoever reads them by other means
    /// than the file system, and hands them to [`Self::shelve`]. [`Self::load`] has done both.
    pub fn documents(&self) -> impl Iterator<Item = PathBuf> {
        self.documents.iter().map(PathBuf::from)
    }

    /// Takes documents in: their paths relative to the pack's folder, `library/almanac.pdf` for all languages,
    /// `en/library/harbour.md` for one, and their bytes. Whatever the bytes are, this returns: what can't be taken in is
    /// [left out](Self::left_out). The text is part of the pack's digest.
    pub fn shelve(&mut self, documents: impl IntoIterator<Item = (PathBuf, Vec<u8>)>) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.digest.as_bytes());
        let mut any = false;
        for (name, bytes) in documents {
            any = true;
            hasher.update(name.to_string_lossy().as_bytes());
            hasher.update(&bytes);
            self.take_in(&name, bytes).unwrap_or_else(|why| self.leave_out(why));
        }
        if any {
            self.digest = hasher.finalize().to_hex().to_string();
        }
    }

    fn leave_out(&mut self, why: LeftOut) {
        tracing::warn!("{why}");
        self.left_out.push(why);
    }

    fn take_in(&mut self, name: &Path, bytes: Vec<u8>) -> Result<(), LeftOut> {
        // Read for its front matter again; it is at the beginning.
        let head = bytes.get(..4096).unwrap_or(&bytes);
        let head = String::from_utf8_lossy(head).into_owned();
        let (front, parts) = library::read(name, bytes)?;
        let mut front = front.unwrap_or_else(|| Lore::plain(name));
        let wrong = |error| LeftOut::FrontMatter(Box::new(error));
        let line = head.lines().nth(front.place.line - 1).unwrap_or_default().to_owned();
        load::resolve_at(&mut front.when, &self.names, &front.place.clone(), &line)
            .map_err(wrong)?;
        check::lore(self, &front, name, &head).map_err(wrong)?;
        let shown = shown(name);
        let own = name.components().next().and_then(|first| first.as_os_str().to_str());
        let own = own.filter(|first| self.locales.iter().any(|locale| locale == first));
        let locales = match own {
            Some(locale) => vec![locale.to_owned()],
            None => self.locales.clone(),
        };
        for locale in locales {
            let library = Arc::make_mut(self.library.entry(locale).or_default());
            if library.len() >= MOST_DOCUMENTS {
                return Err(LeftOut::TooMany { file: name.into(), most: MOST_DOCUMENTS });
            }
            library.add(&shown, front.clone(), &parts)?;
        }
        Ok(())
    }

    /// The documents that are named, and all that lie in the folders for them.
    pub(super) fn shelve_folder(&mut self, folder: &Path) {
        let mut names: BTreeSet<PathBuf> = self.documents().collect();
        let homes = self.locales.iter().map(|locale| Path::new(locale).join(FOLDER));
        for home in homes.chain([PathBuf::from(FOLDER)]) {
            let entries = std::fs::read_dir(folder.join(&home)).into_iter().flatten().flatten();
            let files = entries.take(MOST_ENTRIES).map(|entry| home.join(entry.file_name()));
            names.extend(files.filter(|file| library::is_document(file)));
        }
        // One after the other: not all of them are in memory at once.
        for name in names {
            match read(folder, &name) {
                Ok(bytes) => self.shelve([(name, bytes)]),
                Err(why) => self.leave_out(why),
            }
        }
    }
}

/// A path with the same strokes on every machine.
fn shown(name: &Path) -> String {
    let parts = name.components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy()),
        _ => None,
    });
    let shown = parts.collect::<Vec<_>>().join("/");
    shown.chars().filter(|c| !crate::director::invisible(*c)).collect()
}

/// A file's bytes; one that is too large is not read.
fn read(folder: &Path, name: &Path) -> Result<Vec<u8>, LeftOut> {
    let named = || name.to_owned();
    let fail =
        |error: std::io::Error| LeftOut::Unreadable { file: named(), reason: error.to_string() };
    let most = library::most_bytes(name);
    let path = folder.join(name);
    let size = std::fs::metadata(&path).map_err(fail)?;
    if !size.is_file() {
        return Err(LeftOut::Unreadable { file: named(), reason: "it is no file".into() });
    }
    if size.len() > most {
        return Err(LeftOut::TooLarge { file: named(), most });
    }
    let mut bytes = Vec::new();
    // It may grow meanwhile.
    let mut file = std::fs::File::open(&path).map_err(fail)?.take(most + 1);
    file.read_to_end(&mut bytes).map_err(fail)?;
    Ok(bytes)
}
