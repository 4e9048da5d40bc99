//! A journal that is written anew as today's code plays it.

use super::cases::{Packs, entries};
use dramaturg_journal::Journal;
use dramaturg_story::{Answering, Event, again};
use std::path::Path;

/// Writes the journal anew. Returns how many entries it has now.
///
/// # Errors
/// When its inputs do not fit any more, and when the file can't be written; it is as it was then.
pub fn accept(journal: &Path, packs: &Packs) -> Result<usize, String> {
    let recorded = entries(journal)?;
    let pack = packs.of(&recorded)?;
    let mut turns: Vec<Vec<Event>> = Vec::new();
    for turn in again(pack, &recorded, Answering::Recorded) {
        let number = turn.number();
        if turn.unanswered() > 0 {
            return Err(format!(
                "the model is asked something else in turn {number} now, and no answer to that was recorded; record the \
                 play anew: dramaturg play --record"
            ));
        }
        if turn.events.is_empty() {
            return Err(format!(
                "the story is over before turn {number} now (\"{}\"); record the play anew: dramaturg play --record",
                turn.player()
            ));
        }
        turns.push(turn.events);
    }
    let lock = {
        let mut name = journal.as_os_str().to_owned();
        name.push(".lock");
        std::path::PathBuf::from(name)
    };
    let locked_before = lock.exists();
    let written = {
        let mut file = Journal::<Event>::open(journal).map_err(|error| error.to_string())?;
        file.replace(&turns).map_err(|error| error.to_string())
    };
    // A folder of recordings shall have nothing else in it.
    if !locked_before {
        let _ = std::fs::remove_file(&lock);
    }
    written.map(|()| turns.iter().map(Vec::len).sum())
}
