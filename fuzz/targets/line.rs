//! The player may type anything: each line is understood as something, and the story goes on to an ending.
//!
//! The first byte chooses the story and the language, the rest are lines.
#![no_main]

use dramaturg_story::{Pack, Session};
use libfuzzer_sys::fuzz_target;
use std::path::Path;
use std::sync::{Arc, OnceLock};

const LINES: usize = 16;

fn packs() -> &'static [Arc<Pack>] {
    static PACKS: OnceLock<Vec<Arc<Pack>>> = OnceLock::new();
    PACKS.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let stories = std::fs::read_dir(root.join("assets/stories")).expect("assets/stories");
        let stories = stories.map(|entry| entry.expect("a folder").path());
        let folders = stories.chain([root.join("crates/dramaturg_story/tests/packs/ferry")]);
        let mut folders: Vec<_> = folders.collect();
        folders.sort();
        folders.iter().map(|folder| Arc::new(Pack::load(folder).expect("a sound pack"))).collect()
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let packs = packs();
    let pack = &packs[usize::from(*choice) % packs.len()];
    let locale = &pack.locales[usize::from(*choice) / packs.len() % pack.locales.len()];
    let mut session = Session::resume(pack.clone(), []);
    session.open(locale, u64::from(*choice), &mut |_| {});
    for line in String::from_utf8_lossy(bytes).split('\n').take(LINES) {
        let mut leaked = Vec::new();
        session.player_says(line, None, &mut |cue| {
            if let dramaturg_story::Cue::TurnEnded { report, .. } = cue {
                leaked.extend(report.leaks);
            }
        });
        assert!(leaked.is_empty(), "told what is locked: {leaked:?}");
    }
    // Whatever was said, silence leads to an ending.
    for _ in 0..1000 {
        if session.state().ended.is_some() {
            return;
        }
        session.player_says("", None, &mut |_| {});
    }
    panic!("the story does not end");
});
