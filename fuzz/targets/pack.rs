//! The pack parser takes any text: it gives a pack that can be played, or an error.
//!
//! The input is three texts with a NUL between them: `pack.ron`, the first language's `story.md`, the second's.
#![no_main]

use dramaturg_story::{Pack, Session};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const SILENCES: usize = 12;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split('\0');
    let logic = parts.next().unwrap_or_default();
    let files: BTreeMap<PathBuf, String> = ["en/story.md", "zh/story.md"]
        .into_iter()
        .zip(parts)
        .map(|(path, words)| (PathBuf::from(path), words.to_owned()))
        .collect();
    let Ok(pack) = Pack::from_files(Path::new("fuzzed"), logic, &files) else { return };
    let locale = pack.locales.first().cloned().unwrap_or_default();
    let pack = Arc::new(pack);
    let mut session = Session::resume(pack.clone(), []);
    session.open(&locale, 7, &mut |_| {});
    for _ in 0..SILENCES {
        session.player_says("", None, &mut |_| {});
    }
});
