//! The save file of a running play, and what could not be written to it yet.

use super::Journal;
use crate::{Cue, Event};
use crossbeam_channel::Sender;
use dramaturg_journal::{JournalError, JournalReader, Stored, Turn};
use std::path::Path;

pub(super) struct Save {
    journal: Journal,
    unsaved: Vec<Vec<Event>>,
    /// Where the play stands, if it was rolled back. What came after is kept until something new happens, and a program
    /// that ends here goes on from here.
    place: Option<Turn>,
}

/// Name of the snapshot that holds the place.
const PLACE: &str = "place";

impl Save {
    /// Opens the file; where that can't be, says why and keeps the play in memory.
    pub(super) fn open(path: Option<&Path>, cues: &Sender<Cue>) -> Option<Self> {
        let opened = path.map_or_else(Journal::in_memory, Journal::open_or_create);
        let journal = opened.or_else(|error: JournalError| {
            let _ = cues.send(Cue::Notice(format!("{error}. This play is not saved.")));
            Journal::in_memory()
        });
        journal.ok().map(|journal| {
            let place = noted_place(&journal);
            Self { journal, unsaved: Vec::new(), place }
        })
    }

    /// What happened so far, up to where the play stands.
    pub(super) fn entries(&self, cues: &Sender<Cue>) -> Vec<Event> {
        let entries = self.journal.entries().unwrap_or_else(|error| {
            let _ = cues.send(Cue::Notice(error.to_string()));
            Vec::new()
        });
        let here = |stored: &Stored<Event>| self.place.is_none_or(|place| stored.turn <= place);
        entries.into_iter().filter(here).map(|stored| stored.entry).collect()
    }

    /// The last turn that is kept.
    pub(super) fn newest(&self) -> u32 {
        self.journal.last_turn().map_or(0, |turn| turn.0)
    }

    /// A turn that can't be written is kept and tried again with the next one.
    pub(super) fn append(&mut self, events: Vec<Event>, cues: &Sender<Cue>) {
        if events.is_empty() {
            return;
        }
        self.unsaved.push(events);
        if let Err(error) = self.flush() {
            let _ = cues.send(Cue::Notice(format!(
                "{error}. The play goes on; saving is tried again after the next turn."
            )));
        }
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        if let Some(place) = self.place
            && !self.unsaved.is_empty()
        {
            self.journal.truncate_to(Some(place))?;
            self.place = None;
        }
        while let Some(turn) = self.unsaved.first() {
            self.journal.append_turn(turn)?;
            self.unsaved.remove(0);
        }
        Ok(())
    }

    /// A last try to write what could not be written; nobody listens any more.
    pub(super) fn finish(mut self) {
        if let Err(error) = self.flush() {
            tracing::error!("{error}");
        }
    }

    pub(super) fn copy_to(&mut self, path: &Path) -> Result<(), JournalError> {
        self.flush()?;
        self.journal.copy_to(path)?;
        match self.place {
            // A copy holds what the player sees.
            Some(place) => Journal::open(path)?.truncate_to(Some(place)),
            None => Ok(()),
        }
    }

    /// Makes this file hold what `from` holds, whole or not at all.
    pub(super) fn load(&mut self, from: &Path) -> Result<(), JournalError> {
        let entries: Vec<Stored<Event>> = JournalReader::open(from)?.entries()?;
        let turns: Vec<Vec<Event>> = entries
            .chunk_by(|a, b| a.turn == b.turn)
            .map(|turn| turn.iter().map(|stored| stored.entry.clone()).collect())
            .collect();
        self.journal.replace(&turns)?;
        self.unsaved.clear();
        self.place = None;
        Ok(())
    }

    pub(super) fn redact(
        &mut self,
        redacted: impl FnMut(&Event) -> Option<Event>,
    ) -> Result<usize, JournalError> {
        self.flush()?;
        // Who erases erases all of it: also what was rolled back, which the play no longer knows.
        if self.place.is_some() {
            self.journal.truncate_to(self.place)?;
            self.place = None;
        }
        self.journal.redact(redacted)
    }

    /// Goes to a turn, back or forward. Nothing is lost by it.
    pub(super) fn go_to(&mut self, turn: Turn) -> Result<(), JournalError> {
        self.flush()?;
        self.journal.save_snapshot(PLACE, &turn.0)?;
        self.place = self.journal.last_turn().filter(|last| turn < *last).map(|_| turn);
        Ok(())
    }
}

/// Where the play stood when its program ended. A note that was made before the last turn is out of date.
fn noted_place(journal: &Journal) -> Option<Turn> {
    let (noted, place) = journal.snapshot::<u32>(PLACE).ok()??;
    let last = journal.last_turn()?;
    (noted == last && place < last.0).then_some(Turn(place))
}
