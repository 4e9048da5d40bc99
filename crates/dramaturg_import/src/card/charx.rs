//! Cards in archives: CHARX, a ZIP with `card.json` and what belongs to it.

use super::{LARGEST, LONGEST, Value};
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

const CARD: &str = "card.json";
const MOST_FILES: usize = 2_000;
/// Nothing that is worth packing is packed tighter.
const TIGHTEST: u64 = 200;
/// All files together, unpacked.
const LARGEST_UNPACKED: u64 = 8 * LARGEST;

/// The archive, if nothing in it could do harm. Only the card itself is ever unpacked.
fn open(bytes: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| format!("it is no archive: {error}"))?;
    if archive.len() > MOST_FILES {
        return Err(format!("{} files in the archive; at most {MOST_FILES}", archive.len()));
    }
    let mut all = 0_u64;
    for at in 0..archive.len() {
        let file =
            archive.by_index_raw(at).map_err(|error| format!("the archive is damaged: {error}"))?;
        let name = file.name().map_err(|error| format!("the archive is damaged: {error}"))?;
        let escapes = file.enclosed_name().is_none()
            || name.contains(['\\', ':', '\0'])
            || name.split('/').any(|part| part == "..")
            || file.is_symlink();
        if escapes {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
            return Err(format!("the path '{shown}' leads out of the archive"));
        }
        all = all.saturating_add(file.size());
        let tight = file.size() > 1 << 20 && file.size() / file.compressed_size().max(1) > TIGHTEST;
        if all > LARGEST_UNPACKED || tight {
            return Err("it would unpack to far more than a card has".into());
        }
    }
    Ok(archive)
}

fn take(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    at: usize,
    most: usize,
) -> Result<Vec<u8>, String> {
    let file = archive.by_index(at).map_err(|error| format!("the archive is damaged: {error}"))?;
    let mut out = Vec::new();
    // What the archive says of sizes may be a lie.
    file.take(most as u64 + 1)
        .read_to_end(&mut out)
        .map_err(|error| format!("the archive is damaged: {error}"))?;
    if out.len() > most {
        return Err(format!("a file of more than {most} bytes in the archive"));
    }
    Ok(out)
}

pub(super) fn card(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut archive = open(bytes)?;
    let at = archive.index_for_name(CARD).ok_or("there is no card.json in the archive")?;
    take(&mut archive, at, LONGEST)
}

/// The archive with that card in it instead of its own.
pub(super) fn with_card(old: Option<&[u8]>, card: &Value) -> Result<Vec<u8>, String> {
    let fail = |error: &dyn std::fmt::Display| format!("the archive can't be written: {error}");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    if let Some(old) = old {
        let mut archive = open(old)?;
        for at in 0..archive.len() {
            let file = archive.by_index_raw(at).map_err(|e| fail(&e))?;
            if file.name().map_err(|e| fail(&e))? != CARD {
                writer.raw_copy_file(file).map_err(|e| fail(&e))?;
            }
        }
    }
    writer.start_file(CARD, options).map_err(|e| fail(&e))?;
    let json = serde_json::to_vec_pretty(card).map_err(|e| fail(&e))?;
    writer.write_all(&json).map_err(|e| fail(&e))?;
    writer.finish().map(Cursor::into_inner).map_err(|e| fail(&e))
}
